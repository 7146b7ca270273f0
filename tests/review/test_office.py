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
    Objection,
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


class TestPublicity:
    @pytest.fixture(autouse=True)
    def monday(self, time_machine, people):
        # Everything before was made now; the notice is published on a Monday that is known.
        self.application = make_application(Stage.PUBLICITY, people)
        time_machine.move_to(datetime.datetime(2026, 11, 23, 4, tzinfo=datetime.UTC), tick=False)

    def publish(self, client, **typed):
        typed = {"starts_on": "2026-11-23", "ends_on": "", "contact": "83919079", **typed}
        return client.post(reverse("review:publicity_new", args=[self.application.round_id]), typed)

    def test_the_end_is_worked_out_in_working_days(self, log_in):
        office = log_in(Role.OFFICE)
        assert self.publish(office).status_code == 302
        notice = PublicNotice.objects.get()
        assert notice.ends_on == datetime.date(2026, 11, 27)
        assert list(notice.applications.all()) == [self.application]
        assert self.publish(office).status_code == 422  # nothing is left to publish

    def test_a_shorter_period_is_refused(self, log_in):
        response = self.publish(log_in(Role.OFFICE), ends_on="2026-11-24")
        assert response.status_code == 422
        assert "公示不得少于 5 个工作日，最早到 2026-11-27 结束" in response.content.decode()

    def test_an_unknown_year_asks_the_office_for_the_end(self, log_in, time_machine):
        time_machine.move_to(datetime.datetime(2090, 1, 2, 4, tzinfo=datetime.UTC), tick=False)
        office = log_in(Role.OFFICE)
        response = self.publish(office, starts_on="2090-01-03")
        assert response.status_code == 422
        assert "2090 年的节假日安排" in response.content.decode()
        response = self.publish(office, starts_on="2090-01-03", ends_on="2090-01-06")
        assert "公示不得少于 5 个工作日。" in response.content.decode()
        self.publish(office, starts_on="2090-01-03", ends_on="2090-01-10")
        assert PublicNotice.objects.get().ends_on == datetime.date(2090, 1, 10)

    def test_a_start_in_the_past_is_refused(self, log_in):
        response = self.publish(log_in(Role.OFFICE), starts_on="2026-11-01")
        assert "公示开始日期不得早于今天" in response.content.decode()

    def test_the_public_page_shows_the_running_notice_and_nothing_private(
        self, log_in, client, time_machine
    ):
        self.publish(log_in(Role.OFFICE))
        client.logout()
        content = client.get(reverse("publicity")).content.decode()
        for shown in ("unit_name", "lead_name", "lead_occupation", "studio_occupation"):
            assert getattr(self.application, shown) in content
        assert self.application.recommending_unit.name in content
        for private in (
            self.application.lead_id_number,
            self.application.lead_birth,
            self.application.bank_account,
            self.application.contact_mobile,
            self.application.principal_phone,
            self.application.email,
            self.application.number,
        ):
            assert private not in content
        time_machine.move_to(datetime.datetime(2026, 11, 28, 4, tzinfo=datetime.UTC), tick=False)
        assert "目前没有公示" in client.get(reverse("publicity")).content.decode()

    def test_objections_are_entered_and_resolved(self, log_in):
        office = log_in(Role.OFFICE)
        self.publish(office)
        typed = {
            "raised_by": "异议某",
            "contact": "027-80000000",
            "received_on": "2026-11-23",
            "text": "获奖情况不实。",
        }
        new = reverse("review:objection_new", args=[self.application.pk])
        untold = office.post(new, {**typed, "text": ""})
        assert untold.status_code == 422
        assert "异议内容：请填写。" in untold.content.decode()
        tomorrow = office.post(new, {**typed, "received_on": timezone.localdate() + DAY})
        assert "收到日期不能晚于今天。" in tomorrow.content.decode()
        assert office.post(new, typed).status_code == 302
        objection = Objection.objects.get()
        assert "还有 1 件异议没有处理结论" in office.get(page_of(self.application)).content.decode()
        url = reverse("review:objection", args=[objection.pk])
        assert office.post(url, {"outcome": "UPHELD", "answer": ""}).status_code == 422
        objection.refresh_from_db()
        assert objection.outcome == ""
        assert office.post(url, {"outcome": "UPHELD", "answer": "经查属实。"}).status_code == 302
        objection.refresh_from_db()
        assert objection.outcome == "UPHELD"
        assert objection.resolved_at is not None
        # Who objected stays inside the office and the bureau.
        content = log_in(Role.RECOMMENDER).get(page_of(self.application)).content.decode()
        assert "异议某" not in content


class TestResults:
    def publish(self, client, round_):
        return client.post(reverse("review:publish_results", args=[round_.pk]))

    def test_are_public_once_published(self, office, client, people, round_):
        application = make_application(Stage.AWARDED, people)
        url = reverse("results", args=[round_.pk])
        assert client.get(url).status_code == 404
        self.publish(office, round_)
        client.logout()
        content = client.get(url).content.decode()
        assert application.unit_name in content
        assert application.award_document_number in content
        for private in (
            application.lead_id_number,
            application.lead_birth,
            application.contact_mobile,
            application.number,
        ):
            assert private not in content

    @pytest.mark.parametrize("stage", [Stage.QUALIFYING, Stage.PANEL, Stage.APPROVING])
    def test_wait_for_the_last_application(self, office, people, round_, stage):
        make_application(Stage.AWARDED, people)
        make_application(stage, people)
        page = office.get(reverse("review:publicity_notices")).content.decode()
        assert "还有 1 项申报没有审定" in page
        self.publish(office, round_)
        round_.refresh_from_db()
        assert round_.results_published_at is None

    def test_need_an_award(self, office, people, round_):
        make_application(Stage.NOT_SELECTED, people)
        self.publish(office, round_)
        round_.refresh_from_db()
        assert round_.results_published_at is None


class TestListsCostTheSame:
    @pytest.mark.parametrize("made", [1, 30])
    @pytest.mark.parametrize(
        ("name", "queries"), [("panels", 6), ("rounds", 3), ("publicity_notices", 4)]
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
