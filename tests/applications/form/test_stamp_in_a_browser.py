"""The applicant at the scan of the stamped form: what was found appears while the page is open."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from applications.models import FileText
from applications.recognition import reader
from applications.rounds import EvidenceCategory
from applications.stages import Stage
from tests.applications.recognition.pages import keep_pages
from tests.applications.recognition.test_stamped_scan import form_page
from tests.browser import assert_accessible, log_in
from tests.factories import make_application, make_people, make_round, stamp

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not reader.has_packages(), reason="reading is not installed"),
]


def test_a_missing_and_a_foreign_page_are_named_without_a_reload(page, settings):
    settings.OCR = True
    people = make_people(make_round())
    application = make_application(Stage.DRAFT, people)
    stamp(application, people.applicant)
    application.prints.update(pages=4)
    other = make_application(Stage.RECOMMENDING, make_people(application.round))
    scan = application.evidence.get(category=EvidenceCategory.STAMPED, removed_at=None)
    FileText.objects.create(sha256=scan.sha256, pages=4)
    log_in(page, people.applicant)
    page.goto(reverse("applications:section", args=[application.pk, "stamp"]))
    check = page.locator("[data-stamp-check]")
    expect(check).to_contain_text("正在识别扫描件的页码、印章和签字")

    own, foreign = application.prints.last().fingerprint, other.prints.last().fingerprint
    keep_pages(
        scan,
        form_page(1, 1, own),
        form_page(2, 2, foreign),
        form_page(3, 3, own, seals=()),
        form_page(4, 4, own, turn=180),
    )
    expect(check).to_contain_text("扫描件第 2 页是另一份申报的申报表。", timeout=20_000)
    expect(check).to_contain_text("缺打印稿第 2 页。")
    expect(check).to_contain_text("扫描件第 4 页上下颠倒")
    expect(check).to_contain_text("未发现印章，请核对")
    expect(page.locator("[data-stamp-tag]")).to_have_text("4 处建议核对")
    # Read out is one sentence, not all that is shown.
    expect(page.locator("[data-stamp-said]")).to_have_text("扫描件识别完毕。4 处建议核对")
    expect(check).not_to_have_attribute("role", "status")
    expect(check.locator(".cuttings img")).to_have_count(3)
    assert other.number not in page.content()
    assert_accessible(page)

    # It is shown, and nothing is refused for it.
    page.get_by_role("link", name="检查并提交").click()
    expect(page.get_by_role("button", name="提交")).to_be_enabled()


def test_who_is_on_a_link_of_it_stays_there_while_more_is_read(page, settings):
    settings.OCR = True
    people = make_people(make_round())
    application = make_application(Stage.DRAFT, people)
    stamp(application, people.applicant)
    application.prints.update(pages=4)
    scan = application.evidence.get(category=EvidenceCategory.STAMPED, removed_at=None)
    FileText.objects.create(sha256=scan.sha256, pages=4)
    log_in(page, people.applicant)
    page.goto(reverse("applications:section", args=[application.pk, "stamp"]))
    check = page.locator("[data-stamp-check]")
    expect(check).to_contain_text("正在识别扫描件的页码、印章和签字")
    check.focus()
    own = application.prints.last().fingerprint
    keep_pages(scan, *(form_page(number, number, own) for number in range(1, 5)))
    expect(check.locator(".cuttings img")).to_have_count(3, timeout=20_000)
    expect(check).to_be_focused()
    page.wait_for_load_state("networkidle")
