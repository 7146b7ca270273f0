"""Locks an account, or an address, after too many failed logins (django-axes)."""

from allauth.account.adapter import get_adapter
from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Max, Sum
from django.shortcuts import render
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.audit import AuditEntry, log_entry
from accounts.models import User

# Many accounts may share one address: a building behind one router.
ADDRESS_LIMIT = 40


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
    """The page that says so: 429."""
    context = {"minutes": int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)}
    return render(request, "accounts/locked.html", context, status=429)


def _standing():
    """The failed logins that still count."""
    return AccessAttempt.objects.filter(
        attempt_time__gte=timezone.now() - settings.AXES_COOLOFF_TIME
    )


def locked_until(user):
    """When the account's lock ends by itself, or None when it is not locked."""
    found = (
        _standing()
        .filter(username=str(user.pk))
        .aggregate(sum=Sum("failures_since_start"), last=Max("attempt_time"))
    )
    if (found["sum"] or 0) < settings.AXES_FAILURE_LIMIT:
        return None
    return found["last"] + settings.AXES_COOLOFF_TIME


def locked_accounts():
    """The locked accounts, each with `locked_until`; addresses without account are left out."""
    rows = _locked("username", settings.AXES_FAILURE_LIMIT)
    # Digests of addresses without account are 64 characters long.
    users = User.objects.in_bulk([int(key) for key in rows if key.isascii() and len(key) < 20])
    for user in users.values():
        user.locked_until = rows[str(user.pk)]
    return sorted(users.values(), key=lambda user: user.locked_until)


def locked_addresses():
    """The locked network addresses with the moment at which each lock ends."""
    return list(_locked("ip_address", ADDRESS_LIMIT).items())


def _locked(column, limit):
    rows = (
        _standing()
        .exclude(**{f"{column}__isnull": True})
        .values(column)
        .annotate(sum=Sum("failures_since_start"), last=Max("attempt_time"))
        .filter(sum__gte=limit)
        .order_by("last")
    )
    return {row[column]: row["last"] + settings.AXES_COOLOFF_TIME for row in rows}


def unlock(request, *, user=None, ip_address=None):
    """Forget the failed logins of an account, or from an address; return how many there were."""
    attempts = AccessAttempt.objects.filter(
        **({"username": str(user.pk)} if user else {"ip_address": ip_address})
    )
    count, _ = attempts.delete()
    if user:
        # allauth counts, for five minutes, on its own.
        get_adapter()._delete_login_attempts_cached_email(request, email=user.email)
    if count:
        subject = f"账号 {user.pk}" if user else f"地址 {ip_address}"
        log_entry(AuditEntry.Kind.UNLOCKED, request, subject=subject)
    return count
