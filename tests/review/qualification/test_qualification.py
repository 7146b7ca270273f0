"""The qualification sheet: the notice's conditions, judged of a version, with their evidence."""

import pytest
from django.urls import reverse

from accounts.models import HostKind
from accounts.roles import Role
from applications.models import Application
from applications.rounds import EvidenceCategory
from applications.stages import Stage
from applications.workflow.guards import QUALIFICATION_CODES
from applications.workflow.perform import Refused, perform
from review.panels.models import PanelAssignment
from review.qualification.models import QualificationCheck
from tests.factories import (
    data_for,
    make_application,
    make_applying_unit,
    make_people,
    make_round,
    make_user,
    prepare,
    take,
)

pytestmark = pytest.mark.django_db
EVERYTHING = {f"{code}-result": "MET" for code in QUALIFICATION_CODES} | {
    "lead_condition-fulfils": "TITLE"
}


@pytest.fixture
def office(log_in):
    return log_in(Role.OFFICE)


@pytest.fixture
def application(people):
    return make_application(Stage.QUALIFYING, people)


def page_of(application):
    return reverse("review:detail", args=[application.pk])


def save(client, application, **typed):
    return client.post(reverse("review:qualification", args=[application.pk]), typed)


class TestSheet:
    def test_judges_condition_by_condition(self, office, application):
        assert save(office, application, **{"lead_level-result": "MET"}).status_code == 302
        assert QualificationCheck.objects.count() == 1
        save(office, application, **EVERYTHING)
        assert QualificationCheck.objects.count() == 5
        save(office, application, **{**EVERYTHING, "host_1-result": ""})
        assert not QualificationCheck.objects.filter(code="host_1").exists()
        assert "撤回结论" in application.events.last().note

    def test_an_explanation_needs_words(self, office, application):
        response = save(
            office,
            application,
            **{"host_3-result": "EXPLAINED", "host_1-note": "已到现场核实的备注"},
        )
        assert response.status_code == 422
        content = response.content.decode()
        assert "选择“说明后认可”的，请填写说明。" in content
        assert "已到现场核实的备注" in content
        assert not QualificationCheck.objects.exists()

    def test_the_office_finds_for_itself_which_condition_the_lead_fulfils(
        self, office, application
    ):
        response = save(office, application, **{"lead_condition-result": "MET"})
        assert response.status_code == 422
        assert "请认定符合三个条件中的哪一个。" in response.content.decode()
        found = {"lead_condition-result": "MET", "lead_condition-fulfils": "CRAFT"}
        assert save(office, application, **found).status_code == 302
        assert application.lead_condition == "TITLE"
        assert QualificationCheck.objects.get().fulfils == "CRAFT"
        save(office, application, **found | {"lead_condition-result": "NOT_MET"})
        assert QualificationCheck.objects.get().fulfils == ""

    def test_each_judgement_keeps_who_and_when_and_its_evidence(self, client, office, application):
        proof = application.evidence.get(category=EvidenceCategory.CERTIFICATE)
        typed = {"lead_level-result": "MET", "lead_level-evidence": [proof.pk]}
        save(office, application, **typed)
        first = QualificationCheck.objects.get()
        assert list(first.evidence.all()) == [proof]
        assert first.judged_by.role == Role.OFFICE
        colleague = make_user(Role.OFFICE, "同事某")
        client.force_login(colleague)
        # What a colleague only saves again stays the judgement of whoever made it.
        save(client, application, **typed, **{"host_1-result": "MET"})
        judges = dict(QualificationCheck.objects.values_list("code", "judged_by"))
        assert judges == {"lead_level": first.judged_by_id, "host_1": colleague.pk}
        content = client.get(page_of(application)).content.decode()
        assert "同事某" in content
        assert f'value="{proof.pk}" checked' in content

    def test_evidence_is_the_applications_own(self, office, application):
        other = make_application(Stage.QUALIFYING, make_people(application.round))
        foreign = other.evidence.first()
        response = save(
            office,
            application,
            **{"lead_level-result": "MET", "lead_level-evidence": [foreign.pk]},
        )
        assert response.status_code == 422
        assert not QualificationCheck.objects.exists()

    def test_shows_the_claim_and_the_fund_share(self, office, application):
        content = office.get(page_of(application)).content.decode()
        assert "占 60.0%，达到 50%" in content
        assert "2019年获“武汉工匠”称号。" in content

    @pytest.mark.parametrize("skilled", ["49.90", "49.96"])
    def test_a_share_below_half_says_so_even_when_it_rounds_up(self, office, people, skilled):
        application = make_application(Stage.QUALIFYING, people, training_fund_skilled=skilled)
        assert "，未达到 50%" in office.get(page_of(application)).content.decode()

    def test_schools_have_their_own_conditions(self, office, people):
        unit = make_applying_unit(
            people.applicant.applying_unit.recommending_unit, host_kind=HostKind.SCHOOL
        )
        people.applicant = make_user(Role.APPLICANT, applying_unit=unit)
        application = make_application(Stage.QUALIFYING, people)
        content = office.get(page_of(application)).content.decode()
        assert "制定了一系列推进高技能人才队伍建设的制度措施" in content
        assert "未达到 50%" not in content

    def test_nothing_is_judged_or_assigned_in_another_stage(self, office, people):
        application = make_application(Stage.PANEL, people)
        panel = make_people(application.round).panel
        response = save(office, application, **{"lead_level-result": "NOT_MET", "panel": panel.pk})
        assert response.status_code == 409
        assert not QualificationCheck.objects.filter(result="NOT_MET").exists()
        assert PanelAssignment.objects.get().panel == people.panel


