"""Uploaded files on A4: pages of PDFs and pictures, as sheets that a dossier can take.

What was uploaded is hostile: whatever cannot be read raises `Unreadable`, and nothing that acts
(scripts, attachments, links, forms) comes through, since only what a page draws is taken over.
"""

import io
import math
import zlib

import pikepdf
from django.core.files.base import File
from pikepdf import Array, Dictionary, Name, Stream
from PIL import Image, ImageFile, ImageOps

from applications.evidence import PAGE_LIMIT, PIXEL_LIMIT, has_end, local_path

MM = 72 / 25.4
A4 = (210 * MM, 297 * MM)
# A page this near to A4 is shown at its own size.
NEARLY = 0.02
# Around pages of other sizes; the running number stands in the top margin.
MARGIN, TOP = 8 * MM, 14 * MM
# Around pictures, whose caption stands below them.
PICTURE_MARGIN, PICTURE_TOP, CAPTION = 15 * MM, 18 * MM, 32 * MM
# A small page is enlarged no more than this; a pixel is shown no larger than this (points).
MAGNIFIED, LARGEST_PIXEL = 2, 1
# What one page draws, unpacked: a drawing of 64 MB is beyond every viewer, so it is a bomb.
CONTENT_LIMIT = 64 * 1024 * 1024
PACKED_LIMIT = 4 * 1024 * 1024
CHUNK = 256 * 1024
# Pictures beyond this are made smaller: A4 at 600 dots an inch has 35 million.
SHOWN_PIXELS = 40_000_000
# What must be decoded as a whole may have no more: four bytes each.
DECODED_PIXELS = 40_000_000
REDRAWN = (3508, 3508)  # A4 at 300 dots an inch
ORIENTATION = 0x0112
# Keys of a picture or drawing that lead elsewhere: to attachments, other files, private data.
LEADS_ELSEWHERE = ("/AF", "/PieceInfo", "/Metadata", "/OPI", "/Ref", "/F", "/FFilter")


class Unreadable(Exception):
    """A file or page that cannot be taken over; the text says why, in Chinese."""


def upright(width, height):
    """Return the size of the A4 sheet for something this wide and high."""
    return A4[::-1] if width > height else A4


def page_count(path):
    """Return the number of pages of an uploaded PDF; raises Unreadable."""
    try:
        with path.open("rb") as file, pikepdf.open(file) as pdf:
            pages = len(pdf.pages)
            is_cut_off = bool(pdf.get_warnings()) and not has_end(file)
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
    return pages


# --- Pages -------------------------------------------------------------------------------------


def clear(page, size):
    """Make a page a blank sheet of this size, without anything that it had."""
    for key in list(page.obj.keys()):
        if key not in {"/Type", "/Parent"}:
            del page.obj[key]
    page.obj.MediaBox = Array([0, 0, *map(_number, size)])
    page.obj.Resources = Dictionary()


def draw(page, name, form, matrix=(1, 0, 0, 1, 0, 0)):
    """Draw a form or picture on a page, on top of what it has."""
    page.add_resource(form, Name.XObject, Name(f"/{name}"))
    placed = " ".join(f"{value:.6f}" for value in matrix)
    page.contents_add(f"q {placed} cm /{name} Do Q\n".encode())


def fit(pdf, page):
    """Put an uploaded page onto an A4 sheet, upright, in its place.

    Raises Unreadable, and leaves the page as it was, when it cannot be drawn.
    """
    try:
        box = visible_box(page)
        turned = int(page.obj.get("/Rotate", 0)) % 360
        check_content(page.obj.get("/Contents"))
        # The form draws what this copy has, after the page itself has become a sheet.
        before = pikepdf.Page(pdf.make_indirect(Dictionary(page.obj)))
        form = before.as_form_xobject(handle_transformations=False)
    except Unreadable:
        raise
    except Exception as error:  # whatever a parser says about hostile bytes
        raise Unreadable("页面已损坏") from error
    form.BBox = Array([*map(_number, box)])
    width, height = box[2] - box[0], box[3] - box[1]
    if turned in {90, 270}:
        width, height = height, width
    sheet = upright(width, height)
    scale, left, bottom = _place(width, height, sheet)
    clear(page, sheet)
    draw(page, "Page", form, _turn(turned, box, scale, left, bottom))


