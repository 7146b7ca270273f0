"""Second factors: one-time codes of an app (TOTP), recovery codes, passkeys (WebAuthn).

allauth keeps and checks them; this says who must have one and what is shown of them.
"""

import base64

from allauth.mfa import app_settings
from allauth.mfa.adapter import DefaultMFAAdapter, get_adapter
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.stages import AuthenticateStage
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from allauth.usersessions.models import UserSession
from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django import forms
from django.conf import settings
from django.core.cache import cache

from accounts.allauth_internals import get_authentication_records
from accounts.fields import CompactField
from accounts.forms import PlainFields
from accounts.roles import Role

# What proves who somebody is; recovery codes stand in for these and do not exist without them.
KINDS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


class FactorAdapter(DefaultMFAAdapter):
    """What the portal does differently from allauth."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "cannot_delete_authenticator": (
            "您的角色必须保留至少一种二次验证方式，请先添加另一种再删除。"
        ),
        "cannot_generate_recovery_codes": "请先设置动态验证码或通行密钥，再生成恢复码。",
        "incorrect_code": "验证码不正确或已使用过，请核对后重新输入。",
        "unverified_email": "请先验证电子邮箱，再设置二次验证。",
    }

    def encrypt(self, text):
        """Secrets are of no use to whoever reads the database alone."""
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text):
        return _cipher().decrypt(encrypted_text.encode()).decode()

    def can_delete_authenticator(self, authenticator):
        return not is_required(authenticator.user) or (
            of_user(authenticator.user).exclude(pk=authenticator.pk).exists()
        )

    def generate_authenticator_name(self, user, type):
        return f"通行密钥 {of_user(user).filter(type=type).count() + 1}"


def _cipher():
    """Return what encrypts with the present SECRET_KEY and reads what an earlier one wrote."""
    return MultiFernet(
        [
            Fernet(base64.urlsafe_b64encode(_derived(key)))
            for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
        ]
    )


def _derived(key):
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"second factors").derive(
        key.encode()
    )


def of_user(user):
    """The second factors of a user, without recovery codes."""
    return Authenticator.objects.filter(user=user, type__in=KINDS)


def remove_all_factors(user):
    """Remove a user's second factors, recovery codes included, and end all sessions."""
    Authenticator.objects.filter(user=user).delete()
    for session in UserSession.objects.filter(user=user):
        session.end()


def is_required(user):
    """Whether the user may do nothing without a second factor."""
    return settings.MFA_REQUIRED and user.role != Role.APPLICANT


def is_proven(request):
    """Whether a second factor was given, or set up, in this very session. Makes no query.

    A login through the single sign-on counts where settings.OIDC_TRUSTED_FOR_MFA says that the
    provider itself asks for one.
    """
    enough = {"mfa", "socialaccount"} if settings.OIDC_TRUSTED_FOR_MFA else {"mfa"}
    return any(
        record["method"] in enough for record in get_authentication_records(request, request.user)
    )


class FactorStage(AuthenticateStage):
    """The step of the login that asks for the second factor."""

    def _should_handle(self, request):
        records = get_authentication_records(request, self.login.user)
        if settings.OIDC_TRUSTED_FOR_MFA and records and records[-1]["method"] == "socialaccount":
            return False
        return super()._should_handle(request)


class CodeField(CompactField):
    """A code; blanks between its digits, as apps show them, are ignored."""

    widget = forms.TextInput(
        attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}
    )


class UsedOnce:
    """A one-time code works once, as long as it is good: allauth forgets it after one period."""

    def clean_code(self):
        code = super().clean_code()
        seconds = app_settings.TOTP_PERIOD * (2 * app_settings.TOTP_TOLERANCE + 1)
        if not cache.add(f"code:{self.user.pk}:{code.replace(' ', '')}", True, timeout=seconds):
            raise get_adapter().validation_error("incorrect_code")
        return code


class CodeForm(UsedOnce, PlainFields, AuthenticateForm):
    """The second step of a login."""

    code = CodeField(label="验证码", help_text="身份验证器应用显示的 6 位数字，或一个恢复码。")


class ActivateForm(PlainFields, ActivateTOTPForm):
    """Sets up one-time codes."""

    code = CodeField(label="验证码", help_text="扫码后，应用显示的 6 位数字。")


class AddPasskeyForm(PlainFields, AddWebAuthnForm):
    """Adds a passkey; whether it can replace the password is the device's matter."""

    name = forms.CharField(
        label="名称", max_length=50, required=False, help_text="例如：办公室电脑、手机。"
    )
    passwordless = None
