"""What the program tells of a Word file: its text as a reader sees it, each quirk on its own."""

import io
import zipfile

import pytest
from docx import Document

from applications.files.program_bounds import Refused
from applications.form.word import word_program
from applications.form.word.document import document_of, lines_of, paragraphs_of
from tests.applications.form.word.word_files import (
    HEAD,
    docx,
    p,
    r,
    sdt,
    tbl,
    tc,
    text_box,
    tr,
    upload,
)

DELETED = '<w:del w:id="1" w:author="甲" w:date="2026-01-01T00:00:00Z">'
INSERTED = '<w:ins w:id="2" w:author="甲" w:date="2026-01-01T00:00:00Z">'


def blocks(*body, **parts):
    answer, _ = word_program.read({}, docx(*body, **parts))
    return document_of(answer["blocks"])


def text(*body, **parts):
    """The lines of a document, what is marked left aside."""
    return "\n".join(line for line in lines_of(blocks(*body, **parts)) if line)


def marks(*body, **parts):
    return set().union(*(each.marks for each in paragraphs_of(blocks(*body, **parts))))


def grid(*rows):
    """The cells of a table as (column, width, height, text), by rows."""
    (table,) = (block for block in blocks(tbl(*rows)) if hasattr(block, "rows"))
    return [[(c.column, c.width, c.height, c.text) for c in row] for row in table.rows]


def refusal(data):
    with pytest.raises(Refused) as refused:
        word_program.read({}, data)
    return str(refused.value)


class TestTables:
    def test_a_cell_over_several_columns_stands_once(self):
        assert grid(tr(tc("甲", 3), "乙"), tr("子", "丑", "寅", "卯")) == [
            [(0, 3, 1, "甲"), (3, 1, 1, "乙")],
            [(0, 1, 1, "子"), (1, 1, 1, "丑"), (2, 1, 1, "寅"), (3, 1, 1, "卯")],
        ]

    def test_a_cell_over_several_rows_stands_once_and_says_how_many(self):
        begins, goes_on = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
        rows = (
            tr(tc("甲", properties=begins), "乙"),
            tr(tc("", properties=goes_on), "丙"),
            tr("丁", "戊"),
        )
        assert grid(*rows) == [
            [(0, 1, 2, "甲"), (1, 1, 1, "乙")],
            [(1, 1, 1, "丙")],
            [(0, 1, 1, "丁"), (1, 1, 1, "戊")],
        ]

    def test_a_row_may_begin_further_right_under_a_merged_cell(self):
        begins, goes_on = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
        rows = (
            tr("甲", tc("乙", properties=begins), "丙"),
            tr(tc("", properties=goes_on), "丁", properties='<w:gridBefore w:val="1"/>'),
        )
        assert grid(*rows)[1] == [(2, 1, 1, "丁")]
        assert grid(*rows)[0][1] == (1, 1, 2, "乙")

    def test_cells_merged_the_old_way_are_one(self):
        rows = tr(
            tc("甲", properties='<w:hMerge w:val="restart"/>'),
            tc("", properties='<w:hMerge w:val="continue"/>'),
            "乙",
        )
        assert grid(rows) == [[(0, 2, 1, "甲"), (2, 1, 1, "乙")]]

    def test_a_table_within_a_cell_is_lines_with_tabs(self):
        inner = tbl(tr("赵一鸣", "焊工"), tr("钱多多", "电工"))
        assert grid(tr("成员", tc(inner)))[0][1][3] == "赵一鸣\t焊工\n钱多多\t电工"

    @pytest.mark.parametrize("around", ["row", "cell", "inside"])
    def test_a_content_control_around_anything_is_read_through(self, around):
        cell = tc(sdt(p("乙"))) if around == "inside" else tc("乙")
        cell = sdt(cell) if around == "cell" else cell
        row = tr("甲", cell)
        row = sdt(row) if around == "row" else row
        assert grid(row) == [[(0, 1, 1, "甲"), (1, 1, 1, "乙")]]

    def test_a_row_deleted_with_tracking_is_gone_and_an_inserted_one_is_there(self):
        rows = (
            tr("甲", properties='<w:del w:id="1" w:author="x"/>'),
            tr("乙", properties='<w:ins w:id="2" w:author="x"/>'),
        )
        assert grid(*rows) == [[(0, 1, 1, "乙")]]
        assert marks(tbl(*rows)) == {"tracked"}

    def test_a_merged_cell_whose_first_row_was_deleted_begins_where_it_is_left(self):
        begins, goes_on = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
        rows = (
            tr(tc("甲", properties=begins), properties='<w:del w:id="1" w:author="x"/>'),
            tr(tc("乙", properties=goes_on)),
        )
        assert grid(*rows) == [[(0, 1, 1, "乙")]]

    def test_a_file_of_python_docx_is_read_like_any_other(self):
        document, file = Document(), io.BytesIO()
        table = document.add_table(2, 3)
        table.cell(0, 0).merge(table.cell(0, 1)).text = "甲"
        table.cell(0, 2).text = "乙"
        document.save(file)
        answer, _ = word_program.read({}, file.getvalue())
        (table,) = (each for each in document_of(answer["blocks"]) if hasattr(each, "rows"))
        assert [(c.width, c.text) for c in table.rows[0]] == [(2, "甲"), (1, "乙")]