def _number(value):
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


def check_content(contents):
    """Unpack what a page draws without keeping it; raises Unreadable."""
    if contents is None:
        return
    size = 0
    for stream in contents if isinstance(contents, Array) else [contents]:
        if not isinstance(stream, Stream):
            raise Unreadable("页面已损坏")
        size += _unpacked(stream, CONTENT_LIMIT - size)


def _unpacked(stream, most):
    packed = stream.read_raw_bytes()
    filters = stream.get("/Filter")
    if isinstance(filters, Array) and len(filters) == 1:
        filters = filters[0]
    if filters is None:
        size = len(packed)
    elif filters == Name.FlateDecode and "/DecodeParms" not in stream:
        size, unpack = 0, zlib.decompressobj()
        try:
            while packed and size <= most:
                size += len(unpack.decompress(packed, CHUNK))
                packed = unpack.unconsumed_tail
        except zlib.error as error:
            raise Unreadable("页面已损坏") from error
    elif len(packed) > PACKED_LIMIT:
        raise Unreadable("页面内容过大")
    else:
        size = len(stream.read_bytes())
    if size > most:
        raise Unreadable("页面内容过大")
    return size


def disarm(pdf):
    """Take from every drawing and picture what leads to attachments or other files."""
    for each in pdf.objects:
        if isinstance(each, Stream):
            for key in LEADS_ELSEWHERE:
                if key in each:
                    del each[key]


# --- Pictures ----------------------------------------------------------------------------------


def picture_page(path, out):
    """Write a PDF with an uploaded picture on one A4 sheet, upright, with room for its caption.

    The file's own bytes are taken over where a PDF can hold them; otherwise, or when the picture
    is huge, it is drawn anew. Raises Unreadable.
    """
    # WeasyPrint, once loaded in this process, makes Pillow accept images that are cut off.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with Image.open(path, formats=["JPEG", "PNG"]) as image:
            if image.width * image.height > PIXEL_LIMIT:
                raise Unreadable("图片过大")
            pdf, picture, size, turned = _picture(path, image)
    except Unreadable:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Unreadable("图片过大") from error
    except Exception as error:  # whatever a decoder says about hostile bytes
        raise Unreadable("图片已损坏，无法打开") from error
    width, height = size[::-1] if turned >= 5 else size
    sheet = upright(width, height)
    room = sheet[0] - 2 * PICTURE_MARGIN, sheet[1] - PICTURE_TOP - CAPTION
    scale = min(room[0] / width, room[1] / height, LARGEST_PIXEL)
    w, h = width * scale, height * scale
    x, y = (sheet[0] - w) / 2, CAPTION + (room[1] - h) / 2
    pdf.add_blank_page(page_size=sheet)
    page = pdf.pages[0]
    clear(page, sheet)
    draw(page, "Picture", picture, _orientation(turned, x, y, w, h))
    pdf.save(out, compress_streams=False)
    pdf.close()


def _orientation(turned, x, y, w, h):
    """Return the matrix that shows a picture in a box as its EXIF orientation (1 to 8) says."""
    return {
        2: (-w, 0, 0, h, x + w, y),
        3: (-w, 0, 0, -h, x + w, y + h),
        4: (w, 0, 0, -h, x, y + h),
        5: (0, -h, -w, 0, x + w, y + h),
        6: (0, -h, w, 0, x, y + h),
        7: (0, h, w, 0, x, y),
        8: (0, h, -w, 0, x + w, y),
    }.get(turned, (w, 0, 0, h, x, y))


