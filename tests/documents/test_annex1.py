"""附件1: the notice's title, columns and remarks; rank order; text that stays text."""

import io
import re
import zipfile

import pytest
from django.urls import reverse
from django.utils.formats import date_format
from openpyxl import load_workbook

from applications.form.definition import ANNEX1_COLUMNS
from applications.models import Application, Award, StudioMember
from applications.stages import Stage
from documents import annex1, tasks
from documents.models import ExportRecord
from documents.typesetting import line_count
from documents.workbook import lines_in
from review.recommending.list_models import RecommendationList
from tests import factories as make

pytestmark = pytest.mark.django_db

COLUMNS = [
    "序号",
    "单位",
    "领办人",
    "工种",
    "技能等级",
    "岗位",
    "主要成绩",
    "主要荣誉",
    "工作室成立文件",
    "工作室建设情况",
    "工作室主要成员",
    "工作室地址",
    "单位联系人",
]
REMARKS = [
    "备注：1.主要获奖情况必须与佐证材料一致，按照时间先后顺序罗列，无佐证材料奖项不得填入此表；",
    "2.“单位”填写推荐项目所在工作单位；主要成绩、主要荣誉内容较多可另附页；",
    "3.推荐单位应对推荐建设项目进行排序。",
]


@pytest.fixture
def people():
    return make.make_people(make.make_round())


def export(people, unit=None):
    """Return 附件1 read back by openpyxl."""
    round_ = people.panel.round
    applications = Application.objects.filter(round=round_)
    if unit is not None:
        applications = applications.filter(recommending_unit=unit)
    return load_workbook(io.BytesIO(annex1.Annex1(round_, applications, unit).content()))


def export_own(people):
    """Return the one sheet of the recommending unit of `people`."""
    book = export(people, people.recommender.recommending_unit)
    return book.worksheets[0]


def texts(sheet):
    """Return the non-empty texts of a sheet, row by row."""
    rows = ([c.value for c in row if c.value is not None] for row in sheet.iter_rows())
    return [row for row in rows if row]


def listed(sheet):
    """Return the application rows of a sheet: those whose 序号 is a number."""
    rows = sheet.iter_rows(values_only=True)
    return [row for row in rows if isinstance(row[0], int)]


def column(sheet, label):
    """Return one column of the application rows."""
    return [row[COLUMNS.index(label)] for row in listed(sheet)]


def copies(application, count):
    """Save `count` more like `application`, straight into its stage, ranked behind it."""
    for rank in range(2, count + 2):
        pk = application.pk
        copy = Application.objects.get(pk=pk)
        copy.pk, copy.number, copy.rank, copy._state.adding = None, f"C{pk}-{rank}", rank, True
        copy.save()
        for award in Award.objects.filter(application_id=pk):
            award.pk, award.application, award._state.adding = None, copy, True
            award.save()
        StudioMember.objects.create(application=copy, name=f"成员{rank}")


def test_a_unit_gets_the_notices_table(people):
    make.make_application(Stage.QUALIFYING, people, lead_name="𬱖龘㛃䶮")
    sheet = export_own(people)
    rows = texts(sheet)
    filled = RecommendationList.objects.get()
    unit = people.recommender.recommending_unit

    assert rows[1] == ["武汉市技能大师工作室建设项目申报情况一览表"]
    assert rows[2][0] == f"推荐单位（盖章）：{unit.name}"
    assert rows[2][1] == f"填报日期：{date_format(filled.filled_on, 'Y年n月j日')}"
    assert rows[3] == COLUMNS
    assert rows[4][0] == 1
    assert rows[4][2] == "𬱖龘㛃䶮"
    assert rows[4][7] == "2018年 湖北省人力资源和社会保障厅 湖北省技术能手 一等奖"
    assert rows[4][10] == "成员某（焊工 技师）"
    assert rows[4][12] == "联系某 13800000000"
    assert rows[5] == ["填报人：填报某", "联系电话：（办公）027-83919079", "（手机）13900000000"]
    assert [row[0] for row in rows[6:]] == REMARKS


