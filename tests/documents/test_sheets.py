"""Uploaded pages and pictures on A4: hostile ones too, whoever may have stored them."""

import io
import math

import pikepdf
import pypdfium2
import pytest
from pikepdf import Array, Dictionary, Name, Stream
from PIL import Image

from documents import sheets
from documents.sheets import A4, Unreadable

RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)
# The left half red, the right half blue, in the unit square.
HALVES = b"1 0 0 rg 0 0 .5 1 re f 0 0 1 rg .5 0 .5 1 re f"


def pdf_page(width=595, height=842, content=None, **keys):
    """Return a PDF whose one page is red on its left and blue on its right half."""
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=(width, height))
    drawn = f"q {width} 0 0 {height} 0 0 cm ".encode() + HALVES + b" Q"
    pdf.pages[0].obj.Contents = Stream(pdf, drawn if content is None else content)
    for key, value in keys.items():
        pdf.pages[0].obj[f"/{key}"] = value
    return pdf


def fitted(pdf):
    sheets.fit(pdf, pdf.pages[0])
    return saved(pdf)


def saved(pdf):
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


def drawn(content, page=0):
    """Return a page as an image, one pixel a point."""
    pdf = pypdfium2.PdfDocument(content)
    try:
        return pdf[page].render(scale=1).to_pil().convert("RGB")
    finally:
        pdf.close()


def colours_at(image, *places):
    """Return the colours at places given as shares of width and height, from the top left."""
    width, height = image.size
    return [image.getpixel((int(x * width), int(y * height))) for x, y in places]


def is_near(colour, other):
    return all(abs(a - b) < 60 for a, b in zip(colour, other, strict=True))


def test_an_a4_page_keeps_its_size():
    image = drawn(fitted(pdf_page(595, 842)))
    assert image.size == (596, 842)
    assert colours_at(image, (0.02, 0.02), (0.98, 0.98)) == [RED, BLUE]


@pytest.mark.parametrize(
    ("size", "is_wide"),
    [((842, 595), True), ((1684, 1191), True), ((200, 300), False), ((14_400, 14_400), False)],
)
def test_pages_of_other_sizes_are_fitted_onto_a4(size, is_wide):
    made = fitted(pdf_page(*size))
    image = drawn(made)
    assert image.size == ((842, 596) if is_wide else (596, 842))
    assert colours_at(image, (0.4, 0.5), (0.6, 0.5)) == [RED, BLUE]


def test_another_size_leaves_room_for_the_running_number():
    image = drawn(fitted(pdf_page(1000, 1414)))
    assert colours_at(image, (0.5, 0.01), (0.99, 0.02)) == [WHITE, WHITE]


@pytest.mark.parametrize(
    ("turned", "is_wide", "red_at"),
    [
        (90, True, (0.5, 0.1)),
        (180, False, (0.9, 0.5)),
        (270, True, (0.5, 0.9)),
        (-90, True, (0.5, 0.9)),
    ],
)
def test_a_turned_page_stands_upright(turned, is_wide, red_at):
    image = drawn(fitted(pdf_page(Rotate=turned)))
    assert (image.width > image.height) == is_wide
    blue_at = tuple(1 - part for part in red_at)
    assert colours_at(image, red_at, blue_at) == [RED, BLUE]


def test_only_what_viewers_show_is_taken():
    image = drawn(fitted(pdf_page(1190, 842, CropBox=Array([595, 0, 1190, 842]))))
    assert image.size == (596, 842)
    assert colours_at(image, (0.02, 0.5), (0.98, 0.5)) == [BLUE, BLUE]


def test_a_seal_on_a_page_is_kept_when_it_is_flattened():
    pdf = pdf_page()
    seal = Stream(
        pdf,
        b"0 1 0 rg 0 0 100 100 re f",
        Type=Name.XObject,
        Subtype=Name.Form,
        BBox=Array([0, 0, 100, 100]),
    )
    stamp = Dictionary(
        Type=Name.Annot,
        Subtype=Name.Stamp,
        Rect=Array([0, 0, 100, 100]),
        F=4,
        AP=Dictionary(N=seal),
    )
    pdf.pages[0].obj.Annots = Array([pdf.make_indirect(stamp)])
    pdf.flatten_annotations("all")
    image = drawn(fitted(pdf))
    assert colours_at(image, (0.05, 0.97)) == [(0, 255, 0)]


