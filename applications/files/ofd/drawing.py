"""What stands on an OFD page, as the operators of a PDF (GB/T 33190-2016, chapters 8 to 13).

OFD counts in millimetres from the upper left corner downwards; so does a `Canvas`, and only the
page itself is turned. What cannot be drawn is counted in `Book.missing`, never passed over.
"""

import math
import re
from collections import Counter
from itertools import pairwise

import pikepdf
from fontTools.svgLib.path.arc import EllipticalArc
from pikepdf import Array, Dictionary, Name

from applications.files.ofd.typefaces import Outlines, Typeface, own_outlines, own_path
from applications.files.program_bounds import Refused

OBJECT_LIMIT = 300_000
# Of all pages together, before packing.
OPERATOR_LIMIT = 96 * 1024**2
DEPTH = 24
LINE_WIDTH = 0.353
# Producers round the box of an object: a hairline on its edge is not cut off, in millimetres.
BOX_MARGIN = 1
BOLD, BOLD_STROKE = 600, 0.03
SLANT = math.tan(math.radians(12))
# Own fonts run wider than the narrow faces that they stand for: no glyph covers the next one.
NARROWEST = 0.5
CAPS = {"Butt": 0, "Round": 1, "Square": 2}
JOINS = {"Miter": 0, "Round": 1, "Bevel": 2}
SPACES = {"GRAY": 1, "RGB": 3, "CMYK": 4}
# A file that was laid out for reading breaks its lines and indents them.
LINE_BREAKS = re.compile(r"[ \t]*[\r\n]+[ \t]*")
NUMBERS = {"S": 2, "M": 2, "L": 2, "Q": 4, "B": 6, "A": 7, "C": 0}
# What may stand on a page, and holds more of it.
BLOCKS = {"PageBlock", "Layer", "Content", "Appearance"}
STYLES = (
    "LineWidth", "Cap", "Join", "MiterLimit", "DashPattern", "DashOffset", "FillColor",
    "StrokeColor",
)  # fmt: skip


def number(text, default=0.0):
    """Return a number that an attribute holds, or the default for what is none."""
    try:
        value = float(text)
    except (TypeError, ValueError):
        return default
    return value if math.isfinite(value) and abs(value) < 1e7 else default


def numbers(text):
    """Return the numbers of a list in an attribute."""
    return [number(part) for part in (text or "").split()]


def box_of(text):
    """Return (x, y, width, height) in millimetres, or None for what is no box."""
    values = numbers(text)
    return tuple(values) if len(values) == 4 else None


def plain(*values):
    """Return numbers as a PDF writes them."""
    return " ".join(f"{value:.5f}".rstrip("0").rstrip(".") or "0" for value in values)


class Book:
    """The PDF that is made: what its pages share, and what could not be drawn.

    `missing` counts it by kind: picture, seal, character, pattern, media, object.
    """

    def __init__(self):
        self.pdf = pikepdf.Pdf.new()
        self.missing = Counter()
        self.faces = []
        self.seals = {}  # by their bytes: what draws them, or None
        self._own = {}
        self._states = {}
        self.objects = self.operators = 0

    def own_face(self, name):
        """Return the portal's own face that stands for one of this name."""
        path = own_path(name)
        if path not in self._own:
            self._own[path] = self.add_face(Typeface(own_outlines(path), is_own=True))
        return self._own[path]

    def add_face(self, face):
        """Take a face into the PDF."""
        self.faces.append(face)
        return face

    def count_object(self):
        """Count what is drawn; raises Refused when a file draws too much."""
        self.objects += 1
        if self.objects > OBJECT_LIMIT:
            raise Refused("ofd_objects")

    def state(self, **entries):
        """Return a graphics state of the PDF, the same for the same entries."""
        key = tuple(sorted(entries.items()))
        if key not in self._states:
            state = Dictionary(Type=Name.ExtGState)
            for name, value in key:
                state["/" + name] = Name(value) if name == "BM" else value
            self._states[key] = self.pdf.make_indirect(state)
        return self._states[key]

    def write_faces(self):
        """Fill in the fonts, once every page is drawn."""
        for place, face in enumerate(self.faces):
            if face.font is not None:
                face.write(self.pdf, f"OFDFACE+F{place}")


