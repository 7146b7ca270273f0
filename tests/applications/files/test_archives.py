"""A ZIP is opened into a list; what is chosen from it is taken like any other file."""

import io
import struct
import zipfile
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from applications.files import archive_program, archives
from applications.models import Archive
from applications.rounds import EvidenceCategory
from tests.factories import image_file, make_application, pdf_file

pytestmark = pytest.mark.django_db


def packed(members, **options):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", **options) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def zip_file(members, name="材料.zip"):
    return SimpleUploadedFile(name, packed(members))


def named(raw):
    """A ZIP with one file whose name is these bytes, without the mark that says UTF-8."""
    data = packed({"x" * len(raw): b"%PDF-1.4"})
    return data.replace(b"x" * len(raw), raw)


def certificates():
    return {
        "证书/一等奖.pdf": pdf_file().read(),
        "照片.jpg": image_file().read(),
        "说明.mp4": b"\0\0\0\x18ftypisom" + bytes(40),
        "空.pdf": b"",
        "旧.zip": packed({"a": b"b"}),
        "__MACOSX/._照片.jpg": b"junk",
        "Thumbs.db": b"junk",
    }


@pytest.fixture
def draft():
    return make_application()


def choice(draft, members):
    archive = archives.keep(draft, EvidenceCategory.OTHER, zip_file(members), draft.edited_by)
    return archive, {row["name"]: row for row in archives.choice_of(archive)}


class TestList:
    def test_what_is_taken_and_why_not(self, draft):
        _, rows = choice(draft, certificates())
        assert list(rows) == ["一等奖.pdf", "照片.jpg", "说明.mp4", "空.pdf", "旧.zip"]
        assert rows["一等奖.pdf"]["folder"] == "证书"
        assert rows["一等奖.pdf"]["why"] == rows["照片.jpg"]["why"] == ""
        assert rows["说明.mp4"]["kind"] == "视频"
        assert rows["说明.mp4"]["why"] == "只接受 PDF、OFD 或图片文件"
        assert rows["空.pdf"]["why"] == "是空文件"
        assert rows["旧.zip"]["why"] == "压缩包里的压缩包不打开，请解压后上传"

    @pytest.mark.parametrize("encoding", ["gbk", "utf-8", "gb18030"])
    def test_names_without_the_mark_that_says_utf8(self, encoding):
        data = named("获奖证书/一等奖.pdf".encode(encoding))
        (told,) = archive_program.look({"do": "list"}, data)[0]["members"]
        assert told["name"] == "获奖证书/一等奖.pdf"

    def test_a_name_beside_the_one_of_the_system(self):
        name = "一等奖.pdf".encode()
        extra = struct.pack("<HHBL", 0x7075, 5 + len(name), 1, 0) + name
        member = zipfile.ZipInfo("?.pdf")
        member.extra = extra
        assert archive_program.name_of(member) == "一等奖.pdf"

    def test_names_are_cleaned_as_those_of_uploads(self, draft):
        told = "\0".join(["荣誉", "证书/" * 20, "一等奖" * 100 + ".pdf"]).encode()
        member = zipfile.ZipInfo("a.pdf")
        member.extra = struct.pack("<HHBL", 0x7075, 5 + len(told), 1, 0) + told
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as made:
            made.writestr(member, b"%PDF-1.4")
        upload = SimpleUploadedFile("a.zip", out.getvalue())
        archives.keep(draft, EvidenceCategory.OTHER, upload, draft.edited_by)
        (row,) = archives.choice_of(Archive.objects.get())
        assert row["name"].startswith("一等奖一等奖")
        assert len(row["name"].encode()) <= 240
        assert row["name"].endswith(".pdf")
        assert row["folder"] == "/".join(["证书"] * 7)

    def test_encrypted_files_are_listed_with_why(self, draft):
        data = bytearray(packed({"a.pdf": b"%PDF-1.4"}))
        data[6] |= 1
        data[data.index(b"PK\x01\x02") + 8] |= 1
        upload = SimpleUploadedFile("a.zip", bytes(data))
        archive = archives.keep(draft, EvidenceCategory.OTHER, upload, draft.edited_by)
        assert archives.choice_of(archive)[0]["why"].startswith("已加密")

    def test_one_that_unpacks_to_more_than_a_file_may_have(self, monkeypatch):
        monkeypatch.setattr(archive_program, "FILE_LIMIT", 1000)
        data = packed({"a.pdf": bytes(5000)}, compression=zipfile.ZIP_DEFLATED)
        assert archive_program.look({"do": "list"}, data)[0]["members"][0]["problem"] == "large"
        # One that says less than it holds is read no further, either.
        told = data.replace((5000).to_bytes(4, "little"), (500).to_bytes(4, "little"))
        assert archive_program.look({"do": "list"}, told)[0]["members"][0]["problem"] in {
            "damaged", "large", "",
        }  # fmt: skip

    def test_all_together_unpack_to_no_more_than_an_application_may_have(self, monkeypatch):
        monkeypatch.setattr(archive_program, "APPLICATION_LIMIT", 1000)
        data = packed({"a.pdf": bytes(600), "b.pdf": bytes(600)})
        told = archive_program.look({"do": "list"}, data)[0]["members"]
        assert [each["problem"] for each in told] == ["", "much"]

    def test_too_many_none_and_nothing_that_opens(self, draft):
        for data, sentence in (
            (packed({}), "没有文件"),
            (packed({"__MACOSX/a": b""}), "没有文件"),
            (packed({f"{n}.pdf": b"" for n in range(201)}), "超过 200 个"),
            (b"PK\x03\x04" + bytes(300), "压缩包无法打开"),
        ):
            upload = SimpleUploadedFile("a.zip", data)
            with pytest.raises(ValidationError, match=sentence):
                archives.keep(draft, EvidenceCategory.OTHER, upload, draft.edited_by)
        assert not Archive.objects.exists()


