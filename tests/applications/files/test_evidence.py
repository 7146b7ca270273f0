"""Uploaded files: what is accepted, what is refused and why, who may open them."""

import io
import os
import struct
import threading
import zlib
from itertools import chain

import pikepdf
import pypdfium2
import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image, ImageFile
from PIL.PngImagePlugin import PngInfo

from accounts.roles import Role
from applications.files import evidence as evidence_files
from applications.files import file_kinds
from applications.models import Application, Evidence
from applications.rounds import HIDDEN_FROM_EXPERTS, Round
from applications.stages import Stage
from applications.versions.stamped_form import print_form
from applications.workflow.events import FILE_CHANGES, names
from tests.factories import (
    image_file,
    make_application,
    make_draft,
    make_people,
    make_round,
    make_user,
    pdf_file,
    stamp,
    take,
)


def upload(data, name="文件"):
    return SimpleUploadedFile(name, data)


def picture(kind, **options):
    """The bytes of a picture that does not compress well, as a photograph."""
    image = Image.frombytes("RGB", (300, 200), os.urandom(300 * 200 * 3))
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def document(pages=2, **options):
    """The bytes of a PDF with some content on each page."""
    pdf = pikepdf.new()
    for _ in range(pages):
        pdf.add_blank_page()
        pdf.pages[-1].Contents = pdf.make_stream(b"% " + os.urandom(500).hex().encode())
    out = io.BytesIO()
    pdf.save(out, **options)
    return out.getvalue()


def png_of(width, height):
    """A tiny PNG that claims to be `width` by `height`."""

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 1000)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    )


def with_huge_text():
    """A PNG whose comment unpacks to far more than it holds."""
    info, out = PngInfo(), io.BytesIO()
    info.add_text("Comment", "x" * 5_000_000, zip=True)
    Image.new("RGB", (5, 5)).save(out, "PNG", pnginfo=info)
    return out.getvalue()


LOOPED = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[2 0 R]/Count 1>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
)


class TestCheck:
    @pytest.mark.parametrize(
        ("data", "content_type", "pages"),
        [
            (lambda: document(3), "application/pdf", 3),
            (lambda: b" \n" + document(1), "application/pdf", 1),
            (lambda: document(1) + b"\n<mail footer>", "application/pdf", 1),
            (lambda: document(1).replace(b"startxref", b"startxxxx"), "application/pdf", 1),
            (
                lambda: document(1, encryption=pikepdf.Encryption(owner="o", user="")),
                "application/pdf",
                1,
            ),
            (lambda: picture("JPEG"), "image/jpeg", 1),
            (lambda: picture("JPEG", progressive=True), "image/jpeg", 1),
            (lambda: picture("PNG"), "image/png", 1),
            (
                lambda: picture("MPO", save_all=True, append_images=[Image.new("RGB", (9, 9))]),
                "image/jpeg",
                1,
            ),
            (lambda: picture("JPEG") + b"<script>alert(1)</script>", "image/jpeg", 1),
        ],
    )
    def test_accepts_what_every_reader_opens_whatever_its_name(self, data, content_type, pages):
        found = evidence_files.check(upload(data(), "病毒.exe"))
        assert (found.content_type, found.pages) == (content_type, pages)

    @pytest.mark.parametrize(
        ("data", "sentence"),
        [
            (lambda: b"", "文件是空的"),
            (lambda: b"%PDF-1.7" + b"0" * (20 * 2**20), "文件为 20.0 MB，超过单个文件 20 MB"),
            (lambda: b"<html><script>", "实际是网页文件。只接受 PDF、OFD 或图片"),
            (lambda: b"MZ\x90\x00" * 99, "实际是程序。只接受 PDF、OFD 或图片"),
            (lambda: picture("JPEG2000"), "实际是 JPEG 2000 图片。只接受 PDF、OFD 或图片"),
            (lambda: document(encryption=pikepdf.Encryption(owner="o", user="u")), "已加密"),
            (lambda: b"%PDF-1.7\n" + b"garbage" * 500, "PDF 文件已损坏"),
            (lambda: LOOPED, "PDF 文件已损坏"),
            (lambda: b"%PDF-1.4\n1 0 obj" + b"[" * 100_000, "PDF 文件已损坏"),
            (lambda: document(9)[:6000], "PDF 文件不完整"),
            (lambda: document(0), "没有页面"),
            (lambda: document(501), "有 501 页，超过 500 页"),
            (lambda: picture("JPEG")[:-9000], "图片已损坏"),
            (lambda: picture("PNG")[:-9000], "图片已损坏"),
            (lambda: b"\x89PNG\r\n\x1a\n", "图片已损坏"),
            (lambda: b"\xff\xd8\xff" + os.urandom(999), "图片已损坏"),
            (with_huge_text, "图片已损坏"),
            (lambda: png_of(3000, 3000), "图片已损坏"),
            (lambda: png_of(9500, 9500), "图片已损坏"),
            (lambda: png_of(12_000, 10_001), "超过 12000 万像素"),
            (lambda: png_of(60_000, 60_000), "超过 12000 万像素"),
        ],
    )
    def test_refuses_in_words(self, data, sentence):
        with pytest.raises(ValidationError, match=sentence):
            evidence_files.check(upload(data(), "材料.pdf"))

    def test_refuses_a_cut_off_image_after_a_form_was_printed(self, monkeypatch):
        # Loading WeasyPrint does this to the whole process.
        monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
        with pytest.raises(ValidationError, match="图片已损坏"):
            evidence_files.check(upload(picture("JPEG")[:-9000], "照片.jpg"))


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\证书\\a.pdf", "a.pdf"),
        ("a\u202efdp.exe", "afdp.exe"),
        ("a\x00b\nc\u2028.jpg", "abc.jpg"),
        (" .. ", "未命名"),
        ("龘㛃䶮𬱖.png", "龘㛃䶮𬱖.png"),
        ("长" * 300 + ".pdf", "长" * 78 + ".pdf"),
        ("a" * 300 + ".pdf", "a" * 116 + ".pdf"),
        ("CON.pdf", "文件 CON.pdf"),
        ("com1 .x.pdf", "文件 com1 .x.pdf"),
        ("a\u200b\ufeff\u2060b.pdf", "ab.pdf"),
        ("字" + "\u0301" * 99 + ".pdf", "字\u0301\u0301.pdf"),
    ],
)
def test_names_are_freed_of_what_misleads(name, clean):
    assert evidence_files.clean_name(name) == clean


