"""Who is told what, when: one table, from what happens to whom it concerns and what they read.

Every message of the portal is written here, whoever sends it, and what channels are told of it
(`announcement`). Applicants are told public stage
names, what a return asks for and the published result; no score, no expert, no other words of the
reviewers (design.md section 4). Experts are told that there is work, not which: the desk shows it.
"""

import datetime
from dataclasses import dataclass
from enum import Enum

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from applications.models import Application
from applications.notify.calendar.deadlines import own_deadline, score_deadline
from applications.notify.inbox import Message
from applications.records import Event
from applications.stages import RESULTS, Stage
from applications.versions.applicant_view import remark_lines
from applications.versions.snapshot import as_submitted
from applications.workflow import events
from applications.workflow.events import KINDS, kind_of, names

Kind = Message.Kind
# How far back is made up for what was left untold, and how long the queue may take.
MADE_UP_FOR = datetime.timedelta(days=3)
QUEUED = datetime.timedelta(minutes=10)


class Recipient(Enum):
    """Whom a letter is to: `accounts_of` says which accounts these are."""

    APPLICANT = "the applying unit"
    RECOMMENDER = "the recommending unit that the application is with"
    OFFICE = "the review office"
    BUREAU = "the bureau"
    FINANCE = "the finance bureau"
    SCORERS = "the experts who have not scored it; when all have, who concludes"
    NAMED = "the one account whom it is about"


@dataclass(frozen=True)
class Letter:
    """What one occasion tells one side; `subject` may have words in braces, such as {stage}.

    `text` is the name of a template in templates/applications/messages, `page` that of the address
    where the recipient goes on. Number and name of the application stand before the subject,
    unless it is about several, or about what the recipient may not know by name yet.
    """

    to: Recipient
    kind: Kind
    subject: str
    text: str
    page: str = "applications:overview"
    is_named: bool = True


APPLICANT, RECOMMENDER = Recipient.APPLICANT, Recipient.RECOMMENDER
OFFICE, BUREAU, FINANCE = Recipient.OFFICE, Recipient.BUREAU, Recipient.FINANCE
SCORERS, NAMED = Recipient.SCORERS, Recipient.NAMED
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

# What happens besides a transition: an application enters a stage, by whichever; a whole list is
# reported or sent back; a deadline comes near, or a leader presses; an expert joins a panel.
# And a channel is dead.
ENTER, LIST, REMIND, JOIN_PANEL = "enter", "list", "remind", "join_panel"
CHANNEL_PAUSED = "channel_paused"
STEPPED_IN = Letter(
    NAMED, Kind.PANEL, "请参加{panel}评审", "stepped_in", "review:panel_desk", is_named=False
)

