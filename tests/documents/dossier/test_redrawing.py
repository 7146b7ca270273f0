"""What viewers show of a page is part of the page; what they hide is not."""

import io

import pikepdf
import pypdfium2
import pytest
from pikepdf import Array, Dictionary, Name, Stream, String

from documents.dossier import redrawing

WHITE = (255, 255, 255)


def page_of(annotations=(), content=b"", fields=None, layers=None, **keys):
    """Return a PDF with one page of 200 × 100 points; `annotations` are dictionaries."""
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=(200, 100))
    page = pdf.pages[0].obj
    page.Contents = Stream(pdf, content)
    rows = [pdf.make_indirect(Dictionary(Type=Name.Annot, **each)) for each in annotations]
    page.Annots = Array(rows)
    for key, value in keys.items():
        page[f"/{key}"] = value
    if fields is not None:
        pdf.Root.AcroForm = Dictionary(Fields=Array(rows), **fields)
    if layers is not None:
        pdf.Root.OCProperties = layers
    return pdf


def drawn(pdf):
    """Return the only page as an image, two pixels a point, drawn without annotations."""
    out = io.BytesIO()
    pdf.save(out)
    with pypdfium2.PdfDocument(out.getvalue()) as document:
        page = document[0]
        try:
            image = page.render(scale=2, may_draw_forms=False, draw_annots=False)
            return image.to_pil().convert("RGB")
        finally:
            page.close()


def made_whole(pdf):
    assert redrawing.make_whole(pdf, 20) == {}
    assert all("/Annots" not in page.obj for page in pdf.pages)
    return drawn(pdf)


def has_ink(image, box):
    """Whether something is drawn in a box of points, from the bottom left."""
    left, bottom, right, top = (2 * side for side in box)
    part = image.crop((left, image.height - top, right, image.height - bottom))
    return part.getextrema() != ((255, 255),) * 3


def seal(pdf, colour=b"1 0 0"):
    return Stream(
        pdf,
        colour + b" rg 0 0 20 20 re f",
        Type=Name.XObject,
        Subtype=Name.Form,
        BBox=Array([0, 0, 20, 20]),
    )


BOX = [20, 20, 60, 60]
ELSEWHERE = [100, 20, 140, 60]


def stamp(**keys):
    return {"Subtype": Name.Stamp, "Rect": Array(BOX), **keys}


def with_seal(pdf):
    pdf.pages[0].Annots[0].AP = Dictionary(N=seal(pdf))
    return pdf


class TestAppearances:
    def test_a_seal_that_has_one_becomes_part_of_its_page(self):
        pdf = with_seal(page_of([stamp(F=4)]))
        image = made_whole(pdf)
        assert image.getpixel((80, 120)) == (255, 0, 0)
        # As a drawing, not as a picture of the page.
        assert pdf.pages[0].resources.XObject

    @pytest.mark.parametrize("flags", [{}, {"F": 0}, {"F": 1}, {"F": 4}])
    def test_what_is_only_not_for_print_is_shown(self, flags):
        assert has_ink(made_whole(with_seal(page_of([stamp(**flags)]))), BOX)

    @pytest.mark.parametrize("flags", [2, 32, 6, 36])
    def test_what_no_screen_shows_is_left_out(self, flags):
        assert not has_ink(made_whole(with_seal(page_of([stamp(F=flags)]))), BOX)

    @pytest.mark.parametrize("turned", [0, 90, 180, 270])
    def test_on_a_turned_and_cropped_page_it_stays_in_its_place(self, turned):
        pdf = with_seal(page_of([stamp(F=4)], Rotate=turned, CropBox=Array([10, 10, 190, 90])))
        before = shown_by_a_viewer(pdf)
        assert made_whole(pdf).tobytes() == before.tobytes()

    def test_a_state_that_is_not_chosen_is_not_shown(self):
        pdf = page_of(
            [{"Subtype": Name.Widget, "FT": Name.Btn, "Rect": Array(BOX), "AS": Name.Off}]
        )
        pdf.pages[0].Annots[0].AP = Dictionary(N=Dictionary(Yes=seal(pdf)))
        assert not has_ink(made_whole(pdf), BOX)


def shown_by_a_viewer(pdf):
    out = io.BytesIO()
    pdf.save(out)
    with pypdfium2.PdfDocument(out.getvalue()) as document:
        document.init_forms()
        page = document[0]
        try:
            return page.render(scale=2).to_pil().convert("RGB")
        finally:
            page.close()