class Canvas:
    """The operators of one page, and the resources that they name."""

    def __init__(self, book):
        self.book = book
        self.parts = []
        self.resources = {"XObject": {}, "Font": {}, "ExtGState": {}, "Shading": {}}

    def write(self, text):
        """Add operators."""
        self.book.operators += len(text)
        if self.book.operators > OPERATOR_LIMIT:
            raise Refused("ofd_objects")
        self.parts.append(text)

    def name(self, kind, thing):
        """Return the name by which operators call a resource."""
        names = self.resources[kind]
        key = thing.objgen
        if key not in names:
            names[key] = (f"{kind[0]}{len(names)}", thing)
        return "/" + names[key][0]

    def use_state(self, **entries):
        """Set the graphics state."""
        self.write(f"{self.name('ExtGState', self.book.state(**entries))} gs")

    def resources_dictionary(self):
        """Return the resources as a PDF has them."""
        return Dictionary(
            {
                "/" + kind: Dictionary({"/" + name: thing for name, thing in names.values()})
                for kind, names in self.resources.items()
                if names
            }
        )


class Painter:
    """Draws the objects of one document on a canvas, with that document's resources."""

    def __init__(self, canvas, resources):
        self.canvas, self.resources = canvas, resources
        self.book = canvas.book

    # --- What stands on a page -------------------------------------------------------------------

    def draw_block(self, block, style, alpha=1.0, depth=0):
        """Draw everything in a layer, a block, a composite unit or an appearance."""
        if depth > DEPTH:
            raise Refused("ofd_objects")
        style = self.resources.style_of(block.get("DrawParam"), style)
        for item in block:
            if item.tag in BLOCKS:
                self.draw_block(item, style, alpha, depth + 1)
                continue
            self.book.count_object()
            draw = {
                "TextObject": self._text, "PathObject": self._path, "ImageObject": self._image,
                "CompositeObject": self._composite,
            }.get(item.tag)  # fmt: skip
            if draw is None:
                if item.tag.endswith("Object"):
                    is_media = item.tag in {"VideoObject", "AudioObject"}
                    self.book.missing["media" if is_media else "object"] += 1
                continue
            if item.get("Visible", "true").lower() == "false":
                continue
            own_style = self.resources.style_of(item.get("DrawParam"), style)
            own_style = _with_own(own_style, item)
            own_alpha = alpha * min(255, max(0, number(item.get("Alpha"), 255))) / 255
            self.canvas.write("q")
            box = box_of(item.get("Boundary")) or (0, 0, 0, 0)
            draw(item, box, own_style, own_alpha, depth)
            self.canvas.write("Q")

    def _place(self, item, box, *, clip):
        """Move to where an object stands, cut to its box and its clips."""
        x, y, width, height = box
        if clip and width > 0 and height > 0:
            margin = BOX_MARGIN
            self.canvas.write(
                plain(x - margin, y - margin, width + 2 * margin, height + 2 * margin) + " re W n"
            )
        self.canvas.write(f"1 0 0 1 {plain(x, y)} cm")
        clips = item.find("Clips")
        moves = clips is None or clips.get("TransFlag", "true").lower() != "false"
        if clips is not None and not moves:
            self._clip(clips)
        matrix = numbers(item.get("CTM"))
        if len(matrix) == 6:
            self.canvas.write(plain(*matrix) + " cm")
        if clips is not None and moves:
            self._clip(clips)
        return len(matrix) == 6

    def _clip(self, clips):
        """Cut to the areas of each clip in turn; areas of text cut nothing, and are counted."""
        for clip in clips.iterfind("Clip"):
            operators = []
            for area in clip.iterfind("Area"):
                path = area.find("Path")
                if path is None:
                    self.book.missing["object"] += 1
                    break
                matrix = _product(
                    _product(_matrix(path.get("CTM")), _moved(box_of(path.get("Boundary")))),
                    _matrix(area.get("CTM")),
                )
                operators += self._outline(path.findtext("AbbreviatedData"), matrix)
            else:
                rule = any(p.get("Rule") == "Even-Odd" for p in clip.iter("Path"))
                if operators:
                    self.canvas.write(" ".join(operators) + (" W* n" if rule else " W n"))

    def _composite(self, item, box, style, alpha, depth):
        unit = self.resources.unit(item.get("ResourceID"))
        if unit is None:
            self.book.missing["object"] += 1
            return
        self._place(item, box, clip=False)
        for content in unit.iterfind("Content"):
            self.draw_block(content, style, alpha, depth + 1)

    # --- Paths -----------------------------------------------------------------------------------

    def _path(self, item, box, style, alpha, _depth):
        self._place(item, box, clip=True)
        outline = " ".join(self._outline(item.findtext("AbbreviatedData")))
        if not outline:
            return
        is_filled = item.get("Fill", "false").lower() == "true"
        is_stroked = item.get("Stroke", "true").lower() != "false"
        even_odd = "*" if item.get("Rule") == "Even-Odd" else ""
        if is_filled:
            fill = style.get("FillColor")
            shading = None if fill is None else self._shading(fill)
            if shading:
                self.canvas.write(f"q {outline} W{even_odd} n")
                self._alpha(alpha * _cover(fill), 1)
                self.canvas.write(f"{shading} sh Q")
            elif (operator := self._colour(fill, "fill", absent=None)) is not None:
                self._alpha(alpha * _cover(fill), 1)
                self.canvas.write(f"{operator} {outline} f{even_odd}")
        if is_stroked:
            self._line(style)
            stroke = style.get("StrokeColor")
            self._alpha(1, alpha * _cover(stroke))
            self.canvas.write(f"{self._colour(stroke, 'stroke')} {outline} S")

    def _line(self, style):
        """Set how lines are drawn."""
        width = number(style.get("LineWidth"), LINE_WIDTH)
        cap, join = CAPS.get(style.get("Cap"), 0), JOINS.get(style.get("Join"), 0)
        miter = max(1, number(style.get("MiterLimit"), 3.528))
        self.canvas.write(f"{plain(max(0, width))} w {cap} J {join} j {plain(miter)} M")
        dashes = [abs(dash) for dash in numbers(style.get("DashPattern"))]
        if dashes and any(dashes):
            offset = plain(max(0, number(style.get("DashOffset"))))
            self.canvas.write(f"[{plain(*dashes)}] {offset} d")

    def _outline(self, data, matrix=(1, 0, 0, 1, 0, 0)):
        """Return the operators of AbbreviatedData, its points moved by a matrix."""
        pen = _Operators(matrix)
        tokens = re.findall(r"[A-Za-z]|[-+.\d][-+.\deE]*", data or "")
        place = 0
        while place < len(tokens):
            letter = tokens[place]
            place += 1
            if letter not in NUMBERS:
                continue  # as readers do: what is no operator is passed over
            values = [number(token) for token in tokens[place : place + NUMBERS[letter]]]
            if len(values) < NUMBERS[letter]:
                break
            place += len(values)
            pen.take(letter, values)
        self.book.objects += len(pen.operators) // 100
        return pen.operators

    # --- Colours ---------------------------------------------------------------------------------

    def _alpha(self, fill, stroke):
        fill, stroke = round(fill, 3), round(stroke, 3)
        if fill < 1 or stroke < 1:
            self.canvas.use_state(ca=fill, CA=stroke)

    def _colour(self, element, what, absent=(0.0,)):
        """Return the operator that sets a colour; None where nothing is painted."""
        values = absent
        if element is not None:
            if element.find("Pattern") is not None:
                self.book.missing["pattern"] += 1
                return None if what == "fill" else self._colour(None, what)
            values = self.resources.colour(element) or (0.0,)
        if values is None:
            return None
        operator = {1: "g", 3: "rg", 4: "k"}[len(values)]
        return f"{plain(*values)} {operator if what == 'fill' else operator.upper()}"

    def _shading(self, element):
        """Return the name of a colour that runs from one to another, or None for a plain one."""
        shade = element.find("AxialShd")
        is_axial = shade is not None
        if not is_axial:
            shade = element.find("RadialShd")
        if shade is None:
            if element.find("GouraudShd") is not None or element.find("LaGouraudShd") is not None:
                self.book.missing["pattern"] += 1
            return None
        stops = self._stops(shade)
        start, end = numbers(shade.get("StartPoint")), numbers(shade.get("EndPoint"))
        if len(stops) < 2 or len(start) != 2 or len(end) != 2:
            self.book.missing["pattern"] += 1
            return None
        if shade.get("MapType", "Direct") != "Direct" or number(shade.get("Eccentricity")):
            self.book.missing["pattern"] += 1  # drawn once, and as a circle
        coordinates = [*start, *end]
        if not is_axial:
            coordinates = [
                *start, number(shade.get("StartRadius")), *end, number(shade.get("EndRadius")),
            ]  # fmt: skip
        extend = int(number(shade.get("Extend")))
        shading = self.book.pdf.make_indirect(
            Dictionary(
                ShadingType=2 if is_axial else 3, ColorSpace=Name.DeviceRGB,
                Coords=Array(coordinates), Function=_run(stops),
                Extend=Array([bool(extend & 1), bool(extend & 2)]),
            )
        )  # fmt: skip
        return self.canvas.name("Shading", shading)

    def _stops(self, shade):
        """Return [(place from 0 to 1, RGB)] of a colour that runs."""
        segments = shade.findall("Segment")
        stops = []
        for place, segment in enumerate(segments):
            colour = segment.find("Color")
            values = self.resources.colour(colour) if colour is not None else None
            at = number(segment.get("Position"), place / max(1, len(segments) - 1))
            stops.append((min(1, max(0, at)), _as_rgb(values or (0.0,))))
        return sorted(stops)

    # --- Pictures --------------------------------------------------------------------------------

    def _image(self, item, box, style, alpha, _depth):
        if item.get("ResourceID") is None:
            return  # a placeholder: no picture is named
        picture = self.resources.picture(item.get("ResourceID"), item.get("ImageMask"))
        if picture is None:
            self.book.missing["picture"] += 1
            return
        if not self._place(item, box, clip=True):
            self.canvas.write(f"{plain(box[2], 0, 0, box[3], 0, 0)} cm")
        self._alpha(alpha, 1)
        if item.get("BlendMode") in {"Multiply", "Darken"}:
            self.canvas.use_state(BM="/" + item.get("BlendMode"))
        self.draw_picture(picture)
        border = item.find("Border")
        if border is not None and number(border.get("LineWidth"), LINE_WIDTH) > 0:
            self.canvas.write("Q q")
            x, y, width, height = box
            self._line(_with_own({}, border))
            colour = self._colour(border.find("BorderColor"), "stroke")
            self.canvas.write(f"{colour} {plain(x, y, width, height)} re S")

    def draw_picture(self, picture):
        """Draw a picture into the unit square, its top where OFD has the top."""
        self.canvas.write(f"1 0 0 -1 0 1 cm {self.canvas.name('XObject', picture)} Do")

    # --- Text ------------------------------------------------------------------------------------

    def _text(self, item, box, style, alpha, _depth):
        self._place(item, box, clip=False)
        size = number(item.get("Size"), 3.5)
        font = self.resources.font(item.get("Font"))
        is_bold = number(item.get("Weight"), 400) >= BOLD or font.is_bold
        is_filled = item.get("Fill", "true").lower() != "false"
        is_stroked = item.get("Stroke", "false").lower() == "true"
        fill, stroke = style.get("FillColor"), style.get("StrokeColor")
        fill_operator = self._colour(fill, "fill", absent=(0.0,))
        if fill is not None and (fill.find("AxialShd") is not None):
            self.book.missing["pattern"] += 1
        self._alpha(alpha * _cover(fill), alpha * _cover(stroke))
        mode = (2 if is_filled else 1) if is_stroked else (0 if is_filled else 3)
        self.canvas.write(f"BT {fill_operator or '0 g'}")
        if is_stroked:
            self._line(style)
            self.canvas.write(self._colour(stroke, "stroke"))
        elif is_bold and is_filled:
            mode = 2
            colour = self._colour(fill, "stroke")
            self.canvas.write(f"{colour} {plain(size * BOLD_STROKE)} w 1 j")
        if mode:
            self.canvas.write(f"{mode} Tr")
        look = _Look(item, size, is_slanted=item.get("Italic", "false").lower() == "true")
        transforms, at = [], (0.0, 0.0)
        for part in item:
            if part.tag == "CGTransform":
                transforms.append(part)
            elif part.tag == "TextCode":
                x, y = number(part.get("X"), at[0]), number(part.get("Y"), at[1])
                self._line_of_text(part, font, look, transforms, (x, y))
                transforms, at = [], (x, y)
        self.canvas.write("ET")

    def _line_of_text(self, part, font, look, transforms, at):
        """Draw one TextCode: glyph by glyph, each at its own place."""
        across, down = deltas(part.get("DeltaX")), deltas(part.get("DeltaY"))
        x, y = at
        used = None
        steps = font.glyphs_of(LINE_BREAKS.sub("", part.text or ""), transforms)
        for place, glyphs in enumerate(steps):
            dx = across[min(place, len(across) - 1)] if across else None
            dy = down[min(place, len(down) - 1)] if down else 0.0
            width = sum(face.width_of(code) for face, code in glyphs) * look.size
            squeezed = 1.0
            is_own = any(face.is_own for face, _ in glyphs)
            if is_own and place + 1 < len(steps) and dx and not dy:
                squeezed = max(NARROWEST, min(1.0, dx / (width * look.scale or dx)))
            within = 0.0
            for face, code in glyphs:
                if face is not used:
                    name = self.canvas.name("Font", face.start(self.book.pdf))
                    self.canvas.write(f"{name} 1 Tf")
                    used = face
                a, b, c, d = look.matrix(squeezed)
                moved = plain(a, b, c, d, x + a * within, y + b * within)
                self.canvas.write(f"{moved} Tm <{code:04X}> Tj")
                within += face.width_of(code)
            if dx is None and not down:
                # A producer that gives no steps means the steps of the font itself.
                step_x, step_y = look.step(width)
                x, y = x + step_x, y + step_y
            else:
                x, y = x + (dx or 0.0), y + dy


