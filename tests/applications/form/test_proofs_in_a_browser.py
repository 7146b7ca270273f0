"""The proof of an award at its row: dropped, chosen, picked, refused, cancelled; with and without
scripts."""

import base64

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from applications.models import Award
from tests.applications.files.test_file_kinds import docx
from tests.applications.files.test_uploads_in_a_browser import DROP, chosen
from tests.browser import assert_accessible, log_in
from tests.factories import make_draft, make_people, make_round, pdf_file

pytestmark = pytest.mark.django_db(transaction=True)
expect.set_options(timeout=15_000)
ROW = "#other .form-row"


@pytest.fixture
def people():
    return make_people(make_round())


@pytest.fixture
def draft(people):
    """A draft with a proven award, and another of 2019 without a proof."""
    draft = make_draft(people.panel.round, people.applicant)
    draft.evidence.update(examined_at=timezone.now())
    whole = {"project": "甲工法", "name": "甲奖", "authority": "甲厅", "year": 2019}
    Award.objects.create(application=draft, level=Award.Level.OTHER, **whole)
    return draft


@pytest.fixture
def address(draft):
    return reverse("applications:section", args=[draft.pk, "awards"])


@pytest.fixture
def at_awards(page, people, address):
    log_in(page, people.applicant)
    page.goto(address)
    return page


def drop(page, file):
    content = base64.b64encode(file.read()).decode()
    assert page.evaluate(DROP, [f"{ROW} summary", [(file.name, content)]])


def unproven(draft):
    return draft.awards.get(level=Award.Level.OTHER)


def saved_proof(page, draft):
    """The file of the second award, once the page says that it is saved."""
    expect(page.locator("[data-save-state]")).to_contain_text("已保存")
    for _ in range(50):
        if proof := unproven(draft).evidence:
            return proof
        page.wait_for_timeout(100)
    raise AssertionError("the award has no proof")


def test_a_file_dropped_on_a_row_proves_its_award(at_awards, draft):
    page = at_awards
    row = page.locator(ROW)
    page.fill("[name=other-0-grade]", "二等奖")
    drop(page, pdf_file("甲奖证书.pdf", pages=3))
    expect(row.locator("[data-proof-chosen]")).to_contain_text("甲奖证书.pdf")
    proof = saved_proof(page, draft)
    assert (proof.category, proof.original_name) == ("HONOUR", "甲奖证书.pdf")
    assert unproven(draft).grade == "二等奖"
    expect(row.locator("[data-proof-state]")).to_have_text("已上传，共 3 页，请填写所在页。")
    expect(row.locator("[data-incomplete]")).to_be_hidden()
    expect(row.locator("[data-proof-mark]")).to_have_text("有佐证")
    assert_accessible(page)
    page.fill("[name=other-0-evidence_page]", "2")
    page.get_by_role("button", name="保存草稿").click()
    page.get_by_text("已保存。").wait_for()
    assert unproven(draft).evidence_page == 2
    # It stands on the evidence page like any other file.
    page.goto(reverse("applications:section", args=[draft.pk, "evidence"]))
    expect(page.locator("#category-HONOUR .file-row")).to_have_count(2)
    # The same paper for another award is no second file.
    page.goto(f"{page.url.replace('evidence', 'awards')}")
    page.locator("#other").get_by_role("button", name="增加一行").click()
    page.fill("[name=other-1-name]", "乙奖")
    with proof.file.open() as stored:
        again = {"name": "甲奖.pdf", "mimeType": "application/pdf", "buffer": stored.read()}
    page.locator("[name=other-1-proof_file]").set_input_files([again])
    expect(page.locator("#other [data-proof-mark]").nth(1)).to_have_text("有佐证")
    expect(page.locator("[data-save-state]")).to_contain_text("已保存")
    assert draft.evidence.filter(category="HONOUR").count() == 2


