"""One application as a reviewer reads it, and the decisions taken on it."""

from django.contrib import messages
from django.db.models import prefetch_related_objects
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.roles import Role, role_required
from accounts.views.reauthentication import ask_again
from applications.form.display import PREFETCH
from applications.permissions import (
    REVEALED_AT,
    actor_shown,
    openable_files,
    privacy_for,
    reveal_refusal,
)
from applications.records import versions
from applications.stages import FROM_PANEL, Stage, steps_of
from applications.versions.applicant_view import unit_corrections
from applications.versions.corrections import latest_correction
from applications.versions.snapshot import FILES, as_submitted
from applications.workflow.events import (
    REDIRECT,
    RETURN,
    kind_of,
    reached_stages,
    standing_returns,
)
from applications.workflow.guards import moment
from applications.workflow.perform import Refused, offered, perform, refusal
from applications.workflow.table import TRANSITIONS
from applications.workflow.undo import last_step
from review.application_page.history import readable_events, readable_opinions
from review.application_page.panels import records_context
from review.permissions import ASKED_AGAIN, STAFF
from review.qualification import judge
from review.qualification.forms import qualification_forms
from review.qualification.panel import judgements
from review.recommending.opinion_templates import templates_of
from review.shared.access import find, material, told_if_withdrawn, url_of
from review.shared.decision_form import DecisionForm
from review.shared.due import shown
from review.shared.fields import whole_number

# What is read of the form; the hints compare its scan with the print.
READING = (*(name for name in PREFETCH if name != "evidence"), FILES)
# A list is reported, and sent back, as a whole: on a page of its own, by what the link says.
ELSEWHERE = {"report": "到推荐一览表上报", "send_list_back": "到推荐一览表退回"}
# The decisions for which a recommending unit has templates, and the field that they fill.
OPINIONS = {"recommend": "text", "decline": "reason"}


@require_GET
@role_required(*STAFF)
def detail(request, pk):
    """Show one application: form and evidence, record, opinions, history and decisions."""
    return page(request, pk, chosen=request.GET.get("decide"))


@require_POST
@role_required(*STAFF)
@told_if_withdrawn
def decide(request, pk, transition):
    """Take one transition. A refusal shows the page again with everything that was typed."""
    rule = TRANSITIONS.get(transition)
    roles = {role for stage in Stage for role in rule.roles(stage)} if rule else ()
    if request.user.role not in roles or rule.of_round or rule.name in ELSEWHERE:
        raise Http404
    application = find(request.user, pk)
    if rule.name in ASKED_AGAIN and (question := ask_again(request)):
        return question
    if "more" in request.POST and rule.kind == RETURN:
        # Another row of remarks: nothing is judged yet.
        form = DecisionForm(rule, request.user, application=application, typed=request.POST)
        return page(request, pk, form=form)
    form = DecisionForm(rule, request.user, request.POST, application=application)
    if not form.is_valid():
        return page(request, pk, form=form, status=422)
    try:
        decided = perform(
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
        f"{decided.number} {decided.studio_title}已办理“{rule.label}”，"
        f"现为“{decided.get_stage_display()}”。",
    )
    return redirect("review:queue")


@require_POST
@role_required(Role.OFFICE)
def judge_conditions(request, pk):
    """Save the sheet of conditions; blank ones stay open (notice, section 一)."""
    application = find(request.user, pk, "evidence", judgements())
    forms = qualification_forms(application, request.POST)
    verdicts = [form.is_valid() for form in forms]
    if not all(verdicts):
        return page(request, pk, sheet_forms=forms, status=422)
    try:
        judge.judge_conditions(request.user, pk, forms, request.POST.get("revision"))
    except Refused as error:
        forms[0].add_error(None, str(error))
        return page(request, pk, sheet_forms=forms, status=409)
    messages.success(request, "资格审查表已保存。")
    return redirect(f"{url_of(pk)}#decision")


def page(request, pk, *, chosen=None, form=None, status=200, **bound):
    """Render the page; `form` is a refused decision, `bound` other refused forms by name."""
    user = request.user
    application = find(user, pk, *READING, "events", versions())
    submissions = list(application.submissions.all())
    read = application
    if application.stage == Stage.RETURNED and submissions:
        # What the unit is changing now is not submitted yet.
        read = as_submitted(application, submissions[-1])
    events = list(application.events.all())
    returns = standing_returns(events)
    all_returns = [event for event in events if kind_of(event) == RETURN]
    prefetch_related_objects(all_returns, "remarks__evidence")
    changes = {}
    if len(submissions) > 1:
        changes = _changes(user, application, read, submissions, returns)
    records = records_context(user, application, **bound)
    context = {
        "application": application,
        "read": read,
        "may_reveal": user.role in REVEALED_AT,
        "reveal_refused": reveal_refusal(user, application),
        # Not "steps": the records bring those of the mean.
        "rail": steps_of(application.stage_enum, reached_stages(events)),
        "due": shown(application.due_at, timezone.localdate()),
        "opinions": readable_opinions(user, application),
        "history": readable_events(user, application, events, submissions),
        "submissions": submissions,
        "unit_corrections": [(event.at, event.note) for event in unit_corrections(events)],
        "redirected": _redirected(user, application, events),
        **changes,
        **material(user, read),
        **records,
        **_decisions(request, application, chosen, form, records.get("proposals", {})),
    }
    return render(request, "review/application_page/detail.html", context, status=status)


