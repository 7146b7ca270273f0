"""Who is told what, when: one table from transitions to messages.

Applicants are told public stage names, what a return asks for and the published result; no score,
no expert, no other words of the reviewers (design.md section 4).
"""

import datetime
from dataclasses import dataclass

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from applications.messages import Message
from applications.models import Application
from applications.records import Event
from applications.snapshot import as_submitted
from applications.stages import RESULTS, Stage
from applications.standing import remark_lines

Kind = Message.Kind
# How far back is made up for what was left untold, and how long the queue may take.
MADE_UP_FOR = datetime.timedelta(days=3)
QUEUED = datetime.timedelta(minutes=10)


@dataclass(frozen=True)
class Letter:
    """What one event tells one side: `subject` may name the public {stage}.

    `text` is the name of a template in templates/applications/messages, `page` that of the address
    where the recipient goes on.
    """

    to: Role
    kind: Kind
    subject: str
    text: str
    page: str = "applications:overview"


APPLICANT, RECOMMENDER = Role.APPLICANT, Role.RECOMMENDER
SUBMITTED = Letter(APPLICANT, Kind.SUBMITTED, "已提交", "submitted", "applications:receipt")
RETURNED = Letter(APPLICANT, Kind.RETURNED, "已退回，请按要求修改后重新提交", "returned")
MOVED = Letter(APPLICANT, Kind.PROGRESS, "{stage}", "moved")
# Told at once only when the round's results are public; otherwise with their publication.
RESULT = Letter(APPLICANT, Kind.RESULT, "{stage}", "result")

RESULT_CORRECTED = Letter(APPLICANT, Kind.RESULT, "公布的名单已更正：{stage}", "result_corrected")
CLOSED = Letter(APPLICANT, Kind.PROGRESS, "{stage}", "closed")
EXTENDED = Letter(APPLICANT, Kind.RETURNED, "修改期限已延长", "extended")
# A step was undone: where the application stands now, in public words.
CORRECTED = (
    Letter(APPLICANT, Kind.PROGRESS, "阶段更正为{stage}", "corrected"),
    Letter(RECOMMENDER, Kind.PROGRESS, "阶段更正为{stage}", "corrected", "review:detail"),
)

# Every way through the workflow's table: (transition, stage that it starts from).
LETTERS = {
    ("submit", Stage.DRAFT): (
        SUBMITTED,
        Letter(RECOMMENDER, Kind.ARRIVED, "新申报待审核", "arrived", "review:detail"),
    ),
    ("submit", Stage.RETURNED): (
        SUBMITTED,
        Letter(RECOMMENDER, Kind.ARRIVED, "修改后重新提交，待审核", "arrived", "review:detail"),
    ),
    ("withdraw", Stage.RECOMMENDING): (
        Letter(RECOMMENDER, Kind.WITHDRAWN, "申报单位已撤回", "withdrawn", "review:queue"),
    ),
    ("discard", Stage.DRAFT): (),
    ("recommend", Stage.RECOMMENDING): (
        Letter(APPLICANT, Kind.RECOMMENDATION, "{stage}", "recommended"),
    ),
    ("return", Stage.RECOMMENDING): (RETURNED,),
    ("return", Stage.QUALIFYING): (
        RETURNED,
        Letter(
            RECOMMENDER, Kind.RETURNED, "评审办公室退回修改", "returned_by_office", "review:detail"
        ),
    ),
    ("redirect", Stage.RECOMMENDING): (
        Letter(RECOMMENDER, Kind.ARRIVED, "转交本单位，待接收", "redirected", "review:detail"),
    ),
    ("accept_redirect", Stage.REDIRECTING): (
        Letter(APPLICANT, Kind.PROGRESS, "推荐单位变更", "unit_changed"),
    ),
    ("refuse_redirect", Stage.REDIRECTING): (
        Letter(
            RECOMMENDER,
            Kind.RETURNED,
            "转交被退回，由本单位审核",
            "redirect_refused",
            "review:detail",
        ),
    ),
    ("extend", Stage.RETURNED): (EXTENDED,),
    ("extend_by_office", Stage.RETURNED): (EXTENDED,),
    ("decline", Stage.RECOMMENDING): (
        Letter(APPLICANT, Kind.RECOMMENDATION, "{stage}", "declined"),
    ),
    # The office is told once for the whole list: `about_list`.
    ("report", Stage.RECOMMENDED): (MOVED,),
    # Its unit is told once for the whole list: `about_list_sent_back`.
    ("send_list_back", Stage.QUALIFYING): (),
    ("qualify", Stage.QUALIFYING): (
        Letter(APPLICANT, Kind.QUALIFICATION, "资格审查通过，{stage}", "qualified"),
    ),
    ("disqualify", Stage.QUALIFYING): (
        Letter(APPLICANT, Kind.QUALIFICATION, "{stage}", "disqualified"),
    ),
    # To the applicant the panel and the inspection are one: 评审中.
    ("conclude_for", Stage.PANEL): (),
    ("conclude_against", Stage.PANEL): (RESULT,),
    ("pass_inspection", Stage.INSPECTING): (MOVED,),
    ("fail_inspection", Stage.INSPECTING): (RESULT,),
    ("clear", Stage.PUBLICITY): (MOVED,),
    ("uphold", Stage.PUBLICITY): (RESULT,),
    # To the applicant the bureau and the finance bureau are one: 审定.
    ("approve", Stage.APPROVING): (),
    ("reject", Stage.APPROVING): (RESULT,),
    ("countersign", Stage.COUNTERSIGNING): (RESULT,),
    ("send_back", Stage.COUNTERSIGNING): (),
    # The end of the round.
    ("lapse", Stage.DRAFT): (CLOSED,),
    ("close", Stage.RETURNED): (CLOSED,),
    ("close", Stage.RECOMMENDING): (CLOSED,),
    ("close", Stage.REDIRECTING): (CLOSED,),
    ("close", Stage.RECOMMENDED): (CLOSED,),
    ("close", Stage.QUALIFYING): (CLOSED,),
    ("close", Stage.PANEL): (CLOSED,),
    ("close", Stage.INSPECTING): (CLOSED,),
    ("close", Stage.PUBLICITY): (CLOSED,),
    # A correction of the published list.
    ("strike", Stage.AWARDED): (RESULT_CORRECTED,),
    ("add", Stage.NOT_SELECTED): (RESULT_CORRECTED,),
    # Where the step itself told nobody (panel, inspection, results), neither does its undoing.
    ("revert", Stage.RETURNED): CORRECTED,
    ("revert", Stage.RECOMMENDED): CORRECTED,
    ("revert", Stage.NOT_RECOMMENDED): CORRECTED,
    ("revert", Stage.DISQUALIFIED): CORRECTED,
    ("revert", Stage.PANEL): CORRECTED,
    ("revert", Stage.INSPECTING): (),
    ("revert", Stage.PUBLICITY): CORRECTED,
    ("revert", Stage.APPROVING): CORRECTED,
    ("revert", Stage.COUNTERSIGNING): (),
    ("revert", Stage.AWARDED): (),
    ("revert", Stage.NOT_SELECTED): (),
    ("revert", Stage.CLOSED): CORRECTED,
}
# What moves nothing, but is told all the same. Whoever is visited learns when and where, what to
# prepare and whom to ask; not who comes.
VISITS = {
    "plan_inspection": (
        Letter(APPLICANT, Kind.PROGRESS, "实地考察安排", "visit"),
        Letter(RECOMMENDER, Kind.PROGRESS, "实地考察安排", "visit", "review:detail"),
    ),
    "cancel_inspection": (
        Letter(APPLICANT, Kind.PROGRESS, "实地考察安排取消", "visit_cancelled"),
        Letter(RECOMMENDER, Kind.PROGRESS, "实地考察安排取消", "visit_cancelled", "review:detail"),
    ),
}


