"""公布: the pages of the results: who reads them in which order, and who corrects them."""

import datetime
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from applications.rounds import Round
from applications.stages import Stage
from applications.versions.snapshot import in_groups
from review.panels.models import PanelAssignment
from review.results import corrections
from review.results.models import ResultEdition
from review.scoring.models import Score
from tests.factories import (
    let_deadlines_pass,
    make_application,
    make_people,
    publish_results,
    take,
)
from tests.review.queue.test_queue import copies
from tests.tabs import read_all_tabs

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(log_in):
    return log_in(Role.OFFICE)


def names(response):
    return [each.lead_name for each in response.context["awarded"]]


def public_names(response):
    return [row["lead_name"] for row in response.context["edition"].rows]


def with_panel(application, count):
    """Copy an application `count` times, with its panel and its mean."""
    assignment = application.panel_assignment
    PanelAssignment.objects.bulk_create(
        PanelAssignment(application=each, panel=assignment.panel, mean=assignment.mean)
        for each in copies(application, count)
    )


def score_with(application, share):
    """Let its sheets say this share of the full points, and the panel's mean with them."""
    for score in Score.objects.filter(sheet__application=application):
        score.points = score.criterion.points * Decimal(share)
        score.save()
    PanelAssignment.objects.filter(application=application).update(mean=100 * Decimal(share))


class TestResults:
    def publish(self, client, round_, **typed):
        let_deadlines_pass(round_)
        typed = {
            "document_number": "武人社发〔2026〕1号",
            "document_date": f"{timezone.localdate()}",
            **typed,
        }
        return client.post(reverse("review:publish_results", args=[round_.pk]), typed)

    def test_are_public_once_published(self, office, client, people, round_):
        application = make_application(Stage.AWARDED, people)
        url = reverse("results", args=[round_.pk])
        assert client.get(url).status_code == 404
        assert self.publish(office, round_).status_code == 302
        client.logout()
        content = client.get(url).content.decode()
        assert application.unit_name in content
        assert "武人社发〔2026〕1号" in content
        assert in_groups(ResultEdition.objects.get().digest) in content
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
        assert "1 项</a>申报没有审定。" in page
        self.publish(office, round_)
        round_.refresh_from_db()
        assert round_.results_published_at is None

    def test_without_an_award_are_published_when_that_is_confirmed(self, office, people, round_):
        make_application(Stage.NOT_SELECTED, people)
        let_deadlines_pass(round_)
        page = reverse("review:results", args=[round_.pk])
        assert "确认本批次没有入选项目" in office.get(page).content.decode()
        none = {"document_number": "", "document_date": ""}
        assert self.publish(office, round_, **none).status_code == 422
        round_.refresh_from_db()
        assert round_.results_published_at is None
        self.publish(office, round_, none_awarded="yes", **none)
        round_.refresh_from_db()
        assert round_.results_published_at is not None
        content = office.get(reverse("results", args=[round_.pk])).content.decode()
        assert "本批次没有入选的项目" in content

    def test_stand_by_strokes_for_the_public_and_by_score_for_the_staff(
        self, office, people, round_
    ):
        for name, share in (("龘某", "1"), ("丁某", "0.8"), ("王某", "0.9")):
            score_with(make_application(Stage.AWARDED, people, lead_name=name), share)
        page = reverse("review:results", args=[round_.pk])
        by_strokes, by_score = ["丁某", "王某", "龘某"], ["龘某", "王某", "丁某"]
        assert names(office.get(page)) == by_strokes
        assert names(office.get(page, {"order": "score"})) == by_score
        self.publish(office, round_)
        public = reverse("results", args=[round_.pk])
        assert public_names(office.get(public)) == by_strokes
        assert page in office.get(public).content.decode()
        office.logout()
        response = office.get(public, {"order": "score"})
        assert page not in response.content.decode()
        assert public_names(response) == by_strokes
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
            with django_assert_num_queries(7 if order == "strokes" else 13):
                assert len(names(office.get(page, {"order": order}))) == copied + 1
        self.publish(office, round_)
        with django_assert_num_queries(3):  # the user's session among them
            office.get(reverse("results", args=[round_.pk]))


