"""How often may be tried what strangers may try: counted for all processes together."""

import pytest
import time_machine
from allauth.account import app_settings
from allauth.core.internal.ratelimit import parse_rates
from django.core.cache import cache
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from tests.accounts.test_registration import answers as typed
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def shared_cache(settings):
    """The cache as it is outside the tests, in the table that the migration made."""
    settings.CACHES = {
        "default": {
            **settings.CACHES["default"],
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        }
    }
    cache.clear()


@pytest.mark.parametrize(
    ("name", "action", "data"),
    [
        ("account_login", "login", {"login": "x@example.invalid", "password": "x"}),
        ("account_signup", "signup", None),
        ("account_reset_password", "reset_password", {"email": "x@example.invalid"}),
    ],
)
def test_too_many_tries_get_a_page_that_says_so(client, settings, name, action, data):
    settings.ACCOUNT_RATE_LIMITS = {action: "2/m/ip"}
    url = reverse(name)
    data = typed(password2="different") if data is None else data
    answers = [client.post(url, data) for _ in range(3)]
    assert [each.status_code == 429 for each in answers] == [False, False, True]
    page = answers[-1].content.decode()
    assert "短时间内尝试次数过多，刚才的操作没有执行。" in page
    assert "请 1 分钟后返回上一页重试。" in page
    assert answers[-1]["Retry-After"] == "60"
    # Somebody else is not held up.
    assert client.post(url, data, REMOTE_ADDR="192.0.2.1").status_code != 429


def test_the_verification_page_is_limited(client):
    url = reverse("applications:verify", args=["0" * 64])
    codes = [client.get(url).status_code for _ in range(60)]
    assert 429 in codes


def test_the_count_stands_in_the_database_for_every_process(settings, client):
    settings.ACCOUNT_RATE_LIMITS = {"login": "1/m/ip"}
    client.post(reverse("account_login"), {"login": "x@example.invalid", "password": "x"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key FROM attempts")
        keys = [row[0] for row in cursor.fetchall()]
    assert any("login:1/60/ip:ip:127.0.0.1" in key for key in keys)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("account_signup", None),
        ("account_reset_password", {"email": "{}@example.invalid"}),
        ("account_login", {"login": "", "password": ""}),
        ("mfa_login_webauthn", {"credential": "x"}),
    ],
)
def test_an_office_of_forty_gets_in_within_one_minute(client, settings, name, data):
    """Each of them with two mistakes, from one address."""
    settings.ACCOUNT_RATE_LIMITS = settings.ENTRANCE_LIMITS
    data = typed(password2="different") if data is None else data
    with time_machine.travel(timezone.now(), tick=False) as clock:
        statuses = []
        for number in range(3 * 40 + 1):
            each = {key: f"{value}".replace("{}", f"{number}") for key, value in data.items()}
            statuses.append(client.post(reverse(name), each).status_code)
        assert [each == 429 for each in statuses] == [False] * 120 + [True]
        clock.shift(61)  # as the page said
        assert client.post(reverse(name), data).status_code != 429


def test_what_stops_at_the_entrances_is_over_in_the_minute_that_the_page_says(settings):
    """All but codes, which say their own time, and letters, which are only not sent again."""
    rates = {**app_settings.RATE_LIMITS, **settings.ENTRANCE_LIMITS, **settings.MFA_RATE_LIMITS}
    found = {
        rate.duration
        for action, text in rates.items()
        if action not in {"login_failed", "confirm_email"}
        for rate in parse_rates(text)
        if rate.per != "key" or action == "reset_password"
    }
    assert found == {60}


def test_wrong_codes_say_their_own_time(client, settings):
    settings.ACCOUNT_RATE_LIMITS = settings.ENTRANCE_LIMITS
    user = make_user(Role.OFFICE)
    client.force_login(user)
    url = reverse("mfa_activate_totp")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        pages = [client.post(url, {"code": "000000"}).content.decode() for _ in range(6)]
        assert ["请 5 分钟后再试" in each for each in pages] == [False] * 5 + [True]
        clock.shift(5 * 60 + 1)
        assert "请 5 分钟后再试" not in client.post(url, {"code": "000000"}).content.decode()


def test_wrong_passwords_in_the_question_lock_the_account(client, settings):
    settings.ACCOUNT_RATE_LIMITS = settings.ENTRANCE_LIMITS
    user = make_user(Role.OFFICE)
    client.force_login(user)
    session = client.session
    session["account_authentication_methods"] = []
    session.save()
    url = reverse("mfa_activate_totp")
    opened = {"reauthentication-opened": "yes"}
    for _ in range(5):
        client.post(url, {"reauthentication-password": "wrong", **opened})
    page = client.post(url, {"reauthentication-password": PASSWORD, **opened})
    assert page.status_code == 429
    assert "暂停登录 30 分钟" in page.content.decode()