class TestRuns:
    def test_soft_breaks_are_lines_and_tabs_are_tabs(self):
        assert text(p("甲\n乙", "<w:r><w:tab/></w:r>", "丙")) == "甲\n乙\t丙"

    def test_a_text_box_is_read_once_and_said(self):
        body = p("甲", text_box("框里的字"))
        assert text(body) == "甲\n框里的字"
        assert marks(body) == {"box"}

    def test_a_text_box_of_old_is_read(self):
        box = f"<w:pict><v:shape><v:textbox><w:txbxContent>{p('乙')}</w:txbxContent></v:textbox>"
        assert text(p(f"<w:r>{box}</v:shape></w:pict></w:r>")) == "乙"

    def test_insertions_and_moves_stand_where_they_are_and_what_was_deleted_is_gone(self):
        body = p(
            f"{DELETED}<w:r><w:delText>旧</w:delText></w:r></w:del>",
            f"{INSERTED}{r('新')}</w:ins>",
            f'<w:moveFrom w:id="3" w:author="x">{r("移走")}</w:moveFrom>',
            f'<w:moveTo w:id="4" w:author="x">{r("移来")}</w:moveTo>',
        )
        assert text(body) == "新移来"
        assert marks(body) == {"tracked"}

    def test_a_paragraph_whose_end_was_deleted_goes_on_in_the_next(self):
        first = p("前", properties='<w:rPr><w:del w:id="1" w:author="x"/></w:rPr>')
        assert text(first, p("后"), p("另")) == "前后\n另"

    def test_hidden_and_struck_out_text_is_left_out_and_said(self):
        body = p(r("看得见"), r("隐藏", "<w:vanish/>"), r("划掉", "<w:strike/>"))
        assert text(body) == "看得见"
        assert marks(body) == {"hidden", "struck"}

    def test_text_that_a_style_hides_is_hidden(self):
        styles = '<w:style w:styleId="a"><w:rPr><w:vanish/></w:rPr></w:style>'
        body = p("甲", r("乙", '<w:rStyle w:val="a"/>'), r("丙", '<w:vanish w:val="0"/>'))
        assert text(body, styles=styles) == "甲丙"

    def test_of_ruby_the_base_is_read(self):
        ruby = (
            f"<w:r><w:ruby><w:rt>{r('yǎn')}</w:rt><w:rubyBase>{r('䶮')}</w:rubyBase></w:ruby></w:r>"
        )
        assert text(p("刘", ruby)) == "刘䶮"

    def test_links_and_smart_tags_are_read_through(self):
        link = f"<w:hyperlink>{r('a@demo.invalid')}</w:hyperlink>"
        assert text(p(link, f"<w:smartTag>{r('武汉')}</w:smartTag>")) == "a@demo.invalid武汉"

    def test_a_field_shows_its_result_and_not_its_code(self):
        code = '<w:r><w:instrText> DATE \\@ "yyyy" </w:instrText></w:r>'
        field = "".join(
            (
                '<w:r><w:fldChar w:fldCharType="begin"/></w:r>', code,
                '<w:r><w:fldChar w:fldCharType="separate"/></w:r>', r("2026年"),
                '<w:r><w:fldChar w:fldCharType="end"/></w:r>',
            )
        )  # fmt: skip
        assert text(p("于", field, "填")) == "于2026年填"

    def test_a_picture_is_said(self):
        picture = '<w:r><w:drawing><a:blip r:embed="r1"/></w:drawing></w:r>'
        assert marks(p(picture)) == {"picture"}

    def test_a_formula_is_read_as_its_letters(self):
        assert text(p("<m:oMath><m:r><m:t>x+1</m:t></m:r></m:oMath>")) == "x+1"


