"""Uploaded pages on A4: hostile ones too, whoever may have stored them."""

import io
import math

import pikepdf
import pypdfium2
import pytest
from pikepdf import Array, Dictionary, Name, Stream

from documents.dossier import pages
from documents.dossier.pages import A4, Unreadable

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
    fit(pdf)
    return saved(pdf)


def fit(pdf):
    pages.fit(pages.Drawings(pdf), pdf.pages[0])


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


def test_a_page_in_larger_units_is_as_large_as_it_says():
    image = drawn(fitted(pdf_page(297.64, 420.94, UserUnit=2)))
    assert image.size == (596, 842)
    assert colours_at(image, (0.02, 0.02), (0.98, 0.98)) == [RED, BLUE]


def test_what_pages_share_is_one_drawing():
    pdf = pdf_page()
    pdf.pages[0].obj.Resources = pdf.make_indirect(Dictionary())
    for _ in range(99):
        pdf.pages.append(pdf.pages[0])
    drawings = pages.Drawings(pdf)
    for page in pdf.pages:
        pages.fit(drawings, page)
    assert len({page.resources.XObject.Page.objgen for page in pdf.pages}) == 1


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
    fit(pdf)
    pages.disarm(pdf)
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
        fit(pdf)
    assert [float(side) for side in pdf.pages[0].mediabox] == [0, 0, 595, 842]


def test_a_bomb_is_refused_without_being_unpacked(monkeypatch):
    monkeypatch.setattr(pages, "CONTENT_LIMIT", 1_000_000)
    pdf = pikepdf.open(io.BytesIO(saved(pdf_page(content=b"0 0 m " * 1_000_000))))
    with pytest.raises(Unreadable, match="页面内容过大"):
        fit(pdf)


@pytest.mark.parametrize(
    "box", [[0, 0, 0, 0], [0, 0, 10**9, 10**9], ["a", 0, 1, 1], [0, 0, 0.1, 842]]
)
def test_a_page_without_a_size_is_refused(box):
    pdf = pdf_page()
    names = [Name(f"/{side}") if isinstance(side, str) else side for side in box]
    pdf.pages[0].obj.MediaBox = Array(names)
    with pytest.raises(Unreadable):
        fit(pdf)


def test_contents_that_are_no_stream_are_refused():
    pdf = pdf_page(Contents=Dictionary(A=1))
    with pytest.raises(Unreadable, match="页面已损坏"):
        fit(pdf)


def test_a_page_without_contents_is_a_blank_sheet():
    pdf = pdf_page()
    del pdf.pages[0].obj.Contents
    assert colours_at(drawn(fitted(pdf)), (0.5, 0.5)) == [WHITE]


# --- Files ---


def written(tmp_path, content, name="file.pdf"):
    path = tmp_path / name
    path.write_bytes(content)
    return path


def page_count(path):
    with pages.opened(path) as pdf:
        return len(pdf.pages)


def test_pages_are_counted(tmp_path):
    assert page_count(written(tmp_path, saved(pdf_page()))) == 1


def test_files_that_cannot_be_read_say_why(tmp_path, monkeypatch):
    whole = saved(pdf_page())
    locked = io.BytesIO()
    pdf_page().save(locked, encryption=pikepdf.Encryption(user="secret", owner="secret"))
    empty = saved(pikepdf.new())
    for content, reason in (
        (locked.getvalue(), "文件已加密"),
        (whole[: len(whole) - 40], "文件不完整"),
        (b"", "文件是空的"),
        (b"%PDF-1.7 nothing", "文件已损坏"),
        (empty, "文件没有页面"),
    ):
        with pytest.raises(Unreadable, match=reason):
            page_count(written(tmp_path, content))
    monkeypatch.setattr(pages, "PAGE_LIMIT", 0)
    with pytest.raises(Unreadable, match="超过 0 页"):
        page_count(written(tmp_path, whole))


def test_a_page_tree_in_a_circle_or_with_a_false_count_ends(tmp_path):
    text = saved(pdf_page()).replace(b"/Count 1", b"/Count 9")
    assert page_count(written(tmp_path, text)) == 1
    circle = b"""%PDF-1.4
1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj
2 0 obj <</Type /Pages /Kids [2 0 R 3 0 R] /Count 2000000000>> endobj
3 0 obj <</Type /Pages /Kids [2 0 R] /Parent 2 0 R /Count 1>> endobj
trailer <</Root 1 0 R /Size 4>>
%%EOF"""
    with pytest.raises(Unreadable):
        page_count(written(tmp_path, circle))


def test_the_sheets_are_a4():
    assert [math.floor(side) for side in A4] == [595, 841]
    assert pages.upright(2, 1) == A4[::-1]
    assert pages.upright(1, 1) == A4
