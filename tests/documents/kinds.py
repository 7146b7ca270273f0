"""Valid files of every kind that people upload, each with what whoever opens it sees.

`KINDS` maps a file's name to its `Kind`. A page is 200 by 280 points, framed, with a green block in
its lower left corner, so that a copy can be laid over it; a `Mark` is what must stand in a box of
it, a box of `hides` shows nothing. Boxes are parts of the page as it is seen, from its upper left.
"""

import io
import struct
import zlib
from dataclasses import dataclass
from functools import cache, partial
from itertools import pairwise
from pathlib import Path

import pikepdf
import pillow_heif
from pikepdf import Array, Dictionary, Name, String
from PIL import Image, ImageDraw, ImageOps

pillow_heif.register_heif_opener()

CASES = Path(__file__).with_name("cases")
SIZE = (200, 280)
PDF, JPEG, PNG = "application/pdf", "image/jpeg", "image/png"
RED, GREEN, BLUE, BLACK = "0.86 0.1 0.1", "0 0.6 0.2", "0.1 0.2 0.9", "0 0 0"
COLOURS = {RED: "red", GREEN: "green", BLUE: "blue", BLACK: "ink"}


@dataclass(frozen=True)
class Mark:
    """What stands in a box (left, top, right, bottom; parts of the page): a colour, or "ink".

    At least `share` of the box has it. Not `in_browsers`: Chromium leaves it out, while another
    viewer that people have draws it; then the copies show it, or say that they do not.
    """

    name: str
    box: tuple[float, float, float, float]
    colour: str = "ink"
    share: float = 0.5
    in_browsers: bool = True


# MIME types of pictures by what their names end with, but for JPEGs.
PICTURES = {
    ".png": PNG, ".heic": "image/heic", ".avif": "image/avif", ".webp": "image/webp",
    ".tif": "image/tiff", ".bmp": "image/bmp", ".gif": "image/gif",
}  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """A file: how it is made, what is seen in it, and what is in it but not seen.

    In the boxes of `disputed` viewers show different things: the copies may show any of them.
    `drawing` gives the picture as it should look (pictures only). `needs_appearances`: the file
    asks viewers to draw the values of its fields anew, which must be no other file's business.
    """

    make: object
    sees: tuple[Mark, ...]
    hides: tuple[Mark, ...] = ()
    disputed: tuple[tuple[float, float, float, float], ...] = ()
    content_type: str = PDF
    drawing: object = None
    needs_appearances: bool = False
    has_rendition: bool = False

    def __post_init__(self):
        is_shown = self.content_type in {PDF, JPEG, PNG}
        object.__setattr__(self, "has_rendition", self.has_rendition or not is_shown)


KINDS = {}


def kind(name, sees, hides=(), **more):
    """Put a kind on the list; the function below makes its bytes."""

    def keep(make):
        KINDS[name] = Kind(cache(make), tuple(sees), tuple(hides), **more)
        return make

    return keep


# --- Pages and boxes -------------------------------------------------------------------------


def part(rect, page=(0, 0, *SIZE)):
    """Return a rectangle (points, from the lower left) as a box of a page's visible rectangle."""
    left, bottom, right, top = page
    wide, high = right - left, top - bottom
    return (
        (rect[0] - left) / wide,
        (top - rect[3]) / high,
        (rect[2] - left) / wide,
        (top - rect[1]) / high,
    )


def turned(box, by):
    """Return where a box of the page lies once the page is turned clockwise by so many degrees."""
    for _ in range(by // 90 % 4):
        left, top, right, bottom = box
        box = (1 - bottom, left, 1 - top, right)
    return box


def cell(place):
    """Return the rectangle of one of ten places on the page, two in a row, from the top."""
    left, bottom = 20 + 85 * (place % 2), 222 - 40 * (place // 2)
    return [left, bottom, left + 75, bottom + 30]


def marks(*wanted, **more):
    """Marks in the first cells, by (name, colour or share of ink)."""
    return tuple(
        Mark(
            name,
            part(cell(place)),
            *(("ink", what) if isinstance(what, float) else (what,)),
            **more,
        )
        for place, (name, what) in enumerate(wanted)
        if name
    )


SPOT = [60, 120, 140, 200]
LANDMARK = Mark("landmark", part([20, 16, 60, 44]), "green")
RED_SPOT = Mark("spot", part(SPOT), "red")
BLUE_SPOT = Mark("spot", part(SPOT), "blue")


def fill(rect, colour):
    """Content that fills a rectangle (points)."""
    left, bottom, right, top = rect
    return f"{colour} rg {left} {bottom} {right - left} {top - bottom} re f\n"


def frame(box=(0, 0, *SIZE)):
    """Content of every page: a dark frame and the green landmark."""
    left, bottom, right, top = box
    wide, high = right - left, top - bottom
    line = min(wide, high) / 50
    return (
        f"q 0.2 G {line} w {left + line / 2} {bottom + line / 2} {wide - line} {high - line} re S\n"
        + fill([left + wide * 0.1, bottom + high * 16 / 280, left + wide * 0.3,
                bottom + high * 44 / 280], GREEN)
        + "Q\n"
    )  # fmt: skip


def page(content="", size=SIZE, change=None, **options):
    """Return the bytes of a PDF with one framed page; `change(pdf, page)` completes it."""
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=size)
        made = pdf.pages[0]
        made.Contents = pdf.make_stream((frame((0, 0, *size)) + content).encode())
        if change:
            change(pdf, made)
        return saved(pdf, **options)


def saved(pdf, **options):
    out = io.BytesIO()
    pdf.save(out, deterministic_id="encryption" not in options, **options)
    return out.getvalue()


def form(pdf, size, content, **more):
    """Return a form XObject of this size that draws the content."""
    return pdf.make_indirect(
        pikepdf.Stream(
            pdf,
            content.encode(),
            Type=Name.XObject,
            Subtype=Name.Form,
            BBox=Array([0, 0, *size]),
            Resources=Dictionary(),
            **more,
        )
    )


def patch(pdf, rect, colour):
    """Return the appearance of an annotation: its rectangle, filled."""
    size = rect[2] - rect[0], rect[3] - rect[1]
    return form(pdf, size, fill([0, 0, *size], colour))


def annotate(pdf, made, subtype, rect, colour=None, **more):
    """Put an annotation onto a page, with an appearance in `colour` if there is one."""
    note = Dictionary(Type=Name.Annot, Subtype=Name(f"/{subtype}"), Rect=Array(rect), P=made.obj)
    for key, value in more.items():
        note[f"/{key}"] = value
    if colour:
        note.AP = Dictionary(N=patch(pdf, rect, colour))
    note = pdf.make_indirect(note)
    if "/Annots" not in made.obj:
        made.obj.Annots = Array()
    made.obj.Annots.append(note)
    return note


def case(name):
    return lambda: (CASES / name).read_bytes()


A4 = (0, 0, 595, 842)


def a4(name, rect, colour, share):
    return Mark(name, part(rect, A4), colour, share)


SEAL = a4("seal", [350, 500, 500, 650], "red", 0.04)
TITLE = a4("title", [60, 740, 420, 790], "ink", 0.03)

kind("licence-with-seal-field.pdf", [SEAL, TITLE])(case("licence-with-seal-field.pdf"))
kind("signed-with-link.pdf", [SEAL, TITLE])(case("signed-with-link.pdf"))
kind("signed-with-tail.pdf", [SEAL, TITLE])(case("signed-with-tail.pdf"))
kind("seal-field-needappearances.pdf", [SEAL, TITLE], needs_appearances=True)(
    case("seal-field-needappearances.pdf")
)
kind(
    "comments-without-appearance.pdf",
    [
        a4("highlight", [70, 605, 290, 635], "yellow", 0.8),
        a4("square", [316, 556, 504, 664], "red", 0.04),
    ],
)(case("comments-without-appearance.pdf"))
kind(
    "form-filled-no-appearance.pdf",
    [
        a4("name", [162, 714, 240, 736], "ink", 0.05),
        a4("level", [162, 664, 240, 686], "ink", 0.05),
        a4("score", [162, 614, 200, 636], "ink", 0.05),
        a4("check box", [160, 540, 184, 564], "ink", 0.1),
    ],
    needs_appearances=True,
)(case("form-filled-no-appearance.pdf"))
kind(
    "layer-switched-off.pdf",
    [a4("layer that is on", [66, 766, 94, 794], "ink", 0.3)],
    [a4("layer that is off", [100, 100, 560, 740], "ink", 0.002)],
)(case("layer-switched-off.pdf"))
SONG = [
    a4("title", [72, 750, 500, 790], "ink", 0.05),
    a4("lines", [72, 300, 500, 730], "ink", 0.03),
]
kind("song-not-embedded.pdf", SONG)(case("song-not-embedded.pdf"))


# --- Forms -----------------------------------------------------------------------------------


def acro_form(pdf, need=False):
    """Give a PDF an empty form whose fonts are Helvetica and Song, neither embedded."""
    song = Dictionary(
        Type=Name.Font, Subtype=Name.Type0, BaseFont=Name("/STSong-Light"),
        Encoding=Name("/UniGB-UCS2-H"),
        DescendantFonts=[
            Dictionary(
                Type=Name.Font, Subtype=Name.CIDFontType0, BaseFont=Name("/STSong-Light"), DW=1000,
                CIDSystemInfo=Dictionary(Registry=b"Adobe", Ordering=b"GB1", Supplement=4),
                FontDescriptor=pdf.make_indirect(Dictionary(
                    Type=Name.FontDescriptor, FontName=Name("/STSong-Light"), Flags=6,
                    FontBBox=[-25, -254, 1000, 880], ItalicAngle=0, Ascent=752, Descent=-271,
                    CapHeight=737, StemV=58,
                )),
            )
        ],
    )  # fmt: skip
    helvetica = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    dingbats = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.ZapfDingbats)
    fonts = {"/Helv": helvetica, "/Song": song, "/ZaDb": dingbats}
    pdf.Root.AcroForm = Dictionary(
        Fields=Array(),
        DA=String("/Helv 12 Tf 0 g"),
        DR=Dictionary(Font=Dictionary({k: pdf.make_indirect(v) for k, v in fonts.items()})),
    )
    if need:
        pdf.Root.AcroForm.NeedAppearances = True