# The table. First every way through the workflow's: (transition, stage that it starts from).
LETTERS = {
    (events.SUBMIT, Stage.DRAFT): (
        SUBMITTED,
        Letter(RECOMMENDER, Kind.ARRIVED, "新申报待审核", "arrived", "review:detail"),
    ),
    (events.SUBMIT, Stage.RETURNED): (
        SUBMITTED,
        Letter(RECOMMENDER, Kind.ARRIVED, "修改后重新提交，待审核", "arrived", "review:detail"),
    ),
    (events.WITHDRAW, Stage.RECOMMENDING): (
        Letter(RECOMMENDER, Kind.WITHDRAWN, "申报单位已撤回", "withdrawn", "review:queue"),
    ),
    (events.DISCARD, Stage.DRAFT): (),
    (events.RECOMMEND, Stage.RECOMMENDING): (
        Letter(APPLICANT, Kind.RECOMMENDATION, "{stage}", "recommended"),
    ),
    (events.RETURN, Stage.RECOMMENDING): (RETURNED,),
    (events.RETURN, Stage.QUALIFYING): (
        RETURNED,
        Letter(
            RECOMMENDER, Kind.RETURNED, "评审办公室退回修改", "returned_by_office", "review:detail"
        ),
    ),
    (events.REDIRECT, Stage.RECOMMENDING): (
        Letter(RECOMMENDER, Kind.ARRIVED, "转交本单位，待接收", "redirected", "review:detail"),
    ),
    (events.ACCEPT_REDIRECT, Stage.REDIRECTING): (
        Letter(APPLICANT, Kind.PROGRESS, "推荐单位变更", "unit_changed"),
    ),
    (events.REFUSE_REDIRECT, Stage.REDIRECTING): (
        Letter(
            RECOMMENDER,
            Kind.RETURNED,
            "转交被退回，由本单位审核",
            "redirect_refused",
            "review:detail",
        ),
    ),
    (events.EXTEND, Stage.RETURNED): (EXTENDED,),
    (events.EXTEND_BY_OFFICE, Stage.RETURNED): (EXTENDED,),
    (events.DECLINE, Stage.RECOMMENDING): (
        Letter(APPLICANT, Kind.RECOMMENDATION, "{stage}", "declined"),
    ),
    # The office is told once for the whole list: (LIST, events.REPORT).
    (events.REPORT, Stage.RECOMMENDED): (MOVED,),
    # Its unit is told once for the whole list: (LIST, events.SEND_LIST_BACK).
    (events.SEND_LIST_BACK, Stage.QUALIFYING): (),
    (events.QUALIFY, Stage.QUALIFYING): (
        Letter(APPLICANT, Kind.QUALIFICATION, "资格审查通过，{stage}", "qualified"),
    ),
    (events.DISQUALIFY, Stage.QUALIFYING): (
        Letter(APPLICANT, Kind.QUALIFICATION, "{stage}", "disqualified"),
    ),
    # To the applicant the panel and the inspection are one: 评审中.
    (events.CONCLUDE_FOR, Stage.PANEL): (),
    (events.CONCLUDE_AGAINST, Stage.PANEL): (RESULT,),
    (events.PASS_INSPECTION, Stage.INSPECTING): (MOVED,),
    (events.FAIL_INSPECTION, Stage.INSPECTING): (RESULT,),
    (events.CLEAR, Stage.PUBLICITY): (MOVED,),
    (events.UPHOLD, Stage.PUBLICITY): (RESULT,),
    # To the applicant the bureau and the finance bureau are one: 审定.
    (events.APPROVE, Stage.APPROVING): (),
    (events.REJECT, Stage.APPROVING): (RESULT,),
    (events.COUNTERSIGN, Stage.COUNTERSIGNING): (RESULT,),
    (events.SEND_BACK, Stage.COUNTERSIGNING): (),
    # The end of the round.
    (events.LAPSE, Stage.DRAFT): (CLOSED,),
    (events.CLOSE, Stage.RETURNED): (CLOSED,),
    (events.CLOSE, Stage.RECOMMENDING): (CLOSED,),
    (events.CLOSE, Stage.REDIRECTING): (CLOSED,),
    (events.CLOSE, Stage.RECOMMENDED): (CLOSED,),
    (events.CLOSE, Stage.QUALIFYING): (CLOSED,),
    (events.CLOSE, Stage.PANEL): (CLOSED,),
    (events.CLOSE, Stage.INSPECTING): (CLOSED,),
    (events.CLOSE, Stage.PUBLICITY): (CLOSED,),
    # A correction of the published list.
    (events.STRIKE, Stage.AWARDED): (RESULT_CORRECTED,),
    (events.ADD, Stage.NOT_SELECTED): (RESULT_CORRECTED,),
    # Where the step itself told nobody (panel, inspection, results), neither does its undoing.
    (events.REVERT, Stage.RETURNED): CORRECTED,
    (events.REVERT, Stage.RECOMMENDED): CORRECTED,
    (events.REVERT, Stage.NOT_RECOMMENDED): CORRECTED,
    (events.REVERT, Stage.DISQUALIFIED): CORRECTED,
    (events.REVERT, Stage.PANEL): CORRECTED,
    (events.REVERT, Stage.INSPECTING): (),
    (events.REVERT, Stage.PUBLICITY): CORRECTED,
    (events.REVERT, Stage.APPROVING): CORRECTED,
    (events.REVERT, Stage.COUNTERSIGNING): (),
    (events.REVERT, Stage.AWARDED): (),
    (events.REVERT, Stage.NOT_SELECTED): (),
    (events.REVERT, Stage.CLOSED): CORRECTED,
    # Work arrives at whoever owns the stage, once for all that one act brought: `about_arrivals`.
    # (Elsewhere it is a list that brings it, or the letters above tell of it.)
    (ENTER, Stage.PANEL): (
        Letter(SCORERS, Kind.ARRIVED, "有 {number} 项申报等待您评审", "to_score", is_named=False),
    ),
    (ENTER, Stage.INSPECTING): (
        Letter(OFFICE, Kind.ARRIVED, "有 {number} 项申报等待实地考察", "to_handle", is_named=False),
    ),
    (ENTER, Stage.APPROVING): (
        Letter(BUREAU, Kind.ARRIVED, "有 {number} 项申报等待审定", "to_handle", is_named=False),
    ),
    (ENTER, Stage.COUNTERSIGNING): (
        Letter(FINANCE, Kind.ARRIVED, "有 {number} 项申报等待会签", "to_handle", is_named=False),
    ),
    # A whole list at once, by the kind of its events.
    (LIST, events.REPORT): (
        Letter(
            OFFICE,
            Kind.REPORTED,
            "{unit}上报了推荐一览表，共 {number} 项",
            "reported",
            "review:queue",
            is_named=False,
        ),
    ),
    (LIST, events.SEND_LIST_BACK): (
        Letter(
            RECOMMENDER,
            Kind.RETURNED,
            "{round}推荐一览表已退回，待重新上报",
            "list_sent_back",
            "review:recommendation_list",
            is_named=False,
        ),
    ),
    # What moves nothing. Whoever is visited learns when and where, what to prepare and whom to
    # ask; not who comes.
    (events.PLAN_VISIT, ""): (
        Letter(APPLICANT, Kind.PROGRESS, "实地考察安排", "visit"),
        Letter(RECOMMENDER, Kind.PROGRESS, "实地考察安排", "visit", "review:detail"),
    ),
    (events.CANCEL_VISIT, ""): (
        Letter(APPLICANT, Kind.PROGRESS, "实地考察安排取消", "visit_cancelled"),
        Letter(RECOMMENDER, Kind.PROGRESS, "实地考察安排取消", "visit_cancelled", "review:detail"),
    ),
    (events.STEP_IN, ""): (STEPPED_IN,),
    (events.REPLACE_EXPERT, ""): (STEPPED_IN,),
    (JOIN_PANEL, ""): (
        Letter(
            NAMED,
            Kind.PANEL,
            "请参加{panel}评审",
            "joined_panel",
            "review:panel_desk",
            is_named=False,
        ),
    ),
    (events.REOPEN_SCORE, ""): (
        Letter(
            NAMED,
            Kind.PANEL,
            "评分表已退回，请修改后重新提交",
            "score_reopened",
            "review:score",
        ),
    ),
    (events.ENTER_OBJECTION, ""): (
        Letter(
            OFFICE,
            Kind.OBJECTION,
            "收到异议：{name}",
            "objection",
            "review:objection",
            is_named=False,
        ),
    ),
    # Deadlines: of a draft, a correction, what is not reported, what is not scored.
    (REMIND, Stage.DRAFT): (
        Letter(APPLICANT, Kind.REMINDER, "申报将于{due}截止，尚未提交", "reminder", is_named=False),
    ),
    (REMIND, Stage.RETURNED): (
        Letter(
            APPLICANT,
            Kind.REMINDER,
            "{number}：修改期限{due}，尚未重新提交",
            "reminder",
            is_named=False,
        ),
    ),
    (REMIND, Stage.RECOMMENDING): (
        Letter(
            RECOMMENDER,
            Kind.REMINDER,
            "推荐上报将于{due}截止，尚有申报未上报",
            "report_reminder",
            "review:queue",
            is_named=False,
        ),
    ),
    (REMIND, Stage.PANEL): (
        Letter(
            NAMED,
            Kind.REMINDER,
            "{panel}还有 {number} 项等待您评分",
            "score_reminder",
            "review:queue",
            is_named=False,
        ),
    ),
    (CHANNEL_PAUSED, ""): (
        Letter(
            NAMED,
            Kind.CHANNEL,
            "消息渠道已暂停：{name}",
            "channel_paused",
            "applications:channels",
            is_named=False,
        ),
    ),
}
VISITS = (events.PLAN_VISIT, events.CANCEL_VISIT)

