"""异议: what somebody raised against a published application, step by step to its answer."""

import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from applications.models import Application
from review.shared.attachments import Attachment

# Without letters and digits that people confuse; 16 of them cannot be guessed (79 bits).
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
TOKEN_LENGTH = 16
ANONYMOUS = "匿名"


def new_token():
    """Return a new 受理号, the only thing by which an objector follows the objection."""
    return "".join(secrets.choice(ALPHABET) for _ in range(TOKEN_LENGTH))


def typed_token(text):
    """Return a 受理号 as it is stored, from what somebody typed."""
    return "".join(character for character in text.upper() if character in ALPHABET)


class ObjectionQuerySet(models.QuerySet):
    """Named filters of objections."""

    def pending(self):
        """Those without an outcome."""
        return self.filter(outcome="")

    def same_as(self, objection):
        """Return the saved objection that says word for word the same, or None.

        Call it with the application locked: a second click then finds what the first one left.
        """
        words = {name: getattr(objection, name) for name in ("raised_by", "contact", "text")}
        return self.filter(application=objection.application_id, **words).first()


class Objection(models.Model):
    """异议: what somebody raised against a published application, and its answer.

    What was done about it is in its `steps`; `outcome` and `answer` are those that are valid now.
    """

    class Outcome(models.TextChoices):
        DECLINED = "DECLINED", "不予受理"
        DISMISSED = "DISMISSED", "不成立"
        UPHELD = "UPHELD", "成立"

    application = models.ForeignKey(Application, models.PROTECT, related_name="objections")
    # None for those that were raised before there were such numbers.
    token = models.CharField(
        "受理号", max_length=TOKEN_LENGTH, unique=True, null=True, blank=True, editable=False
    )
    raised_by = models.CharField(
        "提出人", max_length=100, blank=True, help_text="匿名提出的可以不填。"
    )
    # Who stays anonymous may leave none; then nobody can be answered.
    contact = models.CharField("联系方式", max_length=100, blank=True)
    text = models.TextField("异议内容", max_length=2000)
    files = models.ManyToManyField(Attachment, related_name="objections", blank=True)
    received_on = models.DateField("收到日期", default=timezone.localdate)
    outcome = models.CharField("处理结论", max_length=10, choices=Outcome, blank=True)
    answer = models.TextField("答复", max_length=2000, blank=True)
    # None: it was raised on the public page.
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    resolved_at = models.DateTimeField("处理时间", null=True, blank=True)

    objects = ObjectionQuerySet.as_manager()

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
        indexes = [models.Index(fields=["outcome", "id"])]

    def __str__(self):
        return f"{self.raiser}：{self.text[:20]}"

    def save(self, *args, **kwargs):
        """Save; a new objection gets its number."""
        if self._state.adding and self.token is None:
            self.token = new_token()
        super().save(*args, **kwargs)

    def get_absolute_url(self):
        """Where the objector follows it, without an account."""
        return reverse("objection_status", args=[self.token])

    @property
    def raiser(self):
        """Who raised it, as far as they said."""
        return self.raised_by or ANONYMOUS

    def has_answer(self, outcome, answer):
        """Whether exactly this outcome and answer were given before, and are still valid."""
        return bool(outcome) and (self.outcome, self.answer) == (outcome, answer)

    @property
    def number(self):
        """受理号 in groups, as people read it."""
        token = self.token or ""
        return "-".join(token[start : start + 4] for start in range(0, len(token), 4))

    @property
    def state(self):
        """The `ObjectionStep.Kind` that it has reached; uses prefetched `steps`."""
        kind = ObjectionStep.Kind
        if self.outcome:
            return kind.DECLINED if self.outcome == self.Outcome.DECLINED else kind.ANSWERED
        kinds = {step.kind for step in self.steps.all()}
        if kind.INVESTIGATED in kinds:
            return kind.INVESTIGATED
        return kind.ACCEPTED if kind.ACCEPTED in kinds else kind.RECEIVED

    def take_step(self, kind, user, text="", *, investigators="", outcome="", answer=""):
        """Save and return one more step, and the outcome and answer that are valid after it.

        Call it with the application locked.
        """
        step = self.steps.create(
            kind=kind, text=text or answer, investigators=investigators, outcome=outcome, by=user
        )
        if kind != ObjectionStep.Kind.INVESTIGATED:
            self.outcome, self.answer = outcome, answer
            self.resolved_by = user if outcome else None
            self.resolved_at = step.at if outcome else None
            self.save(update_fields=["outcome", "answer", "resolved_by", "resolved_at"])
        return step


class ObjectionStep(models.Model):
    """One step in the handling of an objection; never changed, so that corrections show."""

    class Kind(models.TextChoices):
        RECEIVED = "RECEIVED", "已收到"
        ACCEPTED = "ACCEPTED", "已受理"
        DECLINED = "DECLINED", "不予受理"
        INVESTIGATED = "INVESTIGATED", "已调查"
        ANSWERED = "ANSWERED", "已答复"

    objection = models.ForeignKey(Objection, models.PROTECT, related_name="steps")
    kind = models.CharField("步骤", max_length=12, choices=Kind)
    text = models.TextField("说明", max_length=2000, blank=True)
    investigators = models.CharField("调查人员", max_length=200, blank=True)
    outcome = models.CharField(
        "处理结论", max_length=10, choices=Objection.Outcome.choices, blank=True
    )
    # None: the public page received it.
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField("时间", default=timezone.now)

    class Meta:
        verbose_name = "异议办理步骤"
        ordering = ["pk"]

    def __str__(self):
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d %H:%M}"

    def save(self, *args, **kwargs):
        """Save a new step; raises TypeError for one that is already saved."""
        if self.pk:
            raise TypeError("A step is never changed.")
        super().save(*args, **kwargs)