@pytest.mark.parametrize(
    ("name", "content_type", "kept"),
    [
        ("荣誉证书.jpg", "image/jpeg", "荣誉证书.jpg"),
        ("荣誉证书.JPEG", "image/jpeg", "荣誉证书.JPEG"),
        # As Windows and Edge save it; many a viewer opens nothing of this ending.
        ("荣誉证书.jfif", "image/jpeg", "荣誉证书.jpg"),
        ("荣誉证书.JPE", "image/jpeg", "荣誉证书.jpg"),
        ("荣誉证书.jfif.jpg", "image/jpeg", "荣誉证书.jpg"),
        ("扫描件.docx", "application/pdf", "扫描件.pdf"),
        ("扫描件.JPG.pdf", "application/pdf", "扫描件.pdf"),
        ("扫描件.docx.PDF", "application/pdf", "扫描件.PDF"),
        ("截图.png.png", "image/png", "截图.png"),
        ("截图 .webp", "image/png", "截图.png"),
        # What follows a dot is no ending that anybody knows.
        ("第1.2版", "application/pdf", "第1.2版.pdf"),
        ("2026.11.24", "image/jpeg", "2026.11.24.jpg"),
        (".pdf", "application/pdf", "pdf.pdf"),
        ("CON.jfif", "image/jpeg", "文件 CON.jpg"),
    ],
)
def test_a_name_ends_once_and_as_its_content_does(name, content_type, kept):
    assert evidence_files.name_for(name, content_type) == kept


def test_the_file_picker_offers_every_ending_that_is_kept_or_made_right():
    offered = evidence_files.ACCEPT.split(",")
    documents = file_kinds.DOCUMENT_TYPES.values()  # offered where LibreOffice is: `taken_as`
    kept = [ends for type_, ends in file_kinds.SUFFIXES.items() if type_ not in documents]
    endings = chain.from_iterable(kept)
    assert {*endings, ".jfif", ".dib", "image/*"} <= {*offered}


def files_in_storage():
    folder = Evidence._meta.get_field("file").storage.location
    return {os.path.join(at, name) for at, _, names in os.walk(folder) for name in names}


