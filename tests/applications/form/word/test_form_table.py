"""Where a form says what, however it is laid out: moved cells, other labels, split tables."""

import pytest

from applications.form.word import word_program
from applications.form.word.document import document_of
from applications.form.word.form_table import find
from applications.form.word.labels import guessed_label, label_of, pairs_in
from applications.models import Award
from tests.applications.form.word.word_files import (
    OTHER,
    PROVINCIAL,
    award_table,
    docx,
    p,
    sdt,
    tbl,
    tc,
    text_box,
    tr,
)

LABELS = ["获奖项目名称", "奖励名称", "授予单位", "等级", "排名", "角色", "年度"]
BEGINS, GOES_ON = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"


def found(*body):
    answer, _ = word_program.read({}, docx(*body))
    return find(document_of(answer["blocks"]))


def said(*body):
    """What each key is said to be, empty cells aside."""
    return {each.key: each.text for each in found(*body).said if each.text}


class TestLabels:
    @pytest.mark.parametrize(
        ("text", "key"),
        [
            ("申报单位名称", "unit_name"),
            ("申报\n单位\n名称", "unit_name"),
            ("性    别", "sex"),
            ("邮 政 编 码：", "postcode"),
            ("＊ 联系人", "contact_name"),
            ("E－mail", "email"),
            ("电子邮箱", "email"),
            ("身份证号（18位）", "lead_id_number"),
            ("开户银行及账号", "bank"),
            ("从事职业(工种)", "lead_occupation"),
            ("工作室面积（㎡）", "studio_area"),
            ("工作室基本设施（续）", "studio_facilities"),
            ("办公电话", "phone"),
            ("手  机", "mobile"),
            (
                "技能大师工作业绩、获省部级以上奖励或国家专利情况、主要创新发明等情况（可另附页）",
                "achievements",
            ),
            ("工作业绩（续）", "achievements"),
            ("申报\n单位\n意见", "opinion"),
            ("区人力资源\n（社会保障）\n部门、市直（中央驻汉）单位\n意　见", "opinion"),
            ("武汉市某公司", None),
            ("", None),
            ("主持", None),
        ],
    )
    def test_a_label_with_blanks_breaks_marks_and_hints(self, text, key):
        expected = {"sex": "lead_sex"}.get(key, key)
        assert label_of(text) == expected

    def test_a_label_with_a_slip_is_nearly_one(self):
        assert guessed_label("参加工作时问") == ("lead_work_start", "参加工作时间")
        assert guessed_label("虚构长江公司") is None

    def test_labels_with_colons_in_one_text(self):
        assert pairs_in("联系人：王小燕  办公电话：027-83919075") == [
            (None, ""), ("contact_name", "王小燕"), ("phone", "027-83919075"),
        ]  # fmt: skip


