"""Single sign-on against a real OpenID Connect provider over HTTP (oidc-provider-mock)."""

import socket
import subprocess
import sys
import time
from contextlib import suppress
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.test import Client
from django.urls import reverse

from accounts.audit import AuditEntry
from accounts.models import User
from accounts.roles import Role
from tests.accounts.test_factors import set_up
from tests.factories import PASSWORD, make_applying_unit, make_user

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/sso/sso/login/"


@pytest.fixture
def just_authenticated():
    """These tests log in for real."""


@pytest.fixture(scope="module")
def provider():
    """The address of a provider: a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--require-nonce", "true"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    address = f"http://localhost:{port}"
    try:
        for _ in range(300):
            with suppress(requests.ConnectionError):
                requests.get(f"{address}/.well-known/openid-configuration", timeout=5)
                break
            time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(autouse=True)
def configured(settings, provider):
    settings.OIDC_ISSUER = provider
    settings.OIDC_NAME = "政务统一认证"
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {
            **settings.SOCIALACCOUNT_PROVIDERS["openid_connect"],
            "APPS": [
                {
                    "provider_id": "sso",
                    "name": "政务统一认证",
                    "client_id": "portal",
                    "secret": "secret",
                    "settings": {"server_url": provider},
                }
            ],
        }
    }


@pytest.fixture
def user():
    return make_user(Role.OFFICE)


def identity(provider, sub, email, verified=True):
    """Make, or change, a person at the provider."""
    claims = {"email": email, "email_verified": verified}
    requests.put(f"{provider}/users/{sub}", json=claims, timeout=5).raise_for_status()


def begin(client):
    """Press the button; return the address at the provider to which it leads."""
    response = client.post(LOGIN)
    assert response.status_code == 302
    return response.url


def agree(url, sub):
    """Log in at the provider as `sub`; return the address that leads back to the portal."""
    answer = requests.post(url, data={"sub": sub}, allow_redirects=False, timeout=5)
    assert answer.status_code in {302, 303}, answer.text
    back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"


def sign_on(client, sub):
    return client.get(agree(begin(client), sub))


def is_in(client):
    return "_auth_user_id" in client.session


def refusal(client):
    return client.get(reverse("account_login")).content.decode()


def test_the_button_stands_only_where_a_provider_is_set(client, settings):
    assert "用政务统一认证" in client.get(reverse("account_login")).content.decode()
    settings.OIDC_ISSUER = ""
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": []}}
    assert "政务统一认证" not in client.get(reverse("account_login")).content.decode()
    assert client.post(LOGIN).status_code == 404


def test_the_verified_address_of_an_active_account_opens_it(client, provider, user):
    identity(provider, "s1", user.email.upper())
    response = sign_on(client, "s1")
    assert response.url == reverse("home")
    assert client.session["_auth_user_id"] == str(user.pk)
    assert AuditEntry.objects.get(kind="LOGIN").data == {"methods": ["socialaccount"]}
    client.post(reverse("account_logout"))
    sign_on(client, "s1")
    assert is_in(client)


def test_state_nonce_and_a_pkce_challenge_are_sent(client):
    asked = parse_qs(urlsplit(begin(client)).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["nonce"][0]) > 40
    assert len(asked["state"][0]) >= 16
    assert asked["response_type"] == ["code"]


def test_nobody_is_registered_by_it(client, provider):
    identity(provider, "s2", "stranger@example.invalid")
    before = User.objects.count()
    assert sign_on(client, "s2").url == reverse("account_login")
    assert not is_in(client)
    assert User.objects.count() == before
    assert "没有对应的账号，或账号已停用" in refusal(client)
    entry = AuditEntry.objects.get(kind="LOGIN_FAILED")
    assert "stranger" not in f"{entry.subject}{entry.data}"


@pytest.mark.parametrize("verified", [False, "false", "true", 1, None])
def test_an_address_that_the_provider_does_not_vouch_for_opens_nothing(
    client, provider, user, verified
):
    identity(provider, "s3", user.email, verified=verified)
    sign_on(client, "s3")
    assert not is_in(client)


def test_a_deactivated_account_stays_closed(client, provider, user):
    identity(provider, "s4", user.email)
    user.is_active = False
    user.save()
    sign_on(client, "s4")
    assert not is_in(client)


def test_an_address_not_verified_here_opens_nothing(client, provider, user):
    identity(provider, "s5", user.email)
    user.emailaddress_set.update(verified=False)
    sign_on(client, "s5")
    assert not is_in(client)


def test_whose_address_was_given_to_somebody_else_stays_out(client, provider, user):
    identity(provider, "s6", user.email)
    sign_on(client, "s6")
    client.post(reverse("account_logout"))
    old = user.email
    User.objects.filter(pk=user.pk).update(email="new@example.invalid")
    user.emailaddress_set.update(email="new@example.invalid")
    make_user(Role.EXPERT, email=old)
    sign_on(client, "s6")
    assert not is_in(client)


def test_a_second_identity_with_the_same_address_opens_nothing(client, provider, user):
    identity(provider, "s7", user.email)
    sign_on(client, "s7")
    client.post(reverse("account_logout"))
    identity(provider, "s8", user.email)
    sign_on(client, "s8")
    assert not is_in(client)


def test_the_answer_to_another_browsers_question_opens_nothing(client, provider, user):
    identity(provider, "s9", user.email)
    url = agree(begin(client), "s9")
    victim = Client()
    assert victim.get(url).url == reverse("account_login")
    assert not is_in(victim)
    # The same browser, but the answer to an earlier question.
    begin(client)
    assert client.get(url).url == reverse("account_login")
    assert not is_in(client)


def test_a_provider_that_does_not_answer_costs_no_error_page(client, settings):
    apps = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"]
    apps[0]["settings"]["server_url"] = "http://localhost:9"
    assert client.post(LOGIN).url == reverse("account_login")
    assert "统一身份认证没有完成" in refusal(client)


def test_the_second_factor_is_asked_all_the_same_unless_the_provider_is_trusted(
    client, provider, user, settings
):
    settings.MFA_REQUIRED = True
    identity(provider, "s10", user.email)
    sign_on(client, "s10")
    assert client.get(reverse("review:queue")).url == reverse("accounts:second_factor")
    set_up(client)
    client.post(reverse("account_logout"))
    assert sign_on(client, "s10").url == reverse("mfa_authenticate")
    assert not is_in(client)

    settings.OIDC_TRUSTED_FOR_MFA = True
    other = Client()
    sign_on(other, "s10")
    assert other.get(reverse("review:queue")).status_code == 200


def test_a_trusted_provider_does_not_vouch_for_a_password(client, provider, settings):
    settings.MFA_REQUIRED = settings.OIDC_TRUSTED_FOR_MFA = True
    user = make_user(Role.BUREAU)
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    assert client.get(reverse("review:queue")).url == reverse("accounts:second_factor")


def test_an_applicants_account_that_exists_comes_in(client, provider):
    applicant = make_user(Role.APPLICANT, applying_unit=make_applying_unit())
    identity(provider, "s11", applicant.email)
    sign_on(client, "s11")
    assert is_in(client)
