"""Criteria, and the score sheets of experts."""

from decimal import Decimal

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from applications.guards import moment
from applications.models import Application
from applications.rounds import Round
from applications.stages import Stage
from applications.workflow import Refused, record
from review import bands, scoring
from review.models.panels import PanelAssignment


class Criterion(models.Model):
    """One scoring criterion of a round; the points of all criteria add up to 100."""

    round = models.ForeignKey(Round, models.CASCADE, related_name="criteria")
    name = models.CharField("评分项", max_length=50)
    description = models.CharField("评分说明", max_length=300, blank=True)
    points = models.PositiveSmallIntegerField("满分", validators=[MinValueValidator(1)])
    bands = models.TextField(
        "分档",
        max_length=600,
        blank=True,
        help_text="每行一档，例如：27-30 国家级称号或奖项。",
    )
    position = models.PositiveSmallIntegerField("顺序", default=0)

    class Meta:
        verbose_name = "评分标准"
        ordering = ["position", "pk"]

    def __str__(self):
        return f"{self.name}（{self.points} 分）"

    def band_rows(self):
        """Return the bands as (points, what deserves them) pairs of texts, one a line typed."""
        return bands.read(self.bands)


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
