"""审定 and 公布: what the bureaus decide by, and who reads the results in which order."""

from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from applications.rounds import Round
from applications.stages import Stage
from review.models import PanelAssignment, Score
from tests.applications.test_workflow import raise_objection
from tests.factories import make_application, make_people, take
from tests.review.test_queue import copies

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(log_in):
    return log_in(Role.OFFICE)


def names(response):
    return [each.lead_name for each in response.context["awarded"]]


def with_panel(application, count):
    """Copy an application `count` times, with its panel and its mean."""
    given = application.panel_assignment
    PanelAssignment.objects.bulk_create(
        PanelAssignment(application=each, panel=given.panel, mean=given.mean)
        for each in copies(application, count)
    )


def scored(application, share):
    """Let its sheets say this share of the full points, and the panel's mean with them."""
    for score in Score.objects.filter(sheet__application=application):
        score.points = score.criterion.points * Decimal(share)
        score.save()
    PanelAssignment.objects.filter(application=application).update(mean=100 * Decimal(share))


class TestResults:
    def publish(self, client, round_, **typed):
        return client.post(reverse("review:publish_results", args=[round_.pk]), typed)

    def test_are_public_once_published(self, office, client, people, round_):
        application = make_application(Stage.AWARDED, people)
        url = reverse("results", args=[round_.pk])
        assert client.get(url).status_code == 404
        assert self.publish(office, round_).status_code == 302
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

    def test_without_an_award_are_published_when_that_is_confirmed(self, office, people, round_):
        make_application(Stage.NOT_SELECTED, people)
        page = reverse("review:results", args=[round_.pk])
        assert "确认本批次没有入选项目" in office.get(page).content.decode()
        self.publish(office, round_)
        round_.refresh_from_db()
        assert round_.results_published_at is None
        self.publish(office, round_, none_awarded="yes")
        round_.refresh_from_db()
        assert round_.results_published_at is not None
        content = office.get(reverse("results", args=[round_.pk])).content.decode()
        assert "本批次没有入选的项目" in content

    def test_stand_by_strokes_for_the_public_and_by_score_for_the_staff(
        self, office, people, round_
    ):
        for name, share in (("龘某", "1"), ("丁某", "0.8"), ("王某", "0.9")):
            scored(make_application(Stage.AWARDED, people, lead_name=name), share)
        page = reverse("review:results", args=[round_.pk])
        by_strokes, by_score = ["丁某", "王某", "龘某"], ["龘某", "王某", "丁某"]
        assert names(office.get(page)) == by_strokes
        assert names(office.get(page, {"order": "score"})) == by_score
        self.publish(office, round_)
        public = reverse("results", args=[round_.pk])
        assert names(office.get(public)) == by_strokes
        assert page in office.get(public).content.decode()
        office.logout()
        response = office.get(public, {"order": "score"})
        assert page not in response.content.decode()
        assert names(response) == by_strokes
        assert "100.00" not in response.content.decode()

    def test_are_ranked_for_the_panels_experts_once_published(self, log_in, people, round_):
        own = make_application(Stage.AWARDED, people)
        make_application(Stage.AWARDED, make_people(round_))
        page = reverse("review:results", args=[round_.pk])
        assert log_in(Role.EXPERT).get(page).status_code == 404
        self.publish(log_in(Role.OFFICE), round_)
        response = log_in(Role.EXPERT).get(page, {"order": "score"})
        assert [each.pk for each in response.context["awarded"]] == [own.pk]
        for role in (Role.RECOMMENDER, Role.FINANCE, Role.APPLICANT):
            assert log_in(role).get(page).status_code == 404

    @pytest.mark.parametrize("copied", [0, 29])
    def test_cost_the_same_with_1_and_30_rows(
        self, office, people, round_, copied, django_assert_num_queries
    ):
        with_panel(make_application(Stage.AWARDED, people), copied)
        page = reverse("review:results", args=[round_.pk])
        for order in ("strokes", "score"):
            with django_assert_num_queries(5 if order == "strokes" else 11):
                assert len(names(office.get(page, {"order": order}))) == copied + 1
        self.publish(office, round_)
        with django_assert_num_queries(4):  # the user's session among them
            office.get(reverse("results", args=[round_.pk]))


class TestTheBureausWords:
    """The recommending unit reads them once the results are published."""

    def test_wait_for_the_publication(self, log_in, people):
        application = make_application(Stage.APPROVING, people)
        application = take(application, "approve", people, text="局里的意见")
        take(application, "countersign", people, text="财政的意见")
        page = reverse("review:detail", args=[application.pk])
        before = log_in(Role.RECOMMENDER).get(page).content.decode()
        assert "局里的意见" not in before
        assert "财政的意见" not in before
        assert "局里的意见" in log_in(Role.OFFICE).get(page).content.decode()
        Round.objects.update(results_published_at=timezone.now())
        after = log_in(Role.RECOMMENDER).get(page).content.decode()
        assert "局里的意见" in after
        assert "财政的意见" in after


class TestApproval:
    def test_shows_the_record_by_rank_to_the_bureau(self, log_in, people):
        for name, share in (("甲", "0.8"), ("乙", "0.9")):
            application = make_application(Stage.APPROVING, people, lead_name=name)
            scored(application, share)
        raise_objection(application, people, outcome="DISMISSED")
        response = log_in(Role.BUREAU).get(reverse("review:approval"))
        assert [row["application"].lead_name for row in response.context["rows"]] == ["乙", "甲"]
        content = response.content.decode()
        for shown in ("90.00", "意见：conclude_for", "合格", "不成立 1 件"):
            assert shown in content

    def test_shows_finance_neither_scores_nor_objections(self, log_in, people):
        application = make_application(Stage.COUNTERSIGNING, people)
        raise_objection(application, people, outcome="DISMISSED")
        content = log_in(Role.FINANCE).get(reverse("review:approval")).content.decode()
        assert "意见：conclude_for" in content
        assert "意见：approve" in content
        assert "不成立" not in content
        assert str(PanelAssignment.objects.get().mean) not in content

    @pytest.mark.parametrize("copied", [0, 29])
    @pytest.mark.parametrize(("role", "queries"), [(Role.BUREAU, 13), (Role.FINANCE, 5)])
    def test_costs_the_same_with_1_and_30_rows(
        self, log_in, people, copied, role, queries, django_assert_num_queries
    ):
        with_panel(make_application(Stage.COUNTERSIGNING, people), copied)
        client = log_in(role)
        with django_assert_num_queries(queries):
            response = client.get(reverse("review:approval"))
        assert len(response.context["rows"]) == copied + 1