def field(pdf, made, rect, colour=None, **keys):
    """Put a field of one widget onto a page."""
    keys = {"F": 4, "T": String(f"f{len(pdf.Root.AcroForm.Fields)}"), **keys}
    widget = annotate(pdf, made, "Widget", rect, colour, **keys)
    pdf.Root.AcroForm.Fields.append(widget)
    return widget


TEXT = {"FT": Name.Tx, "DA": String("/Song 12 Tf 0 g")}
MULTILINE, COMB, RADIO, COMBO = 1 << 12, 1 << 24, 1 << 15, 1 << 17


def text_fields(need):
    def change(pdf, made):
        acro_form(pdf, need)
        field(pdf, made, cell(0), V=String("高级技师"), **TEXT)
        field(pdf, made, cell(1), V=String("Welder 95"), FT=Name.Tx, DA=String("/Helv 12 Tf 0 g"))
        field(pdf, made, cell(2), V=String("第一行\r第二行"), Ff=MULTILINE, FT=Name.Tx,
              DA=String("/Song 10 Tf 0 g"))  # fmt: skip
        field(pdf, made, cell(3), V=String("420102"), Ff=COMB, MaxLen=6, FT=Name.Tx,
              DA=String("/Helv 12 Tf 0 g"))  # fmt: skip
        field(pdf, made, cell(4), V=String("中间"), Q=1, **TEXT)
        field(pdf, made, cell(5), V=String("靠右"), Q=2, **TEXT)
        # The size of its letters is the viewer's choice.
        field(pdf, made, cell(6), V=String("自动字号"), FT=Name.Tx, DA=String("/Song 0 Tf 0 g"))
        field(pdf, made, cell(7), V=String("蓝字"), FT=Name.Tx, DA=String("/Song 14 Tf 0 0 1 rg"))

    return lambda: page(change=change)


TEXTS = marks(
    ("Chinese", 0.05), ("Latin", 0.05), ("two lines", 0.05), ("comb", 0.05), ("centred", 0.02),
    ("to the right", 0.02), ("size left open", 0.05), ("blue", "blue"),
)  # fmt: skip
TEXTS = tuple(
    Mark(each.name, each.box, each.colour, 0.02 if each.colour == "blue" else each.share)
    for each in TEXTS
)


def third(place, number):
    left, bottom, right, top = cell(place)
    wide = (right - left) / 3
    return part([left + wide * number, bottom + 2, left + wide * (number + 1), top - 2])


ELSEWHERE = (
    Mark("left of what is centred", third(4, 0), "ink", 0.01),
    Mark("left of what is to the right", third(5, 0), "ink", 0.01),
)
kind("fields.pdf", TEXTS, ELSEWHERE)(text_fields(need=False))
kind("fields-needappearances.pdf", TEXTS, ELSEWHERE, needs_appearances=True)(text_fields(need=True))


@kind(
    "choices.pdf",
    marks(("combo", 0.05), ("list", 0.05)),
)
def choices():
    def change(pdf, made):
        acro_form(pdf)
        levels = Array([String(each) for each in ("初级", "中级", "高级")])
        field(pdf, made, cell(0), FT=Name.Ch, Ff=COMBO, Opt=levels, V=String("高级"),
              DA=String("/Song 12 Tf 0 g"))  # fmt: skip
        field(pdf, made, cell(1), FT=Name.Ch, Opt=levels, V=String("高级"), I=Array([2]),
              DA=String("/Song 8 Tf 0 g"))  # fmt: skip

    return page(change=change)


@kind(
    "check-boxes.pdf",
    marks(("ticked", 0.03)),
    [Mark("not ticked", part([110, 226, 176, 248]), "ink", 0.02)],
)
def check_boxes():
    def change(pdf, made):
        acro_form(pdf)
        for place, state in ((0, Name.Yes), (1, Name.Off)):
            field(pdf, made, cell(place), FT=Name.Btn, V=state, AS=state,
                  MK=Dictionary(CA=String("4")), DA=String("/ZaDb 0 Tf 0 g"))  # fmt: skip

    return page(change=change)


# Chromium cannot tell which one is chosen, for the states have no pictures to name them.
@kind(
    "radio-buttons.pdf",
    marks(("chosen", 0.03), in_browsers=False),
    [Mark("not chosen", part([110, 226, 176, 248]), "ink", 0.02)],
)
def radio_buttons():
    def change(pdf, made):
        acro_form(pdf)
        group = pdf.make_indirect(
            Dictionary(FT=Name.Btn, Ff=RADIO, T=String("group"), V=Name.A, Kids=Array())
        )
        for place, state in ((0, Name.A), (1, Name.Off)):
            kid = annotate(pdf, made, "Widget", cell(place), F=4, Parent=group, AS=state,
                           MK=Dictionary(CA=String("l")), DA=String("/ZaDb 0 Tf 0 g"))  # fmt: skip
            group.Kids.append(kid)
        pdf.Root.AcroForm.Fields.append(group)

    return page(change=change)


