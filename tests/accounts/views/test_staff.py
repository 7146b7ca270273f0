"""The administrator's pages: accounts and recommending units."""

import re

import pytest
from django.urls import reverse

from accounts.audit import AuditEntry
from accounts.models import AdmittedCode, RecommendingUnit, User
from accounts.roles import Role
from tests.factories import (
    PASSWORD,
    credit_code,
    make_applying_unit,
    make_recommending_unit,
    make_user,
)

pytestmark = pytest.mark.django_db

PAGES = ["staff", "staff_new", "recommending_units", "recommending_unit_new", "admitted_codes"]


@pytest.fixture
def admin(client):
    user = make_user(Role.ADMIN, name="管理员")
    client.force_login(user)
    return user


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMIN])
def test_the_pages_do_not_exist_for_other_roles(client, role):
    units = {
        Role.APPLICANT: {"applying_unit": make_applying_unit},
        Role.RECOMMENDER: {"recommending_unit": make_recommending_unit},
    }
    fields = {name: make() for name, make in units.get(role, {}).items()}
    user = make_user(role, **fields)
    client.force_login(user)
    unit = RecommendingUnit.objects.first()

    for page in PAGES:
        assert client.get(reverse(f"accounts:{page}")).status_code == 404
    assert client.get(reverse("accounts:staff_edit", args=[user.pk])).status_code == 404
    assert client.post(reverse("accounts:staff_active", args=[user.pk])).status_code == 404
    assert client.get(reverse("accounts:recommending_unit_edit", args=[unit.pk])).status_code == 404


@pytest.mark.parametrize("page", PAGES)
def test_visitors_are_asked_to_log_in(client, page):
    assert client.get(reverse(f"accounts:{page}")).url.startswith(reverse("account_login"))


@pytest.mark.parametrize("number", [1, 30])
def test_the_list_of_accounts_takes_four_queries(client, admin, number, django_assert_num_queries):
    for _ in range(number):
        make_user(Role.APPLICANT, applying_unit=make_applying_unit())
    with django_assert_num_queries(4):  # session, user, count, page
        client.get(reverse("accounts:staff"))


@pytest.mark.parametrize("number", [1, 30])
def test_the_list_of_recommending_units_takes_four_queries(
    client, admin, number, django_assert_num_queries
):
    RecommendingUnit.objects.all().delete()
    for _ in range(number):
        make_recommending_unit()
    with django_assert_num_queries(4):  # session, user, count, page
        client.get(reverse("accounts:recommending_units"))


def test_accounts_are_found_by_role_and_text(client, admin):
    make_user(Role.EXPERT, name="专家甲", employer="虚构大学")
    make_user(Role.OFFICE, name="职员乙")

    by_role = client.get(reverse("accounts:staff"), {"role": "EXPERT"}).content.decode()
    assert "专家甲" in by_role
    assert "职员乙" not in by_role
    by_text = client.get(reverse("accounts:staff"), {"q": "职员"}).content.decode()
    assert "职员乙" in by_text
    assert "专家甲" not in by_text
    nothing = client.get(reverse("accounts:staff"), {"q": "无此人"}).content.decode()
    assert "没有符合条件的账号" in nothing


def test_accounts_are_found_by_state(client, admin):
    make_user(Role.EXPERT, name="从未登录者")
    make_user(Role.EXPERT, name="已停用者", is_active=False)

    def found(state):
        page = client.get(reverse("accounts:staff"), {"state": state}).content.decode()
        return {name for name in ("管理员</a>", "从未登录者", "已停用者") if name in page}

    assert found("active") == {"管理员</a>", "从未登录者"}
    assert found("unused") == {"从未登录者"}
    assert found("inactive") == {"已停用者"}


def test_an_experts_account_says_for_whom_and_in_what_they_work(client, admin):
    expert = make_user(Role.EXPERT)
    url = reverse("accounts:staff_edit", args=[expert.pk])
    typed = {"employer": "虚构大学", "title": "教授", "occupation": "焊工"}
    fields = {"role": Role.EXPERT, "name": expert.name, "email": expert.email, **typed}
    assert client.post(url, fields).status_code == 302
    expert.refresh_from_db()
    assert {name: getattr(expert, name) for name in typed} == typed


def test_a_new_account_sets_its_password_through_the_mail(client, admin, mailoutbox):
    unit = make_recommending_unit()
    data = {
        "role": Role.RECOMMENDER,
        "name": "李䶮",
        "email": "Li@example.invalid",
        "recommending_unit": unit.pk,
    }
    assert client.post(reverse("accounts:staff_new"), data).url == reverse("accounts:staff")
    user = User.objects.get(email="li@example.invalid")
    assert user.recommending_unit == unit
    assert not user.has_usable_password()

    client.logout()
    link = re.search(r"https?://\S+", mailoutbox[0].body).group()
    form = client.get(link, follow=True)
    client.post(form.redirect_chain[-1][0], {"password1": PASSWORD, "password2": PASSWORD})
    login = {"login": user.email, "password": PASSWORD}
    assert client.post(reverse("account_login"), login).url == reverse("home")


def test_a_recommender_needs_a_unit_and_others_lose_theirs(client, admin):
    data = {"role": Role.RECOMMENDER, "name": "李䶮", "email": "li@example.invalid"}
    page = client.post(reverse("accounts:staff_new"), data).content.decode()
    assert "请选择该账号所属的推荐单位。" in page

    unit = make_recommending_unit()
    data |= {"role": Role.OFFICE, "recommending_unit": unit.pk}
    client.post(reverse("accounts:staff_new"), data)
    assert User.objects.get(email="li@example.invalid").recommending_unit is None


