"""The recommending unit at a browser: its day, and when the applicant acts in the same moment."""

import datetime

import pytest
from django.utils import timezone

from accounts.roles import Role
from applications.models import Application, Award
from applications.stages import Stage
from applications.workflow.table import TRANSITIONS
from review.recommending.verify_forms import NO_REASON
from tests.browser import assert_accessible, log_in
from tests.factories import make_application, make_draft, make_people, make_round, pdf_file, take

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def people():
    return make_people(make_round())


def fill_in(page, kind, **typed):
    """Fill in the open form of a check and send it."""
    page.locator(f"[data-item='check-{kind}']").click()
    page.locator(f"[data-item='check-{kind}'][aria-current]").wait_for()
    paper = pdf_file(f"{kind}.pdf")
    today = f"{timezone.localdate()}"
    for name, value in {"issuer": "出具某", "document_date": today, **typed}.items():
        page.fill(f"#id_{name}", value)
    page.select_option("#id_result", "PASSED")
    file = {"name": paper.name, "mimeType": "application/pdf", "buffer": paper.read()}
    page.set_input_files("#id_upload", file)
    page.get_by_role("button", name="登记", exact=True).click()


def test_the_recommenders_day(page, people, files_asked):
    """Open the work list, judge awards by keyboard, fill in the ledger, recommend."""
    draft = make_draft(people.panel.round, people.applicant)
    award = draft.awards.get()
    Award.objects.create(
        application=draft, level="OTHER", position=1, name="虚构金奖", evidence=award.evidence,
        evidence_page=1, project="某项目", authority="某协会", year=2016,
    )  # fmt: skip
    application = take(draft, "submit", people)
    log_in(page, people.recommender)
    page.goto(f"/review/{application.pk}/")
    page.get_by_role("link", name="逐项核验").click()
    page.wait_for_url("**/verify/#work")
    # No file is opened for whoever only arrives, nor twice for one who chooses its item twice.
    page.wait_for_load_state("networkidle")
    assert files_asked == []
    for _ in range(2):
        page.locator("[data-item='award-1']").click()
        page.locator(f"iframe[src^='{award.evidence.get_absolute_url()}']").wait_for()
        page.wait_for_timeout(500)
    assert files_asked == [award.evidence.get_absolute_url()]
    # The list has the focus: a key leads to the next item, and its proof opens.
    page.keyboard.press("j")
    page.locator("[data-item='award-2'][aria-current]").wait_for()
    assert page.evaluate("document.activeElement.dataset.item") == "award-2"
    assert "虚构金奖" in page.locator("#work-status").text_content()
    page.locator("iframe[src$='#page=1&navpanes=0']").wait_for()
    page.keyboard.press("ArrowUp")
    page.locator("[data-item='award-1'][aria-current]").wait_for()
    page.get_by_role("button", name="属实").focus()
    page.keyboard.press("Enter")
    page.locator("[data-item='award-2'][aria-current]").wait_for()
    # A refusal keeps the place; typing j into the reason types a j. Enter there strikes.
    page.get_by_label("划去理由").press("Enter")
    page.get_by_text(NO_REASON).wait_for()
    page.get_by_label("划去理由").press_sequentially("jk 查无此奖。")
    page.get_by_label("划去理由").press("Enter")
    page.get_by_text("已划去").or_(page.get_by_text("划去", exact=True)).first.wait_for()
    page.get_by_text("已核 2 /").first.wait_for()
    assert_accessible(page)
    page.get_by_role("button", name="全部原件已核").click()
    page.get_by_text(f"已核 {2 + len(application.current_evidence())} /").first.wait_for()
    start = timezone.localdate() - datetime.timedelta(days=9)
    fill_in(page, "police")
    page.locator("[data-item='check-veto'][aria-current]").wait_for()
    fill_in(page, "veto")
    page.locator("[data-item='check-publicity'][aria-current]").wait_for()
    days = {"publicity_from": f"{start}", "publicity_to": f"{start + datetime.timedelta(days=7)}"}
    fill_in(page, "publicity", place="公告栏", objections="无", **days)
    page.get_by_text("可以办理“同意推荐”").wait_for()
    page.get_by_role("link", name="去办理").click()
    page.fill("#id_text", "同意推荐。")
    page.get_by_role("button", name="同意推荐", exact=True).click()
    page.get_by_text("已办理“同意推荐”").wait_for()
    application.refresh_from_db()
    assert application.stage == Stage.RECOMMENDED
    verdicts = {row.title.split()[1]: row.reason for row in application.award_checks.all()}
    assert verdicts == {"湖北省技术能手": "", "虚构金奖": "jk 查无此奖。"}
    assert application.verifications.get(kind="POLICE").attachment.original_name == "police.pdf"


def test_withdrawing_while_the_recommender_decides(page, people, live_server):
    """Both have their pages open; whoever comes second is told, and nothing is done twice."""
    recommender = page
    other = page.context.browser.new_context(base_url=live_server.url)
    applicant = other.new_page()
    log_in(recommender, people.recommender)
    log_in(applicant, people.applicant)
    for first in ("withdraw", "decline"):
        application = make_application(Stage.RECOMMENDING, people)
        applicant.goto(f"/applications/{application.pk}/withdraw/")
        recommender.goto(f"/review/{application.pk}/?decide=decline")
        recommender.fill("#id_reason", "成立时间较短。")
        for name in (first, "decline" if first == "withdraw" else "withdraw"):
            if name == "withdraw":
                applicant.get_by_role("main").get_by_role("button", name="撤回").click()
                applicant.wait_for_url(f"**/applications/{application.pk}/")
            else:
                recommender.get_by_role("button", name="确认不予推荐").click()
                recommender.locator("main .message").first.wait_for()
        loser = recommender if first == "withdraw" else applicant
        sentence = "已由申报单位撤回" if first == "withdraw" else "当前阶段为“不予推荐”"
        assert sentence in loser.locator("main").text_content()
        now = Application.objects.get(pk=application.pk)
        assert now.stage == TRANSITIONS[first].target
        assert now.events.exclude(to_stage="").count() == 2  # submitted, and one of the two
    other.close()


def test_each_award_is_marked_without_a_script_too(client, people):
    application = make_application(Stage.RECOMMENDING, people)
    client.force_login(people.of(Role.RECOMMENDER))
    typed = {"item": "award-1", "action": "VERIFIED", "revision": application.revision}
    answer = client.post(f"/review/{application.pk}/verify/", typed, follow=True)
    assert "已核 1 /" in answer.content.decode()