# What stands before whatever leaves the portal.
MARK = "【技能大师工作室申报】"
# What a channel is told of a message, by its kind: that there is something, in words that name
# nobody, no unit, no stage and no result. Groups read it, and the servers of strangers.
ANNOUNCEMENTS = {
    Kind.SUBMITTED: "申报已提交",
    Kind.ARRIVED: "有新的事项等待您办理",
    Kind.WITHDRAWN: "有申报已由申报单位撤回",
    Kind.RETURNED: "有事项需要修改后重新提交",
    Kind.RECOMMENDATION: "推荐审核有了结果",
    Kind.REPORTED: "有新上报的推荐一览表",
    Kind.QUALIFICATION: "申报审查有了结果",
    Kind.PANEL: "有新的评审工作安排",
    Kind.PROGRESS: "申报有新的进展",
    Kind.OBJECTION: "收到一条异议",
    Kind.RESULT: "评选结果有更新",
    Kind.REMINDER: "有事项临近截止",
}


def accounts_of(recipient, application=None, unit=None):
    """Return the accounts that a recipient is: of an application, or of a recommending unit.

    Only accounts in use: to others no mail goes. Of `NAMED` the sender says who it is.
    """
    users = User.objects.in_use()
    if recipient is SCORERS:
        return users.filter(pk__in=_scorers(application))
    users = users.filter(role=Role[recipient.name])
    if recipient is APPLICANT:
        return users.filter(applying_unit=application.applying_unit_id)
    if recipient is RECOMMENDER:
        unit = unit or application.recommending_unit_id
        return users.filter(recommending_unit=unit)
    return users


