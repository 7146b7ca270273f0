"""Pages of uploaded PDFs on A4, as sheets that a dossier can take.

Runs in a process of its own (`page_program.py`). What was uploaded is hostile: whatever cannot be
read raises `Unreadable`, and nothing that acts (scripts, attachments, links, forms) comes through,
since only what a page shows is taken over.
"""

import io
import math
import zlib

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

from applications.files import pictures
from applications.files.check_program import has_end, inherited, unpacked, without_tail
from applications.files.limits import PAGE_LIMIT
from applications.files.program_bounds import Refused

MM = 72 / 25.4
A4 = (210 * MM, 297 * MM)
# A page this near to A4 is shown at its own size.
NEARLY = 0.02
# Around pages of other sizes; the running number stands in the top margin.
MARGIN, TOP = 8 * MM, 14 * MM
# A small page is enlarged no more than this.
MAGNIFIED = 2
# What one page draws, unpacked: a drawing of 64 MB is beyond every viewer, so it is a bomb.
CONTENT_LIMIT = 64 * 1024 * 1024
CHUNK = 256 * 1024
QUALITY = 88  # of JPEGs that are made here
# What tells of a page or drawing, its author and its software; attachments.
TELLS = ("/AF", "/PieceInfo", "/Metadata")
# Keys of a picture or drawing that lead elsewhere: to attachments, other files, private data.
LEADS_ELSEWHERE = (*TELLS, "/OPI", "/Ref", "/F", "/FFilter")


class Unreadable(Exception):
    """A file or page that cannot be taken over; the text says why, in Chinese."""


def upright(width, height):
    """Return the size of the A4 sheet for something this wide and high."""
    return A4[::-1] if width > height else A4


def opened(path):
    """Open an uploaded PDF; raises Unreadable."""
    data = without_tail(path.read_bytes())
    if not data:
        raise Unreadable("文件是空的")
    try:
        pdf = pikepdf.open(io.BytesIO(data))
        pages = len(pdf.pages)
        is_cut_off = bool(pdf.get_warnings()) and not has_end(data)
    except pikepdf.PasswordError as error:
        raise Unreadable("文件已加密") from error
    except Exception as error:  # whatever a parser says about hostile bytes
        raise Unreadable("文件已损坏，无法打开") from error
    if is_cut_off:
        raise Unreadable("文件不完整，后面的内容已丢失")
    if pages == 0:
        raise Unreadable("文件没有页面")
    if pages > PAGE_LIMIT:
        raise Unreadable(f"文件超过 {PAGE_LIMIT} 页")
    return pdf


# --- Pages -------------------------------------------------------------------------------------


def clear(page, size):
    """Make a page a blank sheet of this size, without anything that it had."""
    for key in list(page.obj.keys()):
        if key not in {"/Type", "/Parent"}:
            del page.obj[key]
    page.obj.MediaBox = Array([0, 0, *map(rounded, size)])
    page.obj.Resources = Dictionary()


def draw(page, name, form, matrix=(1, 0, 0, 1, 0, 0), marked="{}"):
    """Draw a form or picture on a page, on top of what it has; `marked` is written around it."""
    page.add_resource(form, Name.XObject, Name(f"/{name}"))
    placed = " ".join(f"{value:.6f}" for value in matrix)
    page.contents_add(marked.format(f"q {placed} cm /{name} Do Q\n").encode())


class Drawings:
    """The pages of a document as drawings that other pages can hold; what pages share is one."""

    def __init__(self, pdf):
        self.pdf = pdf
        self._sizes, self._forms = {}, {}

    def of(self, page, box):
        """Return what a page draws within a box; raises Unreadable."""
        contents, resources = page.obj.get("/Contents"), inherited(page.obj, "/Resources")
        check_content(contents, self._sizes)
        if not isinstance(contents, Stream):
            # The drawing shows what this copy has, after the page itself has been emptied.
            before = pikepdf.Page(self.pdf.make_indirect(Dictionary(page.obj)))
            form = before.as_form_xobject(handle_transformations=False)
            form.BBox = Array([*map(rounded, box)])
            return form
        if not isinstance(resources, Dictionary):
            resources = Dictionary()
        key = (contents.objgen, resources.objgen, box) if resources.is_indirect else None
        if key not in self._forms:
            form = self._form(page, box, contents, resources)
            if key is None:
                return form
            self._forms[key] = form
        return self._forms[key]

    def _form(self, page, box, contents, resources):
        # Packed as it is: a page costs no more than its bytes.
        form = Stream(
            self.pdf,
            contents.read_raw_bytes(),
            Type=Name.XObject,
            Subtype=Name.Form,
            BBox=Array([*map(rounded, box)]),
            Resources=resources,
        )
        for holder, key in (
            (contents, "/Filter"),
            (contents, "/DecodeParms"),
            (page.obj, "/Group"),
        ):
            if key in holder:
                form[key] = holder[key]
        return self.pdf.make_indirect(form)


def picture_stream(pdf, data, size, colours, packing, bits=8):
    """Return a picture of so many pixels, packed as it says, for a page of `pdf`."""
    return Stream(
        pdf,
        data,
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=size[0],
        Height=size[1],
        ColorSpace=colours,
        BitsPerComponent=bits,
        Filter=packing,
    )


