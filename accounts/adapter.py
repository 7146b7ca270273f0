"""allauth's adapter: registration makes a unit with its user, and errors speak Chinese."""

import logging
import time

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.core import context
from django.conf import settings
from django.contrib import messages
from django.urls import reverse
from django.utils import timezone

from accounts.allauth_internals import get_authentication_records
from accounts.audit import AuditEntry, log_entry
from accounts.lockout import account_key
from accounts.roles import Role
from accounts.views.reauthentication import is_recent

# The time of the last request but for one minute, in a session.
SEEN = "seen"
TOO_MANY_CODES = f"验证失败次数过多，请 {settings.CODE_MINUTES} 分钟后再试。"

log = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    """What the portal does differently from allauth."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "电子邮箱或密码不正确，请核对后重新输入。",
        "enter_current_password": "当前密码不正确，请重新输入。",
        "invalid_password_reset": "设置密码的链接已失效，请重新申请。",
        # Both of codes and passkeys alone: see pre_authenticate.
        "too_many_login_attempts": TOO_MANY_CODES,
        "rate_limited": TOO_MANY_CODES,
    }

    def login(self, request, user):
        """Log the user in, in a session with a new key that ends when it is idle."""
        super().login(request, user)
        request.session[SEEN] = time.time()
        methods = [record["method"] for record in get_authentication_records(request, user)]
        log_entry(AuditEntry.Kind.LOGIN, request, user, methods=methods)

    def logout(self, request):
        if request.user.is_authenticated:
            log_entry(AuditEntry.Kind.LOGOUT, request)
        super().logout(request)

    def pre_authenticate(self, request, **credentials):
        """Count nothing: accounts/lockout.py counts passwords, and says until when it locks."""

    def authentication_failed(self, request, **credentials):
        """Log a wrong password, with the account's key if there is an account."""
        key = account_key(request, credentials) or ""
        log_entry(
            AuditEntry.Kind.LOGIN_FAILED,
            request,
            subject=f"账号 {key}" if key.isdecimal() and len(key) < 20 else "",
            reason="password",
        )

    def is_reauthentication_required(self, *, app):
        """Whether allauth's own pages ask again; they stand behind the portal's question."""
        return not is_recent(context.request)

    def get_login_stages(self):
        """Ask for the second factor, unless the single sign-on is trusted with it."""
        own = "accounts.factors.FactorStage"
        return [
            own if stage == "allauth.mfa.stages.AuthenticateStage" else stage
            for stage in super().get_login_stages()
        ]

    def save_user(self, request, user, form, commit=True):
        """Save the user of a registration with its unit, which the database demands at once.

        `form.save()` holds the transaction.
        """
        user.role = Role.APPLICANT
        user.name = form.cleaned_data["contact_name"]
        user.applying_unit = form.save_unit()
        return super().save_user(request, user, form, commit)

    def send_mail(self, template_prefix, email, context_data):
        """Send a mail. A mail server that does not answer costs the mail, not the page."""
        try:
            super().send_mail(template_prefix, email, context_data)
        except OSError:  # SMTPException is one
            log.exception("mail %s was not sent", template_prefix)
            messages.error(
                context.request, "邮件未能发出，请稍后再试；仍收不到的，请与评审办公室联系。"
            )

    def send_invitation(self, user, inviter=None):
        """Mail the owner of a new account the link that sets its first password.

        `inviter` is the colleague who asked for it; without one it was the administrator. An
        earlier link of the same account no longer works.
        """
        user.invited_at = timezone.now()
        user.save(update_fields=["invited_at"])
        key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
        self.send_mail(
            "accounts/email/invitation",
            user.email,
            {
                "user": user,
                "inviter": inviter,
                "password_url": self.get_reset_password_from_key_url(key),
            },
        )

    def get_login_redirect_url(self, request):
        """Lead an applicant's login by way of where a first application is begun, others home."""
        if getattr(request.user, "role", None) == Role.APPLICANT:
            return reverse("applications:landing")
        return super().get_login_redirect_url(request)

    def get_password_change_redirect_url(self, request):
        return super().get_login_redirect_url(request)
