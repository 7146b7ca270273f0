"""Criteria, and the score sheets of experts."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from applications.models import Application
from applications.notify import notifications
from applications.notify.tasks import post
from applications.rounds import Round
from applications.stages import Stage
from applications.workflow.events import REOPEN_SCORE, SCORE, record
from applications.workflow.guards import moment
from applications.workflow.perform import Refused, locked
from review.panels.models import PanelAssignment
from review.scoring import bands

FINAL = "评分表已提交，不能再修改。"


def too_late(round_):
    """Return what to tell an expert once the round's time for scoring is over, or ""."""
    deadline = round_.review_deadline
    if deadline is None or timezone.now() < deadline:
        return ""
    return f"专家评分已于{moment(deadline)}截止，不能再提交评分；确需补交的，请联系评审办公室。"


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
    # Grows with every change: a second window does not overwrite what it has not seen.
    revision = models.PositiveIntegerField(default=0, editable=False)

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

    def submit(self, confirmed=None):
        """Make the sheet final: set its total and time, and the application's mean.

        One transaction; the application is locked, so that the leader cannot conclude meanwhile and
        two last experts cannot both miss each other's total. `confirmed` is the total that the
        expert was shown and agreed to. Raises Refused with a sentence, and writes nothing, when the
        panel is no longer scoring, the expert is recused, the round's time for it is over, a
        criterion has no points or they add up to another total than the confirmed one.
        """
        with transaction.atomic():
            application = locked(self.application_id, self.expert)
            if application is None or application.stage != Stage.PANEL:
                raise Refused("该申报已不在您的专家组评审，评分没有提交。")
            if sentence := too_late(application.round):
                raise Refused(sentence)
            if ScoreSheet.objects.filter(pk=self.pk, submitted_at__isnull=False).exists():
                raise Refused(FINAL)
            scores = self.scores.filter(points__isnull=False)
            points: dict[int, Any] = dict(scores.values_list("criterion", "points"))
            missing = [
                criterion.name
                for criterion in application.round.criteria.all()
                if criterion.pk not in points
            ]
            if missing:
                raise Refused(f"还有评分项没有打分：{'、'.join(missing)}。")
            total = sum(points.values(), Decimal(0))
            if confirmed is not None and confirmed != total:
                raise Refused(f"总分现为 {total} 分，与您确认的不同，请核对后再提交。")
            self.total = total
            self.submitted_at = timezone.now()
            self.save(update_fields=["total", "submitted_at", "saved_at"])
            PanelAssignment.objects.get(application=application).recompute()
            record(application, self.expert, SCORE, at=self.submitted_at)

    def reopen(self, leader, reason):
        """Give a submitted sheet back to its expert as a draft; the mean counts it no more.

        The leader of the panel alone does, with a reason, before the panel concludes. The event
        keeps what was submitted (`data`), the expert is told. Raises Refused with a sentence.
        """
        with transaction.atomic():
            application = locked(self.application_id, leader)
            if application is None:
                raise Refused("没有找到该申报，评分表没有退回。")
            current = ScoreSheet.objects.select_related("expert", "application__round").get(
                pk=self.pk
            )
            if sentence := current.reopening_refused(application, leader):
                raise Refused(sentence)
            reason = reason.strip()
            if not reason:
                raise Refused("请填写退回理由。")
            event = record(
                application,
                leader,
                REOPEN_SCORE,
                f"{current.expert.name}：{reason}",
                data={
                    "expert": current.expert_id,
                    "total": str(current.total),
                    "points": {
                        score.criterion.name: str(score.points)
                        for score in current.scores.select_related("criterion")
                    },
                    "submitted_at": current.submitted_at.isoformat(),
                },
            )
            self.total = self.submitted_at = None
            self.revision = current.revision + 1
            self.save(update_fields=["total", "submitted_at", "revision", "saved_at"])
            PanelAssignment.objects.get(application=application).recompute()
            post(notifications.about_reopened(current, event, reason))

    def reopening_refused(self, application, leader):
        """Return why the user cannot give the sheet back to its expert now, or None."""
        assignment = PanelAssignment.objects.select_related("panel").get(application=application)
        if assignment.leading != leader.pk:
            return "只有专家组组长可以退回评分表。"
        if application.stage != Stage.PANEL:
            label = application.get_stage_display()
            return f"该申报当前阶段为“{label}”，评分表不能再退回。"
        if self.submitted_at is None:
            return "这份评分表尚未提交，无需退回。"
        due = assignment.scorers()
        if self.expert_id not in due:
            return "该专家已不参加这项申报的评分，评分表不能退回。"
        if self.expert_id == leader.pk:
            # The leader reads all scores once they are in: the own one then stays.
            submitted = application.score_sheets.filter(submitted_at__isnull=False)
            all_in = due <= set(submitted.values_list("expert", flat=True))
            if all_in or application.events.filter(action=REOPEN_SCORE.name).exists():
                return "组长可查看全部评分后，不能再修改本人的评分。"
        return None


class Score(models.Model):
    """The points given for one criterion on one sheet; a draft may have a note alone."""

    sheet = models.ForeignKey(ScoreSheet, models.CASCADE, related_name="scores")
    criterion = models.ForeignKey(Criterion, models.PROTECT, related_name="+")
    points = models.DecimalField("得分", max_digits=4, decimal_places=1, null=True, blank=True)
    # The expert's own until the panel has concluded.
    note = models.CharField("评分依据", max_length=300, blank=True)

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
