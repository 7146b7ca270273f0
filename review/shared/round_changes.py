"""What was changed in the settings of a round, and of its panels."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.audit import AuditEntry, log_entry
from applications.rounds import Round


class RoundChange(models.Model):
    """设置变更: one setting of a round, before and after, in words; who changed it and when."""

    round = models.ForeignKey(Round, models.CASCADE, related_name="changes")
    at = models.DateTimeField("时间", default=timezone.now)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="经办人", related_name="+"
    )
    field = models.CharField("设置", max_length=100)
    before = models.TextField("变更前", blank=True)
    after = models.TextField("变更后", blank=True)

    class Meta:
        verbose_name = "设置变更"
        ordering = ["-pk"]

    def __str__(self):
        return f"{self.field}：{self.before} → {self.after}"

    @classmethod
    def write(cls, round, user, before, after):
        """Record each setting that differs between two dicts {setting: text}; return how many do.

        The portal's log gets one line, which names the settings.
        """
        now = timezone.now()
        names = dict.fromkeys([*before, *after])
        changed = [name for name in names if before.get(name, "") != after.get(name, "")]
        cls.objects.bulk_create(
            cls(
                round=round,
                at=now,
                user=user,
                field=name[:100],
                before=before.get(name, ""),
                after=after.get(name, ""),
            )
            for name in changed
        )
        if changed:
            kind = AuditEntry.Kind.SETTINGS
            log_entry(kind, user=user, subject=round.title, round=round.pk, settings=changed)
        return len(changed)
