"""Documents of Word and Excel as evidence: converted by the worker and shown, or said why not."""

import datetime
import io
import shutil
from pathlib import Path

import docx
import openpyxl
import pypdfium2
import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from applications.files import conversion, libreoffice, limits
from applications.files.evidence import add, remove, replace
from applications.form.completeness import page_problem
from applications.models import Evidence
from applications.rounds import EvidenceCategory
from applications.stages import Stage
from applications.workflow.guards import free_of_viruses
from tests.factories import make_application, pdf_file
from tests.libreoffice import needs_libreoffice

pytestmark = pytest.mark.django_db


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
        assert conversion.refusal([file], None) is None

    def test_no_more_pages_than_a_round_takes(self, draft):
        draft.round.most_pages = 10
        draft.round.save()
        file = kept(draft, word(*["一段话" * 200] * 40))
        assert "超过 10 页的上限" in file.rendition_note
        assert not file.rendition


# Known by the name of a stream, and nothing else of a Word document.
OLD_WORD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "WordDocument".encode("utf-16-le")


@pytest.fixture
def queue(settings):
    """Tasks wait in the database, as in production; returns the conversions that wait."""
    backend = {"BACKEND": "django_tasks_db.DatabaseBackend"}
    settings.TASKS = {"default": settings.TASKS["default"] | backend}
    path = conversion.convert.module_path
    return DBTaskResult.objects.filter(task_path=path, status="READY")


@pytest.fixture
def waiting(draft, queue):
    """A document that no worker has looked at."""
    return add(draft, EvidenceCategory.HONOUR, word("甲"), draft.edited_by)


def again(file):
    return Evidence.objects.get(pk=file.pk)


def folder_of(file):
    """Where the pages of a file go, empty."""
    folder = Path(file.file.path).parent / "renditions"
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def keep(file, pages=3):
    return conversion.keep_pages(again(file), pdf_file().read(), pages, "")


def long_ago(file):
    early = timezone.now() - conversion.PATIENCE - datetime.timedelta(seconds=1)
    Evidence.objects.filter(pk=file.pk).update(uploaded_at=early)


@needs_libreoffice
class TestTwice:
    def test_two_workers_keep_one(self, waiting):
        folder, first, second = folder_of(waiting), again(waiting), again(waiting)
        assert conversion.keep_pages(first, pdf_file().read(), 3, "")
        assert not conversion.keep_pages(second, pdf_file().read(), 3, "")
        assert [Path(first.rendition.path)] == list(folder.iterdir())
        assert again(waiting).rendition.name == first.rendition.name

    def test_one_that_fails_later_says_nothing_of_what_is_shown(self, waiting):
        keep(waiting)
        conversion.give_up(waiting, conversion.FAILED)
        assert again(waiting).rendition_note == ""
        assert again(waiting).examined_at is None

    def test_what_was_erased_or_removed_meanwhile_gets_no_pages(self, waiting):
        folder = folder_of(waiting)
        Evidence.objects.filter(pk=waiting.pk).update(erased_at=timezone.now())
        assert not keep(waiting)
        Evidence.objects.filter(pk=waiting.pk).update(erased_at=None)
        remove(again(waiting), waiting.uploaded_by)
        assert not keep(waiting)
        assert not list(folder.iterdir())
        assert again(waiting).pages == 1