class TestBeforeThePublication:
    """What is missing is named first, with where to mend it."""

    def test_everything_under_way_is_listed_by_name(self, office, people, round_):
        page = reverse("review:results", args=[round_.pk])
        listed = {
            stage: make_application(stage, make_people(round_))
            for stage in (
                Stage.RETURNED,
                Stage.RECOMMENDING,
                Stage.REDIRECTING,
                Stage.RECOMMENDED,
                Stage.PANEL,
                Stage.APPROVING,
            )
        }
        draft = make_application(Stage.DRAFT, people, lead_name="草稿某")
        content = office.get(page).content.decode()
        assert "截止后才能结束本批次和公布结果" in content
        for application in listed.values():
            assert application.number in content
            assert reverse("review:detail", args=[application.pk]) in content
        assert draft.applying_unit.name in content
        assert "草稿某" not in content
        assert "公布结果</button>" not in content

    def test_the_round_is_ended_with_a_reason_and_a_confirmation(self, office, people, round_):
        draft = make_application(Stage.DRAFT, people)
        in_panel = make_application(Stage.PANEL, make_people(round_))
        address = reverse("review:end_round", args=[round_.pk])
        sent = {"end-ended": in_panel.pk, "end-reason": "截止。", "end-confirmed": "on"}
        assert office.post(address, sent).status_code == 409  # the deadlines
        let_deadlines_pass(round_)
        for missing in ("end-reason", "end-confirmed"):
            answer = office.post(address, {**sent, missing: ""})
            assert answer.status_code == 422
            assert f'value="{in_panel.pk}" checked' in answer.content.decode()
        assert office.post(address, {**sent, "end-ended": "9" * 30}).status_code == 422
        answer = office.post(address, sent, follow=True)
        assert "已结束 2 项申报" in answer.content.decode()
        for each, stage in ((draft, Stage.LAPSED), (in_panel, Stage.CLOSED)):
            each.refresh_from_db()
            assert each.stage == stage

    @pytest.mark.parametrize(
        ("typed", "sentence"),
        [
            ({"document_number": " "}, "请填写发文文号。"),
            ({"document_date": ""}, "请填写发文日期。"),
            ({"document_date": "9999-12-31"}, "发文日期不能晚于今天。"),
            ({"document_date": "0001-01-01"}, "发文日期不得早于"),
        ],
    )
    def test_the_document_is_asked_for_once_and_judged(
        self, office, people, round_, typed, sentence
    ):
        make_application(Stage.AWARDED, people)
        answer = TestResults().publish(office, round_, **typed)
        assert answer.status_code == 422
        assert sentence in answer.content.decode()
        assert not ResultEdition.objects.exists()

    def test_the_document_is_not_older_than_the_countersignature(self, office, people, round_):
        make_application(Stage.AWARDED, people)
        today = timezone.localdate()
        before = today - datetime.timedelta(days=1)
        answer = TestResults().publish(office, round_, document_date=f"{before}")
        assert answer.status_code == 422
        assert f"发文日期不能早于市财政局会签日期 {today}。" in answer.content.decode()
        assert not ResultEdition.objects.exists()

    @pytest.mark.parametrize("copied", [0, 29])
    def test_the_list_of_what_is_left_costs_the_same_with_1_and_30_rows(
        self, office, people, round_, copied, django_assert_num_queries
    ):
        copies(make_application(Stage.RECOMMENDING, people), copied)
        with django_assert_num_queries(7):
            answer = office.get(reverse("review:results", args=[round_.pk]))
        assert len(answer.context["unfinished"]) == copied + 1