def test_its_page_is_a4_landscape_with_repeated_heads(people):
    make.make_application(Stage.RECOMMENDED, people)
    sheet = export_own(people)
    heads = next(row[0].row for row in sheet.iter_rows() if row[0].value == "序号")

    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.print_title_rows == f"${heads}:${heads}"
    assert sheet.oddFooter.right.text == "第 &P 页　共 &N 页"
    for row in sheet.iter_rows(min_row=heads, max_row=heads + annex1.BLANK_ROWS):
        assert all(cell.border.left.style == "thin" for cell in row)
        assert all(cell.alignment.wrap_text for cell in row)


def test_nothing_recommended_is_a_blank_form(people):
    make.make_application(Stage.RECOMMENDING, people)
    make.make_application(Stage.NOT_RECOMMENDED, people)
    make.make_application(Stage.RETURNED, people)
    rows = texts(export_own(people))

    assert rows[2][1] == "填报日期：　　年　　月　　日"
    assert rows[3] == COLUMNS
    assert rows[4] == ["填报人：", "联系电话：（办公）", "（手机）"]


def test_rows_stand_in_rank_order_whatever_became_of_them(people):
    for stage, lead in [
        (Stage.DISQUALIFIED, "某一"),
        (Stage.AWARDED, "某二"),
        (Stage.QUALIFYING, "某三"),
    ]:
        make.make_application(stage, people, lead_name=lead)
    for rank, lead in enumerate(["某三", "某一", "某二"], start=1):
        Application.objects.filter(lead_name=lead).update(rank=rank)
    make.make_application(Stage.RECOMMENDED, people, lead_name="未排序")
    sheet = export_own(people)

    assert column(sheet, "领办人") == ["某三", "某一", "某二", "未排序"]
    assert column(sheet, "序号") == [1, 2, 3, 4]


def test_only_proven_awards_are_listed_in_time_order(people):
    draft = make.make_draft(people.panel.round, people.applicant)
    proof = draft.evidence.last()
    for year, name, evidence in [
        (2023, "后得", proof),
        (2009, "先得", proof),
        (2001, "无证", None),
    ]:
        Award.objects.create(
            application=draft, level=Award.Level.OTHER, year=year, name=name, evidence=evidence
        )
    removed = make.make_draft(people.panel.round, people.applicant, lead_name="撤证某")
    removed.evidence.update(removed_at=removed.created_at, removed_by=people.applicant)
    for rank, each in enumerate([draft, removed], start=1):
        Application.objects.filter(pk=each.pk).update(
            stage=Stage.RECOMMENDED, number=f"甲{rank}", rank=rank
        )
    sheet = export_own(people)

    assert column(sheet, "主要荣誉") == [
        "2009年 先得\n2018年 湖北省人力资源和社会保障厅 湖北省技术能手 一等奖\n2023年 后得",
        None,
    ]


@pytest.mark.parametrize("nothing", ["无", "/", "—", "——", "－", "无等级", "暂无", "N/A"])
def test_a_grade_typed_for_nothing_is_not_an_honour(people, nothing):
    application = make.make_application(Stage.RECOMMENDED, people)
    application.awards.update(grade=nothing, ranking=nothing, part=nothing)
    application.members.update(occupation=nothing)
    sheet = export_own(people)

    honours = "2018年 湖北省人力资源和社会保障厅 湖北省技术能手"
    assert column(sheet, "主要荣誉") == [honours]
    (members,) = column(sheet, "工作室主要成员")
    assert nothing not in members


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1+1", "\r=1+1", "\x01=1+1"])
def test_text_that_looks_like_a_formula_stays_text(people, text):
    application = make.make_application(Stage.RECOMMENDED, people)
    Application.objects.filter(pk=application.pk).update(
        lead_post=text, main_results=f"{text}\r\n二"
    )
    sheet = export_own(people)
    row = next(row for row in sheet.iter_rows() if row[0].value == 1)
    post, results = row[COLUMNS.index("岗位")], row[COLUMNS.index("主要成绩")]

    assert post.data_type == results.data_type == "s"
    assert post.quotePrefix
    assert post.value == re.sub(r"[\r\x01]", "", text)
    assert results.value == f"{post.value}\n二"


def continued(sheet):
    """Return the texts of the continuation sheet, in pieces, by number and column."""
    found = {}
    for row in sheet.iter_rows(min_row=3, values_only=True):
        found.setdefault((row[0], row[5]), []).append(row[6])
    return found


