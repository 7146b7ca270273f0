"""The rows of the form: awards in any columns, members however they are named in one cell."""

import pytest

from applications.form.word.row_tables import award_rows, member_rows, members_in

HEAD = ["获奖项目名称", "奖励名称", "授予单位", "等级", "排名", "角色", "年度"]
ROW = ["高效焊接工法", "湖北省技术能手", "湖北省人社厅", "一等奖", "1", "主持", "2018"]


def texts(rows):
    return [[cell.text for cell in row.values()] for row in rows]


def table(head, *lines):
    return [(head, True, ""), *((line, False, "") for line in lines)]


def awards(*lines):
    rows, _ = award_rows(table(HEAD, *lines), "provincial")
    return rows


def members(text):
    return texts(members_in(text))


class TestAwards:
    def test_columns_in_any_order_are_told_by_their_labels(self):
        head = ["序号", "年份", "奖项名称", "颁奖单位", "备注"]
        lines = table(head, ["1", "2018年", "技术能手", "省人社厅", "无"])
        rows, ignored = award_rows(lines, "provincial")
        assert texts(rows) == [["", "技术能手", "省人社厅", "", "", "", "2018"]]
        assert ignored == ["“备注”"]

    @pytest.mark.parametrize(
        ("name", "label"),
        [("part", label) for label in ("主持或参与", "主持/参与", "本人角色", "担任角色")]
        + [("ranking", label) for label in ("本人排名", "名次")],
    )
    def test_everyday_words_for_role_and_ranking_are_their_columns(self, name, label):
        lines = table(["奖励名称", "授予单位", label, "年度"], ["能手", "省总", "x", "2018"])
        ((row,), ignored) = award_rows(lines, "provincial")
        assert (row[name].text, row[name].is_unsure, ignored) == ("x", False, [])

    def test_a_row_with_text_in_a_column_that_is_not_read_is_to_be_looked_at(self):
        lines = table(
            ["奖励名称", "授予单位", "年度", "证书编号"],
            ["能手", "省总", "2018", "A1"],
            ["标兵", "省总", "2019", "/"],
        )
        (row, other), _ = award_rows(lines, "provincial")
        assert row["name"].why == "“证书编号”一栏没有读取，请核对。"
        assert not other["name"].is_unsure

    def test_of_two_columns_for_one_field_the_second_is_named(self):
        lines = table(
            ["奖励名称", "授予单位", "年度", "获奖时间"], ["能手", "省总", "2018", "2019"]
        )
        (row,), ignored = award_rows(lines, "provincial")
        assert (row["year"].text, row["year"].is_unsure, ignored) == ("2018", True, ["“获奖时间”"])

    def test_words_for_nothing_are_nothing(self):
        assert texts(awards([*ROW[:3], "/", "无", "—", "2018"])) == [[*ROW[:3], "", "", "", "2018"]]

    @pytest.mark.parametrize(
        "row", [[""] * 7, ["无", *[""] * 6], ["以下空白", *[""] * 6], ["/"] * 7]
    )
    def test_a_row_that_says_there_is_none_is_none(self, row):
        assert awards(row) == []

    @pytest.mark.parametrize("year", ["2018年", "2018.5", "2018年5月", "2018-05-01", "２０１８"])
    def test_the_year_of_a_date_is_taken(self, year):
        (row,) = awards([*ROW[:6], year])
        assert (row["year"].text, row["year"].is_unsure) == ("2018", False)

    def test_a_year_of_two_digits_or_none_at_all_is_to_be_looked_at(self):
        (row,) = awards([*ROW[:6], "18年"])
        assert (row["year"].text, row["year"].is_unsure) == ("2018", True)
        (row,) = awards([*ROW[:6], "近年"])
        assert (row["year"].text, row["year"].is_unsure) == ("近年", True)

    def test_a_rank_that_excel_made_a_date_of_is_to_be_looked_at(self):
        (row,) = awards([*ROW[:4], "1月5日", "主持", "2018"])
        assert row["ranking"].is_unsure

    def test_what_only_wrapped_in_a_cell_is_one_line(self):
        (row,) = awards(["高效焊接\n工法", *ROW[1:]])
        assert (row["project"].text, row["project"].is_unsure) == ("高效焊接工法", False)

    def test_two_awards_in_one_row_are_parted_and_to_be_looked_at(self):
        rows = awards(
            ["甲工法\n乙工法", "省一等奖\n省二等奖", "省总工会", "", "", "", "2018\n2020年"]
        )
        assert texts(rows) == [
            ["甲工法", "省一等奖", "省总工会", "", "", "", "2018"],
            ["乙工法", "省二等奖", "省总工会", "", "", "", "2020"],
        ]
        assert all(row["year"].is_unsure for row in rows)
        (other,) = awards(["丙", *ROW[1:]])
        assert not other["year"].is_unsure


