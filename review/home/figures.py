"""The figures of the dashboards: each is a table, of which the page draws a part as a chart.

Every figure counts in the database, over what the reader may see (`visible_to`): its queries and
the rows that it loads do not grow with the number of applications.
"""

import datetime
from dataclasses import dataclass, field
from decimal import Decimal
from urllib.parse import urlencode

from django.db.models import Avg, Count, F, Max, Min, OuterRef, Q, Subquery, Sum
from django.urls import reverse
from django.utils import timezone

from accounts.models import RecommendingUnit
from accounts.roles import Role
from applications.models import Application, Event, Evidence
from applications.rounds import PROOFS, EvidenceCategory
from applications.stages import ENDED, ENDED_ANYWHERE, FROM_PANEL, PRIVATE, STEPS, Stage
from review.permissions import CITY
from review.recommending.list_models import REPORTED
from review.scoring.models import Score, ScoreSheet
from review.scoring.rankings import CONCLUDED
from review.shared.stroke_order import stroke_key

OCCUPATIONS = 12  # the most frequent ones have a row of their own
# How long an application has been in its stage, in days: (label, from, below).
AGES = (
    ("3 天以内", 0, 3),
    ("3 至 7 天", 3, 7),
    ("7 至 14 天", 7, 14),
    ("14 天以上", 14, None),
)
# What a step of the notice is called when it is counted: those that came as far as this.
FUNNEL = ("提交", "推荐单位审核", "资格审查", "专家评审", "实地考察", "公示", "审定")
BANDS = (
    ("90 分及以上", 90, 101),
    ("80 至 89 分", 80, 90),
    ("70 至 79 分", 70, 80),
    ("60 至 69 分", 60, 70),
    ("不足 60 分", 0, 60),
)


@dataclass(frozen=True)
class Figure:
    """One table: `columns` are the labels, the first that of the row heads.

    `rows` are (head, address or "", cells). `drawn` are the numbers of the columns in the chart,
    from 1; one or two of them. `unit` is what is counted.
    """

    key: str
    title: str
    columns: tuple[str, ...]
    rows: list = field(default_factory=list)
    drawn: tuple[int, ...] = (1,)
    unit: str = "项"
    note: str = ""

    @property
    def has_something(self):
        """Whether any drawn cell is more than nothing."""
        return any(cells[column - 1] for _, _, cells in self.rows for column in self.drawn)

    @property
    def chart_description(self):
        """What the chart shows, for whoever hears the page: how many rows, the ends of each column.

        The chart library's own description tells at most ten rows, and a bar's index as a value.
        """
        series = "；".join(self._ends_of(column) for column in self.drawn)
        return f"条形图：{self.title}，共 {len(self.rows)} 行。{series}。全部数据见下面的表格。"

    def _ends_of(self, column):
        """Return the highest and the lowest of a column in words; equal ones are counted."""
        values = [(cells[column - 1], head) for head, _, cells in self.rows]
        told = []
        for end, word in ((max, "最高"), (min, "最低")):
            value, _ = end(values)
            heads = [head for other, head in values if other == value]
            amount = f"{value}{self.unit}" if self.unit == "%" else f"{value} {self.unit}"
            if len(heads) == len(values):
                return f"{self.columns[column]}均为 {amount}"
            more = f"等 {len(heads)} 行均为" if len(heads) > 1 else ""
            told.append(f"{word} {heads[0]}{more} {amount}")
        return f"{self.columns[column]}{'，'.join(told)}"


def _queue(round_, **filters):
    query = urlencode({"round": round_.pk, "stage": "all", **filters})
    return f"{reverse('review:queue')}?{query}"


def visible_in(user, round_):
    """Return the submitted applications of a round that the user may see."""
    return Application.objects.visible_to(user).filter(round=round_).exclude(stage__in=PRIVATE)


def figures_for(user, round_):
    """Return the list of `Figure`s of a user's role in one round."""
    if user.role == Role.EXPERT:
        return [own_progress(user, round_), own_scores(user, round_), own_criteria(user, round_)]
    figures = [by_stage(user, round_)]
    if user.role != Role.FINANCE:
        figures.insert(0, funnel(user, round_))
    if user.role != Role.RECOMMENDER:
        figures.append(by_recommending_unit(user, round_))
    figures += [by_occupation(user, round_), days_in_stage(user, round_)]
    if user.role != Role.FINANCE:
        figures += [overdue(user, round_), missing_evidence(user, round_)]
    if user.role in CITY:
        figures.append(by_expert(round_))
    return figures


