"""The office sets rounds up."""

from django.contrib import messages
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.roles import Role, role_required
from applications.rounds import Round
from applications.stages import PRIVATE, Stage
from applications.workflow import Refused
from review.defaults import ASSUMPTION, CRITERIA, set_up
from review.forms.rounds import RoundForm, RoundSetup
from review.locks import ONLY_LOOSER, SCORED
from review.models import RoundChange
from review.next_year import DATES, copy_parts, next_year
from review.views.records import one_at_a_time

# So many changes are shown; all are kept.
CHANGES_SHOWN = 100
WEEKDAYS = "一二三四五六日"


@require_GET
@role_required(Role.OFFICE)
def rounds(request):
    """List the rounds."""
    rows = Round.objects.annotate(
        submitted=Count("applications", ~Q(applications__stage__in=PRIVATE)),
        awarded=Count("applications", Q(applications__stage=Stage.AWARDED)),
    ).order_by("-opens_at")
    return render(request, "review/rounds.html", {"rounds": rows})


@require_http_methods(["GET", "POST"])
@role_required(Role.OFFICE)
def round_new(request):
    """Make a round with the default criteria and evidence, and go on to edit those."""
    form = RoundForm(request.POST or None, initial={"year": timezone.localdate().year})
    with one_at_a_time(request):
        is_valid = form.is_valid()
        if is_valid:
            round_ = form.save()
            set_up(round_)
            RoundChange.write(round_, request.user, {}, {"新建批次": round_.title})
    if is_valid:
        messages.success(request, f"{round_}已创建，请核对材料要求和评分标准。")
        return redirect("review:round_edit", round_.pk)
    return render(
        request, "review/round_new.html", {"form": form}, status=422 if form.errors else 200
    )


@require_http_methods(["GET", "POST"])
@role_required(Role.OFFICE)
def round_copy(request, pk):
    """Make next year's round from this one; its dates, and those of its notice, moved by a year."""
    source = get_object_or_404(Round, pk=pk)
    copy = next_year(source)
    moved = {name: getattr(copy, name) for name in DATES if getattr(copy, name)}
    form = RoundForm(request.POST or None, instance=copy)
    for name, moment in moved.items():
        weekday = WEEKDAYS[timezone.localtime(moment).weekday()]
        before = timezone.localtime(getattr(source, name))
        form.fields[name].help_text = f"原批次为 {before:%Y-%m-%d %H:%M}，移后一年是星期{weekday}。"
    with one_at_a_time(request):
        is_valid = form.is_valid()
        if is_valid:
            round_ = form.save()
            copy_parts(source, round_)
            RoundChange.write(
                round_, request.user, {"复制批次": source.title}, {"复制批次": round_.title}
            )
    if is_valid:
        messages.success(request, f"{round_}已创建，材料要求、评分标准和分档与{source}相同。")
        return redirect("review:round_edit", round_.pk)
    context = {"form": form, "source": source}
    return render(request, "review/round_new.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@role_required(Role.OFFICE)
def round_edit(request, pk):
    """Edit a round, its evidence requirements and its criteria."""
    round_ = get_object_or_404(Round, pk=pk)
    title = round_.title
    setup = RoundSetup(round_, request.POST if request.method == "POST" else None)
    status, refused = 200, ""
    if request.method == "POST":
        status = 422
        if setup.is_valid():
            try:
                setup.save(request.user)
            except Refused as error:
                status, refused = 409, str(error)
            else:
                messages.success(request, f"{round_}已保存。")
                return redirect("review:round_edit", round_.pk)
    defaults = [(name, points) for name, points, *_ in CRITERIA]
    context = {
        "setup": setup,
        "round": round_,
        "title": title,
        "refused": refused,
        "only_looser": ONLY_LOOSER if setup.locks.is_submitted else "",
        "scored": SCORED if setup.locks.is_scored else "",
        "changes": round_.changes.select_related("user")[:CHANGES_SHOWN],
        "assumption": ASSUMPTION
        if [(each.name, each.points) for each in round_.criteria.all()] == defaults
        else "",
    }
    return render(request, "review/round_edit.html", context, status=status)
