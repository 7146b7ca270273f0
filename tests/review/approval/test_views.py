"""审定 and 财政会签: the page of what waits for the two bureaus."""

import re

import pytest
from django.urls import reverse

from accounts.roles import Role
from applications.rounds import Round
from applications.stages import Stage
from review.panels.models import PanelAssignment
from tests.applications.workflow.test_table import raise_objection
from tests.factories import make_application
from tests.review.results.test_views import score_with, with_panel

pytestmark = pytest.mark.django_db


class TestApproval:
    def test_shows_the_record_by_rank_to_the_bureau(self, log_in, people):
        for name, share in (("甲", "0.8"), ("乙", "0.9")):
            application = make_application(Stage.APPROVING, people, lead_name=name)
            score_with(application, share)
        raise_objection(application, people, outcome="DISMISSED")
        response = log_in(Role.BUREAU).get(reverse("review:approval"))
        assert [row["application"].lead_name for row in response.context["rows"]] == ["乙", "甲"]
        content = response.content.decode()
        for text in ("90.00", "意见：conclude_for", "合格", "不成立 1 件"):
            assert text in content

    def test_shows_finance_the_mean_that_the_opinion_states_and_no_objections(self, log_in, people):
        application = make_application(Stage.COUNTERSIGNING, people)
        raise_objection(application, people, outcome="DISMISSED")
        content = log_in(Role.FINANCE).get(reverse("review:approval")).content.decode()
        assert "意见：conclude_for" in content
        assert "意见：approve" in content
        assert "不成立" not in content
        assert str(PanelAssignment.objects.get().mean) in content

    def test_says_how_full_the_quota_is(self, log_in, people):
        for stage in (Stage.APPROVING, Stage.COUNTERSIGNING, Stage.AWARDED):
            make_application(stage, people)
        Round.objects.update(quota=1)
        for role in (Role.BUREAU, Role.FINANCE):
            content = log_in(role).get(reverse("review:approval")).content.decode()
            plain = re.sub("<[^>]+>", "", content)
            assert "名额 1 项，已审定 2 项（其中已会签 1 项），已超出名额" in plain

    @pytest.mark.parametrize("copied", [0, 29])
    @pytest.mark.parametrize(("role", "queries"), [(Role.BUREAU, 14), (Role.FINANCE, 6)])
    def test_costs_the_same_with_1_and_30_rows(
        self, log_in, people, copied, role, queries, django_assert_num_queries
    ):
        with_panel(make_application(Stage.COUNTERSIGNING, people), copied)
        client = log_in(role)
        with django_assert_num_queries(queries):
            response = client.get(reverse("review:approval"))
        assert len(response.context["rows"]) == copied + 1