class _Look:
    """How the glyphs of one text object stand: size, direction, slant, how far they are drawn out.

    Directions are in degrees, clockwise.
    """

    def __init__(self, item, size, *, is_slanted):
        self.size, self.scale = size, number(item.get("HScale"), 1) or 1
        self.turned = int(number(item.get("CharDirection"))) % 360
        self.reads = int(number(item.get("ReadDirection"))) % 360
        self.slant = SLANT if is_slanted else 0
        radians = math.radians(self.turned)
        self.cosine, self.sine = round(math.cos(radians), 6), round(math.sin(radians), 6)

    def matrix(self, squeezed):
        """Return the first four numbers of a glyph's matrix: upright on a canvas that runs down."""
        size, wide = self.size, self.size * self.scale * squeezed
        # A glyph runs up, the canvas down: (wide, 0), (slant, -size), then turned.
        a, b, c, d = wide, 0.0, self.slant * size, -size
        return (
            a * self.cosine - b * self.sine, a * self.sine + b * self.cosine,
            c * self.cosine - d * self.sine, c * self.sine + d * self.cosine,
        )  # fmt: skip

    def step(self, width):
        """Return how far the next glyph stands when the file does not say."""
        radians = math.radians(self.reads)
        way = width * self.scale if self.reads in {0, 180} else self.size
        return way * round(math.cos(radians)), way * round(math.sin(radians))


