"""What people write into the cells of the paper form, and what the form's fields take of it."""

import pytest

from applications.form.word import values
from applications.form.word.choices import choice_of, ticked


def sure(cell):
    return (cell.text, "sure" if not cell.is_unsure else "unsure") if cell else None


def told(cells):
    return {name: sure(cell) for name, cell in cells.items()}


@pytest.mark.parametrize(
    "said", ["", " 　", "____", "年  月", "　年　月　日", "（请填写）", "单击此处输入文字"]
)
def test_what_the_form_prints_in_an_empty_cell_is_nothing(said):
    assert values.cell_of("lead_birth", said) is None
    assert values.is_blank(said)


@pytest.mark.parametrize("said", ["无", "/", "／", "——", "暂无", "不适用"])
def test_a_word_for_nothing_is_nothing_and_no_blank(said):
    assert values.cell_of("fax", said) is None
    assert values.says_nothing(said)


class TestMonths:
    @pytest.mark.parametrize(
        "said",
        [
            "1980.5",
            "1980.05",
            "1980年5月",
            "1980 年 05 月",
            "1980-5",
            "1980/5",
            "1980-05-01",
            "198005",
            "19800501",
            "１９８０年５月",
            "一九八〇年五月",
            "一九八○年五月",
            "一九八零年五月",
            "1980年5月生",
            "1980年5月1日",
            "1980．5",
            "1980年\n5月",
            "一九八〇年五月一日",
        ],
    )
    def test_a_month_in_any_style_is_sure(self, said):
        assert sure(values.cell_of("lead_birth", said)) == ("1980-05", "sure")

    @pytest.mark.parametrize(
        ("said", "month"),
        [
            ("80.5", "1980-05"),
            ("80-05-01", "1980-05"),
            ("80年5月", "1980-05"),
            ("02.7", "2002-07"),
            ("八〇年五月", "1980-05"),
            ("1980年5月（46岁）", "1980-05"),
        ],
    )
    def test_two_digits_or_more_than_a_month_is_to_be_looked_at(self, said, month):
        assert sure(values.cell_of("lead_work_start", said)) == (month, "unsure")

    @pytest.mark.parametrize("said", ["1980年", "五月", "待定", "1980.13"])
    def test_what_is_no_month_stays_as_it_stands_with_the_reason(self, said):
        cell = values.cell_of("lead_birth", said)
        assert sure(cell) == (said, "unsure")
        assert "年-月" in cell.why

    def test_the_id_number_settles_a_year_of_two_digits(self):
        birth = values.cell_of("lead_birth", "80.5")
        number = values.cell_of("lead_id_number", "420102198005010017")
        assert sure(values.settled_birth(birth, number)) == ("1980-05", "sure")


class TestNumbers:
    @pytest.mark.parametrize(
        ("said", "kept"),
        [
            ("027-83919079", "027-83919079"),
            ("（027）83919079", "027-83919079"),
            ("027－83919079 转 8012", "027-83919079转8012"),
            ("83919079", "83919079"),
            ("027-83919079、027-83919075", "027-83919079、027-83919075"),
            ("027 - 8391 9079", "027-83919079"),
        ],
    )
    def test_telephones_are_kept_as_the_form_keeps_them(self, said, kept):
        assert told(values.phone_cells("principal_phone", said)) == {
            "principal_phone": (kept, "sure")
        }

    def test_office_and_mobile_in_one_cell_are_parted(self):
        for said in (
            "027-83919075 13800000000",
            "办公：027-83919075\n手机：138-0000-0000",
            "027-83919075／13800000000",
            "13800000000（手机）027-83919075（办）",
        ):
            assert told(values.phone_cells("contact_phone", said, "contact_mobile")) == {
                "contact_phone": ("027-83919075", "sure"),
                "contact_mobile": ("13800000000", "unsure"),
            }, said

    def test_a_mobile_alone_is_both(self):
        assert told(values.phone_cells("contact_phone", "13800000000", "contact_mobile")) == {
            "contact_phone": ("13800000000", "sure"),
            "contact_mobile": ("13800000000", "unsure"),
        }

    @pytest.mark.parametrize(
        ("said", "cells"),
        [
            ("138 0000 0000", {"contact_mobile": ("13800000000", "sure")}),
            ("+86 13800000000", {"contact_mobile": ("13800000000", "sure")}),
            ("13800000000（微信同号）", {"contact_mobile": ("13800000000", "unsure")}),
            ("13800000000、13900000000", {"contact_mobile": ("13800000000", "unsure")}),
            ("027-83919075", {"contact_phone": ("027-83919075", "unsure")}),
            ("1380000", {"contact_mobile": ("1380000", "unsure")}),
        ],
    )
    def test_a_mobile_is_read_from_among_other_things(self, said, cells):
        assert told(values.mobile_cells("contact_mobile", said, "contact_phone")) == cells

    def test_a_person_with_a_telephone_in_one_cell_is_both(self):
        cells = values.person_cells(
            "contact_name", "王小燕 13800000000", "contact_phone", "contact_mobile"
        )
        assert told(cells) == {
            "contact_name": ("王小燕", "unsure"),
            "contact_mobile": ("13800000000", "unsure"),
        }

    @pytest.mark.parametrize(
        "said",
        ["4201 0219 8005 0100 17", "420102198005010017", "４２０１０２１９８００５０１００１７"],
    )
    def test_an_id_number_in_groups_is_one(self, said):
        assert sure(values.cell_of("lead_id_number", said)) == ("420102198005010017", "sure")

    @pytest.mark.parametrize(
        ("said", "cells"),
        [
            (
                "武汉市虚构大道1号 430010",
                {"address": ("武汉市虚构大道1号", "sure"), "postcode": ("430010", "unsure")},
            ),
            (
                "武汉市虚构大道1号（邮编：430010）",
                {"address": ("武汉市虚构大道1号", "sure"), "postcode": ("430010", "sure")},
            ),
            ("武汉市虚构大道\n111号", {"address": ("武汉市虚构大道111号", "sure")}),
            ("武汉市虚构大道430010号", {"address": ("武汉市虚构大道430010号", "sure")}),
        ],
    )
    def test_a_postcode_behind_an_address_is_told_from_it(self, said, cells):
        assert told(values.address_cells(said)) == cells


