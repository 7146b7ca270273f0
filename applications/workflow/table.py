"""The one table of transitions; `perform.py` takes them."""

from collections.abc import Callable
from dataclasses import dataclass, field

from accounts.roles import Role
from applications.stages import Stage
from applications.workflow import effects, events, guards, undo
from applications.workflow.events import EventKind

# What a decision form may ask for, with the sentence when it is missing.
NEEDS = {
    "text": "请填写意见。",
    "reason": "请填写理由。",
    "signatory": "请填写签署人。",
    "signed_on": "请填写日期。",
    "deadline": "请填写修改期限。",
    "to_unit": "请选择转交到的推荐单位。",
}


@dataclass(frozen=True)
class Transition:
    """One row of the table: a transition, which leaves an event of its `kind`.

    `sources` maps each stage that it starts from to the role that may take it, `also` to the other
    roles that may; `target` is where it leads, None for the stage that the last step came from.
    One with `moves` false writes its event and nothing else: no stage, no opinion. `guards` refuse
    with a sentence; `needs` are the keys of `perform`'s data that may not be blank (`NEEDS`).
    `effect` (application, user, data, at) writes what else belongs to the transition, before stage,
    opinion and event are written; it returns a dict with the event's `note`, which is otherwise the
    text of the opinion, and its `data`. `on_record` (application) returns data that the record
    holds: it is not asked for again, and takes the place of what is sent.
    """

    kind: EventKind
    sources: dict[Stage, Role]
    target: Stage | None
    guards: tuple[Callable, ...] = ()
    needs: tuple[str, ...] = ()
    effect: Callable | None = None
    on_record: Callable | None = None
    tone: str = "primary"  # or "danger": ends or sends back the application
    consequence: str = ""
    in_bulk: bool = False  # may be taken for many applications at once, with the same words
    also: dict[Stage, tuple[Role, ...]] = field(default_factory=dict)
    moves: bool = True
    # A step of the whole round, never decided on one application's page: taken of a draft, too,
    # which nobody but its unit may see, and, as no other step, after the results are published.
    of_round: bool = False

    @property
    def name(self):
        """What `perform` and the addresses of pages call it."""
        return self.kind.name

    @property
    def label(self):
        """What users call it."""
        return self.kind.label

    def roles(self, stage):
        """Return the roles that may take it from a stage: none where it does not start."""
        own = (self.sources[stage],) if stage in self.sources else ()
        return own + self.also.get(stage, ())


