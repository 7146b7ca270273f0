"""附件1 as Word: the table of the notice, one section a recommending unit, for the same readers."""

import io
import re
import zipfile

import pypdfium2
import pytest
from django.urls import reverse
from docx import Document
from docx.oxml.ns import qn

from accounts.models import RecommendingUnit
from accounts.roles import Role
from applications.models import Application
from applications.stages import Stage
from documents import annex1
from documents.models import ExportRecord
from documents.word import annex1_docx
from review.recommending.list_models import RecommendationList
from tests import factories as make
from tests.documents.test_annex1 import COLUMNS, REMARKS, copies
from tests.documents.word.office import as_pdf

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return make.make_people(make.make_round())


def content(people, unit=None):
    """Return 附件1 as a Word file: of one recommending unit, or of the whole round."""
    round_ = people.panel.round
    applications = Application.objects.filter(round=round_)
    if unit is not None:
        applications = applications.filter(recommending_unit=unit)
    return annex1_docx.render(annex1.Annex1(round_, applications, unit))


def export(people, unit=None):
    """Return 附件1 read back by python-docx."""
    return Document(io.BytesIO(content(people, unit)))


def export_own(people):
    """Return the document of the recommending unit of `people`."""
    return export(people, people.recommender.recommending_unit)


def rows(table):
    """Return the texts of a table's cells, row by row."""
    return [
        ["\n".join(p.text for p in cell.paragraphs) for cell in row.cells] for row in table.rows
    ]


def listed(table):
    """Return the rows of applications: those that have a 序号."""
    return [row for row in rows(table) if row[0].isdecimal()]


def lines(document):
    """Return the paragraphs outside tables."""
    return [paragraph.text for paragraph in document.paragraphs]


def test_a_unit_gets_the_notices_table(people):
    application = make.make_application(Stage.QUALIFYING, people, lead_name="𬱖龘㛃䶮")
    document = export_own(people)
    filled = RecommendationList.objects.get()
    unit = people.recommender.recommending_unit
    (table,) = document.tables
    head, first, *blank = rows(table)
    annex, title, above, below, *remarks = lines(document)

    assert (annex, title) == ("附件1", "武汉市技能大师工作室建设项目申报情况一览表")
    day = f"{filled.filled_on.year}年{filled.filled_on.month}月{filled.filled_on.day}日"
    assert above == f"推荐单位（盖章）：{unit.name}\t填报日期：{day}"
    assert head == COLUMNS
    assert first == [
        "1",
        *(read(application) for _, read in annex1.ANNEX1_COLUMNS),
    ]
    assert blank == [[""] * 13] * 4
    assert below == "填报人：填报某\t联系电话：（办公）027-83919079\t（手机）13900000000"
    assert remarks == REMARKS


def test_rows_stand_in_rank_order_on_landscape_pages_with_repeated_heads(people):
    for lead in ("某一", "某二", "某三"):
        make.make_application(Stage.QUALIFYING, people, lead_name=lead)
    for rank, lead in enumerate(["某三", "某一", "某二"], start=1):
        Application.objects.filter(lead_name=lead).update(rank=rank)
    document = export_own(people)
    (table,) = document.tables
    assert [row[2] for row in listed(table)] == ["某三", "某一", "某二"]
    (section,) = document.sections
    assert (section.page_width.mm, section.page_height.mm) == pytest.approx((297, 210), abs=0.1)
    assert section._sectPr.find(qn("w:pgSz")).get(qn("w:orient")) == "landscape"
    heads = [row._tr.trPr.find(qn("w:tblHeader")) is not None for row in table.rows]
    assert heads == [True] + [False] * 5
    assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in table.rows)
    # In the proportions of the Excel's columns.
    widths = [int(column.get(qn("w:w"))) for column in table._tbl.tblGrid]
    for width, units in zip(widths, annex1.WIDTHS, strict=True):
        assert width / sum(widths) == pytest.approx(units / sum(annex1.WIDTHS), abs=0.001)


def test_the_whole_round_has_a_section_for_each_unit(people):
    others = make.make_people(people.panel.round)
    # By their codes alone 10 stands before 9.
    RecommendingUnit.objects.filter(pk=others.recommender.recommending_unit_id).update(position=99)
    make.make_application(Stage.QUALIFYING, people, lead_name="甲某")
    make.make_application(Stage.RECOMMENDED, others, lead_name="乙某")
    document = export(people)
    first, second = document.tables
    assert [row[2] for row in listed(first)] == ["甲某"]
    assert [row[2] for row in listed(second)] == ["乙某"]
    assert len(document.sections) == 2
    feet = ["".join(p.text for p in section.footer.paragraphs) for section in document.sections]
    units = [each.recommender.recommending_unit.name for each in (people, others)]
    for foot, unit in zip(feet, units, strict=True):
        assert f"{people.panel.round.title}　{unit}" in foot
    # The mark that a scan of the stamped paper is compared with: what was filled in has one.
    filled = RecommendationList.objects.get()
    assert annex1.fingerprint_mark(filled.content(filled.applications())) in feet[0]
    assert "内容指纹" not in feet[1]


