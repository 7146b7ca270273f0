"""The office's lists."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from applications.rounds import Round
from review.publicity.models import PublicNotice

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


@pytest.fixture
def office(log_in):
    return log_in(Role.OFFICE)


def page_of(application):
    return reverse("review:detail", args=[application.pk])


class TestListsCostTheSame:
    @pytest.mark.parametrize("made", [1, 30])
    @pytest.mark.parametrize(
        ("name", "queries"), [("panels", 6), ("rounds", 3), ("publicity_notices", 5)]
    )
    def test_with_1_and_30_rows(
        self, office, people, round_, django_assert_num_queries, name, queries, made
    ):
        for number in range(made):
            another = Round.objects.create(
                title=f"批次{number}",
                year=2020,
                published_at=round_.published_at,
                opens_at=round_.opens_at,
                closes_at=round_.closes_at,
                report_deadline=round_.report_deadline,
            )
            another.panels.create(name="第一组", leader=people.expert)
            PublicNotice.objects.create(
                round=another,
                ends_on=timezone.localdate(),
                contact="83919079",
                published_by=people.office,
            )
        with django_assert_num_queries(queries):
            assert office.get(reverse(f"review:{name}")).status_code == 200