def test_applicants_are_not_made_here(client, admin):
    data = {"role": Role.APPLICANT, "name": "某人", "email": "someone@example.invalid"}
    client.post(reverse("accounts:staff_new"), data)
    assert not User.objects.filter(email="someone@example.invalid").exists()


def test_an_address_in_use_is_refused(client, admin):
    data = {"role": Role.OFFICE, "name": "某人", "email": admin.email}
    page = client.post(reverse("accounts:staff_new"), data).content.decode()
    assert "该电子邮箱已有账号。" in page


def test_a_changed_address_is_verified_at_the_next_login(client, admin):
    user = make_user(Role.OFFICE)
    data = {"role": Role.OFFICE, "name": "新名字", "email": "new@example.invalid"}
    client.post(reverse("accounts:staff_edit", args=[user.pk]), data)
    user.refresh_from_db()
    assert (user.name, user.email) == ("新名字", "new@example.invalid")
    client.logout()
    login = {"login": user.email, "password": PASSWORD}
    assert client.post(reverse("account_login"), login).url == reverse(
        "account_email_verification_sent"
    )


def test_an_applicants_account_keeps_its_role_and_unit(client, admin):
    unit = make_applying_unit()
    user = make_user(Role.APPLICANT, applying_unit=unit)
    url = reverse("accounts:staff_edit", args=[user.pk])
    assert unit.name in client.get(url).content.decode()
    client.post(url, {"role": Role.ADMIN, "name": "新联系人", "email": user.email})
    user.refresh_from_db()
    assert (user.role, user.applying_unit, user.name) == (Role.APPLICANT, unit, "新联系人")


def test_deactivating_and_activating(client, admin):
    user = make_user(Role.EXPERT)
    url = reverse("accounts:staff_active", args=[user.pk])
    client.post(url, {"active": "no"})
    user.refresh_from_db()
    assert not user.is_active
    client.post(url, {"active": "yes"})
    user.refresh_from_db()
    assert user.is_active


def test_administrators_neither_deactivate_nor_demote_themselves(client, admin):
    url = reverse("accounts:staff_active", args=[admin.pk])
    page = client.post(url, {"active": "no"}, follow=True).content.decode()
    assert "不能停用自己的账号。" in page
    data = {"role": Role.OFFICE, "name": admin.name, "email": admin.email}
    client.post(reverse("accounts:staff_edit", args=[admin.pk]), data)
    admin.refresh_from_db()
    assert (admin.is_active, admin.role) == (True, Role.ADMIN)


def test_a_self_recommending_enterprise_is_added_and_edited(client, admin):
    data = {
        "kind": "SELF",
        "name": "虚构钢铁集团有限公司",
        "code": "XGGT",
        "position": 400,
        "is_active": "on",
    }
    client.post(reverse("accounts:recommending_unit_new"), data)
    unit = RecommendingUnit.objects.get(code="XGGT")
    assert unit.kind == RecommendingUnit.Kind.SELF

    del data["is_active"]
    client.post(reverse("accounts:recommending_unit_edit", args=[unit.pk]), data)
    unit.refresh_from_db()
    assert not unit.is_active


def test_two_recommending_units_cannot_share_a_code(client, admin):
    data = {"kind": "SELF", "name": "另一单位", "code": "JA", "position": 1}
    page = client.post(reverse("accounts:recommending_unit_new"), data).content.decode()
    assert "该代码已被使用。" in page


def test_wuhans_recommending_units_are_there():
    kinds = RecommendingUnit.objects.values_list("kind", flat=True)
    assert kinds.filter(kind="DISTRICT").count() == 16
    assert kinds.filter(kind="INDUSTRY").count() == 13


OLD_CODE = "914201000000000010"  # its check digit would be Y


def test_a_code_with_a_nonstandard_digit_is_admitted_with_a_reason(client, admin):
    address = reverse("accounts:admitted_codes")
    refused = client.post(address, {"code": OLD_CODE, "reason": ""})
    assert refused.status_code == 422
    assert not AdmittedCode.objects.exists()

    typed = f" {OLD_CODE[:9]} \u200b{OLD_CODE[9:]} "
    assert client.post(address, {"code": typed, "reason": "与执照核对"}).status_code == 302

    admitted = AdmittedCode.objects.get()
    assert (admitted.code, admitted.reason, admitted.admitted_by) == (OLD_CODE, "与执照核对", admin)
    page = client.get(address).content.decode()
    assert OLD_CODE in page
    assert "与执照核对" in page
    assert AuditEntry.objects.get(data__code=admitted.pk).kind == AuditEntry.Kind.SETTINGS
    assert "已登记" in client.post(address, {"code": OLD_CODE, "reason": "又"}).content.decode()


@pytest.mark.parametrize(
    ("code", "sentence"),
    [(credit_code(), "不需要登记"), ("91420100", "应为 18 位"), ("中" * 18, "应为 18 位")],
)
def test_only_a_code_that_needs_it_is_admitted(client, admin, code, sentence):
    data = {"code": code, "reason": "核对"}
    response = client.post(reverse("accounts:admitted_codes"), data)
    assert sentence in response.content.decode()
    assert not AdmittedCode.objects.exists()


@pytest.mark.parametrize("number", [1, 30])
def test_the_list_of_admitted_codes_takes_four_queries(
    client, admin, number, django_assert_num_queries
):
    for each in range(number):
        AdmittedCode.objects.create(code=f"9142010000000{each:05d}", reason="旧", admitted_by=admin)
    with django_assert_num_queries(4):  # session, user, count, page
        client.get(reverse("accounts:admitted_codes"))