class TestMainTable:
    def test_the_value_is_the_cell_behind_its_label(self):
        assert said(tbl(tr("单位名称", "虚构公司", "单位性质", "国有企业"))) == {
            "unit_name": "虚构公司", "unit_nature": "国有企业",
        }  # fmt: skip

    def test_an_empty_cell_is_empty_and_takes_nothing_from_below(self):
        assert said(tbl(tr("姓名", "", "性别", "男"), tr("民族", "汉族", "传真", ""))) == {
            "lead_sex": "男", "lead_ethnicity": "汉族",
        }  # fmt: skip

    def test_a_value_may_be_called_like_a_label(self):
        body = tbl(tr("工作单位及职务", "负责人", "工种", "焊工"), tr("传真", "无", "邮箱", ""))
        read = {each.key: each for each in found(body).said if each.text}
        assert read["lead_position"].text == "负责人"
        assert read["lead_position"].why
        assert (read["lead_occupation"].text, "principal" in read) == ("焊工", False)

    def test_a_value_may_stand_below_its_label(self):
        assert said(tbl(tr("姓名", "性别", "民族"), tr("张明轩", "男", "汉族"))) == {
            "lead_name": "张明轩", "lead_sex": "男", "lead_ethnicity": "汉族",
        }  # fmt: skip

    def test_a_telephone_belongs_to_whoever_was_named_before_it(self):
        body = tbl(
            tr("负责人", "李建国", "办公电话", "83919079"),
            tr("联系人", "王小燕", "办公电话", "83919075", "手机", "13800000000"),
        )
        assert said(body) == {
            "principal": "李建国", "principal_phone": "83919079", "contact_name": "王小燕",
            "contact_phone": "83919075", "contact_mobile": "13800000000",
        }  # fmt: skip

    def test_label_and_value_in_one_cell(self):
        body = tbl(
            tr("联系人：王小燕", "联系电话：83919075"),
            tr(tc("通信地址：虚构大道1号\n邮编：430010", 2)),
        )
        assert said(body) == {
            "contact_name": "王小燕", "contact_phone": "83919075", "address": "虚构大道1号",
            "postcode": "430010",
        }  # fmt: skip

    def test_the_long_label_above_its_text_in_one_cell(self):
        body = tbl(
            tr(
                "技能大师工作业绩、获省部级以上奖励或国家专利情况、主要创新发明等情况（可另附页）\n一、攻关。\n二、专利。"
            )
        )
        assert said(body) == {"achievements": "一、攻关。\n二、专利。"}

    def test_the_long_label_in_a_row_above_its_text(self):
        body = tbl(tr("主要工作业绩"), tr("一、攻关。"))
        assert said(body) == {"achievements": "一、攻关。"}

    def test_digits_in_boxes_of_their_own_are_one_number(self):
        body = tbl(tr("身份证号", *"420102198005010017"))
        assert said(body) == {"lead_id_number": "420102198005010017"}

    def test_a_merged_value_stands_behind_each_of_its_rows_once(self):
        body = tbl(
            tr(
                tc("工作室基本设施", properties=BEGINS),
                tc("焊机2台", properties=BEGINS),
                "姓名",
                "张明轩",
            ),
            tr(tc("", properties=GOES_ON), tc("", properties=GOES_ON), "性别", "男"),
        )
        assert said(body) == {
            "studio_facilities": "焊机2台", "lead_name": "张明轩", "lead_sex": "男",
        }  # fmt: skip

    def test_controls_and_boxes_in_a_cell(self):
        body = tbl(
            tr("姓名", tc(p(text_box("张明轩")))),
            tr("民族", tc(p(sdt("<w:r><w:t>汉族</w:t></w:r>")))),
        )
        assert said(body) == {"lead_name": "张明轩", "lead_ethnicity": "汉族"}

    def test_a_label_with_a_slip_is_read_with_a_doubt(self):
        (each,) = found(tbl(tr("参加工作时问", "2002年7月"))).said
        assert (each.key, each.text) == ("lead_work_start", "2002年7月")
        assert "参加工作时问" in each.why

    def test_a_long_text_goes_on_in_the_next_table(self):
        first = tbl(tr("工作业绩", "一、攻关。"))
        second = tbl(tr("", "二、专利。"), tr("申报单位意见", "同意"))
        assert said(first, p(""), second) == {"achievements": "一、攻关。\n二、专利。"}

    def test_a_repeated_label_of_a_long_text_is_more_of_it(self):
        body = tbl(tr("工作业绩", "一、攻关。"), tr("工作业绩（续）", "二、专利。"))
        assert said(body) == {"achievements": "一、攻关。\n二、专利。"}

    def test_the_whole_form_in_one_cell_of_a_table_is_the_form(self):
        inner = tbl(tr("姓名", "张明轩"), tr("性别", "男"), tr("民族", "汉族"))
        assert said(tbl(tr(tc(inner)))) == {
            "lead_name": "张明轩", "lead_sex": "男", "lead_ethnicity": "汉族",
        }  # fmt: skip

    def test_opinions_are_left_out_and_their_labels_told(self):
        body = tbl(
            tr("申报\n单位\n意见", "情况属实，同意申报。\n(签字盖章)\n2026年3月1日"),
            tr("专家组\n评审意见", "专家组组长（签字)：\n年   月   日"),
        )
        assert said(body) == {}
        assert found(body).opinions == ["申报单位意见"]