class Font:
    """A font of an OFD file: its own outlines, or the portal's, character by character."""

    def __init__(self, book, name, data, *, is_bold=False):
        """Take the name of a font, and the bytes of its file or None."""
        self.book, self.name = book, name
        self.face = None
        if data:
            try:
                self.face = book.add_face(Typeface(Outlines(data)))
            except Exception:  # whatever a decoder says about hostile bytes
                self.book.missing["font"] += 1
        self.is_bold = is_bold and self.face is None

    def glyphs_of(self, text, transforms):
        """Return what stands at each step of a text: [[(face, code), …], …].

        `transforms` are its CGTransforms: which glyphs stand for which characters. Glyphs of a font
        that is not in the file say nothing: its characters are drawn instead.
        """
        glyphs, place = [], 0
        for first, count, numbers_of_glyphs in sorted(map(_transform, transforms)):
            if first < place or first > len(text):
                continue
            glyphs += [self._glyph(character) for character in text[place:first]]
            characters = text[first : first + count]
            is_even = len(numbers_of_glyphs) == count
            for turn, glyph_number in enumerate(numbers_of_glyphs):
                told = characters if turn == 0 else ""
                if is_even:
                    told = characters[turn : turn + 1]
                glyphs.append(self._numbered(glyph_number, told))
            place = first + count
        return glyphs + [self._glyph(character) for character in text[place:]]

    def _numbered(self, glyph_number, text):
        """Return the glyph of a number, or else the characters that it stands for."""
        if self.face is not None and self.face.outlines.has(glyph_number):
            try:
                return [(self.face, self.face.code_of(glyph_number, text))]
            except Exception:  # noqa: S110  # a broken outline: the characters are drawn instead
                pass
        return [glyph for character in text for glyph in self._glyph(character)]

    def _glyph(self, character):
        """Return the glyph of a character: of the file's font, else of the portal's, or none."""
        for face in filter(None, (self.face, self.book.own_face(self.name))):
            glyph_number = face.outlines.number_of(character)
            if glyph_number is None:
                continue
            try:
                return [(face, face.code_of(glyph_number, character))]
            except Exception:  # noqa: S112  # a broken outline
                continue
        if not character.isspace() and character.isprintable():
            self.book.missing["character"] += 1
        return []