def _prefilled(request, rule, proposals):
    """Return what a decision's form is filled with: a proposed opinion, a template or a remark."""
    query = request.GET
    if rule.kind == RETURN and "about" in query:
        return {"remarks": [{"about": query["about"], "text": query.get("remark", "")}]}
    if rule.name in proposals:
        return {"initial": {"text": proposals[rule.name]}}
    number = whole_number(query.get("template", ""))
    if number is None or rule.name not in OPINIONS:
        return {}
    template = get_object_or_404(templates_of(request.user), pk=number)
    return {"initial": {OPINIONS[rule.name]: template.text}}


def _redirected(user, application, events):
    """Return what is told of an application on its way to another recommending unit, or None."""
    if application.stage != Stage.REDIRECTING:
        return None
    return {
        "at": [event for event in events if kind_of(event) == REDIRECT][-1].at,
        "reason": application.opinions.filter(transition=REDIRECT.name).last().text,
        "is_mine": application.recommending_unit_id == user.recommending_unit_id,
    }


def _decisions(request, application, chosen, form, proposals):
    """Return the decisions offered, each with its refusal, and the form of the chosen one.

    `proposals` are opinions to begin with, by the name of the transition.
    """
    user = request.user
    options = []
    # What leads on comes first, what sends back or ends after it; undoing is the table's last row.
    for rule in sorted(offered(application, user), key=lambda rule: rule.tone == "danger"):
        if rule.name in ELSEWHERE:
            url = reverse("review:recommendation_list", args=[application.round_id])
            if user.role == Role.OFFICE:
                url = f"{reverse('review:lists_reported')}?round={application.round_id}"
            options.append({"rule": rule, "url": url, "is_elsewhere": ELSEWHERE[rule.name]})
            continue
        refused = refusal(application, rule.name, user)
        is_undo = rule.target is None
        options.append(
            {
                "rule": rule,
                "refused": refused,
                "url": f"?decide={rule.name}#decision",
                "is_undo": is_undo,
                "consequence": _consequence(rule, application, user),
            }
        )
    if form is None:
        open_now = [
            option["rule"]
            for option in options
            if not option.get("is_elsewhere") and not option["refused"]
        ]
        rule = next((rule for rule in open_now if rule.name == chosen), None)
        if rule is None and open_now and open_now[0].tone == "primary":
            rule = open_now[0]
        if rule:
            prefilled = _prefilled(request, rule, proposals)
            form = DecisionForm(rule, user, application=application, **prefilled)
    is_offered = form is not None and any(option["rule"] is form.rule for option in options)
    context = {
        "options": options,
        "decision": form,
        "decision_is_offered": is_offered,
        "is_for_undoing_alone": all(option.get("is_undo") for option in options),
    }
    if form is not None and form.rule.name in OPINIONS:
        context["opinion_templates"] = list(templates_of(user))
    return context


def _consequence(rule, application, user):
    """What a decision leads to, in words: of an undoing or a consent to it, which step."""
    if rule.target:
        return rule.consequence
    undone = undoing(application, user)
    if rule.moves or not undone:
        return undone
    return f"同意评审办公室{undone}{rule.consequence}"


def undoing(application, user):
    """What undoing the last step would undo, in words; uses prefetched `events`."""
    step = last_step(application)
    if step is None or not step.from_stage:
        return ""
    return (
        f"撤销由{actor_shown(user, step)}于 {moment(step.at)} 办理的“{step.label}”，"
        f"回到“{step.get_from_stage_display()}”。原意见保留在记录中，标明已撤销，不再有效。"
    )


def _changes(user, application, read, submissions, returns):
    """Return what a resubmission changed, as the user may read it."""
    correction = latest_correction(
        application,
        read,
        returns,
        submissions[-1],
        submissions,
        privacy_for(user, application),
    )
    return {
        "correction": correction,
        "correction_is_news": application.stage not in FROM_PANEL,
        "openable": openable_files(user, application),
    }