def button_states(need):
    def change(pdf, made):
        acro_form(pdf, need)
        for place, state in enumerate(("Yes", "Off", "No")):
            button = field(pdf, made, cell(place), FT=Name.Btn, V=Name(f"/{state}"))
            button.AS = Name(f"/{state}")
            button.AP = Dictionary(
                N=Dictionary(Yes=patch(pdf, cell(place), GREEN), Off=patch(pdf, cell(place), RED)),
                D=Dictionary(Yes=patch(pdf, cell(place), BLACK)),
            )

    return lambda: page(change=change)


STATES = marks(("state Yes", "green"), ("state Off", "red"))
# What a state without a picture looks like, no two viewers agree.
NO_STATE = part(cell(2))
kind("button-states.pdf", STATES, disputed=(NO_STATE,))(button_states(need=False))
# A tick takes the place of the picture.
kind(
    "button-states-needappearances.pdf",
    marks(("ticked", 0.01)),
    disputed=(part(cell(1)), NO_STATE),
    needs_appearances=True,
)(button_states(need=True))


def family(need):
    """Fields whose kind, value and font stand with their parents."""

    def change(pdf, made):
        acro_form(pdf, need)
        top = pdf.make_indirect(
            Dictionary(T=String("top"), FT=Name.Tx, DA=String("/Song 12 Tf 0 g"), Kids=Array())
        )
        middle = pdf.make_indirect(
            Dictionary(T=String("middle"), V=String("继承的值"), Parent=top, Kids=Array())
        )
        for place in (0, 3):
            middle.Kids.append(annotate(pdf, made, "Widget", cell(place), F=4, Parent=middle))
        top.Kids.append(middle)
        own = annotate(pdf, made, "Widget", cell(5), F=4, T=String("own"), V=String("自己的"))
        own.Parent = top
        top.Kids.append(own)
        pdf.Root.AcroForm.Fields.append(top)

    return lambda: page(change=change)


FAMILY = marks(
    ("first of two widgets", 0.05), ("", 0), ("", 0), ("second of two widgets", 0.05), ("", 0),
    ("child", 0.05),
)  # fmt: skip
kind("field-hierarchy.pdf", FAMILY)(family(need=False))
kind("field-hierarchy-needappearances.pdf", FAMILY, needs_appearances=True)(family(need=True))


@kind(
    "appearances-needappearances.pdf",
    marks(("seal", "red"), ("stamp", "blue")),
    needs_appearances=True,
)
def appearances_needappearances():
    def change(pdf, made):
        acro_form(pdf, need=True)
        field(pdf, made, cell(0), RED, FT=Name.Sig)
        annotate(pdf, made, "Stamp", cell(1), BLUE, F=4)

    return page(change=change)


def stale_appearance(need):
    """A field whose picture shows an older value than it has."""

    def change(pdf, made):
        acro_form(pdf, need)
        old = form(pdf, (75, 30), "BT /Helv 20 Tf 1 0 0 rg 2 8 Td (old) Tj ET")
        old.Resources = Dictionary(Font=pdf.Root.AcroForm.DR.Font)
        value = field(pdf, made, cell(0), V=String("新的值"), **TEXT)
        value.AP = Dictionary(N=old)

    return lambda: page(change=change)


kind("stale-appearance.pdf", [Mark("older value", part(cell(0)), "red", 0.05)])(
    stale_appearance(need=False)
)
kind(
    "stale-appearance-needappearances.pdf",
    marks(("value", 0.05)),
    [Mark("older value", part(cell(0)), "red", 0.04)],
    needs_appearances=True,
)(stale_appearance(need=True))


# --- Comments --------------------------------------------------------------------------------


def quad(rect):
    left, bottom, right, top = rect
    return Array([left, top, right, top, left, bottom, right, bottom])


COMMENTS = (
    ("highlight", "yellow", 0.5), ("underline", "red", 0.01), ("strike-out", "red", 0.01),
    ("squiggly", "red", 0.02), ("square", "red", 0.1), ("circle", "red", 0.1), ("ink", "red", 0.1),
    ("square, filled", "blue", 0.5),
)  # fmt: skip


@kind(
    "comments-browsers-draw.pdf",
    [Mark(n, part(cell(at)), colour, most) for at, (n, colour, most) in enumerate(COMMENTS)],
)
def comments_browsers_draw():
    def change(pdf, made):
        red = Array([0.86, 0.1, 0.1])
        for place, subtype in enumerate(("Highlight", "Underline", "StrikeOut", "Squiggly")):
            colour = Array([1, 0.85, 0]) if subtype == "Highlight" else red
            annotate(pdf, made, subtype, cell(place), C=colour, F=4, QuadPoints=quad(cell(place)))
        thick = Dictionary(W=4)
        annotate(pdf, made, "Square", cell(4), C=red, F=4, BS=thick)
        annotate(pdf, made, "Circle", cell(5), C=red, F=4, BS=thick)
        x, y, right, top = cell(6)
        annotate(pdf, made, "Ink", cell(6), C=red, F=4, BS=thick,
                 InkList=[[x, y + 5, x + 20, top - 5, x + 40, y + 5, right, top - 5]])  # fmt: skip
        annotate(pdf, made, "Square", cell(7), IC=Array([0.1, 0.2, 0.9]), C=red, F=4)

    return page(change=change)


def inner(place):
    left, bottom, right, top = cell(place)
    return part([left + 4, bottom + 3, right - 4, top - 3])


@kind(
    "comments-readers-draw.pdf",
    [
        *(
            Mark(n, part(cell(at)), "red", 0.08, in_browsers=False)
            for at, n in enumerate(("line", "polygon", "polyline"))
        ),
        Mark("free text", inner(3), "red", 0.03, in_browsers=False),
        Mark("free text in Chinese", inner(4), "red", 0.03, in_browsers=False),
    ],
    disputed=(part(cell(3)), part(cell(4))),
)
def comments_readers_draw():
    def change(pdf, made):
        red, thick = Array([0.86, 0.1, 0.1]), Dictionary(W=4)
        more = {"C": red, "F": 4, "BS": thick}
        x, y, right, top = cell(0)
        annotate(pdf, made, "Line", cell(0), L=Array([x, y + 15, right, y + 15]), **more)
        for place, subtype in ((1, "Polygon"), (2, "PolyLine")):
            x, y, right, top = cell(place)
            corners = Array([x + 4, y + 4, right - 4, y + 4, right - 30, top - 4])
            annotate(pdf, made, subtype, cell(place), Vertices=corners, **more)
        for place, text in ((3, "Remark 8"), (4, "批注文字")):
            annotate(pdf, made, "FreeText", cell(place), F=4, Contents=String(text),
                     DA=String("0.86 0.1 0.1 rg /Helv 12 Tf"))  # fmt: skip

    return page(change=change)


# Without a picture of its own each viewer gives them one, or none.
@kind(
    "comments-of-icons.pdf",
    [
        Mark("stamp", part(cell(0)), "ink", 0.03, in_browsers=False),
        Mark("note", part(cell(1)), "ink", 0.01),
        Mark("caret", part(cell(2)), "ink", 0.01, in_browsers=False),
    ],
    disputed=(part(cell(1)),),
)
def comments_of_icons():
    def change(pdf, made):
        annotate(pdf, made, "Stamp", cell(0), F=4, Name=Name.Approved)
        annotate(pdf, made, "Text", cell(1), F=4, Contents=String("请核对"), Name=Name.Note)
        annotate(pdf, made, "Caret", cell(2), F=4, Contents=String("插入"))

    return page(change=change)