class TestBanks:
    BOTH = {
        "bank_name": ("虚构银行武汉江岸支行", "sure"),
        "bank_account": ("42001234567890123456", "sure"),
    }

    @pytest.mark.parametrize(
        "said",
        [
            "虚构银行武汉江岸支行 42001234567890123456",
            "虚构银行武汉江岸支行\n42001234567890123456",
            "42001234567890123456 虚构银行武汉江岸支行",
            "开户银行：虚构银行武汉江岸支行\n账号：4200 1234 5678 9012 3456",
            "开户行：虚构银行武汉江岸支行；资金账号：42001234567890123456",
            "虚构银行武汉江岸支行，帐号42001234567890123456",
            "虚构银行武汉江岸支行/42001234567890123456",
            "虚构银行武汉江岸支行（42001234567890123456）",
        ],
    )
    def test_name_and_account_in_either_order_are_parted(self, said):
        assert told(values.bank_cells(said)) == self.BOTH

    def test_the_brackets_of_a_name_are_kept_and_those_around_an_account_are_not(self):
        for said, name in (
            ("虚构银行第2营业部（江岸） 42001234567890123456", "虚构银行第2营业部（江岸）"),
            ("虚构银行武汉分行（账号：42001234567890123456）", "虚构银行武汉分行"),
            (
                "开户行：虚构银行（武汉）支行\n账号：４２００１２３４５６７８９０１２３４５６",
                "虚构银行（武汉）支行",
            ),
        ):
            assert told(values.bank_cells(said)) == self.BOTH | {"bank_name": (name, "sure")}

    def test_what_is_not_surely_a_bank_or_one_account_is_to_be_looked_at(self):
        cells = values.bank_cells("虚构财务公司 42001234567890123456")
        assert all(cell.is_unsure for cell in cells.values())
        cells = values.bank_cells("虚构银行江岸支行 42001234567890123456 62001234567890123456")
        assert sure(cells["bank_account"]) == ("42001234567890123456", "unsure")
        cells = values.bank_cells("户名：虚构公司 虚构银行江岸支行 42001234567890123456")
        assert sure(cells["bank_name"]) == ("虚构银行江岸支行", "unsure")

    def test_a_bank_without_an_account_is_only_that(self):
        assert told(values.bank_cells("虚构银行武汉江岸支行")) == {
            "bank_name": ("虚构银行武汉江岸支行", "unsure")
        }


class TestAreas:
    @pytest.mark.parametrize(
        ("said", "area"),
        [
            ("120", "120"),
            ("120㎡", "120"),
            ("120 平方米", "120"),
            ("120m2", "120"),
            ("120m²", "120"),
            ("120.5平米", "120.5"),
            ("1,200平方米", "1200"),
            ("约120平方米", "120"),
            ("建筑面积：120㎡", "120"),
        ],
    )
    def test_an_area_with_its_unit_is_a_number(self, said, area):
        assert sure(values.cell_of("studio_area", said)) == (area, "sure")

    @pytest.mark.parametrize(
        ("said", "area"),
        [
            ("0.5亩", "333.3"),
            (f"{'1' * 40}亩", ""),
            ("120平方米（含培训室）", "120"),
            ("200余平方米", "200"),
            ("车间80㎡，教室40㎡", ""),
            ("一百二十平方米", "120"),
            ("约一百五十㎡", "150"),
            ("一百零五 m²", ""),
            ("三百平米", "300"),
            ("八十", "80"),
            ("一百五㎡", ""),
            ("一千二百㎡", ""),
            ("2千㎡", ""),
        ],
    )
    def test_what_is_more_than_a_number_is_to_be_looked_at(self, said, area):
        assert sure(values.cell_of("studio_area", said)) == (area, "unsure")


