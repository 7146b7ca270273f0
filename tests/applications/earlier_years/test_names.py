"""Names as they are compared with those of earlier years."""

import pytest

from applications.earlier_years.names import is_same_name, lead_key, unit_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("武汉虚构机械有限公司", "武汉虚构机械有限责任公司"),
        ("武汉虚构机械有限公司", "武汉市虚构机械 股份有限公司"),
        ("虚构光电（武汉）有限公司", "虚构光电(武汉)有限公司"),
        ("虚构ＡＢＣ厂", "虚构abc厂"),
        ("江岸区人社局", "武汉市江岸区人力资源和社会保障局"),
        ("市经信局", "武汉市经济和信息化局"),
    ],
)
def test_names_that_are_written_in_two_ways_are_one(one, other):
    assert unit_key(one) == unit_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("武汉虚构机械有限公司", "武汉虚构机电有限公司"),
        ("虚构机械一厂", "虚构机械二厂"),
        ("虚构集团有限公司", "虚构有限公司"),
    ],
)
def test_other_units_are_others(one, other):
    assert unit_key(one) != unit_key(other)


def test_a_company_form_is_no_slip_but_a_doubt():
    assert is_same_name("武汉虚构机械（集团）有限公司", "武汉虚构机械 (集团) 有限公司")
    assert not is_same_name("武汉虚构机械有限公司", "武汉虚构机械有限责任公司")


@pytest.mark.parametrize("name", ["张 三", "张　三", "张三（女）", "张三(原领办人)"])
def test_a_persons_name_is_compared_without_blanks_and_brackets(name):
    assert lead_key(name) == "张三"


def test_the_dot_of_a_name_is_any_of_them():
    assert lead_key("阿卜杜拉•买买提") == lead_key("阿卜杜拉·买买提")


def test_nothing_is_like_nothing():
    assert unit_key(" ") == lead_key("（）") == ""
