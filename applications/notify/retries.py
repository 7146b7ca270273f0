"""When what could not be sent is tried again: one rule for mails and for what goes by channels."""

import datetime

from django.db import models, transaction
from django.utils import timezone

# How long it waits after each try that failed; after the last one it is given up.
PAUSES = (
    datetime.timedelta(minutes=5),
    datetime.timedelta(minutes=30),
    datetime.timedelta(hours=2),
    datetime.timedelta(hours=12),
    datetime.timedelta(hours=24),
)
TRIES = len(PAUSES) + 1


class Tried(models.Model):
    """Something that is sent: due at `next_attempt_at`; neither due nor sent means given up."""

    attempts = models.PositiveSmallIntegerField("已试次数", default=0)
    last_error = models.CharField("最近一次失败原因", max_length=300, blank=True)
    next_attempt_at = models.DateTimeField("下次发送时间", null=True, default=timezone.now)

    class Meta:
        abstract = True


def claim(rows, limit):
    """Take up to `limit` of a queryset's rows (`Tried`) that are due, oldest first; return them.

    What is taken is not due again before its next try: two workers never send the same one.
    """
    now = timezone.now()
    with transaction.atomic():
        claimed = list(
            rows.filter(next_attempt_at__lte=now)
            .select_for_update(of=("self",), skip_locked=True)
            .order_by("next_attempt_at", "pk")[:limit]
        )
        for row in claimed:
            row.attempts += 1
            is_last = row.attempts >= TRIES
            row.next_attempt_at = None if is_last else now + PAUSES[row.attempts - 1]
        rows.model.objects.bulk_update(claimed, ["attempts", "next_attempt_at"])
    return claimed
