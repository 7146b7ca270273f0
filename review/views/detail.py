"""One application as a reviewer reads it, and the decisions taken on it."""

from django.contrib import messages
from django.db.models import prefetch_related_objects
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.roles import role_required
from applications.corrections import latest_correction
from applications.models import Application
from applications.permissions import openable_files, privacy_for
from applications.reading import PREFETCH, reading_context
from applications.snapshot import as_submitted
from applications.stages import FROM_PANEL, Stage, steps_of
from applications.workflow import TRANSITIONS, Refused, offered, perform, refusal
from review.due import shown
from review.forms.decisions import DecisionForm
from review.history import readable_events, readable_opinions
from review.permissions import STAFF
from review.views.records import records_context

# A list is reported as a whole, on its own page.
REPORT = "report"


def find(user, pk, *prefetch):
    """Return the application with what every page about it reads, or raise Http404."""
    visible = Application.objects.visible_to(user).select_related(
        "round",
        "recommending_unit",
        "recommendation_check",
        "panel_assignment__panel",
        "inspection",
        "inspection_plan",
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
    context = {
        "application": application,
        "read": read,
        "steps": steps_of(application.stage_enum, reached),
        "due": shown(application.due_at, timezone.localdate()),
        "opinions": readable_opinions(user, application),
        "history": readable_events(user, application, events, submissions),
        "submissions": submissions,
        **corrected,
        **material(user, read),
        **records_context(user, application, **bound),
        **_decisions(user, application, chosen, form),
    }
    return render(request, "review/detail.html", context, status=status)


def _decisions(user, application, chosen, form):
    """Return the decisions offered, each with its refusal, and the form of the chosen one."""
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
        form = DecisionForm(rule, user) if rule else None
    is_offered = form is not None and any(option["rule"] is form.rule for option in options)
    return {"options": options, "decision": form, "decision_is_offered": is_offered}


def material(user, application):
    """Return what draws the form and, beside it, the evidence, as much as the user may read."""
    sections = reading_context(application, privacy_for(user, application))
    files = [row for _, rows in sections["sections"][-1]["files"] for row in rows]
    return {**sections, "proof_target": "proof", "first_proof": files[0] if files else None}


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
