"""The queue and the home page: what they list, and at which price."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from applications.models import Application
from applications.search import renew
from applications.stages import Stage
from review.panels.models import PanelAssignment
from review.scoring.models import ScoreSheet
from review.shared.due import in_words
from tests.factories import make_application, make_recommending_unit, score, sit_down

pytestmark = pytest.mark.django_db
QUEUE = "/review/"


def copies(application, count, **changes):
    """Save `count` more applications like this one, which came in later, one a minute."""
    fields = {
        field.attname: getattr(application, field.attname)
        for field in Application._meta.concrete_fields
        if not field.primary_key
    }
    start = Application.objects.count()
    made = Application.objects.bulk_create(
        Application(
            **{
                **fields,
                "number": f"COPY-{start + number}",
                "stage_entered_at": application.stage_entered_at
                + datetime.timedelta(minutes=number),
                **changes,
            }
        )
        for number in range(1, count + 1)
    )
    renew(*(each.pk for each in made))
    return made


def titles(response):
    return [row["title"] for row in response.context["rows"]]


class TestQueue:
    @pytest.mark.parametrize("copied", [0, 29])
    @pytest.mark.parametrize(
        ("role", "stage", "queries"),
        [
            (Role.RECOMMENDER, Stage.RECOMMENDING, 6),
            (Role.OFFICE, Stage.QUALIFYING, 7),
            (Role.EXPERT, Stage.PANEL, 9),
            (Role.BUREAU, Stage.APPROVING, 7),
            (Role.FINANCE, Stage.COUNTERSIGNING, 7),
        ],
    )
    def test_costs_the_same_with_1_and_30_rows(
        self,
        log_in,
        people,
        applications_loaded,
        django_assert_num_queries,
        role,
        stage,
        queries,
        copied,
    ):
        application = make_application(stage, people)
        made = copies(application, copied)
        if stage == Stage.PANEL:
            PanelAssignment.objects.bulk_create(
                PanelAssignment(application=each, panel=people.panel) for each in made
            )
            sit_down(people.panel)
        client = log_in(role)
        applications_loaded.clear()
        with django_assert_num_queries(queries):
            response = client.get(QUEUE)
        assert len(response.context["rows"]) == min(1 + copied, 25)
        assert len(applications_loaded) == min(1 + copied, 25)

    def test_lists_what_waits_for_the_role_longest_first(self, log_in, people):
        first = make_application(Stage.QUALIFYING, people, lead_name="甲某")
        copies(first, 1, lead_name="乙某")
        copies(first, 1, lead_name="丙某", stage=Stage.APPROVING)
        response = log_in(Role.OFFICE).get(QUEUE)
        assert titles(response) == ["甲某技能大师工作室", "乙某技能大师工作室"]

    def test_filters(self, log_in, people):
        first = make_application(Stage.QUALIFYING, people, lead_name="甲某")
        other = make_recommending_unit()
        copies(first, 1, lead_name="乙某", recommending_unit_id=other.pk)
        copies(first, 1, lead_name="丙某", stage=Stage.APPROVING, unit_name="别的工厂")
        client = log_in(Role.OFFICE)

        def found(**asked):
            return {title[:2] for title in titles(client.get(QUEUE, asked))}

        assert found(stage="all") == {"甲某", "乙某", "丙某"}
        assert found(stage="APPROVING") == {"丙某"}
        assert found(unit=other.pk) == {"乙某"}
        assert found(stage="all", q="别的") == {"丙某"}
        assert found(q=first.number) == {"甲某"}
        assert found(q="乙") == {"乙某"}
        assert found(round=first.round_id) == {"甲某", "乙某"}

    @pytest.mark.parametrize(
        "query",
        [
            "stage=NONSENSE",
            "unit=x",
            "unit=999999",
            "round=-1",
            "page=99",
            "q=%00",
            f"unit={'9' * 5000}",
        ],
    )
    def test_nonsense_in_the_address_is_ignored(self, log_in, people, query):
        make_application(Stage.QUALIFYING, people)
        assert log_in(Role.OFFICE).get(f"{QUEUE}?{query}").status_code == 200

    def test_an_empty_queue_says_why(self, log_in):
        content = log_in(Role.OFFICE).get(QUEUE).content.decode()
        assert "目前没有待您办理的申报" in content
        assert "没有符合条件的申报" in log_in(Role.OFFICE).get(f"{QUEUE}?q=无").content.decode()

    def test_experts_see_how_far_their_scores_are(self, log_in, people):
        application = make_application(Stage.PANEL, people)
        client = log_in(Role.EXPERT)

        def states(query=""):
            return [row["score"] for row in client.get(QUEUE + query).context["rows"]]

        assert states() == states("?score=todo") == ["未评分"]
        ScoreSheet.objects.create(application=application, expert=people.expert)
        assert states() == ["草稿"]
        ScoreSheet.objects.all().delete()
        assert states("?score=conclude") == states("?score=done") == []
        score(application, people.panel)
        assert states("?score=conclude") == states("?score=done") == ["已提交"]
        assert states("?score=todo") == []

    def test_is_not_for_applicants_or_administrators(self, log_in):
        assert log_in(Role.APPLICANT).get(QUEUE).status_code == 404
        assert log_in(Role.ADMIN).get(QUEUE).status_code == 404


class TestDue:
    @pytest.mark.parametrize(
        ("hours", "words"),
        [
            (-50, "已逾期 2 天"),
            (-1, "今天已截止"),
            (5, "今天截止"),
            (24, "明天截止"),
            (72, "还剩 3 天"),
        ],
    )
    def test_in_words(self, time_machine, hours, words):
        time_machine.move_to(datetime.datetime(2026, 3, 2, 4, tzinfo=datetime.UTC), tick=False)
        due = timezone.now() + datetime.timedelta(hours=hours)
        assert in_words(due, timezone.localdate()) == words


class TestHome:
    @pytest.mark.parametrize("copied", [0, 29])
    @pytest.mark.parametrize(
        ("role", "stage", "queries"),
        [
            (Role.APPLICANT, Stage.RETURNED, 8),
            (Role.RECOMMENDER, Stage.RECOMMENDING, 8),
            (Role.OFFICE, Stage.QUALIFYING, 11),
            (Role.EXPERT, Stage.PANEL, 7),
            (Role.BUREAU, Stage.APPROVING, 6),
            (Role.FINANCE, Stage.COUNTERSIGNING, 6),
            (Role.ADMIN, Stage.PANEL, 6),
        ],
    )
    def test_costs_the_same_with_1_and_30_rows(
        self,
        log_in,
        people,
        applications_loaded,
        django_assert_num_queries,
        role,
        stage,
        queries,
        copied,
    ):
        application = make_application(stage, people)
        made = copies(application, copied)
        if stage == Stage.PANEL:
            PanelAssignment.objects.bulk_create(
                PanelAssignment(application=each, panel=people.panel) for each in made
            )
            sit_down(people.panel)
        client = log_in(role)
        applications_loaded.clear()
        with django_assert_num_queries(queries):
            response = client.get("/")
        assert response.status_code == 200
        assert len(applications_loaded) <= 12

    def test_numbers_lead_to_the_lists_that_they_count(self, log_in, people):
        first = make_application(Stage.QUALIFYING, people)
        copies(first, 2)
        client = log_in(Role.OFFICE)
        counts = {label: (number, url) for number, label, url in client.get("/").context["counts"]}
        number, url = counts["资格审查"]
        assert number == len(client.get(url).context["rows"]) == 3
        assert counts["公示"][0] == 0

    def test_an_experts_numbers_are_of_sheets(self, log_in, people):
        application = make_application(Stage.PANEL, people)
        client = log_in(Role.EXPERT)
        assert [number for number, *_ in client.get("/").context["counts"]] == [1, 0]
        score(application, people.panel)
        assert [number for number, *_ in client.get("/").context["counts"]] == [0, 1]

    def test_shows_what_is_due_and_what_i_did(self, log_in, people):
        make_application(Stage.RETURNED, people, lead_name="甲某")
        content = log_in(Role.RECOMMENDER).get("/").content.decode()
        assert "甲某技能大师工作室修改期限" in content
        assert "推荐单位上报截止" in content
        assert "退回修改" in content

    def test_an_event_names_no_application_that_is_out_of_sight(self, log_in, people):
        application = make_application(Stage.RETURNED, people, lead_name="甲某")
        Application.objects.filter(pk=application.pk).update(stage=Stage.DRAFT)
        content = log_in(Role.RECOMMENDER).get("/").content.decode()
        assert "退回修改" in content
        assert "甲某" not in content

    def test_administrators_see_accounts_and_no_application(self, log_in, people):
        application = make_application(Stage.PANEL, people, lead_name="甲某")
        content = log_in(Role.ADMIN).get("/").content.decode()
        assert "甲某" not in content
        assert application.number not in content
        assert reverse("accounts:staff") in content

    def test_an_applicant_is_led_to_the_open_round(self, log_in):
        content = log_in(Role.APPLICANT).get("/").content.decode()
        assert "正在申报" in content
        assert reverse("applications:mine") in content