# Flags of an annotation: PDF 32000-1, table 165.
INVISIBLE, HIDDEN, PRINT, NO_ZOOM, NO_ROTATE, NO_VIEW, READ_ONLY, LOCKED = (
    1 << bit for bit in range(8)
)


@kind(
    "flags.pdf",
    marks(
        ("for print", "red"), ("on screen alone", "red"), ("invisible, of a kind all know", "red"),
        ("not turned", "red"), ("locked", "red"), ("read only", "red"),
    ),
    [
        Mark("hidden", part(cell(6)), "ink", 0.02),
        Mark("on paper alone", part(cell(7)), "ink", 0.02),
    ],
)  # fmt: skip
def flags():
    flagged = (
        PRINT, 0, PRINT | INVISIBLE, PRINT | NO_ROTATE, PRINT | LOCKED, PRINT | READ_ONLY,
        PRINT | HIDDEN, PRINT | NO_VIEW,
    )  # fmt: skip

    def change(pdf, made):
        for place, each in enumerate(flagged):
            annotate(pdf, made, "Stamp", cell(place), RED, F=each)

    return page(change=change)


@kind("appearance-of-a-matrix.pdf", marks(("turned", "blue"), ("scaled", "red")))
def appearance_of_a_matrix():
    def change(pdf, made):
        note = annotate(pdf, made, "Stamp", cell(0), F=4)
        # Turned by its matrix, and fitted into the rectangle: 12.5.5.
        turned_one = form(
            pdf, (30, 75), fill([0, 0, 30, 75], BLUE), Matrix=Array([0, 1, -1, 0, 0, 0])
        )
        note.AP = Dictionary(N=turned_one)
        note = annotate(pdf, made, "Stamp", cell(1), F=4)
        note.AP = Dictionary(N=form(pdf, (7, 3), fill([0, 0, 7, 3], RED)))

    return page(change=change)


CROP = (30, 40, 230, 320)
MEDIA = (-20, -10, 300, 400)


def turned_page(by, is_cropped):
    """A page turned by /Rotate, its box away from 0, 0; a stamp, a field and a drawing on it."""
    box = CROP if is_cropped else (0, 0, *SIZE)

    def change(pdf, made):
        acro_form(pdf)
        if is_cropped:
            made.obj.MediaBox, made.obj.CropBox = Array(MEDIA), Array(CROP)
            made.Contents = pdf.make_stream((fill(MEDIA, RED) + fill(CROP, "1 1 1")
                                             + frame(CROP)).encode())  # fmt: skip
        made.obj.Rotate = by
        x, y = box[:2]
        annotate(pdf, made, "Stamp", [x + 60, y + 160, x + 100, y + 230], RED, F=4)
        field(pdf, made, [x + 110, y + 60, x + 170, y + 100], BLUE, FT=Name.Sig)

    return lambda: page(change=change)


for _by, _is_cropped in ((90, True), (180, True), (270, True), (0, True), (90, False)):
    kind(
        f"turned-{_by}{'-cropped' if _is_cropped else ''}.pdf",
        [
            Mark("landmark", turned(LANDMARK.box, _by), "green"),
            Mark("stamp", turned(part([60, 160, 100, 230]), _by), "red"),
            Mark("seal", turned(part([110, 60, 170, 100]), _by), "blue"),
        ],
        [Mark("what was cropped off", turned(part([6, 250, 194, 274]), _by), "red", 0.02)],
    )(turned_page(_by, _is_cropped))


# --- Layers ----------------------------------------------------------------------------------


def layer(pdf, name, **more):
    return pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String(name), **more))


def layered(pdf, made, layers, config, *drawn):
    """Give a PDF layers, and a page a red patch in each cell, `drawn` in that layer or policy."""
    pdf.Root.OCProperties = Dictionary(OCGs=Array(layers), D=config)
    content, names = frame(), Dictionary()
    for place, each in enumerate(drawn):
        names[f"/L{place}"] = each
        content += f"/OC /L{place} BDC {fill(cell(place), RED)} EMC\n"
    made.Contents = pdf.make_stream(content.encode())
    made.obj.Resources = Dictionary(Properties=names)


def shown_and_hidden(*names):
    """Marks of cells: a name with a "-" before it is hidden, with a "?" it is disputed."""
    shown = [Mark(n, part(cell(i)), "red") for i, n in enumerate(names) if n[0] not in "-?"]
    hidden = [Mark(n[1:], part(cell(i)), "ink", 0.02) for i, n in enumerate(names) if n[0] == "-"]
    return shown, hidden


@kind("layers-all-off-but.pdf", *shown_and_hidden("on", "-off", "-never named"))
def layers_all_off_but():
    def change(pdf, made):
        on, off, other = (layer(pdf, each) for each in ("on", "off", "other"))
        config = Dictionary(BaseState=Name.OFF, ON=Array([on]), Order=Array([on, off, other]))
        layered(pdf, made, [on, off, other], config, on, off, other)

    return page(change=change)


POLICIES = ("AnyOn", "AllOn", "AnyOff", "AllOff")


@kind(
    "layers-by-policy.pdf",
    *shown_and_hidden(
        "any on", "-all on", "any off", "-all off", "on by default", "-not on", "either", "-both"
    ),
)
def layers_by_policy():
    """Each policy of a membership dictionary, and each kind of expression, over one on, one off."""

    def change(pdf, made):
        on, off = layer(pdf, "on"), layer(pdf, "off")
        both = Array([on, off])

        def policy(**how):
            return pdf.make_indirect(Dictionary(Type=Name.OCMD, **how))

        layered(
            pdf, made, [on, off], Dictionary(OFF=Array([off]), Order=both),
            *(policy(OCGs=both, P=Name(f"/{each}")) for each in POLICIES),
            policy(OCGs=both),
            policy(VE=Array([Name.Not, on])),
            policy(VE=Array([Name.Or, on, off])),
            policy(VE=Array([Name.And, on, off])),
        )  # fmt: skip

    return page(change=change)


# Chromium shows a stamp or field that is on a layer, whether the layer is on or off.
@kind(
    "layers-on-objects.pdf",
    *shown_and_hidden(
        "picture on", "-picture off", "form on", "-form off", "stamp on", "?stamp off",
        "field on", "?field off",
    ),
    disputed=(part(cell(5)), part(cell(7))),
)  # fmt: skip
def layers_on_objects():
    def change(pdf, made):
        on, off = layer(pdf, "on"), layer(pdf, "off")
        layered(pdf, made, [on, off], Dictionary(OFF=Array([off]), Order=Array([on, off])))
        acro_form(pdf)
        drawn, content = Dictionary(), frame()
        for place, state in enumerate((on, off, on, off)):
            x, y, right, top = cell(place)
            if place < 2:
                drawn[f"/X{place}"] = pikepdf.Stream(
                    pdf, bytes([220, 25, 25]), Type=Name.XObject, Subtype=Name.Image, Width=1,
                    Height=1, BitsPerComponent=8, ColorSpace=Name.DeviceRGB, OC=state,
                )  # fmt: skip
                content += f"q {right - x} 0 0 {top - y} {x} {y} cm /X{place} Do Q\n"
            else:
                drawn[f"/X{place}"] = form(pdf, (75, 30), fill([0, 0, 75, 30], RED), OC=state)
                content += f"q 1 0 0 1 {x} {y} cm /X{place} Do Q\n"
        made.Contents = pdf.make_stream(content.encode())
        made.obj.Resources = Dictionary(XObject=drawn)
        annotate(pdf, made, "Stamp", cell(4), RED, F=4, OC=on)
        annotate(pdf, made, "Stamp", cell(5), RED, F=4, OC=off)
        field(pdf, made, cell(6), RED, FT=Name.Sig, OC=on)
        field(pdf, made, cell(7), RED, FT=Name.Sig, OC=off)

    return page(change=change)


