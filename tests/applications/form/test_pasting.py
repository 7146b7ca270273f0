"""Rows pasted from Excel and Word: what is read of them, the preview, and what is added."""

import contextlib
import re

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from applications.form.definition import AWARD_FIELDS
from applications.form.pasting import TEXT_LIMIT, cells_of, parse
from applications.form.rows import MAX_ROWS
from applications.models import Application, Award
from applications.stages import Stage
from tests.factories import make_draft, make_people, make_round

HEAD = "获奖项目名称\t奖励名称\t授予单位\t等级\t排名\t角色\t年度"
ROW = "高效焊接工法\t湖北省技术能手\t湖北省人社厅\t一等奖\t1\t主持\t2018"
READ = {
    "project": "高效焊接工法",
    "name": "湖北省技术能手",
    "authority": "湖北省人社厅",
    "grade": "一等奖",
    "ranking": "1",
    "part": "主持",
    "year": "2018",
}
# Of a cell that begins with a mark and has no break, nobody can tell what was meant.
CELL = st.text('甲"\n\t =a').filter(lambda cell: cell[:1] != '"' or re.search("[\n\t]", cell))


def rows(text, key="provincial"):
    return parse(text, key).rows


class TestCells:
    def test_a_cell_in_marks_keeps_its_breaks_as_spaces_and_its_marks(self):
        text = '甲\t"第一行\r\n第二行 ""引用"""\t丙\r\n丁\t戊\t己\r\n'
        lines = [["甲", '第一行 第二行 "引用"', "丙"], ["丁", "戊", "己"], [""]]
        assert cells_of(text) == lines

    @pytest.mark.parametrize("cell", ['"武汉工匠"称号', '"武汉工匠"', '5"管', '"未闭合', "=1+1"])
    def test_what_is_no_quoting_stays_as_typed(self, cell):
        assert cells_of(f"{cell}\t乙") == [[cell, "乙"]]

    @given(st.lists(st.lists(CELL, min_size=2, max_size=4), min_size=1, max_size=5))
    def test_whatever_excel_writes_is_read_back(self, table):
        def written(cell):
            doubled = cell.replace('"', '""')
            return f'"{doubled}"' if re.search("[\n\t]", cell) else cell

        text = "\n".join("\t".join(map(written, line)) for line in table)
        assert cells_of(text) == [[" ".join(cell.split()) for cell in line] for line in table]

    @pytest.mark.parametrize("text", ['"' * TEXT_LIMIT, '"a\t' * 30_000, "\t" * TEXT_LIMIT])
    def test_hostile_marks_cost_no_time(self, text):
        assert cells_of(text)


class TestParse:
    def test_without_a_head_the_columns_are_the_notices(self):
        assert rows(ROW) == [READ]

    def test_a_head_in_any_order_names_the_columns(self):
        text = "年度\t序号\t奖励名称\t备注\t项目名称\n2018\t1\t湖北省技术能手\t无\t高效焊接工法"
        pasted = parse(text, "other")
        names = ("project", "name", "year")
        assert pasted.rows == [{name: READ[name] for name in names}]
        assert pasted.ignored == ["“备注”"]

    def test_titles_empty_lines_and_second_heads_are_no_rows(self):
        text = f"省部级获奖情况：\n{HEAD}\n{ROW}\n\t\t\n\n其它获奖情况：\n{HEAD}\n{ROW}"
        assert rows(text) == [READ, READ]

    def test_a_first_column_that_counts_is_left_out(self):
        assert rows(f"1\t{ROW}\n2\t{ROW}") == [READ, READ]
        assert rows("1\t二\n2\t三")[0] == {"project": "1", "name": "二"}

    def test_further_columns_are_said_to_be_left_out(self):
        assert parse(f"{ROW}\t多余", "other").ignored == ["第 7 列以后的各列"]

    @pytest.mark.parametrize(
        ("typed", "read"),
        [
            ("2021年", "2021"),
            ("2021.5", "2021"),
            ("２０２１年度", "2021"),
            ("2021-05-01", "2021"),
            ("2021年5月", "2021"),
            ("2021/5/1", "2021"),
            ("2021-05-01 00:00:00", "2021"),
            ("2021年5月份", "2021"),
            ("前年", "前年"),
            ("20215", "20215"),
            ("2018-19", "2018-19"),  # two years, no month
            ("2021-2022", "2021-2022"),
            ("1905/7/13", "1905/7/13"),  # 2021 in a cell that Excel takes for a date
        ],
    )
    def test_a_year_is_found_in_a_date(self, typed, read):
        assert rows(f"项目\t奖\t单位\t\t\t\t{typed}")[0]["year"] == read

    @pytest.mark.parametrize(
        ("typed", "read"),
        [
            ("高级技师", "5"),
            ("技师（二级）", "4"),
            ("一级/高级技师", "5"),
            ("国家职业资格三级", "3"),
            ("中级工", "2"),
            ("特级技师", "6"),
            ("3级", "3"),
            ("1级（高级技师）", "5"),
            ("5", "数字 5"),  # 五级 is 初级工, our code 5 高级技师
            ("助理技师", "助理技师"),
            ("工程师", "工程师"),
            ("", ""),
        ],
    )
    def test_skill_levels_become_choices(self, typed, read):
        text = f"姓名\t技能等级\t职业（工种）\n张某\t{typed}\t焊工"
        member = {"name": "张某", "skill_level": read, "occupation": "焊工"}
        assert rows(text, "members") == [member]

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("", "没有读到"),
            ("\x00\x01", "没有读到"),
            (HEAD, "没有读到"),
            ("\n".join([ROW] * (MAX_ROWS + 1)), "一次最多粘贴 60 行，现有 61 行"),
            ("字" * (TEXT_LIMIT + 1), "超过 100000 字的上限"),
        ],
    )
    def test_too_much_or_nothing_is_refused_in_words(self, text, sentence):
        with pytest.raises(ValidationError, match=sentence):
            parse(text, "provincial")

    def test_what_cannot_be_printed_is_left_out(self):
        assert rows("甲\x00\u202e乙\t=HYPERLINK(1)")[0] == {
            "project": "甲乙",
            "name": "=HYPERLINK(1)",
        }

    @given(st.text())
    def test_no_text_breaks_it(self, text):
        with contextlib.suppress(ValidationError):
            assert all(isinstance(value, str) for row in rows(text) for value in row.values())


