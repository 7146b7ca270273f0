"""The first tab of an application's page: the work of its stage beside the material, and decisions.

The other tabs are in `tab_views.py`.
"""

from django.contrib import messages
from django.db.models import prefetch_related_objects
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accounts.roles import Role, role_required
from accounts.views.reauthentication import ask_again
from applications.form.display import PREFETCH
from applications.permissions import REVEALED_AT, actor_shown, privacy_for
from applications.records import VERSIONS
from applications.stages import FROM_PANEL, Stage
from applications.versions.corrections import latest_correction
from applications.versions.snapshot import FILES, as_submitted
from applications.workflow.events import (
    QUALIFY,
    REDIRECT,
    RETURN,
    kind_of,
    standing_returns,
)
from applications.workflow.guards import moment
from applications.workflow.perform import Refused, offered, perform, refusal
from applications.workflow.table import TRANSITIONS
from applications.workflow.undo import last_step
from review.application_page.history import readable_opinions
from review.application_page.panels import JUDGES_THE_RECORD, work_context
from review.application_page.tabs import WORK, page_frame
from review.application_page.task import task_of
from review.panels.models import Panel
from review.permissions import ASKED_AGAIN, STAFF
from review.qualification import judge
from review.qualification.forms import qualification_forms
from review.qualification.panel import JUDGEMENTS, open_steps
from review.recommending.opinion_templates import templates_of
from review.shared.access import find, material, told_if_withdrawn, url_of
from review.shared.decision_form import DecisionForm
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
    """Show what the user has to do about one application, and its form beside its evidence."""
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
    return _decided(request, decided, rule.label)


@require_POST
@role_required(Role.OFFICE)
def judge_conditions(request, pk):
    """Save the sheet of conditions and the panel; blank ones stay open (notice, section 一).

    With `then=qualify` the application qualifies at once, if all that is left open is that.
    """
    application = find(request.user, pk, "evidence", JUDGEMENTS)
    forms = qualification_forms(application, request.POST)
    verdicts = [form.is_valid() for form in forms]
    if not all(verdicts):
        return page(request, pk, sheet_forms=forms, status=422)
    panel, key = None, whole_number(request.POST.get("panel", ""))
    if key is not None:
        panel = Panel.objects.filter(pk=key, round=application.round_id).first()
        if panel is None:
            messages.error(
                request, "没有保存：所选专家组已不存在，请重新选择。填写的内容都在本页。"
            )
            return page(request, pk, sheet_forms=forms, status=422)
    try:
        judge.judge_conditions(request.user, pk, forms, request.POST.get("revision"), panel)
    except Refused as error:
        forms[0].add_error(None, str(error))
        return page(request, pk, sheet_forms=forms, status=409)
    application = find(request.user, pk, "evidence", JUDGEMENTS)
    steps = open_steps(application, qualification_forms(application))
    if request.POST.get("then") != QUALIFY.name:
        return redirect(f"{url_of(pk)}{steps[0][1] if steps else '#decision'}")
    try:
        qualified = perform(
            application, QUALIFY.name, request.user, revision=application.revision, text=""
        )
    except Refused as error:
        messages.warning(request, f"审查表已保存，还不能通过：{error}")
        return redirect(f"{url_of(pk)}{steps[0][1] if steps else '#decision'}")
    return _decided(request, qualified, QUALIFY.label)


def _decided(request, application, label):
    """Say what was decided, and lead back to the list."""
    messages.success(
        request,
        f"{application.number} {application.studio_title}已办理“{label}”，"
        f"现为“{application.get_stage_display()}”。",
    )
    return redirect("review:queue")


def page(request, pk, *, chosen=None, form=None, status=200, **bound):
    """Render the tab; `form` is a refused decision, `bound` other refused forms by name."""
    user = request.user
    application = find(user, pk, *READING, "events", VERSIONS)
    submissions = list(application.submissions.all())
    read = as_read(application, submissions)
    events = list(application.events.all())
    prefetch_remarks(events)
    work = work_context(user, application, **bound)
    context = {
        **page_frame(user, application, events, submissions, WORK),
        "read": read,
        "may_reveal": user.role in REVEALED_AT,
        "redirected": _redirected(user, application, events),
        **material(user, read),
        **work,
        **_decisions(request, application, chosen, form, work.get("proposals", {})),
    }
    judges_record = (user.role, application.stage_enum) in JUDGES_THE_RECORD
    may_decide = any(
        not option.get("refused") and not option.get("is_undo") for option in context["options"]
    )
    has_work = bool(work or may_decide or form)
    context |= {"judges_record": judges_record, "has_work": has_work}
    if len(submissions) > 1 and application.stage not in FROM_PANEL:
        context["correction"] = correction_of(user, application, read, submissions, events)
    if judges_record:
        context["opinions"] = readable_opinions(user, application)
    context["task"] = task_of(user, application, context)
    return render(request, "review/application_page/work.html", context, status=status)


def as_read(application, submissions):
    """Return the application as reviewers read it: what is being changed now is not submitted."""
    if application.stage == Stage.RETURNED and submissions:
        return as_submitted(application, submissions[-1])
    return application


def prefetch_remarks(events):
    """Read the remarks of all returns at once."""
    all_returns = [event for event in events if kind_of(event) == RETURN]
    prefetch_related_objects(all_returns, "remarks__evidence")


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


def correction_of(user, application, read, submissions, events):
    """Return what the last of several `submissions` changed, as the user may read it."""
    return latest_correction(
        application,
        read,
        standing_returns(events),
        submissions[-1],
        submissions,
        privacy_for(user, application),
    )
