"""Uploaded pictures on A4: every kind, upright, with room for a caption."""

import io

import pikepdf
import pytest
from PIL import Image, ImageFile

from applications.files import pictures
from documents.dossier import picture_pages
from documents.dossier.pages import Unreadable
from tests.documents.dossier.test_pages import BLUE, RED, WHITE, colours_at, drawn, is_near, written


@pytest.fixture(autouse=True)
def as_in_the_program(monkeypatch):
    """WeasyPrint, once loaded in this process, makes Pillow accept images that are cut off."""
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", False)


def picture(size=(400, 300), kind="JPEG", mode="RGB", **options):
    """Return an image file, red on its left and blue on its right half."""
    image = Image.new("RGB", size, "red")
    image.paste("blue", (size[0] // 2, 0, *size))
    out = io.BytesIO()
    image.convert(mode).save(out, kind, **options)
    return out.getvalue()


def sheet_of(tmp_path, content):
    out = tmp_path / "out.pdf"
    picture_pages.picture_page(written(tmp_path, content, "picture"), out)
    return out.read_bytes()


def test_a_wide_picture_lies_on_a_wide_sheet_with_room_for_its_caption(tmp_path):
    image = drawn(sheet_of(tmp_path, picture((1600, 1200))))
    assert image.size == (842, 596)
    left, right, below = colours_at(image, (0.3, 0.4), (0.7, 0.4), (0.5, 0.88))
    assert is_near(left, RED)
    assert is_near(right, BLUE)
    assert below == WHITE


def test_a_small_picture_is_not_blown_up(tmp_path):
    image = drawn(sheet_of(tmp_path, picture((40, 60))))
    assert image.size == (596, 842)
    assert colours_at(image, (0.3, 0.45)) == [WHITE]


@pytest.mark.parametrize(
    ("orientation", "is_wide", "red_at"),
    [
        (1, True, (0.3, 0.4)),
        (2, True, (0.7, 0.4)),
        (3, True, (0.7, 0.4)),
        (4, True, (0.3, 0.4)),
        (5, False, (0.5, 0.3)),
        (6, False, (0.5, 0.3)),
        (7, False, (0.5, 0.7)),
        (8, False, (0.5, 0.7)),
    ],
)
@pytest.mark.parametrize("is_drawn_anew", [False, True])
def test_a_photograph_stands_as_its_exif_says(
    tmp_path, monkeypatch, orientation, is_wide, red_at, is_drawn_anew
):
    if is_drawn_anew:
        monkeypatch.setattr(picture_pages, "SHOWN_PIXELS", 1)
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = drawn(sheet_of(tmp_path, picture((1600, 1200), exif=exif)))
    assert (image.width > image.height) == is_wide
    (colour,) = colours_at(image, red_at)
    assert is_near(colour, RED)


@pytest.mark.parametrize(
    ("kind", "mode", "options"),
    [
        ("JPEG", "L", {}),
        ("JPEG", "CMYK", {}),
        ("JPEG", "RGB", {"progressive": True}),
        ("PNG", "RGB", {}),
        ("PNG", "RGBA", {}),
        ("PNG", "P", {}),
        ("PNG", "1", {}),
        ("PNG", "L", {}),
        ("PNG", "I;16", {}),
        ("PNG", "P", {"transparency": 0}),
    ],
)
def test_every_kind_of_picture_shows(tmp_path, kind, mode, options):
    content = picture(kind=kind, mode=mode, **options) if mode != "I;16" else sixteen_bits()
    left, right = colours_at(drawn(sheet_of(tmp_path, content)), (0.3, 0.45), (0.7, 0.45))
    assert left != right
    if mode in {"RGB", "RGBA", "P", "CMYK"} and "transparency" not in options:
        assert is_near(left, RED)
        assert is_near(right, BLUE)


def sixteen_bits():
    image = Image.new("I;16", (400, 300), 60_000)
    image.paste(5_000, (200, 0, 400, 300))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def test_a_photograph_is_taken_over_byte_by_byte(tmp_path):
    content = picture()
    with pikepdf.open(io.BytesIO(sheet_of(tmp_path, content))) as pdf:
        assert pdf.pages[0].resources.XObject.Picture.read_raw_bytes() == content


def test_a_huge_picture_is_made_smaller(tmp_path):
    content = picture((9000, 8000), quality=30)
    made = sheet_of(tmp_path, content)
    with pikepdf.open(io.BytesIO(made)) as pdf:
        shown = pdf.pages[0].resources.XObject.Picture
        assert max(shown.Width, shown.Height) == picture_pages.REDRAWN[0]
    left, right = colours_at(drawn(made), (0.3, 0.4), (0.7, 0.4))
    assert is_near(left, RED)
    assert is_near(right, BLUE)


def test_pictures_that_cannot_be_read_say_why(tmp_path, monkeypatch):
    jpeg, png = picture(), picture(kind="PNG")
    for content, reason in (
        (b"", "图片已损坏"),
        (b"\xff\xd8\xff nothing", "图片已损坏"),
        (jpeg[: len(jpeg) // 2], "图片已损坏"),
        (png[: len(png) // 2], "图片已损坏"),
        (png.replace(b"IDAT", b"IDAU"), "图片已损坏"),
        (picture(kind="GIF"), "图片已损坏"),
    ):
        with pytest.raises(Unreadable, match=reason):
            sheet_of(tmp_path, content)
    monkeypatch.setattr(pictures, "SHOWN_PIXELS", 1)
    with pytest.raises(Unreadable, match="图片过大"):
        sheet_of(tmp_path, jpeg)