@kind("layers-nested.pdf", *shown_and_hidden("on in on", "-on in off", "-off in on", "after them"))
def layers_nested():
    def change(pdf, made):
        on, off = layer(pdf, "on"), layer(pdf, "off")
        layered(pdf, made, [on, off], Dictionary(OFF=Array([off]), Order=Array([on, off])), on, off)
        content = frame()
        for place, names in enumerate((("L0", "L0"), ("L1", "L0"), ("L0", "L1"))):
            outer, inner = names
            content += f"/OC /{outer} BDC /OC /{inner} BDC {fill(cell(place), RED)} EMC EMC\n"
        made.Contents = pdf.make_stream((content + fill(cell(3), RED)).encode())

    return page(change=change)


@kind("layers-by-usage.pdf", *shown_and_hidden("for screens", "-for paper", "always"))
def layers_by_usage():
    def change(pdf, made):
        usage = {
            "screen": Dictionary(View=Dictionary(ViewState=Name.ON),
                                 Print=Dictionary(PrintState=Name.OFF)),
            "paper": Dictionary(View=Dictionary(ViewState=Name.OFF),
                                Print=Dictionary(PrintState=Name.ON)),
        }  # fmt: skip
        screen, paper = (layer(pdf, each, Usage=usage[each]) for each in usage)
        always = layer(pdf, "always")
        automatic = Array(
            Dictionary(Event=Name(f"/{event}"), Category=Array([Name(f"/{event}")]),
                       OCGs=Array([screen, paper]))
            for event in ("View", "Print")
        )  # fmt: skip
        config = Dictionary(Order=Array([screen, paper, always]), AS=automatic)
        layered(pdf, made, [screen, paper, always], config, screen, paper, always)

    return page(change=change)


# --- Pictures --------------------------------------------------------------------------------

_PATCHES = (
    ((40, 50, 140, 130), (220, 25, 25)),
    ((160, 50, 260, 130), (0, 153, 51)),
    ((40, 160, 140, 240), (25, 50, 230)),
    ((160, 160, 260, 240), (0, 0, 0)),
    ((40, 270, 260, 310), (128, 128, 128)),
    ((40, 350, 90, 390), (240, 200, 20)),
)


def drawing():
    """Return the picture that every kind of picture is of: blocks of colour in a dark frame."""
    image = Image.new("RGB", (300, 420), "white")
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, 299, 419), outline=(40, 40, 40), width=7)
    for box, colour in _PATCHES:
        pen.rectangle(box, fill=colour)
    return image


def at(box):
    return box[0] / 300, box[1] / 420, box[2] / 300, box[3] / 420


COLOURED = tuple(
    Mark(name, at(box), name)
    for (box, _), name in zip(_PATCHES, ("red", "green", "blue", "black", "grey"), strict=False)
)
GREYS = tuple(
    Mark(f"grey of {name}", at(box), "ink" if name != "green" else "grey")
    for (box, _), name in zip(_PATCHES, ("red", "green", "blue", "black", "grey"), strict=False)
)
INKED = tuple(Mark("black", at(box)) for box, _ in _PATCHES[2:4])


def written(image, kind_, **options):
    out = io.BytesIO()
    image.save(out, kind_, **options)
    return out.getvalue()


def picture(name, sees, make, shown=drawing):
    """Put a picture on the list; `shown` gives what is seen in it, when not the drawing itself."""
    content_type = PICTURES.get(Path(name).suffix, JPEG)
    kind(name, sees, content_type=content_type, drawing=shown)(make)


def grey():
    return drawing().convert("L")


def black_and_white():
    return grey().point(lambda shade: 255 * (shade > 127)).convert("1")


def sixteen(levels, *, colours=1, depth=16, interlaced=False, chunks=(), colour_type=None):
    """Return the bytes of a PNG of rows of samples, as a scanner's program writes it."""
    rows, width = levels
    colour_type = {1: 0, 3: 2, 4: 6, 2: 4}[colours] if colour_type is None else colour_type
    height = len(rows)

    def packed(row):
        if depth == 16:
            return struct.pack(f">{len(row)}H", *row)
        bits = "".join(f"{value:0{depth}b}" for value in row)
        bits += "0" * (-len(bits) % 8)
        return int(bits, 2).to_bytes(len(bits) // 8, "big")

    def passes():
        if not interlaced:
            yield rows
            return
        for x0, y0, dx, dy in ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4),
                               (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)):  # fmt: skip
            yield [
                [row[x * colours + c] for x in range(x0, width, dx) for c in range(colours)]
                for row in rows[y0::dy]
            ]

    body = b"".join(b"\0" + packed(row) for each in passes() for row in each if row)
    head = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, int(interlaced))
    parts = [(b"IHDR", head), *chunks, (b"IDAT", zlib.compress(body)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )


def samples(image, scale):
    """Return (rows of samples, each times `scale` (a function), and the width) of a picture."""
    data, stride = image.tobytes(), image.width * len(image.getbands())
    rows = [[scale(v) for v in data[at : at + stride]] for at in range(0, len(data), stride)]
    return rows, image.width


def see_through(image):
    """The picture with its white seen through."""
    layers = image.convert("RGBA")
    layers.putalpha(ImageOps.invert(grey()).point(lambda shade: 255 if shade else 0))
    return layers


def palette():
    return drawing().quantize(16)


def palette_see_through(**options):
    image = palette()
    white = image.getpixel((20, 20))
    return written(image, "PNG", transparency=white, **options)


picture("rgb.png", COLOURED, lambda: written(drawing(), "PNG"))
picture("rgba.png", COLOURED, lambda: written(see_through(drawing()), "PNG"))
picture("grey.png", GREYS, lambda: written(grey(), "PNG"), grey)
picture(
    "grey-see-through.png", GREYS, lambda: written(see_through(grey()).convert("LA"), "PNG"), grey
)
picture("palette.png", COLOURED, lambda: written(palette(), "PNG"))
picture("palette-see-through.png", COLOURED, palette_see_through)
picture("black-and-white.png", INKED, lambda: written(black_and_white(), "PNG"), black_and_white)
picture(
    "colour-key.png",
    COLOURED,
    lambda: written(drawing(), "PNG", transparency=(255, 255, 255)),
)
picture("grey-key.png", GREYS, lambda: written(grey(), "PNG", transparency=255), grey)
picture(
    "grey-2-bit.png",
    GREYS[2:4],
    lambda: sixteen(samples(grey(), lambda v: v >> 6), depth=2),
    lambda: grey().point(lambda v: (v >> 6) * 85),
)
picture(
    "grey-4-bit.png",
    GREYS,
    lambda: sixteen(samples(grey(), lambda v: v >> 4), depth=4),
    grey,
)
picture("grey-16.png", GREYS, lambda: sixteen(samples(grey(), lambda v: v * 257)), grey)
picture(
    "grey-16-interlaced.png",
    GREYS,
    lambda: sixteen(samples(grey(), lambda v: v * 257), interlaced=True),
    grey,
)
picture(
    "grey-16-key.png",
    GREYS,
    lambda: sixteen(
        samples(grey(), lambda v: v * 257), chunks=[(b"tRNS", struct.pack(">H", 65535))]
    ),
    grey,
)
picture("rgb-16.png", COLOURED, lambda: sixteen(samples(drawing(), lambda v: v * 257), colours=3))
picture(
    "rgba-16.png",
    COLOURED,
    lambda: sixteen(samples(see_through(drawing()), lambda v: v * 257), colours=4),
)
picture(
    "grey-see-through-16.png",
    GREYS,
    lambda: sixteen(samples(see_through(grey()).convert("LA"), lambda v: v * 257), colours=2),
    grey,
)
picture(
    "rgb-interlaced.png",
    COLOURED,
    lambda: sixteen(samples(drawing(), lambda v: v), colours=3, depth=8, interlaced=True),
)
# --- Pictures that are shown by a rendition (applications/files/picture_renditions.py) ----------


def turned_to(orientation, kind_):
    """The drawing as a phone writes it that was held otherwise, and says so."""
    back = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90,
            8: Image.Transpose.ROTATE_270}[orientation]  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation
    return written(drawing().transpose(back), kind_, exif=exif.tobytes())