def about_event(event):
    """Return the unsaved messages that a move of an application, or a visit, gives rise to."""
    if event.action in VISITS:
        return [each for letter in VISITS[event.action] for each in _messages(event, letter)]
    messages = []
    stage = Stage(event.from_stage)
    if event.action == "revert" and stage.public_label == Stage(event.to_stage).public_label:
        return []  # the step told nobody, whatever its name: nor does its undoing
    if event.action == "submit" and event.application.submissions.count() > 1:
        stage = Stage.RETURNED  # taken back by the unit itself, it comes again as well
    for letter in LETTERS[event.action, stage]:
        if letter is RESULT:
            messages += about_result(event.application)
        else:
            messages += _messages(event, letter)
    return messages


def _messages(event, letter):
    application = event.application
    if letter.to != Role.APPLICANT and application.is_editable:
        # What the unit has typed since is its own.
        application = as_submitted(application, application.submissions.last())
    stage = Stage(event.to_stage or application.stage).public_label
    remarks = (
        event.remarks.select_related("evidence").order_by("pk")
        if letter.kind == Kind.RETURNED
        else ()
    )
    context = {
        "event": event,
        "application": application,
        "stage": stage,
        "is_by_office": event.role == Role.OFFICE,
        "undone_by": Role(event.role).label,
        "is_resubmitted": event.from_stage == Stage.RETURNED,
        "remarks": remark_lines(application, remarks),
        "site_url": settings.SITE_URL,
    }
    subject = letter.subject.format(stage=stage)
    return _to_each(application, letter, f"event:{event.pk}", subject, context, event.at)


def about_result(application):
    """Return the messages that tell an application's result; none before its publication."""
    published_at = application.round.results_published_at
    if application.stage not in RESULTS or published_at is None:
        return []
    stage = Stage(application.stage).public_label
    context = {"application": application, "stage": stage}
    subject = RESULT.subject.format(stage=stage)
    # One key however it came to be told: by the publication, or by a result after it.
    key, at = f"result:{application.pk}", max(published_at, application.stage_entered_at)
    return _to_each(application, RESULT, key, subject, context, at)


