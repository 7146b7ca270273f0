"""The office: qualification, inspection, public notices, objections, results, rounds."""

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
    Inspection,
    PanelAssignment,
    PublicNotice,
    QualificationCheck,
)
from review.views import inspection
from review.views.records import hold
from tests.factories import (
    make_application,
    make_applying_unit,
    make_people,
    make_round,
    make_user,
    prepare,
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
        ("name", "queries"), [("panels", 4), ("rounds", 3), ("publicity_notices", 5)]
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