def _transform(element):
    """Return (first character, how many, glyph numbers) of a CGTransform."""
    glyphs = [int(value) for value in numbers(element.findtext("Glyphs"))]
    count = int(number(element.get("CodeCount"), 1))
    return int(number(element.get("CodePosition"))), max(0, count), glyphs


def deltas(text):
    """Return the steps of DeltaX or DeltaY; "g 3 1.5" stands for three of 1.5."""
    tokens = (text or "").split()
    steps, place = [], 0
    while place < len(tokens):
        if tokens[place] == "g" and place + 2 < len(tokens):
            times = min(int(number(tokens[place + 1])), OBJECT_LIMIT)
            steps += [number(tokens[place + 2])] * times
            place += 3
        else:
            steps.append(number(tokens[place]))
            place += 1
    return steps


def _with_own(style, item):
    """Return a style with what an object says of itself."""
    own = {name: item.get(name) for name in STYLES if item.get(name) is not None}
    own |= {
        name: colour
        for name in ("FillColor", "StrokeColor")
        if (colour := item.find(name)) is not None
    }
    return {**style, **own} if own else style


def _cover(colour):
    """Return how far a colour covers, from 0 to 1."""
    alpha = 255 if colour is None else number(colour.get("Alpha"), 255)
    return min(255, max(0, alpha)) / 255