@pytest.mark.django_db
class TestAdd:
    def test_keeps_what_was_found_under_a_random_name(self):
        draft = make_application()
        row = evidence_files.add(
            draft, "OTHER", upload(picture("JPEG"), "现场照片.pdf"), draft.edited_by
        )
        assert row.original_name == "现场照片.jpg"
        assert row.content_type == "image/jpeg"
        assert "现场" not in row.file.name
        assert row.file.name.endswith(".jpg")
        assert row.file.size == row.size
        assert len(row.sha256) == 64

    def test_a_refused_file_leaves_nothing_behind(self, monkeypatch):
        draft = make_application()
        data = document()
        evidence_files.add(draft, "OTHER", upload(data), draft.edited_by)
        before, count = files_in_storage(), Evidence.objects.count()
        with pytest.raises(ValidationError, match="已经上传过了"):
            evidence_files.add(draft, "OTHER", upload(data), draft.edited_by)
        monkeypatch.setattr(evidence_files, "APPLICATION_LIMIT", 10_000)
        with pytest.raises(ValidationError, match="MB 的上限"):
            evidence_files.add(draft, "OTHER", upload(document(9)), draft.edited_by)
        Application.objects.filter(pk=draft.pk).update(stage=Stage.RECOMMENDING, number="N")
        with pytest.raises(ValidationError, match="申报已提交"):
            evidence_files.add(draft, "OTHER", pdf_file(), draft.edited_by)
        assert (files_in_storage(), Evidence.objects.count()) == (before, count)

    def test_a_database_that_fails_leaves_no_file(self):
        draft = make_application()
        before = files_in_storage()
        with pytest.raises(DatabaseError), connection.execute_wrapper(_fails_to_insert):
            evidence_files.add(draft, "OTHER", pdf_file(), draft.edited_by)
        assert files_in_storage() == before

    def test_a_removed_file_frees_its_room_and_its_awards(self, monkeypatch):
        draft = make_application()
        award = draft.awards.get()
        with award.evidence.file.open() as stored:
            data = stored.read()
        evidence_files.remove(award.evidence, draft.edited_by)
        award.refresh_from_db()
        assert award.evidence is None
        again = evidence_files.add(draft, "HONOUR", upload(data), draft.edited_by)
        assert again.removed_at is None

    def test_nothing_is_removed_after_submission(self):
        application = make_application(Stage.RECOMMENDING)
        file = application.evidence.first()
        with pytest.raises(ValidationError, match="不能再移除"):
            evidence_files.remove(file, application.edited_by)
        file.refresh_from_db()
        assert file.removed_at is None


@pytest.mark.django_db(transaction=True)
def test_a_stored_file_stays_though_its_examination_cannot_be_queued(settings):
    """By then the row is committed: a file taken back would leave a row without bytes."""
    draft = make_application()
    settings.TASKS = {"default": {**settings.TASKS["default"], "QUEUES": ["letters"]}}
    row = evidence_files.add(draft, "OTHER", pdf_file(), draft.edited_by)
    with row.file.open() as stored:
        assert stored.read().startswith(b"%PDF-")