def moving(kind_):
    return written(drawing(), kind_, save_all=True, append_images=[Image.new("RGB", (300, 420))])


def burst():
    several = pillow_heif.from_pillow(Image.new("RGB", (90, 90), "black"))
    several.add_from_pillow(drawing())
    out = io.BytesIO()
    several.save(out, primary_index=1, quality=95)
    return out.getvalue()


def cmyk():
    return drawing().convert("CMYK")


picture("photo.heic", COLOURED, lambda: written(drawing(), "HEIF", quality=95))
picture("burst.heic", COLOURED, burst)
picture("see-through.heic", COLOURED, lambda: written(see_through(drawing()), "HEIF", quality=95))
picture("photo.avif", COLOURED, lambda: written(drawing(), "AVIF", quality=95))
picture("photo.webp", COLOURED, lambda: written(drawing(), "WEBP", quality=95))
picture(
    "see-through.webp", COLOURED, lambda: written(see_through(drawing()), "WEBP", lossless=True)
)
for _turned in (3, 6, 8):
    for _kind, _ending in (("HEIF", "heic"), ("AVIF", "avif"), ("WEBP", "webp"), ("TIFF", "tif")):
        picture(f"held-{_turned}.{_ending}", COLOURED, partial(turned_to, _turned, _kind))
picture("fax.tif", INKED, lambda: written(black_and_white(), "TIFF", compression="group4"),
        black_and_white)  # fmt: skip
picture("rgb.tif", COLOURED, lambda: written(drawing(), "TIFF", compression="tiff_lzw"))
picture("jpeg.tif", COLOURED, lambda: written(drawing(), "TIFF", compression="jpeg", quality=95))
picture("cmyk.tif", COLOURED[:3], lambda: written(cmyk(), "TIFF"), lambda: cmyk().convert("RGB"))
picture("grey.tif", GREYS, lambda: written(grey(), "TIFF"), grey)
picture("palette.tif", COLOURED, lambda: written(palette(), "TIFF"))
picture("see-through.tif", COLOURED, lambda: written(see_through(drawing()), "TIFF"))
picture(
    "grey-16.tif",
    GREYS,
    lambda: written(grey().convert("I").point(lambda v: v * 257).convert("I;16"), "TIFF"),
    grey,
)
picture("rgb.bmp", COLOURED, lambda: written(drawing(), "BMP"))
picture("rgba.bmp", COLOURED, lambda: written(drawing().convert("RGBA"), "BMP"))
picture("palette.bmp", COLOURED, lambda: written(palette(), "BMP"))
picture("grey.bmp", GREYS, lambda: written(grey(), "BMP"), grey)
picture("black-and-white.bmp", INKED, lambda: written(black_and_white(), "BMP"), black_and_white)
picture("palette.gif", COLOURED, lambda: written(palette(), "GIF"))
picture("moving.gif", COLOURED, lambda: moving("GIF"))
picture("moving.webp", COLOURED, lambda: moving("WEBP"))
kind("moving.png", COLOURED, content_type=PNG, drawing=drawing, has_rendition=True)(
    lambda: moving("PNG")
)
# What monitors of today do with it by themselves.
picture(
    "gamma.png",
    COLOURED,
    lambda: sixteen(
        samples(drawing(), lambda v: v),
        colours=3,
        depth=8,
        chunks=[(b"gAMA", struct.pack(">I", 45455))],
    ),
)


def with_profile(kind_, **options):
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return written(drawing(), kind_, icc_profile=profile, **options)


picture("profile.png", COLOURED, lambda: with_profile("PNG"))
picture("profile.jpg", COLOURED, lambda: with_profile("JPEG", quality=90))
picture("rgb.jpg", COLOURED, lambda: written(drawing(), "JPEG", quality=90))
picture("grey.jpg", GREYS, lambda: written(grey(), "JPEG", quality=90), grey)
picture(
    "progressive.jpg", COLOURED, lambda: written(drawing(), "JPEG", quality=90, progressive=True)
)


# As Adobe's programs write it: its inks the other way round, with a mark that says so.
picture("cmyk.jpg", COLOURED, lambda: written(drawing().convert("CMYK"), "JPEG", quality=92))


def ycck():
    """A JPEG for print whose inks are kept as brightness and colour (Adobe's transform 2)."""
    inks = ImageOps.invert(drawing()).convert("YCbCr")
    # Pillow turns what it is given round, as Adobe does.
    bands = [*map(ImageOps.invert, inks.split()), Image.new("L", inks.size, 0)]
    data = bytearray(written(Image.merge("CMYK", bands), "JPEG", quality=92))
    data[data.index(b"Adobe") + 11] = 2
    return bytes(data)


picture("ycck.jpg", COLOURED, ycck)


def two_in_one():
    """A phone's JPEG with a second, smaller picture behind the first (MPO)."""
    second = drawing().resize((60, 84))
    return written(drawing(), "MPO", save_all=True, append_images=[second], quality=90)


picture("two-in-one.jpg", COLOURED, two_in_one)

_BACK = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def as_held(orientation, kind_):
    """The drawing as a camera stores it that is held so; shown by its Exif mark it is upright."""
    back, exif = _BACK[orientation], Image.Exif()
    exif[0x0112] = orientation
    image = drawing().transpose(back) if back is not None else drawing()
    return written(image, kind_, exif=exif)


for _held in range(1, 9):
    picture(f"held-{_held}.jpg", COLOURED, lambda held=_held: as_held(held, "JPEG"))
picture("held-6.png", COLOURED, lambda: as_held(6, "PNG"))

picture(
    "certificate.jfif",
    [
        Mark("title", (0.07, 0.13, 0.52, 0.21), "ink", 0.05),
        Mark("seal", (0.6, 0.63, 0.92, 0.9), "red", 0.05),
        Mark("which side is down", (0.08, 0.88, 0.46, 0.95), "green", 0.05),
        Mark("frame", (0.01, 0.2, 0.04, 0.8), "blue", 0.05),
    ],
    case("certificate.jfif"),
    lambda: Image.open(CASES / "certificate.jfif").convert("RGB"),
)
picture(
    "grey-16-bit.png",
    [
        Mark("title", (0.07, 0.13, 0.52, 0.21), "ink", 0.05),
        Mark("seal", (0.58, 0.63, 0.92, 0.9), "ink", 0.05),
    ],
    case("grey-16-bit.png"),
    lambda: Image.open(CASES / "grey-16-bit.png").point(lambda v: v / 256).convert("L"),
)


# --- Pictures in a PDF -----------------------------------------------------------------------


