"""Every page whose script asks the server, when the session has ended: it says so, leads to the
login and back, and loses nothing (static/js/asking.js).
"""

import re
from urllib.parse import quote

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.urls import reverse
from playwright.sync_api import expect

from applications.models import Application, Evidence
from applications.stages import Stage
from documents.models import ExportRecord
from review.inspection.models import Inspection
from review.scoring.models import ScoreSheet
from tests.browser import assert_accessible, log_in
from tests.factories import (
    PASSWORD,
    make_application,
    make_draft,
    make_people,
    make_round,
    make_user,
    pdf_file,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def people():
    return make_people(make_round(), experts=2)


@pytest.fixture
def draft(people):
    return make_draft(people.panel.round, people.applicant)


@pytest.fixture
def opened(page):
    """Open an address as a user."""

    def go(user, name, *arguments):
        log_in(page, user)
        page.goto(reverse(name, args=arguments))
        return page

    return go


def end_sessions():
    """As idling, another window's logout or a closed account do."""
    Session.objects.all().delete()


def assert_told(page, place):
    """The page says at `place` that the login has expired; return the link that it offers there."""
    expect(place).to_contain_text("登录已过期")
    link = place.get_by_role("link", name="重新登录")
    here = page.evaluate("location.pathname + location.search")
    expect(link).to_have_attribute(
        "href", f"{reverse('account_login')}?next={quote(here, safe='')}"
    )
    assert_accessible(page)
    return link


def log_in_elsewhere(page, link, user):
    """Log in through the link, in the window that it opens, and come back to this one."""
    with page.context.expect_page() as opening:
        link.click()
    other = opening.value
    other.fill("#id_login", user.email)
    other.fill("#id_password", PASSWORD)
    other.get_by_role("button", name="登录", exact=True).click()
    other.wait_for_url(page.url)
    other.close()
    page.bring_to_front()
    page.evaluate("dispatchEvent(new Event('focus'))")


def log_in_here(page, link, user):
    """Log in through the link, in this window, which leads back to the page."""
    address = page.url
    link.click()
    page.fill("#id_login", user.email)
    page.fill("#id_password", PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    page.wait_for_url(address)


def test_the_form_of_the_application(opened, people, draft):
    page = opened(people.applicant, "applications:section", draft.pk, "lead")
    end_sessions()
    page.fill("#id_lead_position", "过期时写的职务")
    link = assert_told(page, page.locator("[data-save-state]"))
    log_in_here(page, link, people.applicant)
    expect(page.locator("[data-save-state]")).to_contain_text("已保存")
    assert Application.objects.get().lead_position == "过期时写的职务"


def test_the_form_after_a_login_in_another_window(opened, people, draft):
    page = opened(people.applicant, "applications:section", draft.pk, "lead")
    end_sessions()
    page.fill("#id_lead_position", "过期时写的职务")
    link = assert_told(page, page.locator("[data-save-state]"))
    link.evaluate("(link) => { link.target = '_blank'; }")
    log_in_elsewhere(page, link, people.applicant)
    expect(page.locator("[data-save-state]")).to_contain_text("已保存")
    assert Application.objects.get().lead_position == "过期时写的职务"


@pytest.mark.parametrize("name", ["score", "form"])
def test_somebody_else_logs_in_on_the_same_computer(opened, people, draft, name):
    if name == "score":
        application = make_application(Stage.PANEL, people)
        page = opened(people.expert, "review:score", application.pk)
        other = people.panel.experts.exclude(pk=people.expert.pk).first()
        field, line = "#comment", "[data-score-state]"
    else:
        page = opened(people.applicant, "applications:section", draft.pk, "lead")
        other = make_user(people.applicant.role, applying_unit=draft.applying_unit)
        field, line = "#id_lead_position", "[data-save-state]"
    page.context.clear_cookies()
    log_in(page, other)
    page.context.request.get("/")  # which gives this browser another token
    page.fill(field, "另一人在")
    expect(page.locator(line)).to_contain_text("没有保存：这个浏览器已换成别的账号登录")
    assert page.input_value(field) == "另一人在"


def test_the_score_sheet(opened, people):
    application = make_application(Stage.PANEL, people)
    page = opened(people.expert, "review:score", application.pk)
    end_sessions()
    page.fill("#comment", "过期时写的意见")
    line = page.locator("[data-score-state]")
    link = assert_told(page, line)
    expect(line).not_to_contain_text("没有应答")
    log_in_elsewhere(page, link, people.expert)
    expect(line).to_contain_text("已保存")
    assert ScoreSheet.objects.get().comment == "过期时写的意见"
    page.fill("#comment", "接着写")
    expect(line).to_contain_text("已保存")
    page.get_by_role("button", name="保存草稿").click()  # the plain form works again, too
    expect(page.get_by_text("评分草稿已保存")).to_be_visible()
    assert ScoreSheet.objects.get().comment == "接着写"


def test_the_record_of_a_visit(opened, people):
    application = make_application(Stage.INSPECTING, people)
    page = opened(people.office, "review:inspection", application.pk)
    expect(page.locator("[data-keep-state]")).to_contain_text("自动保存")
    end_sessions()
    page.fill("#id_findings", "过期时写的情况")
    link = assert_told(page, page.locator("[data-keep-state]"))
    log_in_here(page, link, people.office)
    expect(page.locator("[data-keep-state]")).to_contain_text("已保存到服务器")
    assert Inspection.objects.get().findings == "过期时写的情况"


def test_the_verification(opened, people):
    application = make_application(Stage.RECOMMENDING, people)
    page = opened(people.recommender, "review:verify", application.pk)
    page.locator("[data-item='check-police']").click()
    page.locator("[data-item='check-police'][aria-current]").wait_for()
    end_sessions()
    page.fill("#id_issuer", "出具某")
    page.get_by_role("button", name="登记", exact=True).click()
    link = assert_told(page, page.locator("#work"))
    assert page.input_value("#id_issuer") == "出具某"
    page.on("dialog", lambda dialog: dialog.accept())
    page.locator("[data-item='check-veto']").click()  # another item is refused just so
    expect(page.locator("#work [role=alert]", has_text="登录已过期")).to_have_count(1)
    assert page.input_value("#id_issuer") == "出具某"
    log_in_elsewhere(page, link, people.recommender)
    page.get_by_role("button", name="登记", exact=True).click()
    # The server judges what was typed: the date and the file are missing.
    expect(page.locator("#work [aria-invalid=true]").first).to_be_visible()
    assert page.input_value("#id_issuer") == "出具某"
    expect(page.locator("#work")).not_to_contain_text("登录已过期")


def test_an_upload(opened, people, draft):
    page = opened(people.applicant, "applications:section", draft.pk, "evidence")
    end_sessions()
    chosen = pdf_file("甲.pdf")
    file = {"name": chosen.name, "mimeType": chosen.content_type, "buffer": chosen.read()}
    page.set_input_files("#files-OTHER", [file])
    item = page.locator("#category-OTHER .upload__item")
    link = assert_told(page, item)
    log_in_elsewhere(page, link, people.applicant)
    item.get_by_role("button", name="重试").click()
    expect(page.locator("#category-OTHER .file-row__name", has_text="甲.pdf")).to_be_visible()


def test_a_change_of_a_file(opened, people, draft):
    page = opened(people.applicant, "applications:section", draft.pk, "evidence")
    end_sessions()
    row = page.locator(".file-row").first
    row.locator(".file-row__change summary").click()
    row.get_by_label("文件名").fill("新名")
    row.get_by_label("文件名").press("Enter")
    link = assert_told(page, row)
    assert row.get_by_label("文件名").input_value() == "新名"
    log_in_elsewhere(page, link, people.applicant)
    row.get_by_label("文件名").press("Enter")
    expect(page.locator(".file-row__name", has_text="新名.pdf")).to_be_visible()


def test_thumbnails_that_are_waited_for(opened, people, draft):
    Evidence.objects.update(examined_at=None, thumbnail="")
    page = opened(people.applicant, "applications:section", draft.pk, "evidence")
    end_sessions()
    assert_told(page, page.locator("main > .message, main [role=alert]"))


def test_the_progress_of_an_export(opened, people):
    ExportRecord.objects.create(
        requested_by=people.recommender,
        role=people.recommender.role,
        state=ExportRecord.State.BUILDING,
        filter_text="全部",
        total=10,
    )
    page = opened(people.recommender, "documents:exports")
    expect(page.locator("progress")).to_be_visible()
    end_sessions()
    link = assert_told(page, page.locator("main"))
    log_in_here(page, link, people.recommender)
    expect(page.locator("progress")).to_be_visible()


def test_every_script_asks_in_the_marked_way():
    """By asking.js alone; an upload shows its progress, which fetch() cannot."""
    scripts = {each.name: each.read_text() for each in (settings.BASE_DIR / "static/js").iterdir()}
    # Not in a comment, which writes fetch().
    fetching = {name for name, text in scripts.items() if re.search(r"\bfetch\([^)]", text)}
    assert fetching == {"asking.js"}
    sending = {name for name, text in scripts.items() if "XMLHttpRequest" in text}
    assert sending == {"sending.js"}
    assert 'setRequestHeader("X-Requested-With"' in scripts["sending.js"]
