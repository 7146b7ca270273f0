"""Sessions: a new key at login, their end when idle, the user's own list of them."""

import datetime
import time

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.audit import AuditEntry
from accounts.roles import Role
from accounts.views.security import device
from tests.factories import (
    PASSWORD,
    make_applying_unit,
    make_draft,
    make_people,
    make_round,
    make_user,
)

pytestmark = pytest.mark.django_db
NEW = "another-long-secret"
CHROME = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/120.0 Safari/537.36"


@pytest.fixture
def just_authenticated():
    """These tests log in for real."""


@pytest.fixture
def user():
    return make_user(Role.OFFICE)


def logged_in(user, **extra):
    client = Client(**extra)
    data = {"login": user.email, "password": PASSWORD}
    assert client.post(reverse("account_login"), data).status_code == 302
    return client


def is_in(client):
    return client.get(reverse("mfa_index")).status_code == 200


def later(**ago):
    return time_machine.travel(timezone.now() + datetime.timedelta(**ago), tick=False)


def test_the_session_gets_a_new_key_at_login_and_the_old_one_opens_nothing(client, user):
    client.get(reverse("account_login"))
    session = client.session
    session["planted"] = "by an attacker"
    session.save()
    before = session.session_key
    client.cookies["sessionid"] = before
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    assert client.session.session_key != before
    assert not Session.objects.filter(session_key=before).exists()


def test_an_idle_session_of_staff_ends_after_half_an_hour(user):
    client = logged_in(user)
    with later(minutes=29):
        assert is_in(client)
    with later(minutes=58):
        assert is_in(client)
    with later(minutes=90):
        assert not is_in(client)
        page = client.get(reverse("account_login")).content.decode()
    assert "超过 30 分钟没有操作，已自动退出，请重新登录。" in page
    assert AuditEntry.objects.get(kind="LOGOUT").data == {"reason": "idle"}


def test_an_applicants_lasts_four_hours(client):
    client = logged_in(make_user(Role.APPLICANT, applying_unit=make_applying_unit()))
    with later(hours=3, minutes=59):
        assert is_in(client)
    with later(hours=8):
        assert not is_in(client)


def test_the_session_is_written_once_a_minute_at_most(user, django_assert_num_queries):
    client = logged_in(user)
    url = reverse("accounts:second_factor")  # leads home, and asks for nothing else
    with later(seconds=30), django_assert_num_queries(2):
        client.get(url)
    with later(seconds=61):
        client.get(url)
    with later(seconds=90), django_assert_num_queries(2):
        client.get(url)


def test_my_sessions_are_listed_and_ended_one_by_one(user):
    here, there = logged_in(user, HTTP_USER_AGENT=CHROME), logged_in(user)
    page = here.get(reverse("mfa_index"))
    assert "Chrome 内核浏览器，Windows" in page.content.decode()
    assert [each.is_present for each in page.context["sessions"]] == [False, True]

    other = page.context["sessions"][0]
    stranger = logged_in(make_user(Role.EXPERT))
    assert stranger.post(reverse("accounts:session_end", args=[other.pk])).status_code == 404
    here.post(reverse("accounts:session_end", args=[other.pk]))

    assert is_in(here)
    assert not is_in(there)
    assert AuditEntry.objects.filter(kind="SESSION", user=user).count() == 1


def test_all_others_are_ended_at_once(user):
    here, *others = [logged_in(user) for _ in range(3)]
    here.post(reverse("accounts:sessions_end"))
    assert is_in(here)
    assert not any(is_in(each) for each in others)


def test_a_new_password_ends_all_others(user):
    here, there = logged_in(user), logged_in(user)
    data = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    before = here.session.session_key
    here.post(reverse("account_change_password"), data)
    assert is_in(here)
    assert here.session.session_key != before
    assert not is_in(there)
    assert len(here.get(reverse("mfa_index")).context["sessions"]) == 1
    assert AuditEntry.objects.filter(kind="PASSWORD", user=user).count() == 1


@pytest.mark.parametrize("rows", [1, 10])
def test_the_page_makes_as_many_queries_for_one_session_as_for_ten(
    user, django_assert_num_queries, rows
):
    clients = [logged_in(user) for _ in range(rows)]
    with django_assert_num_queries(8):
        page = clients[0].get(reverse("mfa_index"))
    assert len(page.context["sessions"]) == rows


def test_recent_logins_show_good_and_failed_ones_of_this_account_only(user):
    Client().post(reverse("account_login"), {"login": user.email, "password": "wrong"})
    other = make_user(Role.EXPERT)
    Client().post(reverse("account_login"), {"login": other.email, "password": "wrong"})
    logins = logged_in(user).get(reverse("mfa_index")).context["logins"]
    assert [(each.kind, each.how) for each in logins] == [("LOGIN", "密码"), ("LOGIN_FAILED", "")]


def test_logging_in_and_out_is_logged(user):
    client = logged_in(user)
    client.post(reverse("account_logout"))
    found = AuditEntry.objects.filter(user=user).order_by("pk")
    assert [each.kind for each in found] == ["LOGIN", "LOGOUT"]
    assert found[0].data == {"methods": ["password"]}
    assert found[0].address == "127.0.0.1"


def test_a_browser_is_named_in_a_few_words():
    assert device(CHROME) == "Chrome 内核浏览器，Windows"
    assert device(f"{CHROME} Edg/120.0") == "Edge 浏览器，Windows"
    assert device("curl/8") == "其他程序"


def test_what_an_idle_applicant_sends_is_kept_over_the_login():
    people = make_people(make_round())
    draft = make_draft(people.panel.round, people.applicant)
    client = logged_in(people.applicant)
    url = reverse("applications:section", args=[draft.pk, "unit"])
    page = client.get(url).context
    with later(hours=5):
        answer = client.post(url, {"editor": page["editor"], "principal": "迟到某"})
        assert answer.url == f"{reverse('account_login')}?next={url}"
        told = client.get(answer.url).content.decode()
        assert "您刚才填写的内容已经留存，重新登录后自动保存。" in told
        data = {"login": people.applicant.email, "password": PASSWORD}
        assert client.post(answer.url, data).url == url
        assert "迟到某" in client.get(url, follow=True).content.decode()


def test_what_a_page_asks_by_itself_keeps_no_session_alive(client):
    people = make_people(make_round())
    now = int(time.time())
    with time_machine.travel(now, tick=False) as clock:
        client.post(reverse("account_login"), {"login": people.office.email, "password": PASSWORD})
        url = reverse("documents:exports_progress")
        for minute in (0, 20):
            clock.move_to(now + minute * 60)
            assert client.get(url, headers={"X-Unattended": "yes"}).status_code == 200
        clock.move_to(now + 40 * 60)
        assert client.get(reverse("review:queue")).status_code == 302


def test_guessing_the_password_on_the_change_page_locks_the_account(client):
    user = make_user(Role.OFFICE)
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    new = "Ganz-anders-5512"
    for number in range(5):
        data = {"oldpassword": f"wrong{number}", "password1": new, "password2": new}
        client.post(reverse("account_change_password"), data)
    assert AuditEntry.objects.filter(kind=AuditEntry.Kind.LOGIN_FAILED).count() >= 4
    right = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert client.post(reverse("account_change_password"), right).status_code != 302
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
