"""The panel leader's board, reminders, the ranked list and the round's ranking."""

import datetime

import pytest
import time_machine
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from applications.models import Application
from applications.notify.inbox import Message
from applications.rounds import Round
from applications.stages import Stage
from applications.workflow.perform import Refused, perform
from review.panels.models import Panel, PanelAssignment, Recusal
from review.scoring import rankings
from review.scoring.models import Score, ScoreSheet
from tests.factories import (
    data_for,
    make_application,
    make_people,
    make_user,
    score,
    score_by,
    sit_down,
)
from tests.review.queue.test_queue import copies

pytestmark = pytest.mark.django_db


@pytest.fixture
def application(people):
    return make_application(Stage.PANEL, people)


def board_of(panel):
    return reverse("review:panel_board", args=[panel.pk])


def text_of(response):
    return response.content.decode()


def states(response):
    return [[state for state, _, _ in row["cells"]] for row in response.context["rows"]]


def experts_of(panel):
    return panel.seated()


class TestProgress:
    def test_says_who_has_submitted_what_and_no_points(self, log_in, people, application):
        leader, second, *_ = experts_of(people.panel)
        score_by(application, leader, 25, 20, 17, 12, 8)
        ScoreSheet.objects.create(application=application, expert=second)
        response = log_in(Role.EXPERT).get(board_of(people.panel))
        assert states(response) == [["done", "draft", "todo", "todo", "todo"]]
        assert (response.context["done"], response.context["due"]) == (1, 5)
        assert not response.context["ranks_shown"]
        assert "82.0" not in text_of(response)

    def test_a_recused_expert_is_shown_with_the_alternate_who_steps_in(
        self, log_in, people, application
    ):
        recused, alternate = experts_of(people.panel)[1], make_user(Role.EXPERT, "候补某")
        Recusal.objects.create(
            application=application,
            expert=recused,
            alternate=alternate,
            reason="同一单位",
            recorded_by=people.office,
        )
        response = log_in(Role.EXPERT).get(board_of(people.panel))
        assert response.context["rows"][0]["cells"][1] == ("recused", alternate.name, "todo")
        assert response.context["due"] == 5

    def test_what_the_leader_is_recused_from_is_counted_but_not_shown(
        self, log_in, people, application
    ):
        Recusal.objects.create(
            application=application,
            expert=people.expert,
            reason="同一单位",
            recorded_by=people.office,
        )
        response = log_in(Role.EXPERT).get(board_of(people.panel))
        assert response.context["hidden"] == 1
        assert application.number not in text_of(response)

    def test_only_its_leader_and_the_city_see_it(self, client, people, application):
        for user, status in (
            (people.office, 200),
            (people.bureau, 200),
            (experts_of(people.panel)[1], 404),
            (make_people(people.panel.round).expert, 404),
            (people.recommender, 404),
        ):
            client.force_login(user)
            assert client.get(board_of(people.panel)).status_code == status

    @pytest.mark.parametrize("copied", [0, 29])
    def test_costs_the_same_with_1_and_30_applications(
        self, log_in, people, application, django_assert_num_queries, copied
    ):
        score(application, people.panel)
        scored_copies(application, people.panel, copied)
        client = log_in(Role.EXPERT)
        with django_assert_num_queries(13):
            response = client.get(board_of(people.panel))
        assert len(response.context["ranked"]) == 1 + copied


def scored_copies(application, panel, count, **changes):
    """Save more applications like this one, assigned to the panel and scored like it."""
    made = copies(application, count, **changes)
    PanelAssignment.objects.bulk_create(
        PanelAssignment(application=each, panel=panel, mean=90) for each in made
    )
    sheets = ScoreSheet.objects.bulk_create(
        ScoreSheet(
            application=each, expert=sheet.expert, total=sheet.total, submitted_at=timezone.now()
        )
        for each in made
        for sheet in application.score_sheets.all()
    )
    sit_down(panel)
    criteria = application.round.criteria.all()
    Score.objects.bulk_create(
        Score(sheet=sheet, criterion=each, points=each.points * 9 / 10)
        for sheet in sheets
        for each in criteria
    )
    return made


