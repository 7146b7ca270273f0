"""One application as a reviewer reads it, and the decisions taken on it."""

from functools import wraps

from django.contrib import messages
from django.db.models import prefetch_related_objects
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.roles import Role, role_required
from accounts.views.reauthentication import ask_again
from applications.form.display import PREFETCH, reading_context
from applications.models import Application, Event
from applications.permissions import (
    REVEALED_AT,
    actor_shown,
    openable_files,
    privacy_for,
    reveal_refusal,
)
from applications.records import reached_stages, standing_returns, versions
from applications.stages import FROM_PANEL, Stage, steps_of
from applications.versions.applicant_view import unit_corrections
from applications.versions.corrections import latest_correction
from applications.versions.snapshot import FILES, as_submitted
from applications.workflow.guards import moment
from applications.workflow.perform import Refused, offered, perform, refusal
from applications.workflow.table import TRANSITIONS
from applications.workflow.undo import last_step
from review.due import shown
from review.forms.decisions import DecisionForm
from review.forms.fields import whole_number
from review.history import readable_events, readable_opinions
from review.permissions import ASKED_AGAIN, STAFF
from review.views.ledger import judge_awards
from review.views.opinions import templates_of
from review.views.records import records_context

# What is read of the form; the hints compare its scan with the print.
READING = (*(name for name in PREFETCH if name != "evidence"), FILES)
# A list is reported, and sent back, as a whole: on a page of its own, by what the link says.
ELSEWHERE = {"report": "到推荐一览表上报", "send_list_back": "到推荐一览表退回"}
RETURN = "return"
# The decisions for which a recommending unit has templates, and the field that they fill.
OPINIONS = {"recommend": "text", "decline": "reason"}


def find(user, pk, *prefetch):
    """Return the application with what every page about it reads, or raise Http404."""
    visible = Application.objects.visible_to(user).select_related(
        "round",
        "recommending_unit",
        "redirected_from",
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


def told_if_withdrawn(view):
    """Tell a recommending unit why what it was working on just now is not there any more.

    A draft exists for nobody but its own unit, and what was handed on for the other unit alone;
    whoever had it open is told all the same.
    """

    @wraps(view)
    def wrapped(request, pk, *args, **kwargs):
        try:
            return view(request, pk, *args, **kwargs)
        except Http404:
            sentence = _why_gone(request.user, pk) if request.method == "POST" else None
            if sentence is None:
                raise
            messages.error(request, sentence)
            return redirect("review:queue")

    return wrapped


def _why_gone(user, pk):
    unit = user.recommending_unit_id
    if unit is None or Application.objects.visible_to(user).filter(pk=pk).exists():
        return None
    own = Application.objects.filter(pk=pk, stage=Stage.DRAFT, recommending_unit=unit)
    if taken_back := own.filter(events__action="withdraw").first():
        return f"{taken_back.number} 已由申报单位撤回，刚才的操作没有办理。"
    moves = Event.objects.filter(application=pk).exclude(to_stage="").select_related("application")
    last = moves.order_by("at", "pk").last()
    if last is not None and last.user_id == user.pk:
        # The user's own step handed it on: it was sent twice.
        number = last.application.number
        return f"{number} 已由您于{moment(last.at)}办理“{last.label}”，没有重复办理。"
    return None


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
    if "more" in request.POST and rule.name == RETURN:
        # Another row of remarks: nothing is judged yet.
        form = DecisionForm(rule, request.user, application=application, typed=request.POST)
        return page(request, pk, form=form)
    form = DecisionForm(rule, request.user, request.POST, application=application)
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
    application = find(user, pk, *READING, "events", versions())
    submissions = list(application.submissions.all())
    read = application
    if application.stage == Stage.RETURNED and submissions:
        # What the unit is changing now is not submitted yet.
        read = as_submitted(application, submissions[-1])
    events = list(application.events.all())
    returns = standing_returns(events)
    given = [each for each in events if each.action == RETURN]
    prefetch_related_objects(given, "remarks__evidence")
    unit_said = [(event.at, event.note) for event in unit_corrections(events)]
    corrected = {}
    if len(submissions) > 1:
        corrected = _corrected(user, application, read, submissions, returns)
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
        "unit_corrections": unit_said,
        "redirected": _redirected(user, application, events),
        **corrected,
        **material(user, read),
        **records,
        **_decisions(request, application, chosen, form, records.get("proposals", {})),
    }
    return render(request, "review/detail.html", context, status=status)


def _begun(request, rule, proposals):
    """Return what a decision begins with: a proposed opinion, a template of it, or a remark."""
    asked = request.GET
    if rule.name == RETURN and "about" in asked:
        return {"remarks": [{"about": asked["about"], "text": asked.get("remark", "")}]}
    if rule.name in proposals:
        return {"initial": {"text": proposals[rule.name]}}
    number = whole_number(asked.get("template", ""))
    if number is None or rule.name not in OPINIONS:
        return {}
    template = get_object_or_404(templates_of(request.user), pk=number)
    return {"initial": {OPINIONS[rule.name]: template.text}}


def _redirected(user, application, events):
    """Return what is told of an application on its way to another recommending unit, or None."""
    if application.stage != Stage.REDIRECTING:
        return None
    return {
        "at": [each for each in events if each.action == "redirect"][-1].at,
        "reason": application.opinions.filter(transition="redirect").last().text,
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
        rule = next((each for each in open_now if each.name == chosen), None)
        if rule is None and open_now and open_now[0].tone == "primary":
            rule = open_now[0]
        if rule:
            begun = _begun(request, rule, proposals)
            form = DecisionForm(rule, user, application=application, **begun)
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


def material(user, application):
    """Return what draws the form and, beside it, the evidence, as much as the user may read."""
    sections = reading_context(application, privacy_for(user, application))
    judge_awards(application)
    has_proofs = any(
        not row.erased_at
        for section in sections["sections"]
        for _, rows in section.get("files") or ()
        for row in rows
    )
    return {**sections, "proof_target": "proof", "has_proofs": has_proofs}


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
