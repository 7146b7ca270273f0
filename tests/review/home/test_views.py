"""The home page's blocks: what is a task, and what is due soon."""

import datetime

import pytest
from django.test import Client
from django.utils import timezone

from accounts.roles import Role
from applications.rounds import Round
from tests.factories import make_user

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


def home(log_in, role):
    return log_in(role).get("/")


def test_what_is_far_away_is_not_due_soon_but_comes_next(log_in):
    now = timezone.now()
    dates = {"closes_at": now + 213 * DAY, "report_deadline": now + 220 * DAY}
    Round.objects.update(**dates, review_deadline=None)
    response = home(log_in, Role.OFFICE)
    assert response.context["due"] == []
    page = response.content.decode()
    assert "30 天内没有到期的事项" in page
    assert "还剩 213 天" in page
    assert "还剩 220 天" not in page
    Round.objects.update(closes_at=now + 30 * DAY)
    response = home(log_in, Role.OFFICE)
    assert [row["title"] for row in response.context["due"]] == ["申报截止"]
    assert "还剩 220 天" not in response.content.decode()


def test_an_administrator_is_told_of_tasks_alone(log_in):
    make_user(Role.EXPERT)  # has never logged in
    assert "目前没有待您处理的事项" in home(log_in, Role.ADMIN).content.decode()
    locked = make_user(Role.OFFICE)
    for _ in range(5):
        Client().post("/accounts/login/", {"login": locked.email, "password": "wrong"})
    counts = home(log_in, Role.ADMIN).context["counts"]
    assert [(number, label) for number, label, _ in counts] == [(1, "被锁定的账号")]