def _to_each(application, letter, key, subject, context, at):
    users = User.objects.in_use().filter(role=letter.to)
    if letter.to == Role.APPLICANT:
        users = users.filter(applying_unit=application.applying_unit_id)
    else:
        users = users.filter(recommending_unit=application.recommending_unit_id)
    is_list = letter.page == "review:queue"
    url = reverse(letter.page, args=[] if is_list else [application.pk])
    title = f"{application}：{subject}"
    text = render_to_string(f"applications/messages/{letter.text}.txt", context)
    return [
        message_to(user, key, letter.kind, title, text, url, application=application, at=at)
        for user in users
    ]


def about_list(applications, last_event):
    """Return what tells the office that a recommending unit reported these applications."""
    unit, round_ = applications[0].recommending_unit, applications[0].round
    text = render_to_string(
        "applications/messages/reported.txt",
        {"applications": applications, "unit": unit, "round": round_},
    )
    subject = f"{unit}上报了推荐一览表，共 {len(applications)} 项"
    url = f"{reverse('review:queue')}?stage={Stage.QUALIFYING}&unit={unit.pk}&round={round_.pk}"
    key, at = f"list:{last_event.pk}", last_event.at
    return [
        message_to(user, key, Kind.REPORTED, subject, text, url, at=at)
        for user in User.objects.in_use().filter(role=Role.OFFICE)
    ]


def about_list_sent_back(applications, last_event):
    """Return what tells a recommending unit that its whole list came back to it."""
    round_ = applications[0].round
    text = render_to_string(
        "applications/messages/list_sent_back.txt",
        {"applications": applications, "round": round_, "reason": last_event.note},
    )
    return [
        message_to(
            user,
            f"list:{last_event.pk}",
            Kind.RETURNED,
            f"{round_}推荐一览表已退回，待重新上报",
            text,
            reverse("review:recommendation_list", args=[round_.pk]),
            at=last_event.at,
        )
        for user in User.objects.in_use().filter(
            role=Role.RECOMMENDER, recommending_unit=applications[0].recommending_unit_id
        )
    ]


def untold():
    """Return the unsaved messages that a worker, stopped at the wrong moment, left unwritten.

    Of the moves and publications of the last days; what is only just queued is left to the worker.
    """
    now = timezone.now()
    lately = (now - MADE_UP_FOR, now - QUEUED)
    moves = Event.objects.filter(at__range=lately).exclude(from_stage="").exclude(to_stage="")
    owed = {
        f"event:{pk}": pk
        for pk, action, stage in moves.values_list("pk", "action", "from_stage")
        if set(LETTERS.get((action, stage), ())) - {RESULT}
    }
    # A plan that told nothing new says so by telling of no visit.
    visits = Event.objects.filter(at__range=lately, action__in=VISITS, data__has_key="visit")
    owed |= {f"event:{pk}": pk for pk in visits.values_list("pk", flat=True)}
    results = Application.objects.filter(
        stage__in=RESULTS, round__results_published_at__range=lately
    )
    owed |= {f"result:{pk}": None for pk in results.values_list("pk", flat=True)}
    told = Message.objects.filter(key__in=owed).values_list("key", flat=True)
    missing = set(owed) - set(told)
    missing_lists = _untold_lists(lately)
    related = ("application__round", "application__recommending_unit")
    events = Event.objects.select_related(*related).filter(
        pk__in=[owed[key] for key in missing if owed[key]]
    )
    late = results.select_related("round").filter(
        pk__in=[key.removeprefix("result:") for key in missing if not owed[key]]
    )
    return [
        *missing_lists,
        *(message for event in events for message in about_event(event)),
        *(message for application in late for message in about_result(application)),
    ]


# What is told once for a whole list, by the action of its events.
LISTS = {"report": about_list, "send_list_back": about_list_sent_back}


def _untold_lists(lately):
    """Return the messages that are owed for lists: the events of one have their moment in common.

    `lately` is from when to when.
    """
    moves = Event.objects.filter(at__range=lately, action__in=LISTS).order_by("pk")
    lists = {}
    for event in moves.only("pk", "action", "at", "user_id", "application_id"):
        lists.setdefault((event.action, event.at, event.user_id), []).append(event)
    last = {f"list:{events[-1].pk}": events for events in lists.values()}
    told = set(Message.objects.filter(key__in=last).values_list("key", flat=True))
    owed = [events for key, events in last.items() if key not in told]
    messages = []
    for events in owed:
        rows = Application.objects.select_related("round", "recommending_unit").filter(
            pk__in=[event.application_id for event in events]
        )
        whole = Event.objects.get(pk=events[-1].pk)
        messages += LISTS[whole.action](list(rows.order_by("rank", "pk")), whole)
    return messages


def message_to(user, key, kind, subject, text, url, *, application=None, at=None):
    """Return an unsaved `Message`; `at` is when it happened, if not now."""
    message = Message(
        recipient=user,
        application=application,
        key=key,
        kind=kind,
        # One line, whatever was typed into a name: it becomes a mail's header.
        subject=" ".join(subject.split())[:200],
        text=text.strip(),
        url=url,
    )
    if at is not None:
        message.created_at = at
    return message