def _scorers(application):
    """Return the keys of the experts who have something to do about an application now."""
    assignment = getattr(application, "panel_assignment", None)
    if assignment is None:
        return set()
    sheets = application.score_sheets.all()
    submitted = {sheet.expert_id for sheet in sheets if sheet.submitted_at}
    return assignment.scorers() - submitted or {assignment.leading} - {None}


def write(letter, users, key, context, url, *, application=None, at=None, deadline=None, **words):
    """Return the unsaved messages by which a letter of the table tells these accounts.

    `words` are those of its subject; `at` is when it happened, if not now; `deadline` is the
    `Deadline` that it tells of. Whoever has a message
    with the same key already is told nothing twice.
    """
    subject = letter.subject.format(**words)
    if letter.is_named:
        subject = f"{application}：{subject}"
    # One line, whatever was typed into a name: it becomes a mail's header.
    subject = " ".join(subject.split())[:200]
    text = render_to_string(f"applications/messages/{letter.text}.txt", context).strip()
    return [
        Message(
            recipient=user,
            application=application,
            key=key,
            kind=letter.kind,
            subject=subject,
            text=text,
            url=url,
            created_at=at or timezone.now(),
            deadline=deadline.as_json if deadline else None,
        )
        for user in users
    ]


def announcement(message):
    """Return what a channel is told of a message: its kind in general words, a number, a link.

    The link has no query: that of a list says a stage.
    """
    application = message.application
    number = f"，受理编号 {application.number}" if application and application.number else ""
    link = f"{settings.SITE_URL}{message.url.partition('?')[0]}"
    return f"{MARK}{ANNOUNCEMENTS[message.kind]}{number}。请登录查看：{link}"