def funnel(user, round_):
    """How many applications came as far as each of the notice's seven steps."""
    last_move = Event.objects.filter(application=OuterRef("pk")).exclude(to_stage="")
    # What ended is counted where it ended: the stage alone does not say from where.
    ended_from = last_move.order_by("-at", "-pk").values("from_stage")[:1]
    counts = (
        visible_in(user, round_)
        .order_by()
        .annotate(ended_from=Subquery(ended_from))
        .values_list("stage", "ended_from")
        .annotate(number=Count("pk"))
    )
    reached = [0] * len(STEPS)
    for stage, came_from, number in counts:
        stage = Stage(stage)
        at = Stage(came_from) if stage in ENDED_ANYWHERE and came_from else stage
        last = next(index for index, (_, stages) in enumerate(STEPS) if at in stages)
        for index in range(last + 1):
            reached[index] += number
    total = reached[0]
    rows = [
        (label, "", (number, f"{number / total:.0%}" if total else "—"))
        for label, number in zip(FUNNEL, reached, strict=True)
    ]
    note = "到达过各步骤的申报数；退回修改的计入“提交”。"
    return Figure("funnel", "评审进程", ("步骤", "到达", "占提交"), rows, note=note)


def by_stage(user, round_):
    """How many applications are in each stage now."""
    counts = dict(
        visible_in(user, round_).order_by().values_list("stage").annotate(number=Count("pk"))
    )
    rows = [
        (stage.label, _queue(round_, stage=stage.value), (counts.get(stage.value, 0),))
        for stage in Stage
        if counts.get(stage.value)
    ]
    return Figure("stages", "各阶段申报数", ("阶段", "申报"), rows)


def by_recommending_unit(user, round_):
    """What each recommending unit received, reported, and how far it came."""
    counts = (
        visible_in(user, round_)
        .order_by()
        .values("recommending_unit")
        .annotate(
            submitted=Count("pk"),
            reported=Count("pk", filter=Q(stage__in=REPORTED)),
            qualified=Count("pk", filter=Q(stage__in=FROM_PANEL)),
            awarded=Count("pk", filter=Q(stage=Stage.AWARDED)),
        )
    )
    names = dict(RecommendingUnit.objects.values_list("pk", "name"))
    rows = [
        (
            names[row["recommending_unit"]],
            _queue(round_, unit=row["recommending_unit"]),
            (row["submitted"], row["reported"], row["qualified"], row["awarded"]),
        )
        for row in sorted(counts, key=lambda row: (-row["submitted"], row["recommending_unit"]))
    ]
    columns = ("推荐单位", "提交", "上报", "进入评审", "入选")
    return Figure("units", "各推荐单位", columns, rows, drawn=(1, 2))


def by_occupation(user, round_):
    """The most frequent trades; the others in one row."""
    counts = list(
        visible_in(user, round_)
        .order_by()
        .values("lead_occupation")
        .annotate(number=Count("pk"), awarded=Count("pk", filter=Q(stage=Stage.AWARDED)))
        .order_by("-number", "lead_occupation")
    )
    rows = [
        (row["lead_occupation"] or "未填", "", (row["number"], row["awarded"]))
        for row in counts[:OCCUPATIONS]
    ]
    others = counts[OCCUPATIONS:]
    if others:
        sums = (sum(row["number"] for row in others), sum(row["awarded"] for row in others))
        rows.append((f"其他 {len(others)} 个工种", "", sums))
    return Figure("occupations", "各工种", ("工种", "申报", "入选"), rows)


def days_in_stage(user, round_):
    """How long what is under way has been in its present stage."""
    now = timezone.now()

    def of_age(start, end):
        newest = now - datetime.timedelta(days=start)
        condition = Q(stage_entered_at__lte=newest)
        if end is not None:
            condition &= Q(stage_entered_at__gt=now - datetime.timedelta(days=end))
        return Count("pk", filter=condition)

    ages = {f"age{number}": of_age(start, end) for number, (_, start, end) in enumerate(AGES)}
    counts = {
        row["stage"]: row
        for row in visible_in(user, round_)
        .exclude(stage__in=ENDED)
        .order_by()
        .values("stage")
        .annotate(oldest=Min("stage_entered_at"), **ages)
    }
    rows = [
        (
            stage.label,
            _queue(round_, stage=stage.value),
            (
                (now - counts[stage.value]["oldest"]).days,
                *(counts[stage.value][name] for name in ages),
            ),
        )
        for stage in Stage
        if stage.value in counts
    ]
    columns = ("阶段", "最长停留（天）", *(label for label, _, _ in AGES))
    return Figure("days", "停留时间", columns, rows, unit="天", note="只计尚未办结的申报。")


def overdue(user, round_):
    """What is past its due date, and whose turn it is."""
    now, today = timezone.now(), timezone.localdate()
    late_stages = []
    if now >= round_.report_deadline:
        late_stages += [Stage.RECOMMENDING, Stage.REDIRECTING, Stage.RECOMMENDED]
    if round_.review_deadline and now >= round_.review_deadline:
        late_stages.append(Stage.PANEL)
    late = Q(stage__in=late_stages) | Q(stage=Stage.RETURNED, return_deadline__lte=now)
    visible = visible_in(user, round_)
    counts = dict(visible.filter(late).order_by().values_list("stage").annotate(n=Count("pk")))
    over = visible.filter(stage=Stage.PUBLICITY, public_notices__isnull=False)
    counts[Stage.PUBLICITY.value] = (
        over.exclude(public_notices__ends_on__gte=today).distinct().count()
    )
    rows = [
        (stage.label, _queue(round_, stage=stage.value), (counts[stage.value], stage.owner.label))
        for stage in Stage
        if counts.get(stage.value)
    ]
    note = "已过修改期限、上报截止、评分截止或公示期满而尚未办理的申报。"
    return Figure("overdue", "逾期事项", ("阶段", "逾期", "由谁办理"), rows, note=note)