class TestTaken:
    def test_like_any_other_file_and_then_the_archive_is_gone(self, draft):
        archive, rows = choice(draft, certificates())
        stored = archive.file
        before = draft.evidence.count()
        places = [row["place"] for row in rows.values()]
        kept, refused, left = archives.take(archive, places, draft.edited_by)
        assert [row.original_name for row in kept] == ["一等奖.pdf", "照片.jpg"]
        assert (refused, left) == ([], 0)
        assert draft.evidence.count() == before + 2
        assert not Archive.objects.exists()
        assert not stored.storage.exists(stored.name)

    def test_what_there_is_no_time_for_stays(self, draft, monkeypatch):
        archive, rows = choice(draft, certificates())
        monkeypatch.setattr(archives, "PATIENCE_SECONDS", 0)
        places = [row["place"] for row in rows.values() if not row["why"]]
        assert archives.take(archive, places, draft.edited_by) == ([], [], 2)
        still = [row["place"] for row in archives.choice_of(archive) if row["is_ticked"]]
        assert still[:2] == places

    def test_what_was_not_chosen_stays_without_its_tick(self, draft):
        archive, _ = choice(draft, certificates())
        kept, _, left = archives.take(archive, [1], draft.edited_by)
        assert ([row.original_name for row in kept], left) == (["照片.jpg"], 0)
        rows = archives.choice_of(Archive.objects.get())
        assert [(row["name"], row["is_ticked"]) for row in rows if not row["why"]] == [
            ("一等奖.pdf", False)
        ]

    def test_what_there_is_no_room_for_stays_with_its_sentence(self, draft):
        archive, _ = choice(draft, certificates())
        draft.round.most_files = draft.evidence.count()
        draft.round.save()
        assert archives.take(archive, [0, 1], draft.edited_by)[2] == 2
        first = archives.choice_of(Archive.objects.get())[0]
        assert first["is_ticked"]
        assert first["told"].startswith("佐证材料最多")
        draft.round.most_files += 2
        draft.round.save()
        kept, refused, left = archives.take(archive, [0, 1], draft.edited_by)
        assert (len(kept), refused, left) == (2, [], 0)
        assert not Archive.objects.exists()

    def test_what_is_wrong_with_a_file_is_said_once(self, draft):
        archive, _ = choice(draft, {"坏.pdf": b"%PDF-1.4\n", "照片.jpg": image_file().read()})
        _, refused, left = archives.take(archive, [0], draft.edited_by)
        assert ([name for name, _ in refused], left) == (["坏.pdf"], 0)
        assert [row["name"] for row in archives.choice_of(archive)] == ["照片.jpg"]

    def test_two_clicks_take_it_once(self, draft):
        archive, _ = choice(draft, certificates())
        other = Archive.objects.get()
        archives.take(archive, [0], draft.edited_by)
        before = draft.evidence.count()
        with pytest.raises(ValidationError, match="正在上传或者已经上传"):
            archives.take(other, [0], draft.edited_by)
        archives.take(archive, [1], draft.edited_by)
        with pytest.raises(ValidationError, match="已经处理完"):
            archives.take(other, [1], draft.edited_by)
        assert draft.evidence.count() == before + 1

    def test_of_one_whose_bytes_are_gone(self, draft):
        archive, _ = choice(draft, certificates())
        archive.file.storage.delete(archive.file.name)
        with pytest.raises(ValidationError, match="已经超过一小时"):
            archives.take(archive, [0], draft.edited_by)

    def test_one_that_is_not_stored_leaves_the_earlier_one(self, draft):
        earlier, _ = choice(draft, certificates())
        folder = Path(earlier.file.path).parent
        away = folder.rename(folder.with_name("away"))
        folder.write_bytes(b"")
        try:
            with pytest.raises(ValidationError, match="没有保存成功"):
                choice(draft, certificates())
        finally:
            folder.unlink()
            away.rename(folder)
        assert Archive.objects.get() == earlier
        assert earlier.file.storage.exists(earlier.file.name)

    def test_a_later_one_takes_its_place(self, draft):
        first, _ = choice(draft, certificates())
        second, _ = choice(draft, certificates())
        assert Archive.objects.get() == second
        assert not first.file.storage.exists(first.file.name)

    def test_after_an_hour_it_is_gone(self, draft):
        archive, _ = choice(draft, certificates())
        assert archives.forget_lapsed() == 0
        Archive.objects.update(uploaded_at=timezone.now() - archives.KEPT)
        assert archives.forget_lapsed() == 1
        assert not archive.file.storage.exists(archive.file.name)