class TestCover:
    @pytest.mark.parametrize(
        "line",
        [
            "申   报   单   位      虚构公司",
            "申报单位：虚构公司",
            "申 报 单 位 ____虚构公司____",
            "申报单位（盖章）：虚构公司",
        ],
    )
    def test_a_line_of_the_cover_is_read(self, line):
        assert said(p(line)) == {"unit_name": "虚构公司"}

    def test_the_cover_in_a_table(self):
        body = tbl(tr("申  报  单  位", "虚构公司"), tr("工作室职业（工种）", "焊工"))
        assert said(body) == {"unit_name": "虚构公司", "studio_occupation": "焊工"}


class TestAwards:
    def lines(self, *body):
        awards = found(*body).awards
        return {
            level: [line.texts for line in awards[level] if any(line.texts) and not line.is_head]
            for level in Award.Level
        }

    BOTH = {Award.Level.PROVINCIAL: PROVINCIAL, Award.Level.OTHER: OTHER}

    def test_two_tables_below_their_titles(self):
        body = (
            p("省部级获奖情况："),
            award_table(PROVINCIAL),
            p("其它获奖情况："),
            award_table(OTHER),
        )
        assert self.lines(*body) == self.BOTH

    def test_titles_as_rows_of_one_large_table(self):
        body = tbl(
            tr("姓名", "张明轩"),
            tr(tc("省部级以上获奖情况", 7)),
            tr(*LABELS),
            *(tr(*row) for row in PROVINCIAL),
            tr(tc("其他获奖情况", 7)),
            tr(*LABELS),
            *(tr(*row) for row in OTHER),
            tr("申报单位意见", tc("同意", 6)),
        )
        assert self.lines(body) == self.BOTH
        assert said(body) == {"lead_name": "张明轩"}

    def test_titles_beside_their_rows(self):
        def block(title, rows):
            head = tr(tc(title, properties=BEGINS), *LABELS)
            return (head, *(tr(tc("", properties=GOES_ON), *row) for row in rows))

        body = tbl(*block("省部级\n获奖\n情况", PROVINCIAL), *block("其它获奖情况", OTHER))
        assert self.lines(body) == self.BOTH

    def test_a_table_that_goes_on_on_the_next_page_with_its_head_or_without(self):
        without = tbl(*(tr(*row) for row in PROVINCIAL[1:]))
        again = award_table(PROVINCIAL[1:])
        other = p("其它获奖情况：") + award_table(OTHER)
        for more in (without, again + other, p("（续表）") + without, p("（续表）") + again):
            body = (p("省部级获奖情况："), award_table(PROVINCIAL[:1], 0), p(""), more)
            assert self.lines(*body)[Award.Level.PROVINCIAL] == PROVINCIAL

    @pytest.mark.parametrize("between", ["", p(""), p("市级获奖情况："), p("获奖情况")])
    def test_a_second_head_without_a_title_is_of_no_level(self, between):
        body = (p("省部级获奖情况："), award_table(PROVINCIAL), between, award_table(OTHER))
        assert self.lines(*body) == {Award.Level.PROVINCIAL: PROVINCIAL, Award.Level.OTHER: []}
        untitled = [line.texts for line in found(*body).awards[None]]
        assert untitled == [LABELS, *OTHER, *[[""] * 7] * 3]

    def test_a_table_apart_without_a_title_is_of_no_level_though_both_titles_were_found(self):
        body = (
            p("省部级获奖情况："), award_table(PROVINCIAL),
            p("其它获奖情况："), award_table([]), p("区级荣誉"), award_table(OTHER),
        )  # fmt: skip
        assert self.lines(*body)[Award.Level.OTHER] == []

    def test_what_is_below_a_province_is_another_award(self):
        body = (p("省部级以下获奖情况："), award_table(OTHER))
        assert self.lines(*body)[Award.Level.OTHER] == OTHER

    def test_a_cell_merged_over_two_awards_is_said_of_both(self):
        first = [tc(PROVINCIAL[0][0], properties=BEGINS), *PROVINCIAL[0][1:]]
        second = [tc("", properties=GOES_ON), *PROVINCIAL[1][1:]]
        body = (p("省部级获奖情况："), tbl(tr(*LABELS), tr(*first), tr(*second)))
        assert self.lines(*body)[Award.Level.PROVINCIAL] == [
            PROVINCIAL[0], [PROVINCIAL[0][0], *PROVINCIAL[1][1:]],
        ]  # fmt: skip

    def test_a_row_merged_across_says_what_it_says_once(self):
        body = (p("其它获奖情况："), tbl(tr(*LABELS), tr(tc("无", 7))))
        assert self.lines(*body)[Award.Level.OTHER] == [["无", "", "", "", "", "", ""]]

    def test_rows_added_and_deleted_with_tracking(self):
        added = tr(*PROVINCIAL[1], properties='<w:ins w:id="1" w:author="x"/>')
        gone = tr(*OTHER[0], properties='<w:del w:id="2" w:author="x"/>')
        body = (p("省部级获奖情况："), tbl(tr(*LABELS), tr(*PROVINCIAL[0]), added, gone))
        assert self.lines(*body)[Award.Level.PROVINCIAL] == PROVINCIAL