def holding(data, size=(300, 420), bits=8, colours=Name.DeviceRGB, **more):
    """Return a PDF with a page that a picture, packed like this, fills."""

    def change(pdf, made):
        shown = pikepdf.Stream(
            pdf, data, Type=Name.XObject, Subtype=Name.Image, Width=size[0], Height=size[1],
            BitsPerComponent=bits, ColorSpace=colours, **more,
        )  # fmt: skip
        made.obj.Resources = Dictionary(XObject=Dictionary(P=shown))
        made.Contents = pdf.make_stream(b"q 200 0 0 280 0 0 cm /P Do Q")

    return page(change=change)


def as_fax(image):
    """Return a black and white picture as a fax sends it (ITU-T T.6)."""
    out = io.BytesIO()
    # Its ink is what a fax calls black; Pillow says that a 1 is white, and codes it as black.
    inverted = image.point(lambda shade: 255 - shade)
    inverted.save(out, "TIFF", compression="group4", tiffinfo={278: image.height})
    with Image.open(out) as made:
        (offset,), (count,) = made.tag_v2[273], made.tag_v2[279]
    return out.getvalue()[offset : offset + count]


@kind("fax.pdf", INKED)
def fax():
    return holding(
        as_fax(black_and_white()), bits=1, colours=Name.DeviceGray, Filter=Name.CCITTFaxDecode,
        DecodeParms=Dictionary(K=-1, Columns=300, Rows=420),
    )  # fmt: skip


@kind("jbig2.pdf", INKED)
def jbig2():
    """A scanner's packing (ITU-T T.88): one region, coded as a fax is (MMR)."""
    size = struct.pack(">II", 300, 420)
    region = size + bytes(9) + b"\x01" + as_fax(black_and_white())
    data = (
        struct.pack(">IBBBI", 0, 48, 0, 1, 19) + size + bytes(11)
        + struct.pack(">IBBBI", 1, 38, 0, 1, len(region)) + region
    )  # fmt: skip
    return holding(data, bits=1, colours=Name.DeviceGray, Filter=Name.JBIG2Decode)


@kind("jpeg-2000.pdf", COLOURED)
def jpeg_2000():
    return holding(written(drawing(), "JPEG2000"), Filter=Name.JPXDecode)


@kind("print-inks.pdf", [COLOURED[0], *COLOURED[2:4]])
def print_inks():
    return holding(drawing().convert("CMYK").tobytes(), colours=Name.DeviceCMYK)


@kind("soft-mask.pdf", COLOURED)
def soft_mask():
    """The white of the picture is black under its mask, as in PNG made into a PDF."""

    def change(pdf, made):
        alpha = see_through(drawing()).getchannel("A")
        mask = pikepdf.Stream(
            pdf, alpha.tobytes(), Type=Name.XObject, Subtype=Name.Image, Width=300, Height=420,
            BitsPerComponent=8, ColorSpace=Name.DeviceGray,
        )  # fmt: skip
        dark = Image.composite(drawing(), Image.new("RGB", (300, 420)), alpha)
        shown = pikepdf.Stream(
            pdf, dark.tobytes(), Type=Name.XObject, Subtype=Name.Image, Width=300, Height=420,
            BitsPerComponent=8, ColorSpace=Name.DeviceRGB, SMask=pdf.make_indirect(mask),
        )  # fmt: skip
        made.obj.Resources = Dictionary(XObject=Dictionary(P=shown))
        made.Contents = pdf.make_stream(b"q 200 0 0 280 0 0 cm /P Do Q")

    return page(change=change)


# --- Pages of every size and build -----------------------------------------------------------


def scaled(size):
    """A page of this size with its landmark and a red block in the middle."""
    wide, high = size
    return [wide * 0.3, high * 0.4, wide * 0.7, high * 0.7]


for _name, _size in {
    "a3.pdf": (842, 1191),
    "a4.pdf": (595.28, 841.89),
    "a4-wide.pdf": (842, 595),
    "tiny.pdf": (20, 28),
    "huge.pdf": (4000, 5600),
    "strip.pdf": (1000, 200),
}.items():
    kind(
        _name,
        [
            Mark("landmark", part([20, 16, 60, 44]), "green"),
            Mark("spot", (0.3, 0.3, 0.7, 0.6), "red"),
        ],
    )(lambda size=_size: page(fill(scaled(size), RED), size=size))


@kind("user-unit.pdf", [LANDMARK, RED_SPOT])
def user_unit():
    return page(fill(SPOT, RED), change=lambda pdf, made: made.obj.__setitem__("/UserUnit", 2))


@kind("box-back-to-front.pdf", [LANDMARK, RED_SPOT])
def box_back_to_front():
    """Corners in another order, as some scanners write them."""
    return page(
        fill(SPOT, RED),
        change=lambda pdf, made: made.obj.__setitem__("/MediaBox", Array([200, 280, 0, 0])),
    )


@kind("crop-beyond-the-page.pdf", [LANDMARK, RED_SPOT])
def crop_beyond_the_page():
    return page(
        fill(SPOT, RED),
        change=lambda pdf, made: made.obj.__setitem__("/CropBox", Array([-90, -90, 900, 900])),
    )


@kind("owner-password.pdf", [LANDMARK, RED_SPOT, *marks(("stamp", "blue"))])
def owner_password():
    """Printing and changing are forbidden, reading is not: it opens without a password."""
    return page(
        fill(SPOT, RED),
        change=lambda pdf, made: annotate(pdf, made, "Stamp", cell(0), BLUE, F=4),
        encryption=pikepdf.Encryption(
            owner="owner", user="", allow=pikepdf.Permissions(modify_annotation=False)
        ),
    )


GBK_LINE = Mark("line", part([20, 200, 180, 240]), "ink", 0.05)


def gbk(encoding, descendant, name, line):
    """A page with a line in a Chinese font that is not embedded, as old programs made them."""

    def change(pdf, made):
        font = Dictionary(
            Type=Name.Font, Subtype=Name.Type0, BaseFont=Name(f"/{name}"),
            Encoding=Name(f"/{encoding}"),
            DescendantFonts=[Dictionary(
                Type=Name.Font, Subtype=Name(f"/{descendant}"), BaseFont=Name(f"/{name}"), DW=1000,
                CIDSystemInfo=Dictionary(Registry=b"Adobe", Ordering=b"GB1", Supplement=2),
                FontDescriptor=pdf.make_indirect(Dictionary(
                    Type=Name.FontDescriptor, FontName=Name(f"/{name}"), Flags=6,
                    FontBBox=[0, -141, 1000, 859], ItalicAngle=0, Ascent=859, Descent=-141,
                    CapHeight=700, StemV=80,
                )),
            )],
        )  # fmt: skip
        made.obj.Resources = Dictionary(Font=Dictionary(F=pdf.make_indirect(font)))
        text = frame() + f"BT /F 24 Tf 25 212 Td <{line.hex()}> Tj ET\n"
        made.Contents = pdf.make_stream(text.encode())

    return lambda: page(change=change)


kind("song-gbk.pdf", [LANDMARK, GBK_LINE])(
    gbk("GBK-EUC-H", "CIDFontType0", "STSong-Light", "高级技师证书".encode("gbk"))
)
kind("simsun-gbk.pdf", [LANDMARK, GBK_LINE])(
    gbk("GBK-EUC-H", "CIDFontType2", "SimSun", "高级技师证书".encode("gbk"))
)
kind("simsun-gbkp.pdf", [LANDMARK, GBK_LINE])(
    gbk("GBKp-EUC-H", "CIDFontType2", "SimSun,Bold", "高级技师证书".encode("gbk"))
)
kind("song-utf16.pdf", [LANDMARK, GBK_LINE])(
    gbk("UniGB-UTF16-H", "CIDFontType2", "FangSong", "高级技师证书".encode("utf-16-be"))
)


