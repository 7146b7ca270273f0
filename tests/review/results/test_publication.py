"""The end of a round, and the list that is published."""

import datetime

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.audit import AuditEntry
from accounts.chains import digest_of, sm3
from accounts.roles import Role
from applications.models import Application
from applications.rounds import Round
from applications.stages import Stage
from applications.trust.verify_chains import Result
from applications.workflow.perform import Refused, perform, refusal
from applications.workflow.table import TABLE
from review.results import publication
from review.results.models import ResultEdition
from tests.factories import (
    data_for,
    let_deadlines_pass,
    make_application,
    make_people,
    make_round,
    make_user,
    prepare,
    publish_results,
    take,
)

pytestmark = pytest.mark.django_db
NUMBER = "武人社发〔2026〕1号"
UNFINISHED = (
    Stage.DRAFT,
    Stage.RETURNED,
    Stage.RECOMMENDING,
    Stage.REDIRECTING,
    Stage.RECOMMENDED,
)


@pytest.fixture
def people():
    return make_people(make_round())


@pytest.fixture
def round_(people):
    return people.panel.round


def again(application):
    return Application.objects.select_related("round").get(pk=application.pk)


def publish(round_, people):
    return publication.publish(round_.pk, people.office, NUMBER, timezone.localdate())


def awarded(people, name):
    return make_application(Stage.AWARDED, make_people(people.panel.round), lead_name=name)


class TestTheEndOfARound:
    @pytest.mark.parametrize("name", ["closes_at", "report_deadline"])
    def test_is_refused_before_each_deadline(self, people, round_, name):
        make_application(Stage.DRAFT, people)
        make_application(Stage.AWARDED, people)
        let_deadlines_pass(round_)
        tomorrow = timezone.now() + datetime.timedelta(days=1)
        later = {name: tomorrow, "report_deadline": tomorrow}
        Round.objects.filter(pk=round_.pk).update(**later)
        label = Round._meta.get_field(name).verbose_name
        with pytest.raises(Refused, match=label):
            publication.end_round(round_.pk, people.office, [], "截止")
        with pytest.raises(Refused, match=label):
            publish(round_, people)

    @pytest.mark.parametrize("stage", UNFINISHED)
    def test_ends_what_the_units_left_unfinished_with_an_event_each(self, people, round_, stage):
        application = make_application(stage, people)
        let_deadlines_pass(round_)
        with pytest.raises(Refused, match="还有 1 项申报没有办结"):
            publish(round_, people)
        assert publication.end_round(round_.pk, people.office, [], "申报已截止。") == 1
        application = again(application)
        is_draft = stage == Stage.DRAFT
        assert application.stage == (Stage.LAPSED if is_draft else Stage.CLOSED)
        event = application.events.last()
        assert (event.user, event.note) == (people.office, "申报已截止。")
        assert (event.from_stage, event.to_stage) == (stage, application.stage)
        message = application.messages.filter(recipient=people.applicant).latest("pk")
        assert "申报已截止。" in message.text
        assert publish(round_, people).rows == []

    def test_a_redirected_one_ends_with_the_unit_that_it_came_from(self, people, round_):
        application = make_application(Stage.REDIRECTING, people)
        there = application.recommending_unit
        let_deadlines_pass(round_)
        publication.end_round(round_.pk, people.office, [], "截止")
        application = again(application)
        assert application.recommending_unit == people.recommender.recommending_unit
        assert application.redirected_from is None
        back = perform(application, "revert", make_user(Role.OFFICE), reason="误")
        assert back.stage == Stage.REDIRECTING
        assert back.recommending_unit == there
        assert back.redirected_from == people.recommender.recommending_unit

    def test_what_is_in_review_is_decided_or_ended_one_by_one(self, people, round_):
        kept, ended = (make_application(Stage.PANEL, make_people(round_)) for _ in range(2))
        let_deadlines_pass(round_)
        publication.end_round(round_.pk, people.office, [ended.pk], "专家不足法定人数。")
        assert again(kept).stage == Stage.PANEL
        assert again(ended).stage == Stage.CLOSED
        with pytest.raises(Refused, match="还有 1 项申报没有审定"):
            publish(round_, people)

    @pytest.mark.parametrize("stage", [Stage.APPROVING, Stage.COUNTERSIGNING])
    def test_what_the_bureaus_have_is_theirs_to_decide(self, people, round_, stage):
        application = make_application(stage, people)
        let_deadlines_pass(round_)
        with pytest.raises(Refused, match=publication.MOVED_ON):
            publication.end_round(round_.pk, people.office, [application.pk], "截止")
        assert again(application).stage == stage

    def test_an_ended_draft_stays_its_units_own(self, people, round_, client):
        draft = make_application(Stage.DRAFT, people)
        let_deadlines_pass(round_)
        publication.end_round(round_.pk, people.office, [], "截止")
        for user in (people.office, people.recommender, people.bureau):
            assert not Application.objects.visible_to(user).filter(pk=draft.pk).exists()
        assert Application.objects.visible_to(people.applicant).filter(pk=draft.pk).exists()
        assert "阶段" in refusal(again(draft), "submit", people.applicant)
        client.force_login(people.applicant)
        pages = [
            f"/applications/{draft.pk}/",
            f"/applications/{draft.pk}/edit/lead/",
            "/applications/",
        ]
        for page in pages:
            content = client.get(page, follow=True).content.decode()
            assert "逾期未提交" in content
        assert (
            "本批次已结束，内容不能再修改。" in client.get(pages[1], follow=True).content.decode()
        )

    def test_can_be_undone_by_a_second_person_until_the_publication(self, people, round_):
        application = make_application(Stage.PANEL, people)
        let_deadlines_pass(round_)
        publication.end_round(round_.pk, people.office, [application.pk], "误")
        with pytest.raises(Refused, match="另一位"):
            perform(application, "revert", people.office, reason="误")
        second = make_user(Role.OFFICE)
        assert perform(application, "revert", second, reason="误").stage == Stage.PANEL

    def test_nobody_ends_one_application_on_its_own_page(self, people, client):
        application = make_application(Stage.PANEL, people)
        let_deadlines_pass(application.round)
        client.force_login(people.office)
        for name in ("close", "lapse", "strike", "add"):
            address = f"/review/{application.pk}/decide/{name}/"
            assert client.post(address, {"reason": "理由"}).status_code == 404
        assert again(application).stage == Stage.PANEL


