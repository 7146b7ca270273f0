"""What the reviewers record: checks, lists, panels, scores, inspections and public notices."""

from datetime import datetime, time
from decimal import Decimal

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import RecommendingUnit
from accounts.roles import Role
from applications.guards import moment
from applications.models import Application
from applications.rounds import Round
from applications.stages import Stage
from applications.workflow import Refused, record
from review import scoring


class RecommendationCheck(models.Model):
    """What the recommending unit verified before recommending (notice, section 二)."""

    application = models.OneToOneField(
        Application, models.CASCADE, related_name="recommendation_check"
    )
    police_clear = models.BooleanField("已征求公安部门意见，无异议", default=False)
    veto_clear = models.BooleanField(
        "已审核党风廉政建设等“一票否决”情况说明，无问题", default=False
    )
    publicity_from = models.DateField("单位公示开始日期", null=True, blank=True)
    publicity_to = models.DateField("单位公示结束日期", null=True, blank=True)
    publicity_place = models.CharField("公示地点", max_length=100, blank=True)
    publicity_clear = models.BooleanField("单位公示无异议", default=False)
    note = models.TextField("核验说明", max_length=500, blank=True)
    checked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    checked_at = models.DateTimeField("核验时间", default=timezone.now)

    class Meta:
        verbose_name = "推荐核验"

    def __str__(self):
        return f"{self.application} 推荐核验"


class RecommendationList(models.Model):
    """推荐一览表: one recommending unit's 附件1 in one round."""

    round = models.ForeignKey(Round, models.PROTECT, related_name="recommendation_lists")
    recommending_unit = models.ForeignKey(
        RecommendingUnit, models.PROTECT, related_name="recommendation_lists"
    )
    reporter = models.CharField("填报人", max_length=50)
    office_phone = models.CharField("联系电话（办公）", max_length=30)
    mobile = models.CharField("联系电话（手机）", max_length=11)
    filled_on = models.DateField("填报日期", default=timezone.localdate)
    reported_at = models.DateTimeField("上报时间", null=True, blank=True)

    class Meta:
        verbose_name = "推荐一览表"
        ordering = ["round", "recommending_unit"]
        constraints = [
            models.UniqueConstraint(
                fields=["round", "recommending_unit"], name="one_list_per_unit_and_round"
            )
        ]

    def __str__(self):
        return f"{self.recommending_unit} {self.round}"


class QualificationCheck(models.Model):
    """One eligibility condition of the notice's section 一, as the office judged it."""

    class Result(models.TextChoices):
        MET = "MET", "符合"
        EXPLAINED = "EXPLAINED", "说明后认可"
        NOT_MET = "NOT_MET", "不符合"

    application = models.ForeignKey(
        Application, models.CASCADE, related_name="qualification_checks"
    )
    code = models.CharField("条件", max_length=20)
    result = models.CharField("结论", max_length=10, choices=Result)
    note = models.CharField("说明", max_length=300, blank=True)

    class Meta:
        verbose_name = "资格审查项"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "code"], name="one_result_per_condition"
            ),
            models.CheckConstraint(
                name="an_explained_condition_has_a_note",
                condition=~Q(result="EXPLAINED") | ~Q(note=""),
                violation_error_message="选择“说明后认可”的，请填写说明。",
            ),
        ]

    def __str__(self):
        return f"{self.code} {self.get_result_display()}"


class Panel(models.Model):
    """专家组: experts with a leader, scoring the applications assigned to them."""

    round = models.ForeignKey(Round, models.PROTECT, related_name="panels")
    name = models.CharField("名称", max_length=50)
    leader = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name="组长",
        related_name="led_panels",
        limit_choices_to={"role": Role.EXPERT},
    )
    experts = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        verbose_name="专家",
        related_name="panels",
        limit_choices_to={"role": Role.EXPERT},
        help_text="组长也须列入。",
    )

    class Meta:
        verbose_name = "专家组"
        ordering = ["round", "name"]
        constraints = [
            models.UniqueConstraint(fields=["round", "name"], name="one_panel_per_name_and_round")
        ]

    def __str__(self):
        return self.name


class PanelAssignment(models.Model):
    """Which panel scores an application."""

    application = models.OneToOneField(Application, models.CASCADE, related_name="panel_assignment")
    panel = models.ForeignKey(Panel, models.PROTECT, related_name="assignments")
    # Kept here by `ScoreSheet.submit()`, so that lists can be ordered by it.
    mean = models.DecimalField("平均分", max_digits=5, decimal_places=2, null=True, editable=False)

    class Meta:
        verbose_name = "专家组分配"

    def __str__(self):
        return f"{self.panel}：{self.application}"


class Criterion(models.Model):
    """One scoring criterion of a round; the points of all criteria add up to 100."""

    round = models.ForeignKey(Round, models.CASCADE, related_name="criteria")
    name = models.CharField("评分项", max_length=50)
    description = models.CharField("评分说明", max_length=300, blank=True)
    points = models.PositiveSmallIntegerField("满分", validators=[MinValueValidator(1)])
    position = models.PositiveSmallIntegerField("顺序", default=0)

    class Meta:
        verbose_name = "评分标准"
        ordering = ["position", "pk"]

    def __str__(self):
        return f"{self.name}（{self.points} 分）"