@kind("helvetica.pdf", [LANDMARK, GBK_LINE])
def helvetica():
    def change(pdf, made):
        font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
        made.obj.Resources = Dictionary(Font=Dictionary(F=font))
        made.Contents = pdf.make_stream(
            (frame() + "BT /F 24 Tf 25 212 Td (Certificate 8) Tj ET\n").encode()
        )

    return page(change=change)


@kind("forms-in-forms.pdf", [LANDMARK, RED_SPOT])
def forms_in_forms():
    def change(pdf, made):
        inner = form(pdf, (80, 80), fill([0, 0, 80, 80], RED))
        for _ in range(12):
            outer = form(pdf, (80, 80), "/In Do")
            outer.Resources = Dictionary(XObject=Dictionary(In=inner))
            inner = outer
        made.obj.Resources = Dictionary(XObject=Dictionary(F=inner))
        made.Contents = pdf.make_stream((frame() + "q 1 0 0 1 60 120 cm /F Do Q\n").encode())

    return page(change=change)


@kind(
    "blend-modes.pdf",
    [
        LANDMARK,
        Mark("yellow times blue", part([60, 160, 100, 200]), "black"),
        Mark("seal over text", part([104, 164, 136, 196]), "red"),
        Mark("soft mask", part([64, 64, 96, 96]), "blue"),
    ],
    [Mark("behind the soft mask", part([104, 64, 136, 96]), "ink", 0.02)],
)
def blend_modes():
    def change(pdf, made):
        group = Dictionary(S=Name.Transparency, CS=Name.DeviceRGB, I=True)
        multiplied = form(
            pdf, SIZE, fill([60, 160, 100, 200], "1 0.9 0") + fill([100, 160, 140, 200], RED),
            Group=group,
        )  # fmt: skip
        light = form(pdf, SIZE, fill([60, 60, 100, 100], "1 1 1"), Group=group)
        made.obj.Group = Dictionary(S=Name.Transparency, CS=Name.DeviceRGB)
        made.obj.Resources = Dictionary(
            XObject=Dictionary(M=multiplied),
            ExtGState=Dictionary(
                Times=Dictionary(BM=Name.Multiply),
                Through=Dictionary(SMask=Dictionary(S=Name.Luminosity, G=light)),
            ),
        )
        content = (
            frame()
            + fill([60, 160, 100, 200], BLUE)
            + "q /Times gs /M Do Q\n"
            + f"q /Through gs {fill([60, 60, 140, 100], BLUE)} Q\n"
        )
        made.Contents = pdf.make_stream(content.encode())

    return page(change=change)


@kind("content-in-pieces.pdf", [LANDMARK, RED_SPOT])
def content_in_pieces():
    """The page's content is an array; its pieces end between an operator and its operands."""

    def change(pdf, made):
        words = (frame() + fill(SPOT, RED)).split()
        cuts = [*range(0, len(words), 5), len(words)]
        made.obj.Contents = Array(
            pdf.make_stream(" ".join(words[a:b]).encode()) for a, b in pairwise(cuts)
        )

    return page(change=change)


def under(pdf, made, depth, **inherited):
    """Put a page below so many nodes of the tree; the topmost has what it inherits."""
    root = pdf.Root.Pages
    kid = made.obj
    for level in range(depth):
        node = pdf.make_indirect(Dictionary(Type=Name.Pages, Kids=Array([kid]), Count=1))
        kid.Parent = node
        kid = node
        if level == depth - 1:
            for key, value in inherited.items():
                node[f"/{key}"] = value
    kid.Parent = root
    root.Kids = Array([kid])


@kind(
    "inherited.pdf",
    [
        Mark("landmark", turned(LANDMARK.box, 90), "green"),
        Mark("spot", turned(RED_SPOT.box, 90), "red"),
    ],
)
def inherited():
    """Size, turn and resources stand with the page's grandparent."""

    def change(pdf, made):
        red = form(pdf, (80, 80), fill([0, 0, 80, 80], RED))
        made.Contents = pdf.make_stream((frame() + "q 1 0 0 1 60 120 cm /F Do Q\n").encode())
        for key in ("/MediaBox", "/Resources"):
            del made.obj[key]
        under(pdf, made, 2, MediaBox=Array([0, 0, *SIZE]), Rotate=90,
              Resources=Dictionary(XObject=Dictionary(F=red)))  # fmt: skip

    return page(change=change)


@kind("deep-tree.pdf", [LANDMARK, RED_SPOT])
def deep_tree():
    return page(fill(SPOT, RED), change=lambda pdf, made: under(pdf, made, 60))


@kind("of-2001.pdf", [LANDMARK, RED_SPOT])
def of_2001():
    return page(
        fill(SPOT, RED),
        force_version="1.4",
        object_stream_mode=pikepdf.ObjectStreamMode.disable,
        compress_streams=False,
    )


@kind("packed-objects.pdf", [LANDMARK, RED_SPOT])
def packed_objects():
    return page(fill(SPOT, RED), object_stream_mode=pikepdf.ObjectStreamMode.generate)


@kind("linearised.pdf", [LANDMARK, RED_SPOT])
def linearised():
    return page(fill(SPOT, RED), linearize=True)


@kind("updated.pdf", [LANDMARK, BLUE_SPOT, *marks(("stamp", "red"))])
def updated():
    """Changed twice by appending, as signing programs do: the last state is what is seen."""
    before = page(
        fill(SPOT, BLACK),
        object_stream_mode=pikepdf.ObjectStreamMode.disable,
        compress_streams=False,
    )
    with pikepdf.open(io.BytesIO(before)) as pdf:
        made = pdf.pages[0]
        content, page_number = made.Contents.objgen[0], made.obj.objgen[0]
        last, root = len(pdf.objects), pdf.Root.objgen[0]
        parent = made.obj.Parent.objgen[0]
    text = (frame() + fill(SPOT, BLUE)).encode()
    note = fill([0, 0, 75, 30], RED).encode()
    rect = " ".join(map(str, cell(0)))
    first = {content: b"<</Length %d>>\nstream\n%s\nendstream" % (len(text), text)}
    second = {
        page_number: b"<</Type/Page/Parent %d 0 R/MediaBox[0 0 200 280]/Resources<<>>"
        b"/Contents %d 0 R/Annots[%d 0 R]>>" % (parent, content, last + 1),
        last + 1: b"<</Type/Annot/Subtype/Stamp/Rect[%s]/F 4/AP<</N %d 0 R>>>>"
        % (rect.encode(), last + 2),
        last + 2: b"<</Type/XObject/Subtype/Form/BBox[0 0 75 30]/Length %d>>\nstream\n%s\nendstream"
        % (len(note), note),
    }
    return appended(appended(before, first, root, last + 1), second, root, last + 3)


def appended(data, objects, root, size):
    """Return a PDF with another revision behind it (PDF 32000-1, 7.5.6)."""
    previous = int(data.rsplit(b"startxref", 1)[1].split()[0])
    table = b"xref\n"
    for number, body in sorted(objects.items()):
        table += b"%d 1\n%010d 00000 n \n" % (number, len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    trailer = b"trailer\n<</Size %d/Root %d 0 R/Prev %d>>\n" % (size, root, previous)
    return data + table + trailer + b"startxref\n%d\n%%%%EOF\n" % len(data)
