"""Rows at a browser: pasted, moved by key and by hand, sorted, deleted and taken back."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from applications.models import Award
from tests.browser import assert_accessible, log_in
from tests.factories import make_draft, make_people, make_round

pytestmark = pytest.mark.django_db(transaction=True)

HEAD = "年度\t获奖项目名称\t奖励名称\t授予单位"
LINES = [
    "2018年\t甲工法\t甲奖\t甲厅",
    "前年\t乙工法\t乙奖\t乙厅",
    '2016.5\t"丙工法\n（第二段）"\t丙奖\t丙厅',
]
COPIED = "\n".join([HEAD, *LINES])
PASTE = """(field, data) => {
  const clipboardData = new DataTransfer();
  for (const [type, text] of Object.entries(data)) clipboardData.setData(type, text);
  field.dispatchEvent(
    new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}"""


@pytest.fixture
def people():
    return make_people(make_round())


@pytest.fixture
def draft(people):
    """A draft with four awards: 甲 2020, 乙 2019, 丙 2018, 丁 2017."""
    draft = make_draft(people.panel.round, people.applicant)
    draft.awards.all().delete()
    for position, name in enumerate("甲乙丙丁"):
        Award.objects.create(
            application=draft,
            level=Award.Level.PROVINCIAL,
            position=position,
            name=name,
            year=2020 - position,
        )
    return draft


def open_awards(page, people, draft):
    log_in(page, people.applicant)
    page.goto(reverse("applications:section", args=[draft.pk, "awards"]))


def unfold(page):
    page.locator("#provincial").get_by_role("button", name="全部展开").click()


def names(draft):
    return "".join(award.name for award in draft.awards_of(Award.Level.PROVINCIAL))


def shown(page):
    """The names of the living rows, as they stand on the page."""
    rows = page.locator("#provincial .form-row:not(.is-deleted) input[name$='-name']")
    return "".join(rows.nth(index).input_value() for index in range(rows.count()))


def wait_until_saved(page, draft, expected):
    expect(page.locator("[data-save-state]")).to_contain_text("已保存")
    for _ in range(50):
        if names(draft) == expected:
            return
        page.wait_for_timeout(100)
    assert names(draft) == expected


def row(page, name):
    at = shown(page).index(name)
    return page.locator("#provincial .form-row:not(.is-deleted)").nth(at)


def test_rows_pasted_into_a_row_are_read_mended_and_saved_in_order(page, people, draft):
    open_awards(page, people, draft)
    page.fill("[name=provincial-0-grade]", "刚填的")
    page.locator("[name=other-0-project]").evaluate(PASTE, {"text/plain": COPIED})
    page.get_by_text("读到 3 行，还没有保存").wait_for()
    summary = page.locator(".error-summary")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("第 2 行，年度：年度请填写四位数字，例如 2021。")
    assert_accessible(page)
    assert not draft.awards.filter(level="OTHER").exists()
    summary.get_by_role("link").click()
    page.keyboard.press("Control+A")
    page.keyboard.type("2017")
    page.get_by_role("button", name="加入勾选的行").click()
    page.get_by_text("“其它获奖情况”已加入 3 行").wait_for()
    assert list(draft.awards.filter(level="OTHER").values_list("project", "year")) == [
        ("甲工法", 2018),
        ("乙工法", 2017),
        ("丙工法 （第二段）", 2016),
    ]
    # What was being typed when the rows were pasted is saved too.
    assert draft.awards.get(name="甲").grade == "刚填的"


def test_a_word_table_keeps_the_paragraphs_of_a_cell_together(page, people, draft):
    open_awards(page, people, draft)
    page.locator("#other").get_by_role("button", name="从 Excel 或 Word 粘贴").click()
    first = "<tr><td><p>甲</p><p>乙</p></td><td>奖</td></tr>"
    html = f"<table>{first}<tr><td>丙</td><td>奖</td></tr></table>"
    area = page.get_by_label("复制的各行")
    area.evaluate(PASTE, {"text/html": html, "text/plain": "甲\n乙\t奖\n丙\t奖"})
    expect(area).to_have_value("甲乙\t奖\n丙\t奖")
    assert_accessible(page)
    page.get_by_role("button", name="预览").click()
    page.get_by_text("读到 2 行").wait_for()


def test_words_pasted_into_a_field_stay_in_it(page, people, draft):
    open_awards(page, people, draft)
    field = page.locator("[name=provincial-0-project]")
    assert field.evaluate(
        """(field) => {
          const clipboardData = new DataTransfer();
          clipboardData.setData("text/plain", "一句话\\n");
          clipboardData.setData("text/html", "<table><tr><td>一句话</td></tr></table>");
          return field.dispatchEvent(
            new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
        }"""
    )


def test_rows_are_moved_by_keyboard_alone(page, people, draft):
    open_awards(page, people, draft)
    unfold(page)
    button = row(page, "丙").get_by_role("button", name="上移")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#provincial [role=status]")).to_have_text("已移到第 2 行")
    page.keyboard.press("Space")
    assert shown(page) == "丙甲乙丁"
    expect(page.locator("#provincial [role=status]")).to_have_text("已移到第 1 行")
    page.keyboard.press("Enter")
    expect(page.locator("#provincial [role=status]")).to_have_text("已经是第一行")
    # The caret has stayed on the row's own button, and the rows are numbered anew.
    expect(row(page, "丙").get_by_role("button", name="上移")).to_be_focused()
    expect(page.locator("#provincial .row-number").first).to_have_text("1")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert shown(page) == "甲丙乙丁"
    wait_until_saved(page, draft, "甲丙乙丁")
    assert_accessible(page)


def test_a_row_is_dragged_by_its_handle(page, people, draft):
    open_awards(page, people, draft)
    unfold(page)
    page.locator("#provincial").get_by_role("button", name="全部收起").click()
    page.evaluate("scrollTo(0, 0)")
    handle = row(page, "甲").locator(".row-handle").bounding_box()
    target = row(page, "丙").bounding_box()
    page.mouse.move(handle["x"] + 12, handle["y"] + 20)
    page.mouse.down()
    page.mouse.move(handle["x"] + 12, target["y"] + target["height"] * 0.3, steps=8)
    page.mouse.move(handle["x"] + 12, target["y"] + target["height"] * 0.8, steps=8)
    page.mouse.up()
    assert shown(page) == "乙丙甲丁"
    # Letting go of the handle has not opened the row.
    expect(row(page, "甲")).not_to_have_attribute("open", "")
    expect(page.locator("#provincial [role=status]")).to_have_text("已移到第 3 行")
    wait_until_saved(page, draft, "乙丙甲丁")


def test_rows_are_sorted_deleted_and_taken_back(page, people, draft):
    open_awards(page, people, draft)
    unfold(page)
    page.locator("#provincial").get_by_role("button", name="按年度排序").click()
    assert shown(page) == "丁丙乙甲"
    wait_until_saved(page, draft, "丁丙乙甲")
    gone = row(page, "丙")
    index = gone.get_attribute("data-index")
    gone.get_by_role("button", name="删除").click()
    expect(page.locator("#provincial [role=status]")).to_have_text("已删除第 2 行，可以撤销")
    assert shown(page) == "丁乙甲"
    wait_until_saved(page, draft, "丁乙甲")
    page.locator(f"#provincial [data-index='{index}']").get_by_role(
        "button", name="撤销删除"
    ).click()
    assert shown(page) == "丁丙乙甲"
    wait_until_saved(page, draft, "丁丙乙甲")
    assert draft.awards.get(name="丙").year == 2018


def test_sixty_rows_move_without_delay(page, people, draft):
    Award.objects.bulk_create(
        Award(application=draft, level=Award.Level.PROVINCIAL, name="其余", position=9)
        for _ in range(56)
    )
    open_awards(page, people, draft)
    expect(page.locator("#provincial").get_by_text("最多 60 行。")).to_be_visible()
    took = page.evaluate(
        """() => {
          const down = document.querySelector("#provincial .form-row [value^=down-]");
          const start = performance.now();
          for (let times = 0; times < 20; times += 1) down.click();
          return (performance.now() - start) / 20;
        }"""
    )
    # A tenth of this on a machine with nothing else to do.
    assert took < 500, f"{took:.0f} ms a move"
    unfold(page)
    page.locator("#provincial [data-delete-row]").last.click()
    expect(page.locator("#provincial").get_by_text("最多 60 行。")).to_be_hidden()


def test_a_new_row_and_a_link_to_a_row_put_the_caret_into_its_first_cell(page, people, draft):
    open_awards(page, people, draft)
    page.locator("#provincial").get_by_role("button", name="增加一行").click()
    expect(page.locator("[name=provincial-4-project]")).to_be_focused()

    page.goto("about:blank")
    page.goto(reverse("applications:section", args=[draft.pk, "awards"]) + "#other")
    expect(page.locator("[name=other-0-project]")).to_be_focused()


def test_everything_works_without_scripts(browser, live_server, people, draft):
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    context.set_default_timeout(15_000)
    page = context.new_page()
    open_awards(page, people, draft)
    block = page.locator("#provincial")
    block.get_by_role("button", name="增加一行").click()
    page.fill("[name=provincial-4-name]", "戊")
    page.locator("button[value=up-provincial-4]").click()
    assert names(draft) == "甲乙丙戊丁"
    page.locator("[name=provincial-0-delete]").check()
    page.get_by_role("button", name="保存草稿").click()
    assert names(draft) == "乙丙戊丁"
    block.get_by_role("button", name="按年度排序").click()
    assert names(draft) == "丁丙乙戊"
    block.get_by_role("button", name="从 Excel 或 Word 粘贴").click()
    page.fill("#id_text", f"{HEAD}\n{LINES[0]}\n{LINES[1]}")
    page.get_by_role("button", name="预览").click()
    page.get_by_label("第 2 行，年度").fill("2017")
    page.get_by_role("button", name="加入勾选的行").click()
    assert re.search(r"/edit/awards/#provincial$", page.url)
    assert names(draft) == "丁丙乙戊甲奖乙奖"
    context.close()


def test_whoever_goes_on_types_on_at_once_and_still_sees_where_the_page_begins(page, people, draft):
    open_awards(page, people, draft)

    page.get_by_role("button", name="保存并继续").click()
    page.get_by_role("heading", name="工作业绩", level=1).wait_for()

    expect(page.locator("#id_achievements")).to_be_focused()
    assert page.evaluate("scrollY") == 0
    expect(page.get_by_text("“获奖情况”已保存")).to_be_in_viewport()


def test_a_folded_row_does_not_show_what_was_typed_for_nothing(page, people, draft):
    open_awards(page, people, draft)

    for name in ("project", "grade"):
        page.fill(f"[name=provincial-0-{name}]", "无")
    words = page.locator("#provincial .form-row").first.locator(".form-row__words")

    expect(words).not_to_contain_text("无")
    expect(words).to_contain_text(draft.awards.first().name)