def kinds_for(role):
    """Return the kinds of message that the table has for a role, in the order of `Kind`."""
    told = {
        letter.kind
        for letters in LETTERS.values()
        for letter in letters
        if role == (Role.EXPERT if letter.to in (SCORERS, NAMED) else letter.to.name)
    }
    return [kind for kind in ANNOUNCEMENTS if kind in told]


def about_dead_channel(channel):
    """Return what tells the owner of a channel, or the office, that it failed and is paused."""
    users = [channel.owner] if channel.owner else accounts_of(OFFICE)
    key = f"channel:{channel.pk}:{channel.paused_at:%Y%m%d%H%M%S}"
    context = {"channel": channel, "error": channel.last_error}
    return [
        message
        for letter in LETTERS[CHANNEL_PAUSED, ""]
        for message in write(letter, users, key, context, reverse(letter.page), name=channel.name)
    ]


def about_event(event):
    """Return the unsaved messages that a move of an application, or a visit, gives rise to."""
    kind = kind_of(event)
    if kind in VISITS:
        return [message for letter in LETTERS[kind, ""] for message in _messages(event, letter)]
    messages = []
    stage = Stage(event.from_stage)
    if kind == events.SUBMIT and event.application.submissions.count() > 1:
        stage = Stage.RETURNED  # taken back by the unit itself, it comes again as well
    # What told nobody, whatever its name, is undone in silence.
    is_seen = kind != events.REVERT or stage.public_label != Stage(event.to_stage).public_label
    for letter in LETTERS[kind, stage] if is_seen else ():
        if letter is RESULT:
            messages += about_result(event.application)
        else:
            messages += _messages(event, letter)
    if event.to_stage != event.from_stage and "batch" not in event.data:
        messages += about_arrivals([event])
    return messages


def _messages(event, letter):
    application = event.application
    if letter.to is not APPLICANT and application.is_editable:
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
    is_own = letter.to is APPLICANT and letter.kind == Kind.RETURNED
    return _about_one(
        application,
        letter,
        f"event:{event.pk}",
        context,
        event.at,
        deadline=own_deadline(application) if is_own else None,
        stage=stage,
    )


def about_result(application):
    """Return the messages that tell an application's result; none before its publication."""
    published_at = application.round.results_published_at
    if application.stage not in RESULTS or published_at is None:
        return []
    stage = Stage(application.stage).public_label
    context = {"application": application, "stage": stage}
    # One key however it came to be told: by the publication, or by a result after it.
    key, at = f"result:{application.pk}", max(published_at, application.stage_entered_at)
    return _about_one(application, RESULT, key, context, at, stage=stage)


def _about_one(application, letter, key, context, at, **words):
    is_list = letter.page == "review:queue"
    url = reverse(letter.page, args=[] if is_list else [application.pk])
    users = accounts_of(letter.to, application)
    return write(letter, users, key, context, url, application=application, at=at, **words)


def about_arrivals(moves):
    """Return what tells whoever has to act that one act brought applications: one message each.

    `moves` are events, all to one stage: one, or those of a batch. What has moved on since is
    not told of any more.
    """
    last = moves[-1]
    key = f"batch:{last.data['batch']}" if "batch" in last.data else f"event:{last.pk}"
    letters = LETTERS.get((ENTER, last.to_stage), ())
    if not letters:
        return []
    rows = (
        Application.objects.filter(
            pk__in=[move.application_id for move in moves], stage=last.to_stage
        )
        .select_related("round", "panel_assignment__panel")
        .prefetch_related("recusals", "score_sheets", "panel_assignment__panel__experts")
        .defer("round__notice")
        .order_by("number")
    )
    rows = list(rows)
    return [
        message
        for letter in letters
        for user, own in _by_account(letter.to, rows)
        for message in _arrived(letter, user, own, key, last)
    ]


def _by_account(recipient, applications):
    """Return pairs of an account of the recipient and those of the applications that are its."""
    if recipient is not SCORERS:
        return [(user, applications) for user in accounts_of(recipient) if applications]
    scorers = {application.pk: _scorers(application) for application in applications}
    users = User.objects.in_use().filter(pk__in=set().union(*scorers.values()))
    return [
        (user, [application for application in applications if user.pk in scorers[application.pk]])
        for user in users
    ]