LINE = {"L": Array([25, 25, 55, 55])}
POINTS = {"Vertices": Array([25, 25, 40, 55, 55, 25])}
MARKED = {"QuadPoints": Array([20, 60, 60, 60, 20, 20, 60, 20])}


class TestCommentsWithoutAppearance:
    @pytest.mark.parametrize(
        ("kind", "keys"),
        [
            ("Square", {}),
            ("Circle", {}),
            ("Ink", {"InkList": Array([Array([25, 25, 55, 55])])}),
            ("Highlight", MARKED),
            ("Underline", MARKED),
            ("StrikeOut", MARKED),
            ("Squiggly", MARKED),
            ("Text", {"Contents": String("批注")}),
            # PDFium leaves these out (of a text box, all but the frame).
            ("Line", LINE),
            ("Line", {**LINE, "LE": Array([Name.OpenArrow, Name.ClosedArrow])}),
            ("Polygon", {**POINTS, "IC": Array([1, 1, 0])}),
            ("PolyLine", POINTS),
            ("FreeText", {"Contents": String("审核意见"), "DA": String("/Helv 9 Tf 1 0 0 rg")}),
            ("FreeText", {"Contents": String("x"), "DS": String("font: 9pt Arial; color:#ff0000")}),
            ("Stamp", {"Name": Name.Approved}),
            ("Caret", {}),
        ],
    )
    def test_each_kind_is_drawn(self, kind, keys):
        comment = {"Subtype": Name(f"/{kind}"), "Rect": Array(BOX), "C": Array([1, 0, 0]), "F": 4}
        image = made_whole(page_of([{**comment, **keys}]))
        assert has_ink(image, BOX)
        assert not has_ink(image, ELSEWHERE)

    def test_the_words_of_a_text_box_are_read(self):
        box = {"Subtype": Name.FreeText, "Rect": Array(BOX), "BS": Dictionary(W=0)}
        empty, said = (
            made_whole(page_of([{**box, "Contents": String(text)}])) for text in ("", "审")
        )
        assert not has_ink(empty, BOX)
        assert has_ink(said, BOX)

    @pytest.mark.parametrize("kind", ["Popup", "Link"])
    def test_what_viewers_do_not_draw_is_no_reason_to_draw_a_page_anew(self, kind):
        pdf = page_of([{"Subtype": Name(f"/{kind}"), "Rect": Array(BOX)}], content=b"% mine")
        made_whole(pdf)
        assert b"% mine" in pdf.pages[0].Contents.read_bytes()


def field(**keys):
    widget = {"Subtype": Name.Widget, "FT": Name.Tx, "T": String("name"), "Rect": Array(BOX)}
    return {**widget, "DA": String("/Helv 12 Tf 0 g"), **keys}


class TestFields:
    @pytest.mark.parametrize("fields", [{}, {"NeedAppearances": True}])
    @pytest.mark.parametrize(
        "keys",
        [
            {"V": String("诸葛")},
            {"FT": Name.Ch, "V": String("甲"), "Opt": Array([String("甲")])},
            {"FT": Name.Ch, "Ff": 1 << 17, "V": String("甲"), "Opt": Array([String("甲")])},
            {
                "FT": Name.Btn,
                "V": Name.Yes,
                "AS": Name.Yes,
                "MK": Dictionary(CA=String("4"), BC=Array([0])),
            },
        ],
    )
    def test_a_value_without_appearance_is_drawn(self, keys, fields):
        assert has_ink(made_whole(page_of([field(**keys)], fields=fields)), BOX)

    def test_a_stale_appearance_gives_way_where_the_file_says_so(self):
        pdf = page_of([field(V=String("8"))], fields={"NeedAppearances": True})
        pdf.pages[0].Annots[0].AP = Dictionary(N=seal(pdf))
        assert (255, 0, 0) not in {colour for _, colour in made_whole(pdf).getcolors(9999)}

    def test_an_empty_field_draws_nothing(self):
        pdf = page_of([field()], content=b"% mine", fields={})
        assert not has_ink(made_whole(pdf), BOX)
        assert b"% mine" in pdf.pages[0].Contents.read_bytes()

    def test_a_seal_stays_while_the_form_wants_appearances(self):
        signature = field(FT=Name.Sig, V=Dictionary(Type=Name.Sig))
        pdf = page_of([signature], fields={"NeedAppearances": True, "SigFlags": 3})
        assert made_whole(with_seal(pdf)).getpixel((80, 120)) == (255, 0, 0)


DRAWS = b"/OC /Layer BDC 1 0 0 rg 20 20 40 40 re f EMC 0 0 1 rg 100 20 40 40 re f"