class TestChoices:
    @pytest.mark.parametrize(
        ("name", "said", "code"),
        [
            ("lead_sex", "男", "1"),
            ("lead_sex", " 女 ", "2"),
            ("lead_sex", "男性", "1"),
            ("lead_ethnicity", "汉", "01"),
            ("lead_ethnicity", "土家族", "15"),
            ("lead_ethnicity", "土家", "15"),
            ("lead_politics", "中共党员", "01"),
            ("lead_politics", "党员", "01"),
            ("lead_politics", "预备党员", "02"),
            ("lead_politics", "群 众", "13"),
            ("lead_politics", "九三学社", "10"),
            ("lead_politics", "无党派", "12"),
            ("unit_nature", "国有企业", "STATE"),
            ("unit_nature", "民营", "PRIVATE"),
            ("unit_nature", "事业单位", "INSTITUTION"),
            ("unit_nature", "国有控股", "STATE"),
            ("lead_skill_level", "高级技师", "5"),
            ("lead_skill_level", "高级技师（一级）", "5"),
            ("lead_skill_level", "国家职业资格二级", "4"),
            ("lead_skill_level", "二级/技师", "4"),
            ("lead_skill_level", "特级技师", "6"),
            ("lead_skill_level", "首席技师", "7"),
        ],
    )
    def test_a_choice_in_any_usual_word_is_sure(self, name, said, code):
        assert choice_of(name, said) == (code, "")

    @pytest.mark.parametrize(
        ("name", "said", "code"),
        [
            ("lead_skill_level", "焊工高级技师", "5"),
            ("unit_nature", "有限责任公司（国有控股）", "STATE"),
            ("unit_nature", "有限责任公司", "有限责任公司"),
            ("lead_sex", "未知", "未知"),
            ("lead_skill_level", "5", "5"),
            ("lead_politics", "中共党员（2001年入党）", "01"),
        ],
    )
    def test_what_only_makes_a_choice_likely_is_to_be_looked_at(self, name, said, code):
        chosen, why = choice_of(name, said)
        assert chosen == code
        assert why

    @pytest.mark.parametrize(
        ("said", "words"),
        [
            ("☑男 ☐女", ["男"]),
            ("□男 ☑女", ["女"]),
            ("男☑ 女☐", ["男"]),
            ("男√ 女", ["男"]),
            ("√男 女", ["男"]),
            ("男 √女", ["女"]),
            ("男（√） 女（ ）", ["男"]),
            ("（ ）男 （√）女", ["女"]),
            ("■男 □女", ["男"]),
            ("☐男 ☐女", []),
            ("☑国有企业\n☐民营企业", ["国有企业"]),
            ("[√]男[ ]女", ["男"]),
            ("☑男 ☑女", ["男", "女"]),
        ],
    )
    def test_ticks_before_and_behind_their_words(self, said, words):
        assert ticked(said) == words

    def test_a_text_without_boxes_has_no_ticks(self):
        assert ticked("男") is None

    def test_nothing_ticked_is_nothing_and_two_are_told(self):
        assert values.cell_of("lead_sex", "☐男 ☐女") is None
        assert "多项" in values.cell_of("lead_sex", "☑男 ☑女").why
        assert sure(values.cell_of("lead_sex", "☑男 ☐女")) == ("1", "sure")


class TestTexts:
    def test_a_line_that_only_wrapped_is_joined(self):
        assert sure(values.cell_of("unit_name", "虚构长江焊接\n设备有限公司")) == (
            "虚构长江焊接设备有限公司",
            "sure",
        )

    def test_a_long_text_keeps_its_lines_without_their_indents(self):
        cell = values.cell_of("studio_facilities", "　　焊机2台\n\n　　教室1间 ")
        assert sure(cell) == ("焊机2台\n教室1间", "sure")

    def test_what_is_too_long_for_its_field_is_kept_whole_and_said(self):
        cell = values.cell_of("lead_occupation", "字" * 51)
        assert sure(cell) == ("字" * 51, "unsure")
        assert "最多 50 字" in cell.why

    def test_a_name_has_no_blanks(self):
        assert sure(values.cell_of("lead_name", "张 明　轩")) == ("张明轩", "sure")
        assert sure(values.cell_of("lead_name", "王  伟")) == ("王伟", "sure")