class TestReminders:
    def remind(self, client, panel):
        return client.post(reverse("review:panel_remind", args=[panel.pk]), follow=True)

    def test_each_expert_with_sheets_due_is_told_once_a_day(self, log_in, people, application):
        done, *missing = experts_of(people.panel)[1:]
        score_by(application, done, 25, 20, 17, 12, 8)
        client = log_in(Role.EXPERT)
        mail.outbox.clear()
        response = self.remind(client, people.panel)
        told = Message.objects.filter(kind=Message.Kind.REMINDER)
        assert {each.recipient for each in told} == set(missing)
        assert f"已提醒{missing[0].name}（1 项）" in text_of(response)
        assert "1 项等待您评分" in told[0].subject
        assert len(mail.outbox) == len(missing)
        # The button says why it cannot be used again, and a second click tells nobody twice.
        assert "明天可再次提醒" in text_of(client.get(board_of(people.panel)))
        self.remind(client, people.panel)
        assert told.all().count() == len(missing)
        with time_machine.travel(timezone.now() + datetime.timedelta(days=1)):
            client = log_in(Role.EXPERT)
            self.remind(client, people.panel)
        assert told.all().count() == 2 * len(missing)

    def test_nobody_is_reminded_once_all_are_in(self, log_in, people, application):
        score(application, people.panel)
        response = self.remind(log_in(Role.OFFICE), people.panel)
        assert "没有需要提醒的专家" in text_of(response)
        assert not Message.objects.filter(kind=Message.Kind.REMINDER).exists()


class TestRanks:
    @pytest.fixture
    def second(self, people, application):
        return make_application(Stage.PANEL, people)

    def test_the_leader_sees_them_once_every_sheet_of_the_panel_is_in(
        self, log_in, people, application, second
    ):
        client = log_in(Role.EXPERT)
        score(application, people.panel)
        assert "ranked" not in client.get(board_of(people.panel)).context
        score(second, people.panel, points="0.8")
        response = client.get(board_of(people.panel))
        found = [
            (row["entry"].application.pk, row["entry"].place.rank)
            for row in response.context["ranked"]
        ]
        assert found == [(application.pk, 1), (second.pk, 2)]
        for text in ("90.00", "80.00", "450.0", "写评审意见"):
            assert text in text_of(response)

    @pytest.mark.parametrize("role", [Role.OFFICE, Role.BUREAU])
    def test_the_city_sees_them_once_the_panel_has_concluded(
        self, log_in, people, application, role
    ):
        score(application, people.panel)
        client = log_in(role)
        assert "90.00" not in text_of(client.get(board_of(people.panel)))
        perform(application, "conclude_for", people.expert, **data_for("conclude_for"))
        response = client.get(board_of(people.panel))
        assert "90.00" in text_of(response)
        assert "写评审意见" not in text_of(response)

    def test_lines_are_drawn_at_the_quota_and_at_the_minimum(
        self, log_in, people, application, second
    ):
        Round.objects.update(quota=1)
        score(application, people.panel)
        score(second, people.panel, points="0.5")
        [first, last] = log_in(Role.EXPERT).get(board_of(people.panel)).context["ranked"]
        assert first["lines"] == []
        assert last["lines"] == ["名额线：本组可建议入选 1 项", "入选最低分 60 分"]
        assert last["flags"] == ["低于入选最低分"]

    def test_a_tie_across_the_quota_line_is_marked_for_the_panel(
        self, log_in, people, application, second
    ):
        Round.objects.update(quota=1)
        score(application, people.panel)
        score(second, people.panel)
        rows = log_in(Role.EXPERT).get(board_of(people.panel)).context["ranked"]
        assert [row["flags"] for row in rows] == [["并列跨名额线，由专家组审定"]] * 2

    def test_what_other_panels_have_proposed_takes_places(self, people, application, round_):
        Round.objects.update(quota=3)
        make_application(Stage.INSPECTING, make_people(round_))
        standing = rankings.of_panel(Panel.objects.get(pk=people.panel.pk))
        assert (standing.places, standing.taken) == (2, 1)

    def test_an_alternates_sheet_counts_and_a_recused_experts_does_not(self, people, application):
        experts = experts_of(people.panel)
        alternate = make_user(Role.EXPERT, "候补某")
        for expert in experts:
            score_by(application, expert, 30, 25, 20, 15, 10)
        Recusal.objects.create(
            application=application,
            expert=experts[1],
            alternate=alternate,
            reason="同一单位",
            recorded_by=people.office,
        )
        [entry] = rankings.of_panel(people.panel).entries
        assert entry.missing[0].expert == alternate
        assert (entry.result.number, entry.result.is_trimmed) == (4, False)


