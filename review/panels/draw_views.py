"""The verifiable draw of a panel: making one, and its record."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.roles import Role, role_required
from applications.rounds import Round
from applications.workflow.perform import Refused
from review.panels.draw import digest
from review.panels.draw_forms import DrawForm, pool_of
from review.panels.experts import occupations
from review.panels.models import Draw
from review.shared.concurrency import one_at_a_time


@require_http_methods(["GET", "POST"])
@role_required(Role.OFFICE)
def draw_new(request, round_pk):
    """Draw a panel for a round; the pool may be narrowed by 工种 first.

    What is sent is shown once more, and drawn only after confirmation (the action `draw`), because
    a draw is final. The action `edit` goes back with what was typed.
    """
    round_ = get_object_or_404(Round.objects.published(), pk=round_pk)
    names = occupations()
    data = request.POST if request.method == "POST" else request.GET
    chosen = [name for name in data.getlist("occupation") if name in names]
    form = DrawForm(round_, pool_of(chosen), request.POST if request.method == "POST" else None)
    context = {
        "round": round_,
        "form": form,
        "occupations": [(name, name in chosen) for name in names],
        "chosen": chosen,
    }
    status, action = 200, request.POST.get("action")
    if request.method == "POST" and action != "edit":
        status = 422
        with one_at_a_time(request):
            if form.is_valid():
                try:
                    form.refuse_stale()
                    if action != "draw":
                        return render(request, "review/panels/draw_confirm.html", context)
                    drawn = form.save(request.user)
                except Refused as error:
                    form.add_error(None, str(error))
                    status = 409
                else:
                    messages.success(request, f"已抽取，{drawn.panel}已建立。")
                    return redirect(drawn)
    return render(request, "review/panels/draw_new.html", context, status=status)


@require_GET
@role_required(Role.OFFICE, Role.BUREAU)
def draw(request, pk):
    """Show the record of a draw, recomputed: the same result, or the first difference."""
    record = get_object_or_404(
        Draw.objects.select_related("round", "panel", "panel__leader", "drawn_by"), pk=pk
    )
    reasons = {row["id"]: row["reason"] for row in record.exclusions}
    waived = {row["id"]: row for row in record.waived}
    places = {pk: number for number, pk in enumerate(record.result, start=1)}
    rows = [
        {
            **candidate,
            "digest": digest(record.seed, candidate["id"]),
            "reason": reasons.get(candidate["id"], ""),
            "waived": waived.get(candidate["id"]),
            "place": places.get(candidate["id"]),
            "is_alternate": places.get(candidate["id"], 0) > record.size,
        }
        for candidate in record.pool
    ]
    rows.sort(key=lambda row: (bool(row["reason"]), row["digest"], row["id"]))
    experts = {expert.pk for expert in record.panel.experts.all()}
    context = {
        "draw": record,
        "difference": record.first_difference(),
        "rows": rows,
        "drawn": sorted((row for row in rows if row["place"]), key=lambda row: row["place"]),
        "example": next((row for row in rows if not row["reason"]), None),
        "is_changed": experts != set(record.result[: record.size]),
    }
    return render(request, "review/panels/draw.html", context)
