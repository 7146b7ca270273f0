"""The office's day in a browser: filter, hints, sheet beside proof, many at once, undoing."""

import pytest

from accounts.roles import Role
from applications.models import Application
from applications.rounds import EvidenceCategory
from applications.stages import Stage
from applications.workflow.guards import QUALIFICATION_CODES
from review.panels.models import Panel
from tests.browser import assert_accessible, log_in
from tests.factories import id_number, make_application, make_people, make_round, make_user, prepare

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world():
    """Three applications that were reported: two of one lead, and one of those judged already."""
    round_ = make_round()
    people = make_people(round_)
    own = make_application(
        Stage.QUALIFYING, people, lead_name="甲某", studio_occupation="人工智能训练师"
    )
    other = make_application(
        Stage.QUALIFYING,
        make_people(round_),
        lead_name="乙某",
        lead_id_number=id_number(order="019"),
    )
    same = make_application(Stage.QUALIFYING, make_people(round_), lead_name="丙某")
    prepare(other, "qualify", people)
    return people, own, other, same


def open_section(page, sentence):
    page.get_by_role("main").get_by_text(sentence).first.wait_for()


def press(page, name):
    """Press a button, and wait for the page that it leads to."""
    with page.expect_navigation():
        page.get_by_role("main").get_by_role("button", name=name, exact=True).click()


def test_the_offices_day(page, world):
    people, own, other, same = world
    log_in(page, people.office)

    # The queue, filtered; the filter is saved under a name.
    page.goto("/review/")
    row = page.get_by_role("row").filter(has_text="甲某")
    assert "人工智能" in row.inner_text()
    assert "同一领办人" in row.inner_text()
    page.select_option("#id_stage", "QUALIFYING")
    press(page, "筛选")
    page.get_by_text("保存筛选").click()
    page.fill("#id_filter_name", "等待审查")
    press(page, "保存")
    assert page.get_by_role("link", name="等待审查").get_attribute("aria-current") == "true"
    assert_accessible(page)

    # Its hints; the sheet, each condition beside the proof that it was judged by.
    page.get_by_role("link", name="甲某技能大师工作室").click()
    hints = page.get_by_role("region", name="形式审查提示")
    hints.get_by_text("工种为“焊工”，工作室申报工种为“人工智能训练师”").wait_for()
    hints.get_by_role("link", name=same.number).wait_for()
    certificate = own.evidence.get(category=EvidenceCategory.CERTIFICATE)
    sheet = page.locator("#sheet")
    address = certificate.get_absolute_url()
    with page.expect_response(lambda response: response.url.endswith(address)):
        sheet.get_by_role("link", name=certificate.original_name).first.click()
    assert page.url.endswith(f"/review/{own.pk}/")  # opened beside, not instead
    for code in QUALIFICATION_CODES:
        page.locator(f"[name={code}-result][value=MET]").check()
    page.select_option("#id_lead_condition-fulfils", "INNOVATION")
    page.check(f"input[name='lead_level-evidence'][value='{certificate.pk}']")
    press(page, "保存")
    open_section(page, "已保存，")
    assert own.qualification_checks.get(code="lead_level").evidence.get() == certificate
    assert own.qualification_checks.get(code="lead_condition").fulfils == "INNOVATION"
    assert_accessible(page)

    # A panel for all three, and qualified at once: one of them has not been judged. The one that
    # has a panel already is given another.
    page.goto("/review/")
    page.get_by_role("link", name="等待审查").click()
    page.get_by_role("link", name="全选本页").click()
    open_section(page, "已选 3 项")
    press(page, "分配专家组…")
    assert_accessible(page)
    another = Panel.objects.exclude(pk=people.panel.pk).first()
    page.select_option(f"[name='panel-{other.pk}']", str(another.pk))
    press(page, "保存分配")
    open_section(page, "已分配 3 项申报。")
    page.goto("/review/")
    page.get_by_role("link", name="等待审查").click()
    page.get_by_role("link", name="全选本页").click()
    press(page, "资格审查通过…")
    open_section(page, "资格审查还有 5 项没有结论。")
    assert page.get_by_role("heading", name="将办理（2 项）").is_visible()
    assert_accessible(page)
    press(page, "确认资格审查通过")
    open_section(page, "已对 2 项申报办理“资格审查通过”")
    stages = [Application.objects.get(pk=each.pk).stage for each in (own, other, same)]
    assert stages == [Stage.PANEL, Stage.PANEL, Stage.QUALIFYING]

    # Whoever decided cannot undo it; a colleague does, with a reason.
    page.goto(f"/review/{own.pk}/")
    open_section(page, "须由另一位工作人员撤销")
    log_in(page, make_user(Role.OFFICE, "复核某"))
    page.goto(f"/review/{own.pk}/")
    page.get_by_role("link", name="撤销上一步…").click()
    open_section(page, f"撤销由评审办公室 {people.office.name}于")
    page.fill("#id_reason", "专家组有误，重新分配。")
    press(page, "确认撤销上一步")
    open_section(page, "已办理“撤销上一步”，现为“资格审查”")
    page.goto(f"/review/{own.pk}/history/")
    undone = page.locator(".undone").filter(has_text="资格审查通过")
    assert "已撤销" in undone.inner_text()
    assert "专家组有误" in undone.inner_text()
    assert Application.objects.get(pk=own.pk).stage == Stage.QUALIFYING
    assert_accessible(page)