def give_awards(application, count, **fields):
    """Replace the awards by `count` proven ones, a year each from 2001 on."""
    proof = application.evidence.last()
    application.awards.all().delete()
    Award.objects.bulk_create(
        Award(
            application=application,
            level=Award.Level.OTHER,
            year=2000 + number,
            evidence=proof,
            **{"name": f"湖北省第{number}届技能大赛“金锤奖”", "authority": "湖北省总工会"} | fields,
        )
        for number in range(1, count + 1)
    )


def test_long_texts_fill_their_rows_and_are_continued_without_loss(people):
    long = "一二三四五六七八九十" * 100
    application = make.make_application(Stage.RECOMMENDED, people, main_results=long)
    give_awards(application, 200, name="奖" * 100, authority="授" * 100)
    sheet, continuation = export(people, people.recommender.recommending_unit).worksheets
    (results,), (awards,) = column(sheet, "主要成绩"), column(sheet, "主要荣誉")
    rest = continued(continuation)

    assert continuation.title == "续页"
    assert list(rest) == [(1, "主要成绩（续）"), (2, "主要荣誉（续）")]
    beginning, mark = results.split("\n")
    assert mark == "（余见续页第1项）"
    assert len(beginning) == 250  # 25 lines of 10 characters
    assert beginning + "".join(rest[1, "主要成绩（续）"]) == long
    assert awards.endswith("\n（余见续页第2项）")
    whole = awards.rpartition("\n")[0] + "".join(rest[2, "主要荣誉（续）"])
    assert whole.count("奖" * 100) == whole.count("授" * 100) == 200
    for each in (sheet, continuation):
        assert all(part.height <= 409 for part in each.row_dimensions.values() if part.height)


def test_of_many_awards_the_first_stand_in_the_row(people):
    application = make.make_application(Stage.RECOMMENDED, people)
    give_awards(application, 12)
    sheet, continuation = export(people, people.recommender.recommending_unit).worksheets
    (awards,), ((key, (rest,)),) = column(sheet, "主要荣誉"), continued(continuation).items()
    *first, mark = awards.split("\n")

    assert (key, mark) == ((1, "主要荣誉（续）"), "（余见续页第1项）")
    assert len(first) == 8
    assert [line[:4] for line in [*first, *rest.split("\n")]] == [
        str(year) for year in range(2001, 2013)
    ]


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("main_results", "主要成绩"),
        ("studio_status", "工作室建设情况"),
        ("studio_founding_document", "工作室成立文件"),
        ("studio_location", "工作室地址"),
    ],
)
def test_every_column_that_is_too_long_begins_in_the_row(people, name, label):
    longest = Application._meta.get_field(name).max_length
    text = ("关于“深孔镗削”（省级）项目，完成情况良好。" * 60)[:longest]
    make.make_application(Stage.RECOMMENDED, people, **{name: text})
    sheet, continuation = export(people, people.recommender.recommending_unit).worksheets
    (shown,), rest = column(sheet, label), continued(continuation)
    beginning, _, mark = shown.rpartition("\n")

    assert mark == "（余见续页第1项）"
    assert beginning + "".join(rest[1, f"{label}（续）"]) == text
    per_line = lines_in(annex1.WIDTHS[COLUMNS.index(label)])
    assert 20 <= line_count(shown, per_line) <= annex1.ROW_LINES


def test_a_row_and_what_continues_it_link_each_other(people):
    """By the row's number: of a linked text LibreOffice draws one line."""
    long = "长" * 1000
    make.make_application(Stage.RECOMMENDED, people, main_results=long, studio_status=long[:800])
    name = people.recommender.recommending_unit.name
    summary, own, continuation = export(people).worksheets
    first, second = [row[0] for row in continuation.iter_rows(min_row=3)]

    assert (first.value, second.value) == (1, 2)
    for sheet in (summary, own):
        linked = [cell for row in sheet.iter_rows() for cell in row if cell.hyperlink]
        assert [cell.value for cell in linked] == [1]
        assert linked[0].hyperlink.location == f"'续页'!{first.coordinate}"
        begun = [cell for cell in sheet[linked[0].row] if "余见续页" in str(cell.value)]
    assert [cell.hyperlink.location for cell in (first, second)] == [
        f"'{name}'!{cell.coordinate}" for cell in begun
    ]


