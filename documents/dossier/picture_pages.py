"""Uploaded pictures on A4 sheets, each with room for its caption.

Runs in a process of its own (`page_program.py`).
"""

import io
import math
import zlib

import pikepdf
from pikepdf import Array, Dictionary, Name

from applications.files import pictures
from applications.files.pictures import ORIENTATION
from applications.files.program_bounds import Refused
from documents.dossier.pages import (
    A4,
    CHUNK,
    MM,
    QUALITY,
    Unreadable,
    clear,
    draw,
    picture_stream,
    upright,
)

# Around a picture, whose caption stands below it.
MARGIN, TOP, CAPTION = 15 * MM, 18 * MM, 32 * MM
LARGEST_PIXEL = 1  # points
# Pictures beyond this are made smaller: A4 at 600 dots an inch has 35 million.
SHOWN_PIXELS = 40_000_000
REDRAWN = (3508, 3508)  # A4 at 300 dots an inch


def picture_page(path, out):
    """Write a PDF with an uploaded picture on one A4 sheet, upright, with room for its caption.

    The file's own bytes are taken over where a PDF can hold them; otherwise, or when the picture
    is huge, it is drawn anew. Returns whether the sheet is in landscape. Raises Unreadable.
    """
    with opened_picture(path) as image:
        try:
            pdf, picture, size, turned = _picture(path, image)
        except Exception as error:  # whatever a decoder says about hostile bytes
            raise Unreadable("图片已损坏，无法打开") from error
    width, height = size[::-1] if turned >= 5 else size
    sheet = upright(width, height)
    room = sheet[0] - 2 * MARGIN, sheet[1] - TOP - CAPTION
    scale = min(room[0] / width, room[1] / height, LARGEST_PIXEL)
    w, h = width * scale, height * scale
    x, y = (sheet[0] - w) / 2, CAPTION + (room[1] - h) / 2
    pdf.add_blank_page(page_size=sheet)
    page = pdf.pages[0]
    clear(page, sheet)
    draw(page, "Picture", picture, _orientation(turned, x, y, w, h))
    pdf.save(out, compress_streams=False)
    pdf.close()
    return sheet != A4


def opened_picture(path):
    """Open an uploaded picture; raises Unreadable."""
    try:
        return pictures.opened(path)
    except Refused as error:
        raise Unreadable(
            "图片过大" if str(error) == "pixels" else "图片的颜色格式不能显示"
        ) from error
    except Exception as error:  # whatever a decoder says about hostile bytes
        raise Unreadable("图片已损坏，无法打开") from error


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
        return (
            pdf,
            picture_stream(
                pdf, pictures.jpeg_alone(path.read_bytes()), size, colours, Name.DCTDecode
            ),
            size,
            turned,
        )
    if image.format == "PNG" and (packed := _png(path)):
        pdf = pikepdf.new()
        data, colours, parameters, bits = packed
        picture = picture_stream(pdf, data, size, colours, Name.FlateDecode, bits)
        picture.DecodeParms = parameters
        return pdf, picture, size, turned
    shown = pictures.shown(image, REDRAWN)
    data = io.BytesIO()
    shown.save(data, "JPEG", quality=QUALITY)
    pdf = pikepdf.new()
    return (
        pdf,
        picture_stream(pdf, data.getvalue(), shown.size, Name.DeviceRGB, Name.DCTDecode),
        shown.size,
        1,
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