class TestRowsLikeLabels:
    """A row under a head is an award, whatever it is called."""

    def projects(self, *body):
        awards = found(*body).awards
        return {
            level: [line.texts[0] for line in lines if not line.is_head]
            for level, lines in awards.items()
            if lines
        }

    @pytest.mark.parametrize("project", ["备注", "姓名", "工种", "负责人", "专家意见", "推荐结果"])
    def test_a_project_called_like_a_label_ends_no_table(self, project):
        rows = [[project, "奖", "省总工会", "", "", "负责人", "2018"], ["乙", "奖", *[""] * 5]]
        body = tbl(tr(*LABELS), *(tr(*row) for row in rows))
        assert self.projects(p("省部级获奖情况"), body) == {Award.Level.PROVINCIAL: [project, "乙"]}

    def test_labels_with_their_values_do(self):
        form = tr("姓名", "张明轩", "性别", "男", "民族", "汉族", "")
        body = tbl(tr(*LABELS), tr("甲", "奖", *[""] * 5), form)
        assert self.projects(p("省部级获奖情况"), body) == {Award.Level.PROVINCIAL: ["甲"]}
        assert said(body)["lead_name"] == "张明轩"

    def test_a_project_called_like_a_title_is_none(self):
        rows = [["湖北省荣誉称号", "奖", *[""] * 5], ["乙", "奖", *[""] * 5]]
        body = tbl(tr(*LABELS), *(tr(*row) for row in rows))
        assert self.projects(p("其它获奖情况"), body) == {
            Award.Level.OTHER: ["湖北省荣誉称号", "乙"],
        }  # fmt: skip

    def test_a_title_over_all_columns_is_one(self):
        body = tbl(tr(*LABELS), tr("甲", *[""] * 6), tr(tc("其它获奖情况", 7)), tr(*LABELS),
                   tr("乙", *[""] * 6))  # fmt: skip
        assert self.projects(p("省部级获奖情况"), body) == {
            Award.Level.PROVINCIAL: ["甲"], Award.Level.OTHER: ["乙"],
        }  # fmt: skip


class TestMembers:
    def test_a_table_of_members_of_its_own(self):
        body = tbl(
            tr("姓名", "工种", "技能等级"),
            tr("赵一鸣", "焊工", "技师"),
            tr("钱多多", "电工", "高级工"),
        )
        assert [line.texts for line in found(body).member_lines[1:]] == [
            ["赵一鸣", "焊工", "技师"], ["钱多多", "电工", "高级工"],
        ]  # fmt: skip

    def test_members_beside_their_label_as_a_table_within_the_cell(self):
        inner = tbl(tr("赵一鸣", "焊工"), tr("钱多多", "电工"))
        assert said(tbl(tr("工作室成员", tc(inner)))) == {"members": "赵一鸣\t焊工\n钱多多\t电工"}
