"""The figures of the dashboards: first the questions that are asked of a round, then the rest.

A question is a table; of every other figure's table the page draws a part as a chart. All count in
the database, over what the reader may see (`visible_to`): their queries and the rows that they load
do not grow with the number of applications.
"""

import datetime
from dataclasses import dataclass, field
from decimal import Decimal
from urllib.parse import urlencode

from django.db.models import Avg, Count, Exists, F, Max, Min, OuterRef, Q, Subquery, Sum
from django.urls import reverse
from django.utils import timezone

from accounts.models import RecommendingUnit
from accounts.roles import Role
from applications.models import Application, Event, Evidence
from applications.recognition.comparison import remembered
from applications.rounds import PROOFS, EvidenceCategory, Round
from applications.stages import ENDED, ENDED_ANYWHERE, FROM_PANEL, PRIVATE, STEPS, Stage
from review.permissions import CITY
from review.publicity.models import PublicNotice
from review.recommending.list_models import REPORTED
from review.scoring.models import Score, ScoreSheet
from review.scoring.rankings import CONCLUDED
from review.shared.due import in_words
from review.shared.fields import label_of
from review.shared.stroke_order import stroke_key

OCCUPATIONS = 12  # the most frequent ones have a row of their own
KEPT_SECONDS = 10
LONG = datetime.timedelta(days=14)  # in one stage
# What a round is compared by with the one before: the stages that an application enters.
MILESTONES = (
    ("提交", Stage.RECOMMENDING),
    ("上报", Stage.QUALIFYING),
    ("进入专家评审", Stage.PANEL),
    ("进入实地考察", Stage.INSPECTING),
    ("进入公示", Stage.PUBLICITY),
    ("入选", Stage.AWARDED),
)
# What a step of the notice is called when it is counted: those that came as far as this.
FUNNEL = ("提交", "推荐单位审核", "资格审查", "专家评审", "实地考察", "公示", "审定")
# The stages that are late after each deadline of a round.
LATE_AFTER = {
    "report_deadline": (Stage.RECOMMENDING, Stage.REDIRECTING, Stage.RECOMMENDED),
    "review_deadline": (Stage.PANEL,),
}
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

    `rows` are (head, address or "", cells); an address lists what the cell `linked` counts. `drawn`
    are the numbers of the columns in the chart, from 1; one or two of them, none of a question.
    `texts` are those whose cells are words.
    `unit` is what is counted. With `has_rest` the last row sums up what has no row of its own.
    """

    key: str
    title: str
    columns: tuple[str, ...]
    rows: list = field(default_factory=list)
    drawn: tuple[int, ...] = (1,)
    unit: str = "项"
    note: str = ""
    linked: int = 1
    texts: tuple[int, ...] = ()
    has_rest: bool = False
    nothing: str = "目前没有数据。"

    @property
    def has_something(self):
        """Whether any cell that counts is more than nothing."""
        columns = self.drawn or (self.linked,)
        return any(cells[column - 1] for _, _, cells in self.rows for column in columns)

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
    """Return the list of `Figure`s of a user's role in one round.

    They count thousands of rows. This process shows again what it has counted some seconds ago,
    unless the record has a later entry or a file has come: the database says so, in one query. An
    expert's own are counted each time.
    """
    if user.role == Role.EXPERT:
        return [own_progress(user, round_), own_scores(user, round_), own_criteria(user, round_)]
    return list(remembered(_state(user, round_), lambda: _count(user, round_), KEPT_SECONDS))


def _state(user, round_):
    """Return what the figures depend on: what `visible_to` asks of the user, the round, the record.

    What is not in it, the time and what a returned form says meanwhile, is seen within
    `KEPT_SECONDS`.
    """
    file = Subquery(Evidence.objects.order_by("-pk").values("pk")[:1])
    latest = Event.objects.order_by("-pk").values_list("pk", file).first()
    deadlines = (round_.closes_at, *(getattr(round_, name) for name in LATE_AFTER))
    return (figures_for, user.role, user.recommending_unit_id, round_.pk, deadlines, latest)


def _count(user, round_):
    figures = [waiting(user, round_)]
    if user.role != Role.FINANCE:
        figures += [overdue(user, round_), compared(user, round_), funnel(user, round_)]
    figures.append(by_outcome(user, round_))
    if user.role != Role.RECOMMENDER:
        figures.append(by_recommending_unit(user, round_))
    figures.append(by_occupation(user, round_))
    if user.role != Role.FINANCE:
        figures.append(missing_evidence(user, round_))
    if user.role in CITY:
        figures.append(by_expert(round_))
    return figures


# --- The questions ---


def waiting(user, round_):
    """Where what is under way waits, for whom, and how long."""
    now = timezone.now()
    counts = {
        row["stage"]: row
        for row in visible_in(user, round_)
        .exclude(stage__in=ENDED)
        .order_by()
        .values("stage")
        .annotate(
            number=Count("pk"),
            oldest=Min("stage_entered_at"),
            long=Count("pk", filter=Q(stage_entered_at__lte=now - LONG)),
        )
    }
    rows = [
        (
            stage.label,
            _queue(round_, stage=stage.value),
            (stage.owner.label, row["number"], row["long"], (now - row["oldest"]).days),
        )
        for stage in Stage
        if (row := counts.get(stage.value))
    ]
    total = sum(cells[1] for _, _, cells in rows)
    columns = ("阶段", "由谁办理", "在办", f"超过 {LONG.days} 天", "最长（天）")
    return Figure(
        "waiting",
        "在办：等在哪一步",
        columns,
        rows,
        drawn=(),
        linked=2,
        texts=(1,),
        note=f"共 {total} 项在办；天数为在本阶段停留的时间。",
        nothing="没有在办的申报。",
    )


def overdue(user, round_):
    """What is past its due date, since when, and whose turn it is.

    A number leads to the list of its stage where the whole stage is late.
    """
    now, today = timezone.now(), timezone.localdate()
    since = {Stage.RETURNED: "各自的修改期限", Stage.PUBLICITY: "公示期满"}
    late = Q(stage=Stage.RETURNED, return_deadline__lte=now)
    for name, stages in LATE_AFTER.items():
        deadline = getattr(round_, name)
        if deadline and deadline <= now:
            late |= Q(stage__in=stages)
            label = f"{label_of(Round, name)} {timezone.localtime(deadline):%Y-%m-%d}"
            since |= dict.fromkeys(stages, label)
    runs = PublicNotice.objects.filter(applications=OuterRef("pk"), ends_on__gte=today)
    has_ended = PublicNotice.objects.filter(applications=OuterRef("pk"))
    late |= Q(stage=Stage.PUBLICITY) & Exists(has_ended) & ~Exists(runs)
    counts = {
        row["stage"]: row
        for row in visible_in(user, round_)
        .order_by()
        .values("stage")
        .annotate(number=Count("pk"), late=Count("pk", filter=late))
    }
    rows = [
        (
            stage.label,
            _queue(round_, stage=stage.value) if row["late"] == row["number"] else "",
            (stage.owner.label, row["late"], since[stage]),
        )
        for stage in Stage
        if (row := counts.get(stage.value)) and row["late"]
    ]
    return Figure(
        "overdue",
        "逾期：哪些已过期限",
        ("阶段", "由谁办理", "逾期", "已过的期限"),
        rows,
        drawn=(),
        linked=2,
        texts=(1, 3),
        nothing=f"没有逾期的申报。{_next_deadline(round_, now)}",
    )


def _next_deadline(round_, now):
    """Return the round's next deadline in a sentence, or "" when all are past."""
    ahead = [
        (at, label_of(Round, name))
        for name in ("closes_at", *LATE_AFTER)
        if (at := getattr(round_, name)) and at > now
    ]
    if not ahead:
        return ""
    at, label = min(ahead)
    words = in_words(at, timezone.localdate())
    return f"下一个期限：{label} {timezone.localtime(at):%Y-%m-%d}，{words}。"


