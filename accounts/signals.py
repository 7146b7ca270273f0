"""Writes the operation log of logins: what allauth and axes tell by signals."""

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from axes.signals import user_locked_out
from django.dispatch import receiver

from accounts.allauth_internals import end_other_sessions, record_authentication
from accounts.audit import AuditEntry, log_entry

Kind = AuditEntry.Kind


@receiver(account.user_signed_up)
def registered(request, user, **kwargs):
    """Log a registration without a user: whose account it is, only its mail will show."""
    log_entry(Kind.ACCOUNT, request, subject=f"账号 {user.pk}", action="registered")


@receiver([account.password_changed, account.password_set, account.password_reset])
def password_changed(request, user, signal, **kwargs):
    """Log it, and end every other session of the account."""
    how = "reset" if signal is account.password_reset else "changed"
    log_entry(Kind.PASSWORD, request, user, subject=f"账号 {user.pk}", action=how)
    end_other_sessions(request, user)


@receiver([mfa.authenticator_added, mfa.authenticator_removed, mfa.authenticator_reset])
def factor_changed(request, user, authenticator, signal, **kwargs):
    """Log it; setting a factor up counts as giving it in this session."""
    is_added = signal is mfa.authenticator_added
    log_entry(
        Kind.FACTOR,
        request,
        user,
        subject=f"账号 {user.pk}",
        action="removed" if signal is mfa.authenticator_removed else "added",
        type=authenticator.type,
    )
    if is_added and authenticator.type != Authenticator.Type.RECOVERY_CODES:
        record_authentication(request, user, "mfa", type=authenticator.type)


@receiver(mfa.authentication_failed)
def factor_failed(request, user, authenticator, **kwargs):
    log_entry(
        Kind.LOGIN_FAILED,
        request,
        subject=f"账号 {user.pk}",
        reason="factor",
        type=authenticator.type,
    )


@receiver(user_locked_out)
def locked(request, username, ip_address, **kwargs):
    """Log the lock, not every try while it lasts.

    `username` is what accounts.lockout counts by: a digest says nothing here.
    """
    if not getattr(request, "axes_failures_since_start", None):
        return
    is_known = username and len(username) < 20
    log_entry(Kind.LOCKED, request, subject=f"账号 {username}" if is_known else "")
