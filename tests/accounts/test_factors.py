"""Second factors: who must have one, one-time codes, recovery codes, passkeys."""

import re
import time

import pytest
import time_machine
from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client, TestCase
from django.urls import reverse

from accounts import factors
from accounts.audit import AuditEntry
from accounts.roles import Role
from tests.factories import PASSWORD, make_applying_unit, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def just_authenticated():
    """These tests log in for real."""


@pytest.fixture(autouse=True)
def required(settings):
    settings.MFA_REQUIRED = True


@pytest.fixture
def user():
    return make_user(Role.OFFICE)


def log_in(client, user):
    return client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})


def code_of(secret, at=None):
    """What an app with this secret shows."""
    return format_hotp_value(hotp_value(secret, int((at or time.time()) // 30)))


def set_up(client):
    """Set up one-time codes as the user of `client`; return the secret."""
    page = client.get(reverse("mfa_activate_totp")).content.decode()
    secret = re.search(r'<code class="secret">(\w+)</code>', page).group(1)
    with TestCase.captureOnCommitCallbacks() as callbacks:
        done = client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
    with context.request_context(done.wsgi_request):
        for callback in callbacks:
            callback()
    done.wsgi_request.session.save()
    assert done.url == reverse("mfa_view_recovery_codes")
    return secret


def recovery_codes(client):
    page = client.get(reverse("mfa_view_recovery_codes")).content.decode()
    return re.findall(r"<code>(\d{8})</code>", page)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.APPLICANT])
def test_every_role_but_the_applicant_sets_one_up_before_anything_else(client, role):
    unit = {"recommending_unit": make_applying_unit().recommending_unit}
    user = make_user(role, **(unit if role == Role.RECOMMENDER else {}))
    log_in(client, user)
    way = reverse("accounts:second_factor")
    for name in ("home", "review:queue", "accounts:staff", "mfa_index", "applications:messages"):
        assert client.get(reverse(name)).url == way
    assert "须在密码之外再设一种验证方式" in client.get(way).content.decode()
    assert client.get(reverse("mfa_add_webauthn")).status_code == 200

    set_up(client)

    assert client.get(reverse("mfa_index")).status_code == 200
    assert client.get(way).url == reverse("home")


def test_an_applicant_may_do_without(client):
    log_in(client, make_user(Role.APPLICANT, applying_unit=make_applying_unit()))
    assert client.get(reverse("applications:mine")).status_code == 200
    assert "未启用" in client.get(reverse("mfa_index")).content.decode()


def test_without_the_setting_nobody_is_asked(client, user, settings):
    settings.MFA_REQUIRED = False
    log_in(client, user)
    assert client.get(reverse("review:queue")).status_code == 200


def test_the_code_is_asked_at_every_login_and_works_once(client, user):
    log_in(client, user)
    secret = set_up(client)
    client.post(reverse("account_logout"))

    assert log_in(client, user).url == reverse("mfa_authenticate")
    assert "_auth_user_id" not in client.session
    wrong = client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert "验证码不正确或已使用过" in wrong.content.decode()
    code = code_of(secret, time.time() + 30)
    assert client.post(reverse("mfa_authenticate"), {"code": f"{code[:3]} {code[3:]}"}).url == "/"
    assert client.get(reverse("review:queue")).status_code == 200

    other = Client()
    log_in(other, user)
    again = other.post(reverse("mfa_authenticate"), {"code": code})
    assert "验证码不正确或已使用过" in again.content.decode()


def test_a_recovery_code_stands_in_once(client, user):
    log_in(client, user)
    set_up(client)
    codes = recovery_codes(client)
    assert len(set(codes)) == 10
    text = client.get(reverse("mfa_download_recovery_codes"))
    assert codes[0] in text.content.decode()
    client.post(reverse("account_logout"))

    for expected in (302, 200):
        log_in(client, user)
        answer = client.post(reverse("mfa_authenticate"), {"code": codes[0]})
        assert answer.status_code == expected
        client.post(reverse("account_logout"))


def test_guessing_codes_is_limited(client, user, settings):
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "5/5m/key"}
    log_in(client, user)
    secret = set_up(client)
    client.post(reverse("account_logout"))
    log_in(client, user)
    for _ in range(5):
        client.post(reverse("mfa_authenticate"), {"code": "000000"})
    right = client.post(reverse("mfa_authenticate"), {"code": code_of(secret, time.time() + 30)})
    assert "验证失败次数过多，请 5 分钟后再试。" in right.content.decode()


