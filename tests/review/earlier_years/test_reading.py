"""What is read of earlier years' lists as bureaus keep them; files saved by LibreOffice."""

import io
import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from applications.earlier_years.records import EarlierProject, Outcome
from applications.form.definition import ANNEX1_COLUMNS
from applications.stages import Stage
from documents import result_list
from documents.annex1 import Annex1
from review.earlier_years import reading
from review.earlier_years.sheet_program import read as read_cells
from review.results.models import COLUMNS
from tests.factories import make_application, publish_results

FILES = Path(__file__).parent / "files"


def read_file(name, **asked):
    told, sheets = read_cells({}, (FILES / name).read_bytes())
    return reading.read(json.loads(sheets), name, **asked), told


def read_rows(*rows, sheet="Sheet1", **asked):
    """Read one sheet whose rows are these texts, blanks between the cells; _ is an empty cell."""
    numbered = [
        [number, [cell.replace("_", "") for cell in row.split()]]
        for number, row in enumerate(rows, start=1)
    ]
    return reading.read([[sheet, numbered]], **asked)


def names(result):
    return [(row.values["unit"], row.values["lead"]) for row in result.rows]


def read_book(book, **asked):
    out = io.BytesIO()
    book.save(out)
    _, sheets = read_cells({}, out.getvalue())
    return reading.read(json.loads(sheets), "一览表.xlsx", **asked)


class TestAHeadOverTwoLines:
    """领办人基本情况 over four columns, a head by themselves; the rest merged downwards."""

    @pytest.fixture
    def book(self):
        book = Workbook()
        sheet = book.active
        for row in (
            ("2021年武汉市技能大师工作室建设项目申报情况一览表",),
            ("序号", "推荐单位", "申报单位", "领办人基本情况", None, None, None, "是否入选"),
            (None, None, None, "姓名", "性别", "职业工种", "技能等级", None),
            (1, "江岸区", "虚构机械厂", "张明远", "男", "焊工", "高级技师", "是"),
            (2, "江岸区", "虚构光电公司", "王小川", "女", "钳工", "技师", "待定", "补报"),
        ):
            sheet.append(row)
        for cells in ("A1:H1", "A2:A3", "B2:B3", "C2:C3", "D2:G2", "H2:H3"):
            sheet.merge_cells(cells)
        return book

    def test_both_lines_are_its_labels(self, book):
        result = read_book(book)
        first, second = (row.values for row in result.rows)
        assert names(result) == [("虚构机械厂", "张明远"), ("虚构光电公司", "王小川")]
        assert (first["recommending_unit"], first["occupation"]) == ("江岸区", "焊工")
        assert first["level"] == "高级技师"
        assert first["outcome"] == Outcome.SELECTED
        assert second["outcome"] == Outcome.RECOMMENDED
        assert not result.left_out

    def test_an_outcome_that_was_not_taken_is_kept_as_it_stood(self, book):
        assert [row.outcome_text for row in read_book(book).rows] == ["", "待定"]

    def test_every_column_of_the_table_is_offered(self, book):
        [layout] = read_book(book).layouts
        assert len(layout.labels) == 9
        columns = ({**layout.columns, "outcome": 8},)
        assert read_book(book, columns=columns).rows[1].outcome_text == "补报"

    def test_the_line_of_the_recommending_unit_above_a_head_is_none(self):
        result = read_rows(
            "推荐单位 虚构区人社局",
            "序号 申报单位 领办人 工种",
            "1 虚构机械厂 张明远 焊工",
        )
        assert result.rows[0].values["recommending_unit"] == "虚构区人社局"
        assert result.layouts[0].labels == ("序号", "申报单位", "领办人", "工种")