class TestACorrection:
    def test_is_proposed_agreed_to_and_public_beside_the_first_list(
        self, log_in, client, people, round_
    ):
        for name in ("丁某", "王某"):
            last = make_application(Stage.AWARDED, people, lead_name=name)
        lost = make_application(Stage.NOT_SELECTED, people, lead_name="一某")
        edition = publish_results(round_, people.office)
        address = reverse("review:correct_results", args=[round_.pk])
        office = log_in(Role.OFFICE)
        page = office.get(address)
        typed = {
            bound.html_name: bound.value() or ""
            for bound in page.context["form"]
            if not bound.html_name.startswith("remove")
        }
        typed |= {"reason": "经复核。", "document_date": f"{edition.document_date}"}
        assert office.post(address, typed).status_code == 409  # nothing changed
        wrong = office.post(address, {**typed, "added": "JNDS2020-0001"})
        assert "没有 JNDS2020-0001" in wrong.content.decode()
        typed |= {f"text-{last.pk}-lead_occupation": "电工", "added": lost.number}
        answer = office.post(address, typed)
        assert answer.status_code == 302
        page = answer.url
        for role, waits in ((Role.BUREAU, Role.FINANCE), (Role.FINANCE, None)):
            reader = log_in(role)
            assert page in reader.get(reverse("review:approval")).content.decode()
            content = reader.get(page).content.decode()
            assert "领办人工种由“焊工”更正为“电工”" in content
            assert reader.post(page, {"action": "consent"}).status_code == 302
            assert round_.result_corrections.get().waits_for == waits
        client.logout()
        content = client.get(reverse("results", args=[round_.pk])).content.decode()
        assert "第 2 版（现行）" in content
        assert "更正理由：经复核。" in content
        assert "增补" in content
        first = client.get(reverse("result_edition", args=[round_.pk, 1]))
        assert public_names(first) == ["丁某", "王某"]
        assert "名单已经更正" in first.content.decode()
        assert client.get(reverse("result_edition", args=[round_.pk, 3])).status_code == 404

    def test_is_refused_or_withdrawn_with_a_reason(self, log_in, people, round_):
        make_application(Stage.AWARDED, people)
        edition = publish_results(round_, people.office)
        for role in (Role.BUREAU, Role.OFFICE):
            page = corrections.propose_correction(
                round_.pk,
                people.office,
                "经复核。",
                number="武人社发〔2026〕2号",
                date=edition.document_date,
            ).get_absolute_url()
            reader = log_in(role)
            assert reader.post(page, {"action": "end", "note": ""}).status_code == 422
            assert reader.post(page, {"action": "end", "note": "依据不足。"}).status_code == 302
            assert "依据不足。" in reader.get(page).content.decode()
        assert round_.result_editions.count() == 1

    @pytest.mark.parametrize("copied", [0, 29])
    def test_costs_the_same_with_1_and_30_rows(
        self, log_in, people, round_, copied, django_assert_num_queries
    ):
        with_panel(make_application(Stage.AWARDED, people), copied)
        publish_results(round_, people.office)
        office = log_in(Role.OFFICE)
        with django_assert_num_queries(5):
            answer = office.get(reverse("review:correct_results", args=[round_.pk]))
        assert len(answer.context["form"].rows) == copied + 1


class TestTheBureausWords:
    """The recommending unit reads them once the results are published."""

    def test_wait_for_the_publication(self, log_in, people):
        application = make_application(Stage.APPROVING, people)
        application = take(application, "approve", people, text="局里的意见")
        take(application, "countersign", people, text="财政的意见")
        before = read_all_tabs(log_in(Role.RECOMMENDER), application)
        assert "局里的意见" not in before
        assert "财政的意见" not in before
        assert "局里的意见" in read_all_tabs(log_in(Role.OFFICE), application)
        Round.objects.update(results_published_at=timezone.now())
        after = read_all_tabs(log_in(Role.RECOMMENDER), application)
        assert "局里的意见" in after
        assert "财政的意见" in after
