"""Submitting, the receipt and withdrawing, as the applicant meets them."""

import datetime

import pytest
import time_machine
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from applications.models import Application
from applications.stages import Stage
from applications.workflow.table import TRANSITIONS
from documents.receipt import context_of
from review.recommending.models import Verification
from tests.factories import (
    make_application,
    make_draft,
    make_people,
    make_round,
    stamp,
    take,
    without_opinion,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return make_people(make_round())


@pytest.fixture
def draft(client, people):
    client.force_login(people.applicant)
    draft = make_draft(people.panel.round, people.applicant)
    stamp(draft, people.applicant)
    draft.refresh_from_db()
    return draft


def url(name, application):
    return reverse(f"applications:{name}", args=[application.pk])


def typed(application, **changes):
    """What a person sends from the page."""
    return {
        "revision": application.revision,
        "truth_declared": "on",
        **changes,
    }


def pressed(client, draft, *, arrived, served, header="X-Arrived-At"):
    """Submit by a request that reached the proxy at one time, and is served at another."""
    with time_machine.travel(served, tick=False):
        client.force_login(draft.applying_unit.users.get())
        headers = {header: f"{arrived.timestamp():.3f}"}
        return client.post(url("submit", draft), typed(draft), headers=headers)


class TestPressedAtTheLastMoment:
    """What counts is when a submission reached the portal, as its own proxy tells."""

    SECOND = datetime.timedelta(seconds=1)

    @pytest.fixture(autouse=True)
    def trusted(self, settings):
        settings.ARRIVAL_HEADER = "X-Arrived-At"

    @pytest.mark.parametrize("waited", [0, 1, 5, 60])
    def test_in_time_is_in_time_however_long_it_waited_for_its_turn(self, client, draft, waited):
        before = draft.round.closes_at - self.SECOND / 1000
        answer = pressed(client, draft, arrived=before, served=before + waited * self.SECOND)
        assert answer.status_code == 302
        event = draft.events.get(action="submit")
        assert ("截止前送达系统" in event.note) == (waited > 0)

    @pytest.mark.parametrize("waited", [0, 5])
    def test_the_receipt_says_when_it_came(self, client, draft, waited):
        before = draft.round.closes_at - self.SECOND
        pressed(client, draft, arrived=before, served=before + waited * self.SECOND)
        submission = draft.submissions.get()
        page = client.get(url("receipt", draft)).content.decode()
        for shown in (page, render_to_string("documents/receipt.html", context_of(submission))):
            assert ("排队后登记" in shown) == (waited > 0)
            assert ("送达时间" in shown) == (waited > 0)

    def test_late_is_late(self, client, draft):
        closes_at = draft.round.closes_at
        first = closes_at + self.SECOND / 1000  # the proxy tells milliseconds
        answer = pressed(client, draft, arrived=first, served=first + self.SECOND)
        assert answer.status_code == 409
        assert "逾期申报无效" in answer.content.decode()

    @pytest.mark.parametrize("claimed", [-3600, -131, 30])
    def test_what_cannot_be_is_not_believed(self, client, draft, claimed):
        served = draft.round.closes_at
        arrived = served + claimed * self.SECOND
        assert pressed(client, draft, arrived=arrived, served=served).status_code == 409

    @pytest.mark.parametrize(
        "text", ["", "early", "nan", "1e9", "-1", "9" * 400, "１" * 10 + ".000"]
    )
    def test_what_is_no_time_is_not_believed(self, client, draft, text):
        with time_machine.travel(draft.round.closes_at, tick=False):
            client.force_login(draft.applying_unit.users.get())
            headers = {"X-Arrived-At": text.encode().decode("latin-1")}
            assert (
                client.post(url("submit", draft), typed(draft), headers=headers).status_code == 409
            )

    def test_without_a_proxy_that_tells_nobody_can_claim_it(self, client, draft, settings):
        settings.ARRIVAL_HEADER = ""
        closes_at = draft.round.closes_at
        answer = pressed(client, draft, arrived=closes_at - self.SECOND, served=closes_at)
        assert answer.status_code == 409

    def test_a_returned_form_has_its_own_deadline(self, client, people):
        returned = make_application(Stage.RETURNED, people)
        deadline = returned.return_deadline
        before = deadline - self.SECOND
        stamp(returned, people.applicant)
        returned.refresh_from_db()
        assert pressed(client, returned, arrived=before, served=deadline).status_code == 302


class TestSubmit:
    def test_a_complete_draft_is_submitted_and_gets_its_receipt(self, client, draft):
        page = client.get(url("submit", draft))
        assert TRANSITIONS["submit"].consequence in page.content.decode()
        assert list(page.context["form"].fields) == ["truth_declared"]
        assert "签署某" in page.content.decode()  # what was printed is shown, not asked for again
        answer = client.post(url("submit", draft), typed(draft))
        assert answer.url == url("receipt", draft)
        draft.refresh_from_db()
        assert draft.stage == Stage.RECOMMENDING
        opinion = draft.opinions.get()
        assert (opinion.text, opinion.signatory) == ("意见：submit", "签署某")
        submission = draft.submissions.get()
        text = client.get(answer.url).content.decode()
        assert draft.number in text
        assert "第 1 版" in text
        for start in range(0, 64, 8):
            assert submission.fingerprint[start : start + 8] in text
        for file in draft.evidence.all():
            assert file.original_name in text
            assert file.sha256[:16] in text

    def test_an_incomplete_draft_shows_all_that_is_missing_with_links(self, client, draft):
        Application.objects.filter(pk=draft.pk).update(postcode="", lead_birth="1980-06")
        page = client.get(url("submit", draft)).content.decode()
        section = reverse("applications:section", args=[draft.pk, "unit"])
        assert f'<a href="{section}?check=1#id_postcode">请填写邮政编码。</a>' in page
        assert "出生年月与身份证号不一致" in page
        assert "申报内容还差 2 项，请补充后提交。" in page
        assert "disabled" in page.split("decision__refused")[1]
        answer = client.post(url("submit", draft), typed(draft))
        assert "申报内容还差 2 项，请补充后提交。" in answer.content.decode()
        draft.refresh_from_db()
        assert draft.stage == Stage.DRAFT

    def test_the_opinion_is_asked_for_where_the_print_bears_none(self, client, draft):
        """Forms that were printed before it was asked for with the print."""
        without_opinion(draft)
        page = client.get(url("submit", draft))
        assert "盖章申报表打印时没有填写申报单位意见，请在这里填写" in page.content.decode()
        assert page.context["form"]["signed_on"].value() == timezone.localdate()
        assert page.context["form"]["signatory"].value() == draft.principal
        today = timezone.localdate().isoformat()
        data = typed(draft, text="手写意见", signatory="负责某", signed_on=today)
        assert client.post(url("submit", draft), data).url == url("receipt", draft)
        assert draft.opinions.get().text == "手写意见"

    def test_what_is_missing_of_the_opinion_is_told_and_the_rest_kept(self, client, draft):
        without_opinion(draft)
        data = typed(draft, signatory="", text="已经写好的意见")
        del data["truth_declared"]
        page = client.post(url("submit", draft), data).content.decode()
        assert "请填写签署人。" in page
        assert "请勾选真实性承诺。" in page
        assert "已经写好的意见" in page
        draft.refresh_from_db()
        assert draft.stage == Stage.DRAFT

    def test_too_late_is_refused_with_the_time_it_closed(self, client, people, draft):
        round_ = people.panel.round
        with time_machine.travel(round_.closes_at - datetime.timedelta(seconds=1), tick=False):
            client.force_login(people.applicant)
            assert "不能再修改，除非" in client.get(url("submit", draft)).content.decode()
        with time_machine.travel(round_.closes_at, tick=False):
            client.force_login(people.applicant)
            page = client.post(url("submit", draft), typed(draft)).content.decode()
        closed = timezone.localtime(round_.closes_at)
        assert f"{closed.day}日 {closed:%H:%M}截止，逾期申报无效。" in page

    def test_a_stale_page_submits_nothing(self, client, people, draft):
        data = typed(draft)
        take(draft, "submit", people)
        take(draft.__class__.objects.get(pk=draft.pk), "withdraw", people)
        page = client.post(url("submit", draft), data).content.decode()
        assert "请刷新后再操作" in page
        assert draft.submissions.count() == 1

    @pytest.mark.parametrize("revision", ["", "x", "9" * 5000])
    def test_a_page_without_a_readable_revision_is_stale(self, client, draft, revision):
        page = client.post(url("submit", draft), typed(draft, revision=revision)).content.decode()
        assert "请刷新后再操作" in page
        assert not draft.submissions.exists()

    def test_a_second_click_is_told_and_makes_no_second_version(self, client, draft):
        data = typed(draft)
        client.post(url("submit", draft), data)
        assert client.post(url("submit", draft), data).status_code == 409
        assert draft.submissions.count() == 1

    def test_a_submitted_application_has_no_submission_page(self, client, people):
        application = make_application(Stage.RECOMMENDING, people=people)
        client.force_login(people.applicant)
        assert client.get(url("submit", application)).url == url("overview", application)


class TestReceipt:
    def test_there_is_none_before_the_first_submission(self, client, draft):
        assert client.get(url("receipt", draft)).status_code == 404

    def test_it_is_of_the_version_that_was_submitted(self, client, people, draft):
        take(draft, "submit", people)
        kept = draft.evidence.get(category="HONOUR")
        take(Application.objects.get(pk=draft.pk), "withdraw", people)
        client.post(reverse("applications:evidence_remove", args=[kept.pk]))
        page = client.get(url("receipt", draft)).content.decode()
        assert kept.original_name in page
        assert "修改后须重新提交" in page


class TestWithdraw:
    def test_asks_first_and_then_goes_back_to_draft(self, client, people):
        application = make_application(Stage.RECOMMENDING, people=people)
        client.force_login(people.applicant)
        page = client.get(url("withdraw", application)).content.decode()
        assert application.studio_title in page
        assert TRANSITIONS["withdraw"].consequence in page
        data = {"revision": application.revision}
        answer = client.post(url("withdraw", application), data, follow=True)
        assert "申报已撤回" in answer.content.decode()
        application.refresh_from_db()
        assert application.stage == Stage.DRAFT
        assert application.number

    def test_is_refused_once_the_recommending_unit_has_begun(self, client, people):
        application = make_application(Stage.RECOMMENDING, people=people)
        Verification.of(application, people.recommender, "POLICE", result="PASSED").save()
        client.force_login(people.applicant)
        sentence = "推荐单位已开始审核，不能撤回"
        page = client.get(url("withdraw", application)).content.decode()
        assert sentence in page
        data = {"revision": application.revision}
        answer = client.post(url("withdraw", application), data, follow=True)
        assert sentence in answer.content.decode()
        application.refresh_from_db()
        assert application.stage == Stage.RECOMMENDING


class TestDiscard:
    def test_asks_first_and_then_ends_it_for_good(self, client, draft):
        page = client.get(url("discard", draft)).content.decode()
        assert f"<strong>{draft.studio_title}</strong>" in page
        assert TRANSITIONS["discard"].consequence in page
        assert "btn-danger" in page
        data = {"revision": draft.revision}
        answer = client.post(url("discard", draft), data, follow=True)
        assert "申报已放弃" in answer.content.decode()
        draft.refresh_from_db()
        assert draft.stage == Stage.DISCARDED

    def test_is_read_but_changed_no_more(self, client, draft, people):
        take(draft, "discard", people)
        page = client.get(url("overview", draft)).content.decode()
        assert "已放弃" in page
        assert "放弃申报" in page  # in the record
        assert "/edit/" not in page
        for name in ("submit", "discard", "withdraw"):
            assert url(name, draft) not in page
        assert client.get(url("read", draft)).status_code == 200
        section = reverse("applications:section", args=[draft.pk, "lead"])
        answer = client.get(section, follow=True).content.decode()
        assert "申报已放弃，内容不能再修改。" in answer
        client.post(section, {"lead_post": "偷改", "action": "draft"})
        draft.refresh_from_db()
        assert draft.lead_post == "焊接班长"
        for name in ("submit", "discard"):
            client.post(url(name, draft), typed(draft))
            draft.refresh_from_db()
            assert draft.stage == Stage.DISCARDED

    def test_another_can_be_started(self, client, draft, people):
        take(draft, "discard", people)
        answer = client.post(reverse("applications:start", args=[draft.round_id]))
        assert answer.url != url("overview", draft)
        listed = client.get(reverse("applications:mine")).content.decode()
        assert "已放弃" in listed
        assert answer.url in listed

    def test_only_a_draft_can_be_given_up(self, client, people):
        application = make_application(Stage.RETURNED, people)
        client.force_login(people.applicant)
        page = client.get(url("discard", application)).content.decode()
        assert 'disabled aria-describedby="refusal"' in page
        client.post(url("discard", application), {"revision": application.revision})
        application.refresh_from_db()
        assert application.stage == Stage.RETURNED

    def test_a_stale_page_discards_nothing(self, client, draft):
        answer = client.post(url("discard", draft), {"revision": 99}, follow=True)
        assert "请刷新后再操作" in answer.content.decode()
        draft.refresh_from_db()
        assert draft.stage == Stage.DRAFT


class TestResubmission:
    def test_the_page_shows_what_reviewers_will_see(self, client, people):
        application = make_application(Stage.RECOMMENDING, people)
        remarks = [{"section": "lead", "field": "lead_post", "text": "岗位请写到班组。"}]
        application = take(application, "return", people, remarks=remarks)
        application.remarks.update(answer="已写到班组。")
        changed = {"lead_post": "一班班长", "postcode": "430015"}
        Application.objects.filter(pk=application.pk).update(**changed)
        client.force_login(people.applicant)
        page = client.get(url("submit", application)).content.decode()
        for text in ("岗位请写到班组。", "已写到班组。", "按要求修改", "未要求的改动"):
            assert text in page
        assert "其中 1 处不在修改要求之内" in page

    def test_a_first_submission_compares_nothing(self, client, draft):
        response = client.get(url("submit", draft))
        assert response.context["correction"] is None
