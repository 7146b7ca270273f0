"""The evidence page in a browser: many files at once, what goes wrong on the way, the keyboard."""

import base64
import io
import re
import zipfile
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from applications.files.thumbnails import examine
from applications.models import Evidence
from applications.rounds import Round
from tests.applications.files.test_file_kinds import docx, media, picture
from tests.browser import assert_accessible, log_in, wait_until
from tests.factories import image_file, make_draft, make_people, make_round, pdf_file

pytestmark = pytest.mark.django_db(transaction=True)
expect.set_options(timeout=15_000)
OTHER = "#category-OTHER"
DROP = """([selector, files]) => {
  const data = new DataTransfer();
  for (const [name, content] of files) {
    const bytes = Uint8Array.from(atob(content), (each) => each.charCodeAt(0));
    data.items.add(new File([bytes], name));
  }
  const event = new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: data });
  document.querySelector(selector).dispatchEvent(event);
  return event.defaultPrevented;
}"""


@pytest.fixture
def people():
    return make_people(make_round())


@pytest.fixture
def draft(people):
    draft = make_draft(people.panel.round, people.applicant)
    # The page asks after files that nobody has looked at.
    draft.evidence.update(examined_at=timezone.now())
    return draft


@pytest.fixture
def address(draft):
    return reverse("applications:section", args=[draft.pk, "evidence"])


@pytest.fixture
def at_evidence(page, people, address):
    """The evidence page of the draft, open in its applicant's browser."""
    log_in(page, people.applicant)
    page.goto(address)
    return page


def chosen(upload):
    return {"name": upload.name, "mimeType": upload.content_type, "buffer": upload.read()}


def choose(page, *uploads):
    page.set_input_files("#files-OTHER", [chosen(upload) for upload in uploads])


def rows(page):
    return page.locator(f"{OTHER} .file-row")


def summary(page):
    return page.locator(f"{OTHER} .upload__summary")


def test_no_file_is_sent_for_which_the_round_leaves_no_place(at_evidence, draft):
    page = at_evidence
    Round.objects.update(most_files=draft.evidence.count() + 1)
    page.reload()
    choose(page, pdf_file("最后一份.pdf"))
    expect(summary(page)).to_have_text("1 个文件：1 个已上传")
    sent = []
    page.on("request", lambda each: sent.append(each) if each.method == "POST" else None)
    choose(page, pdf_file("多出一份.pdf"))
    most = Round.objects.get().most_files
    expect(page.locator(f"{OTHER} .upload__item")).to_contain_text(
        f"佐证材料最多 {most} 份，现有 {most} 份，请先移除或合并部分文件后再上传。"
    )
    assert sent == []
    assert page.locator(".upload-usage").text_content().startswith(f"已用 {most} / {most} 份，")
    # A replacement is no further file.
    row = rows(page).first
    row.get_by_text("更改").click()
    row.locator(".upload input[type=file]").set_input_files([chosen(pdf_file("换过.pdf"))])
    expect(rows(page).first).to_contain_text("换过.pdf")