def layered(usual, draws=DRAWS, group=None):
    """Return a PDF whose red square belongs to a layer; `usual` makes the layers' switches."""
    pdf = page_of(content=draws)
    layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("层")))
    named = group(layer) if group else layer
    pdf.pages[0].Resources = Dictionary(Properties=Dictionary(Layer=named))
    pdf.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=usual(layer))
    return pdf, layer


class TestLayers:
    @pytest.mark.parametrize(
        "usual",
        [
            lambda layer: Dictionary(OFF=Array([layer])),
            lambda layer: Dictionary(BaseState=Name.OFF),
        ],
    )
    def test_one_that_is_off_stays_off(self, usual):
        image = made_whole(layered(usual)[0])
        assert not has_ink(image, BOX)
        assert has_ink(image, ELSEWHERE)

    @pytest.mark.parametrize(
        "usual",
        [
            lambda layer: Dictionary(),
            lambda layer: Dictionary(ON=Array([layer])),
            lambda layer: Dictionary(BaseState=Name.OFF, ON=Array([layer])),
        ],
    )
    def test_one_that_is_on_stays_on(self, usual):
        assert has_ink(made_whole(layered(usual)[0]), BOX)

    def test_all_on_is_no_reason_to_draw_a_page_anew(self):
        pdf, _ = layered(lambda layer: Dictionary())
        made_whole(pdf)
        assert b"BDC" in pdf.pages[0].Contents.read_bytes()

    def test_a_group_of_layers_has_its_own_rule(self):
        def none_of(layer):
            return Dictionary(Type=Name.OCMD, OCGs=Array([layer]), P=Name.AllOff)

        pdf, _ = layered(lambda layer: Dictionary(), group=none_of)
        assert not has_ink(made_whole(pdf), BOX)

    def test_a_drawing_inside_a_drawing_may_be_on_one(self):
        pdf, layer = layered(lambda layer: Dictionary(OFF=Array([layer])), draws=b"q /Outer Do Q")
        inner = seal(pdf)
        inner.OC = layer
        outer = Stream(
            pdf,
            b"/Inner Do",
            Type=Name.XObject,
            Subtype=Name.Form,
            BBox=Array([0, 0, 200, 100]),
            Resources=Dictionary(XObject=Dictionary(Inner=pdf.make_indirect(inner))),
        )
        pdf.pages[0].Resources = Dictionary(XObject=Dictionary(Outer=pdf.make_indirect(outer)))
        assert not has_ink(made_whole(pdf), [0, 0, 60, 60])

    def test_a_stamp_on_one_is_shown_as_viewers_show_it(self):
        """PDFium 159, and so Chromium, looks at no stamp's layer."""
        pdf, layer = layered(lambda layer: Dictionary(OFF=Array([layer])), draws=b"")
        mark = Dictionary(Type=Name.Annot, Subtype=Name.Stamp, Rect=Array(BOX), F=4, OC=layer)
        mark.AP = Dictionary(N=seal(pdf))
        pdf.pages[0].Annots = Array([pdf.make_indirect(mark)])
        assert has_ink(shown_by_a_viewer(pdf), BOX) == has_ink(made_whole(pdf), BOX)


def test_a_page_whose_chinese_font_is_elsewhere_becomes_a_picture():
    pdf = page_of(content=b"BT /Song 20 Tf 20 30 Td <8BF84E00> Tj ET")
    part = Dictionary(
        Type=Name.Font,
        Subtype=Name.CIDFontType0,
        BaseFont=Name("/STSong-Light"),
        CIDSystemInfo=Dictionary(Registry=b"Adobe", Ordering=b"GB1", Supplement=4),
    )
    song = Dictionary(
        Type=Name.Font,
        Subtype=Name.Type0,
        BaseFont=Name("/STSong-Light-UniGB-UCS2-H"),
        Encoding=Name("/UniGB-UCS2-H"),
        DescendantFonts=Array([pdf.make_indirect(part)]),
    )
    pdf.pages[0].Resources = Dictionary(Font=Dictionary(Song=pdf.make_indirect(song)))
    made_whole(pdf)
    assert "/Font" not in pdf.pages[0].resources
    assert pdf.pages[0].resources.XObject.Page.Subtype == Name.Image


def test_what_takes_too_long_is_said_page_by_page():
    pdf = page_of([field(V=String("甲"))], fields={})
    assert redrawing.make_whole(pdf, -1) == {0: "页面须重新绘制，超出处理时间"}
    assert drawn(pdf).getextrema() == ((255, 255),) * 3
