"""The events of an application: every kind of event, who may know of it, and how one is written.

An `Event` is one line of the audit trail. Its kind is one row of the table below. What the table
does not name is shown to nobody.
"""

from dataclasses import dataclass, field, replace
from enum import Enum

from django.db import models
from django.db import transaction as database
from django.utils import timezone

from accounts.roles import Role
from applications.models import Application, Event
from applications.stages import Stage


class Topic(models.TextChoices):
    """What an entry of the timeline is about; the filter of that page."""

    STAGE = "stage", "阶段与意见"
    CONTENT = "content", "内容改动"
    FILES = "files", "材料"
    REVIEW = "review", "核验与评分"
    MESSAGES = "messages", "消息"


CITY = frozenset({Role.OFFICE, Role.BUREAU})
CITY_AND_FINANCE = CITY | {Role.FINANCE}


class Audience(Enum):
    """The roles that may know that something happened, of those who see the application at all.

    How much of it a reader is shown is for `review.application_page.history` and, for the
    applicant, `applications.versions.applicant_view`.
    """

    NOBODY = frozenset()
    # Its note as well. To the applicant a move is the public name of the stage that it leads to.
    EVERYBODY = CITY_AND_FINANCE | {Role.APPLICANT, Role.RECOMMENDER, Role.EXPERT}
    # The note is for the city, the finance bureau and the role that wrote it: it may name experts,
    # say how a visit went, or name a file that experts do not get.
    REVIEWERS = CITY_AND_FINANCE | {Role.RECOMMENDER, Role.EXPERT}
    # Where the recommending unit ranks it is no matter for the experts.
    NOT_EXPERTS = CITY_AND_FINANCE | {Role.RECOMMENDER}
    # That somebody objects is for those who decide.
    DECIDERS = CITY_AND_FINANCE
    # It names experts: they learn nothing of one another before their panel has concluded.
    PANEL = CITY | {Role.EXPERT}
    # Whoever supervises it, and whoever did it.
    SUPERVISORS = CITY
    # What the unit does with a draft is its own.
    UNIT = frozenset({Role.APPLICANT})
    # ... but the office is told of files that were changed between two versions.
    UNIT_AND_OFFICE = frozenset({Role.APPLICANT, Role.OFFICE})


UNDOABLE = ""
NOTHING_TO_UNDO = "没有可以撤销的步骤。"


@dataclass(frozen=True)
class EventKind:
    """One row of the table; two with the same name are one kind, whose label differs.

    `name` and `label` are stored with the event (`action`, `label`); the label may have words in
    braces, filled by `labelled`. `undo_refusal` is the sentence why a step of this kind is not
    undone, or UNDOABLE. What `is_minor` is about one file or one check: among the latest events of
    an account, a dozen of them would hide everything else.
    """

    name: str
    label: str = field(compare=False)
    audience: Audience = field(compare=False)
    topic: Topic = field(compare=False, default=Topic.REVIEW)
    undo_refusal: str = field(compare=False, default=NOTHING_TO_UNDO)
    is_minor: bool = field(compare=False, default=False)

    def labelled(self, **words):
        """Return this kind with the words of its label filled in."""
        return replace(self, label=self.label.format(**words))


def _move(name, label, undo_refusal=NOTHING_TO_UNDO):
    """A kind of step that leads to another stage."""
    return EventKind(name, label, Audience.EVERYBODY, Topic.STAGE, undo_refusal)


def _file_change(name, label):
    return EventKind(name, label, Audience.UNIT_AND_OFFICE, Topic.FILES, is_minor=True)