def _as_rgb(values):
    if len(values) == 1:
        return values * 3
    if len(values) == 3:
        return values
    *inks, key = values
    return tuple((1 - ink) * (1 - key) for ink in inks)


def _run(stops):
    """Return the function of a PDF that runs through colours."""
    parts = [
        Dictionary(FunctionType=2, Domain=Array([0, 1]), N=1, C0=Array(one), C1=Array(other))
        for (_, one), (_, other) in pairwise(stops)
    ]
    return Dictionary(
        FunctionType=3, Domain=Array([0, 1]), Functions=Array(parts),
        Bounds=Array([at for at, _ in stops[1:-1]]), Encode=Array([0, 1] * len(parts)),
    )  # fmt: skip


def _matrix(text):
    values = numbers(text)
    return tuple(values) if len(values) == 6 else (1, 0, 0, 1, 0, 0)


def _moved(box):
    return (1, 0, 0, 1, box[0], box[1]) if box else (1, 0, 0, 1, 0, 0)


def _product(first, then):
    """Return the matrix that does the first, then the other."""
    a, b, c, d, e, f = first
    g, h, i, j, k, l = then  # noqa: E741
    return (
        a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j,
        e * g + f * i + k, e * h + f * j + l,
    )  # fmt: skip


class _Operators:
    """A pen that writes the operators of a path, its points moved by a matrix."""

    def __init__(self, matrix):
        self.matrix, self.operators = matrix, []
        self.at = self.start = (0.0, 0.0)

    def take(self, letter, values):
        """Draw one step of AbbreviatedData."""
        points = list(zip(values[0::2], values[1::2], strict=False))
        if letter in "SM":
            self._move(points[0])
        elif letter == "C":
            if self.operators:
                self.operators.append("h")
            self.at = self.start
        elif not self.operators:
            # Readers begin where the first line ends when nothing says where.
            self._move(points[-1] if letter != "A" else tuple(values[5:]))
        elif letter == "L":
            self.lineTo(points[0])
        elif letter == "Q":
            self.qCurveTo(*points)
        elif letter == "B":
            self.curveTo(*points)
        else:
            self._arc(values)

    def _arc(self, values):
        across, down, turned, is_large, is_clockwise, *end = values
        end = tuple(end)
        if across and down and end != self.at:
            EllipticalArc(
                complex(*self.at), across, down, turned, bool(is_large), bool(is_clockwise),
                complex(*end),
            ).draw(self)  # fmt: skip
        else:
            self.lineTo(end)

    def _move(self, point):
        self._write("m", point)
        self.start = self.at

    def lineTo(self, point):
        """Draw a straight line, as fontTools' pens do."""
        self._write("l", point)

    def curveTo(self, *points):
        """Draw a cubic curve, as fontTools' pens do."""
        self._write("c", *points)

    def qCurveTo(self, middle, end):
        """Draw a quadratic curve, as fontTools' pens do."""
        middle, end, start = complex(*middle), complex(*end), complex(*self.at)
        one, other = start + (middle - start) * 2 / 3, end + (middle - end) * 2 / 3
        self.curveTo(*((point.real, point.imag) for point in (one, other, end)))

    def _write(self, operator, *points):
        a, b, c, d, e, f = self.matrix
        moved = [value for x, y in points for value in (a * x + c * y + e, b * x + d * y + f)]
        self.operators.append(f"{plain(*moved)} {operator}")
        self.at = points[-1]
