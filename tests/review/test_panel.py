"""Panels, and an expert's score sheet."""

import datetime
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from applications.rounds import Round
from applications.stages import Stage
from applications.workflow import Refused, perform
from review.models import Panel, Score, ScoreSheet
from tests.factories import data_for, make_application, make_people, make_user, score

pytestmark = pytest.mark.django_db


@pytest.fixture
def application(people):
    return make_application(Stage.PANEL, people)


@pytest.fixture
def expert(log_in):
    return log_in(Role.EXPERT)


def sheet_url(application):
    return reverse("review:score", args=[application.pk])


def points(application, share="1", **changes):
    """What is typed for every criterion, at a share of its full points."""
    typed = {
        f"points-{each.pk}": str(each.points * Decimal(share))
        for each in application.round.criteria.all()
    }
    return {**typed, **changes}


def first_criterion(application):
    return application.round.criteria.first()


class TestScoreSheet:
    def test_a_draft_may_be_incomplete(self, expert, people, application):
        criterion = first_criterion(application)
        typed = {f"points-{criterion.pk}": "26.5", "comment": "技能突出。", "action": "save"}
        assert expert.post(sheet_url(application), typed).status_code == 302
        sheet = ScoreSheet.objects.get()
        assert (sheet.expert, sheet.submitted_at, sheet.comment) == (
            people.expert,
            None,
            "技能突出。",
        )
        assert sheet.scores.get().points == Decimal("26.5")
        assert 'value="26.5"' in expert.get(sheet_url(application)).content.decode()
        # Emptied again.
        expert.post(sheet_url(application), {**typed, f"points-{criterion.pk}": ""})
        assert not Score.objects.exists()

    def test_late_is_refused_with_the_time_it_closed_and_what_was_typed_stays(
        self, expert, application
    ):
        closed = timezone.now() - datetime.timedelta(minutes=1)
        Round.objects.update(review_deadline=closed)
        response = expert.post(sheet_url(application), {**points(application), "action": "submit"})
        assert response.status_code == 409
        content = response.content.decode()
        assert "专家评分已于" in content
        assert f"{timezone.localtime(closed):%H:%M}截止" in content
        assert not ScoreSheet.objects.filter(submitted_at__isnull=False).exists()
        assert f'value="{first_criterion(application).points}"' in content

    def test_submitting_locks_the_sheet_and_keeps_the_mean(self, expert, application):
        response = expert.post(sheet_url(application), {**points(application), "action": "submit"})
        assert response.status_code == 302
        sheet = ScoreSheet.objects.get()
        assert sheet.total == 100
        application.panel_assignment.refresh_from_db()
        assert application.panel_assignment.mean == 100
        assert application.events.last().label == "提交评分"
        again = expert.post(
            sheet_url(application), {**points(application, "0.5"), "action": "submit"}
        )
        assert again.status_code == 409
        assert "评分表已提交" in again.content.decode()
        sheet.refresh_from_db()
        assert sheet.total == 100
        assert 'name="action"' not in expert.get(sheet_url(application)).content.decode()

    @pytest.mark.parametrize("typed", ["31", "-1", "0.3", "很好", "NaN", "Infinity", "1e2"])
    def test_points_out_of_range_are_refused_and_kept(self, expert, application, typed):
        name = f"points-{first_criterion(application).pk}"
        response = expert.post(
            sheet_url(application), {**points(application, **{name: typed}), "action": "submit"}
        )
        assert response.status_code == 422
        content = response.content.decode()
        assert "请填写 0 至 30 之间的分数，可保留半分。" in content
        assert f'value="{typed}"' in content
        sheet = ScoreSheet.objects.get()
        assert sheet.submitted_at is None
        assert sheet.scores.count() == 4

    def test_a_missing_criterion_is_named(self, expert, application):
        name = f"points-{first_criterion(application).pk}"
        typed = {**points(application), "action": "submit", name: ""}
        response = expert.post(sheet_url(application), typed)
        assert response.status_code == 422
        assert "请打分。" in response.content.decode()
        with pytest.raises(Refused, match="领办人技能水平与荣誉"):
            ScoreSheet.objects.get().submit()

    def test_nothing_is_scored_after_the_conclusion(self, expert, people, application):
        score(application, people.panel)
        late = make_user(Role.EXPERT)
        perform(application, "conclude_for", people.expert, **data_for("conclude_for"))
        people.panel.experts.add(late)
        expert.force_login(late)
        assert expert.get(sheet_url(application)).status_code == 404
        assert (
            expert.post(
                sheet_url(application), {**points(application), "action": "submit"}
            ).status_code
            == 404
        )
        assert not ScoreSheet.objects.filter(expert=late).exists()

    def test_an_expert_of_another_panel_sees_nothing(self, client, application):
        other = make_people(application.round).expert
        client.force_login(other)
        assert client.get(sheet_url(application)).status_code == 404

    def test_the_mean_drops_one_highest_and_one_lowest_from_five_sheets_on(
        self, people, application
    ):
        shares = ["0.5", "0.8", "0.8", "0.9", "1"]
        for expert, share in zip(people.panel.experts.all(), shares, strict=True):
            sheet = ScoreSheet.objects.create(application=application, expert=expert)
            Score.objects.bulk_create(
                Score(sheet=sheet, criterion=each, points=each.points * Decimal(share))
                for each in application.round.criteria.all()
            )
            sheet.submit()
        application.panel_assignment.refresh_from_db()
        assert application.panel_assignment.mean == Decimal("83.33")

    def test_the_material_hides_numbers(self, expert, application):
        content = expert.get(sheet_url(application)).content.decode()
        assert application.lead_id_number not in content
        assert application.contact_mobile not in content


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

    def test_a_stale_page_does_not_overwrite(self, log_in, people):
        people.panel.experts.add(make_user(Role.EXPERT))
        response = self.edit(log_in(Role.OFFICE), people.panel, seen="第一组组长：另一人")
        assert response.status_code == 409
        assert "专家组刚由他人修改，没有保存" in response.content.decode()