@pytest.mark.parametrize("name", ["list-2023.xlsx", "list-2023.xls"])
class TestAListOfManySheets:
    """A title, a head in two lines, groups, merged cells, a sheet for each unit and one of all."""

    def test_each_project_is_read_once(self, name):
        result, _ = read_file(name)
        assert names(result) == [
            ("武汉虚构重型机械有限公司", "张明远"),
            ("武汉虚构重型机械有限公司", "欧阳静怡"),
            ("江岸虚构 职业技术学校", "李德胜"),
            ("虚构光电科技（武汉）股份有限公司", "王小川"),
            ("虚构光电科技（武汉）股份有限公司", "阿卜杜拉·买买提"),
        ]
        assert not result.unsure

    def test_year_title_units_levels_and_outcomes_are_told(self, name):
        result, _ = read_file(name)
        assert result.title == "2023年武汉市技能大师工作室建设项目申报情况一览表"
        assert result.by_year == [(2023, 5)]
        first, second, third, *others = (row.values for row in result.rows)
        assert first["recommending_unit"] == "江岸区人力资源和社会保障局"
        assert others[0]["recommending_unit"] == "东湖高新区人社局"
        assert (first["occupation"], first["level"]) == ("焊工", "高级技师")
        assert first["outcome"] == Outcome.SELECTED
        assert second["outcome"] == Outcome.NOT_SELECTED
        assert third["outcome"] == Outcome.RECOMMENDED  # nothing is told

    def test_what_is_left_out_is_named(self, name):
        result, told = read_file(name)
        reasons = {each.reason for each in result.left_out}
        assert reasons == {
            "合计行",
            "续行，没有单位和领办人",
            "填报人、备注等表尾",
            "没有找到“单位”“领办人”等栏目的表头",
            "同一项目在别处已读到",
        }
        assert told["hidden"] == ["旧稿"]

    def test_no_number_of_a_person_leaves_the_program(self, name):
        told, sheets = read_cells({}, (FILES / name).read_bytes())
        assert told["numbers"] == 24
        assert b"420102" not in sheets
        assert b"138000" not in sheets
        assert not re.search(rb"(?<![0-9])[0-9]{8}", sheets)


def test_a_list_of_results_with_other_labels():
    result, _ = read_file("chosen-2021.xls")
    assert (result.outcome, result.years) == (Outcome.SELECTED, [2021])
    doubts = {row.values["unit"]: row.doubts for row in result.rows}
    assert doubts["武汉虚构重型机械有限责任公司"] == []
    assert doubts["虚构制药厂"] == ["领办人取自工作室名称“虚构制药厂孙思源技能大师工作室（市级）”"]
    assert doubts["武汉虚构汽车零部件制造有限公司"] == [
        "单位名称分在两行，合并为“武汉虚构汽车零部件制造有限公司”"
    ]
    assert doubts["虚构桥梁公司"] == ["没有领办人"]
    assert [row.values["lead"] for row in result.rows] == ["张明远", "孙思源", "陈家豪", ""]


HEAD = "序号 单位 领办人 工种"