class TestControls:
    def test_the_prompt_of_an_unfilled_control_is_nothing(self):
        prompt = sdt(r("单击此处输入文字。"), "<w:showingPlcHdr/><w:text/>")
        assert text(p("甲", prompt)) == "甲"
        assert text(sdt(p("选择一项。"), "<w:showingPlcHdr/>"), p("乙")) == "乙"

    def test_an_unfilled_control_around_a_cell_leaves_an_empty_cell(self):
        row = tr("民族", sdt(tc("单击此处输入"), "<w:showingPlcHdr/>"), "丙")
        assert grid(row) == [[(0, 1, 1, "民族"), (1, 1, 1, ""), (2, 1, 1, "丙")]]

    def test_what_was_chosen_from_a_list_or_as_a_date_is_read(self):
        choice = sdt(r("高级技师"), "<w:dropDownList/>")
        date = sdt(r("1980年5月1日"), '<w:date w:fullDate="1980-05-01T00:00:00Z"/>')
        assert text(p(choice, date)) == "高级技师1980年5月1日"

    @pytest.mark.parametrize(("value", "sign"), [("1", "☑"), ("0", "☐")])
    def test_a_box_of_today_is_ticked_or_not_whatever_it_looks_like(self, value, sign):
        box = sdt(r("☒"), f'<w14:checkbox><w14:checked w14:val="{value}"/></w14:checkbox>')
        assert text(p(box, "男")) == f"{sign}男"

    @pytest.mark.parametrize(
        ("font", "code", "sign"),
        [("Wingdings", "F0FE", "☑"), ("Wingdings", "F0A8", "☐"), ("Wingdings 2", "F052", "☑"),
         ("Wingdings 2", "F0A3", "☐"), ("Symbol", "F0B1", "±")],
    )  # fmt: skip
    def test_a_sign_is_what_its_font_draws(self, font, code, sign):
        assert text(p(f'<w:r><w:sym w:font="{font}" w:char="{code}"/></w:r>', "男")) == f"{sign}男"

    def test_letters_in_a_font_of_signs_are_signs(self):
        font = '<w:rFonts w:ascii="Wingdings 2" w:hAnsi="Wingdings 2" w:eastAsia="宋体"/>'
        assert text(p(r("R", font), "男", r("£", font), "女")) == "☑男☐女"

    def test_a_sign_of_the_private_area_without_its_font_is_one_of_wingdings(self):
        assert text(p("\uf0fe男\uf0a8女")) == "☑男☐女"

    def test_a_sign_that_nobody_knows_is_said(self):
        assert marks(p('<w:r><w:sym w:font="Wingdings" w:char="F021"/></w:r>')) == {"sign"}

    @pytest.mark.parametrize(("inside", "sign"), [
        ('<w:default w:val="0"/><w:checked/>', "☑"), ('<w:default w:val="1"/>', "☑"),
        ('<w:default w:val="1"/><w:checked w:val="0"/>', "☐"),
    ])  # fmt: skip
    def test_a_box_of_an_old_form_is_ticked_or_not(self, inside, sign):
        begin = f"<w:ffData><w:checkBox>{inside}</w:checkBox></w:ffData>"
        field = (
            f'<w:r><w:fldChar w:fldCharType="begin">{begin}</w:fldChar></w:r>'
            "<w:r><w:instrText> FORMCHECKBOX </w:instrText></w:r>"
            '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
        )
        assert text(p(field, "男")) == f"{sign}男"

    def test_a_list_of_an_old_form_shows_its_choice(self):
        entries = '<w:listEntry w:val="男"/><w:listEntry w:val="女"/>'
        begin = f'<w:ffData><w:ddList><w:result w:val="1"/>{entries}</w:ddList></w:ffData>'
        field = (
            f'<w:r><w:fldChar w:fldCharType="begin">{begin}</w:fldChar></w:r>'
            "<w:r><w:instrText> FORMDROPDOWN </w:instrText></w:r>"
            '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
        )
        assert text(p(field)) == "女"

    @pytest.mark.parametrize(
        ("code", "sign"), [("eq \\o\\ac(□,√)", "☑"), ("eq \\o\\ac(○,1)", "①"), ("eq \\o(甲)", "甲")]
    )
    def test_an_enclosed_character_is_read(self, code, sign):
        field = (
            '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
            f"<w:r><w:instrText>{code}</w:instrText></w:r>"
            '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
        )
        assert text(p(field, "男")) == f"{sign}男"