def test_twelve_files_are_dropped_at_once_and_two_are_refused(at_evidence, draft):
    page = at_evidence
    files = [image_file(f"照片{number}.jpg", size=(900, 700)) for number in range(7)]
    files += [pdf_file(f"证书{number}.pdf", pages=2) for number in range(3)]
    contents = [(file.name, base64.b64encode(file.read()).decode()) for file in files]
    contents.insert(4, ("空的.pdf", ""))
    contents.insert(8, ("说明.docx", base64.b64encode(docx()).decode()))
    assert page.evaluate(DROP, [OTHER, contents])
    expect(summary(page)).to_have_text("12 个文件：10 个已上传，2 个未通过")
    expect(rows(page)).to_have_count(10)
    assert draft.evidence.filter(category="OTHER").count() == 10
    expect(page.locator(f"{OTHER} [data-tag]")).to_have_text("已上传 10 份")
    expect(page.locator(".upload-usage")).to_contain_text("/ 300.0")
    # Each thumbnail is a picture that the worker drew.
    wait_until(
        page,
        f"[...document.querySelectorAll('{OTHER} .file-row img')]"
        ".every((each) => each.src.includes('/thumbnail/'))",
    )
    page.locator(f"{OTHER} .file-row img").last.scroll_into_view_if_needed()
    wait_until(
        page, f"[...document.querySelectorAll('{OTHER} .file-row img')].at(-1).naturalWidth > 100"
    )
    refused = page.locator(f"{OTHER} .upload__item")
    expect(refused).to_have_count(2)
    expect(refused.nth(0)).to_contain_text("空的.pdf文件是空的，请重新选择。")
    expect(refused.nth(1)).to_contain_text("说明.docx这是 Word 文档。只接受 PDF、OFD 或图片文件")
    assert_accessible(page)
    refused.nth(0).get_by_role("button", name="重试 空的.pdf").click()
    expect(refused.nth(0)).to_contain_text("文件是空的")
    refused.nth(1).get_by_role("button", name="移除 说明.docx").click()
    expect(summary(page)).to_have_text("11 个文件：10 个已上传，1 个未通过")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    # Beside every category a dropped file does not take the place of the page.
    assert page.evaluate(DROP, [".footer", contents[:1]])
    expect(rows(page)).to_have_count(10)


def test_what_is_not_taken_is_named_and_not_sent_whole(at_evidence, draft):
    page, sent = at_evidence, []
    page.on("request", lambda request: sent.append(len(request.post_data_buffer or b"")))
    film = {"name": "现场.mp4", "mimeType": "video/mp4", "buffer": media(b"isom") + bytes(25 << 20)}
    fake = {"name": "证书.jpg", "mimeType": "image/jpeg", "buffer": picture("JPEG2000")}
    page.set_input_files("#files-OTHER", [film, fake])
    expect(summary(page)).to_have_text("2 个文件：0 个已上传，2 个未通过")
    refused = page.locator(f"{OTHER} .upload__item")
    expect(refused.nth(0)).to_contain_text("现场.mp4这是视频。只接受 PDF、OFD 或图片文件")
    expect(refused.nth(1)).to_contain_text("证书.jpg名称以 .jpg 结尾，实际是 JPEG 2000 图片。")
    assert max(sent) < 200_000
    assert not draft.evidence.filter(category="OTHER").exists()


def test_files_stand_in_the_order_in_which_they_were_chosen(at_evidence, draft):
    page = at_evidence
    # The first takes longest to receive and to check.
    choose(page, pdf_file("一.pdf", pages=400), *(pdf_file(f"{name}.pdf") for name in "二三四五"))
    expect(summary(page)).to_have_text("5 个文件：5 个已上传")
    kept = draft.evidence.filter(category="OTHER").order_by("position")
    assert "".join(file.original_name[0] for file in kept) == "一二三四五"


def test_a_lost_connection_costs_a_click(at_evidence):
    page = at_evidence
    page.route("**/evidence/OTHER/", lambda route: route.abort())
    choose(page, pdf_file("甲.pdf"), pdf_file("乙.pdf"))
    expect(page.locator(f"{OTHER} .upload__item").first).to_contain_text("网络中断")
    expect(summary(page)).to_have_text("2 个文件：0 个已上传，2 个未通过")
    page.unroute("**/evidence/OTHER/")
    page.get_by_role("button", name="全部重试").click()
    expect(summary(page)).to_have_text("2 个文件：2 个已上传")
    expect(rows(page)).to_have_count(2)


def test_a_session_that_ran_out_keeps_the_list(at_evidence, people):
    page = at_evidence
    page.context.clear_cookies(name="sessionid")
    choose(page, pdf_file("甲.pdf"))
    item = page.locator(f"{OTHER} .upload__item")
    expect(item).to_contain_text("登录已过期")
    link = item.get_by_role("link", name="重新登录")
    assert link.get_attribute("href").startswith("/accounts/login/?next=%2Fapplications%2F")
    log_in(page, people.applicant)
    # A login gives the forms of the page another token.
    page.context.clear_cookies(name="csrftoken")
    page.context.request.get(page.url)
    item.get_by_role("button", name="重试").click()
    expect(rows(page)).to_have_count(1)


