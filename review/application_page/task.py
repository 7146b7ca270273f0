"""What whoever opens an application's page has to do there: the work of its stage, in one place.

The page shows it above everything else: what to do, what is still missing (each a link to its
place), and the next step as a button. Until when says the page's `due`.
"""

from dataclasses import dataclass, field

from django.urls import reverse
from django.utils.http import urlencode

from accounts.roles import Role
from applications.stages import ENDED, Stage
from review.inspection.record import problems
from review.qualification.panel import open_steps
from review.recommending import checklist

DECISION = "#decision"
MOST_MISSING = 6


@dataclass
class Task:
    """What to do: `title`, one sentence `todo`, what is `missing` and the `next` step.

    `missing` are (words, address); `next` is (label, address) of the button, or None. `guide`
    is the paragraph of the role's guide that explains the work.
    """

    title: str
    todo: str
    missing: list[tuple[str, str]] = field(default_factory=list)
    next: tuple[str, str] | None = None
    guide: str = ""

    @property
    def shown_missing(self):
        """What is missing, as far as one line holds it."""
        return self.missing[:MOST_MISSING]

    @property
    def further(self):
        """How much more is missing."""
        return len(self.missing) - len(self.shown_missing)


def task_of(user, application, context):
    """Return the `Task` of a user on an application; `context` is that of the page.

    Reads the `options` of the decisions and what `panels.work_context` returns.
    """
    make = TASKS.get((user.role, application.stage_enum))
    task = make(application, context) if make else None
    if task is None:
        return _waiting(application, context)
    primary = next((option for option in context["options"] if _leads_on(option)), None)
    if primary and not task.missing and primary.get("refused"):
        task.missing = [(primary["refused"], DECISION)]
    return task


def _leads_on(option):
    return option["rule"].tone == "primary" and not option.get("is_undo")


def _waiting(application, context):
    stage = application.stage_enum
    if stage in ENDED:
        return Task("", f"本申报已办结：{stage.label}。")
    words = f"目前没有需要您办理的事项，等待{stage.owner.label}办理（{stage.label}）。"
    options = [option for option in context["options"] if not option.get("is_undo")]
    if any(not option.get("refused") for option in options):
        words = f"本申报现由{stage.owner.label}办理（{stage.label}）。"
    return Task("", words)


def _verify(application, context):
    ledger = context["ledger"]
    address = reverse("review:verify", args=[application.pk])
    open_items = [item for item in ledger["items"] if item.takes_mark and not item.is_done]
    missing = []
    for group, words in ((checklist.AWARD, "项获奖未核实"), (checklist.ORIGINAL, "份原件未核")):
        of_group = [item for item in open_items if item.group == group]
        if of_group:
            missing.append((f"{len(of_group)} {words}", _item(address, of_group[0])))
    missing += [
        (f"{item.title}未办", _item(address, item))
        for item in open_items
        if item.group == checklist.CHECK
    ]
    tally = f"已核 {ledger['done']} / {ledger['total']}"
    return Task(
        "核验并提出推荐意见",
        "逐项核对申报内容、材料原件和佐证，核验齐全后同意推荐；需要修改的退回，不属本单位的转交。",
        missing,
        (f"逐项核验（{tally}）", f"{address}#work") if missing else ("填写推荐意见", DECISION),
        "verify",
    )


def _item(address, item):
    return f"{address}?{urlencode({'item': item.key})}#work"


def _redirected(application, context):
    redirected = context["redirected"]
    if not redirected or not redirected["is_mine"]:
        return None
    return Task(
        "接收或退回转交的申报",
        f"由{application.redirected_from}转交，请接收，或退回并说明理由。",
        [],
        ("去办理", DECISION),
        "redirect",
    )


def _rank(application, context):
    address = reverse("review:recommendation_list", args=[application.round_id])
    return Task(
        "排序并上报",
        "已同意推荐。请在推荐一览表中排序，盖章后一并上报。",
        [],
        ("到推荐一览表", address),
        "rank",
    )


def _qualify(application, context):
    forms = context["sheet"]
    missing = open_steps(application, forms)
    done = sum(form.check is not None for form in forms)
    step = ("核对后通过…", DECISION)
    if missing:
        is_judged = done == len(forms)
        label = "分配专家组" if is_judged else f"逐项审查（已审 {done} / {len(forms)}）"
        step = (label, missing[0][1])
    return Task(
        "资格审查",
        "对照通知第一条逐项审查，并分配专家组；各项均符合的通过，进入专家评审。",
        missing,
        step,
        "qualification",
    )


