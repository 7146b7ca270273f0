"""Pictures of an OFD file as pictures of a PDF."""

import io
import struct
import zlib

import pikepdf
from pikepdf import Dictionary, Name
from PIL import Image

from applications.files import pictures
from applications.files.limits import PIXEL_LIMIT

FORMATS = ("JPEG", "PNG", "BMP", "TIFF", "GIF")
JPEG_QUALITY = 92
# A JBIG2 file's mark; what follows is cut into segments (ITU-T T.88, annex D and 7.2).
JBIG2 = b"\x97JB2\r\n\x1a\n"
PAGE_INFORMATION, END_OF_PAGE, END_OF_FILE = 48, 49, 51


def picture_of(pdf, data, mask=None):
    """Return the bytes of a picture as an object of a PDF, its size in pixels beside it.

    `mask` are the bytes of a second picture that says how much each place covers. Raises Refused
    when it is too large, and whatever a decoder says about hostile bytes.
    """
    if data.startswith(JBIG2):
        return _jbig2(pdf, data)
    image = Image.open(io.BytesIO(data), formats=FORMATS)
    if image.width * image.height > PIXEL_LIMIT:
        raise ValueError("too many pixels")
    if image.format == "JPEG" and image.mode in {"RGB", "L"} and mask is None:
        image.load()  # to its end: what cannot be decoded is not handed on
        alone = pictures.jpeg_alone(data)
        return _stream(pdf, alone, image.size, _space(image), Filter=Name.DCTDecode)
    cover = _cover_of(image) if mask is None else _mask(mask, image.size)
    if image.mode == "1" and cover is None:
        packed = zlib.compress(image.tobytes())
        return _stream(pdf, packed, image.size, Name.DeviceGray, bits=1, Filter=Name.FlateDecode)
    image = image.convert("RGB") if cover is not None else pictures.flattened(image)
    if image.format == "JPEG" or image.info.get("jfif") or _is_photograph(image):
        out = io.BytesIO()
        image.save(out, "JPEG", quality=JPEG_QUALITY)
        alone = pictures.jpeg_alone(out.getvalue())  # Pillow writes a comment again
        made = _stream(pdf, alone, image.size, Name.DeviceRGB, Filter=Name.DCTDecode)
    else:
        packed = zlib.compress(image.tobytes())
        made = _stream(pdf, packed, image.size, Name.DeviceRGB, Filter=Name.FlateDecode)
    if cover is not None:
        packed = zlib.compress(cover.tobytes())
        made.SMask = pdf.make_indirect(
            _stream(pdf, packed, cover.size, Name.DeviceGray, Filter=Name.FlateDecode)
        )
    return made


def _space(image):
    return Name.DeviceGray if image.mode == "L" else Name.DeviceRGB


def _is_photograph(image):
    """Whether a picture without loss would be far larger than it is worth."""
    return image.width * image.height > 4_000_000


def _cover_of(image):
    """Return how much each place of a picture covers, or None when all of it does."""
    if image.mode not in {"RGBA", "LA", "PA"} and "transparency" not in image.info:
        return None
    cover = image.convert("RGBA").getchannel("A")
    return None if cover.getextrema() == (255, 255) else cover


def _mask(data, size):
    with Image.open(io.BytesIO(data), formats=FORMATS) as image:
        if image.width * image.height > PIXEL_LIMIT:
            raise ValueError("too many pixels")
        return image.convert("L").resize(size)


def _stream(pdf, data, size, space, bits=8, **entries):
    return pikepdf.Stream(
        pdf, data, Dictionary(
            Type=Name.XObject, Subtype=Name.Image, Width=size[0], Height=size[1],
            ColorSpace=space, BitsPerComponent=bits, **entries,
        ),
    )  # fmt: skip


def _jbig2(pdf, data):
    """Return a JBIG2 file as a picture: its segments, without what ends a page or the file."""
    flags, place = data[8], 9
    if not flags & 2:  # how many pages there are stands here
        place += 4
    heads, size = [], None
    is_sequential = bool(flags & 1)
    while place < len(data):
        start = place
        _number, kind = struct.unpack_from(">IB", data, place)
        is_wide, kind = bool(kind & 64), kind & 63
        place += 5
        count = data[place] >> 5
        place += 1
        if count == 7:
            (count,) = struct.unpack_from(">I", data, place - 1)
            count &= 0x1FFFFFFF
            place += 3 + (count + 8) // 8
        place += count * (1 if _number <= 256 else 2 if _number <= 65536 else 4)
        place += 4 if is_wide else 1
        (length,) = struct.unpack_from(">I", data, place)
        place += 4
        heads.append((kind, data[start:place], place, length))
        if is_sequential:
            place += length
        if kind == END_OF_FILE:
            break
    parts = []
    for kind, head, after, length in heads:
        body_at = after if is_sequential else place
        if not is_sequential:
            place += length
        if kind == PAGE_INFORMATION:
            size = struct.unpack_from(">II", data, body_at)
        if kind not in {END_OF_PAGE, END_OF_FILE}:
            parts += [head, data[body_at : body_at + length]]
    if size is None or size[0] * size[1] > PIXEL_LIMIT:
        raise ValueError("not one page")
    return _stream(pdf, b"".join(parts), size, Name.DeviceGray, bits=1, Filter=Name.JBIG2Decode)
