"""Whether the pages of an uploaded file may stand in a PDF for the archive (PDF/A-3b, ISO 19005-3).

Checked is what usually forbids it; docs/decisions/0032-*.md lists it all. A font that came with
the file is never vouched for: that its widths and codes agree with its glyphs only a validator can
tell.
Runs in a process of its own (`page_program.py`): what was uploaded is hostile.
"""

from pikepdf import Array, Dictionary, Name, Stream, parse_content_stream

from applications.files.check_program import DEPTH, inherited, unpacked
from documents.dossier.pages import CONTENT_LIMIT

FONT = "含外来字体，无法确认其长期可读"
COLOUR = "含印刷四色（CMYK）颜色"
PACKING = "含不允许的压缩方式"
DRAWING = "含不允许的绘图设置"
UNKNOWN = "含无法判定的内容"
# Bytes of commands that are read, of one page or drawing and of a file: each takes 80 in memory.
READ_LIMIT, READ_IN_ALL = 2 * 1024**2, 16 * 1024**2
# All that there are (ISO 32000-1, annex A) but those that need a font.
_COMMANDS = {
    "b", "B", "b*", "B*", "BDC", "BMC", "BX", "c", "cm", "CS", "cs", "d", "Do", "DP", "EMC", "EX",
    "f", "F", "f*", "G", "g", "gs", "h", "i", "j", "J", "k", "K", "l", "m", "M", "MP", "n", "q",
    "Q", "re", "RG", "rg", "ri", "s", "S", "sc", "SC", "scn", "SCN", "sh", "v", "w", "W", "W*", "y",
}  # fmt: skip
_OF_TEXT = {"BT", "ET", "Tc", "Td", "TD", "Tf", "Tj", "TJ", "TL", "Tm", "Tr", "Ts", "Tw", "Tz"}
_OF_TEXT |= {"T*", "'", '"', "d0", "d1"}
_PICTURE = "INLINE IMAGE"
_INTENTS = {"/AbsoluteColorimetric", "/RelativeColorimetric", "/Perceptual", "/Saturation"}
_PACKINGS = {
    "/FlateDecode", "/DCTDecode", "/CCITTFaxDecode", "/JBIG2Decode", "/ASCIIHexDecode",
    "/ASCII85Decode", "/RunLengthDecode",
}  # fmt: skip
_PLAIN_COLOURS = {"/DeviceGray", "/DeviceRGB", "/Pattern"}
# Families whose members name no other and no profile.
_CALIBRATED = {"/CalGray", "/CalRGB", "/Lab"}
# What a profile begins with (ICC.1, 7.2): how many colours each kind has; what it may describe.
_ICC_COLOURS, _ICC_CLASSES = (
    {b"GRAY": 1, b"RGB ": 3, b"Lab ": 3},
    {b"scnr", b"mntr", b"prtr", b"spac"},
)
_ICC_HEAD, _ICC_LIMIT = 128, 8 * 1024**2
_FORBIDDEN_STATES = ("/TR", "/HT", "/HTP", "/HTO")
# Of drawings: what stands elsewhere, or in another's place.
_FORBIDDEN_KEYS = ("/OPI", "/Ref", "/PS", "/Alternates", "/F")
_BLENDING = {
    "/Normal", "/Compatible", "/Multiply", "/Screen", "/Overlay", "/Darken", "/Lighten",
    "/ColorDodge", "/ColorBurn", "/HardLight", "/SoftLight", "/Difference", "/Exclusion", "/Hue",
    "/Saturation", "/Color", "/Luminosity",
}  # fmt: skip