class TestRows:
    def test_columns_stand_in_any_order_and_some_are_missing(self):
        result = read_rows("领办人姓名 所在单位", "张三 虚构机械厂")
        assert names(result) == [("虚构机械厂", "张三")]

    def test_merged_cells_are_taken_from_above_and_shown_as_unsure(self):
        result = read_rows(HEAD, "1 虚构机械厂 张三 焊工", "2 _ 李四 同上")
        assert names(result)[1] == ("虚构机械厂", "李四")
        assert result.rows[1].values["occupation"] == "焊工"
        assert result.unsure == [result.rows[1]]

    def test_the_head_of_each_page_is_no_row(self):
        result = read_rows(HEAD, "1 虚构机械厂 张三 焊工", HEAD, "2 虚构化工厂 李四 钳工")
        assert len(result.sure) == 2

    def test_blank_lines_of_the_form_are_nothing(self):
        assert read_rows(HEAD, "1 虚构机械厂 张三 焊工", "2", "3").left_out == []

    def test_a_unit_for_itself_recommends_those_beneath_it(self):
        result = read_rows(
            HEAD,
            "二、市经信局（2个）",
            "1 虚构机械厂 张三 焊工",
            "青山区",
            "2 虚构化工厂 李四 钳工",
        )
        found = [row.values["recommending_unit"] for row in result.rows]
        assert found == ["市经信局", "青山区"]

    def test_a_sheet_is_named_after_who_recommends(self):
        rows = (HEAD, "1 虚构机械厂 张三 焊工")
        for sheet, unit in (("1.青山区", "青山区"), ("Sheet1", ""), ("推荐汇总", "")):
            result = read_rows(*rows, sheet=sheet)
            assert result.rows[0].values["recommending_unit"] == unit

    def test_a_second_table_beneath_the_first_has_its_own_unit(self):
        result = read_rows(
            "推荐单位（盖章）：青山区人社局 _ 填报日期：2022年5月1日",
            HEAD, "1 虚构机械厂 张三 焊工", "填报人：某",
            "推荐单位：洪山区人社局", HEAD, "1 虚构化工厂 李四 钳工",
        )  # fmt: skip
        found = [row.values["recommending_unit"] for row in result.rows]
        assert found == ["青山区人社局", "洪山区人社局"]

    def test_a_year_in_a_column_counts_before_that_of_the_list(self):
        result = read_rows(
            "年度 单位 领办人", "2019年 虚构机械厂 张三", "_ 虚构化工厂 李四", year=2021
        )
        assert [row.values["year"] for row in result.rows] == [2019, 2021]

    def test_the_office_may_say_another_year_than_the_title(self):
        result = read_rows("2023年一览表", HEAD, "1 虚构机械厂 张三 焊工", year=2022)
        assert result.by_year == [(2022, 1)]

    def test_a_number_of_a_document_is_no_year_of_the_list(self):
        result = read_rows(
            "根据武人社发〔2017〕68号文件，2022年一览表", HEAD, "1 虚构机械厂 张三 焊工"
        )
        assert result.years == [2022]

    @pytest.mark.parametrize(
        ("text", "outcome"),
        [
            ("入选", Outcome.SELECTED),
            ("是", Outcome.SELECTED),
            ("√", Outcome.SELECTED),
            ("通过", Outcome.SELECTED),
            ("未入选", Outcome.NOT_SELECTED),
            ("不予认定", Outcome.NOT_SELECTED),
            ("否", Outcome.NOT_SELECTED),
            ("拟入选", Outcome.RECOMMENDED),
            ("是党员", Outcome.RECOMMENDED),
            ("_", Outcome.RECOMMENDED),
        ],
    )
    def test_outcomes_as_they_are_typed(self, text, outcome):
        result = read_rows("单位 领办人 是否入选", f"虚构机械厂 张三 {text}")
        assert result.rows[0].values["outcome"] == outcome
        assert not result.unsure

    @pytest.mark.parametrize("text", ["同意", "合格", "通过", "是", "√", "不同意", "否"])
    def test_assent_in_a_list_of_recommended_is_no_result(self, text):
        rows = ("2023年推荐一览表", "单位 领办人 评审结果", f"虚构机械厂 张三 {text}")
        [row] = read_rows(*rows).unsure
        assert row.values["outcome"] == Outcome.RECOMMENDED
        assert row.doubts == [f"“{text}”未必是评选结果，按“推荐（结果未知）”读入"]
        # That the list is one of results is the office's to say.
        [row] = read_rows(*rows, outcome=Outcome.SELECTED).sure
        is_no = text in {"不同意", "否"}
        assert row.values["outcome"] == (Outcome.NOT_SELECTED if is_no else Outcome.SELECTED)

    @pytest.mark.parametrize("text", ["同意", "合格", "入选", "未入选"])
    def test_what_a_remark_says_is_no_result_until_the_office_says_so(self, text):
        rows = ("2023年推荐一览表", "单位 领办人 备注", f"虚构机械厂 张三 {text}")
        [row] = read_rows(*rows).unsure
        assert row.values["outcome"] == Outcome.RECOMMENDED
        assert row.doubts[0].startswith(f"备注写有“{text}”，没有作为结果")
        result = read_rows(*rows, columns=[{"unit": 0, "lead": 1, "outcome": 2}])
        assert bool(result.sure) == ("入选" in text)

    def test_what_is_not_understood_in_a_list_of_the_chosen_is_unsure(self):
        [row] = read_rows("2023年入选名单", "单位 领办人 结果", "虚构机械厂 张三 待定").unsure
        assert row.doubts == ["“待定”未必是评选结果，按“入选”读入"]
        [row] = read_rows("2023年入选名单", "单位 领办人 备注", "虚构机械厂 张三 未入选").unsure
        assert row.values["outcome"] == Outcome.RECOMMENDED

    @pytest.mark.parametrize(
        ("title", "outcome"),
        [
            ("2023年入选名单", Outcome.SELECTED),
            ("2023年拟入选名单", Outcome.RECOMMENDED),
            ("2023年认定项目推荐一览表", Outcome.RECOMMENDED),
            ("2023年申报认定汇总表", Outcome.RECOMMENDED),
        ],
    )
    def test_a_title_tells_the_outcome_of_a_list_of_results_alone(self, title, outcome):
        assert read_rows(title, HEAD, "1 虚构机械厂 张三 焊工").outcome == outcome

    def test_labels_as_they_are_broken_and_explained(self):
        cells = ["申报单位\n（全称）", "领办人 姓名", "职业/工种", "职业技能等级（现）"]
        sheet = [[1, cells], [2, ["虚构机械厂", "张 三", "焊工", "技师"]]]
        [row] = reading.read([["表", sheet]]).rows
        assert list(row.values.values())[:4] == ["虚构机械厂", "张三", "焊工", "技师"]

    def test_a_sheet_for_each_year(self):
        rows = [[1, ["单位", "领办人"]], [2, ["虚构机械厂", "张三"]]]
        result = reading.read([["2019", rows], ["2020年", rows]], year=2021)
        assert result.by_year == [(2020, 1), (2019, 1)]

    @pytest.mark.parametrize("lead", ["张三、李四", "王某某等3人", "待定"])
    def test_what_is_hardly_a_name_is_unsure(self, lead):
        assert read_rows(HEAD, f"1 虚构机械厂 {lead} 焊工").unsure

    def test_the_same_lead_of_two_units_is_two_projects(self):
        result = read_rows(HEAD, "1 虚构机械厂 张三 焊工", "2 虚构化工厂 张三 焊工")
        assert len(result.rows) == 2

    def test_of_two_rows_of_a_project_the_one_that_tells_more_is_kept(self):
        result = read_rows(
            "单位 领办人 工种 结果", "虚构机械厂 张三 _ _", "虚构机械厂 张三 焊工 入选"
        )
        [row] = result.rows
        assert (row.values["occupation"], row.outcome) == ("焊工", "入选")

    def test_the_office_says_which_column_is_which(self):
        rows = ("甲 乙 单位 姓名", "虚构机械厂 张三 李四 王五")
        result = read_rows(*rows, columns=[{"unit": 0, "lead": 1}])
        assert names(result) == [("虚构机械厂", "张三")]

    def test_a_table_with_labels_of_its_own_waits_for_the_office(self):
        rows = ("甲方 人员 行当", "虚构机械厂 张三 焊工", "虚构化工厂 李四 钳工")
        result = read_rows(*rows)
        assert not result.rows
        assert result.layouts[0].labels == ("甲方", "人员", "行当")
        assert result.left_out[0].reason == reading.NO_COLUMNS
        result = read_rows(*rows, columns=[{"unit": 0, "lead": 1}])
        assert names(result) == [("虚构机械厂", "张三"), ("虚构化工厂", "李四")]

    def test_a_table_without_a_head_loses_no_row(self):
        rows = ("1 虚构机械厂 张三 焊工", "2 虚构化工厂 李四 钳工")
        result = read_rows(*rows, columns=[{"unit": 1, "lead": 2}])
        assert names(result) == [("虚构机械厂", "张三"), ("虚构化工厂", "李四")]

    def test_too_many_kinds_of_heads_are_said(self):
        rows = [row for n in range(22) for row in (f"单位 领办人 栏{n}", f"虚构第{n}厂 张三 甲")]
        result = read_rows(*rows)
        assert len(result.layouts) == reading.MOST_LAYOUTS
        assert any("表头式样超过" in each.reason for each in result.left_out)