def test_nothing_that_acts_comes_through():
    pdf = pdf_page()
    hidden = pdf.make_indirect(Stream(pdf, b"ATTACHED BYTES", Type=Name.EmbeddedFile))
    drawing = Stream(
        pdf,
        b"0 0 1 1 re f",
        Type=Name.XObject,
        Subtype=Name.Form,
        BBox=Array([0, 0, 1, 1]),
        AF=Array([Dictionary(Type=Name.Filespec, EF=Dictionary(F=hidden))]),
        PieceInfo=Dictionary(Private=hidden),
    )
    page = pdf.pages[0]
    page.obj.Resources = Dictionary(XObject=Dictionary(Do=drawing))
    action = Dictionary(S=Name.JavaScript, JS=pikepdf.String("app.alert(1)"))
    page.obj.AA = Dictionary(O=action)
    page.obj.Annots = Array(
        [Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 9, 9]), A=action)]
    )
    sheets.fit(pdf, page)
    sheets.disarm(pdf)
    out = io.BytesIO()
    pdf.save(out, compress_streams=False, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    for word in (b"JavaScript", b"alert", b"ATTACHED", b"Filespec", b"/Annots", b"/AA"):
        assert word not in out.getvalue()


def test_a_page_that_cannot_be_unpacked_is_refused_and_left_as_it_was():
    pdf = pdf_page()
    broken = Stream(pdf, b"x\x9cnot deflated at all")
    broken.Filter = Name.FlateDecode
    pdf.pages[0].obj.Contents = broken
    with pytest.raises(Unreadable, match="页面已损坏"):
        sheets.fit(pdf, pdf.pages[0])
    assert [float(side) for side in pdf.pages[0].mediabox] == [0, 0, 595, 842]


def test_a_bomb_is_refused_without_being_unpacked(monkeypatch):
    monkeypatch.setattr(sheets, "CONTENT_LIMIT", 1_000_000)
    pdf = pikepdf.open(io.BytesIO(saved(pdf_page(content=b"0 0 m " * 1_000_000))))
    with pytest.raises(Unreadable, match="页面内容过大"):
        sheets.fit(pdf, pdf.pages[0])


@pytest.mark.parametrize(
    "box", [[0, 0, 0, 0], [0, 0, 10**9, 10**9], ["a", 0, 1, 1], [0, 0, 0.1, 842]]
)
def test_a_page_without_a_size_is_refused(box):
    pdf = pdf_page()
    names = [Name(f"/{side}") if isinstance(side, str) else side for side in box]
    pdf.pages[0].obj.MediaBox = Array(names)
    with pytest.raises(Unreadable):
        sheets.fit(pdf, pdf.pages[0])


def test_contents_that_are_no_stream_are_refused():
    pdf = pdf_page(Contents=Dictionary(A=1))
    with pytest.raises(Unreadable, match="页面已损坏"):
        sheets.fit(pdf, pdf.pages[0])


def test_a_page_without_contents_is_a_blank_sheet():
    pdf = pdf_page()
    del pdf.pages[0].obj.Contents
    assert colours_at(drawn(fitted(pdf)), (0.5, 0.5)) == [WHITE]


# --- Files ---


def written(tmp_path, content, name="file.pdf"):
    path = tmp_path / name
    path.write_bytes(content)
    return path


def test_pages_are_counted(tmp_path):
    assert sheets.page_count(written(tmp_path, saved(pdf_page()))) == 1


def test_files_that_cannot_be_read_say_why(tmp_path, monkeypatch):
    whole = saved(pdf_page())
    locked = io.BytesIO()
    pdf_page().save(locked, encryption=pikepdf.Encryption(user="secret", owner="secret"))
    empty = saved(pikepdf.new())
    for content, reason in (
        (locked.getvalue(), "文件已加密"),
        (whole[: len(whole) - 40], "文件不完整"),
        (b"", "文件已损坏"),
        (b"%PDF-1.7 nothing", "文件已损坏"),
        (empty, "文件没有页面"),
    ):
        with pytest.raises(Unreadable, match=reason):
            sheets.page_count(written(tmp_path, content))
    monkeypatch.setattr(sheets, "PAGE_LIMIT", 0)
    with pytest.raises(Unreadable, match="超过 0 页"):
        sheets.page_count(written(tmp_path, whole))


def test_a_page_tree_in_a_circle_or_with_a_false_count_ends(tmp_path):
    text = saved(pdf_page()).replace(b"/Count 1", b"/Count 9")
    assert sheets.page_count(written(tmp_path, text)) == 1
    circle = b"""%PDF-1.4
1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj
2 0 obj <</Type /Pages /Kids [2 0 R 3 0 R] /Count 2000000000>> endobj
3 0 obj <</Type /Pages /Kids [2 0 R] /Parent 2 0 R /Count 1>> endobj
trailer <</Root 1 0 R /Size 4>>
%%EOF"""
    with pytest.raises(Unreadable):
        sheets.page_count(written(tmp_path, circle))


# --- Pictures ---


def picture(size=(400, 300), kind="JPEG", mode="RGB", **options):
    """Return an image file, red on its left and blue on its right half."""
    image = Image.new("RGB", size, "red")
    image.paste("blue", (size[0] // 2, 0, *size))
    out = io.BytesIO()
    image.convert(mode).save(out, kind, **options)
    return out.getvalue()


def picture_page(tmp_path, content):
    out = tmp_path / "out.pdf"
    sheets.picture_page(written(tmp_path, content, "picture"), out)
    return out.read_bytes()


def test_a_wide_picture_lies_on_a_wide_sheet_with_room_for_its_caption(tmp_path):
    image = drawn(picture_page(tmp_path, picture((1600, 1200))))
    assert image.size == (842, 596)
    left, right, below = colours_at(image, (0.3, 0.4), (0.7, 0.4), (0.5, 0.88))
    assert is_near(left, RED)
    assert is_near(right, BLUE)
    assert below == WHITE


def test_a_small_picture_is_not_blown_up(tmp_path):
    image = drawn(picture_page(tmp_path, picture((40, 60))))
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
        monkeypatch.setattr(sheets, "SHOWN_PIXELS", 1)
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = drawn(picture_page(tmp_path, picture((1600, 1200), exif=exif)))
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
    left, right = colours_at(drawn(picture_page(tmp_path, content)), (0.3, 0.45), (0.7, 0.45))
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
    with pikepdf.open(io.BytesIO(picture_page(tmp_path, content))) as pdf:
        assert pdf.pages[0].resources.XObject.Picture.read_raw_bytes() == content


def test_a_huge_picture_is_made_smaller(tmp_path):
    content = picture((9000, 8000), quality=30)
    made = picture_page(tmp_path, content)
    with pikepdf.open(io.BytesIO(made)) as pdf:
        shown = pdf.pages[0].resources.XObject.Picture
        assert max(shown.Width, shown.Height) == sheets.REDRAWN[0]
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
            picture_page(tmp_path, content)
    monkeypatch.setattr(sheets, "DECODED_PIXELS", 1)
    with pytest.raises(Unreadable, match="图片过大"):
        picture_page(tmp_path, picture(kind="PNG", mode="RGBA"))
    monkeypatch.setattr(sheets, "PIXEL_LIMIT", 1)
    with pytest.raises(Unreadable, match="图片过大"):
        picture_page(tmp_path, jpeg)


def test_the_sheets_are_a4():
    assert [math.floor(side) for side in A4] == [595, 841]
    assert sheets.upright(2, 1) == A4[::-1]
    assert sheets.upright(1, 1) == A4
