"""Panels of experts."""

import pytest
from django.urls import reverse

from accounts.roles import Role
from applications.stages import Stage
from review.panels.models import Panel
from review.scoring.models import ScoreSheet
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
        assert (len(panel.experts.all()), panel.number_of_applications) == (5, 1)

    def edit(self, client, panel, **changes):
        """Send the panel's page back as it is shown, with these changes."""
        url = reverse("review:panel", args=[panel.pk])
        form = client.get(url).context["form"]
        typed = {bound.name: bound.value() for bound in form}
        typed["experts"] = [each.pk for each in panel.experts.all()]
        typed |= {name: "" for name, value in typed.items() if value is None}
        return client.post(url, {**typed, **changes})

    def test_alternates_are_ordered_and_on_record(self, log_in, people, round_):
        first, second = make_user(Role.EXPERT, "候补甲"), make_user(Role.EXPERT, "候补乙")
        office = log_in(Role.OFFICE)
        chosen = {"first_alternate": first.pk, "second_alternate": second.pk}
        assert self.edit(office, people.panel, **chosen).status_code == 302
        seats = people.panel.alternates.values_list("position", "expert__name")
        assert list(seats) == [(1, "候补甲"), (2, "候补乙")]
        # Swapped, and taken out again.
        swapped = {"first_alternate": second.pk, "second_alternate": first.pk}
        assert self.edit(office, people.panel, **swapped).status_code == 302
        assert people.panel.alternates.first().expert == second
        assert self.edit(office, people.panel, second_alternate="").status_code == 302
        assert people.panel.alternates.get().expert == second
        assert list(round_.changes.values_list("before", "after")) == [
            ("候补乙、候补甲", "候补乙"),
            ("候补甲、候补乙", "候补乙、候补甲"),
            ("", "候补甲、候补乙"),
        ]

    def test_nobody_is_expert_and_alternate(self, log_in, people):
        response = self.edit(log_in(Role.OFFICE), people.panel, first_alternate=people.expert.pk)
        assert response.status_code == 422
        assert "组长已是本组专家，不能同时候补。" in response.content.decode()
        other = make_user(Role.EXPERT)
        twice = {"first_alternate": other.pk, "second_alternate": other.pk}
        response = self.edit(log_in(Role.OFFICE), people.panel, **twice)
        assert "两位候补不能是同一人。" in response.content.decode()
        response = self.edit(log_in(Role.OFFICE), people.panel, second_alternate=other.pk)
        assert "请先选第一候补。" in response.content.decode()
        assert not people.panel.alternates.exists()

    def test_an_alternate_who_has_stepped_in_stays(self, log_in, people, application):
        alternate = make_user(Role.EXPERT, "候补甲")
        people.panel.alternates.create(expert=alternate, position=1)
        application.recusals.create(
            expert=people.panel.experts.last(),
            reason="同一单位",
            alternate=alternate,
            recorded_by=people.office,
        )
        ScoreSheet.objects.create(application=application, expert=alternate)
        office = log_in(Role.OFFICE)
        response = self.edit(office, people.panel, first_alternate="")
        assert response.status_code == 422
        assert "候补甲已递补评分，不能移出候补。" in response.content.decode()
        assert self.edit(office, people.panel, name="改名组").status_code == 302

    def test_who_joins_is_told_at_once_of_what_waits(self, log_in, people, application, mailoutbox):
        joining = make_user(Role.EXPERT)
        seated = list(people.panel.experts.all())
        mailoutbox.clear()
        experts = [each.pk for each in (*seated, joining)]
        assert self.edit(log_in(Role.OFFICE), people.panel, experts=experts).status_code == 302
        [letter] = mailoutbox
        assert letter.to == [joining.email]
        assert f"请参加{people.panel.name}评审" in letter.subject
        assert "有 1 项申报等待您评审" in letter.body
        assert application.number not in letter.subject + letter.body

    def test_who_joins_a_panel_without_work_is_told_with_the_work(self, log_in, people, mailoutbox):
        experts = [each.pk for each in (*people.panel.experts.all(), make_user(Role.EXPERT))]
        assert self.edit(log_in(Role.OFFICE), people.panel, experts=experts).status_code == 302
        assert mailoutbox == []

    def test_a_stale_page_does_not_overwrite(self, log_in, people):
        people.panel.experts.add(make_user(Role.EXPERT))
        response = self.edit(log_in(Role.OFFICE), people.panel, seen="第一组组长：另一人")
        assert response.status_code == 409
        assert "专家组刚由他人修改，没有保存" in response.content.decode()


def test_a_key_that_no_database_holds_is_an_unknown_expert(log_in, people):
    office = log_in(Role.OFFICE)
    url = reverse("review:panel", args=[people.panel.pk])
    for key in ("9" * 30, "x", "-1"):
        response = office.post(url, {"name": "组", "experts": [key], "leader": key})
        assert response.status_code == 422