class TestPage:
    @pytest.fixture
    def client(self, client, draft):
        client.force_login(draft.edited_by)
        return client

    def upload(self, client, draft, category="OTHER", **headers):
        address = reverse("applications:evidence_upload", args=[draft.pk, category])
        return client.post(address, {"files": zip_file(certificates())}, headers=headers)

    def test_from_the_upload_to_the_files(self, client, draft):
        answer = self.upload(client, draft)
        archive = Archive.objects.get()
        assert answer.url == reverse("applications:evidence_archive", args=[draft.pk, archive.pk])
        page = client.get(answer.url).content.decode()
        assert "共 5 个文件，可以上传 2 个" in page
        assert page.count("checked") == 2
        assert 'aria-current="true">我的申报' in page
        assert client.get(answer.url, {"tick": "none"}).content.decode().count("checked") == 0
        done = client.post(answer.url, {"place": [0]}, follow=True)
        assert "已上传 1 份领办人职业资格（职业技能等级）证书。" in done.content.decode()
        assert draft.evidence.latest("pk").original_name == "一等奖.pdf"
        assert client.get(answer.url).content.decode().count("checked") == 0
        twice = client.post(answer.url, {"place": [0]}, follow=True)
        assert "正在上传或者已经上传" in twice.content.decode()
        client.post(answer.url, {"place": [1]})
        gone = client.get(answer.url, follow=True)
        assert archives.GONE in gone.content.decode()
        assert gone.redirect_chain[-1][0].endswith("/edit/evidence/")

    def test_each_file_goes_to_its_category(self, client, draft):
        members = {
            f"{name}/{name}.pdf": pdf_file().read() for name in ("荣誉", "照片", "执照", "a")
        }
        upload = reverse("applications:evidence_upload", args=[draft.pk, "OTHER"])
        address = client.post(upload, {"files": zip_file(members)}).url
        page = client.get(address).content.decode()
        for category in ("HONOUR", "PHOTOS", "LICENCE", "OTHER"):
            assert f'<option value="{category}" selected>' in page
        # What was chosen stays with what was not ticked, and when nothing was.
        assert (
            '"POLICE" selected' in client.post(address, {"category-3": "POLICE"}).content.decode()
        )
        chosen = {"place": [0, 1], "category-1": "FOUNDING", "category-2": "STAMPED"}
        page = client.post(address, {**chosen, "category-3": "POLICE"}, follow=True)
        page = page.content.decode()
        told = "已上传 2 份：所获荣誉或奖项的复印件或旁证材料 1 份，设立工作室的行政文件 1 份。"
        assert told in page
        assert '"POLICE" selected' in page
        assert '"LICENCE" selected' in page
        assert draft.evidence.get(original_name="照片.pdf").category == "FOUNDING"

    def test_places_that_are_none(self, client, draft):
        address = self.upload(client, draft).url
        for place in ("9" * 5000, "²", "-1"):
            assert client.post(address, {"place": place}).status_code == 302
        assert Archive.objects.exists()

    def test_a_script_is_told_where_to_choose(self, client, draft):
        answer = self.upload(client, draft, accept="application/json").json()
        assert answer["errors"] == []
        assert answer["choice"] == reverse(
            "applications:evidence_archive", args=[draft.pk, Archive.objects.get().pk]
        )

    def test_nothing_ticked_keeps_the_choice(self, client, draft):
        address = self.upload(client, draft).url
        assert "请勾选要上传的文件" in client.post(address).content.decode()
        assert Archive.objects.exists()

    def test_given_up_it_is_gone(self, client, draft):
        address = self.upload(client, draft).url
        client.post(address, {"give_up": "yes"})
        assert not Archive.objects.exists()

    def test_a_stamped_form_is_no_archive(self, client, draft):
        self.upload(client, draft, "STAMPED")
        assert not Archive.objects.exists()
