"""What an expert opens bears the expert's name and the time; what is stored never changes."""

import io
import tempfile
import zlib
from importlib import import_module
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.db import connection
from django.urls import reverse
from pikepdf import Name
from PIL import Image, ImageChops

from applications.models import Application, Evidence
from applications.rounds import EvidenceCategory
from applications.stages import Stage
from documents import tasks
from documents.annex2 import prepared
from documents.dossier import copies, watermark
from documents.dossier.copies import Uncopied
from documents.dossier.material import Material
from documents.models import MarkedCopy, Package
from tests.factories import image_file, make_application, make_people, make_round, pdf_file
from tests.review.inspection.test_photos import PLACE, phone_photo

DECODED = pikepdf.StreamDecodeLevel.generalized
TEXT = "龘某　2026-11-24 16:33　仅供评审使用"


def texts(content):
    """The text of each page, as pdfium reads it."""
    with pypdfium2.PdfDocument(content) as document:
        found = []
        for page in document:
            textpage = page.get_textpage()
            found.append(textpage.get_text_range())
            textpage.close()
            page.close()
        return found


def marked(source, action="mark_pdf"):
    """What the program makes of an uploaded file (bytes)."""
    with tempfile.TemporaryDirectory() as folder:
        original, out = Path(folder, "original"), Path(folder, "marked")
        original.write_bytes(source.getvalue())
        how = {"data": watermark.stamp(TEXT)} if action == "mark_pdf" else {}
        question = {"source": str(original), "text": TEXT, "seconds": 20}
        copies.make(copies.MARKING, action, out, **question, **how)
        return out.read_bytes()


def in_memory(upload):
    return io.BytesIO(upload.read())


def saved(pdf):
    out = io.BytesIO()
    pdf.save(out)
    return out


class TestPdf:
    def test_every_page_bears_the_text_and_keeps_its_size(self):
        pdf = pikepdf.new()
        for size in ((595, 842), (842, 595), (200, 3000)):
            pdf.add_blank_page(page_size=size)
        pdf.pages[1].obj.Rotate = 90
        pdf.pages[2].obj.CropBox = pikepdf.Array([50, 50, 150, 2500])
        content = marked(saved(pdf))
        assert all("龘某" in each and "2026-11-24 16:33" in each for each in texts(content))
        with pypdfium2.PdfDocument(content) as document:
            sizes = [tuple(map(round, document.get_page_size(n))) for n in range(3)]
        assert sizes == [(595, 842), (595, 842), (100, 2450)]

    def test_two_hundred_pages_grow_little(self):
        source = pdf_file(pages=200)
        content = marked(in_memory(source))
        assert len(texts(content)) == 200
        assert len(content) < source.size + 200_000

    def test_content_that_ends_early_does_not_move_the_text(self):
        pdf = pikepdf.new()
        pdf.add_blank_page(page_size=(595, 842))
        pdf.pages[0].Contents = pdf.make_stream(b"Q Q q 0 0 0 0 9999 9999 cm q")
        content = marked(saved(pdf))
        with pypdfium2.PdfDocument(content) as document:
            page = document[0].render(scale=0.5).to_pil().convert("L")
        assert page.getextrema()[0] < 240

    def test_scripts_attachments_and_forms_are_left_out(self):
        pdf = pikepdf.new()
        pdf.add_blank_page(page_size=(595, 842))
        pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
        pdf.attachments["原件.txt"] = "秘密".encode()
        with pikepdf.open(io.BytesIO(marked(saved(pdf)))) as made:
            assert set(made.Root.keys()) == {"/Type", "/Pages"}
            assert not made.attachments

    @pytest.mark.parametrize("content", [b"%PDF-1.4\nnothing", b"", b"%PDF-1.4\n%%EOF"])
    def test_damaged_is_refused(self, content):
        with pytest.raises(Uncopied):
            marked(io.BytesIO(content))