@pytest.mark.django_db
class TestChanges:
    """New names, order and replacement of files that are already there."""

    @pytest.fixture
    def draft(self):
        return make_application()

    def add(self, draft, name, category="OTHER", pages=1):
        return evidence_files.add(draft, category, pdf_file(name, pages=pages), draft.edited_by)

    def names(self, draft, category="OTHER"):
        files = Application.objects.get(pk=draft.pk).current_evidence()
        return [file.original_name for file in files if file.category == category]

    def told(self, draft):
        return [
            (event.label, event.note)
            for event in draft.events.filter(action__in=names(*FILE_CHANGES))
        ]

    @pytest.mark.parametrize(
        ("typed", "name"),
        [
            ("职称证书", "职称证书.pdf"),
            ("职称证书.PDF", "职称证书.PDF"),
            ("职称证书.exe", "职称证书.pdf"),
            ("../a\u202e/证", "／a／证.pdf"),
            ("长" * 300, "长" * 80 + ".pdf"),
        ],
    )
    def test_a_new_name_keeps_the_ending_of_its_content(self, draft, typed, name):
        file = self.add(draft, "扫描0001.pdf")
        evidence_files.rename(file, typed, draft.edited_by)
        file.refresh_from_db()
        assert file.original_name == name
        assert self.told(draft) == [("材料更名", f"扫描0001.pdf → {name}")]

    def test_an_empty_name_is_refused_and_the_same_name_is_no_change(self, draft):
        file = self.add(draft, "甲.pdf")
        with pytest.raises(ValidationError, match="请填写文件名"):
            evidence_files.rename(file, " . ", draft.edited_by)
        evidence_files.rename(file, "甲.pdf", draft.edited_by)
        assert self.told(draft) == []

    def test_files_move_within_their_category_and_stop_at_its_ends(self, draft):
        first, second, third = (self.add(draft, f"{name}.pdf") for name in "甲乙丙")
        evidence_files.move(third, -1, draft.edited_by)
        assert self.names(draft) == ["甲.pdf", "丙.pdf", "乙.pdf"]
        evidence_files.move(first, 1, draft.edited_by)
        assert self.names(draft) == ["丙.pdf", "甲.pdf", "乙.pdf"]
        evidence_files.move(third, -1, draft.edited_by)
        evidence_files.move(second, 1, draft.edited_by)
        assert self.names(draft) == ["丙.pdf", "甲.pdf", "乙.pdf"]
        self.add(draft, "丁.pdf")
        assert self.names(draft)[-1] == "丁.pdf"

    def test_a_replacement_takes_place_awards_and_history(self, draft):
        award = draft.awards.get()
        old = award.evidence
        self.add(draft, "后.pdf", "HONOUR")
        award.evidence_page = 2
        award.save()
        new = evidence_files.replace(old, pdf_file("新.pdf", pages=3), draft.edited_by)
        assert self.names(draft, "HONOUR") == ["新.pdf", "后.pdf"]
        award.refresh_from_db()
        assert (award.evidence, award.evidence_page) == (new, 2)
        newer = evidence_files.replace(new, pdf_file("更新.pdf", pages=1), draft.edited_by)
        award.refresh_from_db()
        # A page that the new file does not have is asked for again.
        assert (award.evidence, award.evidence_page) == (newer, None)
        old.refresh_from_db()
        assert old.removed_by == draft.edited_by
        assert old.file.storage.exists(old.file.name)
        every = list(Application.objects.get(pk=draft.pk).evidence.all())
        (row,) = evidence_files.with_earlier([newer], every)
        assert row.earlier == [new, old]
        assert [label for label, _ in self.told(draft)] == ["替换材料", "替换材料"]
        assert self.told(draft)[1][1].endswith("：新.pdf → 更新.pdf")

    def test_a_replacement_is_checked_as_an_upload_and_leaves_the_old_file_when_refused(
        self, draft, monkeypatch
    ):
        data = document()
        old = evidence_files.add(draft, "OTHER", upload(data, "旧.pdf"), draft.edited_by)
        before = files_in_storage()
        with pytest.raises(ValidationError, match="只接受"):
            evidence_files.replace(old, upload(b"text"), draft.edited_by)
        with pytest.raises(ValidationError, match="已经上传过了"):
            evidence_files.replace(old, upload(data), draft.edited_by)
        # The room of the old file is free for the new one, and no more than that.
        used = evidence_files.taken(Application.objects.get(pk=draft.pk), "OTHER").size
        monkeypatch.setattr(evidence_files, "APPLICATION_LIMIT", used + 100)
        with pytest.raises(ValidationError, match="MB 的上限"):
            evidence_files.replace(old, upload(document(9)), draft.edited_by)
        assert self.names(draft) == ["旧.pdf"]
        assert files_in_storage() == before
        evidence_files.replace(old, pdf_file("新.pdf"), draft.edited_by)
        assert self.names(draft) == ["新.pdf"]

    def test_what_is_gone_is_not_changed_again(self, draft):
        file = self.add(draft, "甲.pdf")
        evidence_files.replace(file, pdf_file("乙.pdf"), draft.edited_by)
        before = files_in_storage()
        for change in (
            lambda: evidence_files.replace(file, pdf_file("丙.pdf"), draft.edited_by),
            lambda: evidence_files.rename(file, "丁", draft.edited_by),
            lambda: evidence_files.move(file, 1, draft.edited_by),
            lambda: evidence_files.remove(file, draft.edited_by),
        ):
            with pytest.raises(ValidationError, match="已经被移除或替换"):
                change()
        assert self.names(draft) == ["乙.pdf"]
        assert files_in_storage() == before

    def test_a_file_that_replaced_another_changes_like_any_other(self, draft):
        file = self.add(draft, "甲.pdf")
        file = evidence_files.replace(file, pdf_file("乙.pdf"), draft.edited_by)
        evidence_files.rename(file, "丙", draft.edited_by)
        evidence_files.move(file, -1, draft.edited_by)
        assert self.names(draft) == ["丙.pdf"]
        evidence_files.remove(file, draft.edited_by)
        assert self.names(draft) == []

    def test_nothing_changes_after_submission(self):
        application = make_application(Stage.RECOMMENDING)
        file, user = application.evidence.first(), application.edited_by
        for change in (
            lambda: evidence_files.replace(file, pdf_file(), user),
            lambda: evidence_files.rename(file, "新名", user),
            lambda: evidence_files.move(file, 1, user),
        ):
            with pytest.raises(ValidationError, match="申报已提交"):
                change()

    def test_a_replaced_scan_belongs_to_the_latest_print(self):
        people = make_people(make_round())
        draft = make_draft(people.panel.round, people.applicant)
        stamp(draft, people.applicant)
        scan = draft.evidence.get(category="STAMPED")
        new = evidence_files.replace(scan, pdf_file("重扫.pdf", pages=4), people.applicant)
        assert new.print == draft.prints.last()

    def test_a_scan_of_an_older_print_is_not_replaced(self):
        people = make_people(make_round())
        draft = make_draft(people.panel.round, people.applicant)
        stamp(draft, people.applicant)
        scan = draft.evidence.get(category="STAMPED")
        Application.objects.filter(pk=draft.pk).update(fax="027-83919079")
        print_form(draft, people.applicant)
        with pytest.raises(ValidationError):
            evidence_files.replace(scan, pdf_file("重扫.pdf", pages=4), people.applicant)

    def test_every_change_says_who_edited_last(self, draft):
        colleague = make_user(Role.APPLICANT, applying_unit=draft.applying_unit)
        file = self.add(draft, "甲.pdf")
        for change in (
            lambda: evidence_files.rename(file, "乙", colleague),
            lambda: evidence_files.move(file, 1, colleague),
            lambda: evidence_files.replace(file, pdf_file(), colleague),
        ):
            Application.objects.filter(pk=draft.pk).update(edited_by=None)
            change()
            assert Application.objects.get(pk=draft.pk).edited_by == colleague


