"""An application's page in a browser: the task in sight, and the bench of work, form and proof."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from applications.models import Award, Evidence
from applications.stages import Stage
from review.application_page.task import TASKS
from review.qualification.models import QualificationCheck
from tests.browser import assert_accessible, log_in
from tests.factories import make_application, make_people, make_round, make_user
from tests.tabs import tab_of

pytestmark = pytest.mark.django_db(transaction=True)
HIGHEST = 2.5  # screens


@pytest.fixture
def people(db):
    return make_people(make_round())


def test_the_task_is_in_sight_and_the_page_short_for_every_role_and_stage(page, people):
    page.set_viewport_size({"width": 1280, "height": 800})
    others = [(people.office.role, stage) for stage in (Stage.RETURNED, Stage.AWARDED)]
    for role, stage in [*TASKS, *others]:
        application = make_application(stage, people)
        if stage == Stage.REDIRECTING:
            unit = application.recommending_unit
            log_in(page, make_user(role, "接收人", recommending_unit=unit))
        else:
            log_in(page, people.of(role))
        page.goto(tab_of(application, "detail"))
        task = page.locator("#task").bounding_box()
        assert task["y"] + task["height"] <= 800, (role, stage)
        if (role, stage) in TASKS:
            expect(page.locator("#task .btn-primary")).to_be_in_viewport()
        tall = page.evaluate("document.documentElement.scrollHeight")
        assert tall <= HIGHEST * 800, (role, stage, tall)


def test_a_claim_opens_its_proof_at_its_page_and_the_bar_names_it(page, people):
    application = make_application(Stage.APPROVING, people)
    proof = application.evidence.filter(category="HONOUR").first()
    Evidence.objects.filter(pk=proof.pk).update(pages=5)
    for number in (2, 4):
        Award.objects.create(
            application=application,
            level=Award.Level.OTHER,
            name=f"奖项{number}",
            evidence=proof,
            evidence_page=number,
        )
    log_in(page, people.bureau)
    page.goto(tab_of(application, "detail") + "#form")
    for number in (2, 4):
        page.get_by_role("link", name=f"{proof.original_name} 第 {number} 页").click()
        bar = page.locator(".proof__bar")
        expect(bar).to_contain_text(proof.original_name)
        expect(bar).to_contain_text(f"第 {number} 页，共 5 页")
        expect(bar).to_contain_text(application.studio_title)
        source = page.locator("iframe[name='proof']").get_attribute("src")
        assert source.startswith(proof.get_absolute_url())
        assert f"page={number}" in source


def test_a_condition_is_judged_beside_its_proof_and_leads_to_the_next(page, people):
    application = make_application(Stage.QUALIFYING, people)
    log_in(page, people.office)
    page.goto(tab_of(application, "detail"))
    assert page.locator("iframe[name='proof']").get_attribute("src") is None
    page.get_by_role("link", name=re.compile("^逐项审查")).click()
    first = page.locator("#condition-1")
    expect(first.get_by_role("checkbox").first).to_be_checked()  # its proof is open
    first.get_by_label("符合", exact=True).click()
    expect(page.locator("#condition-2")).to_be_focused()
    expect(page.locator("#condition-2").get_by_role("checkbox").first).to_be_checked()
    page.get_by_role("button", name="保存", exact=True).click()
    # The page comes back where the next work is, and says beside the button that it was saved.
    expect(page.locator("#condition-2")).to_be_focused()
    expect(page.locator(".sheet__foot [role=status]")).to_contain_text("已保存")
    expect(page.locator(".sheet__foot")).to_be_in_viewport()
    check = QualificationCheck.objects.get()
    assert (check.result, check.evidence.count()) == ("MET", 1)
    assert_accessible(page)


def test_keys_lead_through_the_items_and_to_the_decision(page, people):
    application = make_application(Stage.QUALIFYING, people)
    log_in(page, people.office)
    page.goto(tab_of(application, "detail"))
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("#condition-2")).to_be_focused()
    page.keyboard.press("k")
    expect(page.locator("#condition-1")).to_be_focused()
    page.keyboard.press("d")
    expect(page.locator("#decision")).to_be_focused()
    expect(page.locator("#decision")).to_be_in_viewport()
    # A key typed into a field is text.
    page.locator("#condition-1").get_by_label("说明", exact=True).fill("")
    page.locator("#condition-1").get_by_label("说明", exact=True).press_sequentially("jd")
    expect(page.locator("#condition-1").get_by_label("说明", exact=True)).to_have_value("jd")
    # Whoever does not want them turns them off.
    page.locator(".account-menu summary").click()
    page.get_by_role("button", name="快捷键：开").click()
    page.keyboard.press("Escape")
    page.locator("body").press("j")
    expect(page.locator("#condition-2")).not_to_be_focused()


def test_an_item_without_a_paper_leaves_none_of_another_beside_it(page, people):
    application = make_application(Stage.RECOMMENDING, people)
    log_in(page, people.recommender)
    page.goto(reverse("review:verify", args=[application.pk]) + "?item=award-1#work")
    frame = page.locator("iframe[name='proof']")
    expect(frame).to_have_attribute("src", re.compile("evidence"))
    page.get_by_role("link", name=re.compile("^单位公示")).click()
    expect(page.locator(".proof__bar")).to_contain_text("没有打开的材料")
    assert frame.get_attribute("src") is None
    page.locator("[data-item=award-1]").click()
    expect(frame).to_have_attribute("src", re.compile("evidence"))
    expect(page.locator(".proof__bar")).to_contain_text("所获荣誉")


def test_the_page_works_without_a_script(browser, live_server, people):
    application = make_application(Stage.QUALIFYING, people)
    context = browser.new_context(
        base_url=live_server.url, locale="zh-CN", java_script_enabled=False
    )
    page = context.new_page()
    page.set_default_timeout(15_000)
    log_in(page, people.office)
    page.goto(tab_of(application, "detail"))
    page.get_by_role("link", name=re.compile("^逐项审查")).click()
    expect(page.locator("#condition-1")).to_be_in_viewport()
    page.locator("#condition-1").get_by_role("link", name="查看").click()
    expect(page.locator("#read-lead")).to_be_in_viewport()
    page.get_by_role("link", name="去办理").click()
    expect(page.locator("#decision")).to_be_in_viewport()
    page.locator("#condition-1").get_by_label("符合", exact=True).check()
    page.get_by_role("button", name="保存", exact=True).click()
    assert QualificationCheck.objects.get().result == "MET"
    context.close()


def test_whoever_passes_over_a_saved_judgement_changes_nothing_of_it(page, people):
    application = make_application(Stage.QUALIFYING, people)
    QualificationCheck.objects.create(
        application=application,
        version=1,
        code="lead_level",
        result="MET",
        judged_by=people.office,
        judged_at=timezone.now(),
    )
    log_in(page, make_user(people.office.role, "复核某"))
    page.goto(tab_of(application, "detail"))
    for _ in range(3):
        page.keyboard.press("j")
    second = page.locator("#condition-2").get_by_role("checkbox").first
    expect(second).to_be_checked()
    second.uncheck()
    page.keyboard.press("k")  # away and back: what was unticked stays so
    page.keyboard.press("k")
    page.keyboard.press("j")
    expect(second).not_to_be_checked()
    page.locator("#condition-3").get_by_label("符合", exact=True).check()
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator(".sheet__foot [role=status]")).to_contain_text("复核某")
    first = QualificationCheck.objects.get(code="lead_level")
    assert (first.judged_by, first.evidence.count()) == (people.office, 0)


def test_turning_to_the_material_leaves_the_score_sheet_where_it_is(page, people):
    application = make_application(Stage.PANEL, people)
    log_in(page, people.expert)
    page.set_viewport_size({"width": 1366, "height": 768})
    page.goto(reverse("review:score", args=[application.pk]))
    page.locator(".criterion").last.scroll_into_view_if_needed()
    before = page.evaluate("scrollY")
    for name in ("打开的佐证材料", "申报表"):
        # By the page itself: Playwright would scroll to it first.
        page.get_by_role("link", name=name, exact=True).evaluate("link => link.click()")
        assert page.evaluate("scrollY") == before