def _score(application, context):
    if "assignment" not in context:
        return None
    address = reverse("review:score", args=[application.pk])
    sheet = context["own_sheet"]
    if context["is_leader"] and context.get("scores_open"):
        return Task(
            "提出评审意见",
            "本组专家均已提交评分。请核对分数和名次，提出评审意见。",
            [],
            ("填写评审意见", DECISION),
            "lead",
        )
    if sheet and sheet.submitted_at:
        words = "您已提交评分，分数已锁定。"
        if not context["is_leader"]:
            return Task("评分", words, [], ("查看我的评分", address), "score")
        seats = [seat for seat in context["entry"].seats if not seat.is_in]
        board = reverse("review:panel_board", args=[application.panel_assignment.panel_id])
        return Task(
            "等待本组专家评分",
            f"{words}全部提交后由您提出评审意见。",
            [(f"{seat.expert.name}未提交", "#scores") for seat in seats],
            ("评审进度", board),
            "lead",
        )
    return Task(
        "评分",
        "请查阅材料，按评分标准逐项打分，提交后锁定。",
        [("评分表为草稿，尚未提交" if sheet else "还没有评分", address)],
        ("打开评分表", f"{address}#sheet"),
        "score",
    )


def _inspect(application, context):
    plan, inspection = context.get("inspection_plan"), context.get("inspection")
    address = reverse("review:inspection", args=[application.pk])
    plan_address = f"{reverse('review:inspection_plan')}?application={application.pk}"
    if inspection and inspection.is_concluded:
        return Task(
            "实地考察",
            f"考察记录已完成，结论：{inspection.get_passed_display()}。请据此办理。",
            [],
            ("去办理", DECISION),
            "inspection",
        )
    missing = [] if plan else [("考察时间和人员未安排", plan_address)]
    if inspection is None:
        missing.append(("考察记录未填写", address))
    else:
        sentences = problems(inspection, None, plan)
        missing += [
            (sentence.rstrip("。"), f"{address}#id_{name}") for name, sentence in sentences.items()
        ]
        missing.append(("考察结论未给出", address))
    return Task(
        "实地考察",
        "先安排时间和人员，再到现场逐项填写考察记录、给出结论。",
        missing,
        ("填写考察记录", address) if plan else ("安排考察", plan_address),
        "inspection",
    )


def _publish(application, context):
    notice = context["standing_notice"]
    if notice is None:
        address = reverse("review:publicity_new", args=[application.round_id])
        return Task(
            "公示",
            "列入公示名单并发布公示，公示期满、异议全部答复后报市人社局审定。",
            [("尚未公示", address)],
            ("发布公示", address),
            "publicity",
        )
    missing = [
        (f"{objection.raiser}的异议未办结", reverse("review:objection", args=[objection.pk]))
        for objection in context["objections"]
        if not objection.outcome
    ]
    words = f"公示期 {notice.starts_on:%Y-%m-%d} 至 {notice.ends_on:%Y-%m-%d}"
    if not notice.is_over:
        return Task(
            "公示",
            f"{words}，正在公示。期满且异议全部答复后办理。",
            [*missing, (f"公示期至 {notice.ends_on:%Y-%m-%d}", "#objections")],
            ("登记异议", reverse("review:objection_new", args=[application.pk])),
            "publicity",
        )
    step = ("去办理", DECISION)
    return Task("公示", f"{words}，已期满。", missing, step, "publicity")


def _approve(application, context):
    return Task(
        "审定",
        "请核对评审记录和材料，同意的填写审批意见，送市财政局会签。",
        [],
        ("填写审批意见", DECISION),
        "approve",
    )


def _countersign(application, context):
    return Task(
        "会签",
        "请核对评审记录和材料，同意的会签，或退回市人社局重新审定。",
        [],
        ("填写会签意见", DECISION),
        "countersign",
    )


TASKS = {
    (Role.RECOMMENDER, Stage.RECOMMENDING): _verify,
    (Role.RECOMMENDER, Stage.REDIRECTING): _redirected,
    (Role.RECOMMENDER, Stage.RECOMMENDED): _rank,
    (Role.OFFICE, Stage.QUALIFYING): _qualify,
    (Role.EXPERT, Stage.PANEL): _score,
    (Role.OFFICE, Stage.INSPECTING): _inspect,
    (Role.OFFICE, Stage.PUBLICITY): _publish,
    (Role.BUREAU, Stage.APPROVING): _approve,
    (Role.FINANCE, Stage.COUNTERSIGNING): _countersign,
}
