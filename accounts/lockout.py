"""Locks an account, or an address, after too many failed logins (django-axes).

The one rule for passwords, at the login and wherever one is asked again; allauth counts none.
"""

import datetime
import math

from allauth.account.adapter import get_adapter
from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Sum
from django.shortcuts import render
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.audit import AuditEntry, log_entry
from accounts.models import User

# Many accounts may share one address: a building behind one router.
ADDRESS_LIMIT = 40
MINUTE = datetime.timedelta(minutes=1)


def address(request):
    """The network address of whoever sent the request; None where there was no network."""
    return get_adapter().get_client_ip(request) if "REMOTE_ADDR" in request.META else None


def account_key(request, credentials=None):
    """What failed logins are counted by: the account's key, or a digest of an unknown address.

    An address without account is locked just as one with: the answer tells nobody which is which.
    """
    credentials = credentials or {}
    email = (credentials.get("email") or credentials.get("username") or "").strip().lower()
    if not email:
        return None
    pk = User.objects.filter(email=email).values_list("pk", flat=True).first()
    return str(pk) if pk else salted_hmac("lockout", email, algorithm="sha256").hexdigest()


class LockoutHandler(AxesDatabaseHandler):
    """Counts an account's failures against AXES_FAILURE_LIMIT, an address's against its own."""

    def get_failures(self, request, credentials=None):
        by_account, by_address = (
            attempts.aggregate(sum=Sum("failures_since_start"))["sum"] or 0
            for attempts in self.get_user_attempts(request, credentials)
        )
        return max(by_account, by_address * settings.AXES_FAILURE_LIMIT // ADDRESS_LIMIT)

    def user_logged_in(self, sender, request, user, **kwargs):
        """A good login forgets the account's failures, never those of its address."""
        self.reset_attempts(username=str(user.pk))


def locked_out(request, response, credentials):
    """Return the page (429) that says that the login is locked, and until when."""
    found = (
        *_locked("username", settings.AXES_FAILURE_LIMIT, account_key(request, credentials)),
        *_locked("ip_address", ADDRESS_LIMIT, address(request)),
    )
    # Told in whole minutes; what ends this moment is told as one.
    left = max((end - timezone.now() for _, end in found), default=MINUTE)
    minutes = max(1, math.ceil(left / MINUTE))
    context = {"minutes": minutes, "until": timezone.now() + minutes * MINUTE}
    response = render(request, "accounts/locked.html", context, status=429)
    response["Retry-After"] = minutes * 60
    return response


def locked_until(user):
    """When the account's lock ends by itself, or None when it is not locked."""
    ends = _locked("username", settings.AXES_FAILURE_LIMIT, str(user.pk))
    return ends[0][1] if ends else None


def locked_accounts():
    """The locked accounts, each with `locked_until`; addresses without account are left out."""
    rows = dict(_locked("username", settings.AXES_FAILURE_LIMIT))
    # Digests of addresses without account are 64 characters long.
    users = User.objects.in_bulk([int(key) for key in rows if key.isascii() and len(key) < 20])
    for user in users.values():
        user.locked_until = rows[str(user.pk)]
    return sorted(users.values(), key=lambda user: user.locked_until)


def locked_addresses():
    """The locked network addresses, each with the moment at which its lock ends."""
    return _locked("ip_address", ADDRESS_LIMIT)


def _locked(column, limit, *only):
    """What has `limit` failures that count, or which of `only` has, with when its lock ends.

    Pairs, the first to end first. A row holds the failures of one account from one address and
    device, which count until the last of them is too old.
    """
    standing = AccessAttempt.objects.filter(
        attempt_time__gte=timezone.now() - settings.AXES_COOLOFF_TIME,
        **({f"{column}__in": only} if only else {f"{column}__isnull": False}),
    )
    over = standing.values(column).annotate(sum=Sum("failures_since_start")).filter(sum__gte=limit)
    rows = standing.filter(**{f"{column}__in": over.values(column)}).order_by("attempt_time")
    attempts = {}
    for key, at, failures in rows.values_list(column, "attempt_time", "failures_since_start"):
        attempts.setdefault(key, []).append((at, failures))
    found = [(key, _end(rows, limit)) for key, rows in attempts.items()]
    return sorted(found, key=lambda pair: pair[1])


def _end(attempts, limit):
    """When so many attempts, (time, failures), are too old that fewer than `limit` count."""
    counting = sum(failures for _, failures in attempts)
    for at, failures in attempts:
        counting -= failures
        if counting < limit:
            return at + settings.AXES_COOLOFF_TIME
    raise ValueError("a limit below 1")


def unlock(request, *, user=None, ip_address=None):
    """Delete the failed logins of an account, or from an address; return how many there were."""
    attempts = AccessAttempt.objects.filter(
        **({"username": str(user.pk)} if user else {"ip_address": ip_address})
    )
    count, _ = attempts.delete()
    if count:
        subject = f"账号 {user.pk}" if user else f"地址 {ip_address}"
        log_entry(AuditEntry.Kind.UNLOCKED, request, subject=subject)
    return count
