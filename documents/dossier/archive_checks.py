"""Whether the pages of an uploaded file may stand in a PDF for the archive (PDF/A-3b, ISO 19005-3).

Checked is what usually forbids it; docs/decisions/0032-*.md lists it all. A font that came with
the file is never vouched for: that its widths and codes agree with its glyphs only a validator can
tell.
Runs in a process of its own (`page_program.py`): what was uploaded is hostile.
"""

import re

from pikepdf import Array, Dictionary, Name, Stream

from applications.files.check_program import DEPTH, inherited, unpacked
from documents.dossier.pages import CONTENT_LIMIT

FONT = "含外来字体，无法确认其长期可读"
COLOUR = "含印刷四色（CMYK）颜色"
PACKING = "含不允许的压缩方式"
DRAWING = "含不允许的绘图设置"
UNKNOWN = "含无法判定的内容"
# Sets four colours, or names them or a packing in a picture that stands among the commands; these
# bytes in a text or a picture only cost the mark.
_FOUR_COLOURS = re.compile(rb"(?:^|[\s\d.])[kK](?=$|[\s/\[(<])|/(?:CMYK|DeviceCMYK)\b")
_PACKED = re.compile(rb"/(?:LZW|LZWDecode)\b")
_FORBIDDEN_STATES = ("/TR", "/HTP", "/HTO")
_BLENDING = {
    "/Normal", "/Compatible", "/Multiply", "/Screen", "/Overlay", "/Darken", "/Lighten",
    "/ColorDodge", "/ColorBurn", "/HardLight", "/SoftLight", "/Difference", "/Exclusion", "/Hue",
    "/Saturation", "/Color", "/Luminosity",
}  # fmt: skip


def hindrances(pdf):
    """Return why the pages of a document may not stand there, in Chinese, each once; or []."""
    checks = _Checks()
    try:
        for page in pdf.pages:
            checks.content(page.obj.get("/Contents"))
            checks.resources(inherited(page.obj, "/Resources"))
    except Exception:  # whatever a parser says about hostile bytes
        checks.found.add(UNKNOWN)
    return sorted(checks.found)


def smooth_nothing(pdf):
    """Take from every picture what only tells viewers and printers to show it otherwise."""
    for each in pdf.objects:
        if isinstance(each, Stream) and each.get("/Subtype") == Name.Image:
            for key in ("/Interpolate", "/Alternates"):
                if key in each:
                    del each[key]


class _Checks:
    """Goes through what pages draw with, each thing once."""

    def __init__(self):
        self.found = set()
        self.seen = set()

    def _is_new(self, thing):
        if not getattr(thing, "is_indirect", False):
            return True
        if thing.objgen in self.seen:
            return False
        self.seen.add(thing.objgen)
        return True

    def content(self, contents):
        for stream in contents if isinstance(contents, Array) else [contents]:
            if isinstance(stream, Stream) and self._is_new(stream):
                self._stream(stream)
                unpacked(stream, CONTENT_LIMIT)  # no more than this is kept
                data = stream.read_bytes()
                if _FOUR_COLOURS.search(data):
                    self.found.add(COLOUR)
                if _PACKED.search(data):
                    self.found.add(PACKING)

    def _stream(self, stream):
        filters = stream.get("/Filter", [])
        for each in filters if isinstance(filters, Array) else [filters]:
            if str(each) in {"/LZWDecode", "/Crypt", "/JPXDecode"}:
                self.found.add(PACKING)

    def resources(self, resources, depth=0):
        if not isinstance(resources, Dictionary) or not self._is_new(resources):
            return
        if depth > DEPTH:
            self.found.add(DRAWING)
            return
        if _in(resources, "/Font"):
            self.found.add(FONT)
        for each in _in(resources, "/ColorSpace"):
            self._colours(each)
        for each in _in(resources, "/Shading"):
            self._colours(each.get("/ColorSpace"))
        for each in _in(resources, "/ExtGState"):
            self._state(each, depth)
        for each in (*_in(resources, "/XObject"), *_in(resources, "/Pattern")):
            if self._is_new(each):
                self._drawing(each, depth)

    def _drawing(self, drawing, depth):
        if not isinstance(drawing, Stream):
            if "/Shading" in drawing:
                self._colours(drawing.Shading.get("/ColorSpace"))
            return
        self._stream(drawing)
        if drawing.get("/Subtype") == Name.Image:
            self._colours(drawing.get("/ColorSpace"))
            if isinstance(mask := drawing.get("/SMask"), Stream):
                self._stream(mask)
            return
        if drawing.get("/Subtype") == Name.PS or "/PS" in drawing:
            self.found.add(DRAWING)
        if isinstance(group := drawing.get("/Group"), Dictionary):
            self._colours(group.get("/CS"))
        self.seen.discard(drawing.objgen)  # its commands are still to be read
        self.content(drawing)
        self.resources(drawing.get("/Resources"), depth + 1)

    def _state(self, state, depth):
        blending = state.get("/BM", Name.Normal)
        modes = blending if isinstance(blending, Array) else [blending]
        if (
            any(key in state for key in _FORBIDDEN_STATES)
            or state.get("/TR2", Name.Default) != Name.Default
            or any(str(mode) not in _BLENDING for mode in modes)
        ):
            self.found.add(DRAWING)
        mask = state.get("/SMask")
        drawn = mask.get("/G") if isinstance(mask, Dictionary) else None
        if isinstance(drawn, Stream) and self._is_new(drawn):
            self._drawing(drawn, depth)

    def _colours(self, space, depth=0):
        if space is None or depth > DEPTH:
            return
        if space == Name.DeviceCMYK:
            self.found.add(COLOUR)
        elif isinstance(space, Array) and len(space) > 1:
            # What they are made of: of an indexed space, a separation, a pattern.
            for each in list(space)[1:3]:
                if isinstance(each, Array) or each == Name.DeviceCMYK:
                    self._colours(each, depth + 1)


def _in(resources, kind):
    """Return the resources of a kind."""
    names = resources.get(kind)
    return list(dict(names.items()).values()) if isinstance(names, Dictionary) else []
