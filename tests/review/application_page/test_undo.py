"""Undoing on the application's page: what it would undo, and how an undone step is shown."""

import pytest
from django.urls import reverse

from accounts.roles import Role
from applications.models import Application
from applications.stages import Stage
from applications.workflow.perform import perform
from tests.factories import (
    data_for,
    make_application,
    make_people,
    make_user,
    score,
    second_of,
    undo,
)
from tests.tabs import read_all_tabs

pytestmark = pytest.mark.django_db


def page_of(application, query=""):
    return reverse("review:detail", args=[application.pk]) + query


def content_of(client, application, query=""):
    return client.get(page_of(application, query)).content.decode()


@pytest.fixture
def colleague(client):
    """A second person of the office, logged in."""
    user = make_user(Role.OFFICE, "另一人")
    client.force_login(user)
    return user


class TestOffering:
    def test_names_what_will_be_undone(self, client, colleague, people):
        application = make_application(Stage.DISQUALIFIED, people)
        content = content_of(client, application)
        assert "办理的“资格审查不通过”，回到“资格审查”" in content
        assert f"撤销由评审办公室 {people.office.name}于" in content
        # Nothing else waits here: no button at the head calls for it.
        assert 'href="#decision">办理</a>' not in content

    def test_comes_last(self, client, colleague, people):
        application = make_application(Stage.INSPECTING, people)
        response = client.get(page_of(application))
        names = [option["rule"].name for option in response.context["options"]]
        assert names == ["pass_inspection", "fail_inspection", "revert"]

    def test_of_anothers_step_tells_the_office_who_has_to_agree(self, client, colleague, people):
        application = make_application(Stage.COUNTERSIGNING, people)
        assert "或由市人社局在本页登记同意后" in content_of(client, application)
        client.force_login(people.bureau)
        content = content_of(client, application)
        assert "须由另一位工作人员撤销" in content
        assert f"同意评审办公室撤销由市人社局审批 {people.bureau.name}于" in content
        assert "回到“审定”" in content
        url = reverse("review:decide", args=[application.pk, "agree_to_undo"])
        sent = {"reason": "文号填错", "revision": application.revision}
        assert client.post(url, {**sent, "reason": ""}).status_code == 422
        assert client.post(url, sent).status_code == 302
        content = read_all_tabs(client, application)
        assert "同意撤销“同意”：文号填错" in content
        assert "登记同意，由评审办公室撤销。" in content
        assert client.post(url, sent).status_code == 409
        client.force_login(colleague)
        assert 'href="?decide=revert#decision"' in content_of(client, application)

    @pytest.mark.parametrize(
        ("stage", "role"), [(Stage.COUNTERSIGNING, Role.BUREAU), (Stage.AWARDED, Role.FINANCE)]
    )
    def test_the_authority_that_decided_undoes_on_its_own_page(self, client, people, stage, role):
        application = make_application(stage, people)
        client.force_login(second_of(people.of(role)))
        assert 'href="?decide=revert#decision"' in content_of(client, application)
        url = reverse("review:decide", args=[application.pk, "revert"])
        sent = {"reason": "日期有误", "revision": application.revision}
        assert client.post(url, sent).status_code == 302
        application.refresh_from_db()
        assert (
            application.stage
            == {
                Stage.COUNTERSIGNING: Stage.APPROVING,
                Stage.AWARDED: Stage.COUNTERSIGNING,
            }[stage]
        )

    def test_is_not_offered_to_whom_the_step_does_not_concern(self, log_in, people):
        application = make_application(Stage.COUNTERSIGNING, people)
        application = perform(application, "send_back", people.finance, **data_for("send_back"))
        content = content_of(log_in(Role.BUREAU), application)
        assert "撤销上一步" not in content

    def test_is_refused_to_whoever_took_the_step(self, log_in, people):
        content = content_of(log_in(Role.OFFICE), make_application(Stage.PANEL, people))
        assert 'id="refused-revert"' in content
        assert "须由另一位工作人员撤销" in content

    def test_asks_for_a_reason(self, client, colleague, people):
        application = make_application(Stage.DISQUALIFIED, people)
        url = reverse("review:decide", args=[application.pk, "revert"])
        revision = application.revision
        assert client.post(url, {"reason": "", "revision": revision}).status_code == 422
        assert client.post(url, {"reason": "材料漏看", "revision": revision}).status_code == 302
        application.refresh_from_db()
        assert application.stage == Stage.QUALIFYING


class TestTheRecord:
    def test_shows_an_undone_step_as_undone_by_whom_and_why(self, client, colleague, people):
        application = make_application(Stage.DISQUALIFIED, people)
        perform(application, "revert", colleague, reason="材料漏看")
        content = read_all_tabs(client, application)
        # At its opinion and at its event.
        assert content.count("已撤销</span> 评审办公室 另一人") == 2
        assert "撤销“资格审查不通过”：材料漏看" in content
        assert "disqualify" in content  # what was decided stays readable

    def test_the_recommending_unit_reads_nothing_of_the_panels_words(self, log_in, people):
        application = make_application(Stage.NOT_SELECTED, people)
        undo(application, reason="组长评分有误")
        content = read_all_tabs(log_in(Role.RECOMMENDER), application)
        assert "组长评分有误" not in content
        assert "意见：conclude_against" not in content

    def test_other_experts_read_no_undone_conclusion_while_they_score_again(self, client, people):
        application = make_application(Stage.NOT_SELECTED, people)
        undo(application, reason="组长评分有误")
        other = people.panel.experts.exclude(pk=people.expert.pk).first()
        for user, reads in ((other, False), (people.expert, True)):
            client.force_login(user)
            content = read_all_tabs(client, application)
            assert ("意见：conclude_against" in content) is reads
            assert ("组长评分有误" in content) is reads

    def test_the_mean_stays_what_the_scores_say(self, people):
        application = make_application(Stage.INSPECTING, people)
        mean = application.panel_assignment.mean
        undo(application, reason="名额有误")
        application = Application.objects.get(pk=application.pk)
        assert application.panel_assignment.mean == mean

    def test_another_panel_starts_without_a_mean(self, log_in, people, round_):
        application = make_application(Stage.PANEL, people)
        score(application, people.panel)
        perform(application, "revert", make_user(Role.OFFICE), reason="专家组有误")
        panel = make_people(round_).panel
        url = reverse("review:qualification", args=[application.pk])
        log_in(Role.OFFICE).post(url, {"panel": panel.pk})
        assignment = Application.objects.get(pk=application.pk).panel_assignment
        assert (assignment.panel, assignment.mean) == (panel, None)