@pytest.fixture
def people():
    return make_people(make_round())


@pytest.fixture
def draft(people):
    return make_draft(people.panel.round, people.applicant)


@pytest.fixture
def paste(client, people, draft):
    """Send the page of a paste with what is given; the answer."""
    client.force_login(people.applicant)

    def send(key="provincial", **data):
        return client.post(reverse("applications:paste", args=[draft.pk, key]), data)

    return send


def shown(answer):
    """What the preview would post: every field as it stands, and every tick."""
    data = {"count": len(answer.context["forms"]), "after": answer.context["after"]}
    data["block"] = answer.context["table"].key
    for form in answer.context["forms"]:
        data |= {form[name].html_name: form[name].value() or "" for name in form.fields}
        if form.is_taken:
            data[f"{form.prefix}-take"] = "1"
    return data


@pytest.mark.django_db
class TestPage:
    def test_a_preview_saves_nothing(self, paste, draft):
        answer = paste(text=f"{HEAD}\n{ROW}")
        assert "读到 1 行，还没有保存" in answer.content.decode()
        assert draft.awards.count() == 1

    def test_confirmed_rows_follow_those_there_in_their_order(self, paste, draft):
        lines = [ROW.replace("高效焊接工法", name) for name in ("甲", "乙", "丙")]
        preview = shown(paste(text="\n".join(lines)))
        del preview["row-1-take"]
        answer = paste(**preview)
        assert answer.url.endswith("/edit/awards/#provincial")
        stored = draft.awards_of(Award.Level.PROVINCIAL)
        assert [award.project for award in stored] == ["高效焊接工法", "甲", "丙"]
        assert [award.year for award in stored] == [2018, 2018, 2018]

    def test_the_other_table_can_be_chosen(self, paste, draft):
        paste(**{**shown(paste(text=ROW)), "block": "other"})
        assert draft.awards_of(Award.Level.OTHER)[0].name == "湖北省技术能手"

    def test_a_bad_row_is_named_and_holds_the_others_back_until_mended(self, paste, draft):
        text = f"{ROW}\n{ROW.replace('2018', '前年')}"
        preview = paste(text=text)
        sentence = "第 2 行，年度：年度请填写四位数字，例如 2021。"
        assert sentence in preview.content.decode()
        again = paste(**shown(preview))
        assert sentence in again.content.decode()
        assert 'value="前年"' in again.content.decode()
        assert draft.awards.count() == 1
        paste(**{**shown(again), "row-1-year": "2019年"})
        assert draft.awards.filter(year=2019).exists()

    @pytest.mark.parametrize(
        ("pasted", "meant"),
        [("1月5日", "1/5"), ("2024/1/5", "1/5"), ("45296", "1/5"), ("5-Jan", "1/5")],
    )
    @pytest.mark.parametrize("column", ["ranking", "part", "grade"])
    def test_a_rank_that_excel_made_a_date_of_is_asked_about_not_taken(
        self, paste, draft, column, pasted, meant
    ):
        cells = [pasted if name == column else READ[name] for name in AWARD_FIELDS]
        preview = paste(text="\t".join(cells))
        question = f"“{pasted}”像是 Excel 把“{meant}”变成的日期，请按证书填写。"
        label = Award._meta.get_field(column).verbose_name
        assert f"第 1 行，{label}：{question}" in preview.content.decode()
        assert question in paste(**shown(preview)).content.decode()
        assert draft.awards.count() == 1
        paste(**{**shown(preview), f"row-0-{column}": "1/5"})
        assert getattr(draft.awards.last(), column) == "1/5"

    def test_a_level_that_is_a_bare_number_is_asked_about(self, paste, draft):
        before = draft.members.count()
        preview = paste("members", text="龘某\t焊工\t5")
        sentence = "“数字 5”不是职业技能等级，请从列表中选择。"
        assert sentence in preview.content.decode()
        paste("members", **shown(preview))
        assert draft.members.count() == before

    def test_a_bad_row_that_is_not_ticked_holds_nothing_back(self, paste, draft):
        preview = shown(paste(text=f"{ROW}\n{'长' * 101}\t奖"))
        del preview["row-1-take"]
        assert paste(**preview).status_code == 302
        assert draft.awards.count() == 2

    def test_a_page_sent_twice_adds_once(self, paste, draft):
        preview = shown(paste(text=f"{ROW}\n{ROW}"))
        assert [paste(**preview).status_code for _ in range(2)] == [302, 302]
        assert draft.awards.count() == 3

    def test_a_table_takes_no_more_than_it_holds(self, paste, draft):
        Award.objects.bulk_create(
            Award(application=draft, level="OTHER", name=str(n)) for n in range(MAX_ROWS - 1)
        )
        preview = paste("other", text=f"{ROW}\n{ROW}")
        assert "后面 1 行没有勾选" in preview.content.decode()
        both = {**shown(preview), "row-1-take": "1"}
        refused = paste("other", **both).content.decode()
        assert "还能加入 1 行，请取消勾选多余的行" in refused
        assert paste("other", **shown(preview)).status_code == 302
        assert draft.awards_of(Award.Level.OTHER)[-1].name == "湖北省技术能手"

    def test_members_are_pasted_too(self, paste, draft):
        paste("members", **shown(paste("members", text="龘某\t焊工\t高级技师（一级）")))
        assert str(draft.members.last()) == "龘某（焊工 高级技师）"

    def test_an_unknown_level_is_asked_for(self, paste):
        page = paste("members", text="龘某\t焊工\t八段").content.decode()
        assert "“八段”不是职业技能等级，请从列表中选择。" in page

    def test_a_refused_text_is_kept(self, paste):
        text = "\n".join([ROW] * 61)
        page = paste(text=text).content.decode()
        assert "请分几次粘贴" in page
        assert page.count("高效焊接工法") == 61

    def test_nothing_ticked_is_told(self, paste):
        preview = shown(paste(text=ROW))
        del preview["row-0-take"]
        assert "请至少勾选一行" in paste(**preview).content.decode()

    def test_a_megabyte_is_refused_in_words(self, paste):
        assert "请分几次粘贴" in paste(text="\x00字\t" * 100_000).content.decode()

    @pytest.mark.parametrize("forged", ["", "-1", "x", "9" * 5000, "٣"])
    def test_forged_numbers_do_no_harm(self, paste, forged):
        assert paste(count=forged, after=forged, block=forged).status_code == 200

    def test_a_submitted_application_is_not_changed_and_the_rows_are_kept(self, paste, draft):
        preview = shown(paste(text=ROW))
        Application.objects.filter(pk=draft.pk).update(stage=Stage.RECOMMENDING, number="N")
        answer = paste(**preview)
        assert "申报已提交或已放弃，内容不能再修改。" in answer.content.decode()
        assert 'value="高效焊接工法"' in answer.content.decode()
        assert draft.awards.count() == 1

    def test_a_foreign_draft_and_an_unknown_table_do_not_exist(self, paste, client, people):
        assert paste("nothing", text=ROW).status_code == 404

    @pytest.mark.parametrize("count", [1, 30])
    def test_costs_the_same_with_1_and_30_rows(self, paste, count, django_assert_num_queries):
        preview = shown(paste(text="\n".join([ROW] * count)))
        # session, user, application, evidence, awards; savepoint, lock, application, evidence,
        # awards, insert, update, savepoint
        with django_assert_num_queries(15):
            paste(**preview)