class TestLists:
    NUMBERING = (
        '<w:abstractNum w:abstractNumId="7"><w:lvl w:ilvl="0"><w:start w:val="1"/>'
        '<w:numFmt w:val="chineseCounting"/><w:lvlText w:val="%1、"/></w:lvl>'
        '<w:lvl w:ilvl="1"><w:numFmt w:val="decimal"/><w:lvlText w:val="%1.%2"/></w:lvl>'
        '<w:lvl w:ilvl="2"><w:numFmt w:val="bullet"/><w:lvlText w:val="&#xF0B7;"/></w:lvl>'
        '</w:abstractNum><w:num w:numId="3"><w:abstractNumId w:val="7"/></w:num>'
        '<w:num w:numId="4"><w:abstractNumId w:val="7"/><w:lvlOverride w:ilvl="0">'
        '<w:startOverride w:val="1"/></w:lvlOverride></w:num>'
    )

    @staticmethod
    def item(words, level=0, key=3):
        number = f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{key}"/></w:numPr>'
        return p(words, properties=number)

    def test_the_numbers_that_word_writes_are_read(self):
        lines = text(
            self.item("甲"), self.item("乙"), self.item("子", 1), self.item("丑", 1),
            self.item("点", 2), self.item("丙"), self.item("寅", 1), self.item("另", key=4),
            numbering=self.NUMBERING,
        )  # fmt: skip
        assert lines == "一、甲\n二、乙\n二.1子\n二.2丑\n•点\n三、丙\n三.1寅\n一、另"

    def test_an_empty_line_of_a_list_counts_nothing(self):
        assert text(self.item(""), self.item("甲"), numbering=self.NUMBERING) == "一、甲"


class TestKindsOfFiles:
    def test_a_file_in_the_strict_names_is_read_alike(self):
        data = docx(p("甲"))
        file = io.BytesIO()
        with (
            zipfile.ZipFile(io.BytesIO(data)) as old,
            zipfile.ZipFile(file, "w") as new,
        ):
            for name in old.namelist():
                part = old.read(name).replace(
                    b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
                    b"http://purl.oclc.org/ooxml/wordprocessingml/main",
                )
                new.writestr(name, part)
        answer, _ = word_program.read({}, file.getvalue())
        assert lines_of(document_of(answer["blocks"])) == ["甲"]

    def test_what_is_no_archive_or_cut_off_is_broken(self):
        assert refusal(b"PK\x03\x04 nothing") == "broken"
        assert refusal(docx(p("甲"))[:-40]) == "broken"

    def test_a_workbook_that_is_called_a_word_file_is_none(self):
        sheet = f"{HEAD}<worksheet/>"
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("word/document.xml", sheet)
        assert refusal(file.getvalue()) == "not_word"

    def test_entities_are_refused_and_nothing_is_fetched(self):
        document = f'{HEAD}<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><document>&b;</document>'
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("word/document.xml", document)
        assert refusal(file.getvalue()) == "broken"

    def test_a_part_that_is_large_unpacked_is_refused(self):
        assert refusal(docx(p(" " * (17 * 1024**2)))) == "too_complex"

    def test_large_parts_that_say_nothing_are_never_unpacked(self):
        data = docx(p("甲"), members={"word/media/image1.png": b"\0" * (40 * 1024**2)})
        assert lines_of(document_of(word_program.read({}, data)[0]["blocks"])) == ["甲"]

    def test_ten_thousand_cells_are_refused(self):
        row = tr(*["甲"] * 50)
        assert refusal(docx(tbl(*[row] * 200))) == "too_many_cells"

    def test_tables_within_tables_beyond_reason_are_refused(self):
        inner = tbl(tr("甲"))
        for _ in range(15):
            inner = tbl(tr(tc(inner)))
        assert refusal(docx(inner)) == "too_complex"

    def test_more_text_than_any_form_has_is_refused(self):
        assert refusal(docx(*[p("字" * 10_000)] * 41)) == "too_long"

    def test_the_upload_of_a_test_is_an_upload(self):
        assert upload(docx(p("甲"))).size > 0
