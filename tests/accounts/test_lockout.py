"""Failed logins lock the account and the address (accounts/lockout.py)."""

import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from axes.models import AccessAttempt
from django.urls import reverse
from django.utils import timezone

from accounts.audit import AuditEntry
from accounts.lockout import ADDRESS_LIMIT, locked_addresses, locked_until
from accounts.roles import Role
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db
NINE = datetime.datetime(2031, 5, 6, 9, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def just_authenticated():
    """These tests log in for real."""


def log_in(client, email, password=PASSWORD, **extra):
    return client.post(reverse("account_login"), {"login": email, "password": password}, **extra)


def fail(client, email, times, **extra):
    for _ in range(times):
        response = log_in(client, email, "wrong-password", **extra)
    return response


@pytest.fixture
def user():
    return make_user(Role.OFFICE)


def test_the_fifth_failure_locks_the_account_from_everywhere(client, user):
    assert fail(client, user.email, 4).status_code == 200
    locked = fail(client, user.email, 1)
    assert locked.status_code == 429
    assert "暂停登录 30 分钟" in locked.content.decode()
    # The right password from another address, in other letters.
    assert log_in(client, user.email.upper(), REMOTE_ADDR="192.0.2.7").status_code == 429
    assert "_auth_user_id" not in client.session


def test_the_page_says_for_how_long_it_still_is(client, user):
    with time_machine.travel(NINE, tick=False) as clock:
        fail(client, user.email, 4)
        clock.move_to(NINE + datetime.timedelta(minutes=20))
        locked = fail(client, user.email, 1, REMOTE_ADDR="192.0.2.8")
        # Four of the five are too old at half past nine; then one is left.
        assert "暂停登录 10 分钟，09:30 自动恢复" in locked.content.decode()
        assert locked["Retry-After"] == "600"
        assert locked_until(user) == NINE + datetime.timedelta(minutes=30)
        clock.move_to(NINE + datetime.timedelta(minutes=29, seconds=30))
        again = log_in(client, user.email, REMOTE_ADDR="192.0.2.7")
        assert "暂停登录 1 分钟" in again.content.decode()
        clock.move_to(NINE + datetime.timedelta(minutes=30, seconds=1))
        assert locked_until(user) is None
        assert log_in(client, user.email).status_code == 302


def test_so_it_does_for_an_address(client, user):
    with time_machine.travel(NINE, tick=False) as clock:
        for number in range(ADDRESS_LIMIT):
            clock.move_to(NINE + datetime.timedelta(seconds=15 * number))
            fail(client, f"somebody{number}@example.invalid", 1)
        locked = log_in(client, user.email)
        # The first of the forty is too old at half past nine, and thirty-nine lock nobody out.
        assert "暂停登录 21 分钟，09:30 自动恢复" in locked.content.decode()
        assert locked_addresses() == [("127.0.0.1", NINE + datetime.timedelta(minutes=30))]
        clock.move_to(NINE + datetime.timedelta(minutes=30, seconds=1))
        assert log_in(client, user.email).status_code == 302


def test_an_office_that_mistypes_in_one_minute_is_not_held_up(client, settings):
    """Forty people behind one address; another rule of a library's would stop the eleventh."""
    settings.ACCOUNT_RATE_LIMITS = settings.ENTRANCE_LIMITS
    with time_machine.travel(NINE, tick=False):
        people = [make_user(Role.EXPERT) for _ in range(ADDRESS_LIMIT - 1)]
        for person in people:
            page = fail(client, person.email, 1)
            assert page.status_code == 200
            assert "电子邮箱或密码不正确" in page.content.decode()
        for person in people:
            assert log_in(client, person.email).status_code == 302
            client.post(reverse("account_logout"))


def test_a_good_login_forgets_for_every_rule(client, user, settings):
    settings.ACCOUNT_RATE_LIMITS = settings.ENTRANCE_LIMITS
    with time_machine.travel(NINE, tick=False):
        for _ in range(3):
            assert fail(client, user.email, 4).status_code == 200
            assert log_in(client, user.email).status_code == 302
            client.post(reverse("account_logout"))


def test_it_ends_by_itself_even_if_somebody_keeps_trying(client, user):
    fail(client, user.email, 5)
    now = timezone.now()
    with time_machine.travel(now + datetime.timedelta(minutes=20)):
        fail(client, user.email, 3)
    with time_machine.travel(now + datetime.timedelta(minutes=31)):
        assert log_in(client, user.email).status_code == 302


def test_an_unknown_address_is_locked_just_the_same_and_not_stored(client, user):
    known = [fail(client, user.email, 1).status_code for _ in range(6)]
    unknown = [fail(client, "nobody@example.invalid", 1).status_code for _ in range(6)]
    assert known == unknown == [200, 200, 200, 200, 429, 429]
    stored = str(list(AccessAttempt.objects.values())) + str(list(AuditEntry.objects.values()))
    assert "nobody" not in stored
    assert user.email not in stored
    assert "wrong-password" not in stored


def test_a_good_login_forgets_the_failures(client, user):
    fail(client, user.email, 4)
    assert log_in(client, user.email).status_code == 302
    client.post(reverse("account_logout"))
    assert fail(client, user.email, 4).status_code == 200


def test_many_accounts_from_one_address_lock_the_address(client, user):
    for number in range(ADDRESS_LIMIT):
        fail(client, f"somebody{number}@example.invalid", 1, REMOTE_ADDR="192.0.2.9")
    assert log_in(client, user.email, REMOTE_ADDR="192.0.2.9").status_code == 429
    assert log_in(client, user.email, REMOTE_ADDR="192.0.2.10").status_code == 302

    admin = make_user(Role.ADMIN)
    client.force_login(admin)
    session = client.session
    session["seen"] = 2**40
    session.save()
    page = client.get(reverse("accounts:locks")).content.decode()
    assert "192.0.2.9" in page
    client.post(reverse("accounts:locks"), {"address": "192.0.2.9"})
    assert AuditEntry.objects.get(kind="UNLOCKED").subject == "地址 192.0.2.9"
    assert log_in(client, user.email, REMOTE_ADDR="192.0.2.9").status_code == 302


def test_the_address_is_the_one_that_the_trusted_proxy_saw(client, user, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    log_in(client, user.email, "wrong", HTTP_X_FORWARDED_FOR="198.51.100.1, 203.0.113.5")
    attempt = AccessAttempt.objects.get()
    entry = AuditEntry.objects.get(kind="LOGIN_FAILED")
    assert attempt.ip_address == entry.address == "203.0.113.5"


def test_the_administrator_sees_the_lock_and_unlocks(client, user, settings):
    settings.ACCOUNT_RATE_LIMITS = settings.ENTRANCE_LIMITS
    fail(client, user.email, 5)
    assert fail(client, user.email, 1).status_code == 429
    admin = make_user(Role.ADMIN)
    client.force_login(admin)
    session = client.session
    session["seen"] = 2**40
    session.save()
    assert user.name in client.get(reverse("accounts:locks")).content.decode()
    page = client.get(reverse("accounts:staff_edit", args=[user.pk])).content.decode()
    assert "登录已锁定" in page
    client.post(reverse("accounts:staff_unlock", args=[user.pk]))
    client.logout()

    assert log_in(client, user.email).status_code == 302
    kinds = AuditEntry.objects.filter(subject=f"账号 {user.pk}").order_by("pk")
    assert [each.kind for each in kinds] == [
        *["LOGIN_FAILED"] * 4,
        "LOCKED",
        "LOGIN_FAILED",
        "LOGIN_FAILED",
        "UNLOCKED",
    ]


@pytest.mark.parametrize("rows", [1, 30])
def test_the_list_of_locks_makes_as_many_queries_for_one_as_for_thirty(
    client, django_assert_num_queries, rows
):
    for _ in range(rows):
        locked = make_user(Role.EXPERT)
        AccessAttempt.objects.create(
            username=str(locked.pk), ip_address=None, failures_since_start=5
        )
    client.force_login(make_user(Role.ADMIN))
    session = client.session
    session["seen"] = 2**40
    session.save()
    with django_assert_num_queries(5):
        client.get(reverse("accounts:locks"))
