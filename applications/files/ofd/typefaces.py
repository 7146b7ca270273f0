"""Typefaces of an OFD file as fonts of a PDF.

A font in the file is never handed on: the outlines of the glyphs that are used are read by
fontTools and written into a font of our own (CFF), so that whatever else it holds is left behind,
and each glyph carries the characters that it stands for. A character that no font in the file draws
is drawn by the portal's own Chinese fonts.
"""

import io
import re
from functools import cache

import pikepdf
import pylopdf_fonts_zh_cn as own_fonts
from fontTools import agl
from fontTools.cffLib import CFFFontSet
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.transformPen import TransformPen
from fontTools.ttLib import TTCollection, TTFont
from pikepdf import Array, Dictionary, Name

# Of an em; what a font of a PDF counts in.
UNITS = 1000
# Names of faces with serifs, and of those written with a brush, which the serif face stands for.
SERIF = re.compile("[宋明楷仿隶]|song|sun|ming|kai|fang|times|serif|roman")
SANS = re.compile("[黑圆]|hei|arial|helvetica|sans|courier|consol|mono|ocr")
# Private use: where symbol fonts keep the characters of one byte.
SYMBOLS = 0xF000
HEAD_BYTES = 54


class Outlines:
    """The glyphs of a font file: their numbers by character, their widths, their outlines."""

    def __init__(self, data):
        """Read the bytes of a TrueType, OpenType or bare CFF font; raises as fontTools does."""
        if data[:1] == b"\x01" and data[:4] != b"\0\1\0\0":
            self._read_bare_cff(data)
            return
        if data[:4] == b"ttcf":
            font = TTCollection(io.BytesIO(data), lazy=True).fonts[0]
        else:
            font = TTFont(io.BytesIO(data), lazy=True, checkChecksums=0)
        if head := font.reader.tables.get("head"):
            # fontTools wants nothing behind it but zeros; some producers' fonts have more.
            head.length = min(head.length, HEAD_BYTES)
        self.order = font.getGlyphOrder()
        self.glyphs = font.getGlyphSet()
        self.units = font["head"].unitsPerEm if "head" in font else UNITS
        self._numbers = _characters_of(font)

    def _read_bare_cff(self, data):
        fonts = CFFFontSet()
        fonts.decompile(io.BytesIO(data), None)
        top = fonts[0]
        self.order = top.getGlyphOrder()
        self.glyphs = top.CharStrings
        self.units = round(1 / top.FontMatrix[0]) if getattr(top, "FontMatrix", None) else UNITS
        self._numbers = {}
        for number, name in enumerate(self.order):
            if len(text := agl.toUnicode(name)) == 1:
                self._numbers.setdefault(ord(text), number)

    def number_of(self, character):
        """Return the number of the glyph of a character, or None."""
        code = ord(character)
        number = self._numbers.get(code)
        if number is None and code < 256:
            number = self._numbers.get(SYMBOLS + code)
        return number or None

    def has(self, number):
        return 0 <= number < len(self.order)

    def char_string(self, number):
        """Return (outline, advance in thousandths of an em) of a glyph, to be written as CFF."""
        glyph = self.glyphs[self.order[number]]
        scale = UNITS / self.units
        if not hasattr(glyph, "width"):  # a bare CFF glyph knows it once it is drawn
            glyph.draw(T2CharStringPen(None, None))
        width = max(0, round(glyph.width * scale))
        pen = T2CharStringPen(width, None)
        glyph.draw(TransformPen(pen, (scale, 0, 0, scale, 0, 0)))
        return pen.getCharString(), width


def _characters_of(font):
    """Return {character: glyph number} of a font: by its best table, else by any that it has."""
    if "cmap" not in font:
        return {}
    names = font.getBestCmap()
    if names is None:
        names = {}
        for table in font["cmap"].tables:
            names.update(getattr(table, "cmap", {}))
    return {code: font.getGlyphID(name) for code, name in names.items()}


