"""What viewers draw on a PDF's page besides its contents: comments, stamps and fields.

A comment or field may have no appearance of its own in the file; viewers then draw one, and so does
PDFium 159 for fields, rectangles, ellipses, ink, marked text and notes. It leaves out lines,
polygons, stamps, carets and round buttons, and all words of a text box as soon as one is Chinese
(findings/pdfium-comments.sh): `complete` gives those an appearance before a page is drawn.
"""

import io
import itertools
import math
import re

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

from applications.files.check_program import inherited

# Never drawn; links are left out of every copy.
UNDRAWN = {"/Popup", "/Link"}
HIDDEN, NO_VIEW = 2, 32
RADIO = 1 << 15
# What Acrobat and others write in a text box whose file says nothing about it.
TEXT_SIZE, LEADING, INSET = 12, 1.3, 3
WORDS_OF_STAMPS = re.compile(r"(?<=[a-z])(?=[A-Z])")
ARROWS = {"/OpenArrow", "/ClosedArrow"}
ARROW = 3  # line widths, and at least so many points more
SIZE = re.compile(r"([\d.]+)\s+Tf|font(?:-size)?:[^;]*?([\d.]+)\s*pt")
COLOUR = re.compile(r"((?:[\d.]+\s+){1,4})(g|rg|k)\b")
STYLED = re.compile(r"(?<![-\w])color:\s*#([0-9A-Fa-f]{6})")
PAINT = {1: "g", 3: "rg", 4: "k"}


def shown_on(page):
    """Return the annotations of a page that viewers show."""
    annotations = page.get("/Annots")
    if not isinstance(annotations, Array):
        return []
    return [
        annotation
        for annotation in annotations
        if isinstance(annotation, Dictionary) and is_shown(annotation)
    ]


def is_shown(annotation):
    """Whether a screen shows an annotation: what is only not for print is shown."""
    flags = annotation.get("/F", 0)
    is_hidden = isinstance(flags, int) and flags & (HIDDEN | NO_VIEW)
    if is_hidden or str(annotation.get("/Subtype")) in UNDRAWN:
        return False
    left, bottom, right, top = _rectangle(annotation)
    return left != right and bottom != top


def has_appearance(annotation):
    """Whether the file itself says how an annotation looks, even if that is empty."""
    appearance = annotation.get("/AP")
    normal = appearance.get("/N") if isinstance(appearance, Dictionary) else None
    if isinstance(normal, Stream):
        return True
    # Of a button, one for each state; which, the file may leave to its value.
    return isinstance(normal, Dictionary) and "/AS" in annotation


def is_field(annotation):
    """Whether an annotation is a form's field, its signatures aside."""
    return annotation.get("/Subtype") == Name.Widget and inherited(annotation, "/FT") != Name.Sig


def is_drawn_by_viewers(annotation):
    """Whether viewers draw something for an annotation that has no appearance."""
    if annotation.get("/Subtype") != Name.Widget:
        return True
    return "/MK" in annotation or inherited(annotation, "/V") not in (None, Name.Off)


def completed(data):
    """Return a PDF (bytes) whose comments all look like something: as it is, if they do."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        if not sum(complete(pdf, page.obj) for page in pdf.pages):
            return data
        out = io.BytesIO()
        pdf.save(out)
        return out.getvalue()


def complete(pdf, page):
    """Give what PDFium leaves out on a page an appearance; return to how many comments."""
    made = 0
    for annotation in shown_on(page):
        draw = (
            _round_button
            if _is_radio(annotation)
            else DRAWINGS.get(str(annotation.get("/Subtype")))
        )
        if draw and not has_appearance(annotation):
            form = _form(pdf, annotation, draw(annotation))
            if draw is _round_button:  # one for each state
                annotation.AS = annotation.get("/AS", Name.Off)
                form = Dictionary({str(annotation.AS): form})
            annotation.AP = Dictionary(N=form)
            made += 1
    return made


def _form(pdf, annotation, content):
    """Return the drawing of an annotation in the page's own coordinates."""
    box = _rectangle(annotation)
    # A line's own width goes beyond a rectangle that only holds its ends.
    by = _width(annotation) if str(annotation.Subtype) in STROKED else 0
    box = (box[0] - by, box[1] - by, box[2] + by, box[3] + by)
    annotation.Rect = Array([*map(_rounded, box)])
    opacity = annotation.get("/CA", 1)
    state = Dictionary(Type=Name.ExtGState, CA=opacity, ca=opacity)
    return Stream(
        pdf,
        f"/Opacity gs {content}".encode(),
        Type=Name.XObject,
        Subtype=Name.Form,
        BBox=annotation.Rect,
        Resources=Dictionary(ExtGState=Dictionary(Opacity=state), Font=Dictionary(Text=_font(pdf))),
    )


