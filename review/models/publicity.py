"""公示 and 异议: the published shortlist, and what is raised against it."""

from datetime import datetime, time

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from applications.models import Application
from applications.rounds import Round


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