def test_a_unit_called_like_the_continuation_sheet_gets_another_name(people):
    unit = people.recommender.recommending_unit
    unit.name = "续页"
    unit.save()
    make.make_application(Stage.RECOMMENDED, people, main_results="长" * 1500)
    assert export(people).sheetnames == ["汇总", "续页（2）", "续页"]


def test_nothing_in_the_file_makes_a_program_repair_it(people):
    """Known causes: long cells and names, bad characters, merged cells that overlap."""
    unit = people.recommender.recommending_unit
    unit.name = "‘区’/人社[局]:*?'" + "𠮷" * 40 + "&长" * 60
    unit.save()
    make.make_application(
        Stage.RECOMMENDED, people, main_results="长" * 3000 + "\x0b\ufffe", studio_status="=1+1"
    )
    made = annex1.Annex1(people.panel.round, Application.objects.all()).content()
    for sheet in load_workbook(io.BytesIO(made)):
        assert 0 < len(sheet.title.encode("utf-16-le")) <= 62
        assert not re.search(r"[\[\]:*?/\\]|^'|'$", sheet.title)
        merged = [cell for area in sheet.merged_cells.ranges for row in area.rows for cell in row]
        assert len(merged) == len(set(merged))
        for row in sheet.iter_rows():
            assert all(len(str(cell.value or "")) <= 32767 for cell in row)
            assert all(cell.data_type in "sn" for cell in row)
        assert len(sheet.oddFooter.left.text) + len(sheet.oddFooter.right.text) < 230
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        for name in archive.namelist():
            if name.endswith((".xml", ".rels")):
                text = archive.read(name).decode()
                assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", text), name


def test_the_whole_round_is_a_summary_and_a_sheet_for_each_unit(people):
    long = "区/人社[局]:*?" + "长" * 40
    others = make.make_people(people.panel.round)
    unit = others.recommender.recommending_unit
    for number, each in enumerate([people, others]):
        unit_of = each.recommender.recommending_unit
        unit_of.name, unit_of.position = f"{long}{number}", number
        unit_of.save()
        make.make_application(Stage.RECOMMENDED, each, lead_name=f"某{number}")
    make.make_application(Stage.RECOMMENDED, others, lead_name="某2")
    book = export(people)
    summary, first, second = book.worksheets

    assert summary.title == "汇总"
    assert len({sheet.title.casefold() for sheet in book}) == 3
    assert column(summary, "领办人") == ["某0", "某1", "某2"]
    assert [row[0] for row in texts(summary) if str(row[0]).startswith(long)] == [
        f"{long}0（1 个）",
        f"{unit.name}（2 个）",
    ]
    assert column(first, "领办人") == ["某0"]
    assert column(second, "领办人") == ["某1", "某2"]


def test_a_round_without_recommendations_is_a_blank_summary(people):
    (sheet,) = export(people).worksheets
    assert listed(sheet) == []
    assert [row[0] for row in texts(sheet)][-3:] == REMARKS


def whole(sheet):
    """Return what a reader sees of a sheet: texts, fonts, heights, merged cells, page."""
    return (
        [
            (cell.coordinate, cell.value, cell.font.name)
            for row in sheet.iter_rows()
            for cell in row
        ],
        [sheet.row_dimensions[number].height for number in range(1, sheet.max_row + 1)],
        sorted(map(str, sheet.merged_cells.ranges)),
        (sheet.print_title_rows, sheet.freeze_panes, sheet.print_area),
        (sheet.oddFooter.left.text, sheet.oddFooter.center.text),
    )


def test_it_is_the_same_however_many_rows_are_read_at_once(people, monkeypatch):
    others = make.make_people(people.panel.round)
    for each in (people, others):
        copies(make.make_application(Stage.RECOMMENDED, each, main_results="长" * 1500), 2)
    at_once = [whole(sheet) for sheet in export(people)]
    monkeypatch.setattr(annex1, "CHUNK", 2)
    assert [whole(sheet) for sheet in export(people)] == at_once
    assert len(at_once) == 4


