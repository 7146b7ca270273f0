"""The office sets rounds up."""

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.roles import Role, role_required
from applications.rounds import Round
from applications.stages import PRIVATE, Stage
from review.defaults import ASSUMPTION, CRITERIA, set_up
from review.forms.rounds import RoundForm, RoundSetup


@require_GET
@role_required(Role.OFFICE)
def rounds(request):
    """List the rounds."""
    rows = Round.objects.annotate(
        submitted=Count("applications", ~Q(applications__stage__in=PRIVATE)),
        awarded=Count("applications", Q(applications__stage=Stage.AWARDED)),
    )
    return render(request, "review/rounds.html", {"rounds": rows})


@require_http_methods(["GET", "POST"])
@role_required(Role.OFFICE)
def round_new(request):
    """Make a round with the default criteria and evidence, and go on to edit those."""
    form = RoundForm(request.POST or None, initial={"year": timezone.localdate().year})
    if form.is_valid():
        with transaction.atomic():
            round_ = form.save()
            set_up(round_)
        messages.success(request, f"{round_}已创建，请核对材料要求和评分标准。")
        return redirect("review:round_edit", round_.pk)
    return render(
        request, "review/round_new.html", {"form": form}, status=422 if form.errors else 200
    )


@require_http_methods(["GET", "POST"])
@role_required(Role.OFFICE)
def round_edit(request, pk):
    """Edit a round, its evidence requirements and its criteria."""
    round_ = get_object_or_404(Round, pk=pk)
    title = round_.title
    setup = RoundSetup(round_, request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        if setup.is_valid():
            setup.save()
            messages.success(request, f"{round_}已保存。")
            return redirect("review:round_edit", round_.pk)
        status = 422
    defaults = [(name, points) for name, points, _ in CRITERIA]
    context = {
        "setup": setup,
        "round": round_,
        "title": title,
        "assumption": ASSUMPTION
        if [(each.name, each.points) for each in round_.criteria.all()] == defaults
        else "",
    }
    return render(request, "review/round_edit.html", context, status=status)