def told_pdf(photo):
    """A PDF with a photo as it is and one packed twice, and all that programs tell in a PDF."""
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=(400, 300))
    pdf.docinfo["/Author"] = PLACE.decode()
    pdf.docinfo["/Keywords"] = PLACE.decode()

    def told():
        return pdf.make_stream(b"<x>" + PLACE + b"</x>", Type=Name.Metadata, Subtype=Name.XML)

    picture = {
        "Type": Name.XObject, "Subtype": Name.Image, "Width": 160, "Height": 120,
        "ColorSpace": Name.DeviceRGB, "BitsPerComponent": 8,
    }  # fmt: skip
    plain = pdf.make_stream(photo, **picture, Filter=Name.DCTDecode, Metadata=told())
    twice = pdf.make_stream(
        zlib.compress(photo),
        **picture,
        Filter=pikepdf.Array([Name.FlateDecode, Name.DCTDecode]),
    )
    page = pdf.pages[0]
    page.obj.Metadata = told()
    page.obj.PieceInfo = pikepdf.Dictionary(Private=told())
    pdf.Root.Metadata = told()
    page.obj.Resources = pikepdf.Dictionary(
        XObject=pikepdf.Dictionary(A=plain, B=twice),
        Properties=pikepdf.Dictionary(P=pikepdf.Dictionary(Metadata=told())),
    )
    page.contents_add(b"q 160 0 0 120 0 0 cm /A Do Q q 160 0 0 120 200 0 cm /B Do Q")
    return saved(pdf)


class TestNothingIsToldBesides:
    """Who wrote a file, with which phone, and where, is the unit's: experts see the pages."""

    @pytest.mark.parametrize("second", [False, True])
    @pytest.mark.parametrize("action", ["mark_pdf", "fit_pdf"])
    def test_of_a_pdf(self, action, second):
        source = told_pdf(phone_photo(second=second))
        content = marked(source, action)
        with pikepdf.open(io.BytesIO(content)) as pdf:
            assert "/Info" not in pdf.trailer
            assert "/Metadata" not in pdf.Root
            plain = io.BytesIO()
            pdf.save(plain, compress_streams=False, stream_decode_level=DECODED)
            pictures = [
                each for each in pdf.objects if isinstance(each, pikepdf.Stream)
                and each.get("/Subtype") == Name.Image and each.get("/Width") == 160
            ]  # fmt: skip
            assert len(pictures) == 2
            for each in pictures:
                with Image.open(io.BytesIO(each.read_raw_bytes())) as image:
                    image.load()
                    assert not image.getexif()
        assert PLACE not in plain.getvalue()

    def test_a_picture_that_is_cut_off_stays_as_it_was(self):
        whole = phone_photo()
        content = marked(told_pdf(whole[: len(whole) - 900]))
        assert PLACE not in content
        assert len(texts(content)) == 1

    @pytest.mark.parametrize("action", ["mark_picture", "fit_picture"])
    def test_of_a_photo(self, action):
        assert PLACE not in marked(io.BytesIO(phone_photo()), action)


class TestPicture:
    def test_bears_the_text_all_over(self):
        content = marked(in_memory(image_file(size=(1200, 900))), "mark_picture")
        made = Image.open(io.BytesIO(content)).convert("L")
        assert made.size == (1200, 900)
        for x in (0, 600):
            for y in (0, 450):
                quarter = made.crop((x, y, x + 600, y + 450))
                assert quarter.getextrema()[0] < 235

    def test_a_transparent_png_is_marked_on_white(self):
        image = io.BytesIO()
        Image.new("RGBA", (400, 300), (0, 0, 0, 0)).save(image, "PNG")
        made = Image.open(io.BytesIO(marked(image, "mark_picture")))
        white = Image.new("RGB", made.size, "white")
        assert ImageChops.difference(made, white).getbbox()
        assert made.getextrema()[0][1] > 250

    def test_damaged_is_refused(self):
        half = image_file(size=(800, 800)).read()[:2000]
        with pytest.raises(Uncopied):
            marked(io.BytesIO(half), "mark_picture")