class ScoreSheet(models.Model):
    """One expert's scores of one application; final once submitted."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="score_sheets")
    expert = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="score_sheets"
    )
    comment = models.TextField("评审意见", max_length=1000, blank=True)
    total = models.DecimalField("总分", max_digits=5, decimal_places=1, null=True, blank=True)
    submitted_at = models.DateTimeField("提交时间", null=True, blank=True)
    saved_at = models.DateTimeField("保存时间", auto_now=True)

    class Meta:
        verbose_name = "评分表"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "expert"], name="one_sheet_per_expert_and_application"
            ),
            models.CheckConstraint(
                name="a_submitted_sheet_has_a_total",
                condition=Q(submitted_at__isnull=True) | Q(total__isnull=False),
            ),
        ]

    def __str__(self):
        return f"{self.expert}：{self.application}"

    def submit(self):
        """Make the sheet final: set its total and time, and the application's mean.

        One transaction; the application is locked, so that the leader cannot conclude meanwhile and
        two last experts cannot both miss each other's total. Raises Refused with a sentence, and
        writes nothing, when the panel is no longer scoring, the round's time for it is over or a
        criterion has no points.
        """
        with transaction.atomic():
            application = (
                Application.objects.select_for_update(of=("self",))
                .select_related("round")
                .get(pk=self.application_id)
            )
            assignment = PanelAssignment.objects.filter(
                application=application, panel__experts=self.expert_id
            ).first()
            if application.stage != Stage.PANEL or assignment is None:
                raise Refused("该申报已不在您的专家组评审，评分没有提交。")
            deadline = application.round.review_deadline
            if deadline and timezone.now() >= deadline:
                raise Refused(f"专家评分已于{moment(deadline)}截止，请联系评审办公室。")
            if ScoreSheet.objects.filter(pk=self.pk, submitted_at__isnull=False).exists():
                raise Refused("评分表已提交，不能再修改。")
            points = dict(self.scores.values_list("criterion", "points"))
            missing = [
                criterion.name
                for criterion in application.round.criteria.all()
                if criterion.pk not in points
            ]
            if missing:
                raise Refused(f"还有评分项没有打分：{'、'.join(missing)}。")
            self.total = sum(points.values(), Decimal(0))
            self.submitted_at = timezone.now()
            self.save(update_fields=["total", "submitted_at", "saved_at"])
            totals = application.score_sheets.filter(
                submitted_at__isnull=False, expert__panels=assignment.panel_id
            ).values_list("total", flat=True)
            assignment.mean = scoring.mean(totals, application.round.trim_from)
            assignment.save(update_fields=["mean"])
            record(application, self.expert, "score", "提交评分", at=self.submitted_at)


class Score(models.Model):
    """The points given for one criterion on one sheet."""

    sheet = models.ForeignKey(ScoreSheet, models.CASCADE, related_name="scores")
    criterion = models.ForeignKey(Criterion, models.PROTECT, related_name="+")
    points = models.DecimalField("得分", max_digits=4, decimal_places=1)

    class Meta:
        verbose_name = "得分"
        constraints = [
            models.UniqueConstraint(
                fields=["sheet", "criterion"], name="one_score_per_sheet_and_criterion"
            ),
            models.CheckConstraint(name="points_are_not_negative", condition=Q(points__gte=0)),
        ]

    def __str__(self):
        return f"{self.criterion.name}：{self.points}"


class Inspection(models.Model):
    """实地考察: the site visit's record."""

    application = models.OneToOneField(Application, models.PROTECT, related_name="inspection")
    visited_on = models.DateField("考察日期")
    inspectors = models.CharField("考察人员", max_length=200)
    unit_representative = models.CharField("申报单位参加人员", max_length=100)
    findings = models.TextField("考察情况", max_length=2000)
    passed = models.BooleanField("考察结论", choices=[(True, "合格"), (False, "不合格")])
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField("记录时间", auto_now=True)

    class Meta:
        verbose_name = "实地考察"

    def __str__(self):
        return f"{self.visited_on} {self.application}"


class PublicNotice(models.Model):
    """公示: the published shortlist, from a first to a last day."""

    round = models.ForeignKey(Round, models.PROTECT, related_name="public_notices")
    applications = models.ManyToManyField(Application, related_name="public_notices")
    starts_on = models.DateField("公示开始日期", default=timezone.localdate)
    ends_on = models.DateField("公示结束日期")
    contact = models.CharField("异议受理方式", max_length=200)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    published_at = models.DateTimeField("发布时间", default=timezone.now)

    class Meta:
        verbose_name = "公示"
        ordering = ["-starts_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="a_notice_ends_after_it_starts",
                condition=Q(ends_on__gte=F("starts_on")),
                violation_error_message="公示结束日期不得早于开始日期。",
            )
        ]

    def __str__(self):
        return f"{self.round} 公示（{self.starts_on} 至 {self.ends_on}）"

    @property
    def is_over(self):
        """Whether the last day has passed."""
        return timezone.localdate() > self.ends_on

    @property
    def ends_at(self):
        """The last moment of the last day."""
        return timezone.make_aware(datetime.combine(self.ends_on, time.max))


class Objection(models.Model):
    """异议: what somebody raised against a published application, and its answer."""

    class Outcome(models.TextChoices):
        DISMISSED = "DISMISSED", "不成立"
        UPHELD = "UPHELD", "成立"

    application = models.ForeignKey(Application, models.PROTECT, related_name="objections")
    raised_by = models.CharField("提出人", max_length=100)
    contact = models.CharField("联系方式", max_length=100)
    text = models.TextField("异议内容", max_length=2000)
    received_on = models.DateField("收到日期", default=timezone.localdate)
    outcome = models.CharField("处理结论", max_length=10, choices=Outcome, blank=True)
    answer = models.TextField("处理情况", max_length=2000, blank=True)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    resolved_at = models.DateTimeField("处理时间", null=True, blank=True)

    class Meta:
        verbose_name = "异议"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="a_resolved_objection_says_how",
                condition=Q(outcome="", resolved_at__isnull=True)
                | (~Q(outcome="") & ~Q(answer="") & Q(resolved_at__isnull=False)),
            )
        ]

    def __str__(self):
        return f"{self.raised_by}：{self.text[:20]}"
