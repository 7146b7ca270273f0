"""Panels of experts."""

import pytest
from django.urls import reverse

from accounts.roles import Role
from applications.stages import Stage
from review.models import Panel
from tests.factories import make_application, make_user, score

pytestmark = pytest.mark.django_db


@pytest.fixture
def application(people):
    return make_application(Stage.PANEL, people)


class TestPanels:
    def post(self, client, url, experts, leader, name="第一组"):
        return client.post(
            url, {"name": name, "leader": leader.pk, "experts": [each.pk for each in experts]}
        )

    def test_makes_a_panel(self, log_in, round_):
        experts = [make_user(Role.EXPERT) for _ in range(3)]
        url = reverse("review:panel_new", args=[round_.pk])
        assert self.post(log_in(Role.OFFICE), url, experts, experts[0]).status_code == 302
        panel = Panel.objects.get(name="第一组")
        assert set(panel.experts.all()) == set(experts)

    def test_the_leader_is_one_of_the_experts(self, log_in, round_):
        experts = [make_user(Role.EXPERT) for _ in range(3)]
        url = reverse("review:panel_new", args=[round_.pk])
        response = self.post(log_in(Role.OFFICE), url, experts[1:], experts[0])
        assert response.status_code == 422
        assert "组长须是本组专家" in response.content.decode()

    def test_a_name_is_used_once_a_round(self, log_in, people, round_):
        url = reverse("review:panel_new", args=[round_.pk])
        response = self.post(
            log_in(Role.OFFICE), url, [people.expert], people.expert, people.panel.name
        )
        assert "本批次已有同名的专家组" in response.content.decode()

    def test_who_has_scored_stays(self, log_in, people, application):
        score(application, people.panel)
        url = reverse("review:panel", args=[people.panel.pk])
        response = self.post(log_in(Role.OFFICE), url, [people.expert], people.expert)
        assert response.status_code == 422
        assert "已有评分，不能移出专家组" in response.content.decode()
        assert people.panel.experts.count() == 5

    def test_lists_panels(self, log_in, people, application):
        [panel] = log_in(Role.OFFICE).get(reverse("review:panels")).context["panels"]
        assert (panel.number_of_experts, panel.number_of_applications) == (5, 1)
