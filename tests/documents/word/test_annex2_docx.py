"""附件2 as Word: the cells of the PDF, for the same readers, in a file that programs agree on."""

import datetime
import io
import re
from itertools import accumulate, pairwise

import pypdfium2
import pytest
from django.template.loader import get_template
from django.urls import reverse
from django.utils import timezone
from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml.ns import qn

from accounts.roles import Role
from applications.form.definition import NOT_SHOWN
from applications.models import Application, Award, StudioMember
from applications.permissions import Privacy
from applications.stages import Stage
from documents import annex2
from documents.word import annex2_docx
from documents.word.paper import twips
from tests import factories as make
from tests.documents.pages import rules
from tests.documents.test_annex2 import COVER, MAIN, OPINIONS, REST, find, in_order
from tests.documents.word.office import as_pdf

pytestmark = pytest.mark.django_db

POINTS = 72 / 25.4  # of a millimetre


@pytest.fixture
def people():
    return make.make_people(make.make_round())


@pytest.fixture
def draft(people):
    return Application.objects.create(
        round=people.panel.round,
        applying_unit=people.applicant.applying_unit,
        recommending_unit=people.recommender.recommending_unit,
        host_kind="ENTERPRISE",
    )


def make_docx(application, privacy=Privacy.FULL, **kwargs):
    """Return 附件2 read back by python-docx."""
    return Document(io.BytesIO(annex2_docx.render(find(application), privacy, **kwargs)))


def text_of(part):
    """Return the text of a document, or of a header or footer, without white space."""
    element = part.element.body if hasattr(part, "element") else part._element
    return re.sub(r"\s", "", "".join(words.text for words in element.iter(qn("w:t"))))


def texts(row):
    """Return the texts of a row's cells, merged ones once."""
    return ["\n".join(map(line_of, cell.p_lst)) for cell in row._tr.tc_lst]


def line_of(paragraph):
    """Return the text of a paragraph without its tabs."""
    return "".join(words.text for words in paragraph.iter(qn("w:t")))


def values(document):
    """Return the texts of the main table by label (the last one where a label occurs twice)."""
    rows = map(texts, document.tables[1].rows)
    return {label: text for row in rows for label, text in zip(row[::2], row[1::2], strict=True)}


# --- What it says --------------------------------------------------------------------------------


def test_an_empty_draft_is_the_blank_form_of_the_notice(draft):
    document = make_docx(draft)
    in_order(f"{COVER} {MAIN} {REST} {OPINIONS}", text_of(document))
    cover, _, provincial, other, opinions = document.tables
    assert [texts(row)[1] for row in cover.rows] == [""] * 5
    assert set(values(document).values()) == {""}
    assert [len(table.rows) for table in (provincial, other)] == [6, 6]
    assert len(opinions.rows) == 5


def test_a_decided_application_says_what_its_pdf_says(people):
    application = make.make_application(Stage.AWARDED, people, lead_name="𬱖龘㛃䶮")
    document = make_docx(application)
    context = annex2.context_of(
        find(application), annex2.edition_of(find(application), Privacy.FULL), Privacy.FULL
    )
    assert [tuple(texts(row)) for row in document.tables[0].rows] == context["cover"]
    for row, cells in zip(document.tables[1].rows, context["table"], strict=True):
        expected = [
            text
            for cell in cells
            for text in (cell["label"], cell.get("text") or "\n".join(cell.get("paragraphs", [])))
        ]
        assert texts(row) == expected
    for table, awards in zip(document.tables[2:4], context["award_tables"], strict=True):
        assert [texts(row) for row in table.rows] == [
            list(context["award_labels"]),
            *awards["rows"],
        ]
    said = text_of(document)
    in_order(
        "意见：submit 签署某 (签字盖章) 意见：recommend 结论：同意推荐 签署某 (签字盖章) "
        "意见：conclude_for 结论：建议入选 专家组组长（签字)：签署某 意见：approve 结论：同意",
        said,
    )


def test_a_long_text_goes_on_in_its_cell(draft):
    long = "\n".join(f"第{number}段，{'解决焊接难题三十余项，' * 20}" for number in range(30))
    Application.objects.filter(pk=draft.pk).update(
        achievements=long, studio_facilities="焊机、" * 300
    )
    document = make_docx(draft)
    row = document.tables[4].rows[0]
    assert texts(row)[1] == long
    assert "另附页）" in texts(row)[0]
    assert "续：" not in text_of(document)
    # A row that is higher than a page goes on over its end; the others stay whole.
    assert row._tr.trPr.find(qn("w:cantSplit")) is None
    assert document.tables[4].rows[1]._tr.trPr.find(qn("w:cantSplit")) is not None
    assert values(document)["工作室基本设施"] == "焊机、" * 300


