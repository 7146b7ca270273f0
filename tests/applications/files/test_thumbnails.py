"""What the worker finds out about a file: thumbnail and warnings; hostile bytes hurt nothing."""

import io
import os

import pikepdf
import pytest
from PIL import Image, ImageDraw, ImageFile

from applications.files import evidence as evidence_files
from applications.files import thumbnails
from applications.files.thumbnails import draw, examine
from tests.applications.files.test_evidence import document, png_of, upload
from tests.factories import make_application

LINE_OF_TEXT = b"BT /F1 14 Tf 72 700 Td (One line of text on this page) Tj ET"


def written(*pages, size=(595, 842)):
    """The bytes of a PDF with these content streams, one a page."""
    pdf = pikepdf.new()
    font = pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
    )
    for content in pages:
        pdf.add_blank_page()
        page = pdf.pages[-1]
        page.MediaBox = [0, 0, *size]
        page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
        page.Contents = pdf.make_stream(content)
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


def photo(size=(1600, 1200), kind="JPEG", **options):
    """The bytes of a picture: red above, blue below."""
    image = Image.new("RGB", size, "red")
    ImageDraw.Draw(image).rectangle((0, size[1] // 2, *size), fill="blue")
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def examined(data, name="文件"):
    draft = make_application()
    file = evidence_files.add(draft, "OTHER", upload(data, name), draft.edited_by)
    examine.call(file.pk)
    file.refresh_from_db()
    assert file.examined_at
    return file


def thumbnail(file):
    with file.thumbnail.open() as stored, Image.open(stored) as image:
        return image.copy()


@pytest.mark.django_db
class TestExamine:
    def test_the_first_page_of_a_pdf_becomes_a_small_picture(self):
        file = examined(written(b"0 0 1 rg 0 0 595 421 re f", LINE_OF_TEXT))
        image = thumbnail(file)
        assert max(image.size) == 320
        assert image.width < image.height
        assert image.getpixel((100, 250)) == (0, 0, 255)
        assert file.warning == ""

    def test_a_photograph_stands_upright(self):
        exif = Image.Exif()
        exif[0x0112] = 6  # to be turned by 90 degrees
        image = thumbnail(examined(photo(exif=exif)))
        assert (image.width, image.height) == (240, 320)
        assert image.getpixel((200, 160))[0] > 200
        assert image.getpixel((40, 160))[2] > 200

    @pytest.mark.parametrize(
        ("pages", "warning"),
        [
            ([LINE_OF_TEXT, b"", LINE_OF_TEXT], "第 2 页几乎空白，请确认是否扫描完整。"),
            ([LINE_OF_TEXT, b"", b"", b""], "第 2、3、4 页几乎空白，请确认是否扫描完整。"),
            (
                [LINE_OF_TEXT, *[b""] * 10],
                "第 2、3、4、5、6、7、8、9 等 10 页几乎空白，请确认是否扫描完整。",
            ),
            ([b""], "文件几乎空白，请确认是否拍摄或扫描完整。"),
            # A page number alone, and the shadow at the edge of the scanner's glass.
            ([LINE_OF_TEXT, b"BT /F1 9 Tf 290 60 Td (2) Tj ET"], "第 2 页几乎空白"),
            ([LINE_OF_TEXT, b"0 g 0 0 8 842 re f"], "第 2 页几乎空白"),
            ([b"0.9 g 0 0 595 842 re f"], "文件几乎空白"),
            ([LINE_OF_TEXT], ""),
        ],
    )
    def test_blank_pages_are_told(self, pages, warning):
        file = examined(written(*pages))
        assert file.warning.startswith(warning)
        assert bool(file.warning) == bool(warning)
        assert file.thumbnail

    def test_a_long_document_is_sampled(self):
        file = examined(document(500))
        assert file.warning.startswith("第 1、26、51、76、101、126、151、176 等 20 页几乎空白")

    @pytest.mark.parametrize(
        ("size", "is_small"),
        [
            ((640, 480), True),
            ((1080, 810), True),
            ((1280, 960), False),  # what messengers leave of a photograph
            ((875, 875), False),
            ((1300, 200), False),  # as wide as the half page, and no higher than it is
        ],
    )
    def test_a_picture_too_small_to_read_in_print_is_told(self, size, is_small):
        warning = examined(photo(size)).warning
        sentence = f"图片只有 {size[0]}×{size[1]} 像素，打印后可能看不清，请换用更清晰的。"
        assert warning == (sentence if is_small else "")

    def test_an_almost_white_photograph_is_told(self):
        out = io.BytesIO()
        Image.new("RGB", (1600, 1200), (240, 238, 230)).save(out, "JPEG")
        assert examined(out.getvalue()).warning == "图片几乎空白，请确认是否拍摄或扫描完整。"

    def test_a_file_is_looked_at_once(self):
        file = examined(photo())
        before = file.examined_at, file.thumbnail.name
        examine.call(file.pk)
        file.refresh_from_db()
        assert (file.examined_at, file.thumbnail.name) == before

    def test_what_cannot_be_drawn_has_no_thumbnail_and_is_not_tried_again(self, monkeypatch):
        monkeypatch.setattr(thumbnails.DRAWING, "wall_seconds", 0.0)
        file = examined(photo())
        assert (file.thumbnail.name, file.warning) == ("", "")

    def test_it_is_queued_once_the_upload_is_committed(self, django_capture_on_commit_callbacks):
        draft = make_application()
        with django_capture_on_commit_callbacks(execute=True):
            file = evidence_files.add(draft, "OTHER", upload(photo()), draft.edited_by)
        file.refresh_from_db()
        assert file.thumbnail
        with django_capture_on_commit_callbacks(execute=True):
            file = evidence_files.replace(file, upload(written(LINE_OF_TEXT)), draft.edited_by)
        file.refresh_from_db()
        assert file.thumbnail


class TestHostileBytes:
    """Bytes as no upload lets them in: the decoders meet them in a process of their own."""

    @pytest.mark.parametrize(
        ("data", "content_type"),
        [
            (lambda: png_of(60_000, 60_000), "image/png"),
            (lambda: png_of(20_000, 20_000), "image/png"),
            (lambda: photo()[:-5000], "image/jpeg"),
            (lambda: photo(kind="GIF"), "image/png"),
            (lambda: os.urandom(5000), "image/jpeg"),
            (lambda: b"", "image/png"),
            (lambda: document(9)[:500], "application/pdf"),
            (
                lambda: document(encryption=pikepdf.Encryption(owner="o", user="u")),
                "application/pdf",
            ),
            (lambda: document(0), "application/pdf"),
            (lambda: b"%PDF-1.4\n1 0 obj" + b"[" * 100_000, "application/pdf"),
        ],
    )
    def test_give_nothing(self, data, content_type):
        assert draw(data(), content_type) == (None, b"")

    def test_a_cut_off_picture_is_refused_after_a_form_was_printed(self, monkeypatch):
        # Loading WeasyPrint does this to the whole process, but not to the one that draws.
        monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
        assert draw(photo()[:-5000], "image/jpeg") == (None, b"")

    @pytest.mark.parametrize(
        "size", [(14_400_000, 14_400_000), (0.001, 0.001), (1, 10_000_000), (-500, 800), (0, 0)]
    )
    def test_a_page_of_any_size_costs_a_small_picture(self, size):
        _, picture = draw(written(LINE_OF_TEXT, size=size), "application/pdf")
        if picture:
            assert max(Image.open(io.BytesIO(picture)).size) <= 320

    def test_ten_thousand_pages_are_sampled(self):
        pdf, out = pikepdf.new(), io.BytesIO()
        for _ in range(10_000):
            pdf.add_blank_page()
        pdf.save(out)
        seen, picture = draw(out.getvalue(), "application/pdf")
        assert len(seen["blank"]) == 20
        assert picture

    def test_memory_is_bounded(self):
        # Within the upload's 80 million pixels, but 16 bits deep: refused or drawn, never more
        # than the limit.
        out = io.BytesIO()
        Image.new("I;16", (8900, 8900)).save(out, "PNG")
        seen, picture = draw(out.getvalue(), "image/png")
        assert (seen is None) == (picture == b"")

    def test_endless_drawing_is_ended(self, monkeypatch):
        monkeypatch.setattr(thumbnails.DRAWING, "wall_seconds", 1)
        endless = written(b"0 0 600 800 re f\n" * 1_000_000)
        assert draw(endless, "application/pdf") == (None, b"")
