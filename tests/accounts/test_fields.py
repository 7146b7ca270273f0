"""E-mail addresses, numbers and codes as they are typed."""

import pytest
from django.core.exceptions import ValidationError

from accounts.fields import CreditCodeField, EmailField
from accounts.models import AdmittedCode, is_credit_code
from accounts.numbers import DecimalNumberField, WholeNumberField
from accounts.roles import Role
from tests.factories import make_user


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Unit@Example.CN", "unit@example.cn"),
        ("ｕｎｉｔ＠ｅｘａｍｐｌｅ．ｃｎ", "unit@example.cn"),
        ("\u202aunit@example.cn\u202c\u200b", "unit@example.cn"),
        ("\u3000unit@example.cn ", "unit@example.cn"),
    ],
)
def test_an_address_is_freed_of_what_nobody_sees(typed, kept):
    assert EmailField().clean(typed) == kept


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("unit@example。cn", "中文句号“。”"),
        ("unit。office@example.cn", "中文句号“。”"),
        ("unit@example｡cn", "中文句号“。”"),
        ("unit@exam、ple.cn", "不能有“、”"),
        ("unit@example·cn", "不能有“·”"),
        ("unit", "name@example.cn"),
        ("unit@example.cn, other@example.cn", "name@example.cn"),
    ],
)
def test_an_address_that_is_none_says_what_is_wrong(typed, sentence):
    with pytest.raises(ValidationError, match=sentence):
        EmailField().clean(typed)


@pytest.mark.parametrize("field", [WholeNumberField(), DecimalNumberField()])
def test_numbers_are_arabic_numerals(field):
    assert field.clean("\u202a１２\u202c") == 12
    for typed in ("1_0", "٣", "十"):
        with pytest.raises(ValidationError):
            field.clean(typed)


@pytest.mark.parametrize(
    "code",
    ["N2420115MA4KABCD0E", "Y1420115MA4KABCD09", "A1420115MA4KABCD0X", "91420100MA00000012"],
)
def test_letters_in_the_first_two_places_of_a_credit_code_are_right(code):
    assert is_credit_code(code)
    assert not is_credit_code(code[:-1] + ("1" if code[-1] != "1" else "3"))


@pytest.mark.django_db
def test_a_nonstandard_code_is_taken_once_it_is_admitted():
    code = "914201000000000010"
    assert not is_credit_code(code)
    with pytest.raises(ValidationError, match="且校验码须正确"):
        CreditCodeField().clean(code)
    AdmittedCode.objects.create(code=code, reason="核对", admitted_by=make_user(Role.ADMIN))
    assert CreditCodeField().clean("\u202a91420100-0000 0000 10\u202c") == code