class TestThePublishedList:
    def test_is_a_snapshot_with_one_document_and_a_fingerprint(self, people, round_):
        for name in ("龘某", "丁某"):
            awarded(people, name)
        edition = publish_results(round_, people.office, document_number="武人社发〔2026〕9号")
        assert [row["lead_name"] for row in edition.rows] == ["丁某", "龘某"]
        assert edition.document_number == "武人社发〔2026〕9号"
        assert set(edition.rows[0]) == {
            "application",
            "unit_name",
            "lead_name",
            "studio_occupation",
            "lead_occupation",
            "recommending_unit",
        }
        Application.objects.update(lead_name="改名某", unit_name="改名厂")
        kept = ResultEdition.objects.get()
        assert kept.rows == edition.rows
        assert digest_of(kept, ResultEdition.SEALED) == kept.digest == edition.digest
        assert len(kept.digest) == len(sm3(b""))
        round_.refresh_from_db()
        assert round_.results_published_at == kept.at
        line = AuditEntry.objects.get(subject__endswith="公布结果")
        assert line.data["digest"] == kept.digest

    def test_needs_its_document_when_anything_is_awarded(self, people, round_):
        awarded(people, "丁某")
        for missing in ({"document_number": ""}, {"document_date": None}):
            with pytest.raises(Refused, match="发文"):
                publish_results(round_, people.office, **missing)
        assert not ResultEdition.objects.exists()

    def test_is_published_once(self, people, round_):
        publish_results(round_, people.office, document_number="", document_date=None)
        with pytest.raises(Refused, match="已公布"):
            publish_results(round_, people.office)

    @pytest.mark.postgres
    def test_cannot_be_changed_and_a_change_is_found(self, people, round_):
        awarded(people, "丁某")
        edition = publish_results(round_, people.office)
        with pytest.raises(IntegrityError), transaction.atomic():
            ResultEdition.objects.update(document_number="另一文号")
        with pytest.raises(TypeError):
            edition.save()
        result = Result()
        publication.check_editions(result)
        assert (result.findings, result.counts) == ([], {"公布的名单": 1})
        edition.data["rows"][0]["lead_name"] = "换人"
        assert "已被改动" in edition.broken(None)[1]


class TestAfterThePublication:
    @pytest.mark.parametrize(
        ("stage", "name"),
        [
            (Stage.DRAFT, "submit"),
            (Stage.RETURNED, "submit"),
            (Stage.RECOMMENDED, "report"),
            (Stage.PUBLICITY, "clear"),
            (Stage.COUNTERSIGNING, "countersign"),
            (Stage.NOT_SELECTED, "revert"),
            (Stage.AWARDED, "revert"),
        ],
    )
    def test_no_step_is_taken_any_more(self, people, round_, stage, name):
        # A round that was published while it was open, before that was refused.
        application = make_application(stage, people)
        prepare(application, name, people)
        Round.objects.update(results_published_at=timezone.now())
        user = make_user(Role.OFFICE) if name == "revert" else None
        source = Stage(application.stage)
        rule = next(each for each in TABLE if each.name == name)
        user = user or people.of(rule.sources[source])
        assert "结果已公布" in refusal(again(application), name, user)
        with pytest.raises(Refused, match="结果已公布"):
            perform(application, name, user, **data_for(name))
        assert again(application).stage == stage

    def test_only_an_edition_moves_anything_to_or_from_the_awarded(self, people, round_):
        won = awarded(people, "丁某")
        lost = make_application(Stage.NOT_SELECTED, make_people(round_))
        with pytest.raises(Refused, match="尚未公布"):
            perform(won, "strike", people.bureau, reason="误")
        publish_results(round_, people.office)
        with pytest.raises(Refused, match="更正名单"):
            perform(won, "strike", people.bureau, reason="误")
        with pytest.raises(Refused, match="更正名单"):
            perform(lost, "add", people.finance, reason="误")

    def test_what_an_earlier_publication_left_open_is_ended(self, people, round_):
        application = make_application(Stage.QUALIFYING, people)
        let_deadlines_pass(round_)
        Round.objects.update(results_published_at=timezone.now())
        publication.end_round(round_.pk, people.office, [application.pk], "批次已结束。")
        assert again(application).stage == Stage.CLOSED


def test_the_bureau_is_not_asked_for_the_document(people):
    application = make_application(Stage.APPROVING, people)
    after = take(application, "approve", people)
    assert not hasattr(after, "award_document_number")
    rule = next(each for each in TABLE if each.name == "approve")
    assert rule.needs == ("text", "signatory", "signed_on")