def test_a_file_that_is_refused_is_told_beside_the_row_and_loses_nothing(at_awards, draft):
    page = at_awards
    page.fill("[name=other-0-part]", "主持")
    page.locator("[name=other-0-proof_file]").set_input_files(
        [{"name": "证书.docx", "mimeType": "application/msword", "buffer": docx()}]
    )
    state = page.locator(f"{ROW} [data-proof-state]")
    expect(state).to_contain_text("证书.docx：这是 Word 文档。只接受 PDF、OFD 或图片文件")
    expect(state.get_by_role("button", name="重试")).to_be_visible()
    assert_accessible(page)
    assert page.input_value("[name=other-0-part]") == "主持"
    two = [(name, base64.b64encode(b"x").decode()) for name in ("甲.pdf", "乙.pdf")]
    assert page.evaluate(DROP, [ROW, two])
    expect(state).to_contain_text("每行请拖入一份文件")
    # Beside every row a dropped file does not take the place of the page.
    assert page.evaluate(DROP, [".footer", two])
    # One that is cancelled while it is on its way is not linked.
    page.route("**/awards/proof/", lambda route: None)
    drop(page, pdf_file("慢.pdf"))
    state.get_by_role("button", name="取消").click()
    expect(state).to_have_text("已取消上传。")
    page.unroute("**/awards/proof/")
    page.route("**/awards/proof/", lambda route: route.abort())
    drop(page, pdf_file("断线.pdf"))
    expect(state).to_contain_text("断线.pdf：网络中断，文件没有上传成功。")
    page.unroute("**/awards/proof/")
    state.get_by_role("button", name="重试").click()
    assert saved_proof(page, draft).original_name == "断线.pdf"
    assert unproven(draft).part == "主持"


def test_a_file_is_picked_by_its_thumbnail_and_given_up_by_keyboard_alone(at_awards, draft):
    page = at_awards
    honour = draft.evidence.get(category="HONOUR")
    pick = page.locator(f"{ROW} [data-pick-proof]")
    pick.focus()
    page.keyboard.press("Enter")
    picker = page.locator(".picker")
    expect(picker.get_by_role("heading", level=3).first).to_contain_text("所获荣誉")
    # Personal papers prove nothing.
    expect(picker).not_to_contain_text("身份证")
    assert_accessible(page)
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(picker).to_be_hidden()
    expect(pick).to_be_focused()
    assert saved_proof(page, draft) == honour
    page.locator(f"{ROW} [data-drop-proof]").focus()
    page.keyboard.press("Enter")
    expect(page.locator(f"{ROW} [data-proof-mark]")).to_have_text("无佐证")
    page.get_by_role("button", name="保存草稿").click()
    page.get_by_text("“获奖情况”已保存").wait_for()
    assert unproven(draft).evidence is None


def test_without_scripts_the_file_goes_with_the_form(browser, live_server, people, draft, address):
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    context.set_default_timeout(15_000)
    page = context.new_page()
    log_in(page, people.applicant)
    page.goto(address)
    page.fill("[name=other-0-grade]", "二等奖")
    field = page.locator("[name=other-0-proof_file]")
    word = {"name": "证书.docx", "mimeType": "application/msword", "buffer": docx()}
    field.set_input_files([word])
    page.locator("button[value=upload-other-0]").click()
    expect(page.locator(".error-summary")).to_contain_text(
        "其它获奖情况第 1 行，上传新的佐证文件：证书.docx：这是 Word 文档。"
    )
    assert page.input_value("[name=other-0-grade]") == "二等奖"
    field.set_input_files([chosen(pdf_file("甲奖证书.pdf"))])
    page.locator("button[value=upload-other-0]").click()
    award = unproven(draft)
    assert page.url.endswith(f"#award-{award.pk}")
    assert (award.evidence.original_name, award.grade) == ("甲奖证书.pdf", "二等奖")
    # The row is whole now, and folded; the link to it opens it.
    page.goto(address)
    row = page.locator(ROW)
    expect(row).not_to_have_attribute("open", "")
    expect(row.locator("summary")).to_contain_text("二等奖")
    row.locator("summary").click()
    expect(page.locator("[name=other-0-grade]")).to_be_visible()
    context.close()
