"""The office: qualification, public notices, objections, results, rounds."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import HostKind
from accounts.roles import Role
from applications.guards import QUALIFICATION_CODES
from applications.rounds import PROOFS, Round
from applications.stages import Stage
from review.defaults import CRITERIA, EVIDENCE
from review.forms.rounds import RoundSetup
from review.models import (
    Objection,
    PanelAssignment,
    PublicNotice,
    QualificationCheck,
)
from tests.factories import (
    make_application,
    make_applying_unit,
    make_people,
    make_round,
    make_user,
    score,
)

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


@pytest.fixture
def office(log_in):
    return log_in(Role.OFFICE)


def page_of(application):
    return reverse("review:detail", args=[application.pk])


class TestQualification:
    def save(self, client, application, **typed):
        return client.post(reverse("review:qualification", args=[application.pk]), typed)

    def test_judges_condition_by_condition(self, office, people):
        application = make_application(Stage.QUALIFYING, people)
        everything = {f"{code}-result": "MET" for code in QUALIFICATION_CODES}
        assert self.save(office, application, **{"lead_level-result": "MET"}).status_code == 302
        assert QualificationCheck.objects.count() == 1
        self.save(office, application, **everything)
        assert QualificationCheck.objects.count() == 5
        self.save(office, application, **{**everything, "host_1-result": ""})
        assert not QualificationCheck.objects.filter(code="host_1").exists()

    def test_an_explanation_needs_words(self, office, people):
        application = make_application(Stage.QUALIFYING, people)
        response = self.save(
            office,
            application,
            **{"host_3-result": "EXPLAINED", "host_1-note": "已到现场核实的备注"},
        )
        assert response.status_code == 422
        content = response.content.decode()
        assert "选择“说明后认可”的，请填写说明。" in content
        assert "已到现场核实的备注" in content
        assert not QualificationCheck.objects.exists()

    def test_shows_the_claim_and_the_fund_share(self, office, people):
        application = make_application(Stage.QUALIFYING, people)
        content = office.get(page_of(application)).content.decode()
        assert "占 60.0%，达到 50%" in content
        assert "2019年获“武汉工匠”称号。" in content

    def test_a_share_below_half_says_so(self, office, people):
        application = make_application(Stage.QUALIFYING, people, training_fund_skilled="49.90")
        assert "占 49.9%，未达到 50%" in office.get(page_of(application)).content.decode()

    def test_schools_have_their_own_conditions(self, office, people):
        unit = make_applying_unit(
            people.applicant.applying_unit.recommending_unit, host_kind=HostKind.SCHOOL
        )
        people.applicant = make_user(Role.APPLICANT, applying_unit=unit)
        application = make_application(Stage.QUALIFYING, people)
        content = office.get(page_of(application)).content.decode()
        assert "制定了一系列推进高技能人才队伍建设的制度措施" in content
        assert "未达到 50%" not in content

    def test_assigns_a_panel_of_the_round(self, office, people):
        application = make_application(Stage.QUALIFYING, people)
        url = reverse("review:assign", args=[application.pk])
        foreign = make_people(make_round()).panel
        assert office.post(url, {"panel": foreign.pk}).status_code == 404
        assert office.post(url, {"panel": ""}).status_code == 302
        assert not PanelAssignment.objects.exists()
        office.post(url, {"panel": people.panel.pk})
        assert PanelAssignment.objects.get().panel == people.panel

    def test_nothing_is_judged_or_assigned_in_another_stage(self, office, people):
        application = make_application(Stage.PANEL, people)
        response = self.save(office, application, **{"lead_level-result": "NOT_MET"})
        assert response.status_code == 409
        office.post(
            reverse("review:assign", args=[application.pk]),
            {"panel": make_people(application.round).panel.pk},
        )
        assert not QualificationCheck.objects.filter(result="NOT_MET").exists()
        assert PanelAssignment.objects.get().panel == people.panel


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


class TestRounds:
    TYPED = {
        "title": "2027年武汉市技能大师工作室建设项目",
        "document_number": "虚构〔2027〕1号",
        "year": 2027,
        "opens_at": "2027-04-07T09:00",
        "closes_at": "2027-06-30T17:00",
        "report_deadline": "2027-07-10T17:00",
        "review_deadline": "",
        "quota": 20,
        "minimum_score": "60",
        "trim_from": 5,
        "publicity_days": 5,
        "notice": "各有关单位：\n现将有关事项通知如下。",
    }

    def setup_of(self, round_, **changes):
        """What the edit page of a round sends."""
        typed = {**self.TYPED, "criteria-INITIAL_FORMS": 5, "criteria-TOTAL_FORMS": 7}
        for row in round_.evidence_requirements.all():
            typed[f"{row.category}-required_of"] = row.required_of
        for number, each in enumerate(round_.criteria.all()):
            typed[f"criteria-{number}-id"] = each.pk
            for name in ("name", "points", "description"):
                typed[f"criteria-{number}-{name}"] = getattr(each, name)
        return {**typed, **changes}

    def test_a_new_round_starts_with_the_defaults(self, office):
        response = office.post(reverse("review:round_new"), self.TYPED)
        assert response.status_code == 302
        made = Round.objects.get(year=2027)
        assert timezone.localtime(made.opens_at).hour == 9
        assert [(each.name, each.points) for each in made.criteria.all()] == [
            (name, points) for name, points, _ in CRITERIA
        ]
        assert sum(points for _, points, _ in CRITERIA) == 100
        assert set(EVIDENCE) == set(PROOFS)
        assert "默认评分标准为本平台的假定" in office.get(response.url).content.decode()

    def test_deadlines_in_the_wrong_order_are_refused(self, office):
        typed = {**self.TYPED, "closes_at": "2027-01-01T09:00"}
        response = office.post(reverse("review:round_new"), typed)
        assert response.status_code == 422
        assert "申报截止时间须晚于开始时间" in response.content.decode()
        assert "虚构〔2027〕1号" in response.content.decode()

    def test_criteria_are_edited_and_add_up_to_100(self, office, round_):
        url = reverse("review:round_edit", args=[round_.pk])
        wrong = self.setup_of(round_, **{"criteria-0-points": 31})
        response = office.post(url, wrong)
        assert response.status_code == 422
        assert "满分合计须为 100 分，现为 101 分" in response.content.decode()
        assert (
            office.post(
                url,
                self.setup_of(
                    round_,
                    **{
                        "criteria-4-name": "",
                        "criteria-5-name": "新增项",
                        "criteria-5-points": 10,
                        "HONOUR-required_of": "ALL",
                    },
                ),
            ).status_code
            == 302
        )
        assert [each.name for each in round_.criteria.all()][-1] == "新增项"
        assert round_.criteria.count() == 5
        assert round_.evidence_requirements.get(category="HONOUR").required_of == "ALL"

    def test_saving_overwrites_no_number_given_meanwhile(self, round_):
        setup = RoundSetup(round_, self.setup_of(round_, title="改后的名称"))
        assert setup.is_valid()
        Round.objects.update(last_number=7, results_published_at=timezone.now())
        setup.save()
        stored = Round.objects.get()
        assert (stored.title, stored.last_number) == ("改后的名称", 7)
        assert stored.results_published_at

    def test_criteria_are_locked_once_scored(self, office, people, round_):
        application = make_application(Stage.PANEL, people)
        score(application, people.panel)
        url = reverse("review:round_edit", args=[round_.pk])
        assert "评分标准不能再修改" in office.get(url).content.decode()
        typed = self.setup_of(
            round_, **{"criteria-0-points": 20, "criteria-1-points": 35, "trim_from": 3}
        )
        assert office.post(url, typed).status_code == 302
        assert round_.criteria.first().points == 30
        round_.refresh_from_db()
        assert round_.trim_from == 5
        assert round_.title == self.TYPED["title"]


class TestListsCostTheSame:
    @pytest.mark.parametrize("made", [1, 30])
    @pytest.mark.parametrize(
        ("name", "queries"), [("panels", 4), ("rounds", 3), ("publicity_notices", 4)]
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