def test_a_stolen_password_adds_no_factor_to_an_account_that_has_one(client, user):
    thief = Client()
    log_in(thief, user)  # before there was one
    log_in(client, user)
    set_up(client)
    for name in ("mfa_activate_totp", "mfa_add_webauthn", "review:queue", "mfa_index"):
        assert thief.get(reverse(name)).url == reverse("accounts:second_factor")
    page = thief.get(reverse("accounts:second_factor")).content.decode()
    assert "请退出后重新登录，并完成二次验证" in page


def test_the_last_one_is_kept_by_who_must_have_one(client, user, settings):
    log_in(client, user)
    set_up(client)
    page = client.post(reverse("mfa_deactivate_totp")).content.decode()
    assert "您的角色必须保留至少一种二次验证方式" in page
    assert factors.of_user(user).exists()

    settings.MFA_REQUIRED = False
    assert client.post(reverse("mfa_deactivate_totp")).url == reverse("mfa_index")
    assert not Authenticator.objects.filter(user=user).exists()  # nor recovery codes


def test_the_secret_is_not_readable_in_the_database(client, user, settings):
    log_in(client, user)
    secret = set_up(client)
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in stored
    assert not set(recovery_codes(client)) & set(re.findall(r"\d{8}", stored))

    # Another SECRET_KEY reads it as long as the one before is kept.
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-one"
    totp = Authenticator.objects.get(type=Authenticator.Type.TOTP)
    assert factors.FactorAdapter().decrypt(totp.data["secret"]) == secret


def test_the_qr_code_is_a_picture_that_the_content_policy_allows(client, user):
    log_in(client, user)
    page = client.get(reverse("mfa_activate_totp")).content.decode()
    assert 'src="data:image/svg+xml;base64,' in page
    assert not re.search(r"<script(?![^>]*(src=|application/json))| style=", page)


def test_the_administrator_removes_the_factors_of_who_lost_them(client, user, mailoutbox):
    holder = Client()
    log_in(holder, user)
    set_up(holder)
    admin = make_user(Role.ADMIN)
    log_in(client, admin)
    set_up(client)

    client.post(reverse("accounts:staff_factors", args=[user.pk]))

    assert not Authenticator.objects.filter(user=user).exists()
    assert holder.get(reverse("mfa_index")).url.startswith(reverse("account_login"))
    assert mailoutbox[-1].to == [user.email]
    entry = AuditEntry.objects.filter(kind="FACTOR").first()
    assert (entry.user, entry.subject) == (admin, f"账号 {user.pk}")

    client.post(reverse("accounts:staff_factors", args=[admin.pk]))
    assert Authenticator.objects.filter(user=admin).exists()


def test_setting_up_and_removing_are_logged(client, user, settings):
    settings.MFA_REQUIRED = False
    log_in(client, user)
    set_up(client)
    client.post(reverse("mfa_deactivate_totp"))
    found = AuditEntry.objects.filter(kind="FACTOR", user=user).order_by("pk")
    assert [(each.data["action"], each.data["type"]) for each in found] == [
        ("added", "totp"),
        ("added", "recovery_codes"),
        ("removed", "totp"),
        ("removed", "recovery_codes"),
    ]


def test_a_code_that_was_used_does_not_work_again_while_it_is_still_good(client, user):
    log_in(client, user)
    secret = set_up(client)
    begin = (int(time.time()) // 30 + 20) * 30 + 1
    with time_machine.travel(begin, tick=False) as clock:
        code = code_of(secret, begin)
        for seconds, status in ((0, 302), (31, 422)):
            clock.move_to(begin + seconds)
            other = Client()
            assert log_in(other, user).url == reverse("mfa_authenticate")
            answer = other.post(reverse("mfa_authenticate"), {"code": code})
            assert (answer.status_code in {200, 422}) == (status == 422)
            assert (answer.status_code == 302) == (status == 302)


def test_the_question_takes_a_code_too(client, user):
    log_in(client, user)
    secret = set_up(client)
    url = reverse("mfa_view_recovery_codes")
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 3600
    session.save()
    assert client.get(url).status_code == 401
    answer = {"reauthentication-code": code_of(secret, time.time() + 30)}
    assert client.post(url, answer | {"reauthentication-opened": "yes"}).url == url
    assert client.get(url).status_code == 200


def test_who_has_to_set_one_up_may_read_the_privacy_page_first(client, user):
    log_in(client, user)
    assert client.get(reverse("review:queue")).status_code == 302
    assert client.get(reverse("privacy")).status_code == 200


def test_the_only_one_cannot_be_switched_off_on_the_page(client, user):
    log_in(client, user)
    set_up(client)
    page = client.get(reverse("mfa_index")).content.decode()
    assert reverse("mfa_deactivate_totp") not in page
    assert "请先添加另一种再停用" in page