def _font(pdf):
    """Return a font that is not in the file: PDFium takes the portal's. ASCII is half as wide."""
    descendant = Dictionary(
        Type=Name.Font,
        Subtype=Name.CIDFontType0,
        BaseFont=Name("/STSong-Light"),
        CIDSystemInfo=Dictionary(Registry=b"Adobe", Ordering=b"GB1", Supplement=4),
        DW=1000,
        W=Array([1, 95, 500]),
    )
    return pdf.make_indirect(
        Dictionary(
            Type=Name.Font,
            Subtype=Name.Type0,
            BaseFont=Name("/STSong-Light-UniGB-UTF16-H"),
            Encoding=Name("/UniGB-UTF16-H"),
            DescendantFonts=Array([pdf.make_indirect(descendant)]),
        )
    )


# --- What each kind looks like: operators in the page's coordinates ---


def _line(annotation):
    x1, y1, x2, y2 = _numbers(annotation.get("/L"), 4)
    drawn = f"{_stroke(annotation)} {x1} {y1} m {x2} {y2} l S"
    ends = annotation.get("/LE")
    ends = [str(end) for end in ends] if isinstance(ends, Array) else []
    for end, (x, y, from_x, from_y) in zip(
        ends, ((x1, y1, x2, y2), (x2, y2, x1, y1)), strict=False
    ):
        if end in ARROWS:
            drawn += _arrow(x, y, math.atan2(from_y - y, from_x - x), _width(annotation), end)
    return drawn


def _arrow(x, y, direction, width, kind):
    long = ARROW * width + ARROW * 2
    (x1, y1), (x2, y2) = (
        (x + long * math.cos(direction + turn), y + long * math.sin(direction + turn))
        for turn in (math.pi / 7, -math.pi / 7)
    )
    close = "s" if kind == "/ClosedArrow" else "S"
    return f" {x1:.2f} {y1:.2f} m {x:.2f} {y:.2f} l {x2:.2f} {y2:.2f} l {close}"


def _polygon(annotation):
    numbers = _numbers(annotation.get("/Vertices"))
    points = list(zip(numbers[::2], numbers[1::2], strict=False))
    path = " ".join(f"{x} {y} {'l' if at else 'm'}" for at, (x, y) in enumerate(points))
    fill = _paint(annotation.get("/IC"))
    if annotation.Subtype == Name.PolyLine:
        return f"{_stroke(annotation)} {path} S"
    return f"{fill} {_stroke(annotation)} {path} {'b' if fill else 's'}"


def _caret(annotation):
    left, bottom, right, top = _rectangle(annotation)
    middle = (left + right) / 2
    paint = _paint(annotation.get("/C")) or "0 g"
    return f"{paint} {left} {bottom} m {middle} {top} l {right} {bottom} l f"


def _stamp(annotation):
    left, bottom, right, top = _rectangle(annotation)
    name = str(annotation.get("/Name", "/Draft")).removeprefix("/")
    words = WORDS_OF_STAMPS.sub(" ", name).upper()
    paint = _paint(annotation.get("/C")) or "0.7 0.15 0.1 rg"
    size = min((top - bottom) * 0.6, (right - left - 4 * INSET) / max(_long(words), 1))
    x = (left + right - size * _long(words)) / 2
    y = (bottom + top - size * 0.7) / 2
    frame = f"{left + 2} {bottom + 2} {right - left - 4} {top - bottom - 4} re S"
    return f"{paint} {_stroked(paint)} 2 w {frame} {_text([(x, y, words)], size)}"


def _is_radio(annotation):
    if annotation.get("/Subtype") != Name.Widget or inherited(annotation, "/FT") != Name.Btn:
        return False
    flags = inherited(annotation, "/Ff")
    return isinstance(flags, int) and bool(flags & RADIO)


def _round_button(annotation):
    """A dot where the button is chosen, in a ring where it has a border."""
    left, bottom, right, top = _rectangle(annotation)
    x, y = (left + right) / 2, (bottom + top) / 2
    radius = min(right - left, top - bottom) / 2 - 1
    drawn, look = "", annotation.get("/MK")
    if isinstance(look, Dictionary) and "/BC" in look:
        drawn = f"0 G 1 w {_circle(x, y, radius)} s"
    if annotation.get("/AS", Name.Off) != Name.Off:
        drawn += f" 0 g {_circle(x, y, radius / 2)} f"
    return drawn