def _arrived(letter, user, applications, key, event):
    """Return the message that tells one account of its applications that arrived."""
    [first, *more] = applications
    about = None
    if letter.to is SCORERS:
        panels = {application.panel_assignment.panel for application in applications}
        several = len(panels) > 1
        url = reverse("review:desks") if several else _desk(first.panel_assignment.panel)
        context = {
            "panels": sorted(panels, key=str),
            "number": len(applications),
            "round": first.round,
        }
    else:
        context = {
            "applications": applications,
            "event": event,
            "role": Role(event.role),
            "stage": Stage(event.to_stage),
        }
        url = f"{reverse('review:queue')}?stage={event.to_stage}"
        if not more:
            about, url = first, reverse("review:detail", args=[first.pk])
    words = {"number": len(applications)}
    return write(letter, [user], key, context, url, application=about, at=event.at, **words)


def _desk(panel):
    return reverse("review:panel_desk", args=[panel.pk])


def about_list(applications, last_event):
    """Return what tells the office that a recommending unit reported these applications."""
    unit, round_ = applications[0].recommending_unit, applications[0].round
    context = {"applications": applications, "unit": unit, "round": round_}
    query = f"?stage={Stage.QUALIFYING}&unit={unit.pk}&round={round_.pk}"
    return _about_list(events.REPORT, last_event, context, unit, query)


def about_list_sent_back(applications, last_event):
    """Return what tells a recommending unit that its whole list came back to it."""
    unit, round_ = applications[0].recommending_unit, applications[0].round
    context = {"applications": applications, "round": round_, "reason": last_event.note}
    return _about_list(events.SEND_LIST_BACK, last_event, context, unit, round_.pk)


def _about_list(kind, event, context, unit, page):
    """Write what the table says of a list; `page` ends the address: its argument, or its query."""
    messages = []
    for letter in LETTERS[LIST, kind]:
        if isinstance(page, str):
            url = reverse(letter.page) + page
        else:
            url = reverse(letter.page, args=[page])
        users = accounts_of(letter.to, unit=unit)
        words = {"unit": unit, "round": context["round"], "number": len(context["applications"])}
        key = f"list:{event.pk}"
        messages += write(letter, users, key, context, url, at=event.at, **words)
    return messages


def about_seat(occasion, panel, expert, key, number=0):
    """Return what tells an expert of a seat on a panel: who steps in, or joins, or takes one over.

    `occasion` is the kind of event, or JOIN_PANEL; `number` says how many applications wait there.
    What they are, the desk tells.
    """
    context = {"panel": panel, "number": number}
    return [
        message
        for letter in LETTERS[occasion, ""]
        for message in write(letter, [expert], key, context, _desk(panel), panel=panel.name)
    ]


def about_reopened(sheet, event, reason):
    """Return what tells an expert that the leader has given the score sheet back."""
    application = sheet.application
    return [
        message
        for letter in LETTERS[events.REOPEN_SCORE, ""]
        for message in write(
            letter,
            [sheet.expert],
            f"event:{event.pk}",
            {"application": application, "reason": reason},
            reverse(letter.page, args=[application.pk]),
            application=application,
            at=event.at,
        )
    ]


def about_objection(objection):
    """Return what tells the office that an objection was raised in public; not who raised it."""
    application = objection.application
    name = f"{application.number} {application.studio_title}"
    return [
        message
        for letter in LETTERS[events.ENTER_OBJECTION, ""]
        for message in write(
            letter,
            accounts_of(letter.to),
            f"objection:{objection.pk}",
            {"objection": objection},
            reverse(letter.page, args=[objection.pk]),
            application=application,
            name=name,
        )
    ]


def about_missing_scores(panel, expert, number, sender, key):
    """Return what presses an expert for sheets that are due; the leader or the office does."""
    context = {"panel": panel, "count": number, "sender": sender}
    return [
        message
        for letter in LETTERS[REMIND, Stage.PANEL]
        for message in write(
            letter,
            [expert],
            key,
            context,
            f"{reverse(letter.page)}?score=todo",
            deadline=score_deadline(panel.round),
            panel=panel.name,
            number=number,
        )
    ]