@pytest.mark.parametrize("more", [0, 29])
def test_queries_do_not_grow_with_rows(people, more, django_assert_num_queries):
    copies(make.make_application(Stage.RECOMMENDED, people), more)
    applications = Application.objects.filter(round=people.panel.round)
    with django_assert_num_queries(7):
        annex1.Annex1(people.panel.round, applications).content()


def test_the_labels_are_those_of_the_form_definition():
    assert list(annex1.HEADERS) == COLUMNS
    assert len(annex1.WIDTHS) == len(ANNEX1_COLUMNS) + 1 == 13


def test_its_foot_bears_the_fingerprint_of_what_it_says(people):
    application = make.make_application(Stage.QUALIFYING, people)
    before = export_own(people).oddFooter.center.text
    stamped = RecommendationList.objects.get().stamped_fingerprint
    assert before == f"内容指纹 {stamped[:8]} {stamped[8:16]}"
    assert export(people).worksheets[1].oddFooter.center.text == before
    Application.objects.filter(pk=application.pk).update(lead_post="班长")
    assert export_own(people).oddFooter.center.text != before


def test_an_application_on_its_way_to_another_unit_is_not_listed(people):
    make.make_application(Stage.REDIRECTING, people)
    assert listed(export(people).worksheets[0]) == []


class TestLarge:
    """Above a number of rows the worker writes the file (here: at once)."""

    @pytest.fixture(autouse=True)
    def _few_at_once(self, monkeypatch):
        monkeypatch.setattr("documents.views.AT_ONCE", 2)

    @pytest.fixture
    def address(self, people):
        copies(make.make_application(Stage.RECOMMENDED, people, lead_name="甲某"), 2)
        return reverse("documents:annex1", args=[people.panel.round_id])

    def test_the_worker_writes_it_and_the_page_of_exports_leads_to_it(
        self, client, people, address
    ):
        client.force_login(people.office)
        assert client.get(address).url == reverse("documents:exports")
        record = ExportRecord.objects.get()
        assert (record.kind, record.state, record.rows, record.done) == ("ANNEX1", "READY", 3, 3)
        page = client.get(reverse("documents:exports")).content.decode()
        year = people.panel.round.year
        assert f"附件1 申报情况一览表 {year} 汇总" in page
        response = client.get(reverse("documents:export_file", args=[record.pk]))
        assert f"{year}" in response["Content-Disposition"]
        summary, own = load_workbook(io.BytesIO(response.getvalue())).worksheets
        assert column(summary, "领办人") == column(own, "领办人") == ["甲某"] * 3

    def test_a_recommending_unit_gets_its_own_alone(self, client, people, address):
        others = make.make_people(people.panel.round)
        make.make_application(Stage.RECOMMENDED, others, lead_name="乙某")
        client.force_login(people.recommender)
        client.get(address)
        record = ExportRecord.objects.get()
        response = client.get(reverse("documents:export_file", args=[record.pk]))
        (sheet,) = load_workbook(io.BytesIO(response.getvalue())).worksheets
        assert column(sheet, "领办人") == ["甲某"] * 3

    def test_what_its_requester_may_not_read_any_more_is_not_made(self, people, address):
        """The account is another unit's by the time that its turn comes."""
        unit = people.recommender.recommending_unit
        export = ExportRecord(
            requested_by=people.recommender,
            role=people.recommender.role,
            kind="ANNEX1",
            asked={"round": people.panel.round_id, "unit": unit.pk},
        )
        people.recommender.recommending_unit = make.make_recommending_unit()
        people.recommender.save()
        tasks.request_export(export)
        export.refresh_from_db()
        assert (export.state, export.notes) == ("FAILED", ["账号的权限已改变，请重新导出。"])
        assert not export.file

    def test_a_second_click_asks_for_no_second_one(self, client, people, address):
        ExportRecord.objects.create(
            requested_by=people.office,
            role=people.office.role,
            kind="ANNEX1",
            asked={"round": people.panel.round_id, "unit": None},
        )
        client.force_login(people.office)
        assert client.get(address).url == reverse("documents:exports")
        assert ExportRecord.objects.count() == 1
