"""The applicant's own applications: list, start, task list, and the form as read."""

from itertools import groupby

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.roles import Role, role_required
from applications.form.copying import can_receive, has_sources
from applications.form.countdown import Countdown
from applications.form.definition import ITEM
from applications.form.display import PREFETCH, reading_context
from applications.form.drafts import start as start_draft
from applications.form.task_list import next_step, progress, with_content
from applications.form.word.kept_reading import is_waiting
from applications.models import Application, Round
from applications.permissions import Privacy, privacy_for
from applications.recognition.recommended_checks import checks_of
from applications.stages import RESULTS, Stage
from applications.versions.applicant_view import (
    last_return,
    public_history,
    public_steps,
    remark_lines,
    unit_corrections,
)
from applications.versions.snapshot import as_submitted
from applications.workflow.events import COPY, SUBMIT, kind_of
from applications.workflow.perform import refusal

PAGE_SIZE = 25
# What a list of applications does not show.
LISTED = {"unit_name", "lead_name", "studio_occupation"}
UNLISTED = [*(name for name in ITEM if name not in LISTED), "opinion_text"]


@require_GET
@role_required(Role.APPLICANT)
def mine(request):
    """List the unit's applications round by round, with a start button for each open round."""
    own = (
        Application.objects.visible_to(request.user)
        .select_related("round")
        .defer("round__notice", *UNLISTED)
        .order_by("-round__opens_at", "-round_id", "-pk")
    )
    page = Paginator(own, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request,
        "applications/form/mine.html",
        {
            "page_obj": page,
            "rounds": [
                (round_, list(rows)) for round_, rows in groupby(page, lambda row: row.round)
            ],
            "open_rounds": Round.objects.open_now().defer("notice"),
        },
    )


@require_GET
@role_required(Role.APPLICANT)
def landing(request):
    """Lead from the login to where a unit begins its very first application, otherwise home."""
    begins = not Application.objects.visible_to(request.user).exists()
    return redirect("applications:mine" if begins and Round.objects.open_now().exists() else "home")


@require_POST
@role_required(Role.APPLICANT)
def start(request, round_pk):
    """Start an application in an open round, empty or to copy an earlier one into."""
    round_ = get_object_or_404(Round.objects.published(), pk=round_pk)
    if not round_.is_open:
        messages.error(request, "本批次不在申报时间内，不能新建申报。")
        return redirect("applications:mine")
    application = start_draft(round_, request.user)
    if "copy" in request.POST:
        return redirect("applications:copy_sources", application.pk)
    return redirect("applications:overview", application.pk)


@require_GET
@role_required(Role.APPLICANT)
def overview(request, pk):
    """The task list of one application: where it stands, what is missing, what can be done."""
    own = Application.objects.visible_to(request.user).select_related(
        "recommending_unit", "edited_by"
    )
    own = own.annotate(has_sources=has_sources(), has_reading=is_waiting(request.user))
    application = get_object_or_404(with_content(own), pk=pk)
    events = list(application.events.all())
    returned = last_return(application, events)
    remarks = []
    if returned:
        remarks = remark_lines(application, returned.remarks.select_related("evidence"))
    can_withdraw = application.stage == Stage.RECOMMENDING
    lines = []
    if application.is_editable:
        lines = progress(application, remarks)
    return render(
        request,
        "applications/form/overview.html",
        {
            "application": application,
            "steps": public_steps(application, events),
            "history": public_history(application, events),
            "results": RESULTS,
            "unit_corrections": unit_corrections(events),
            "returned": returned,
            "remarks": remarks,
            "lines": lines,
            "missing": sum(line.missing for line in lines),
            "checks": checks_of(request.user, application) if lines else None,
            "only_stamp": lines and not any(line.missing for line in lines[:-1]),
            "finished": sum(line.is_finished for line in lines),
            "next_step": next_step(lines) if lines else None,
            "countdown": lines and Countdown.between(timezone.now(), application.due_at),
            "was_submitted": any(kind_of(event) == SUBMIT for event in events),
            "can_copy": application.has_sources
            and can_receive(application)
            and not any(kind_of(event) in (COPY, SUBMIT) for event in events),
            "can_withdraw": can_withdraw,
            "withdraw_refusal": can_withdraw and refusal(application, "withdraw", request.user),
        },
    )


@require_GET
def read(request, pk):
    """The whole form as read. Others than the owner see what was submitted, not what is typed."""
    visible = Application.objects.visible_to(request.user)
    application = get_object_or_404(
        visible.select_related("round").prefetch_related(*PREFETCH), pk=pk
    )
    privacy = privacy_for(request.user, application)
    shown = application
    if privacy is not Privacy.FULL and application.is_editable:
        submission = application.submissions.last()
        if submission is None:
            raise Http404
        shown = as_submitted(application, submission)
    return render(
        request,
        "applications/form/read.html",
        {"application": shown, **reading_context(shown, privacy)},
    )