def fit(drawings, page):
    """Put an uploaded page onto an A4 sheet, upright, in its place.

    Raises Unreadable, and leaves the page as it was, when it cannot be drawn.
    """
    try:
        box = visible_box(page)
        turned = int(inherited(page.obj, "/Rotate") or 0) % 360
        unit = float(inherited(page.obj, "/UserUnit") or 1)
        form = drawings.of(page, box)
    except Unreadable:
        raise
    except Exception as error:  # whatever a parser says about hostile bytes
        raise Unreadable("页面已损坏") from error
    width, height = box[2] - box[0], box[3] - box[1]
    if turned in {90, 270}:
        width, height = height, width
    sheet = upright(width, height)
    scale, left, bottom = _place(width * unit, height * unit, sheet)
    scale *= unit
    clear(page, sheet)
    draw(page, "Page", form, _turn(turned, box, scale, left, bottom))


def rounded(value):
    return round(value, 3)


def visible_box(page):
    """Return what viewers show of a page: (left, bottom, right, top)."""
    boxes = []
    for box in (page.mediabox, page.cropbox):
        x1, y1, x2, y2 = map(float, box)
        boxes.append((min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)))
    media, crop = boxes
    box = (*map(max, media[:2], crop[:2]), *map(min, media[2:], crop[2:]))
    if box[2] <= box[0] or box[3] <= box[1]:
        box = media
    sides = box[2] - box[0], box[3] - box[1]
    if not all(map(math.isfinite, box)) or not all(1 <= side <= 1_000_000 for side in sides):
        raise Unreadable("页面尺寸无效")
    return box


def _place(width, height, sheet):
    """Return (scale, left, bottom) of a page on its sheet."""
    ratios = sheet[0] / width, sheet[1] / height
    if all(abs(ratio - 1) <= NEARLY for ratio in ratios):
        scale, top = min(ratios), 0
        bottom_margin = 0
    else:
        room = sheet[0] - 2 * MARGIN, sheet[1] - TOP - MARGIN
        scale = min(room[0] / width, room[1] / height, MAGNIFIED)
        top, bottom_margin = TOP, MARGIN
    left = (sheet[0] - width * scale) / 2
    bottom = bottom_margin + (sheet[1] - top - bottom_margin - height * scale) / 2
    return scale, left, bottom


def _turn(turned, box, s, left, bottom):
    """Return the matrix that puts a box, turned clockwise, upright with its corner there."""
    x0, y0, x1, y1 = box
    return {
        0: (s, 0, 0, s, left - s * x0, bottom - s * y0),
        90: (0, -s, s, 0, left - s * y0, bottom + s * x1),
        180: (-s, 0, 0, -s, left + s * x1, bottom + s * y1),
        270: (0, s, -s, 0, left + s * y1, bottom - s * x0),
    }[turned]


def check_content(contents, checked):
    """Unpack what a page draws without keeping it; raises Unreadable.

    `checked` holds the sizes of what has been unpacked, by number and generation: pages share.
    """
    if contents is None:
        return
    size = 0
    for stream in contents if isinstance(contents, Array) else [contents]:
        if not isinstance(stream, Stream):
            raise Unreadable("页面已损坏")
        if stream.objgen not in checked:
            checked[stream.objgen] = _unpacked(stream)
        size += checked[stream.objgen]
    if size > CONTENT_LIMIT:
        raise Unreadable("页面内容过大")


def _unpacked(stream):
    filters = stream.get("/Filter")
    if isinstance(filters, Array) and len(filters) == 1:
        filters = filters[0]
    if filters != Name.FlateDecode or "/DecodeParms" in stream:
        try:
            return unpacked(stream, CONTENT_LIMIT)
        except Refused as error:
            raise Unreadable("页面内容过大") from error
    size, packed, unpack = 0, stream.read_raw_bytes(), zlib.decompressobj()
    try:
        while packed and size <= CONTENT_LIMIT:
            size += len(unpack.decompress(packed, CHUNK))
            packed = unpack.unconsumed_tail
    except zlib.error as error:
        raise Unreadable("页面已损坏") from error
    return size


def disarm(pdf):
    """Take from every drawing and picture what leads to attachments or other files.

    And what the document tells besides its pages: who wrote it, with what, where a photo was taken.
    """
    if "/Info" in pdf.trailer:
        del pdf.trailer.Info
    for each in pdf.objects:
        if isinstance(each, Stream):
            for key in LEADS_ELSEWHERE:
                if key in each:
                    del each[key]
            if each.get("/Type") == Name.Metadata:
                each.write(b"")  # whatever else leads to it
            _leave_photo_alone(pdf, each)
        elif isinstance(each, Dictionary):
            for key in TELLS:
                if key in each:
                    del each[key]


def _leave_photo_alone(pdf, stream):
    """Take from a JPEG what its camera tells; one that cannot be unpacked stays as it is."""
    filters, parameters = (
        list(value) if isinstance(value, Array) else [value]
        for value in (stream.get("/Filter"), stream.get("/DecodeParms"))
    )
    if not filters or filters[-1] not in {Name.DCTDecode, Name.DCT}:
        return
    data = stream.read_raw_bytes()
    if len(filters) > 1:
        packed = Stream(pdf, data, Filter=Array(filters[:-1]))
        if len(parameters) == len(filters):
            packed.DecodeParms = Array(parameters[:-1])
        try:
            data = packed.read_bytes()
        except pikepdf.PdfError:
            return
    alone = pictures.jpeg_alone(data)
    if alone != data:
        own = parameters[-1] if len(parameters) == len(filters) else None
        stream.write(alone, filter=Name.DCTDecode, decode_parms=own)