def missing_evidence(user, round_):
    """How many applications have no file of a category."""
    visible = visible_in(user, round_)
    total = visible.count()
    having = dict(
        Evidence.objects.filter(application__in=visible.values("pk"), removed_at=None)
        .order_by()
        .values_list("category")
        .annotate(number=Count("application", distinct=True))
    )
    required = {
        row.category: row.get_required_of_display() for row in round_.evidence_requirements.all()
    }
    rows = [
        (
            EvidenceCategory(category).label,
            "",
            (total - having.get(category, 0), required.get(category, "选填")),
        )
        for category in PROOFS
        if category != EvidenceCategory.OTHER and total - having.get(category, 0)
    ]
    return Figure("missing", "尚缺的佐证材料", ("材料类别", "缺少", "必须提供的单位"), rows)


def by_expert(round_):
    """Each expert's scores beside the panel's means, once concluded: leniency and spread.

    Leniency is the mean difference between the expert's total and the application's mean, in
    points; spread is the standard deviation of the expert's totals. Nothing of an application
    whose panel is still scoring is counted.
    """
    # Not merely past the panel's stage: what was sent back before it is scored again.
    sheets = ScoreSheet.objects.filter(
        application__round=round_, submitted_at__isnull=False, application__stage__in=CONCLUDED
    )
    counts = (
        sheets.order_by()
        .values("expert", "expert__name")
        .annotate(
            number=Count("pk"),
            mean=Avg("total"),
            lowest=Min("total"),
            highest=Max("total"),
            squares=Avg(F("total") * F("total")),
            leniency=Avg(F("total") - F("application__panel_assignment__mean")),
        )
    )
    rows = []
    for row in sorted(counts, key=lambda row: (stroke_key(row["expert__name"]), row["expert"])):
        mean = float(row["mean"])
        spread = max(0.0, float(row["squares"]) - mean**2) ** 0.5
        leniency = float(row["leniency"] or 0)
        cells = (
            round(mean, 2),
            f"{leniency:+.2f}",
            f"{spread:.2f}",
            f"{row['lowest']:.1f} 至 {row['highest']:.1f}",
            row["number"],
        )
        rows.append((row["expert__name"], "", cells))
    columns = ("专家", "平均给分", "宽严（与均分之差）", "离散（标准差）", "最低至最高", "评分数")
    note = "宽严为正表示给分高于专家组平均分。专家组评审结束前不计入。"
    return Figure("experts", "专家评分分布", columns, rows, unit="分", note=note)


# --- An expert's own ---


def own_progress(user, round_):
    """How far the expert is with what is assigned to them."""
    visible = visible_in(user, round_)
    own = ScoreSheet.objects.filter(expert=user, application__in=visible.values("pk"))
    total = visible.count()
    submitted = own.filter(submitted_at__isnull=False).count()
    drafts = own.count() - submitted
    queue = reverse("review:queue")
    rows = [
        ("已提交", f"{queue}?score=done", (submitted,)),
        ("草稿", "", (drafts,)),
        ("未评分", f"{queue}?score=todo", (total - submitted - drafts,)),
    ]
    return Figure("progress", "我的评分进度", ("状态", "申报"), rows)


def own_scores(user, round_):
    """How the expert's own submitted totals are distributed."""
    counts = ScoreSheet.objects.filter(
        expert=user,
        application__in=visible_in(user, round_).values("pk"),
        submitted_at__isnull=False,
    ).aggregate(
        **{
            f"band{number}": Count("pk", filter=Q(total__gte=low, total__lt=high))
            for number, (_, low, high) in enumerate(BANDS)
        }
    )
    rows = [(label, "", (counts[f"band{number}"],)) for number, (label, _, _) in enumerate(BANDS)]
    return Figure("totals", "我的总分分布", ("总分", "申报"), rows)


def own_criteria(user, round_):
    """The expert's own mean of each criterion, as a share of its points."""
    means = (
        Score.objects.filter(
            sheet__expert=user,
            sheet__application__in=visible_in(user, round_).values("pk"),
            sheet__submitted_at__isnull=False,
        )
        .order_by()
        .values("criterion__name", "criterion__points", "criterion__position")
        .annotate(given=Sum("points"), number=Count("pk"))
        .order_by("criterion__position")
    )
    rows = []
    for row in means:
        mean = Decimal(row["given"]) / row["number"]
        share = mean / row["criterion__points"] * 100
        cells = (float(round(share, 1)), f"{mean:.2f}", row["criterion__points"])
        rows.append((row["criterion__name"], "", cells))
    columns = ("评分项", "得分率（%）", "平均分", "满分")
    return Figure("criteria", "我的各项平均", columns, rows, unit="%")