@pytest.mark.django_db
class TestRoom:
    """So many files and pages as the round allows, and one more is refused in words."""

    @pytest.fixture
    def draft(self):
        return make_draft((people := make_people(make_round())).panel.round, people.applicant)

    def allow(self, draft, files=0, pages=0):
        """Let the round allow so many more files and pages than the draft has, if any are told."""
        room = evidence_files.taken(Application.objects.get(pk=draft.pk), "OTHER")
        if files:
            draft.round.most_files = room.files + files
        if pages:
            draft.round.most_pages = room.pages + pages
        draft.round.save()
        return room

    def add(self, draft, category="OTHER", **made):
        return evidence_files.add(draft, category, pdf_file(**made), draft.edited_by)

    def test_the_last_file_that_is_allowed_is_taken_and_the_next_is_refused(self, draft):
        room = self.allow(draft, files=1)
        self.add(draft)
        stored = files_in_storage()
        with pytest.raises(ValidationError) as refused:
            self.add(draft)
        most = room.files + 1
        assert refused.value.messages == [
            f"佐证材料最多 {most} 份，现有 {most} 份，请先移除或合并部分文件后再上传。"
        ]
        assert files_in_storage() == stored

    def test_the_last_page_that_is_allowed_is_taken_and_the_next_is_refused(self, draft):
        room = self.allow(draft, pages=5)
        self.add(draft, pages=3)
        with pytest.raises(ValidationError) as refused:
            self.add(draft, pages=3)
        most = room.pages + 5
        assert refused.value.messages == [
            f"佐证材料合计最多 {most} 页，现有 {most - 2} 页，上传这份后将为 {most + 1} 页，"
            "请先移除部分文件或压减页数后再上传。"
        ]
        self.add(draft, pages=2)
        with pytest.raises(ValidationError, match=f"合计最多 {most} 页，现有 {most} 页"):
            evidence_files.add(draft, "OTHER", image_file(), draft.edited_by)

    def test_a_replacement_counts_in_the_place_of_the_old_file(self, draft):
        room = self.allow(draft, files=1, pages=5)
        old = self.add(draft, pages=4)
        new = evidence_files.replace(old, pdf_file(pages=5), draft.edited_by)
        with pytest.raises(ValidationError, match=f"现有 {room.pages + 5} 页，上传这份后将为"):
            evidence_files.replace(new, pdf_file(pages=6), draft.edited_by)
        evidence_files.replace(new, pdf_file(pages=5), draft.edited_by)

    def test_what_a_removed_file_took_is_free_again(self, draft):
        self.allow(draft, files=1)
        evidence_files.remove(self.add(draft), draft.edited_by)
        self.add(draft)

    def test_files_beyond_a_limit_stay_and_may_shrink_but_not_grow(self, draft):
        first, second = (self.add(draft, pages=4) for _ in range(2))
        room = self.allow(draft)
        draft.round.most_files, draft.round.most_pages = room.files - 1, room.pages - 1
        draft.round.save()
        with pytest.raises(ValidationError, match=f"最多 {room.files - 1} 份，现有 {room.files}"):
            self.add(draft)
        with pytest.raises(ValidationError, match=f"最多 {room.pages - 1} 页，现有 {room.pages}"):
            evidence_files.replace(first, pdf_file(pages=5), draft.edited_by)
        evidence_files.replace(first, pdf_file(pages=4), draft.edited_by)
        evidence_files.rename(second, "另一名称", draft.edited_by)
        assert draft.evidence.filter(removed_at=None).count() == room.files

    def test_full_evidence_never_keeps_the_stamped_form_out(self, draft, monkeypatch):
        room = self.allow(draft)
        draft.round.most_files, draft.round.most_pages = room.files, room.pages
        draft.round.save()
        monkeypatch.setattr(evidence_files, "APPLICATION_LIMIT", room.size)
        stamp(draft, draft.edited_by)
        assert draft.evidence.filter(category="STAMPED", removed_at=None).count() == 1
        # Nor does the stamped form take the room of the evidence.
        after = evidence_files.taken(Application.objects.get(pk=draft.pk), "OTHER")
        assert after == room

    def test_the_stamped_form_has_limits_of_its_own(self, draft, monkeypatch):
        stamp(draft, draft.edited_by)
        monkeypatch.setattr(evidence_files, "STAMPED_ROOM", evidence_files.Room(2, 6, 10**6))
        with pytest.raises(ValidationError, match="盖章申报表合计最多 6 页，现有 4 页"):
            self.add(draft, "STAMPED", pages=3)
        self.add(draft, "STAMPED", pages=2)
        with pytest.raises(ValidationError, match="盖章申报表最多 2 份，现有 2 份"):
            self.add(draft, "STAMPED")
        # A new print's scan takes the place of those of the old one.
        Application.objects.filter(pk=draft.pk).update(fax="027-83919079")
        print_form(draft, draft.edited_by)
        self.add(draft, "STAMPED", pages=6)
        assert draft.evidence.filter(category="STAMPED", removed_at=None).count() == 1

    def test_files_pages_and_bytes_are_counted_in_one_query_however_many_there_are(self, draft):
        def queries():
            with CaptureQueriesContext(connection) as run:
                self.add(draft)
            return len(run)

        few = queries()
        for _ in range(6):
            self.add(draft)
        assert queries() == few


