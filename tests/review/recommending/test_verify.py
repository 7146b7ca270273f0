"""The recommending unit's verification: work list, verdicts on awards, ledger of checks."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from applications.models import Application, Award, Evidence
from applications.stages import Stage
from applications.workflow import ledger_codes
from applications.workflow.perform import Refused, perform, refusal
from review.recommending.checklist import work_list
from review.recommending.models import AwardCheck, Verification
from review.recommending.verify import DOUBTFUL_LEFT, NOTHING_LEFT
from review.recommending.verify_forms import NO_REASON
from review.recommending.verify_views import UNKNOWN
from review.shared.attachments import Attachment
from tests.factories import (
    data_for,
    id_number,
    make_application,
    make_user,
    pdf_file,
    prepare,
    take,
    verify,
)
from tests.tabs import read_all_tabs

pytestmark = pytest.mark.django_db


def url(application):
    return reverse("review:verify", args=[application.pk])


def content_of(response):
    return response.content.decode()


@pytest.fixture
def application(people):
    return make_application(Stage.RECOMMENDING, people)


@pytest.fixture
def recommender(log_in):
    return log_in(Role.RECOMMENDER)


def mark(client, application, item, **typed):
    """Send one mark as the page does."""
    return client.post(url(application), {"revision": application.revision, "item": item, **typed})


def check(**changes):
    """What is typed into the form of a check, with its file."""
    today = timezone.localdate()
    return {
        "issuer": "虚构公安分局",
        "document_date": f"{today}",
        "result": "PASSED",
        "upload": pdf_file("公安意见.pdf"),
        **changes,
    }


def why(application, user):
    return refusal(Application.objects.get(pk=application.pk), "recommend", user) or ""


class TestAwards:
    def test_an_award_is_marked_as_true_and_the_next_item_opens(self, recommender, application):
        response = mark(recommender, application, "award-1", action="VERIFIED")
        assert response.status_code == 302
        assert "item=original-" in response.url
        row = application.award_checks.get()
        assert row.verdict == "VERIFIED"
        assert row.claim == application.awards.get().claim
        assert "湖北省技术能手" in application.events.last().note

    def test_an_award_is_struck_only_with_a_reason(self, recommender, application):
        refused = mark(recommender, application, "award-1", action="STRUCK")
        assert refused.status_code == 422
        assert NO_REASON in content_of(refused)
        mark(recommender, application, "award-1", action="STRUCK", note="证书姓名不符。")
        page = read_all_tabs(recommender, application)
        assert "is-struck" in page
        assert "证书姓名不符。" in page

    def test_an_award_without_evidence_can_only_be_struck(self, recommender, application):
        application.awards.update(evidence=None)
        page = content_of(recommender.get(url(application), {"item": "award-1"}))
        assert ledger_codes.UNPROVEN in page
        refused = mark(recommender, application, "award-1", action="VERIFIED")
        assert refused.status_code == 422
        assert "只能划去" in content_of(refused)
        struck = {"action": "STRUCK", "note": ledger_codes.UNPROVEN}
        assert mark(recommender, application, "award-1", **struck).status_code == 302

    def test_every_award_has_to_be_judged(self, people, application):
        prepare(application, "recommend", people)
        AwardCheck.objects.all().delete()
        assert "还有 1 个奖项没有核实" in why(application, people.recommender)

    def test_a_changed_award_is_judged_anew(self, people, application):
        prepare(application, "recommend", people)
        assert not why(application, people.recommender)
        application.awards.update(year=2019)
        assert "还有 1 个奖项" in why(application, people.recommender)
        application.awards.update(year=2018)
        assert not why(application, people.recommender)

    def test_the_latest_verdict_counts_and_the_earlier_ones_stay(self, recommender, application):
        mark(recommender, application, "award-1", action="STRUCK", note="看不清。")
        mark(recommender, application, "award-1", action="VERIFIED")
        item = work_list(application)[0]
        assert item.state == "属实"
        assert [row.reason for row in item.earlier] == ["看不清。"]
        assert "看不清。" in content_of(recommender.get(url(application), {"item": "award-1"}))


class TestLedger:
    def test_a_check_needs_issuer_date_result_and_file(self, recommender, application):
        refused = mark(recommender, application, "check-police", note="已去函。")
        assert refused.status_code == 422
        form = refused.context["form"]
        assert set(form.errors) == {"issuer", "document_date", "result", "upload"}
        assert "已去函。" in content_of(refused)
        mark(recommender, application, "check-police", **check())
        row = application.verifications.get()
        assert (row.kind, row.issuer, row.result) == ("POLICE", "虚构公安分局", "PASSED")
        assert row.attachment.original_name == "公安意见.pdf"
        assert row.lead_id_index == application.lead_id_index

    def test_a_file_of_a_form_refused_for_something_else_is_kept(self, recommender, application):
        refused = mark(recommender, application, "check-police", **check(issuer=""))
        assert refused.status_code == 422
        kept = Attachment.objects.get()
        assert "公安意见.pdf" in content_of(refused)
        typed = check(attachment=kept.pk)
        del typed["upload"]
        assert mark(recommender, application, "check-police", **typed).status_code == 302
        assert application.verifications.get().attachment == kept

    @pytest.mark.parametrize("key", ["abc", "9" * 30, "\0", "1.5", "-1"])
    def test_a_key_that_is_none_keeps_no_file(self, recommender, application, key):
        refused = mark(recommender, application, "check-police", attachment=key)
        assert refused.status_code == 422
        assert "请上传证明文件" in content_of(refused)

    def test_a_wrong_file_is_refused_with_a_sentence(self, recommender, application):
        wrong = pdf_file("假.pdf")
        wrong.file.seek(0)
        wrong.file.write(b"not a PDF")
        wrong.file.seek(0)
        refused = mark(recommender, application, "check-police", **check(upload=wrong))
        assert refused.status_code == 422
        assert "只接受 PDF、OFD 或图片" in content_of(refused)
        assert not Attachment.objects.exists()

    def test_the_applicants_own_paper_may_be_the_proof(self, recommender, application):
        paper = application.evidence.first()
        typed = check(evidence=paper.pk)
        del typed["upload"]
        assert mark(recommender, application, "check-veto", **typed).status_code == 302
        assert application.verifications.get().evidence == paper

    def test_a_failure_is_explained_and_blocks(self, recommender, people, application):
        prepare(application, "recommend", people)
        typed = check(result="FAILED")
        assert mark(recommender, application, "check-police", **typed).status_code == 422
        typed = check(result="FAILED", note="有违法记录。")
        mark(recommender, application, "check-police", **typed)
        assert why(application, people.recommender) == "征求公安部门意见未通过，不能推荐。"

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"publicity_to": "2026-01-01"}, "publicity_to"),
            ({"place": ""}, "place"),
            ({"objections": ""}, "objections"),
            ({"document_date": "2999-01-01"}, "document_date"),
        ],
    )
    def test_the_units_publicity_has_time_place_and_objections(
        self, recommender, application, changes, field
    ):
        typed = check(
            publicity_from="2026-01-05",
            publicity_to="2026-01-12",
            place="公告栏",
            objections="无",
        )
        refused = mark(recommender, application, "check-publicity", **(typed | changes))
        assert field in refused.context["form"].errors
        typed["upload"] = pdf_file()
        assert mark(recommender, application, "check-publicity", **typed).status_code == 302

    def test_a_missing_check_is_named(self, people, application):
        prepare(application, "recommend", people)
        Verification.objects.filter(kind="VETO").delete()
        Verification.objects.filter(kind="ORIGINAL").last().delete()
        sentence = why(application, people.recommender)
        assert "党风廉政建设等“一票否决”情况说明" in sentence
        assert "1 份材料的原件核对" in sentence

    def test_all_originals_are_recorded_at_once_each_by_name(
        self, recommender, people, application
    ):
        differing = application.current_evidence()[0]
        item = f"original-{differing.pk}"
        assert mark(recommender, application, item, action="FAILED").status_code == 422
        mark(recommender, application, item, action="FAILED", note="缺章。")
        mark(recommender, application, "originals")
        rows = application.verifications.filter(kind="ORIGINAL")
        assert rows.count() == len(application.current_evidence())
        assert {row.checked_by for row in rows} == {people.recommender}
        # What was found to differ is looked at again by hand.
        assert rows.get(evidence=differing).result == "FAILED"
        again = mark(recommender, application, "originals")
        assert again.status_code == 409
        assert NOTHING_LEFT in content_of(again)

    def test_what_is_doubtfully_signed_is_seen_by_itself(self, recommender, people, application):
        file = application.current_evidence()[0]
        changed = {"state": "changed", "signer": "某人", "covers": True}
        Evidence.objects.filter(pk=file.pk).update(is_signed=True, signatures=[changed])
        page = content_of(recommender.get(reverse("review:verify", args=[application.pk])))
        others = len(application.current_evidence()) - 1
        assert f"全部原件已核（{others} 份）" in page
        assert "电子签名有疑问，请打开逐份核对" in page
        mark(recommender, application, "originals")
        rows = application.verifications.filter(kind="ORIGINAL")
        assert rows.count() == others
        assert not rows.filter(evidence=file).exists()
        assert DOUBTFUL_LEFT in content_of(mark(recommender, application, "originals"))
        mark(recommender, application, f"original-{file.pk}", action="PASSED")
        assert rows.get(evidence=file).result == "PASSED"

    def test_a_row_is_never_changed(self, people, application):
        verify(application, people.recommender)
        for row in (application.verifications.first(), application.award_checks.first()):
            with pytest.raises(TypeError):
                row.save()

    def test_what_was_checked_carries_over_a_return_but_for_what_changed(self, people, application):
        prepare(application, "recommend", people)
        application = take(application, "return", people)
        application = Application.objects.get(pk=application.pk)
        application.edit(people.applicant, lead_id_number=id_number("198106"), lead_birth="1981-06")
        take(application, "submit", people)
        counting = ledger_codes.counting(Application.objects.get(pk=application.pk))
        assert {kind for kind, _ in counting} == {"ORIGINAL"}
        sentence = why(application, people.recommender)
        for kind in ledger_codes.ABOUT_LEAD:  # they were about somebody else
            assert kind.label in sentence
        # The new scan of the stamped form has not been seen; every other copy has.
        assert "1 份材料的原件核对" in sentence
        assert "奖项" not in sentence

    def test_withdrawing_is_possible_again_for_the_next_submission(self, people, application):
        verify(application, people.recommender)
        with pytest.raises(Refused, match="推荐单位已开始审核"):
            perform(application, "withdraw", people.applicant)
        again = take(take(application, "return", people), "submit", people)
        assert refusal(again, "withdraw", people.applicant) is None
        AwardCheck(
            application=again,
            claim=again.awards.get().claim,
            verdict="VERIFIED",
            by=people.recommender,
        ).save()
        assert "推荐单位已开始审核" in refusal(again, "withdraw", people.applicant)


class TestPage:
    def test_each_item_opens_with_its_proof_at_the_linked_page(self, recommender, application):
        award = application.awards.get()
        Award.objects.filter(pk=award.pk).update(evidence_page=3)
        page = recommender.get(url(application), {"item": "award-1"})
        assert f"{award.evidence.get_absolute_url()}#page=3" in page.context["proof_src"]
        assert f"{award.evidence.get_absolute_url()}#page=3&amp;navpanes=0" in content_of(page)

    def test_no_proof_opens_before_an_item_is_chosen(self, recommender, application):
        page = recommender.get(url(application))
        assert page.context["item"].proof
        assert content_of(page).count("<iframe") == 1
        assert '<iframe name="proof" title="打开的佐证材料"></iframe>' in content_of(page)
        assert "请从核验清单中选择一项，其佐证材料即在此处打开。" in content_of(page)

    def test_progress_counts_what_is_to_be_marked(self, recommender, people, application):
        total = 1 + len(application.current_evidence()) + 3
        assert f"已核 0 / {total}" in content_of(recommender.get(url(application)))
        prepare(application, "recommend", people)
        page = content_of(recommender.get(url(application)))
        assert f"已核 {total} / {total}" in page
        assert "可以办理“同意推荐”" in page

    def test_conditions_stand_beside_their_evidence_without_a_mark(self, recommender, application):
        page = content_of(recommender.get(url(application), {"item": "condition-1"}))
        assert "领办人职业资格（职业技能等级）证书.pdf" in page
        assert mark(recommender, application, "condition-1").status_code == 409

    @pytest.mark.parametrize("item", ["award-2", "original-0", "check-original", ""])
    def test_an_item_that_there_is_not_is_not_marked(self, recommender, application, item):
        answer = mark(recommender, application, item, action="VERIFIED")
        assert answer.status_code == 409
        assert UNKNOWN in content_of(answer)

    def test_an_outdated_page_writes_nothing_and_keeps_what_was_typed(
        self, recommender, people, application
    ):
        stale = application.revision
        take(take(application, "return", people), "submit", people)
        typed = {"revision": stale, "action": "STRUCK", "note": "旧页面的理由"}
        answer = mark(recommender, application, "award-1", **typed)
        assert answer.status_code == 409
        assert "没有保存" in content_of(answer)
        assert "旧页面的理由" in content_of(answer)
        assert not AwardCheck.objects.exists()

    def test_once_recommended_the_record_is_only_read(self, recommender, people):
        application = make_application(Stage.RECOMMENDED, people)
        page = content_of(recommender.get(url(application)))
        assert "核验记录只能查看" in page
        assert '<form method="post" action="/review' not in page
        answer = mark(recommender, application, "award-1", action="VERIFIED")
        assert answer.status_code == 409

    def test_what_the_unit_changes_after_a_return_is_not_shown(self, recommender, people):
        application = make_application(Stage.RETURNED, people)
        application.awards.update(name="尚未提交的奖项")
        assert "尚未提交的奖项" not in content_of(recommender.get(url(application)))

    @pytest.mark.parametrize("more", [0, 29])
    def test_costs_the_same_with_1_and_30_awards(
        self, recommender, people, application, more, django_assert_num_queries
    ):
        award = application.awards.get()
        values = {
            each.attname: getattr(award, each.attname) for each in Award._meta.concrete_fields
        }
        Award.objects.bulk_create(
            Award(**{**values, "id": None, "position": number}) for number in range(1, more + 1)
        )
        verify(application, people.recommender)
        recommender.get(url(application))
        with django_assert_num_queries(9):
            recommender.get(url(application), {"item": "award-1"})

    def test_the_detail_page_sums_up_and_leads_here(self, recommender, application):
        page = read_all_tabs(recommender, application)
        assert "核验台账" in page
        assert url(application) in page

    def test_experts_get_no_ledger_but_the_verdicts(self, log_in, people):
        application = make_application(Stage.PANEL, people)
        page = read_all_tabs(log_in(Role.EXPERT), application)
        assert 'id="ledger"' not in page
        assert "出具某" not in page
        assert "属实" in page

    def test_finance_reads_the_names_of_files_without_a_link(self, log_in, people):
        application = make_application(Stage.COUNTERSIGNING, people)
        stored = Attachment.store(
            pdf_file("意见.pdf"), Attachment.Kind.VERIFICATION, application=application
        )
        Verification.of(
            application, people.recommender, "POLICE", result="PASSED", attachment=stored
        ).save()
        page = read_all_tabs(log_in(Role.FINANCE), application)
        assert "意见.pdf" in page
        assert stored.get_absolute_url() not in page


class TestSelfRecommending:
    def test_the_page_says_why_who_submitted_cannot_recommend(self, log_in, people, application):
        prepare(application, "recommend", people)
        submission = application.submissions.last()
        colleague = make_user(
            Role.RECOMMENDER, recommending_unit=people.recommender.recommending_unit
        )
        type(submission).objects.filter(pk=submission.pk).update(submitted_by=people.recommender)
        address = reverse("review:detail", args=[application.pk])
        page = content_of(log_in(Role.RECOMMENDER).get(address))
        sentence = "提交申报的人不能推荐同一申报，请由另一账号办理。"
        assert f'disabled title="{sentence}"' in page
        typed = {key: value for key, value in data_for("recommend").items() if value is not None}
        decide = reverse("review:decide", args=[application.pk, "recommend"])
        typed |= {"revision": application.revision, "signed_on": f"{timezone.localdate()}"}
        refused = log_in(Role.RECOMMENDER).post(decide, typed)
        assert refused.status_code == 409
        assert sentence in content_of(refused)
        assert log_in(colleague).post(decide, typed).status_code == 302
        application.refresh_from_db()
        assert application.stage == Stage.RECOMMENDED


def test_a_publicity_that_is_not_over_blocks(people, application):
    prepare(application, "recommend", people)
    tomorrow = timezone.localdate() + datetime.timedelta(days=1)
    application.verifications.filter(kind="PUBLICITY").update(publicity_to=tomorrow)
    assert "期满后再推荐" in why(application, people.recommender)
