"""The lenient forms: what is understood, what is kept as typed, what is refused and how."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.forms import Textarea

from accounts.models import HostKind
from applications.form.definition import AWARD_FIELDS, ITEM, SECTIONS
from applications.form.forms import (
    CompactField,
    DraftTextField,
    EmailField,
    IdNumberField,
    MobileField,
    MonthField,
    NameField,
    NumberField,
    PhoneField,
    SubmitForm,
    YearField,
    draft_field,
    section_form,
)
from applications.form.rows import AwardForm, MemberForm


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("1980-05", "1980-05"),
        ("1980年5月", "1980-05"),
        ("1980 年 5 月", "1980-05"),
        ("1980.5", "1980-05"),
        ("1980/05", "1980-05"),
        ("１９８０．５", "1980-05"),
        ("198005", "1980-05"),
        ("1980-05-12", "1980-05"),
        ("1980年5月12日", "1980-05"),
        (" 1980-5 ", "1980-05"),
        ("1980-13", "1980-13"),
        ("29342", "29342"),  # a day of May 1980, as Excel counts them
        ("八〇年五月", "八〇年五月"),
        ("80-5", "80-5"),
        ("", ""),
    ],
)
def test_a_month_is_understood_or_kept_as_typed(typed, kept):
    assert MonthField(required=False, max_length=20).clean(typed) == kept


@pytest.mark.parametrize(
    ("field", "typed", "kept"),
    [
        (CompactField, "138 0000 0000", "13800000000"),
        (CompactField, "027—83919079", "027-83919079"),
        (CompactField, "(027)83919079", "02783919079"),
        (CompactField, "６２２２ 0200", "62220200"),
        (PhoneField, "（027）8391 9079 转 8012", "027-83919079转8012"),
        (PhoneField, "027-83919079，+86 138 0000 0000", "027-83919079、13800000000"),
        (PhoneField, "无　\u200b", "无"),
        (MobileField, "\u202a+86 138-0000-0000\u202c", "13800000000"),
        (MobileField, "12800000000", "12800000000"),
        (EmailField, "ｕｎｉｔ＠example.cn\u200b", "unit@example.cn"),
        (EmailField, "unit@example。cn", "unit@example。cn"),
        (NameField, "诸葛　明轩", "诸葛明轩"),
        (NameField, "阿卜杜拉•买买提", "阿卜杜拉·买买提"),
        (IdNumberField, "420102 19800512 003x", "42010219800512003X"),
        (DraftTextField, "两\r\n行", "两 行"),
        (DraftTextField, "空\x00白\u202e字\x07", "空白字"),
        (DraftTextField, " 龘㛃䶮𬱖 ", "龘㛃䶮𬱖"),
        (DraftTextField, "=1+1", "=1+1"),
        (NumberField, "1,200.5 平方米", Decimal("1200.5")),
        (NumberField, "８５", Decimal("85")),
        (YearField, "2021年", 2021),
        (YearField, "２０２１", 2021),
        (YearField, "2021年度", 2021),
        (YearField, "2021年5月", 2021),
        (YearField, "2021 年 5 月 1 日", 2021),
        (YearField, "2021.05", 2021),
        (YearField, "2021/5/1", 2021),
    ],
)
def test_what_is_typed_is_put_right(field, typed, kept):
    assert field(required=False).clean(typed) == kept


def test_line_breaks_count_once_and_are_kept_in_long_text():
    field = DraftTextField(required=False, max_length=3, widget=Textarea)
    assert field.clean("一\r\n二") == "一\n二"


@pytest.mark.parametrize("typed", ["约一百", "1-2", "NaN", "Infinity", "1e999999", "12345678.9"])
def test_a_number_that_cannot_be_kept_is_refused_in_words(typed):
    form = section_form("studio", HostKind.ENTERPRISE)
    field = form.base_fields["studio_area"]
    with pytest.raises(ValidationError) as refused:
        field.clean(typed)
    assert any(word in refused.value.messages[0] for word in ("数字", "小数"))


@pytest.mark.parametrize(
    "typed", ["去年", "21", "20211", "-2021", "0021", "2021年13月", "1905/7/13", "44317"]
)
def test_a_year_that_is_none_is_refused_in_words(typed):
    form = AwardForm({"p-0-year": typed, "p-0-name": "奖"}, prefix="p-0")
    assert form.errors == {"year": ["年度请填写四位数字，例如 2021。"]}
    assert form.values()["name"] == "奖"
    assert form.values()["year"] is None


@pytest.mark.parametrize("name", ["grade", "ranking", "part"])
def test_a_date_typed_as_a_rank_is_asked_about(name):
    form = AwardForm({f"p-0-{name}": "1月5日"}, prefix="p-0")
    assert form.errors == {name: ["“1月5日”像是 Excel 把“1/5”变成的日期，请按证书填写。"]}


def test_too_long_a_text_is_refused_with_both_counts():
    form = section_form("unit", HostKind.ENTERPRISE)
    with pytest.raises(ValidationError, match="最多 100 字，现有 101 字"):
        form.base_fields["unit_name"].clean("厂" * 101)


@pytest.mark.parametrize("host_kind", HostKind)
def test_every_field_that_is_asked_for_is_on_a_page(host_kind):
    offered = {name for s in SECTIONS for name in section_form(s.key, host_kind).base_fields}
    assert offered == {name for name, item in ITEM.items() if item.is_asked_of(host_kind)}


def test_labels_are_the_printed_ones_and_nothing_is_cut_by_the_browser():
    for name, item in ITEM.items():
        field = draft_field(item.model_field)
        assert field.label == item.label, name
        assert not field.required
        assert "maxlength" not in field.widget.attrs
        assert getattr(field.widget, "input_type", "") != "number"


def test_rows_offer_the_columns_of_the_notice():
    assert tuple(AwardForm(prefix="p").fields)[:7] == AWARD_FIELDS
    assert list(MemberForm(prefix="p").fields) == ["name", "occupation", "skill_level"]


@pytest.mark.parametrize(
    ("data", "dropped"),
    [({}, True), ({"p-name": "  "}, True), ({"p-name": "张"}, False)],
)
def test_a_row_with_nothing_in_it_is_dropped(data, dropped):
    assert MemberForm(data, prefix="p").is_dropped is dropped
    assert MemberForm({**data, "p-delete": "1"}, prefix="p").is_dropped


def test_the_submission_asks_for_everything_in_words():
    form = SubmitForm({"signed_on": "昨天"})
    assert form.errors == {
        "text": ["请填写意见。"],
        "signatory": ["请填写签署人。"],
        "signed_on": ["请按“年-月-日”填写日期，例如 2026-05-01。"],
        "truth_declared": ["请勾选真实性承诺。"],
    }
    form = SubmitForm({"signed_on": "2999-01-01"})
    assert form.errors["signed_on"] == ["日期不能晚于今天。"]