def test_twenty_awards_stand_under_a_head_that_is_repeated(draft):
    for number in range(20):
        Award.objects.create(
            application=draft, level=Award.Level.PROVINCIAL, position=number, name=f"奖{number}"
        )
    table = make_docx(draft).tables[2]
    assert [texts(row)[1] for row in table.rows[1:]] == [f"奖{number}" for number in range(20)]
    heads = [row._tr.trPr.find(qn("w:tblHeader")) is not None for row in table.rows]
    assert heads == [True] + [False] * 20
    assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in table.rows)


def test_what_was_typed_is_text_and_nothing_else(draft):
    typed = '<w:br/>&amp; { INCLUDETEXT "C:\\\\a" } «名» =1+1'
    Application.objects.filter(pk=draft.pk).update(
        unit_name=f"{typed}\x00\x07\u202e\ufffe",
        achievements=f"甲\x0b乙\r\n{typed}",
        lead_name="𠮷\U00030ede",
    )
    StudioMember.objects.create(application=draft, name="a" * 50, occupation="<m>&")
    document = make_docx(draft)
    assert values(document)["申报单位名称"] == typed
    assert values(document)["工作室成员"] == f"{'a' * 50}（<m>&）"
    # The PDF describes what its fonts cannot draw; a reader's Word may have the glyph.
    assert values(document)["技能大师姓名"] == "𠮷\U00030ede"
    assert texts(document.tables[4].rows[0])[1] == f"甲乙\n{typed}"
    fields = [part.text.strip() for part in document.element.iter(qn("w:instrText"))]
    assert fields == []


# --- For whom ------------------------------------------------------------------------------------


def test_each_reader_gets_what_the_pdf_shows_that_reader(people):
    application = make.make_application(Stage.PANEL, people)
    masked, hidden = (
        make_docx(application, privacy) for privacy in (Privacy.MASKED, Privacy.HIDDEN)
    )
    number = make.id_number()
    assert values(masked)["身份证号"] == f"{number[:3]}{'*' * 11}{number[-4:]}"
    assert values(hidden)["身份证号"] == values(hidden)["开户银行及资金账号"] == NOT_SHOWN
    unit_alone = make_docx(application, shown=frozenset({"unit"}))
    assert "意见：submit" in text_of(unit_alone)
    assert "意见：recommend" not in text_of(unit_alone)


@pytest.mark.parametrize("role", [Role.APPLICANT, Role.RECOMMENDER, Role.OFFICE])
def test_it_is_downloaded_beside_the_pdf(client, people, role):
    application = make.make_application(Stage.PANEL, people)
    client.force_login(people.of(role))
    response = client.get(reverse("documents:annex2_word", args=[application.pk]))
    assert response["Content-Disposition"].startswith("attachment")
    document = Document(io.BytesIO(response.getvalue()))
    assert (values(document)["身份证号"] == make.id_number()) is (role == Role.APPLICANT)


def test_an_expert_gets_no_file_whose_mark_could_be_taken_off(client, people):
    application = make.make_application(Stage.PANEL, people)
    client.force_login(people.expert)
    address = reverse("documents:annex2_word", args=[application.pk])
    assert client.get(address).status_code == 404
    page = client.get(reverse("review:detail", args=[application.pk])).content.decode()
    assert address not in page
    assert reverse("documents:annex2", args=[application.pk]) in page


def test_the_pages_that_offer_the_pdf_offer_it_too(client, people):
    application = make.make_application(Stage.QUALIFYING, people)
    address = reverse("documents:annex2_word", args=[application.pk])
    pages = {
        Role.APPLICANT: ("applications:overview", "applications:read", "applications:receipt"),
        Role.OFFICE: ("review:detail",),
    }
    for role, names in pages.items():
        client.force_login(people.of(role))
        for name in names:
            page = client.get(reverse(name, args=[application.pk])).content.decode()
            assert f'href="{address}"' in page, name


def utc_today():
    """Return the day as the properties of a file count it."""
    return timezone.now().astimezone(datetime.UTC).date()


