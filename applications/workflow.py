"""The one table of transitions and the one function that moves an application.

Nothing else writes `Application.stage`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import transaction as database
from django.db.models import F
from django.utils import timezone

from accounts.roles import Role
from applications import guards
from applications.models import Application, Event, Opinion, Remark, Submission
from applications.permissions import actor_shown
from applications.records import submitted
from applications.rounds import Round
from applications.snapshot import OPINION_FIELDS, content_of, fingerprint, sealed
from applications.stages import EDITABLE, Stage
from applications.tasks import tell

# What a decision form may ask for, with the sentence when it is missing.
NEEDS = {
    "text": "请填写意见。",
    "reason": "请填写理由。",
    "signatory": "请填写签署人。",
    "signed_on": "请填写日期。",
    "deadline": "请填写修改期限。",
    "to_unit": "请选择转交到的推荐单位。",
}


class Refused(Exception):
    """A transition that is not possible; its text is a sentence for the user."""


@dataclass(frozen=True)
class Transition:
    """One row of the table.

    `sources` maps each stage that it starts from to the role that may take it, `also` to the other
    roles that may; `target` is where it leads, None for the stage that the last step came from.
    One that does not move (`moves`) leaves its event alone: no stage, no opinion. `guards` refuse
    with a sentence; `needs` are the keys of `perform`'s data that may not be blank (`NEEDS`).
    `effect` (application, user, data, at) writes what belongs to the transition besides stage,
    opinion and event, before these are written; it returns what the event says (`note`, by default
    the opinion's text, and `data`). `given` (application) returns the data that the record holds
    already: it is not asked for again, and counts instead of what is sent.
    """

    name: str
    label: str
    sources: dict[Stage, Role]
    target: Stage | None
    guards: tuple[Callable, ...] = ()
    needs: tuple[str, ...] = ()
    effect: Callable | None = None
    given: Callable | None = None
    tone: str = "primary"  # or "danger": ends or sends back the application
    consequence: str = ""
    in_bulk: bool = False  # may be taken for many applications at once, with the same words
    also: dict[Stage, tuple[Role, ...]] = field(default_factory=dict)
    moves: bool = True
    # A step of the whole round, never decided on one application's page: taken of a draft, too,
    # which nobody but its unit may see, and, as no other step, after the results are published.
    of_round: bool = False

    def roles(self, stage):
        """Return the roles that may take it from a stage: none where it does not start."""
        own = (self.sources[stage],) if stage in self.sources else ()
        return own + self.also.get(stage, ())


def give_number(application):
    """Give an application its 受理编号, at its first print or submission.

    Call it in a transaction, and save the application after it.
    """
    if application.number is None:
        year = Round.objects.values_list("year", flat=True).get(pk=application.round_id)
        # A year may have more than one round, but no number twice.
        rounds = Round.objects.select_for_update(no_key=True).filter(year=year).order_by("pk")
        count = max(rounds.values_list("last_number", flat=True)) + 1
        Round.objects.filter(pk=application.round_id).update(last_number=count)
        application.number = f"JNDS{year}-{count:04d}"


def _opinion_on_paper(application):
    # The scan is one of the print that bears it, or `guards.stamped` refuses.
    opinion = application.own_opinion
    return {name: getattr(opinion, name) for name in OPINION_FIELDS} if opinion else {}


def _submit(application, user, data, at):
    give_number(application)
    application.return_deadline = None
    # Points given for an earlier version, before its qualification was undone, are drafts again:
    # nobody is scored for what the experts have not read.
    reopened = application.score_sheets.filter(submitted_at__isnull=False).update(
        submitted_at=None, total=None, revision=F("revision") + 1
    )
    if reopened:
        application.panel_assignment.recompute()
    content = content_of(application)
    submission = Submission.objects.create(
        application=application,
        version=application.submissions.count() + 1,
        content=sealed(content),
        fingerprint=fingerprint(content),
        submitted_by=user,
        submitted_at=at,
    )
    return {"data": submitted(submission.version, submission.fingerprint, content["evidence"])}


def _return(application, user, data, at):
    rank, application.rank = application.rank, None
    application.return_deadline = data["deadline"]
    # Nothing that was verified is forgotten: of the recommending unit's ledger what did not change
    # still counts (`ledger.counting`), and the office's judgements name the version they are about.
    return {"data": {"rank": rank}}


def _extend(application, user, data, at):
    application.return_deadline = data["deadline"]
    return {"note": f"{data['text']}\n修改期限延长至{guards.moment(data['deadline'])}"}


def _redirect(application, user, data, at):
    application.redirected_from = application.recommending_unit
    application.recommending_unit = data["to_unit"]
    way = f"{application.redirected_from} → {application.recommending_unit}"
    return {"note": f"{data['text']}\n转交：{way}"}


def _accept_redirect(application, user, data, at):
    application.redirected_from = None
    if not data.get("whole_unit"):
        return {}
    unit = application.applying_unit
    unit.recommending_unit = application.recommending_unit
    unit.save(update_fields=["recommending_unit"])
    return {"note": f"{data['text']}\n{unit}今后由{application.recommending_unit}推荐。".strip()}


def _refuse_redirect(application, user, data, at):
    application.recommending_unit = application.redirected_from
    application.redirected_from = None
    return {}


def _revert(application, user, data, at):
    undone = guards.last_step(application)
    application.opinions.filter(transition=undone.action, created_at=undone.at).update(
        reverted_at=at
    )
    if undone.action == "return":
        application.rank = undone.data.get("rank")
        application.return_deadline = None
    elif undone.action == "recommend":
        application.rank = None  # it is on no list any more, and takes no place on it
    elif undone.action == "close" and undone.from_stage == Stage.REDIRECTING:
        application.redirected_from = application.recommending_unit
        application.recommending_unit_id = undone.data["redirected_to"]
    says = {"note": f"撤销“{undone.label}”：{data['text']}", "data": {"undone": undone.pk}}
    if undone.role != user.role:
        # By authority alone: not everybody who reads it may know an expert's name.
        says["note"] += f"（{guards.AUTHORITIES[undone.role]}已登记同意）"
        says["data"]["consent"] = guards.consent_to_undo(application).pk
    return says


def _agree_to_undo(application, user, data, at):
    step = guards.last_step(application)
    return {"note": f"同意撤销“{step.label}”：{data['text']}", "data": {"step": step.pk}}


def _close(application, user, data, at):
    if application.redirected_from is None:
        return {}
    # Nobody has accepted it: it ends where it came from.
    redirected_to = application.recommending_unit_id
    application.recommending_unit = application.redirected_from
    application.redirected_from = None
    return {"data": {"redirected_to": redirected_to}}


TABLE = (
    Transition(
        "submit",
        "提交",
        {Stage.DRAFT: Role.APPLICANT, Stage.RETURNED: Role.APPLICANT},
        Stage.RECOMMENDING,
        guards=(
            guards.open_for_submission,
            guards.complete,
            guards.stamped,
            guards.free_of_viruses,
            guards.truth_declared,
        ),
        needs=("text", "signatory", "signed_on"),
        effect=_submit,
        given=_opinion_on_paper,
        consequence="提交后进入推荐单位审核，内容不能再修改，除非被退回或在推荐单位审核前撤回。",
    ),
    Transition(
        "withdraw",
        "撤回",
        {Stage.RECOMMENDING: Role.APPLICANT},
        Stage.DRAFT,
        guards=(guards.not_yet_acted_on, guards.open_for_resubmission),
        tone="danger",
        consequence="撤回后回到填报中，须在申报截止前重新提交。",
    ),
    Transition(
        "discard",
        "放弃申报",
        {Stage.DRAFT: Role.APPLICANT},
        Stage.DISCARDED,
        tone="danger",
        consequence="放弃后不能恢复，也不能再提交；需要时可以重新开始申报。",
    ),
    Transition(
        "recommend",
        "同意推荐",
        {Stage.RECOMMENDING: Role.RECOMMENDER},
        Stage.RECOMMENDED,
        guards=(
            guards.not_the_submitter,
            guards.checks_passed,
            guards.papers_free_of_viruses,
            guards.awards_judged,
        ),
        needs=("text", "signatory", "signed_on"),
        consequence="同意后进入待上报，排序后随推荐一览表一并上报，申报单位会收到通知。",
    ),
    Transition(
        "return",
        "退回修改",
        {Stage.RECOMMENDING: Role.RECOMMENDER, Stage.QUALIFYING: Role.OFFICE},
        Stage.RETURNED,
        needs=("reason", "deadline"),
        effect=_return,
        tone="danger",
        consequence="退回后由申报单位在期限内修改，重新提交后从推荐单位审核开始。",
    ),
    Transition(
        "redirect",
        "转交其他推荐单位",
        {Stage.RECOMMENDING: Role.RECOMMENDER},
        Stage.REDIRECTING,
        guards=(guards.another_unit,),
        needs=("to_unit", "reason"),
        effect=_redirect,
        tone="danger",
        consequence="转交后由对方接收或退回；对方接收前，本单位仍可查看。",
    ),
    Transition(
        "accept_redirect",
        "接收转交",
        {Stage.REDIRECTING: Role.RECOMMENDER},
        Stage.RECOMMENDING,
        guards=(guards.redirected_here,),
        effect=_accept_redirect,
        consequence="接收后由本单位审核，原推荐单位不再查看。",
    ),
    Transition(
        "refuse_redirect",
        "退回转交",
        {Stage.REDIRECTING: Role.RECOMMENDER},
        Stage.RECOMMENDING,
        guards=(guards.redirected_here,),
        needs=("reason",),
        effect=_refuse_redirect,
        tone="danger",
        consequence="退回后仍由原推荐单位审核。",
    ),
    Transition(
        "extend",
        "延长修改期限",
        {Stage.RETURNED: Role.RECOMMENDER},
        Stage.RETURNED,
        guards=(guards.returned_by_this_role,),
        needs=("reason", "deadline"),
        effect=_extend,
        consequence="申报单位可在新的期限前修改并重新提交，会收到通知。",
    ),
    Transition(
        "extend_by_office",
        "延长修改期限",
        {Stage.RETURNED: Role.OFFICE},
        Stage.RETURNED,
        guards=(guards.returned_by_this_role,),
        needs=("reason", "deadline"),
        effect=_extend,
        consequence="申报单位可在新的期限前修改并重新提交，会收到通知。",
    ),
    Transition(
        "decline",
        "不予推荐",
        {Stage.RECOMMENDING: Role.RECOMMENDER},
        Stage.NOT_RECOMMENDED,
        needs=("reason", "signatory", "signed_on"),
        tone="danger",
        consequence="不予推荐后本次申报即告结束，申报单位会收到通知。",
    ),
    Transition(
        "report",
        "上报",
        {Stage.RECOMMENDED: Role.RECOMMENDER},
        Stage.QUALIFYING,
        guards=(guards.before_report_deadline, guards.list_ready),
        consequence="上报后进入资格审查，其排序不能再修改。",
    ),
    Transition(
        "send_list_back",
        "退回推荐一览表",
        {Stage.QUALIFYING: Role.OFFICE},
        Stage.RECOMMENDED,
        needs=("reason",),
        tone="danger",
        consequence="退回整张推荐一览表，由推荐单位修改后重新上报。",
    ),
    Transition(
        "qualify",
        "资格审查通过",
        {Stage.QUALIFYING: Role.OFFICE},
        Stage.PANEL,
        guards=(guards.eligibility_judged, guards.panel_assigned),
        consequence="通过后进入专家评审，由所分配的专家组评分。",
        in_bulk=True,
    ),
    Transition(
        "disqualify",
        "资格审查不通过",
        {Stage.QUALIFYING: Role.OFFICE},
        Stage.DISQUALIFIED,
        needs=("reason",),
        tone="danger",
        consequence="不通过后本次申报即告结束，申报单位会收到通知。",
    ),
    Transition(
        "conclude_for",
        "建议入选",
        {Stage.PANEL: Role.EXPERT},
        Stage.INSPECTING,
        guards=(
            guards.is_leader,
            guards.scores_in,
            guards.quorum_met,
            guards.at_least_the_minimum,
            guards.within_quota_or_explained,
        ),
        needs=("text", "signatory", "signed_on"),
        consequence="建议入选后进入实地考察。",
    ),
    Transition(
        "conclude_against",
        "不建议入选",
        {Stage.PANEL: Role.EXPERT},
        Stage.NOT_SELECTED,
        guards=(guards.is_leader, guards.scores_in, guards.quorum_met),
        needs=("text", "signatory", "signed_on"),
        tone="danger",
        consequence="不建议入选后本次申报即告结束。",
    ),
    Transition(
        "pass_inspection",
        "考察通过",
        {Stage.INSPECTING: Role.OFFICE},
        Stage.PUBLICITY,
        guards=(guards.inspected, guards.inspection_passed),
        consequence="通过后列入拟入选名单，等待公示。",
    ),
    Transition(
        "fail_inspection",
        "考察不通过",
        {Stage.INSPECTING: Role.OFFICE},
        Stage.NOT_SELECTED,
        guards=(guards.inspected, guards.inspection_failed),
        needs=("reason",),
        tone="danger",
        consequence="不通过后本次申报即告结束，结果公布时通知申报单位。",
    ),
    Transition(
        "clear",
        "公示无异议",
        {Stage.PUBLICITY: Role.OFFICE},
        Stage.APPROVING,
        guards=(guards.notice_over, guards.objections_resolved, guards.no_objection_upheld),
        consequence="公示无异议后报市人社局审定。",
        in_bulk=True,
    ),
    Transition(
        "uphold",
        "异议成立",
        {Stage.PUBLICITY: Role.OFFICE},
        Stage.NOT_SELECTED,
        guards=(guards.objections_resolved, guards.an_objection_upheld, guards.notice_over),
        needs=("reason",),
        tone="danger",
        consequence="异议成立后本次申报即告结束，结果公布时通知申报单位。",
    ),
    Transition(
        "approve",
        "同意",
        {Stage.APPROVING: Role.BUREAU},
        Stage.COUNTERSIGNING,
        needs=("text", "signatory", "signed_on"),
        consequence="同意后送市财政局会签。",
        in_bulk=True,
    ),
    Transition(
        "reject",
        "不同意",
        {Stage.APPROVING: Role.BUREAU},
        Stage.NOT_SELECTED,
        needs=("reason", "signatory", "signed_on"),
        tone="danger",
        consequence="不同意后本次申报即告结束，结果公布时通知申报单位。",
        in_bulk=True,
    ),
    Transition(
        "countersign",
        "会签同意",
        {Stage.COUNTERSIGNING: Role.FINANCE},
        Stage.AWARDED,
        needs=("text", "signatory", "signed_on"),
        consequence="会签同意后正式入选，由评审办公室公布结果。",
        in_bulk=True,
    ),
    Transition(
        "send_back",
        "退回市人社局",
        {Stage.COUNTERSIGNING: Role.FINANCE},
        Stage.APPROVING,
        needs=("reason",),
        tone="danger",
        consequence="退回后由市人社局重新审定。",
        in_bulk=True,
    ),
    Transition(
        "lapse",
        "批次结束，未提交",
        {Stage.DRAFT: Role.OFFICE},
        Stage.LAPSED,
        guards=(guards.deadlines_past,),
        needs=("reason",),
        tone="danger",
        of_round=True,
    ),
    Transition(
        "close",
        "批次结束，未办结",
        dict.fromkeys(
            (
                Stage.RETURNED,
                Stage.RECOMMENDING,
                Stage.REDIRECTING,
                Stage.RECOMMENDED,
                Stage.QUALIFYING,
                Stage.PANEL,
                Stage.INSPECTING,
                Stage.PUBLICITY,
            ),
            Role.OFFICE,
        ),
        Stage.CLOSED,
        guards=(guards.deadlines_past,),
        needs=("reason",),
        effect=_close,
        tone="danger",
        of_round=True,
    ),
    Transition(
        "strike",
        "更正：移出入选名单",
        {Stage.AWARDED: Role.BUREAU},
        Stage.NOT_SELECTED,
        guards=(guards.of_an_edition,),
        needs=("reason",),
        tone="danger",
        of_round=True,
    ),
    Transition(
        "add",
        "更正：增补入选",
        {Stage.NOT_SELECTED: Role.FINANCE},
        Stage.AWARDED,
        guards=(guards.of_an_edition,),
        needs=("reason",),
        of_round=True,
    ),
    # Its target is the stage that the last step came from.
    Transition(
        "revert",
        "撤销上一步",
        dict.fromkeys(
            (
                Stage.RETURNED,
                Stage.RECOMMENDED,
                Stage.NOT_RECOMMENDED,
                Stage.DISQUALIFIED,
                Stage.PANEL,
                Stage.INSPECTING,
                Stage.PUBLICITY,
                Stage.APPROVING,
                Stage.COUNTERSIGNING,
                Stage.AWARDED,
                Stage.NOT_SELECTED,
                Stage.CLOSED,
            ),
            Role.OFFICE,
        ),
        None,
        guards=(
            guards.undoable,
            guards.of_its_authority,
            guards.not_own_step,
            guards.unchanged_since,
        ),
        needs=("reason",),
        effect=_revert,
        tone="danger",
        consequence="撤销后回到上一步之前的阶段，原意见保留在记录中但不再有效。",
        also={
            Stage.RETURNED: (Role.RECOMMENDER,),
            Stage.RECOMMENDED: (Role.RECOMMENDER,),
            Stage.NOT_RECOMMENDED: (Role.RECOMMENDER,),
            Stage.APPROVING: (Role.FINANCE,),
            Stage.COUNTERSIGNING: (Role.BUREAU,),
            Stage.AWARDED: (Role.FINANCE,),
            Stage.NOT_SELECTED: (Role.BUREAU,),
        },
    ),
    # What the office needs before it undoes the step of another authority.
    Transition(
        guards.CONSENT,
        "同意撤销上一步",
        {
            Stage.RETURNED: Role.RECOMMENDER,
            Stage.RECOMMENDED: Role.RECOMMENDER,
            Stage.NOT_RECOMMENDED: Role.RECOMMENDER,
            Stage.INSPECTING: Role.EXPERT,
            Stage.APPROVING: Role.FINANCE,
            Stage.COUNTERSIGNING: Role.BUREAU,
            Stage.AWARDED: Role.FINANCE,
            Stage.NOT_SELECTED: Role.BUREAU,
        },
        None,
        guards=(
            guards.undoable,
            guards.speaks_for_its_authority,
            guards.not_yet_agreed,
            guards.unchanged_since,
        ),
        needs=("reason",),
        effect=_agree_to_undo,
        tone="danger",
        consequence="登记同意后，由评审办公室撤销上一步；同意留存在记录中，不能收回。",
        also={Stage.NOT_SELECTED: (Role.EXPERT,)},
        moves=False,
    ),
)
TRANSITIONS = {rule.name: rule for rule in TABLE}


def _refuse_stale(application, user):
    last = guards.last_step(application)
    actor = actor_shown(user, last) if last else ""
    what = f"已由{actor}于{guards.moment(last.at)}办理“{last.label}”，" if actor else ""
    label = application.get_stage_display()
    if user.role == Role.APPLICANT:
        label = application.public_stage.public_label
    return f"该申报{what}当前阶段为“{label}”，请刷新后再操作。"


def _refuse_role(rule, stage):
    return f"只有{'、'.join(role.label for role in rule.roles(stage))}可以办理“{rule.label}”。"


def _refuse_published(application, rule):
    if application.round.results_published_at is None or rule.of_round:
        return None
    return f"本批次结果已公布，不能再办理“{rule.label}”。"


def refusal(application, name, user):
    """Return why `user` cannot take the transition now, or None; the disabled button's tooltip.

    Judges stage, role, ownership and the guards that need nothing typed.
    """
    rule = TRANSITIONS[name]
    stage = Stage(application.stage)
    if stage not in rule.sources:
        return _refuse_stale(application, user)
    if user.role not in rule.roles(stage):
        return _refuse_role(rule, stage)
    if sentence := _refuse_published(application, rule):
        return sentence
    for guard in rule.guards:
        if sentence := guard(application, user, None):
            return sentence
    return None


def offered(application, user):
    """Return the rows of the table that belong to the user's role at the present stage.

    Not those of the whole round. What goes back is no business of those who have not decided it,
    but the office's. Uses prefetched `events`.
    """
    stage = Stage(application.stage)
    rules = [rule for rule in TABLE if user.role in rule.roles(stage) and not rule.of_round]
    if user.role == Role.OFFICE or guards.is_own_decision(application, user):
        return rules
    return [rule for rule in rules if rule.target]


def record(
    application, user, action, label, note="", *, data=None, at=None, from_stage="", to_stage=""
):
    """Write and return one `Event` of the audit trail, whole: it never changes afterwards.

    It takes the next place in the application's chain, under the application's lock to the end of
    the transaction: two at once follow one another.
    """
    event = Event(
        application=application,
        at=at or timezone.now(),
        user=user,
        actor=f"{user.unit_name} {user.name}".strip(),
        role=user.role,
        action=action,
        label=label,
        note=note,
        data=data or {},
        from_stage=from_stage,
        to_stage=to_stage,
    )
    # No savepoint inside another transaction: an event that fails takes that one with it.
    with database.atomic(savepoint=False):
        Application.objects.select_for_update().values_list("pk").get(pk=application.pk)
        events = Event.objects.filter(application=application).order_by("-sequence")
        event.follow(events.values_list("sequence", "digest").first())
        event.save()
    return event


def locked(pk, user, *, unseen=False):
    """Lock an application and return it as it is now, or None when it does not exist for the user.

    With `unseen` whoever may see it. Call it in a transaction, which then holds the lock to its
    end.
    """
    # The lock comes first: what is read after it cannot change before the commit.
    Application.objects.select_for_update().only("pk").filter(pk=pk).first()
    found = Application.objects.all() if unseen else Application.objects.visible_to(user)
    return found.select_related("round").filter(pk=pk).first()


def _follow_unit(application):
    """Let what can be changed again take over what was corrected of its unit meanwhile."""
    unit = application.applying_unit
    since = application.submissions.latest("version").submitted_at
    if corrections := list(unit.corrections.filter(at__gt=since)):
        application.follow_unit(unit, corrections)


def move(application, rule, user, *, at=None, batch=None, **data):
    """Write what a transition leaves, and return its `Event`; `perform` alone, which checks it.

    Neither guards nor roles are asked here, and nobody is told. The parameters are `perform`'s.
    """
    stage = Stage(application.stage)
    text = (data.get("text") or data.get("reason") or "").strip()
    if explanation := (data.get("explanation") or "").strip():
        text = f"{text}\n超出名额的理由：{explanation}"
    at = at or timezone.now()
    says = {"note": text}
    if rule.effect:
        says |= rule.effect(application, user, {**data, "text": text}, at)
    if batch:
        says["data"] = {**says.get("data", {}), "batch": batch}
    if not rule.moves:
        return record(application, user, rule.name, rule.label, at=at, **says)
    target = rule.target or Stage(guards.last_step(application).from_stage)
    moved = {"from_stage": stage, "to_stage": target}
    event = record(application, user, rule.name, rule.label, at=at, **moved, **says)
    Remark.objects.bulk_create(
        Remark(application=application, event=event, **remark)
        for remark in data.get("remarks") or []
    )
    if text:
        Opinion.objects.create(
            application=application,
            stage=stage,
            transition=rule.name,
            label=rule.label,
            text=text,
            signatory=data.get("signatory") or "",
            signed_on=data.get("signed_on") or timezone.localdate(event.at),
            user=user,
            created_at=event.at,
        )
    if target != stage:
        application.stage_entered_at = event.at
    application.stage = target
    application.revision += 1
    application.save(
        update_fields=[
            "stage",
            "stage_entered_at",
            "revision",
            "recommending_unit",
            "redirected_from",
            "number",
            "return_deadline",
            "rank",
        ]
    )
    if target in EDITABLE and stage not in EDITABLE:
        _follow_unit(application)
    return event


def perform(application, name, user, *, revision=None, at=None, batch=None, **data):
    """Take one transition; return the application as it is afterwards.

    In one database transaction: locks the row; checks visibility, freshness (`revision`, as it was
    sent, when the page that asks was made from one), stage, role, guards and needed data; writes
    the stage, the `Opinion`, the `Event` and the row's own effect; has the
    worker tell whom it concerns (`letters.LETTERS`).
    `data`: text or reason (the opinion), signatory, signed_on (date), deadline (datetime),
    remarks (list of dicts section, field, text and, about a file, evidence), truth_declared,
    explanation, to_unit (a `RecommendingUnit`), whole_unit, recommendation_list, correction (of the
    published list, to which the step belongs).

    `at` is the moment of a whole list, if not now. `batch` names what is done to many at once:
    of what arrives with it whoever acts next is told once, by `tell_batch`, which the caller has
    to enqueue.

    Raises Refused with a sentence for the user; nothing is written then.
    """
    rule = TRANSITIONS[name]
    with database.atomic():
        current = locked(application.pk, user, unseen=rule.of_round)
        if current is None:
            raise Refused("没有找到该申报，可能已撤回或不属于您办理。")
        stage = Stage(current.stage)
        # Compared as text: nobody has to make a number of what a page sent.
        is_stale = revision is not None and str(revision) != str(current.revision)
        if stage not in rule.sources or is_stale:
            raise Refused(_refuse_stale(current, user))
        if user.role not in rule.roles(stage):
            raise Refused(_refuse_role(rule, stage))
        if sentence := _refuse_published(current, rule):
            raise Refused(sentence)
        if rule.given:
            data |= rule.given(current)
        for guard in rule.guards:
            if sentence := guard(current, user, data):
                raise Refused(sentence)
        for need in rule.needs:
            if not str(data.get(need) or "").strip():
                raise Refused(NEEDS[need])
        event = move(current, rule, user, at=at, batch=batch, **data)
        if not rule.moves:
            return current
        # The queue is a table: the worker sees the task when this transaction commits, and not
        # at all when it does not.
        tell.enqueue(event.pk)
    return current