# --- The applying unit ---
START = _move("start", "开始申报")
COPY = EventKind("copy", "复制以前的申报", Audience.UNIT)
IMPORT_WORD = EventKind("import_word", "导入 Word", Audience.UNIT)
PRINT = EventKind("print", "打印盖章稿", Audience.UNIT)
RENAME_FILE = _file_change("rename_file", "材料更名")
REPLACE_FILE = _file_change("replace_file", "替换材料")
REMOVE_FILE = _file_change("remove_file", "移除材料")
SORT_FILES = _file_change("sort_files", "材料归类")
UNSORT_FILES = _file_change("unsort_files", "撤销材料归类")
SUBMIT = _move("submit", "提交", "申报单位的提交不能撤销，可退回修改。")
WITHDRAW = _move("withdraw", "撤回")
DISCARD = _move("discard", "放弃申报")
# --- The recommending unit ---
VERIFY = EventKind("verify", "核验", Audience.REVIEWERS, is_minor=True)
RECOMMEND = _move("recommend", "同意推荐", UNDOABLE)
RETURN = _move("return", "退回修改", UNDOABLE)
REDIRECT = _move("redirect", "转交其他推荐单位", "转交由接收单位处理。")
ACCEPT_REDIRECT = _move("accept_redirect", "接收转交", "转交已由接收单位处理。")
REFUSE_REDIRECT = _move("refuse_redirect", "退回转交", "转交已由接收单位处理。")
EXTEND = _move("extend", "延长修改期限", "修改期限已延长，不能撤销。")
DECLINE = _move("decline", "不予推荐", UNDOABLE)
RANK = EventKind("rank", "推荐排序", Audience.NOT_EXPERTS)
REPORT = _move("report", "上报", "上报不能逐项撤销，请退回整张推荐一览表。")
# --- 资格审查 ---
EXTEND_BY_OFFICE = replace(EXTEND, name="extend_by_office")
CORRECT_UNIT = EventKind("correct_unit", "更正单位信息", Audience.EVERYBODY)
SEND_LIST_BACK = _move("send_list_back", "退回推荐一览表", "一览表已退回推荐单位，请等待重新上报。")
JUDGE_CONDITIONS = EventKind("qualification", "填写资格审查表", Audience.REVIEWERS)
ASSIGN_PANEL = EventKind("assign", "分配专家组", Audience.REVIEWERS)
QUALIFY = _move("qualify", "资格审查通过", UNDOABLE)
DISQUALIFY = _move("disqualify", "资格审查不通过", UNDOABLE)
# --- 专家评审 ---
RECUSE = EventKind("recuse", "回避", Audience.PANEL)
STEP_IN = EventKind("step_in", "候补专家递补", Audience.PANEL)
REPLACE_EXPERT = EventKind("replace_expert", "更换专家", Audience.PANEL)
SCORE = EventKind("score", "提交评分", Audience.PANEL)
REOPEN_SCORE = EventKind("reopen_score", "退回评分表", Audience.PANEL)
CONCLUDE_FOR = _move("conclude_for", "建议入选", UNDOABLE)
CONCLUDE_AGAINST = _move("conclude_against", "不建议入选", UNDOABLE)
# --- 实地考察 ---
PLAN_VISIT = EventKind("plan_inspection", "安排实地考察", Audience.EVERYBODY)
CHANGE_VISIT = replace(PLAN_VISIT, label="更改考察安排")
CANCEL_VISIT = EventKind("cancel_inspection", "取消考察安排", Audience.EVERYBODY)
START_INSPECTION = EventKind("inspection", "开始填写实地考察记录", Audience.REVIEWERS)
CORRECT_INSPECTION = replace(START_INSPECTION, label="更正实地考察记录")
OVERWRITE_INSPECTION = replace(START_INSPECTION, label="改写考察记录")
REMOVE_PHOTO = replace(START_INSPECTION, label="移除考察照片")
CONCLUDE_INSPECTION = replace(START_INSPECTION, label="完成实地考察记录")
PASS_INSPECTION = _move("pass_inspection", "考察通过", UNDOABLE)
FAIL_INSPECTION = _move("fail_inspection", "考察不通过", UNDOABLE)
# --- 公示 ---
PUBLISH = EventKind("publish", "发布公示", Audience.EVERYBODY)
CHANGE_NOTICE = replace(PUBLISH, label="{change}")
ENTER_OBJECTION = EventKind("objection", "登记异议", Audience.DECIDERS)
HANDLE_OBJECTION = replace(ENTER_OBJECTION, label="异议{step}")
CLEAR = _move("clear", "公示无异议", UNDOABLE)
UPHOLD = _move("uphold", "异议成立", UNDOABLE)
# --- 审定公布 ---
APPROVE = _move("approve", "同意", UNDOABLE)
REJECT = _move("reject", "不同意", UNDOABLE)
COUNTERSIGN = _move("countersign", "会签同意", UNDOABLE)
SEND_BACK = _move("send_back", "退回市人社局", UNDOABLE)
LAPSE = _move("lapse", "批次结束，未提交")
CLOSE = _move("close", "批次结束，未办结", UNDOABLE)
STRIKE = _move("strike", "更正：移出入选名单")
ADD = _move("add", "更正：增补入选")
CORRECT_RESULT = EventKind("correct_result", "更正公布的名单", Audience.REVIEWERS)
# --- At any stage ---
REVEAL = EventKind("reveal", "查看完整{number}", Audience.SUPERVISORS)
REVERT = _move("revert", "撤销上一步", "上一步已经撤销，不能再次撤销。")
AGREE_TO_UNDO = EventKind("agree_to_undo", "同意撤销上一步", Audience.REVIEWERS)