def hindrances(pdf):
    """Return why the pages of a document may not stand there, in Chinese, each once; or []."""
    checks = _Checks()
    try:
        for each in pdf.objects:
            if isinstance(each, Stream):
                checks.packing(each.get("/Filter"))
        for page in pdf.pages:
            checks.group(page.obj)
            checks.content(page.obj, page.obj.get("/Contents"))
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
        self.left = READ_IN_ALL

    def _is_new(self, thing):
        if not getattr(thing, "is_indirect", False):
            return True
        if thing.objgen in self.seen:
            return False
        self.seen.add(thing.objgen)
        return True

    def packing(self, filters):
        for each in filters if isinstance(filters, Array) else [filters]:
            if each is not None and str(each) not in _PACKINGS:
                self.found.add(PACKING)

    def group(self, drawing):
        if isinstance(group := drawing.get("/Group"), Dictionary):
            self._colours(group.get("/CS"))

    def content(self, drawing, contents):
        """Look at the commands of a page or a drawing, whose names and texts qpdf reads."""
        streams = contents if isinstance(contents, Array) else [contents]
        streams = [each for each in streams if isinstance(each, Stream)]
        size = sum(unpacked(stream, CONTENT_LIMIT) for stream in streams)
        self.left -= size
        if size > READ_LIMIT or self.left < 0:
            self.found.add(UNKNOWN)
            return
        for stream in streams:
            stream.read_bytes()  # raises where it is broken
        for command in parse_content_stream(drawing) if streams else ():
            self._command(str(command.operator), command)

    def _command(self, name, command):
        if name == _PICTURE:
            self._picture(command.iimage.obj)
            # A name of its own is one of the resources'.
            space = command.iimage.obj.get("/ColorSpace")
            names = list(space) if isinstance(space, Array) else [space]
            if any(each in (Name.DeviceCMYK, Name.CMYK) for each in names):
                self.found.add(COLOUR)
        elif name in _OF_TEXT:
            self.found.add(FONT)
        elif name not in _COMMANDS:
            self.found.add(DRAWING)
        elif name in {"k", "K"} or (name in {"cs", "CS"} and Name.DeviceCMYK in command.operands):
            self.found.add(COLOUR)
        elif name == "ri":
            self._intent(*command.operands)

    def _intent(self, intent=Name.Perceptual):
        if str(intent) not in _INTENTS:
            self.found.add(DRAWING)

    def _picture(self, picture):
        """Look at what a picture says of itself, its colours aside."""
        self.packing(picture.get("/Filter"))
        self._intent(picture.get("/Intent", Name.Perceptual))
        if picture.get("/Interpolate", False):
            self.found.add(DRAWING)

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
        if any(key in drawing for key in _FORBIDDEN_KEYS):
            self.found.add(DRAWING)
        if not isinstance(drawing, Stream):
            if "/Shading" in drawing:
                self._colours(drawing.Shading.get("/ColorSpace"))
            if "/ExtGState" in drawing:
                self._state(drawing.ExtGState, depth)
            return
        if drawing.get("/Subtype") == Name.Image:
            self._picture(drawing)
            self._colours(drawing.get("/ColorSpace"))
            for key in ("/SMask", "/Mask"):
                if isinstance(mask := drawing.get(key), Stream):
                    self._picture(mask)
                    self._colours(mask.get("/ColorSpace"))
            return
        if drawing.get("/Subtype", Name.Form) != Name.Form:
            self.found.add(DRAWING)
        self.group(drawing)
        self.content(drawing, drawing)
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
        if "/Font" in state:
            self.found.add(FONT)
        self._intent(state.get("/RI", Name.Perceptual))
        mask = state.get("/SMask")
        drawn = mask.get("/G") if isinstance(mask, Dictionary) else None
        if isinstance(drawn, Stream) and self._is_new(drawn):
            self._drawing(drawn, depth)

    def _colours(self, space, depth=0):
        if space is None:
            return
        if depth > DEPTH:
            self.found.add(UNKNOWN)
        elif space == Name.DeviceCMYK:
            self.found.add(COLOUR)
        elif not isinstance(space, Array):
            if str(space) not in _PLAIN_COLOURS:
                self.found.add(UNKNOWN)
        elif (family := str(space[0])) == "/ICCBased":
            self._profile(space[1])
        elif family == "/Indexed":
            self._colours(space[1], depth + 1)
        elif family == "/Separation":
            self._colours(space[2], depth + 1)
        elif family in _PLAIN_COLOURS:
            for each in list(space)[1:]:
                self._colours(each, depth + 1)
        elif family not in _CALIBRATED:
            self.found.add(UNKNOWN)

    def _profile(self, profile):
        """Look at the head of a colour profile: whether it is one, and of as many colours."""
        unpacked(profile, _ICC_LIMIT)
        data = profile.read_bytes()
        colours, size = data[16:20], int.from_bytes(data[:4])
        if colours == b"CMYK":
            self.found.add(COLOUR)
        elif (
            not _ICC_HEAD < size <= len(data)
            or data[36:40] != b"acsp"
            or data[8] not in {2, 4}
            or data[12:16] not in _ICC_CLASSES
            or _ICC_COLOURS.get(colours) != profile.get("/N")
        ):
            self.found.add(UNKNOWN)


def _in(resources, kind):
    """Return the resources of a kind."""
    names = resources.get(kind)
    return list(dict(names.items()).values()) if isinstance(names, Dictionary) else []
