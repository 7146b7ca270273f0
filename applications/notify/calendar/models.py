"""日历订阅: the secret address by which somebody's telephone asks for their deadlines."""

import datetime
import hashlib
import hmac
import secrets

from django.conf import settings
from django.db import models
from django.utils import timezone

from applications.trust.encryption import EncryptedTextField

# How exactly is kept when the address was asked last.
ASKED_EVERY = datetime.timedelta(hours=1)
# So long an entry's number is known that is gone: it may come back, with a higher one.
KEPT = datetime.timedelta(weeks=8)


class CalendarAddressManager(models.Manager):
    """Makes addresses and finds whose one is."""

    def make(self, user):
        """Give a user an address, in place of an earlier one, which leads nowhere from now on."""
        token = secrets.token_urlsafe(32)
        made = {"token": token, "digest": digest_of(token.encode()), "made_at": timezone.now()}
        address, _ = self.update_or_create(user=user, defaults={**made, "asked_at": None})
        return address

    def of_token(self, token):
        """Return the address of a token whose account is open, with its user, or None.

        It is found by its digest, which tells nothing of the token, and compared in constant time.
        """
        found = self.select_related("user").filter(
            digest=digest_of(token.encode()), user__is_active=True
        )
        address = found.first()
        if address and hmac.compare_digest(address.token.encode(), token.encode()):
            return address
        return None


def digest_of(data):
    """Return the SHA-256 of bytes, in hex.

    Of a token of 256 random bits no key is needed to keep anybody from guessing it.
    """
    return hashlib.sha256(data).hexdigest()


class CalendarAddress(models.Model):
    """One account's address, and what the calendar told last."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="calendar_address"
    )
    token = EncryptedTextField("订阅密钥")
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField("生成时间", default=timezone.now)
    asked_at = models.DateTimeField("最近一次读取", null=True, blank=True)
    # {what: [when it is due, SEQUENCE, when that was changed]}: programs see what is new by these.
    # Of an entry that is gone nothing is due, since it was changed last.
    told = models.JSONField(default=dict)
    told_at = models.DateTimeField(default=timezone.now)

    objects = CalendarAddressManager()

    class Meta:
        verbose_name = "日历订阅"

    def __str__(self):
        return f"{self.user}"

    def entries(self, deadlines):
        """Return (deadline, SEQUENCE, when it was changed) of each; remembers what is told.

        What has another time than before has a higher number. `told_at` is when anything changed
        last, what came and what went included.
        """
        now = timezone.now().replace(microsecond=0)
        told, entries = {}, []
        for deadline in sorted(deadlines, key=lambda deadline: (deadline.at, deadline.what)):
            due = [deadline.at.isoformat(), deadline.title]
            before, sequence, changed_at = self.told.get(deadline.what, (due, 0, now.isoformat()))
            if before != due:
                sequence, changed_at = sequence + 1, now.isoformat()
            told[deadline.what] = [due, sequence, changed_at]
            entries.append((deadline, sequence, datetime.datetime.fromisoformat(changed_at)))
        for what in self.told.keys() - told.keys():
            due, sequence, changed_at = self.told[what]
            gone_at = changed_at if due is None else now.isoformat()
            if now - datetime.datetime.fromisoformat(gone_at) < KEPT:
                told[what] = [None, sequence, gone_at]
        changes = {}
        if told != self.told:
            changes = {"told": told, "told_at": now}
        if self.asked_at is None or now - self.asked_at >= ASKED_EVERY:
            changes["asked_at"] = now
        if changes:
            CalendarAddress.objects.filter(pk=self.pk).update(**changes)
            for name, value in changes.items():
                setattr(self, name, value)
        return entries