def _circle(x, y, radius):
    """Four curves; their handles are 0.5523 of the radius long."""
    handle = 0.5523 * radius
    points = ((radius, 0), (0, radius), (-radius, 0), (0, -radius), (radius, 0))
    path = f"{x + radius:.2f} {y:.2f} m"
    for (x1, y1), (x2, y2) in itertools.pairwise(points):
        # A handle leaves each point at right angles to its radius, counter-clockwise.
        ends = (
            (x + x1 - y1 / radius * handle, y + y1 + x1 / radius * handle),
            (x + x2 + y2 / radius * handle, y + y2 - x2 / radius * handle),
            (x + x2, y + y2),
        )
        path += " " + " ".join(f"{a:.2f} {b:.2f}" for a, b in ends) + " c"
    return path


def _text_box(annotation):
    left, bottom, right, top = _rectangle(annotation)
    said = " ".join(str(annotation.get(key, "")) for key in ("/DA", "/DS"))
    sizes = [float(number) for found in SIZE.findall(said) for number in found if number]
    size = next(filter(None, reversed(sizes)), TEXT_SIZE)
    paint = "0 g"
    if found := COLOUR.findall(said):
        paint = " ".join(found[-1])
    if found := STYLED.findall(said):
        parts = (int(found[-1][at : at + 2], 16) / 255 for at in (0, 2, 4))
        paint = " ".join(f"{part:.3f}" for part in parts) + " rg"
    drawn, fill = "", _paint(annotation.get("/C"))
    if fill:
        drawn += f"{fill} {left} {bottom} {right - left} {top - bottom} re f "
    if width := _width(annotation):
        inner = right - left - width, top - bottom - width
        drawn += f"{_stroked(paint)} {width} w {left + width / 2} {bottom + width / 2} "
        drawn += f"{inner[0]} {inner[1]} re S "
    room = right - left - 2 * (INSET + width)
    lines, y = [], top - INSET - width - size
    for line in _lines(str(annotation.get("/Contents", "")), room / size):
        spare = room - size * _long(line)
        x = left + INSET + width + spare * {1: 0.5, 2: 1}.get(annotation.get("/Q"), 0)
        lines.append((x, y, line))
        y -= size * LEADING
    return f"{drawn} {paint} {_text(lines, size)}"


DRAWINGS = {
    "/Line": _line,
    "/Polygon": _polygon,
    "/PolyLine": _polygon,
    "/Caret": _caret,
    "/Stamp": _stamp,
    "/FreeText": _text_box,
}
STROKED = {"/Line", "/Polygon", "/PolyLine"}


def _lines(text, room):
    """Break a text into lines of so many em."""
    lines = []
    for part in re.split(r"\r\n|\r|\n", text):
        line = ""
        for character in part:
            if line and _long(line + character) > room:
                lines.append(line)
                line = ""
            line += character
        lines.append(line)
    return lines


def _long(text):
    """How wide a text is in the font's own size."""
    return sum(0.5 if character.isascii() else 1 for character in text)


def _text(lines, size):
    parts = (
        f"1 0 0 1 {x:.2f} {y:.2f} Tm <{text.encode('utf-16-be').hex()}> Tj"
        for x, y, text in lines
        if text
    )
    return f"BT /Text {size:.2f} Tf {' '.join(parts)} ET"


def _stroke(annotation):
    return f"{_stroked(_paint(annotation.get('/C')) or '0 g')} {_width(annotation)} w"


def _stroked(paint):
    """The same colour for lines."""
    *numbers, operator = paint.split()
    return " ".join([*numbers, operator.upper()])


def _paint(colour):
    """Return the operators of a colour (0 to 1 in one, three or four parts), or ""."""
    numbers = _numbers(colour)
    operator = PAINT.get(len(numbers))
    return f"{' '.join(map(str, numbers))} {operator}" if operator else ""


def _width(annotation):
    style, border = annotation.get("/BS"), _numbers(annotation.get("/Border"))
    if isinstance(style, Dictionary) and "/W" in style:
        return float(style.W)
    return border[2] if len(border) > 2 else 1


def _rectangle(annotation):
    """Return (left, bottom, right, top) in points."""
    x1, y1, x2, y2 = _numbers(annotation.get("/Rect"), 4)
    return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)


def _numbers(values, count=None):
    """Return an array's numbers; `count` zeros where it does not have so many."""
    try:
        numbers = [_rounded(float(value)) for value in values]
    except (TypeError, ValueError):
        numbers = []
    if count is not None and len(numbers) != count:
        return [0] * count
    return numbers


def _rounded(number):
    return round(number, 3)
