"""A newcomer mistypes the address at the registration, and the office puts the unit's name right.

Given a registration to a wrong mailbox, when it is corrected, confirmed and logged in to, then a
telephone typed with everything that people add is kept and read as it should be, and a correction
of the unit's name by the office reaches the draft. At a desk and on a phone.
"""

import re

import pytest
from django.urls import reverse

from accounts.models import AdmittedCode, ApplyingUnit, RecommendingUnit
from accounts.roles import Role
from applications.models import Application
from applications.stages import Stage
from tests.browser import assert_accessible, log_in
from tests.factories import (
    PASSWORD,
    credit_code,
    make_application,
    make_people,
    make_round,
    make_user,
)

pytestmark = pytest.mark.django_db(transaction=True)
SIZES = [(1280, 900), (390, 844)]


def press(page, name):
    page.get_by_role("main").get_by_role("button", name=name, exact=True).click()


def look(page):
    """At both sizes nothing is wider than the page, and axe finds nothing."""
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
        assert_accessible(page)


def register(page, code, email):
    page.goto(reverse("account_signup"))
    page.fill("#id_name", "虚构精密机械有限公司")
    page.fill("#id_uscc", code)
    page.select_option("#id_nature", "PRIVATE")
    page.select_option("#id_host_kind", "ENTERPRISE")
    page.select_option("#id_recommending_unit", label=str(RecommendingUnit.objects.get(code="JA")))
    page.fill("#id_address", "武汉市江岸区虚构路 1 号")
    page.fill("#id_contact_name", "诸葛　明轩")
    page.fill("#id_contact_mobile", "+86 138-0000 0000")
    page.fill("#id_email", email)
    page.fill("#id_password1", PASSWORD)
    page.fill("#id_password2", PASSWORD)
    press(page, "注册")


def test_from_a_mistyped_registration_to_a_corrected_unit(page, mailoutbox):
    # The migrated ones are gone with the tables that the test before has emptied.
    RecommendingUnit.objects.get_or_create(
        code="JA", defaults={"name": "江岸区人力资源和社会保障局", "kind": "DISTRICT"}
    )
    round_ = make_round()
    code = credit_code()
    register(page, code, "untt@example.invalid")
    look(page)
    page.get_by_role("link", name="改正邮箱并重新发送").click()
    assert page.input_value("#id_email") == "untt@example.invalid"
    look(page)
    page.fill("#id_email", "unit@example")
    press(page, "保存并重新发送")
    page.locator(".error-summary").get_by_text("请填写正确的电子邮箱").wait_for()
    page.fill("#id_email", "unit@example.invalid")
    press(page, "保存并重新发送")
    page.get_by_text("验证邮件已发送至 unit@example.invalid").wait_for()
    page.goto(re.search(r"https?://\S+", mailoutbox[-1].body).group())
    press(page, "确认")
    page.goto(reverse("account_login"))
    page.fill("#id_login", "ｕｎｉｔ＠example.invalid")
    page.fill("#id_password", PASSWORD)
    press(page, "登录")
    page.get_by_role("link", name="我的申报").first.wait_for()

    page.goto(reverse("applications:mine"))
    page.get_by_role("button", name=re.compile("申报")).first.click()
    page.wait_for_url("**/applications/*/")
    draft = Application.objects.get()
    assert (draft.contact_name, draft.contact_mobile) == ("诸葛明轩", "13800000000")
    page.goto(reverse("applications:section", args=[draft.pk, "unit"]))
    page.fill("#id_principal_phone", "027-83919079 转 8012，400-820-8820")
    press(page, "保存草稿")
    page.locator("main").get_by_text(re.compile("已保存")).first.wait_for()
    page.goto(reverse("applications:read", args=[draft.pk]))
    assert page.locator("#cell-principal_phone").inner_text() == "027-83919079转8012、400-820-8820"
    assert page.locator("#cell-contact_mobile a").inner_text() == "138 0000 0000"
    assert page.locator("#cell-contact_mobile a").get_attribute("href") == "tel:13800000000"
    look(page)

    unit = ApplyingUnit.objects.get(uscc=code)
    page.context.clear_cookies()
    log_in(page, make_user(Role.OFFICE, "办公室"))
    page.goto(reverse("review:queue"))
    page.get_by_role("link", name="申报单位", exact=True).click()
    look(page)
    page.fill("#id_q", code)
    press(page, "查找")
    page.get_by_role("link", name=unit.name).click()
    look(page)
    page.fill("#id_name", "虚构精密机械有限责任公司")
    page.fill("#id_reason", "与营业执照核对，注册时少写“责任”二字")
    press(page, "更正")
    page.get_by_text("单位信息已更正").wait_for()
    look(page)
    draft.refresh_from_db()
    assert draft.unit_name == "虚构精密机械有限责任公司"
    assert draft.round == round_

    page.context.clear_cookies()
    log_in(page, unit.users.get())
    page.goto(reverse("applications:overview", args=[draft.pk]))
    page.get_by_text("本申报已随之更改").wait_for()
    look(page)


def test_the_other_browser_s_form_and_the_admitted_codes(page):
    page.goto(reverse("registration_correct"))
    look(page)
    admin = make_user(Role.ADMIN, "管理员")
    AdmittedCode.objects.create(code="914201000000000010", reason="与执照核对", admitted_by=admin)
    log_in(page, admin)
    page.goto(reverse("accounts:admitted_codes"))
    look(page)
    page.goto(reverse("accounts:staff"))
    look(page)


def test_what_was_submitted_says_so_on_the_reviewers_page(page):
    people = make_people(make_round())
    application = make_application(Stage.RECOMMENDING, people)
    log_in(page, people.office)
    page.goto(reverse("review:unit", args=[application.applying_unit_id]))
    page.fill("#id_name", "虚构重型机械有限公司")
    page.fill("#id_reason", "与营业执照核对")
    press(page, "更正")
    page.get_by_text("单位信息已更正").wait_for()
    page.goto(reverse("review:detail", args=[application.pk]))
    page.get_by_text("以下为更正前提交的内容").wait_for()
    look(page)