TABLE = (
    Transition(
        events.SUBMIT,
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
        effect=effects.submit,
        on_record=effects.opinion_on_paper,
        consequence="提交后进入推荐单位审核，内容不能再修改，除非被退回或在推荐单位审核前撤回。",
    ),
    Transition(
        events.WITHDRAW,
        {Stage.RECOMMENDING: Role.APPLICANT},
        Stage.DRAFT,
        guards=(guards.not_yet_acted_on, guards.open_for_resubmission),
        tone="danger",
        consequence="撤回后回到填报中，须在申报截止前重新提交。",
    ),
    Transition(
        events.DISCARD,
        {Stage.DRAFT: Role.APPLICANT},
        Stage.DISCARDED,
        tone="danger",
        consequence="放弃后不能恢复，也不能再提交；需要时可以重新开始申报。",
    ),
    Transition(
        events.RECOMMEND,
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
        events.RETURN,
        {Stage.RECOMMENDING: Role.RECOMMENDER, Stage.QUALIFYING: Role.OFFICE},
        Stage.RETURNED,
        needs=("reason", "deadline"),
        effect=effects.return_to_unit,
        tone="danger",
        consequence="退回后由申报单位在期限内修改，重新提交后从推荐单位审核开始。",
    ),
    Transition(
        events.REDIRECT,
        {Stage.RECOMMENDING: Role.RECOMMENDER},
        Stage.REDIRECTING,
        guards=(guards.another_unit,),
        needs=("to_unit", "reason"),
        effect=effects.redirect,
        tone="danger",
        consequence="转交后由对方接收或退回；对方接收前，本单位仍可查看。",
    ),
    Transition(
        events.ACCEPT_REDIRECT,
        {Stage.REDIRECTING: Role.RECOMMENDER},
        Stage.RECOMMENDING,
        guards=(guards.redirected_here,),
        effect=effects.accept_redirect,
        consequence="接收后由本单位审核，原推荐单位不再查看。",
    ),
    Transition(
        events.REFUSE_REDIRECT,
        {Stage.REDIRECTING: Role.RECOMMENDER},
        Stage.RECOMMENDING,
        guards=(guards.redirected_here,),
        needs=("reason",),
        effect=effects.refuse_redirect,
        tone="danger",
        consequence="退回后仍由原推荐单位审核。",
    ),
    Transition(
        events.EXTEND,
        {Stage.RETURNED: Role.RECOMMENDER},
        Stage.RETURNED,
        guards=(guards.returned_by_this_role,),
        needs=("reason", "deadline"),
        effect=effects.extend,
        consequence="申报单位可在新的期限前修改并重新提交，会收到通知。",
    ),
    Transition(
        events.EXTEND_BY_OFFICE,
        {Stage.RETURNED: Role.OFFICE},
        Stage.RETURNED,
        guards=(guards.returned_by_this_role,),
        needs=("reason", "deadline"),
        effect=effects.extend,
        consequence="申报单位可在新的期限前修改并重新提交，会收到通知。",
    ),
    Transition(
        events.DECLINE,
        {Stage.RECOMMENDING: Role.RECOMMENDER},
        Stage.NOT_RECOMMENDED,
        needs=("reason", "signatory", "signed_on"),
        tone="danger",
        consequence="不予推荐后本次申报即告结束，申报单位会收到通知。",
    ),
    Transition(
        events.REPORT,
        {Stage.RECOMMENDED: Role.RECOMMENDER},
        Stage.QUALIFYING,
        guards=(guards.before_report_deadline, guards.list_ready),
        consequence="上报后进入资格审查，其排序不能再修改。",
    ),
    Transition(
        events.SEND_LIST_BACK,
        {Stage.QUALIFYING: Role.OFFICE},
        Stage.RECOMMENDED,
        needs=("reason",),
        tone="danger",
        consequence="退回整张推荐一览表，由推荐单位修改后重新上报。",
    ),
    Transition(
        events.QUALIFY,
        {Stage.QUALIFYING: Role.OFFICE},
        Stage.PANEL,
        guards=(guards.eligibility_judged, guards.panel_assigned),
        consequence="通过后进入专家评审，由所分配的专家组评分。",
        in_bulk=True,
    ),
    Transition(
        events.DISQUALIFY,
        {Stage.QUALIFYING: Role.OFFICE},
        Stage.DISQUALIFIED,
        needs=("reason",),
        tone="danger",
        consequence="不通过后本次申报即告结束，申报单位会收到通知。",
    ),
    Transition(
        events.CONCLUDE_FOR,
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
        events.CONCLUDE_AGAINST,
        {Stage.PANEL: Role.EXPERT},
        Stage.NOT_SELECTED,
        guards=(guards.is_leader, guards.scores_in, guards.quorum_met),
        needs=("text", "signatory", "signed_on"),
        tone="danger",
        consequence="不建议入选后本次申报即告结束。",
    ),
    Transition(
        events.PASS_INSPECTION,
        {Stage.INSPECTING: Role.OFFICE},
        Stage.PUBLICITY,
        guards=(guards.inspected, guards.inspection_passed),
        consequence="通过后列入拟入选名单，等待公示。",
    ),
    Transition(
        events.FAIL_INSPECTION,
        {Stage.INSPECTING: Role.OFFICE},
        Stage.NOT_SELECTED,
        guards=(guards.inspected, guards.inspection_failed),
        needs=("reason",),
        tone="danger",
        consequence="不通过后本次申报即告结束，结果公布时通知申报单位。",
    ),
    Transition(
        events.CLEAR,
        {Stage.PUBLICITY: Role.OFFICE},
        Stage.APPROVING,
        guards=(guards.notice_over, guards.objections_resolved, guards.no_objection_upheld),
        consequence="公示无异议后报市人社局审定。",
        in_bulk=True,
    ),
    Transition(
        events.UPHOLD,
        {Stage.PUBLICITY: Role.OFFICE},
        Stage.NOT_SELECTED,
        guards=(guards.objections_resolved, guards.an_objection_upheld, guards.notice_over),
        needs=("reason",),
        tone="danger",
        consequence="异议成立后本次申报即告结束，结果公布时通知申报单位。",
    ),
    Transition(
        events.APPROVE,
        {Stage.APPROVING: Role.BUREAU},
        Stage.COUNTERSIGNING,
        needs=("text", "signatory", "signed_on"),
        consequence="同意后送市财政局会签。",
        in_bulk=True,
    ),
    Transition(
        events.REJECT,
        {Stage.APPROVING: Role.BUREAU},
        Stage.NOT_SELECTED,
        needs=("reason", "signatory", "signed_on"),
        tone="danger",
        consequence="不同意后本次申报即告结束，结果公布时通知申报单位。",
        in_bulk=True,
    ),
    Transition(
        events.COUNTERSIGN,
        {Stage.COUNTERSIGNING: Role.FINANCE},
        Stage.AWARDED,
        needs=("text", "signatory", "signed_on"),
        consequence="会签同意后正式入选，由评审办公室公布结果。",
        in_bulk=True,
    ),
    Transition(
        events.SEND_BACK,
        {Stage.COUNTERSIGNING: Role.FINANCE},
        Stage.APPROVING,
        needs=("reason",),
        tone="danger",
        consequence="退回后由市人社局重新审定。",
        in_bulk=True,
    ),
    Transition(
        events.LAPSE,
        {Stage.DRAFT: Role.OFFICE},
        Stage.LAPSED,
        guards=(guards.deadlines_past,),
        needs=("reason",),
        tone="danger",
        of_round=True,
    ),
    Transition(
        events.CLOSE,
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
        effect=effects.close,
        tone="danger",
        of_round=True,
    ),
    Transition(
        events.STRIKE,
        {Stage.AWARDED: Role.BUREAU},
        Stage.NOT_SELECTED,
        guards=(guards.of_an_edition,),
        needs=("reason",),
        tone="danger",
        of_round=True,
    ),
    Transition(
        events.ADD,
        {Stage.NOT_SELECTED: Role.FINANCE},
        Stage.AWARDED,
        guards=(guards.of_an_edition,),
        needs=("reason",),
        of_round=True,
    ),
    # Its target is the stage that the last step came from.
    Transition(
        events.REVERT,
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
            undo.undoable,
            undo.of_its_authority,
            undo.not_own_step,
            undo.unchanged_since,
        ),
        needs=("reason",),
        effect=undo.revert,
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
        events.AGREE_TO_UNDO,
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
            undo.undoable,
            undo.speaks_for_its_authority,
            undo.not_yet_agreed,
            undo.unchanged_since,
        ),
        needs=("reason",),
        effect=undo.agree_to_undo,
        tone="danger",
        consequence="登记同意后，由评审办公室撤销上一步；同意留存在记录中，不能收回。",
        also={Stage.NOT_SELECTED: (Role.EXPERT,)},
        moves=False,
    ),
)
TRANSITIONS = {rule.name: rule for rule in TABLE}
