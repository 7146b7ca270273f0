"""One application as a reviewer reads it, and the decisions taken on it."""

from django.contrib import messages
from django.db.models import prefetch_related_objects
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.roles import Role, role_required
from applications.corrections import describe, latest_correction
from applications.evidence import FILE_EVENTS
from applications.form_definition import is_hidden
from applications.models import Application
from applications.permissions import actor_shown, openable_files, privacy_for
from applications.reading import PREFETCH, reading_context
from applications.snapshot import as_submitted
from applications.stages import FROM_PANEL, Stage, steps_of
from applications.workflow import TRANSITIONS, Refused, offered, perform, refusal
from review.due import shown
from review.forms.decisions import DecisionForm
from review.permissions import STAFF
from review.views.records import records_context

# A list is reported as a whole, on its own page.
REPORT = "report"
# What the recommending unit is not shown: the panel's words and its experts' names.
CONFIDENTIAL = (Stage.PANEL,)


def find(user, pk, *prefetch):
    """Return the application with what every page about it reads, or raise Http404."""
    visible = Application.objects.visible_to(user).select_related(
        "round",
        "recommending_unit",
        "recommendation_check",
        "panel_assignment__panel",
        "inspection",
    )
    visible = visible.defer("round__notice")
    return get_object_or_404(visible.prefetch_related(*prefetch), pk=pk)


def url_of(pk):
    """The address of an application's page."""
    return reverse("review:detail", args=[pk])


@require_GET
@role_required(*STAFF)
def detail(request, pk):
    """Show one application: form and evidence, record, opinions, history and decisions."""
    return page(request, pk, chosen=request.GET.get("decide"))


@require_POST
@role_required(*STAFF)
def decide(request, pk, transition):
    """Take one transition. A refusal shows the page again with everything that was typed."""
    rule = TRANSITIONS.get(transition)
    if rule is None or rule.name == REPORT or request.user.role not in rule.sources.values():
        raise Http404
    application = find(request.user, pk)
    form = DecisionForm(rule, request.user, request.POST)
    if not form.is_valid():
        return page(request, pk, form=form, status=422)
    try:
        done = perform(
            application,
            rule.name,
            request.user,
            revision=request.POST.get("revision", ""),
            **form.data_for_perform(),
        )
    except Refused as error:
        form.add_error(None, str(error))
        return page(request, pk, form=form, status=409)
    messages.success(
        request,
        f"{done.number} {done.studio_title}已办理“{rule.label}”，"
        f"现为“{done.get_stage_display()}”。",
    )
    return redirect("review:queue")


def page(request, pk, *, chosen=None, form=None, status=200, **bound):
    """Render the page; `form` is a refused decision, `bound` other refused forms by name."""
    user = request.user
    application = find(user, pk, *PREFETCH, "events")
    submissions = list(application.submissions.defer("content"))
    read = application
    if application.stage == Stage.RETURNED and submissions:
        # What the unit is changing now is not submitted yet.
        read = as_submitted(application, submissions[-1])
    events = list(application.events.all())
    returns = [event for event in events if event.action == "return"]
    prefetch_related_objects(returns, "remarks")
    corrected = {}
    if len(submissions) > 1:
        corrected = _corrected(user, application, read, submissions, returns)
    reached = {}
    for event in events:
        if event.to_stage:
            reached.setdefault(Stage(event.to_stage), event.at)
    records = records_context(user, application, **bound)
    context = {
        "application": application,
        "read": read,
        "steps": steps_of(application.stage_enum, reached),
        "due": shown(application.due_at, timezone.localdate()),
        "opinions": _opinions(user, application),
        "history": _history(user, application, events, submissions),
        "submissions": submissions,
        **corrected,
        **material(user, read),
        **records,
        **_decisions(user, application, chosen, form, records.get("proposals", {})),
    }
    return render(request, "review/detail.html", context, status=status)


def _decisions(user, application, chosen, form, proposals):
    """Return the decisions offered, each with its refusal, and the form of the chosen one.

    `proposals` are opinions to begin with, by the name of the transition.
    """
    options = []
    # What leads on comes first, what sends back or ends after it.
    for rule in sorted(offered(application, user), key=lambda rule: rule.tone == "danger"):
        if rule.name == REPORT:
            url = reverse("review:recommendation_list", args=[application.round_id])
            options.append({"rule": rule, "url": url, "is_elsewhere": True})
            continue
        refused = refusal(application, rule.name, user)
        options.append({"rule": rule, "refused": refused, "url": f"?decide={rule.name}#decision"})
    if form is None:
        open_now = [
            option["rule"]
            for option in options
            if not option.get("is_elsewhere") and not option["refused"]
        ]
        rule = next((each for each in open_now if each.name == chosen), None)
        if rule is None and open_now and open_now[0].tone == "primary":
            rule = open_now[0]
        if rule:
            form = DecisionForm(rule, user, initial={"text": proposals.get(rule.name, "")})
    is_offered = form is not None and any(option["rule"] is form.rule for option in options)
    return {"options": options, "decision": form, "decision_is_offered": is_offered}


def material(user, application):
    """Return what draws the form and, beside it, the evidence, as much as the user may read."""
    sections = reading_context(application, privacy_for(user, application))
    files = [row for _, rows in sections["sections"][-1]["files"] for row in rows]
    return {**sections, "proof_target": "proof", "first_proof": files[0] if files else None}


def _opinions(user, application):
    opinions = [
        each
        for each in application.opinions.all()
        if user.role != Role.RECOMMENDER or each.stage not in CONFIDENTIAL
    ]
    for each in opinions:
        each.by = Stage(each.stage).owner.label
    return opinions


def _corrected(user, application, read, submissions, returns):
    """Return what a resubmission changed, as the user may read it."""
    found = latest_correction(
        application,
        read,
        returns,
        submissions[-1],
        submissions,
        privacy_for(user, application),
    )
    return {
        "correction": found,
        "correction_is_news": application.stage not in FROM_PANEL,
        "openable": openable_files(user, application),
    }


def _is_submitted_file_change(event, submissions):
    """Whether a file of one version was changed for a later version, which is submitted too."""
    return (
        event.action in FILE_EVENTS
        and len(submissions) > 1
        and submissions[0].submitted_at < event.at <= submissions[-1].submitted_at
    )


def _history(user, application, events, submissions):
    """Return the events that the user may read, newest first, each with its remarks.

    What the unit does with a draft is its own until it submits; so are its answers to remarks.
    The review office is told of files that were changed between two versions.
    Experts learn nothing of one another before their panel has concluded, and of no remark about
    what is hidden from them; the recommending unit never learns who they are.
    """
    privacy = privacy_for(user, application)
    shown = []
    for event in reversed(events):
        if event.role == Role.APPLICANT and not event.to_stage:
            told = user.role == Role.OFFICE and _is_submitted_file_change(event, submissions)
            if not told:
                continue
        by_expert = event.role == Role.EXPERT
        if by_expert and user.role == Role.RECOMMENDER:
            if not event.to_stage:
                continue
            event.note = ""
        if (
            by_expert
            and user.role == Role.EXPERT
            and event.user_id != user.pk
            and application.stage == Stage.PANEL
        ):
            continue
        event.actor = actor_shown(user, event)
        event.given_remarks = []
        if event.action == "return":
            event.is_answered = event.at <= submissions[-1].submitted_at
            event.given_remarks = [
                describe(remark)
                for remark in event.remarks.all()
                if not is_hidden(remark.field, privacy)
            ]
        shown.append(event)
    return shown