class TestMembersInOneCell:
    TWO = [["赵一鸣", "焊工", "4"], ["钱多多", "电工", "3"]]

    @pytest.mark.parametrize(
        "text",
        [
            "赵一鸣（焊工 技师）、钱多多（电工 高级工）",
            "赵一鸣(焊工、技师)，钱多多(电工、高级工)",
            "赵一鸣（焊工，技师）\n钱多多（电工，高级工）",
            "1.赵一鸣 焊工 技师\n2.钱多多 电工 高级工",
            "赵一鸣，焊工，技师\n钱多多，电工，高级工",
            "赵一鸣\t焊工\t技师\n钱多多\t电工\t高级工",
            "赵一鸣：焊工/技师；钱多多：电工/高级工；",
            "工作室成员：赵一鸣（焊工 技师）、钱多多（电工 高级工）。",
            "共2人：赵一鸣（焊工 技师）、钱多多（电工 高级工）",
            "①赵一鸣（技师 焊工）②钱多多（高级工 电工）",
            "赵一鸣（焊工二级）、钱多多（电工三级）",
            "赵一鸣（焊工技师）、钱多多（电工高级工）",
        ],
    )
    def test_names_with_trade_and_level_in_any_style(self, text):
        assert members(text) == self.TWO

    @pytest.mark.parametrize(
        "text",
        [
            "赵一鸣、钱多多",
            "赵一鸣，钱多多",
            "赵一鸣 钱多多",
            "赵一鸣/钱多多",
            "赵一鸣\n钱多多",
            "赵一鸣　　钱多多",
            "赵一鸣；钱多多。",
            "主要成员：赵一鸣、钱多多",
        ],
    )
    def test_names_alone(self, text):
        assert members(text) == [["赵一鸣", "", ""], ["钱多多", "", ""]]

    def test_a_name_of_two_characters_with_a_blank_is_one(self):
        assert members("王　伟、李  娜") == [["王伟", "", ""], ["李娜", "", ""]]

    @pytest.mark.parametrize("text", ["", "无", "/", "共6人", "6名"])
    def test_no_names_no_members(self, text):
        assert members(text) == []

    def test_a_trade_and_level_in_one_word_are_to_be_looked_at(self):
        (row,) = members_in("赵一鸣（焊工技师）")
        assert row["skill_level"].is_unsure
        assert not row["name"].is_unsure

    def test_what_may_be_two_names_is_to_be_looked_at(self):
        (row,) = members_in("王伟李娜")
        assert row["name"].is_unsure

    def test_a_name_with_rare_characters_or_a_dot_is_sure(self):
        rows = members_in("刘䶮（焊工 技师）、阿卜杜拉·买买提（电工 高级工）、欧阳明轩")
        assert [row["name"].text for row in rows] == ["刘䶮", "阿卜杜拉·买买提", "欧阳明轩"]
        assert not any(row["name"].is_unsure for row in rows)

    def test_a_trade_keeps_its_brackets_and_a_second_one(self):
        rows = members_in("赵一鸣（焊工（电焊） 技师）、钱多多（数控车工、铣工 高级工）")
        assert texts(rows) == [["赵一鸣", "焊工（电焊）", "4"], ["钱多多", "数控车工、铣工", "3"]]
        assert not any(cell.is_unsure for row in rows for cell in row.values())

    def test_names_of_other_scripts_and_planes_stand_beside_others(self):
        rows = members_in("赵一鸣（焊工 技师）、Anna Schmidt（焊工 初级工）、𬱖某（钳工 中级工）")
        assert [row["name"].text for row in rows] == ["赵一鸣", "Anna Schmidt", "𬱖某"]

    @pytest.mark.parametrize("word", ["无等级", "学徒", "退休返聘", "见习", "男"])
    def test_a_word_in_brackets_that_is_no_trade_is_none(self, word):
        (row,) = members_in(f"赵一鸣（{word}）")
        assert [cell.text for cell in row.values()] == ["赵一鸣", "", ""]
        assert row["name"].why == f"“{word}”没有读取，请核对。"
        (row,) = members_in(f"赵一鸣（焊工、{word}）")
        assert [cell.text for cell in row.values()] == ["赵一鸣", "焊工", ""]

    def test_the_lead_is_no_member(self):
        assert members("张明轩（领办人）、赵一鸣") == [["赵一鸣", "", ""]]


class TestMembersInATable:
    def test_a_table_of_its_own_in_any_columns(self):
        rows = member_rows(
            [
                (["序号", "姓名", "性别", "工种", "技能等级"], ""),
                (["1", "赵 一鸣", "男", "焊工", "二级/技师"], ""),
                (["2", "钱多多", "女", "电工", "三级"], "有删除线。"),
                (["3", "", "", "", ""], ""),
            ]
        )
        assert texts(rows) == [["赵一鸣", "焊工", "4"], ["钱多多", "电工", "3"]]
        assert [row["name"].why for row in rows] == ["", "有删除线。"]