def test_nothing_recommended_is_a_blank_form(people):
    make.make_application(Stage.RECOMMENDING, people)
    for document in (export_own(people), export(people)):
        (table,) = document.tables
        assert rows(table) == [COLUMNS, *[[""] * 13] * 5]
        assert "填报日期：　　年　　月　　日" in lines(document)[2]
        assert len(document.sections) == 1


def test_what_was_typed_is_text_and_nothing_else(people):
    typed = '<w:br/>&amp; { DDE "cmd" } =1+1'
    make.make_application(Stage.RECOMMENDED, people, main_results=f"{typed}\x00\n第二行\u202e")
    (table,) = export_own(people).tables
    assert listed(table)[0][6] == f"{typed}\n第二行"
    parts = zipfile.ZipFile(io.BytesIO(content(people)))
    assert "instrText" not in parts.read("word/document.xml").decode()


def test_a_row_that_is_longer_than_a_page_goes_on(people):
    make.make_application(Stage.RECOMMENDED, people, main_results="解决焊接难题。" * 140)
    make.make_application(Stage.RECOMMENDED, people)
    (table,) = export_own(people).tables
    may_split = [row._tr.trPr.find(qn("w:cantSplit")) is None for row in table.rows]
    assert may_split == [False, True, False, False, False, False]


@pytest.mark.parametrize("count", [1, 30])
def test_it_asks_the_same_few_questions_however_long(people, django_assert_num_queries, count):
    application = make.make_application(Stage.RECOMMENDED, people)
    copies(application, count - 1)
    with django_assert_num_queries(7):
        (table,) = export(people).tables
    assert len(listed(table)) == count


def test_it_is_offered_where_the_excel_is_and_to_the_same_readers(client, people):
    make.make_application(Stage.QUALIFYING, people)
    address = reverse("documents:annex1_word", args=[people.panel.round_id])
    pages = {
        Role.RECOMMENDER: ["review:recommendation_list"],
        Role.OFFICE: ["review:lists_reported", "review:rounds"],
    }
    for role, names in pages.items():
        client.force_login(people.of(role))
        for name in names:
            arguments = [people.panel.round_id] if name == "review:recommendation_list" else []
            page = client.get(reverse(name, args=arguments)).content.decode()
            assert f'href="{address}' in page, name
    other = make.make_recommending_unit()
    client.force_login(people.recommender)
    assert client.get(f"{address}?unit={other.code}").status_code == 404
    response = client.get(address)
    assert response["Content-Type"].endswith("wordprocessingml.document")
    assert len(listed(Document(io.BytesIO(response.getvalue())).tables[0])) == 1


def test_above_a_number_of_rows_the_worker_writes_it(client, people, monkeypatch):
    monkeypatch.setattr("documents.views.AT_ONCE", 2)
    copies(make.make_application(Stage.RECOMMENDED, people, lead_name="甲某"), 2)
    client.force_login(people.office)
    address = reverse("documents:annex1_word", args=[people.panel.round_id])
    assert client.get(address).url == reverse("documents:exports")
    record = ExportRecord.objects.get()
    assert (record.kind, record.state, record.done) == ("ANNEX1WORD", "READY", 3)
    assert "汇总（Word 版）" in client.get(reverse("documents:exports")).content.decode()
    response = client.get(reverse("documents:export_file", args=[record.pk]))
    assert re.search(r"\.docx", response["Content-Disposition"])
    assert response["Content-Type"].endswith("wordprocessingml.document")
    (table,) = Document(io.BytesIO(response.getvalue())).tables
    assert [row[2] for row in listed(table)] == ["甲某"] * 3


def test_libreoffice_repeats_the_heads_and_keeps_every_row(people, tmp_path):
    copies(make.make_application(Stage.RECOMMENDED, people, lead_name="𬱖龘㛃䶮"), 11)
    pdf = pypdfium2.PdfDocument(as_pdf(content(people), tmp_path))
    pages = [re.sub(r"\s", "", page.get_textpage().get_text_range()) for page in pdf]
    assert len(pages) > 1
    full = [page for page in pages if "𬱖龘㛃䶮" in page]
    assert all("序号单位领办人工种" in page for page in full)
    assert "".join(pages).count("𬱖龘㛃䶮") == 12
    assert f"第1页共{len(pages)}页" in pages[0]
    assert pages[-1].index("填报人：") < pages[-1].index(REMARKS[2])
    pdf.close()


def test_pages_of_a_unit_among_several_are_its_own(people, tmp_path):
    make.make_application(Stage.RECOMMENDED, people)
    make.make_application(Stage.RECOMMENDED, make.make_people(people.panel.round))
    pdf = pypdfium2.PdfDocument(as_pdf(content(people), tmp_path))
    pages = [re.sub(r"\s", "", page.get_textpage().get_text_range()) for page in pdf]
    pdf.close()
    firsts = [page for page in pages if "第1页" in page]
    assert len(firsts) == 2
    # How many pages the whole file has is none of theirs.
    assert not any(re.search("共[0-9]+页", page) for page in pages)
