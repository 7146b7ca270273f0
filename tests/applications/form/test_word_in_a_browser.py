"""A clerk on a phone imports a Word form: upload, preview, choice, confirmation, the form."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from applications.form.drafts import start
from applications.models import Application
from applications.national_codes import Sex
from tests.applications.form.word.word_files import PROVINCIAL, docx, notice_form
from tests.browser import assert_accessible, log_in
from tests.factories import make_people, make_round

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def word(tmp_path):
    """A form in which one birth month has two digits of its year, and one award's rank is a day."""
    doubtful = ["转子焊接", "科技进步奖", "湖北省人民政府", "二等奖", "1月5日", "主持", "2019"]
    form = notice_form({"lead_work_start": "02.7"}, provincial=[*PROVINCIAL, doubtful])
    path = tmp_path / "张明轩申报表.docx"
    path.write_bytes(docx(form))
    return path


def assert_fits(page):
    """Nothing makes the page wider than the phone."""
    widths = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1], page.url


def test_a_word_form_becomes_a_draft_on_a_phone(page, word):
    people = make_people(make_round())
    page.set_viewport_size(PHONE)
    log_in(page, people.applicant)
    page.goto(reverse("applications:mine"))
    page.get_by_role("link", name="从 Word 申报表开始").click()
    assert_fits(page)
    assert_accessible(page)

    page.get_by_label("Word 申报表").set_input_files(word)
    page.get_by_role("button", name="上传并核对").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("核对从 Word 读出的内容")
    assert_fits(page)
    assert_accessible(page)
    assert Application.objects.get().lead_name == ""

    # What is sure is ticked; what is not waits for a look, and says how it stood in Word.
    # Of another unit's form nothing is, until somebody says that it is the same application.
    expect(page.locator("#strangers")).to_contain_text("请确认是同一份申报")
    expect(page.get_by_label("填入技能大师姓名")).not_to_be_checked()
    page.get_by_role("button", name="是同一份申报").click()
    expect(page.get_by_label("填入技能大师姓名")).to_be_checked()
    expect(page.locator("#open-doubts")).to_contain_text("2 处请核对还没有勾选")
    start_of_work = page.locator("#offer-lead_work_start")
    expect(start_of_work).to_contain_text("请核对")
    expect(start_of_work).to_contain_text("02.7")
    expect(page.get_by_label("填入参加工作时间")).not_to_be_checked()
    page.get_by_label("参加工作时间", exact=True).fill("2002年7月")
    # What is corrected is ticked.
    expect(page.get_by_label("填入参加工作时间")).to_be_checked()
    expect(page.locator("#open-doubts")).to_contain_text("1 处请核对还没有勾选")
    # To leave with that typed asks first.
    asked = []
    page.once("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.get_by_role("link", name="换一份文件").click()
    expect(start_of_work).to_be_visible()
    page.wait_for_function("true")
    assert asked == ["beforeunload"]
    doubtful = page.locator("#offer-provincial-62")
    expect(doubtful.get_by_role("checkbox")).not_to_be_checked()
    doubtful.get_by_label("第 3 行，排名").fill("1/5")
    expect(doubtful.get_by_role("checkbox")).to_be_checked()
    # Of what the unit has registered, its own name stays and Word's contact is taken.
    contact = page.locator("#offer-contact_name")
    contact.get_by_text("Word 的", exact=True).click()
    page.get_by_role("button", name="确认，填入勾选的内容").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Word 内容已填入")
    assert_fits(page)
    assert_accessible(page)
    page.get_by_role("link", name="参加工作时间", exact=True).click()
    expect(page.get_by_label("参加工作时间", exact=True)).to_have_value("2002-07")
    expect(page.get_by_label("技能大师姓名")).to_have_value("张明轩")
    application = Application.objects.get()
    assert application.contact_name == "王小燕"
    assert application.unit_name == people.applicant.applying_unit.name
    assert [award.ranking for award in application.awards_of("PROVINCIAL")][-1] == "1/5"


def test_it_works_by_keyboard_and_without_scripts(browser, live_server, word):
    people = make_people(make_round())
    draft = start(people.panel.round, people.applicant)
    context = browser.new_context(java_script_enabled=False, base_url=live_server.url)
    page = context.new_page()
    log_in(page, people.applicant)
    page.goto(reverse("applications:word_upload", args=[draft.pk, "form"]))
    page.get_by_label("Word 申报表").set_input_files(word)
    page.get_by_label("Word 申报表").press("Tab")
    page.keyboard.press("Enter")
    page.get_by_label("技能大师姓名", exact=True).press("Enter")
    # Enter in a field takes nothing yet.
    expect(page.get_by_role("heading", level=1)).to_have_text("核对从 Word 读出的内容")
    page.get_by_role("button", name="是同一份申报").press("Enter")
    page.get_by_label("填入技能大师姓名").press("Space")
    page.get_by_role("button", name="确认，填入勾选的内容").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Word 内容已填入")
    draft.refresh_from_db()
    assert (draft.lead_name, draft.lead_sex) == ("", Sex.MALE)
    context.close()
