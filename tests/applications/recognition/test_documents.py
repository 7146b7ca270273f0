"""What a paper says of itself: names, occupation, unit, levels, numbers, dates at their labels."""

import pytest

from applications.national_codes import SkillLevel
from applications.recognition import documents
from tests.applications.recognition.pages import page_of
from tests.factories import credit_code, id_number


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        (["姓名：张三"], ["张三"]),
        (["姓 名 张 三", "性别 男"], ["张三"]),
        (["姓名", "张三", "性别男 民族汉"], ["张三"]),
        (["姓名张三性别男"], ["张三"]),
        (["姓名：阿卜杜拉•买买提"], ["阿卜杜拉·买买提"]),
        (["授予 张三 同志：", "湖北省技术能手称号"], ["张三"]),
        (["张三同志："], ["张三"]),
        (["获奖者：张三、李四"], ["张三"]),
        (["姓名  性别  单位"], []),
        (["获奖者：李四光", "（虚构重工有限公司）"], ["李四光"]),
        (["欧阳明华同志："], ["欧阳明华"]),
        # Words behind a label, or before 同志, are no names.
        (["希望被授予称号的同志", "再接再厉"], []),
        (["希望受表彰的同志珍惜荣誉"], []),
        (["姓名", "工作单位", "职务"], []),
        (["主要完成人", "完成单位"], []),
        (["完成人", "排名"], []),
        (["授予王伟等同志", "武汉市技术能手称号"], []),
        (["获奖人员：", "武汉市"], []),
        (["获奖者：甄明例张", "样"], []),  # two names, of which one is broken
        (["姓名", "项目名称"], []),
        (["完成人：成果", "高级技师"], []),
        (["姓名：熠辉"], []),  # no surname
        (["各位同志：", "武汉市第十届职业技能大赛"], []),
    ],
)
def test_names_are_told_by_their_labels(lines, names):
    assert [name for name, _ in documents.names_on(page_of(*lines))] == names


def test_the_place_of_a_name_is_where_it_stands():
    page = page_of(("姓名张三", (0.1, 0.1, 0.5, 0.2)))

    ((_, match),) = documents.names_on(page)

    assert match.boxes[0] == pytest.approx((0.3, 0.1, 0.5, 0.2))


@pytest.mark.parametrize(
    ("lines", "occupation"),
    [
        (["职业名称：焊工"], "焊工"),
        (["职业（工种）：电工"], "电工"),
        (["工种 钳工"], "钳工"),
        (["职业：钳工"], "钳工"),
        (["焊工"], None),
        # 职业 in other words is no label.
        (["中华人民共和国", "职业资格证书", "持证人：张三丰"], None),
        (["职业技能等级证书", "国家职业标准", "武汉虚构职业技术学院"], None),
        (["职业", "资格证书"], None),
        (["职业教育先进工作者"], None),
        (["遵守职业道德"], None),
        (["职业技能等级证书", "职业名称", "焊工"], "焊工"),
        (["工种", "等级", "职业名称：焊工"], "焊工"),
        (["工种", "等级"], None),
    ],
)
def test_a_certificate_says_its_occupation(lines, occupation):
    found = documents.occupations_on(page_of(*lines))

    assert next((text for text, _ in found), None) == occupation


def test_a_licence_says_whose_it_is():
    page = page_of("营业执照", "名称 虚构重工（武汉）有限公司", "类型 有限责任公司")

    assert documents.units_on(page)[0][0] == "虚构重工(武汉)有限公司"


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("职业技能等级：高级技师", [SkillLevel.SENIOR_TECHNICIAN]),
        ("一级/高级技师", [SkillLevel.SENIOR_TECHNICIAN]),
        ("国家职业资格一级", [SkillLevel.SENIOR_TECHNICIAN]),
        ("技能等级 二级", [SkillLevel.TECHNICIAN]),
        ("技师", [SkillLevel.TECHNICIAN]),
        ("国家职业资格Ⅱ级", [SkillLevel.TECHNICIAN]),
        ("三级/高级工", [SkillLevel.SENIOR]),
        ("高级工程师", []),
        ("特级技师", [SkillLevel.SPECIAL_TECHNICIAN]),
        ("首席技师", [SkillLevel.CHIEF_TECHNICIAN]),
        ("武汉技师学院", []),
        ("武汉高级技师学院", []),
        ("虚构高级技工学校", []),
        # Old certificates.
        ("等级：高级", [SkillLevel.SENIOR]),
        ("技术等级：中级", [SkillLevel.MIDDLE]),
        ("高级", [SkillLevel.SENIOR]),
        ("高级技工", [SkillLevel.SENIOR]),
        ("等级：高级技师", [SkillLevel.SENIOR_TECHNICIAN]),
        ("职业资格等级：二级", [SkillLevel.TECHNICIAN]),
        ("职业资格证书（一级）", [SkillLevel.SENIOR_TECHNICIAN]),
        ("二级建造师", []),
        ("等级：高级工程师", []),
    ],
)
def test_levels_are_told_by_their_words(text, levels):
    assert list(documents.levels_on(page_of(text))) == levels


def test_numbers_with_a_wrong_check_digit_are_told():
    right, code = id_number(), credit_code()
    wrong = right[:-1] + ("1" if right[-1] != "1" else "2")

    page = page_of(f"公民身份号码{right}", wrong, f"统一社会信用代码 {code}")

    assert [found[:2] for found in documents.id_numbers_on(page)] == [(right, True), (wrong, False)]
    assert documents.credit_codes_on(page)[-1][:2] == (code, True)


@pytest.mark.parametrize(
    "text",
    [
        "虚构厂〔2020〕12号",
        "虚构厂[2020]12号",
        "虚构厂（2020）第12号",
        "虚构厂 2020 12 号".replace(" 12", "〕12"),
    ],
)
def test_the_number_of_an_official_paper_is_read_with_any_brackets(text):
    ((number, _),) = documents.document_numbers_on(page_of(text))

    assert number == ("虚构厂", 2020, 12)
    assert documents.document_number("关于成立工作室的通知（虚构厂〔2020〕12号）") == number


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2020年3月1日", (2020, 3, 1)),
        ("二〇二〇年三月一日", (2020, 3, 1)),
        ("二○二○年十二月二十三日", (2020, 12, 23)),
        ("2020年3月", (2020, 3, 0)),
        ("2020.03.01", (2020, 3, 1)),
        ("2020-3-1", (2020, 3, 1)),
        ("2020年13月1日", None),
    ],
)
def test_dates_are_read_in_words_and_figures(text, date):
    assert next((each for each, _ in documents.dates_on(page_of(text))), None) == date