class TestConclusion:
    def decision(self, client, application, transition="conclude_for"):
        response = client.get(
            reverse("review:detail", args=[application.pk]), {"decide": transition}
        )
        return response.context["decision"]

    def test_the_form_begins_with_a_text_from_the_scores(self, log_in, people, application):
        for points, expert in zip((30, 29, 20, 28, 28), experts_of(people.panel), strict=True):
            score_by(application, expert, points, 20, 17, 10, 8)
        client = log_in(Role.EXPERT)
        text = self.decision(client, application)["text"].value()
        assert text == (
            "专家组 5 名专家独立评分，去掉一个最高分和一个最低分，该项目平均得分 83.33 分，"
            "在本组 1 个项目中排名第 1。其中“领办人技能水平与荣誉”（平均 27 分，满分 30 分）、"
            "“带徒传技”（平均 17 分，满分 20 分）表现突出。经综合评议，建议入选。"
        )
        text = self.decision(client, application, "conclude_against")["text"].value()
        assert "“工作室条件与制度”（平均 10 分，满分 15 分）" in text
        assert text.endswith("相对薄弱。经综合评议，不建议入选。")

    def test_a_mean_below_the_minimum_is_named(self, log_in, people, application):
        score(application, people.panel, points="0.5")
        client = log_in(Role.EXPERT)
        text = self.decision(client, application, "conclude_against")["text"].value()
        assert "平均得分 50.00 分" in text
        assert "低于本批次入选最低分 60 分" in text
        with pytest.raises(Refused, match="低于本批次最低分"):
            perform(application, "conclude_for", people.expert, **data_for("conclude_for"))

    def test_the_reason_for_exceeding_the_quota_is_asked_once_it_is_full(
        self, log_in, people, application, round_
    ):
        score(application, people.panel)
        make_application(Stage.INSPECTING, people)
        client = log_in(Role.EXPERT)
        form = self.decision(client, application)
        assert "explanation" not in form.fields
        assert form["text"].help_text == (f"本批次入选名额 {round_.quota} 项，尚未满额。")
        Round.objects.update(quota=1)
        form = self.decision(client, application)
        assert form["explanation"].help_text == "本批次入选名额 1 项，已建议入选 1 项，名额已满。"
        decide = reverse("review:decide", args=[application.pk, "conclude_for"])
        response = client.post(decide, {"text": "同意。", "revision": application.revision})
        assert response.status_code == 422
        assert "请填写超出入选名额的理由。" in text_of(response)


class TestRoundRanking:
    def url(self, round_):
        return reverse("review:ranking", args=[round_.pk])

    def test_ranks_what_is_concluded_over_all_panels(self, log_in, people, application, round_):
        other = make_people(round_, experts=3)
        better = make_application(Stage.PANEL, other)
        score(better, other.panel, points="1")
        perform(better, "conclude_for", other.expert, **data_for("conclude_for"))
        score(application, people.panel)
        client = log_in(Role.BUREAU)
        response = client.get(self.url(round_))
        assert [row["entry"].application for row in response.context["ranked"]] == [better]
        assert "1 项</a>正在专家评审" in text_of(response)
        perform(application, "conclude_for", people.expert, **data_for("conclude_for"))
        found = [
            (row["entry"].application.pk, row["entry"].place.rank)
            for row in client.get(self.url(round_)).context["ranked"]
        ]
        assert found == [(better.pk, 1), (application.pk, 2)]

    @pytest.mark.parametrize("copied", [0, 29])
    def test_costs_the_same_with_1_and_30_applications(
        self, log_in, people, application, round_, django_assert_num_queries, copied
    ):
        score(application, people.panel)
        scored_copies(application, people.panel, copied)
        Application.objects.filter(round=round_).update(stage=Stage.INSPECTING)
        client = log_in(Role.OFFICE)
        with django_assert_num_queries(11):
            response = client.get(self.url(round_))
        assert len(response.context["ranked"]) == 1 + copied