# --- On every page -------------------------------------------------------------------------------


def test_every_page_says_number_version_fingerprint_and_that_it_is_no_stamped_paper(people):
    application = make.make_application(Stage.QUALIFYING, people)
    submission = application.submissions.get()
    seal = submission.fingerprint
    (section,) = make_docx(application).sections
    foot = text_of(section.footer)
    assert f"受理编号：{application.number}版本：第1版" in foot
    assert f"内容指纹（SM3）：{seal[:16]}未盖章电子版" in foot
    codes = [part.text.strip() for part in section.footer._element.iter(qn("w:instrText"))]
    assert codes == ["PAGE", "NUMPAGES"]
    assert not list(section.header._element.iter("{urn:schemas-microsoft-com:vml}textpath"))


def test_a_draft_is_marked_across_every_page(draft):
    (section,) = make_docx(draft).sections
    assert 'string="草稿"' in section.header._element.xml
    assert "受理编号：未提交版本：草稿" in text_of(section.footer)


def test_its_properties_name_the_form_and_nobody(people):
    application = make.make_application(Stage.QUALIFYING, people)
    document = make_docx(application)
    properties = document.core_properties
    assert properties.title == f"武汉市技能大师工作室申报表 {application.number}"
    assert [properties.author, properties.last_modified_by, properties.comments] == [""] * 3
    assert properties.created.date() == properties.modified.date() == utc_today()
    parts = [str(part.partname) for part in document.part.package.iter_parts()]
    assert not [name for name in parts if re.search("thumbnail|numbering|Effects", name)]
    # No style refers to one of the template's that are not there any more.
    keys = {style.element.styleId for style in document.styles}
    for name in ("basedOn", "link", "next"):
        named = {each.get(qn("w:val")) for each in document.styles.element.iter(qn(f"w:{name}"))}
        assert named <= keys, name


# --- How it is laid out --------------------------------------------------------------------------


def test_every_cell_has_the_span_and_width_of_the_notices_table(draft):
    table = make_docx(draft).tables[1]
    grid = [int(column.get(qn("w:w"))) for column in table._tbl.tblGrid]
    assert sum(grid) == pytest.approx(twips(170), abs=len(grid))
    for row, fields in zip(table.rows, annex2.MAIN_TABLE, strict=True):
        spans = [span for _, *both in fields for span in both]
        edges = [annex2.EDGES.index(edge) for edge in accumulate(spans, initial=0)]
        start = 0
        steps = [last - first for first, last in pairwise(edges)]
        for cell, span, step in zip(row._tr.tc_lst, spans, steps, strict=True):
            assert cell.grid_span == step
            assert cell.width.mm == pytest.approx(span * 5, abs=0.1)
            start += cell.grid_span
        assert start == len(grid)


def test_all_tables_keep_their_widths_in_every_program(draft):
    document = make_docx(draft)
    for table in document.tables:
        layout = table._tbl.tblPr.find(qn("w:tblLayout"))
        assert layout.get(qn("w:type")) == "fixed"
        widths = [int(column.get(qn("w:w"))) for column in table._tbl.tblGrid]
        for row in table.rows:
            cells = [cell.width.twips for cell in row._tr.tc_lst]
            assert sum(cells) == pytest.approx(sum(widths), abs=len(widths))
            # At least: an exact height cuts off what is longer.
            assert row._tr.trPr.find(qn("w:trHeight")).get(qn("w:hRule")) == "atLeast"
    # A table that is the last of a file is lost in some programs.
    assert [child.tag for child in document.element.body][-2:] == [qn("w:p"), qn("w:sectPr")]