def _fails_to_insert(execute, sql, params, many, context):
    if sql.startswith("INSERT"):
        raise DatabaseError("disk full")
    return execute(sql, params, many, context)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("limited", "sentence"),
    [("size", "MB 的上限"), ("files", "请先移除或合并部分文件"), ("pages", "上传这份后将为")],
)
def test_parallel_uploads_do_not_pass_a_limit_together(monkeypatch, limited, sentence):
    draft = make_application()
    present = evidence_files.taken(Application.objects.get(pk=draft.pk), "OTHER")
    files = [pdf_file(f"{number}.pdf", pages=3) for number in range(6)]
    most = {
        "size": present.size + 2 * files[0].size + 20,
        "files": present.files + 2,
        "pages": present.pages + 2 * 3 + 2,
    }[limited]
    if limited == "size":
        monkeypatch.setattr(evidence_files, "APPLICATION_LIMIT", most)
    else:
        Round.objects.update(**{f"most_{limited}": most})
    refused, barrier = [], threading.Barrier(len(files))

    def send(file):
        barrier.wait()
        try:
            evidence_files.add(draft, "OTHER", file, draft.edited_by)
        except ValidationError as error:
            refused.append(error.messages[0])
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=[file]) for file in files]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 4
    assert all(sentence in each for each in refused)
    after = evidence_files.taken(Application.objects.get(pk=draft.pk), "OTHER")
    assert getattr(after, limited) <= most


