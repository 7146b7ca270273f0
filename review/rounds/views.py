"""The office's pages that set rounds up and publish their calls."""

from django.contrib import messages
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.roles import Role, role_required
from accounts.views.reauthentication import recently_authenticated
from applications.models import Application
from applications.rounds import Round
from applications.stages import PRIVATE, Stage
from applications.workflow.perform import Refused
from review.rounds.call import CALL_TEMPLATE, call_context, checklist, publish_round
from review.rounds.defaults import ASSUMPTION, has_default_criteria
from review.rounds.forms import RoundForm, RoundSetup
from review.rounds.frozen import ONLY_LOOSER, SCORED
from review.rounds.next_year import DATES, next_year
from review.rounds.record import copy_round, create_round, save_setup
from review.rounds.settings import digest_of, settings_of
from review.shared.concurrency import one_at_a_time

CHANGES_SHOWN = 100  # of those that are kept
WEEKDAYS = "一二三四五六日"


@require_GET
@role_required(Role.OFFICE)
def rounds(request):
    """List the rounds."""
    # Counted one by one, in an index: a join would carry each call's text through every count.
    of_round = Application.objects.filter(round=OuterRef("pk")).order_by().values("round")
    submitted = of_round.exclude(stage__in=PRIVATE).annotate(number=Count("pk"))
    awarded = of_round.filter(stage=Stage.AWARDED).annotate(number=Count("pk"))
    rows = Round.objects.annotate(
        submitted=Coalesce(Subquery(submitted.values("number")), 0),
        awarded=Coalesce(Subquery(awarded.values("number")), 0),
    ).order_by("-opens_at")
    return render(request, "review/rounds/rounds.html", {"rounds": rows})


@require_http_methods(["GET", "POST"])
@role_required(Role.OFFICE)
def round_new(request):
    """Make a draft of a round with the default criteria and evidence, and lead to its settings."""
    form = RoundForm(request.POST or None, initial={"year": timezone.localdate().year})
    round_ = form.instance
    with one_at_a_time(request):
        is_valid = form.is_valid()
        if is_valid:
            create_round(round_, request.user)
    if is_valid:
        messages.success(request, f"{round_}已存为草稿，请核对材料要求和评分标准，再发布。")
        return redirect("review:round_edit", round_.pk)
    return render(
        request, "review/rounds/round_new.html", {"form": form}, status=422 if form.errors else 200
    )


@require_http_methods(["GET", "POST"])
@role_required(Role.OFFICE)
def round_copy(request, pk):
    """Make a draft of next year's round from this one; dates, the notice's too, move by a year."""
    source = get_object_or_404(Round, pk=pk)
    copy = next_year(source)
    dates = {name: getattr(copy, name) for name in DATES if getattr(copy, name)}
    form = RoundForm(request.POST or None, instance=copy)
    for name, moment in dates.items():
        weekday = WEEKDAYS[timezone.localtime(moment).weekday()]
        before = timezone.localtime(getattr(source, name))
        form.fields[name].help_text = f"原批次为 {before:%Y-%m-%d %H:%M}，移后一年是星期{weekday}。"
    with one_at_a_time(request):
        is_valid = form.is_valid()
        if is_valid:
            copy_round(source, copy, request.user)
    if is_valid:
        messages.success(request, f"{copy}已存为草稿，材料要求、评分标准和分档与{source}相同。")
        return redirect("review:round_edit", copy.pk)
    context = {"form": form, "source": source}
    template = "review/rounds/round_new.html"
    return render(request, template, context, status=422 if form.errors else 200)


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
                save_setup(setup, request.user)
            except Refused as error:
                status, refused = 409, str(error)
            else:
                messages.success(request, f"{round_}已保存。")
                return redirect("review:round_edit", round_.pk)
    return _edit_page(request, setup, title, refused, status)


def _edit_page(request, setup, title, refused, status):
    round_ = setup.round
    context = {
        "setup": setup,
        "round": round_,
        "title": title,
        "refused": refused,
        "only_looser": ONLY_LOOSER if setup.locks.is_submitted else "",
        "scored": SCORED if setup.locks.is_scored else "",
        "changes": round_.changes.select_related("user")[:CHANGES_SHOWN],
        "assumption": ASSUMPTION if has_default_criteria(round_.criteria.all()) else "",
        "checklist": checklist(round_) if round_.is_draft else (),
    }
    return render(request, "review/rounds/round_edit.html", context, status=status)


@require_http_methods(["GET", "POST"])
@role_required(Role.OFFICE)
def round_preview(request, pk):
    """Show the round's public page as it would read with what is typed; nothing is saved."""
    round_ = get_object_or_404(Round, pk=pk)
    if request.method == "GET":  # a login came between
        return redirect("review:round_edit", pk)
    title = round_.title
    setup = RoundSetup(round_, request.POST)
    if not setup.is_valid():
        return _edit_page(request, setup, title, "", status=422)
    requirements = [form.instance for _, form in setup.requirements]
    return render(
        request, CALL_TEMPLATE, {**call_context(round_, requirements), "is_preview": True}
    )


@require_http_methods(["GET", "POST"])
@role_required(Role.OFFICE)
@recently_authenticated
def round_publish(request, pk):
    """Publish the call of a draft, after a page that says what becomes public and what is wrong."""
    round_ = get_object_or_404(Round.objects.prefetch_related("evidence_requirements"), pk=pk)
    status, refused = 200, ""
    if request.method == "POST":
        try:
            publish_round(round_, request.user, request.POST.get("seen", ""))
        except Refused as error:
            status, refused = 409, str(error)
            round_.refresh_from_db()
        else:
            messages.success(request, f"{round_}已发布。")
            return redirect("review:round_edit", round_.pk)
    if not round_.is_draft and not refused:
        return redirect("review:round_edit", round_.pk)
    checks = checklist(round_)
    context = {
        "round": round_,
        "refused": refused,
        "wrong": [check for check in checks if check.problem],
        "is_blocked": not round_.is_draft
        or any(check.problem and check.blocks for check in checks),
        "opens_at_once": round_.opens_at <= timezone.now(),
        "seen": digest_of(settings_of(round_)),
    }
    return render(request, "review/rounds/round_publish.html", context, status=status)
