"""Documents of Word and Excel as evidence: converted by the worker and shown, or said why not."""

import datetime
import io

import docx
import openpyxl
import pypdfium2
import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from applications.files import conversion, libreoffice
from applications.files.evidence import add
from applications.rounds import EvidenceCategory
from applications.workflow.guards import free_of_viruses
from tests.factories import make_application

pytestmark = pytest.mark.django_db

needs_libreoffice = pytest.mark.skipif(
    not libreoffice.is_installed(),
    reason="LibreOffice (libreoffice-writer-nogui, libreoffice-calc-nogui) is not installed here",
)


def word(*paragraphs, tracked=False):
    document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    if tracked:
        inserted = document.paragraphs[0]._p.makeelement(docx.oxml.ns.qn("w:ins"), {})
        inserted.set(docx.oxml.ns.qn("w:author"), "某人")
        inserted.append(document.paragraphs[0].runs[0]._r)
        document.paragraphs[0]._p.append(inserted)
    out = io.BytesIO()
    document.save(out)
    return SimpleUploadedFile("带徒协议.docx", out.getvalue())


def sheets(columns=3, rows=5, hidden=False, area=""):
    book = openpyxl.Workbook()
    for row in range(rows):
        book.active.append([f"第{row}行{column}列" for column in range(columns)])
    if area:
        book.active.print_area = area
        book.create_sheet("说明").append(["第二张表"])
    if hidden:
        book.create_sheet("工资").sheet_state = "hidden"
    out = io.BytesIO()
    book.save(out)
    return SimpleUploadedFile("培训名单.xlsx", out.getvalue())


@pytest.fixture
def draft(settings):
    settings.LIBREOFFICE = True
    return make_application()


def kept(draft, upload):
    """The row of an upload as it is once the worker has done all that it does with it."""
    add(draft, EvidenceCategory.OTHER, upload, draft.edited_by)
    return draft.evidence.latest("pk")


class TestTaken:
    def test_not_without_libreoffice_and_then_as_before(self, settings):
        draft = make_application()
        with pytest.raises(
            ValidationError, match=r"这是 Word 文档。只接受 PDF、OFD 或图片文件，请在 Word"
        ):
            add(draft, EvidenceCategory.OTHER, word("甲"), draft.edited_by)

    @needs_libreoffice
    def test_what_is_taken_is_said_where_it_is(self, draft):
        with pytest.raises(ValidationError, match=r"只接受 PDF、OFD、图片、Word 或 Excel 文件"):
            kept(draft, SimpleUploadedFile("a.mp4", b"\0\0\0\x18ftypisom" + bytes(40)))

    @needs_libreoffice
    def test_never_as_the_stamped_form_which_is_a_scan(self, draft):
        with pytest.raises(ValidationError, match="只接受 PDF、OFD 或图片文件"):
            add(draft, EvidenceCategory.STAMPED, word("甲"), draft.edited_by)

    @needs_libreoffice
    def test_half_a_document_is_refused_at_once(self, draft):
        broken = word("甲").read()
        with pytest.raises(ValidationError, match="文档已损坏"):
            kept(draft, SimpleUploadedFile("a.docx", broken[: len(broken) // 2]))


@needs_libreoffice
@pytest.mark.django_db(transaction=True)
class TestConverted:
    def test_word(self, draft):
        upload = word("师带徒协议", "第二段")
        original = upload.read()
        upload.seek(0)
        file = kept(draft, upload)
        assert file.original_name == "带徒协议.docx"
        assert file.shown_type == "application/pdf"
        assert file.rendition_note == "显示件由平台转换，以原件为准。"
        assert file.thumbnail
        assert file.pages == 1
        with file.file.open("rb") as stored:
            assert stored.read() == original

    def test_tracked_changes_are_said(self, draft):
        assert "按修订状态显示" in kept(draft, word("增加的话", tracked=True)).rendition_note

    def test_what_is_kept_out_of_print_is_not_shown_and_that_is_said(self, draft):
        file = kept(draft, sheets(area="A1:B5"))
        assert "原件设有打印区域，区域以外没有显示" in file.rendition_note
        with file.rendition.open("rb") as stored, pypdfium2.PdfDocument(stored.read()) as pages:
            text = "".join(page.get_textpage().get_text_range() for page in pages)
        assert "第4行1列" in text
        assert "第4行2列" not in text
        assert "第二张表" in text  # which has no such area

    def test_a_wide_sheet_is_as_wide_as_a_page_and_printed_whole(self, draft):
        file = kept(draft, sheets(columns=40, rows=30))
        assert file.pages == 1
        assert file.rendition_note == "显示件由平台转换，以原件为准。"

    def test_what_is_hidden_is_said(self, draft):
        file = kept(draft, sheets(hidden=True))
        assert file.pages == 1
        assert "隐藏的工作表" in file.rendition_note

    def test_excel_of_old(self, draft):
        old = libreoffice.convert(sheets().read(), ".xlsx", "xlsx")
        assert kept(draft, SimpleUploadedFile("名单.et", old)).original_name == "名单.xlsx"

    def test_a_text_of_many_pages(self, draft):
        assert kept(draft, word(*["一段话" * 200] * 40)).pages > 5


@needs_libreoffice
@pytest.mark.django_db(transaction=True)
class TestNotConverted:
    def test_it_says_so_and_the_original_is_there(self, draft, client):
        rich = SimpleUploadedFile("说明.doc", OLD_WORD)
        file = kept(draft, rich)
        assert not file.is_shown
        assert file.rendition_note == conversion.FAILED
        client.force_login(draft.edited_by)
        page = client.get(file.get_absolute_url()).content.decode()
        assert "请在 Word、Excel 或 WPS 中另存为 PDF 后重新上传" in page
        saved = client.get(reverse("applications:evidence_original", args=[file.pk]))
        assert saved.getvalue() == OLD_WORD
        assert saved["Content-Disposition"].startswith("attachment")
        assert conversion.refusal([file]) is None

    def test_no_more_pages_than_a_round_takes(self, draft):
        draft.round.most_pages = 10
        draft.round.save()
        file = kept(draft, word(*["一段话" * 200] * 40))
        assert "超过 10 页的上限" in file.rendition_note
        assert not file.rendition


# Known by the name of a stream, and nothing else of a Word document.
OLD_WORD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "WordDocument".encode("utf-16-le")


@needs_libreoffice
def test_a_submission_waits_for_a_conversion_but_not_for_ever(draft):
    file = add(draft, EvidenceCategory.OTHER, word("甲"), draft.edited_by)  # not committed
    assert not file.is_shown
    assert free_of_viruses(draft, draft.edited_by, {}) == (
        "“带徒协议.docx”正在转换，请稍候再提交，或移除后改传 PDF。"
    )
    draft.evidence.filter(pk=file.pk).update(
        uploaded_at=timezone.now() - conversion.PATIENCE - datetime.timedelta(seconds=1)
    )
    draft = type(draft).objects.get(pk=draft.pk)
    assert free_of_viruses(draft, draft.edited_by, {}) is None