@pytest.mark.django_db
class TestPages:
    @pytest.fixture
    def people(self):
        return make_people(make_round())

    @pytest.fixture
    def draft(self, client, people):
        client.force_login(people.applicant)
        return make_draft(people.panel.round, people.applicant)

    def send(self, client, draft, *files, category="OTHER"):
        address = reverse("applications:evidence_upload", args=[draft.pk, category])
        return client.post(address, {"files": files}, follow=True)

    def test_good_files_are_kept_when_others_are_refused(self, client, draft):
        page = self.send(
            client,
            draft,
            pdf_file("好一.pdf"),
            upload(b"", "空.pdf"),
            image_file("好二.png", "PNG"),
            upload(b"text", "a\u202e文.txt"),
        ).content.decode()
        names = draft.evidence.filter(category="OTHER").values_list("original_name", flat=True)
        assert list(names) == ["好一.pdf", "好二.png"]
        assert "空.pdf：文件是空的，请重新选择。" in page
        assert "a文.txt：这是纯文本文件。只接受 PDF、OFD 或图片文件" in page
        assert "已上传 2 份其他佐证材料。" in page

    def test_the_page_lists_categories_in_the_notices_order(self, client, draft):
        page = client.get(reverse("applications:section", args=[draft.pk, "evidence"]))
        blocks = page.context["categories"]
        assert [block["category"].value for block in blocks] == [
            "CERTIFICATE",
            "ID_CARD",
            "ACHIEVEMENT",
            "HONOUR",
            "POLICE",
            "VETO",
            "FOUNDING",
            "PHOTOS",
            "LICENCE",
            "OTHER",
        ]
        assert [block["required"] for block in blocks[:4]] == [True, True, True, False]

    def test_choosing_no_file_is_told(self, client, draft):
        assert "请先选择要上传的其他佐证材料文件" in self.send(client, draft).content.decode()

    def test_an_unknown_category_or_draft_does_not_exist(self, client, draft):
        assert self.send(client, draft, pdf_file(), category="NONE").status_code == 404
        assert self.send(client, make_application(), pdf_file()).status_code == 404

    def test_a_disk_that_fails_costs_one_file_and_no_page(self, client, draft, monkeypatch):
        storage = Evidence._meta.get_field("file").storage

        def full(*args, **kwargs):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(storage, "_save", full)
        page = self.send(client, draft, pdf_file("好.pdf")).content.decode()
        assert "好.pdf：文件没有保存成功，请稍后重新上传。" in page
        assert not draft.evidence.filter(category="OTHER").exists()

    def test_a_file_is_removed_by_its_owner_alone(self, client, draft):
        file = draft.evidence.first()
        address = reverse("applications:evidence_remove", args=[file.pk])
        assert client.get(address).status_code == 405
        page = client.post(address, follow=True).content.decode()
        assert f"已移除“{file.original_name}”。" in page
        file.refresh_from_db()
        assert file.removed_at
        assert client.post(address).status_code == 404
        foreign = make_application().evidence.first()
        address = reverse("applications:evidence_remove", args=[foreign.pk])
        assert client.post(address).status_code == 404

    def test_a_file_comes_as_what_it_is_and_can_do_nothing(self, client, draft):
        file = evidence_files.add(
            draft, "OTHER", pdf_file('证"书；龘.pdf', text="内容"), draft.edited_by
        )
        answer = client.get(file.get_absolute_url())
        with file.file.open() as stored:
            assert answer.getvalue() == stored.read()
        assert answer["Content-Type"] == "application/pdf"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Cache-Control"] == "private, no-store"
        assert "sandbox" in answer["Content-Security-Policy"]
        assert "default-src 'none'" in answer["Content-Security-Policy"]
        assert answer["Content-Disposition"].startswith("inline; filename*=utf-8''")
        assert "\n" not in answer["Content-Disposition"]

    def test_a_file_lost_from_the_disk_is_not_found(self, client, draft):
        file = draft.evidence.first()
        file.file.storage.delete(file.file.name)
        assert client.get(file.get_absolute_url()).status_code == 404

    def test_who_opens_what(self, client, people):
        application = make_application(Stage.PANEL, people=people)
        seen = {
            Role.APPLICANT: True,
            Role.RECOMMENDER: True,
            Role.OFFICE: True,
            Role.BUREAU: True,
            Role.FINANCE: False,
            Role.ADMIN: False,
        }
        for file in application.evidence.all():
            seen[Role.EXPERT] = file.category not in HIDDEN_FROM_EXPERTS
            for role, may in seen.items():
                client.force_login(people.of(role))
                # An expert is led on to a copy with the own name on it.
                answer = client.get(file.get_absolute_url(), follow=True)
                assert answer.status_code == (200 if may else 404), (role, file.category)
                answer.getvalue()

    @pytest.mark.postgres
    def test_reviewers_read_what_was_submitted_not_what_is_being_changed(self, client, people):
        application = make_application(Stage.RETURNED, people=people)
        removed = application.evidence.get(category="HONOUR")
        evidence_files.remove(removed, people.applicant)
        added = evidence_files.add(application, "HONOUR", pdf_file(), people.applicant)
        draft = evidence_files.add(application, "OTHER", pdf_file(), people.applicant)
        evidence_files.remove(draft, people.applicant)

        def readers(file):
            found = set()
            for role in Role:
                client.force_login(people.of(role))
                answer = client.get(file.get_absolute_url())
                if answer.status_code == 200:
                    found.add(role)
                answer.getvalue()
            return found

        staff = {Role.RECOMMENDER, Role.OFFICE, Role.BUREAU}
        assert readers(removed) == {Role.APPLICANT, *staff}
        assert readers(added) == {Role.APPLICANT}
        assert readers(draft) == {Role.APPLICANT}
        application.awards.update(evidence=added)
        take(application, "submit", people)
        # What an earlier version alone had is left to its owner and the review office.
        assert readers(removed) == {Role.APPLICANT, Role.OFFICE}
        assert readers(added) == {Role.APPLICANT, *staff}
        assert readers(draft) == {Role.APPLICANT}