def test_its_measures_are_those_of_the_pdf():
    css = get_template("documents/annex2.css").template.source

    def millimetres(selector, name="height"):
        rule = re.search(rf"{re.escape(selector)} {{([^}}]*)}}", css)[1]
        return float(re.search(rf"(?<!-){name}: ([0-9.]+)mm", rule)[1])

    heights = annex2_docx.HEIGHTS
    assert millimetres("table.main tr") == annex2_docx.ROW_HEIGHT
    assert heights["studio_facilities"] == millimetres("table.main tr.studio_facilities")
    assert millimetres(".awards tr") == annex2_docx.AWARD_HEIGHT
    assert heights["unit"] == millimetres(".opinions .unit")
    assert heights["panel"] == heights["recommending"] == millimetres(".opinions .panel")
    assert heights["bureau"] == millimetres(".opinions .bureau")
    assert heights["achievements"] <= millimetres(".opinions .achievements")
    opinion, higher, below = 36, 42, 4
    assert opinion == millimetres(".opinion", "min-height")
    assert higher == millimetres(".panel .opinion", "min-height")
    assert below == millimetres(".signature + .opinion", "padding-top")
    assert {
        "unit": opinion,
        "recommending": higher,
        "panel": higher,
        "bureau": opinion,
        "finance": opinion + below,
    } == annex2_docx.TO_SIGNATURE
    widths = [millimetres(f".awards col:nth-child({number})", "width") for number in range(1, 8)]
    assert list(annex2_docx.AWARD_WIDTHS) == widths
    margins = re.search(r"margin: (\d+)mm (\d+)mm (\d+)mm;", css)
    top, side, bottom = map(int, margins.groups())
    assert (top, side, bottom, side) == annex2_docx.MARGINS


def test_every_style_names_a_chinese_face(draft):
    for style in make_docx(draft).styles:
        if style.type == WD_STYLE_TYPE.PARAGRAPH and style.name not in {"Header", "Footer"}:
            fonts = style.element.rPr.rFonts
            assert fonts.get(qn("w:eastAsia")) in {"宋体", "黑体"}, style.name


# --- As LibreOffice draws it ---------------------------------------------------------------------


def places(made):
    """Return where each label of the form begins in a PDF: {(label, nth): (page, x, y)}."""
    words = f"{COVER} {MAIN} {REST} {OPINIONS}".split()
    labels = {re.split("[、（(]", word)[0][:5] for word in words}
    labels = {label for label in labels if len(label) > 1}
    found = {}
    pdf = pypdfium2.PdfDocument(made)
    try:
        for number, page in enumerate(pdf):
            text = page.get_textpage()
            for label in labels:
                searcher = text.search(label)
                nth = 0
                while at := searcher.get_next():
                    left, _, _, top = text.get_charbox(at[0])
                    found[label, number, nth] = (left, page.get_height() - top)
                    nth += 1
            text.close()
            page.close()
        return found, len(pdf)
    finally:
        pdf.close()


@pytest.mark.parametrize("stage", [None, Stage.AWARDED])
def test_libreoffice_draws_each_label_where_the_pdf_has_it(people, draft, tmp_path, stage):
    application = make.make_application(stage, people) if stage else draft
    document = annex2_docx.render(find(application), Privacy.FULL)
    drawn, pages = places(as_pdf(document, tmp_path))
    printed, printed_pages = places(annex2.render(find(application), Privacy.FULL))
    assert pages == printed_pages == 4
    shared = drawn.keys() & printed.keys()
    assert len(shared) >= 0.9 * len(printed)
    far = {
        place: (drawn[place], printed[place])
        for place in shared
        # Below 工作业绩, which is lower, everything on its page is higher.
        if abs(drawn[place][0] - printed[place][0]) > 12 * POINTS
        or abs(drawn[place][1] - printed[place][1]) > (16 if place[1] == 2 else 7) * POINTS
    }
    assert far == {}


def test_libreoffice_draws_the_lines_of_the_main_table_where_the_pdf_has_them(draft, tmp_path):
    made = annex2_docx.render(find(draft), Privacy.FULL)
    drawn, printed = (
        lines_of_page_two(pdf)
        for pdf in (as_pdf(made, tmp_path), annex2.render(find(draft), Privacy.FULL))
    )
    # Thirteen of the table, seven of the awards below it.
    assert len(drawn) == len(printed) == 20
    assert drawn == pytest.approx(printed, abs=2 * POINTS)


def lines_of_page_two(made):
    """Return where lines go all across the second page of a PDF, in points from above."""
    pdf = pypdfium2.PdfDocument(made)
    try:
        return rules(pdf[1])
    finally:
        pdf.close()


def test_libreoffice_draws_every_character(people, tmp_path):
    application = make.make_application(Stage.AWARDED, people, lead_name="𬱖龘㛃䶮")
    pdf = pypdfium2.PdfDocument(
        as_pdf(annex2_docx.render(find(application), Privacy.FULL), tmp_path)
    )
    text = "".join(page.get_textpage().get_text_range() for page in pdf)
    assert "𬱖龘㛃䶮" in text
    assert "第 4 页" in text.replace("\r\n", "")
    pdf.close()