def untold():
    """Return the unsaved messages that should exist, but that no worker has written.

    A worker may have been stopped in between. Moves and publications of the last days
    (`MADE_UP_FOR`) are looked at; those of the last minutes (`QUEUED`) are left to the worker.
    """
    now = timezone.now()
    lately = (now - MADE_UP_FOR, now - QUEUED)
    moves = Event.objects.filter(at__range=lately).exclude(from_stage="").exclude(to_stage="")
    batches = _batches(moves)
    owed = {
        f"event:{pk}": pk
        for pk, action, stage, entered in moves.values_list(
            "pk", "action", "from_stage", "to_stage"
        )
        if set(LETTERS.get((KINDS.get(action), stage), ())) - {RESULT}
        or ((ENTER, entered) in LETTERS and pk not in batches)
    }
    # A plan that told nothing new says so by telling of no visit.
    visits = Event.objects.filter(
        at__range=lately, action__in=names(*VISITS), data__has_key="visit"
    )
    owed |= {f"event:{pk}": pk for pk in visits.values_list("pk", flat=True)}
    results = Application.objects.filter(
        stage__in=RESULTS, round__results_published_at__range=lately
    )
    owed |= {f"result:{pk}": None for pk in results.values_list("pk", flat=True)}
    told = Message.objects.filter(key__in=owed).values_list("key", flat=True)
    missing = set(owed) - set(told)
    related = ("application__round", "application__recommending_unit")
    untold_events = Event.objects.select_related(*related).filter(
        pk__in=[owed[key] for key in missing if owed[key]]
    )
    late = results.select_related("round").filter(
        pk__in=[key.removeprefix("result:") for key in missing if not owed[key]]
    )
    return [
        *_untold_lists(lately),
        *_untold_batches(batches),
        *(message for event in untold_events for message in about_event(event)),
        *(message for application in late for message in about_result(application)),
    ]


def _batches(moves):
    """Return {key of an event: its batch} of those moves that were made many at once."""
    batched = moves.filter(data__has_key="batch").values_list("pk", "data__batch")
    return dict(batched)


def _untold_batches(batches):
    """Return what is owed for batches: {key of an event: its batch}."""
    by_batch = {}
    for pk, batch in batches.items():
        by_batch.setdefault(batch, []).append(pk)
    keys = [f"batch:{batch}" for batch in by_batch]
    told = set(Message.objects.filter(key__in=keys).values_list("key", flat=True))
    return [
        message
        for batch, pks in by_batch.items()
        if f"batch:{batch}" not in told
        for message in about_arrivals(list(Event.objects.filter(pk__in=pks).order_by("pk")))
    ]


# What is told once for a whole list, by the kind of its events.
LISTS = {events.REPORT: about_list, events.SEND_LIST_BACK: about_list_sent_back}


def _untold_lists(lately):
    """Return the messages that are owed for lists: the events of one have their moment in common.

    `lately` is from when to when.
    """
    moves = Event.objects.filter(at__range=lately, action__in=names(*LISTS)).order_by("pk")
    lists = {}
    for event in moves.only("pk", "action", "at", "user_id", "application_id"):
        lists.setdefault((event.action, event.at, event.user_id), []).append(event)
    by_key = {f"list:{of_list[-1].pk}": of_list for of_list in lists.values()}
    told = set(Message.objects.filter(key__in=by_key).values_list("key", flat=True))
    owed = [of_list for key, of_list in by_key.items() if key not in told]
    messages = []
    for of_list in owed:
        rows = Application.objects.select_related("round", "recommending_unit").filter(
            pk__in=[event.application_id for event in of_list]
        )
        whole = Event.objects.get(pk=of_list[-1].pk)
        messages += LISTS[kind_of(whole)](list(rows.order_by("rank", "pk")), whole)
    return messages
