"""Uploaded files: what is accepted, what is refused and why, who may open them."""

import io
import os
import struct
import threading
import zlib

import pikepdf
import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection
from django.urls import reverse
from PIL import Image, ImageFile
from PIL.PngImagePlugin import PngInfo

from accounts.roles import Role
from applications import evidence as evidence_files
from applications.models import Application, Evidence
from applications.rounds import HIDDEN_FROM_EXPERTS
from applications.stages import Stage
from tests.factories import (
    image_file,
    make_application,
    make_draft,
    make_people,
    make_round,
    pdf_file,
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
            (lambda: b"<html><script>", "只接受 PDF、JPG 或 PNG"),
            (lambda: b"MZ\x90\x00" * 99, "只接受 PDF、JPG 或 PNG"),
            (lambda: picture("GIF"), "只接受 PDF、JPG 或 PNG"),
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
            (lambda: png_of(9000, 9000), "超过 8000 万像素"),
            (lambda: png_of(9500, 9500), "超过 8000 万像素"),
            (lambda: png_of(60_000, 60_000), "超过 8000 万像素"),
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
        ("长" * 300 + ".pdf", "长" * 116 + ".pdf"),
    ],
)
def test_names_are_freed_of_what_misleads(name, clean):
    assert evidence_files.clean_name(name) == clean


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
        assert row.original_name == "现场照片.pdf.jpg"
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
        with pytest.raises(ValidationError, match="超过 300 MB"):
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


def _fails_to_insert(execute, sql, params, many, context):
    if sql.startswith("INSERT"):
        raise DatabaseError("disk full")
    return execute(sql, params, many, context)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_parallel_uploads_do_not_pass_the_limit_together(monkeypatch):
    draft = make_application()
    present = sum(draft.evidence.values_list("size", flat=True))
    files = [pdf_file(f"{number}.pdf", pages=3) for number in range(6)]
    monkeypatch.setattr(evidence_files, "APPLICATION_LIMIT", present + 2 * files[0].size + 20)
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
    assert all("超过 300 MB" in sentence for sentence in refused)
    assert sum(draft.evidence.values_list("size", flat=True)) <= evidence_files.APPLICATION_LIMIT


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
        assert "a文.txt：只接受 PDF、JPG 或 PNG 文件" in page
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
                answer = client.get(file.get_absolute_url())
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

    def test_in_a_bucket_the_browser_is_sent_to_a_signed_link(self, client, draft, monkeypatch):
        file = draft.evidence.first()
        storage = type(Evidence._meta.get_field("file").storage._wrapped)

        def no_path(self, name):
            raise NotImplementedError

        monkeypatch.setattr(storage, "path", no_path)
        monkeypatch.setattr(storage, "url", lambda self, name: f"https://s3.example/{name}?signed")
        answer = client.get(file.get_absolute_url())
        assert answer.url == f"https://s3.example/{file.file.name}?signed"
        assert answer["Cache-Control"] == "private, no-store"