CELLS = st.one_of(
    st.sampled_from(
        [
            "",
            "单位",
            "领办人",
            "姓名",
            "工种",
            "备注",
            "推荐单位：某局",
            "2023年一览表",
            "合计",
            "同上",
        ]
    ),
    st.text(max_size=12),
)
ROWS = st.lists(st.lists(CELLS, min_size=1, max_size=6), max_size=8)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=10), ROWS), max_size=3))
def test_whatever_stands_in_the_cells_it_is_read_or_left_out(sheets):
    numbered = [
        [name, [[at, row] for at, row in enumerate(rows, start=1) if any(row)]]
        for name, rows in sheets
    ]
    result = reading.read(numbered, "表.xls", year=2020)
    for row in result.rows:
        assert set(row.values) == set(EarlierProject.CORRECTABLE)


def test_the_notices_labels_and_ours_are_known():
    labels = [label for label, _ in ANNEX1_COLUMNS[:4]] + list(COLUMNS.values())
    assert all(reading._bare(label) in reading._BY_LABEL for label in labels)


@pytest.mark.django_db
class TestOurOwn:
    def read(self, content):
        _, sheets = read_cells({}, content)
        return reading.read(json.loads(sheets), "自己的.xlsx")

    def test_annex_1_with_its_summary_and_its_continuation(self, people, round_):
        application = make_application(
            Stage.QUALIFYING, people, main_results="改进了夹具，节约成本。" * 300
        )
        annex = Annex1(round_, type(application).objects.filter(round=round_))
        result = self.read(annex.content())
        assert names(result) == [(application.unit_name, application.lead_name)]
        [row] = result.rows
        assert row.values["recommending_unit"] == application.recommending_unit.name
        assert row.values["year"] == round_.year
        assert any(each.reason.startswith("续页") for each in result.left_out)

    def test_the_list_of_results(self, people, round_):
        application = make_application(Stage.AWARDED, people)
        publish_results(round_, people.office)
        [row] = self.read(result_list.workbook(round_)).rows
        assert row.values["outcome"] == Outcome.SELECTED
        assert row.values["unit"] == application.unit_name
        assert row.values["recommending_unit"] == str(application.recommending_unit)
