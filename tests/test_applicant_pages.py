"""Every page of the applicant: accessible, as wide as the screen, and usable by keyboard alone."""

import pytest
from django.urls import reverse

from applications.form.definition import SECTION
from applications.form.drafts import start
from applications.stages import Stage
from applications.workflow.perform import perform
from tests.browser import assert_accessible, log_in
from tests.factories import (
    PASSWORD,
    data_for,
    make_application,
    make_draft,
    make_people,
    make_round,
    stamp,
    take,
    without_opinion,
)

pytestmark = pytest.mark.django_db
# What Chromium itself says of a page that answers so.
NOT_FOUND = "Failed to load resource: the server responded with a status of 404 (Not Found)"


@pytest.fixture
def people():
    return make_people(make_round())


def returned_with_remarks(people):
    """An application in correction, with remarks on a field, a category and a whole section."""
    application = make_application(Stage.RECOMMENDING, people)
    remarks = [
        {"section": "lead", "field": "lead_post", "text": "岗位请写到班组。"},
        {"section": "evidence", "field": "PHOTOS", "text": "请补充实训场照片。"},
        {"section": "awards", "field": "", "text": "请按年度排列。"},
    ]
    return perform(application, "return", people.recommender, **data_for("return"), remarks=remarks)


def addresses(people):
    """Yield the address of every page of the applicant, in the states that look different."""

    def page(name, *args):
        return reverse(name, args=args)

    round_, applicant = people.panel.round, people.applicant
    started = start(round_, applicant)
    wrong = make_draft(round_, applicant, lead_birth="八〇年", lead_post="", studio_area=0)
    stamped = make_draft(round_, applicant)
    stamp(stamped, applicant)
    returned = returned_with_remarks(people)
    submitted = make_application(Stage.RECOMMENDING, people)
    corrected = take(make_application(Stage.RETURNED, people), "submit", people)
    discarded = make_application(Stage.DISCARDED, people)
    yield page("home")
    yield page("applications:mine")
    yield page("applications:messages")
    yield page("accounts:colleagues")
    yield page("account_change_password")
    for application in (started, stamped, returned, submitted, discarded):
        yield page("applications:overview", application.pk)
    for key in SECTION:
        yield page("applications:section", wrong.pk, key) + "?check=1"
    for key in ("unit", "awards", "evidence", "stamp"):
        yield page("applications:section", started.pk, key)
    for key in ("lead", "awards", "evidence", "stamp"):
        yield page("applications:section", returned.pk, key)
    yield page("applications:section", stamped.pk, "stamp")
    for application in (wrong, stamped, returned):
        yield page("applications:submit", application.pk)
    yield page("applications:read", submitted.pk)
    yield page("applications:answers", returned.pk)
    yield page("applications:compare", corrected.pk)
    yield page("applications:paste", wrong.pk, "provincial")
    yield page("applications:copy_sources", started.pk)
    yield page("applications:copy", started.pk, submitted.pk)
    yield page("applications:discard", wrong.pk)
    yield page("applications:withdraw", submitted.pk)
    yield page("applications:receipt", submitted.pk)
    yield page("applications:verify", submitted.submissions.get().fingerprint)
    yield page("applications:verify", "0" * 64)
    yield page("documents:dossier", submitted.pk)


def test_every_page_is_accessible_and_fits(page, people):
    log_in(page, people.applicant)
    wrong = []
    page.on("pageerror", lambda error: wrong.append(f"{page.url}: {error}"))
    page.on("console", lambda told: wrong.append(f"{page.url}: {told.text}"))
    for address in addresses(people):
        status = page.goto(address).status
        assert status in {200, 404}, address
        if status == 404:
            wrong.remove(f"{page.url}: {NOT_FOUND}")
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            assert_accessible(page)
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wrong.append(f"{address} is wider than {width} px")
    assert not wrong, "\n".join(wrong)


def tab_to(page, name):
    """Press Tab until what has the focus is called `name`; fails when it cannot be reached."""
    for _ in range(150):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            """() => {
                const at = document.activeElement;
                const label = at.labels?.[0]?.innerText ?? at.getAttribute("aria-label");
                return (label ?? at.innerText ?? "").trim();
            }"""
        )
        if focused.split("\n")[0].startswith(name):
            return
    raise AssertionError(f"Tab never reaches “{name}” on {page.url}")


def test_a_draft_is_filled_in_checked_and_submitted_by_keyboard_alone(page, people):
    draft = make_draft(people.panel.round, people.applicant, principal="")
    without_opinion(draft)
    page.goto("/accounts/login/")
    tab_to(page, "电子邮箱")
    page.keyboard.type(people.applicant.email)
    tab_to(page, "密码")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login/" not in url)

    # The skip link leads past the navigation.
    page.goto(reverse("applications:overview", args=[draft.pk]))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"

    tab_to(page, "申报单位")
    page.keyboard.press("Enter")
    page.wait_for_url("**/edit/unit/**")
    tab_to(page, "负责人")
    page.keyboard.type("负责某")
    tab_to(page, "保存并继续")
    page.keyboard.press("Enter")
    page.wait_for_url("**/edit/lead/**")
    draft.refresh_from_db()
    assert draft.principal == "负责某"

    # A choice among radio buttons and in a list.
    tab_to(page, "获得“中华技能大奖”")
    page.keyboard.press("ArrowDown")
    tab_to(page, "保存草稿")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    draft.refresh_from_db()
    assert draft.lead_condition == "CRAFT"

    # The opinion is given at the print: its text, the principal and today's date are proposed.
    page.goto(reverse("applications:section", args=[draft.pk, "stamp"]))
    tab_to(page, "签署人")
    page.keyboard.type("签署某")
    tab_to(page, "生成打印稿")
    page.keyboard.press("Enter")
    page.get_by_text("打印稿已生成").wait_for()
    draft.refresh_from_db()
    assert draft.opinion_text == "材料真实有效，同意申报。"
    assert draft.opinion_signatory == "签署某"

    stamp(draft, people.applicant)
    page.goto(reverse("applications:submit", args=[draft.pk]))
    tab_to(page, "本单位已审核原件")
    page.keyboard.press("Space")
    tab_to(page, "提交申报")
    page.keyboard.press("Enter")
    page.wait_for_url("**/receipt/")
    draft.refresh_from_db()
    assert draft.stage == Stage.RECOMMENDING
