"""What every request passes (accounts/middleware.py): who may keep its answer, and the login."""

import datetime

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from tests.factories import PASSWORD, make_people, make_round, make_user

pytestmark = pytest.mark.django_db
# What a script says of itself, and what one says that asks again and again.
SCRIPT = {"X-Requested-With": "script"}
BY_ITSELF = {**SCRIPT, "X-Unattended": "yes"}


@pytest.fixture
def just_authenticated():
    """These tests log in for real."""


@pytest.fixture
def office():
    return make_user(Role.OFFICE)


def log_in(client, user):
    typed = {"login": user.email, "password": PASSWORD}
    return client.post(reverse("account_login"), typed)


class TestStoredByNobody:
    """That every address does it is in tests/test_access.py."""

    @pytest.mark.parametrize("name", ["home", "publicity", "privacy", "account_login"])
    def test_a_public_page_names_who_is_logged_in_and_is_kept_by_nobody_then(
        self, client, office, name
    ):
        log_in(client, office)
        assert client.get(reverse(name))["Cache-Control"] == "private, no-store"

    @pytest.mark.parametrize("name", ["home", "publicity", "privacy"])
    def test_a_strangers_may_be_kept(self, client, name):
        assert "Cache-Control" not in client.get(reverse(name)).headers

    def test_the_login_and_the_logout_themselves_are_kept_by_nobody(self, client, office):
        assert log_in(client, office)["Cache-Control"] == "private, no-store"
        left = client.post(reverse("account_logout"))
        assert left["Cache-Control"] == "private, no-store"
        assert left.cookies["sessionid"].value == ""  # which empties the browser's memory of pages

    def test_a_fault_is_no_way_around_it(self, client, office):
        log_in(client, office)
        for address in ("/nowhere/", reverse("review:decide", args=[1, "qualify"])):
            assert client.get(address)["Cache-Control"] == "private, no-store", address

    def test_a_static_file_may_be_kept(self, client, office):
        log_in(client, office)
        served = client.get("/static/js/site.js")
        served.close()
        assert served.status_code == 200
        assert "no-store" not in served.get("Cache-Control", "")


class TestScriptsWithoutALogin:
    """A script is told 401; that every address does so is in tests/test_access.py."""

    @pytest.fixture
    def url(self):
        return reverse("documents:exports_progress")

    def test_one_that_was_never_there(self, client, url):
        answer = client.get(url, headers=SCRIPT)
        assert (answer.status_code, answer.content) == (401, b"")
        assert client.get(url).status_code == 302

    def test_the_session_was_idle_for_too_long(self, client, office, url):
        log_in(client, office)
        with time_machine.travel(timezone.now() + datetime.timedelta(minutes=31)):
            answer = client.get(url, headers=BY_ITSELF)
            assert answer.status_code == 401
            assert answer.cookies["sessionid"].value == ""
            told = client.get(reverse("account_login")).content.decode()
        assert "超过 30 分钟没有操作，已自动退出，请重新登录。" in told

    def test_the_account_was_closed(self, client, office, url):
        log_in(client, office)
        type(office).objects.filter(pk=office.pk).update(is_active=False)
        answer = client.get(url, headers=BY_ITSELF)
        assert answer.status_code == 401
        # The session does not wait for the account to be opened again.
        assert answer.cookies["sessionid"].value == ""
        assert not Session.objects.exists()
        type(office).objects.filter(pk=office.pk).update(is_active=True)
        assert client.get(url, headers=BY_ITSELF).status_code == 401

    def test_the_session_was_ended_elsewhere(self, client, office, url):
        log_in(client, office)
        Session.objects.all().delete()
        assert client.get(url, headers=BY_ITSELF).status_code == 401

    def test_the_second_factor_is_missing(self, client, office, url, settings):
        log_in(client, office)
        settings.MFA_REQUIRED = True
        assert client.get(url, headers=BY_ITSELF).status_code == 401
        assert client.get(url).url == reverse("accounts:second_factor")

    def test_a_public_page_answers_a_script_like_anybody(self, client):
        assert client.get(reverse("home"), headers=SCRIPT).status_code == 200

    def test_what_does_not_exist_for_this_account_is_not_found(self, client):
        people = make_people(make_round())
        log_in(client, people.expert)
        answer = client.get(reverse("review:verify", args=[1]), headers=SCRIPT)
        assert answer.status_code == 404
