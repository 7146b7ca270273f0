"""How often may be tried what strangers may try: counted for all processes together."""

import pytest
from django.core.cache import cache
from django.db import connection
from django.urls import reverse

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
    assert "短时间内尝试次数过多，刚才的操作没有执行。" in answers[-1].content.decode()
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


def test_the_question_for_the_password_is_limited(client, settings):
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "3/5m/key"}
    user = make_user(Role.OFFICE)
    client.force_login(user)
    session = client.session
    session["account_authentication_methods"] = []
    session.save()
    url = reverse("mfa_activate_totp")
    opened = {"reauthentication-opened": "yes"}
    for _ in range(3):
        client.post(url, {"reauthentication-password": "wrong", **opened})
    page = client.post(url, {"reauthentication-password": PASSWORD, **opened})
    assert page.status_code == 422
    assert "登录失败次数过多" in page.content.decode()
