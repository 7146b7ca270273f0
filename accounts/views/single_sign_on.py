"""Single sign-on (OpenID Connect), where OIDC_ISSUER names a provider.

It opens accounts that exist and makes none: the e-mail address that the provider vouches for must
be an active account's. It is compared at every login, so that an account whose address was given
to somebody else does not stay open to the one before.
"""

import logging
import secrets

from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.providers.openid_connect import views as openid_connect
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.shortcuts import redirect
from django.utils.crypto import constant_time_compare
from requests import RequestException

from accounts.audit import AuditEntry, log_entry

log = logging.getLogger(__name__)
NONCE = "oidc_nonce"
# The name of the one provider in addresses.
PROVIDER = "sso"
REFUSED = "统一身份认证的电子邮箱没有对应的账号，或账号已停用。请用密码登录，或联系系统管理员开通。"
FAILED = "统一身份认证没有完成，请重新登录；仍不成功的，请用密码登录。"


@login_not_required
def login(request, provider_id):
    """Lead to the provider (POST), with a new nonce, state and PKCE challenge."""
    if request.method == "POST":
        nonce = secrets.token_urlsafe()
        setattr(request, NONCE, nonce)
        request.session[NONCE] = nonce
    try:
        return openid_connect.login(request, provider_id)
    except RequestException:
        log.exception("the identity provider does not answer")
        messages.error(request, FAILED)
        return redirect(settings.LOGIN_URL)


class SingleSignOnAdapter(DefaultSocialAccountAdapter):
    """Who may come in, and the nonce that ties the provider's answer to this browser."""

    def is_open_for_signup(self, request, sociallogin):
        return False

    def list_apps(self, request, provider=None, client_id=None):
        """Return the provider of the settings, with the nonce of the login that begins."""
        apps = super().list_apps(request, provider, client_id)
        if nonce := getattr(request, NONCE, None):
            for app in apps:
                app.settings = {**app.settings, "auth_params": {"nonce": nonce}}
        return apps

    def pre_social_login(self, request, sociallogin):
        """Let in whom the provider's verified address names. Raises ImmediateHttpResponse."""
        expected = request.session.pop(NONCE, "")
        told = sociallogin.account.extra_data.get("id_token", {}).get("nonce", "")
        if not expected or not constant_time_compare(expected, told):
            self._refuse(request, FAILED, "nonce")
        # As the provider sent it: some send a text, and "false" would count as true.
        verified = [
            each.email.lower() for each in sociallogin.email_addresses if each.verified is True
        ]
        address = (
            EmailAddress.objects.filter(email__in=verified, verified=True, user__is_active=True)
            .select_related("user")
            .first()
        )
        if address is None or address.user.email != address.email:
            self._refuse(request, REFUSED, "no account")
        user = address.user
        if sociallogin.is_existing:
            if sociallogin.user != user:
                self._refuse(request, REFUSED, "another account")
        elif user.socialaccount_set.exists():
            self._refuse(request, REFUSED, "another identity")
        else:
            sociallogin.connect(request, user)

    def on_authentication_error(self, request, provider, **kwargs):
        self._refuse(request, FAILED, "provider")

    def _refuse(self, request, sentence, reason):
        log_entry(AuditEntry.Kind.LOGIN_FAILED, request, reason=f"oidc: {reason}")
        messages.error(request, sentence)
        raise ImmediateHttpResponse(redirect(settings.LOGIN_URL))