def test_leaving_while_a_file_is_sent_is_asked_and_sending_can_be_cancelled(at_evidence, draft):
    page, held = at_evidence, []
    page.route("**/evidence/OTHER/", lambda route: held.append(route))
    choose(page, pdf_file("甲.pdf"))
    expect(summary(page)).to_have_text("正在上传 1 个文件")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.locator("h1").click()  # a browser asks only who has touched the page
    page.evaluate("setTimeout(() => location.reload())")
    page.wait_for_timeout(500)
    assert asked == ["beforeunload"]
    page.get_by_role("button", name="取消 甲.pdf").click()
    expect(page.locator(f"{OTHER} .upload__item")).to_have_count(0)
    assert not draft.evidence.filter(category="OTHER").exists()
    held[0].abort()


def test_the_thumbnail_comes_without_a_reload(page, people, draft, address):
    file = draft.evidence.first()
    seen = Evidence.objects.filter(pk=file.pk)
    seen.update(examined_at=None)
    examine.call(file.pk)
    found = seen.values("thumbnail", "warning", "examined_at").get()
    seen.update(thumbnail="", warning="", examined_at=None)
    log_in(page, people.applicant)
    page.goto(address)
    picture = page.locator(f"#file-{file.pk} img")
    assert picture.get_attribute("src").endswith("file.svg")
    seen.update(**found)
    expect(picture).to_have_attribute("src", re.compile(f"/evidence/{file.pk}/thumbnail/"))
    expect(page.locator(f"#file-{file.pk} .file-row__warning")).to_have_text(found["warning"])


def test_files_are_viewed_named_moved_replaced_and_removed_by_keyboard(at_evidence, draft):
    page = at_evidence
    choose(page, image_file("甲.jpg"), pdf_file("乙.pdf"), pdf_file("丙.pdf"))
    expect(summary(page)).to_have_text("3 个文件：3 个已上传")

    def names():
        return page.locator(f"{OTHER} .file-row__name").all_inner_texts()

    def focused():
        return page.evaluate("document.activeElement.textContent")

    started = names()
    # View: the picture as a picture, a PDF in a frame, and the focus comes back.
    name = page.locator(f"{OTHER} .file-row__name", has_text="甲.jpg")
    name.focus()
    page.keyboard.press("Enter")
    viewer = page.get_by_role("dialog")
    expect(viewer.get_by_role("heading")).to_have_text("甲.jpg")
    expect(viewer.locator(".viewer__file img")).to_be_visible()
    assert_accessible(page)
    page.keyboard.press("ArrowRight" if started[0] == "甲.jpg" else "ArrowLeft")
    expect(viewer.locator("iframe")).to_be_visible()
    shown = viewer.get_by_role("heading").inner_text()
    page.keyboard.press("Escape")
    expect(viewer).to_be_hidden()
    # The browser gives the focus back first, the page's own handler follows.
    wait_until(page, f"document.activeElement.textContent === '{shown}'")

    # Move: the last one up, and up again.
    page.locator(f"{OTHER} .file-row").last.get_by_role("button", name="上移").focus()
    page.keyboard.press("Enter")
    moved = [started[0], started[2], started[1]]
    wait_until(
        page,
        f"document.querySelectorAll('{OTHER} .file-row__name')[1].textContent === '{moved[1]}'",
    )
    assert focused().startswith("上移")
    page.keyboard.press("Enter")
    wait_until(
        page,
        f"document.querySelectorAll('{OTHER} .file-row__name')[0].textContent === '{moved[1]}'",
    )
    assert focused().startswith("下移")  # nothing is above it

    # Name
    row = page.locator(f"{OTHER} .file-row").first
    row.locator(".file-row__change summary").focus()
    page.keyboard.press("Enter")
    row.get_by_label("文件名").fill("职称证书")
    page.keyboard.press("Enter")
    page.locator(f"{OTHER} .file-row__name", has_text="职称证书").wait_for()
    assert focused().startswith("职称证书")

    # Replace: the same place, and the old one in its history.
    row.locator(".file-row__change summary").click()
    row.locator("input[type=file]").set_input_files([chosen(pdf_file("新证书.pdf"))])
    expect(row.locator(".file-row__name")).to_have_text("新证书.pdf")
    expect(row.locator(".file-row__earlier summary")).to_have_text("历史版本 1")
    assert_accessible(page)

    # Remove
    row.locator(".file-row__change summary").click()
    row.get_by_role("button", name="确认移除").focus()
    page.keyboard.press("Enter")
    expect(rows(page)).to_have_count(2)
    assert focused() == names()[0]
    assert draft.evidence.filter(category="OTHER", removed_at=None).count() == 2