def _picture(path, image):
    """Return (PDF, picture in it, its size, how it is turned) of an opened image."""
    pixels, size = image.width * image.height, image.size
    turned = image.getexif().get(ORIENTATION, 1)
    if image.format != "PNG" and image.mode in {"L", "RGB"} and pixels <= SHOWN_PIXELS:
        # To its end at an eighth of its size, which needs little memory.
        image.draft(image.mode, (size[0] // 8, size[1] // 8))
        colours = Name.DeviceRGB if image.mode == "RGB" else Name.DeviceGray
        image.load()
        pdf = pikepdf.new()
        return pdf, _stream(pdf, path.read_bytes(), size, colours, Name.DCTDecode), size, turned
    if image.format == "PNG" and (packed := _png(path)):
        pdf = pikepdf.new()
        data, colours, parameters, bits = packed
        picture = _stream(pdf, data, size, colours, Name.FlateDecode, bits)
        picture.DecodeParms = parameters
        return pdf, picture, size, turned
    shown = redrawn(image, REDRAWN)
    data = io.BytesIO()
    shown.save(data, "JPEG", quality=90)
    pdf = pikepdf.new()
    return (
        pdf,
        _stream(pdf, data.getvalue(), shown.size, Name.DeviceRGB, Name.DCTDecode),
        shown.size,
        1,
    )


def redrawn(image, most):
    """Return an opened image as it is shown: upright, on white, RGB, at most `most` pixels.

    Raises Unreadable when it is too large to be decoded.
    """
    # Only a plain JPEG can be decoded at part of its size.
    is_whole = image.format == "PNG" or image.info.get("progressive")
    if image.width * image.height > (DECODED_PIXELS if is_whole else PIXEL_LIMIT):
        raise Unreadable("图片过大")
    image.draft(image.mode, most)
    image.thumbnail(most, reducing_gap=2)
    shown = ImageOps.exif_transpose(image)
    if shown.mode in {"RGBA", "LA", "PA"} or "transparency" in shown.info:
        ground = Image.new("RGB", shown.size, "white")
        shown = shown.convert("RGBA")
        ground.paste(shown, mask=shown.getchannel("A"))
        shown = ground
    return shown.convert("RGB")


def _stream(pdf, data, size, colours, packing, bits=8):
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


def _png(path):
    """Return (data, colour space, decode parameters, bits) of a PNG that a PDF can hold as it is.

    None when it cannot: transparent or interlaced. The data are unpacked once, piece by piece, to
    know that they are whole; raises ValueError or zlib.error when they are not.
    """
    parts, palette = [], b""
    with path.open("rb") as file:
        file.seek(8)
        while True:
            head = file.read(8)
            length, kind = int.from_bytes(head[:4], "big"), head[4:]
            data = file.read(length)
            if len(head) < 8 or len(data) < length:
                raise ValueError("cut off")
            if zlib.crc32(kind + data) != int.from_bytes(file.read(4), "big"):
                raise ValueError("wrong check sum")
            if kind == b"IHDR":
                width, height = (int.from_bytes(data[at : at + 4], "big") for at in (0, 4))
                bits, colour_type, interlaced = data[8], data[9], data[12]
            elif kind == b"PLTE":
                palette = data
            elif kind == b"tRNS":
                return None
            elif kind == b"IDAT":
                parts.append(data)
            elif kind == b"IEND":
                break
    if interlaced or colour_type not in {0, 2, 3}:
        return None
    colours = {
        0: Name.DeviceGray,
        2: Name.DeviceRGB,
        3: Array([Name.Indexed, Name.DeviceRGB, len(palette) // 3 - 1, pikepdf.String(palette)]),
    }[colour_type]
    channels = 3 if colour_type == 2 else 1
    expected = height * (1 + math.ceil(width * channels * bits / 8))
    size, unpack = 0, zlib.decompressobj()
    for part in parts:
        while part:
            size += len(unpack.decompress(part, CHUNK))
            part = unpack.unconsumed_tail
            if size > expected:
                raise ValueError("more than its size says")
    if size < expected:
        raise ValueError("less than its size says")
    parameters = Dictionary(Predictor=15, Colors=channels, BitsPerComponent=bits, Columns=width)
    return b"".join(parts), colours, parameters, bits


def local_copy(stored, folder, name):
    """Return the path of a stored file: its own, or a copy in `folder` when it is in a bucket."""
    path = local_path(stored)
    if path is None:
        path = folder / name
        with stored.open("rb") as source, path.open("wb") as copy:
            for chunk in File(source).chunks():
                copy.write(chunk)
    return path