# All rows above, by name.
KINDS = {kind.name: kind for kind in tuple(vars().values()) if isinstance(kind, EventKind)}
FILE_CHANGES = (RENAME_FILE, REPLACE_FILE, REMOVE_FILE, SORT_FILES, UNSORT_FILES)
UNKNOWN = EventKind("", "", Audience.NOBODY)


def kind_of(event):
    """Return the `EventKind` of an event; UNKNOWN, which nobody is shown, of a name not above."""
    return KINDS.get(event.action, UNKNOWN)


def names(*kinds):
    """Return the stored names of kinds, for a query on `Event.action`."""
    return [kind.name for kind in kinds]


def record(
    application,
    user,
    kind,
    note="",
    *,
    data=None,
    at=None,
    from_stage="",
    to_stage="",
    is_locked=False,
):
    """Write and return one `Event` of an `EventKind`, whole: it never changes afterwards.

    It takes the next place in the application's chain, under the application's lock to the end of
    the transaction: two at once follow one another. `is_locked` tells that the caller holds it.
    """
    event = Event(
        application=application,
        at=at or timezone.now(),
        user=user,
        actor=f"{user.unit_name} {user.name}".strip(),
        role=user.role,
        action=kind.name,
        label=kind.label,
        note=note,
        data=data or {},
        from_stage=from_stage,
        to_stage=to_stage,
    )
    # No savepoint inside another transaction: an event that fails takes that one with it.
    with database.atomic(savepoint=False):
        if not is_locked:
            Application.objects.lock(application.pk)
        events = Event.objects.filter(application=application).order_by("-sequence")
        event.follow(events.values_list("sequence", "digest").first())
        event.save()
    return event


# --- What the events of an application say of where it stands ---


def undone_steps(events):
    """Return {key of an undone step: the `Event` that undid it} of an application's events."""
    return {event.data["undone"]: event for event in events if kind_of(event) == REVERT}


def standing_moves(events):
    """Return the moves that still stand, in the order given: neither undone nor an undoing."""
    undone = undone_steps(events)
    return [
        event
        for event in events
        if event.to_stage and kind_of(event) != REVERT and event.pk not in undone
    ]


def reached_stages(events):
    """Return {stage: when it was first entered} of the moves that still stand."""
    reached = {}
    for event in standing_moves(events):
        reached.setdefault(Stage(event.to_stage), event.at)
    return reached


def standing_returns(events):
    """Return the returns that still stand, in the order given."""
    return [event for event in standing_moves(events) if kind_of(event) == RETURN]