def test_everything_works_without_scripts(browser, live_server, people, address):
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    context.set_default_timeout(15_000)
    page = context.new_page()
    log_in(page, people.applicant)
    page.goto(address)
    choose(page, pdf_file("甲.pdf"), pdf_file("乙.pdf"))
    page.locator(f"{OTHER} .upload button[type=submit]").click()
    expect(rows(page)).to_have_count(2)
    rows(page).last.get_by_role("button", name="上移").click()
    expect(page.locator(f"{OTHER} .file-row__name").first).to_have_text("乙.pdf")
    rows(page).first.locator(".file-row__change summary").click()
    rows(page).first.locator("input[type=file]").set_input_files([chosen(pdf_file("丙.pdf"))])
    rows(page).first.get_by_role("button", name="替换", exact=True).click()
    expect(page.locator(f"{OTHER} .file-row__name").first).to_have_text("丙.pdf")
    rows(page).first.locator(".file-row__change summary").click()
    rows(page).first.get_by_role("button", name="确认移除").click()
    expect(rows(page)).to_have_count(1)
    expect(page.get_by_text("移除材料，")).to_be_attached()
    context.close()


HEIC = Path(__file__).with_name("cases") / "phone.heic"


def test_a_photo_from_a_phone_on_a_phone(page, people, address):
    """Given an iPhone's photo, when it is chosen, then it is seen, and its original can be had."""
    page.set_viewport_size({"width": 390, "height": 844})
    log_in(page, people.applicant)
    page.goto(address)
    page.set_input_files(f"{OTHER} .upload input[type=file]", HEIC)
    row = page.locator(f"{OTHER} .file-row").last
    expect(row).to_contain_text("phone.heic")
    expect(row).to_contain_text("显示件由平台转换，以原件为准。")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    row.locator(".file-row__name").click()
    shown = page.locator(".viewer__file img")
    expect(shown).to_be_visible()
    wait_until(page, "document.querySelector('.viewer__file img').naturalWidth === 2016")
    assert_accessible(page)
    page.locator(".viewer [data-close]").click()
    with page.expect_download() as download:
        row.get_by_role("link", name="下载原件").click()
    assert download.value.suggested_filename == "phone.heic"
    assert download.value.path().read_bytes() == HEIC.read_bytes()


def test_a_zip_leads_to_its_list(at_evidence, draft):
    """Given a ZIP among other files, when all are sent, then what it holds can be chosen."""
    page, out = at_evidence, io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("证书.pdf", pdf_file().read())
        archive.writestr("现场.mp4", media(b"isom"))
    packed = {"name": "材料.zip", "mimeType": "application/zip", "buffer": out.getvalue()}
    page.set_input_files(f"{OTHER} .upload input[type=file]", [packed, chosen(image_file())])
    page.wait_for_url("**/archives/**")
    expect(page.get_by_label("上传证书.pdf")).to_be_checked()
    expect(page.get_by_label("上传现场.mp4")).to_be_disabled()
    assert_accessible(page)
    page.get_by_role("button", name="上传勾选的文件").click()
    page.wait_for_url("**/edit/evidence/**")
    expect(page.locator(OTHER)).to_contain_text("证书.pdf")
    assert draft.evidence.filter(category="OTHER").count() == 2