def compared(user, round_):
    """How far the round is, beside the round before at the same distance from its deadline."""
    key, title = "compared", "进度：与上一批次同期相比"
    earlier = Round.objects.published().filter(opens_at__lt=round_.opens_at)
    before = earlier.only("title", "closes_at").order_by("-opens_at").first()
    if before is None:
        return Figure(key, title, ("进度",), drawn=(), nothing="没有更早的批次可以比较。")
    now = timezone.now()
    same_day = before.closes_at - (round_.closes_at - now)
    visible = (
        Application.objects.visible_to(user)
        .filter(round__in=[round_.pk, before.pk])
        .exclude(stage__in=PRIVATE)
    )
    by_now = Q(round=round_.pk) | Q(events__at__lte=same_day)
    counts = {
        (row["round"], row["events__to_stage"]): row
        for row in visible.filter(events__to_stage__in=[stage.value for _, stage in MILESTONES])
        .order_by()
        .values("round", "events__to_stage")
        .annotate(
            reached=Count("pk", distinct=True, filter=by_now), ever=Count("pk", distinct=True)
        )
    }
    nothing = {"reached": 0, "ever": 0}
    rows = []
    for label, stage in MILESTONES:
        own = counts.get((round_.pk, stage.value), nothing)["reached"]
        other = counts.get((before.pk, stage.value), nothing)
        difference = own - other["reached"]
        cells = (own, other["reached"], f"{difference:+d}" if difference else "持平", other["ever"])
        rows.append((label, "", cells))
    days = (timezone.localdate(round_.closes_at) - timezone.localdate(now)).days
    distance = f"距申报截止还有 {days} 天" if days >= 0 else f"申报截止已过 {-days} 天"
    return Figure(
        key,
        title,
        ("到达过", "本批次", "同期", "相差", "最终"),
        rows,
        drawn=(),
        note=f"上一批次：{before.title}。本批次{distance}，"
        f"同期即该批次的 {timezone.localtime(same_day):%Y-%m-%d}。",
    )


# --- The rest ---


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


def by_outcome(user, round_):
    """How those ended that are not under way any more."""
    visible = visible_in(user, round_).filter(stage__in=ENDED)
    counts = dict(visible.order_by().values_list("stage").annotate(number=Count("pk")))
    rows = [
        (stage.label, _queue(round_, stage=stage.value), (counts.get(stage.value, 0),))
        for stage in Stage
        if counts.get(stage.value)
    ]
    return Figure("outcomes", "已办结的申报", ("结果", "申报"), rows)


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
    columns = ("工种", "申报", "入选")
    return Figure("occupations", "各工种", columns, rows, has_rest=bool(others))


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