def two_faced(mark=b""):
    """A PDF whose script qpdf does not see and PDFium does."""
    script = b"/Names << /JavaScript << /Names [(x) << /S /JavaScript /JS (app.alert(1)) >>] >> >> "
    return (
        b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R " + mark + b">>\nendobj\n"
        b"2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n"
        b"3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>\nendobj\n"
        b"x 1 0 obj << /Type /Catalog /Pages 2 0 R " + script + b">> endobj "
        b"\ntrailer\n<< /Root 1 0 R /Size 6 >>\nstartxref\n0\n%%EOF\n"
    )


def test_what_one_reader_finds_and_another_does_not_is_written_anew():
    kept = evidence_files.check(SimpleUploadedFile("a.pdf", two_faced())).content.read()
    document = pypdfium2.PdfDocument(kept)
    assert pypdfium2.raw.FPDFDoc_GetJavaScriptActionCount(document.raw) == 0
    document.close()


def test_no_mark_of_a_signature_keeps_a_damaged_file_as_it_was_sent():
    marked = two_faced(b"/Mine << /ByteRange [0 0 0 0] >> ")
    with pytest.raises(ValidationError, match="电子签章"):
        evidence_files.check(SimpleUploadedFile("a.pdf", marked))


def test_what_is_shown_of_a_file_is_no_larger_than_can_be_looked_at(monkeypatch):
    picture = image_file("扫描.tif", "TIFF")
    assert evidence_files.check(picture).rendition
    monkeypatch.setattr(evidence_files, "SHOWN_LIMIT", 100)
    with pytest.raises(ValidationError, match="展开后超过 80 MB"):
        evidence_files.check(picture)
    assert not evidence_files.check(image_file()).rendition
