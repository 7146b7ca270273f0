"""公示: the published shortlist, from its first to its last day, and what became of it."""

from datetime import datetime, time

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from applications.models import Application
from applications.rounds import Round
from review.publicity.objections.models import Objection
from review.publicity.working_days import UnknownYear, working_days_between


class PublicNoticeQuerySet(models.QuerySet):
    """Named filters of notices."""

    def standing(self):
        """Those that were not withdrawn."""
        return self.filter(withdrawn_at=None)

    def running(self):
        """Those whose period is today, the first and the last day included."""
        today = timezone.localdate()
        return self.standing().filter(starts_on__lte=today, ends_on__gte=today)


def still_listed(applications):
    """Return those of a notice's applications against which no objection was upheld.

    Nothing else takes an application off the list. It is off at once, before its stage changes.
    """
    upheld = Objection.objects.filter(outcome=Objection.Outcome.UPHELD)
    return applications.exclude(pk__in=upheld.values("application"))


class PublicNotice(models.Model):
    """公示: the published shortlist, from a first to a last day."""

    round = models.ForeignKey(Round, models.PROTECT, related_name="public_notices")
    applications = models.ManyToManyField(Application, related_name="public_notices")
    starts_on = models.DateField("公示开始日期", default=timezone.localdate)
    ends_on = models.DateField("公示结束日期")
    # Who checked the last day, and how, in a year whose holidays the calendar does not know.
    end_confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    end_note = models.CharField("结束日期的核对依据", max_length=200, blank=True)
    contact = models.CharField("异议受理方式", max_length=200)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    published_at = models.DateTimeField("发布时间", default=timezone.now)
    withdrawn_at = models.DateTimeField("撤回时间", null=True, blank=True, editable=False)

    objects = PublicNoticeQuerySet.as_manager()

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
        indexes = [models.Index(fields=["starts_on", "ends_on"])]

    def __str__(self):
        return f"{self.round} 公示（{self.starts_on} 至 {self.ends_on}）"

    def get_absolute_url(self):
        return reverse("publicity_notice", args=[self.pk])

    @property
    def number(self):
        """公示编号; never given to another notice."""
        return f"GS{self.round.year}-{self.pk:04d}"

    @property
    def is_over(self):
        """Whether the last day has passed."""
        return timezone.localdate() > self.ends_on

    @property
    def is_running(self):
        """Whether objections are taken today; the same rule as `running()`."""
        today = timezone.localdate()
        return self.withdrawn_at is None and self.starts_on <= today <= self.ends_on

    @property
    def state_label(self):
        """Where the notice stands, in a word."""
        if self.withdrawn_at:
            return "已撤回"
        if self.is_over:
            return "公示已结束"
        return "公示中" if self.is_running else "尚未开始"

    @property
    def ends_at(self):
        """The last moment of the last day, as a datetime."""
        return timezone.make_aware(datetime.combine(self.ends_on, time.max))

    @property
    def working_days_left(self):
        """How many working days remain, today included; None in a year without a calendar."""
        try:
            return working_days_between(timezone.localdate(), self.ends_on)
        except UnknownYear:
            return None

    def listed(self):
        """The applications that stand on the list."""
        return still_listed(self.applications.all())

    def change_refusal(self):
        """Why it can no longer be extended or withdrawn, or None."""
        if self.withdrawn_at:
            return "公示已撤回。"
        if self.is_over:
            return "公示已结束，不能再延长或撤回。"
        return None

    def proof_refusal(self):
        """Why 公示无异议证明 cannot be issued now, or None."""
        if self.withdrawn_at:
            return "公示已撤回，不能出具证明。"
        if not self.is_over:
            return f"公示期到{self.ends_on:%Y-%m-%d}结束，期满后再出具证明。"
        pending = Objection.objects.filter(
            application__in=self.applications.values("pk"), outcome=""
        ).count()
        if pending:
            return f"还有 {pending} 件异议没有处理结论，全部答复后再出具证明。"
        return None


class NoticeChange(models.Model):
    """A notice was extended or withdrawn, and why: public, and never changed."""

    class Kind(models.TextChoices):
        EXTENDED = "EXTENDED", "延长公示"
        WITHDRAWN = "WITHDRAWN", "撤回公示"

    notice = models.ForeignKey(PublicNotice, models.PROTECT, related_name="changes")
    kind = models.CharField("变更", max_length=10, choices=Kind)
    ended_on = models.DateField("原结束日期")
    ends_on = models.DateField("新的结束日期", null=True, blank=True)
    reason = models.CharField("理由", max_length=300)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    changed_at = models.DateTimeField("变更时间", default=timezone.now)

    class Meta:
        verbose_name = "公示变更"
        ordering = ["pk"]

    def __str__(self):
        return f"{self.get_kind_display()}：{self.reason}"
