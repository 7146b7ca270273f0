"""An applying unit registers, verifies its address and logs in."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.urls import reverse

from accounts.forms import RegistrationForm
from accounts.models import ApplyingUnit, RecommendingUnit, User
from accounts.roles import Role
from tests.factories import PASSWORD, credit_code, make_applying_unit

pytestmark = pytest.mark.django_db


def answers(**changes):
    """What an enterprise types into the registration form."""
    return {
        "name": "虚构精密机械有限公司",
        "uscc": credit_code(),
        "nature": "PRIVATE",
        "host_kind": "ENTERPRISE",
        "recommending_unit": RecommendingUnit.objects.get(code="JA").pk,
        "address": "武汉市江岸区虚构路 1 号",
        "contact_name": "张㛃",
        "contact_mobile": "13800000000",
        "email": "unit@example.invalid",
        "password1": PASSWORD,
        "password2": PASSWORD,
        **changes,
    }


def register(client, **changes):
    return client.post(reverse("account_signup"), answers(**changes))


def test_registration_makes_the_unit_and_its_user(client):
    response = register(client, email="Unit@Example.invalid")

    assert response.url == reverse("account_email_verification_sent")
    user = User.objects.get(email="unit@example.invalid")
    assert (user.role, user.name) == (Role.APPLICANT, "张㛃")
    assert user.applying_unit.name == "虚构精密机械有限公司"
    assert user.applying_unit.recommending_unit.code == "JA"


def test_nobody_logs_in_before_the_address_is_verified(client, mailoutbox):
    register(client)
    client.logout()
    login = {"login": "unit@example.invalid", "password": PASSWORD}

    assert client.post(reverse("account_login"), login).url == reverse(
        "account_email_verification_sent"
    )

    mail = mailoutbox[0]
    assert mail.subject == "【武汉市技能大师工作室申报】请验证电子邮箱"
    link = re.search(r"https?://\S+", mail.body).group()
    page = client.get(link)
    assert "unit@example.invalid" in page.content.decode()
    client.post(link)
    assert EmailAddress.objects.get(email="unit@example.invalid").verified
    client.post(reverse("account_login"), login)
    assert "_auth_user_id" in client.session


def test_the_code_may_be_pasted_with_spaces_and_small_letters(client):
    code = credit_code()
    register(client, uscc=f" {code[:4]} {code[4:].lower()} ")
    assert ApplyingUnit.objects.get().uscc == code


def test_an_input_method_s_full_width_letters_and_spaces_are_put_right(client):
    code = credit_code()
    wide = code.translate({n: n + 0xFEE0 for n in range(0x21, 0x7F)})

    register(client, uscc=wide, contact_mobile=" １３８ 0000\u30000000 ")

    unit = ApplyingUnit.objects.get()
    assert (unit.uscc, unit.contact_mobile) == (code, "13800000000")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"uscc": "91420100MA4KXXXXXX"}, "且校验码须正确"),
        ({"uscc": ""}, "统一社会信用代码：请填写。"),
        ({"nature": ""}, "单位性质：请选择。"),
        ({"contact_mobile": "02783919079"}, "请填写 11 位手机号码。"),
        ({"password2": "another-password"}, "密码（重复）"),
        ({"password1": "12345abcd", "password2": "12345abcd"}, "10"),
    ],
)
def test_a_bad_answer_is_refused_in_words_and_the_rest_is_kept(client, changes, sentence):
    page = register(client, **changes).content.decode()

    assert sentence in page
    assert "虚构精密机械有限公司" in page
    assert "13800000000" in page or "contact_mobile" in changes
    assert not User.objects.exists()
    assert not ApplyingUnit.objects.exists()


def test_a_registered_unit_is_sent_to_its_account(client):
    known = make_applying_unit()
    page = register(client, uscc=known.uscc).content.decode()

    assert "该统一社会信用代码已注册，请用原账号登录" in page
    assert "虚构精密机械有限公司" in page
    assert ApplyingUnit.objects.count() == 1


def test_the_same_unit_registered_in_the_same_moment(client, monkeypatch):
    """The other registration is committed between this one's check and its save."""
    save = RegistrationForm.save

    def save_late(form, request):
        make_applying_unit(uscc=form.cleaned_data["uscc"])
        return save(form, request)

    monkeypatch.setattr(RegistrationForm, "save", save_late)
    page = register(client).content.decode()

    assert "该统一社会信用代码已注册" in page
    assert "虚构精密机械有限公司" in page
    assert not User.objects.exists()


def test_a_known_address_makes_no_second_account(client, mailoutbox):
    """The page does not tell a stranger who has an account; the mail tells its owner."""
    register(client)
    client.logout()
    response = register(client, uscc=credit_code())

    assert response.url == reverse("account_email_verification_sent")
    assert User.objects.count() == ApplyingUnit.objects.count() == 1
    assert mailoutbox[-1].subject.endswith("该电子邮箱已有账号")


def test_units_are_offered_by_kind_and_only_active_ones(client):
    RecommendingUnit.objects.filter(code="JH").update(is_active=False)
    page = client.get(reverse("account_signup")).content.decode()

    assert page.index('<optgroup label="区人社局">') < page.index(
        '<optgroup label="市直行业主管部门">'
    )
    assert "江岸区人力资源和社会保障局" in page
    assert "江汉区人力资源和社会保障局" not in page