class Typeface:
    """One font of the PDF, with the glyphs used so far; `is_own` when it is the portal's."""

    def __init__(self, outlines, *, is_own=False):
        self.outlines, self.is_own = outlines, is_own
        self.font = None  # the PDF's object, once `write` has made it
        self._codes = {}  # (glyph number, text): code
        self._strings, self.widths = [], []

    def code_of(self, number, text):
        """Return the code that draws a glyph and stands for a text; raises as fontTools does."""
        key = (number, text)
        if key not in self._codes:
            string, width = self.outlines.char_string(number)
            self._strings.append(string)
            self.widths.append(width)
            self._codes[key] = len(self._strings)
        return self._codes[key]

    def width_of(self, code):
        """Return how far the glyph of a code advances, in ems."""
        return self.widths[code - 1] / UNITS

    def write(self, pdf, name):
        """Fill the PDF's font object with the glyphs used, all of them known by now."""
        names = [".notdef", *(f"g{code}" for code in range(1, len(self._strings) + 1))]
        blank = T2CharStringPen(UNITS, None).getCharString()
        builder = FontBuilder(UNITS, isTTF=False)
        builder.setupGlyphOrder(names)
        builder.setupCFF(name, {}, dict(zip(names, [blank, *self._strings], strict=True)), {})
        program = pikepdf.Stream(pdf, builder.font["CFF "].compile(builder.font))
        program.Subtype = Name.CIDFontType0C
        descriptor = Dictionary(
            Type=Name.FontDescriptor, FontName=Name("/" + name), Flags=4,
            FontBBox=Array([0, -200, UNITS, 900]), ItalicAngle=0, Ascent=880, Descent=-120,
            CapHeight=700, StemV=80, FontFile3=pdf.make_indirect(program),
        )  # fmt: skip
        descendant = Dictionary(
            Type=Name.Font, Subtype=Name.CIDFontType0, BaseFont=Name("/" + name), DW=UNITS,
            CIDSystemInfo=Dictionary(Registry="Adobe", Ordering="Identity", Supplement=0),
            FontDescriptor=pdf.make_indirect(descriptor), W=Array([1, Array(self.widths)]),
        )  # fmt: skip
        self.font.BaseFont = Name("/" + name)
        self.font.DescendantFonts = Array([pdf.make_indirect(descendant)])
        self.font.ToUnicode = pdf.make_indirect(pikepdf.Stream(pdf, self._to_unicode()))

    def start(self, pdf):
        """Return the PDF's font object, empty until `write`."""
        if self.font is None:
            self.font = pdf.make_indirect(
                Dictionary(Type=Name.Font, Subtype=Name.Type0, Encoding=Name("/Identity-H"))
            )
        return self.font

    def _to_unicode(self):
        lines = [
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
            "/CMapName /Adobe-Identity-UCS def /CMapType 2 def",
            "1 begincodespacerange <0000> <FFFF> endcodespacerange",
        ]
        pairs = [
            f"<{code:04X}> <{text.encode('utf-16-be', 'replace').hex().upper()}>"
            for (_, text), code in self._codes.items()
            if text
        ]
        for start in range(0, len(pairs), 100):
            part = pairs[start : start + 100]
            lines += [f"{len(part)} beginbfchar", *part, "endbfchar"]
        lines.append("endcmap CMapName currentdict /CMap defineresource pop end end")
        return "\n".join(lines).encode("ascii")


@cache
def own_outlines(path):
    """Return the outlines of one of the portal's own fonts; read once for a process."""
    with open(path, "rb") as file:
        return Outlines(file.read())


def own_path(name):
    """Return which of the portal's fonts stands for a face of this name."""
    name = name.casefold()
    is_sans = SANS.search(name) and not SERIF.search(name)
    return own_fonts.sans_path() if is_sans else own_fonts.serif_path()