@needs_libreoffice
class TestTriedAgain:
    def test_where_pages_cannot_be_stored(self, waiting, queue):
        in_the_way = folder_of(waiting)
        in_the_way.write_bytes(b"")
        conversion.convert.call(waiting.pk)
        (later,) = queue
        assert later.args_kwargs["args"] == [waiting.pk, 1]
        assert later.run_after > timezone.now()
        assert conversion.is_waiting(again(waiting))
        in_the_way.unlink()
        conversion.convert.call(waiting.pk, 1)
        assert again(waiting).is_shown

    def test_while_others_are_converted(self, waiting, queue, monkeypatch):
        monkeypatch.setattr(libreoffice.CONVERTING, "patience_seconds", 0.05)
        with libreoffice.CONVERTING.turns:
            conversion.convert.call(waiting.pk)
        assert [each.args_kwargs["args"] for each in queue] == [[waiting.pk, 1]]
        assert conversion.is_waiting(again(waiting))

    def test_where_the_original_is_away(self, waiting, queue):
        Path(waiting.file.path).unlink()
        conversion.convert.call(waiting.pk, len(conversion.PAUSES))
        assert not queue.exists()  # `manage.py notify` goes on
        assert conversion.is_waiting(again(waiting))

    def test_what_was_lost_on_the_way_is_queued_again(self, waiting, queue):
        assert conversion.catch_up() == 0  # its turn may still come
        long_ago(waiting)
        assert conversion.catch_up() == 1
        assert conversion.catch_up() == 0  # it is queued
        assert [each.args_kwargs["args"][0] for each in queue] == [waiting.pk]

    def test_not_for_ever(self, waiting, queue):
        long_ago(waiting)
        for _ in range(conversion.TRIES):
            assert conversion.catch_up() == 1
            queue.update(status="FAILED")
        assert conversion.catch_up() == 0
        assert again(waiting).rendition_note == conversion.FAILED
        assert not conversion.is_waiting(again(waiting))

    def test_not_what_ended_its_workers_or_was_removed(self, draft, waiting, queue):
        removed = add(draft, EvidenceCategory.OTHER, sheets(), draft.edited_by)
        remove(removed, draft.edited_by)
        long_ago(waiting)
        long_ago(removed)
        conversion.convert.enqueue(waiting.pk)
        lost = "applications.notify.workers.WorkerLost"
        queue.update(status="FAILED", exception_class_path=lost)
        assert conversion.catch_up() == 0
        assert not queue.exists()
        assert again(waiting).rendition_note == again(removed).rendition_note == conversion.FAILED


@needs_libreoffice
class TestPages:
    def test_of_an_award_stay_until_it_is_known_how_many_there_are(self, draft, queue):
        award = draft.awards.first()
        old = add(draft, EvidenceCategory.HONOUR, pdf_file(pages=3), draft.edited_by)
        draft.awards.filter(pk=award.pk).update(evidence=old, evidence_page=3)
        new = replace(old, word("甲"), draft.edited_by)
        award.refresh_from_db()
        assert (award.evidence_id, award.evidence_page) == (new.pk, 3)
        assert page_problem(3, new) is None
        assert keep(new, pages=2)
        award.refresh_from_db()
        assert (award.evidence_id, award.evidence_page) == (new.pk, None)

    def test_no_more_than_a_file_may_have(self, waiting):
        document = docx.Document()
        for _ in range(limits.PAGE_LIMIT + 10):
            document.add_page_break()
        out = io.BytesIO()
        document.save(out)
        Path(waiting.file.path).write_bytes(out.getvalue())
        with pytest.raises(libreoffice.Unconverted, match=r"有 5\d\d 页，超过单个文件 500 页"):
            conversion.pages_of(waiting)

    def test_no_larger_than_can_be_looked_at(self, waiting, monkeypatch):
        monkeypatch.setattr(conversion, "SHOWN_LIMIT", 1000)
        with pytest.raises(libreoffice.Unconverted, match="不能在平台上查看"):
            conversion.pages_of(waiting)


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


@needs_libreoffice
@pytest.mark.parametrize("stage", [Stage.DRAFT, Stage.RETURNED])
def test_close_to_the_deadline_nobody_waits_for_a_conversion(settings, stage):
    settings.LIBREOFFICE = True
    draft = make_application(stage)
    add(draft, EvidenceCategory.OTHER, word("甲"), draft.edited_by)
    draft = type(draft).objects.get(pk=draft.pk)
    assert free_of_viruses(draft, draft.edited_by, {})
    soon = timezone.now() + conversion.PATIENCE / 2
    draft.round.closes_at = soon
    if stage == Stage.RETURNED:
        assert free_of_viruses(draft, draft.edited_by, {})
        draft.return_deadline = soon
    assert free_of_viruses(draft, draft.edited_by, {}) is None
