"""The office: qualification, inspection, public notices, objections, results."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from applications.rounds import Round
from applications.stages import Stage
from review.models import (
    Inspection,
    PublicNotice,
)
from review.views import inspection
from review.views.records import hold
from tests.factories import (
    make_application,
    prepare,
)

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


@pytest.fixture
def office(log_in):
    return log_in(Role.OFFICE)


def page_of(application):
    return reverse("review:detail", args=[application.pk])


class TestInspection:
    TYPED = {
        "visited_on": "2026-05-06",
        "inspectors": "考察某、考察另某",
        "unit_representative": "联系某",
        "findings": "三室一场齐备。",
        "passed": "True",
    }

    def test_is_recorded_and_corrected(self, office, people):
        application = make_application(Stage.INSPECTING, people)
        url = reverse("review:inspection", args=[application.pk])
        assert office.post(url, self.TYPED).status_code == 302
        office.post(url, {**self.TYPED, "passed": "False"})
        assert Inspection.objects.get().passed is False
        assert "实地考察结论为不合格" in office.get(page_of(application)).content.decode()

    def test_a_colleagues_first_save_in_the_same_moment_is_corrected(
        self, office, people, monkeypatch
    ):
        application = make_application(Stage.INSPECTING, people)

        def after_a_colleague(user, pk, *stages):
            prepare(application, "fail_inspection", people)
            return hold(user, pk, *stages)

        monkeypatch.setattr(inspection, "hold", after_a_colleague)
        url = reverse("review:inspection", args=[application.pk])
        assert office.post(url, self.TYPED).status_code == 302
        assert Inspection.objects.get().passed

    def test_needs_a_result_and_a_past_day(self, office, people):
        application = make_application(Stage.INSPECTING, people)
        url = reverse("review:inspection", args=[application.pk])
        typed = {**self.TYPED, "visited_on": timezone.localdate() + DAY}
        del typed["passed"]
        response = office.post(url, typed)
        assert response.status_code == 422
        content = response.content.decode()
        assert "请选择考察结论。" in content
        assert "考察日期不能晚于今天。" in content
        assert "三室一场齐备。" in content

    def test_is_closed_in_another_stage(self, office, people):
        application = make_application(Stage.PUBLICITY, people)
        url = reverse("review:inspection", args=[application.pk])
        assert office.get(url).status_code == 404
        assert office.post(url, {**self.TYPED, "passed": "False"}).status_code == 409
        assert Inspection.objects.get().passed


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
