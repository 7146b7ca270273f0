"""allauth's adapter: registration makes a unit with its user, and errors speak Chinese."""

import logging

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.core import context
from django.contrib import messages

from accounts.roles import Role

log = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    """What the portal does differently from allauth."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "电子邮箱或密码不正确，请核对后重新输入。",
        "enter_current_password": "当前密码不正确，请重新输入。",
        "invalid_password_reset": "设置密码的链接已失效，请重新申请。",
        "too_many_login_attempts": "登录失败次数过多，请稍后再试。",
        "rate_limited": "操作过于频繁，请稍后再试。",
    }

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

        `inviter` is the colleague who asked for it; without one it was the administrator.
        """
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

    def get_password_change_redirect_url(self, request):
        return self.get_login_redirect_url(request)