@pytest.mark.django_db
class TestFiles:
    @pytest.fixture
    def people(self):
        return make_people(make_round(), experts=2)

    def second(self, people):
        return people.panel.experts.exclude(pk=people.expert.pk).get()

    @pytest.fixture
    def application(self, people):
        return make_application(Stage.PANEL, people)

    def test_the_expert_gets_a_marked_copy_and_the_others_the_original(
        self, client, people, application
    ):
        licence = application.evidence.get(category=EvidenceCategory.LICENCE)
        url = reverse("applications:evidence_file", args=[licence.pk])
        with licence.file.open() as file:
            original = file.read()
        client.force_login(people.expert)
        response = client.get(url, follow=True)
        content = b"".join(response.streaming_content)
        assert people.expert.name in texts(content)[0]
        assert response["Cache-Control"] == "private, no-store"
        assert "sandbox" in response["Content-Security-Policy"]
        for user in (people.applicant, people.office):
            client.force_login(user)
            assert b"".join(client.get(url).streaming_content) == original

    def test_what_cannot_be_marked_is_not_served(self, client, people, application):
        licence = application.evidence.get(category=EvidenceCategory.LICENCE)
        licence.file.storage.delete(licence.file.name)
        name = licence.file.storage.save(licence.file.name, ContentFile(b"%PDF-1.4 broken"))
        Evidence.objects.filter(pk=licence.pk).update(file=name)
        client.force_login(people.expert)
        response = client.get(reverse("documents:marked_evidence", args=[licence.pk]))
        assert response.status_code == 422
        assert "不能加注水印" in response.content.decode()

    def test_the_form_is_marked_for_experts_alone(self, client, people, application):
        url = reverse("documents:annex2", args=[application.pk])
        client.force_login(people.expert)
        pages = texts(b"".join(client.get(url).streaming_content))
        assert all("仅供评审使用" in page for page in pages)
        client.force_login(people.office)
        assert "仅供评审使用" not in "".join(texts(b"".join(client.get(url).streaming_content)))

    def test_the_dossier_is_marked_and_the_originals_are_not_offered(
        self, client, people, application
    ):
        client.force_login(people.expert)
        url = reverse("documents:dossier", args=[application.pk])
        assert "原件压缩包" not in client.get(url).content.decode()
        assert client.post(url, {"kind": "ARCHIVE"}).status_code == 404
        archive = reverse("documents:package", args=[application.pk, "ARCHIVE"])
        assert client.get(archive).status_code == 404
        client.post(url, {"kind": "DOSSIER"})
        package = Package.objects.get()
        tasks.build.call(package.pk, str(package.run))
        made = client.get(reverse("documents:package", args=[application.pk, "DOSSIER"]))
        pages = texts(b"".join(made.streaming_content))
        assert len(pages) > 3
        assert all(people.expert.name in page for page in pages)

    def test_an_experts_dossier_is_no_other_experts(self, client, people, application):
        own, other = (
            Material(expert, prepared(Application.objects).get(pk=application.pk))
            for expert in (people.expert, self.second(people))
        )
        assert own.audience != other.audience
        assert own.key != other.key

    def test_a_copy_is_made_once_for_each_expert(self, client, people, application):
        licence = application.evidence.get(category=EvidenceCategory.LICENCE)
        url = reverse("documents:marked_evidence", args=[licence.pk])
        client.force_login(people.expert)
        first = b"".join(client.get(url).streaming_content)
        copy = MarkedCopy.objects.get()
        assert b"".join(client.get(url).streaming_content) == first
        assert MarkedCopy.objects.get() == copy
        client.force_login(self.second(people))
        assert self.second(people).name in texts(b"".join(client.get(url).streaming_content))[0]
        assert MarkedCopy.objects.count() == 2

    def test_a_copy_that_was_lost_or_bears_an_old_name_is_made_again(
        self, client, people, application
    ):
        licence = application.evidence.get(category=EvidenceCategory.LICENCE)
        url = reverse("documents:marked_evidence", args=[licence.pk])
        client.force_login(people.expert)
        b"".join(client.get(url).streaming_content)
        copy = MarkedCopy.objects.get()
        copy.file.storage.delete(copy.file.name)
        b"".join(client.get(url).streaming_content)
        assert MarkedCopy.objects.get().file.name != copy.file.name
        people.expert.name = "欧阳新名"
        people.expert.save()
        assert "欧阳新名" in texts(b"".join(client.get(url).streaming_content))[0]
        assert MarkedCopy.objects.count() == 1

    def test_a_copy_from_before_copies_told_nothing_is_made_again(
        self, client, people, application
    ):
        licence = application.evidence.get(category=EvidenceCategory.LICENCE)
        url = reverse("documents:marked_evidence", args=[licence.pk])
        client.force_login(people.expert)
        b"".join(client.get(url).streaming_content)
        before = MarkedCopy.objects.get().file.name
        anew = import_module("documents.migrations.0010_marked_copies_anew")
        anew.forget(apps, connection.schema_editor())
        b"".join(client.get(url).streaming_content)
        assert MarkedCopy.objects.get().file.name != before
