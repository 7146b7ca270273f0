"""The office prepares next year: copies a round, edits the bands, publishes it, draws a panel.

Given last year's round and an expert pool, when the office works through the pages, then the new
round has the bands that were typed, is public after its confirmation, and the drawn panel's record
recomputes to the same result.
"""

import pytest
from django.core.management import call_command

from accounts.roles import Role
from applications.rounds import Round
from review.panels.models import Draw
from tests.browser import assert_accessible, log_in
from tests.factories import make_round, make_user

pytestmark = pytest.mark.django_db(transaction=True)


def press(page, name):
    page.get_by_role("main").get_by_role("button", name=name, exact=True).click()


def test_a_round_is_copied_its_bands_edited_a_panel_drawn_and_verified(page):
    source = make_round(
        title="2026年武汉市技能大师工作室建设项目", year=2026, notice="现将有关事项通知如下。"
    )
    for number in range(1, 9):
        make_user(Role.EXPERT, f"专家{number}", employer=f"虚构第{number}研究所", occupation="焊工")
    log_in(page, make_user(Role.OFFICE, "办公室"))

    page.goto(f"/review/rounds/{source.pk}/")
    page.get_by_role("link", name="复制到下一年").click()
    page.fill("#id_document_number", "虚构〔2027〕1号")
    assert_accessible(page)
    press(page, "存为草稿")
    page.get_by_text("材料要求、评分标准和分档与").wait_for()
    copy = Round.objects.get(year=2027)

    page.fill("#id_criteria-0-bands", "28—30 国家级\n0—28 其他")
    press(page, "保存")
    page.locator(".error-summary").get_by_text("不与“28-30”重叠").wait_for()
    assert page.input_value("#id_document_number") == "虚构〔2027〕1号"
    page.fill("#id_criteria-0-bands", "28—30 国家级\n0—27 其他")
    press(page, "保存")
    page.get_by_text("已保存。").wait_for()
    assert page.input_value("#id_criteria-0-bands") == "28-30 国家级\n0-27 其他"
    assert page.get_by_role("heading", name="设置变更记录").is_visible()
    assert_accessible(page)

    assert page.get_by_role("heading", name="发布前核对").is_visible()
    page.get_by_role("link", name="发布", exact=True).click()
    page.get_by_text("发布不能撤回").wait_for()
    assert_accessible(page)
    press(page, "确认发布")
    page.get_by_text("已发布。").wait_for()
    assert page.get_by_role("heading", name="发布前核对").count() == 0

    page.goto("/review/panels/")
    page.locator(f"a[href='/review/panels/rounds/{copy.pk}/draw/']").click()
    page.fill("#id_name", "第一专家组")
    page.fill("#id_seed", "31 08 27 14 05")
    page.get_by_label("排除专家1", exact=True).check()
    page.get_by_label("排除专家1的理由").fill("出差在外")
    assert_accessible(page)
    press(page, "核对并抽取…")
    page.get_by_text("专家1：出差在外").wait_for()
    assert_accessible(page)
    press(page, "返回修改")
    assert page.get_by_label("排除专家1的理由").input_value() == "出差在外"
    press(page, "核对并抽取…")
    page.get_by_text("结果不能更改，也不能重抽").wait_for()
    press(page, "确认抽取，建立专家组")
    page.get_by_text("重新计算：一致").wait_for()
    assert page.get_by_text("排除：出差在外").is_visible()
    assert_accessible(page)
    call_command("verify_draw", Draw.objects.get().pk)