class TestAssigning:
    def test_assigns_a_panel_of_the_round(self, office, people, application):
        foreign = make_people(make_round()).panel
        response = save(office, application, panel=foreign.pk, **{"lead_level-note": "已核原件"})
        # A colleague may have deleted it meanwhile: nothing typed is lost.
        assert response.status_code == 422
        assert "所选专家组已不存在" in response.text
        assert 'value="已核原件"' in response.text
        assert save(office, application, panel="").status_code == 302
        assert not PanelAssignment.objects.exists()
        save(office, application, panel=people.panel.pk)
        assert PanelAssignment.objects.get().panel == people.panel
        # A sheet without the list of panels leaves the panel as it is.
        save(office, application)
        assert PanelAssignment.objects.get().panel == people.panel


class TestSavingAndPassing:
    """One button saves the sheet and, when nothing is left open, lets the application pass."""

    MET = {**EVERYTHING, "then": "qualify"}

    def test_passes_when_everything_is_judged_and_a_panel_assigned(
        self, office, people, application
    ):
        response = save(office, application, **self.MET, panel=people.panel.pk)
        assert response.url == reverse("review:queue")
        application.refresh_from_db()
        assert application.stage == Stage.PANEL

    def test_saves_and_leads_to_what_is_missing(self, office, people, application):
        response = save(office, application, **self.MET)
        assert response.url.endswith("#panel")
        page = office.get(page_of(application)).text
        assert "审查表已保存，还不能通过：请先分配专家组。" in page
        assert QualificationCheck.objects.count() == 5
        refused = {**self.MET, "lead_level-result": "NOT_MET"}
        response = save(office, application, **refused, panel=people.panel.pk)
        assert response.url.endswith("#decision")
        application.refresh_from_db()
        assert application.stage == Stage.QUALIFYING

    def test_saving_alone_leads_to_the_next_open_condition(self, office, application):
        response = save(office, application, **{"lead_level-result": "MET"})
        assert response.url.endswith("#condition-2")
        assert "已审 1 / 5" in office.get(page_of(application)).text

    def test_judging_begins_with_what_the_applicant_claims(self, office, application):
        page = office.get(page_of(application))
        form = next(form for form in page.context["sheet"] if "fulfils" in form.fields)
        assert form["fulfils"].value() == application.lead_condition


class TestAfterAReturn:
    """What was judged of the version before stays on record, and is confirmed anew."""

    @pytest.fixture
    def resubmitted(self, people, application):
        prepare(application, "qualify", people)
        perform(application, "return", people.office, **data_for("return"))
        for name in ("submit", "recommend", "report"):
            application = take(Application.objects.get(pk=application.pk), name, people)
        return Application.objects.get(pk=application.pk)

    def test_nothing_is_deleted_and_nothing_counts(self, people, resubmitted):
        assert resubmitted.qualification_checks.count() == 5
        assert resubmitted.panel_assignment.panel == people.panel
        with pytest.raises(Refused, match="还有 5 项没有重新确认"):
            perform(resubmitted, "qualify", people.office)

    def test_shows_the_last_judgement_to_confirm(self, office, resubmitted):
        content = office.get(page_of(resubmitted)).content.decode()
        assert "上次的 5 项结论不再有效" in content
        assert content.count("上次结论仍然成立") == 5

    def test_a_tick_confirms_and_anything_typed_judges_anew(self, office, people, resubmitted):
        ticks = {f"{code}-again": "on" for code in QUALIFICATION_CODES}
        save(office, resubmitted, **ticks, **{"host_2-result": "EXPLAINED", "host_2-note": "补正"})
        checks = resubmitted.qualification_checks.filter(version=2)
        assert {row.code: row.result for row in checks} == {
            **dict.fromkeys(QUALIFICATION_CODES, "MET"),
            "host_2": "EXPLAINED",
        }
        assert resubmitted.qualification_checks.filter(version=1).count() == 5
        content = office.get(page_of(resubmitted)).content.decode()
        assert "第 1 版的资格审查结论（5 项，已不再有效）" in content
        after = perform(Application.objects.get(pk=resubmitted.pk), "qualify", people.office)
        assert after.stage == Stage.PANEL
