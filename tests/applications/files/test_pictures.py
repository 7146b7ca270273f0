"""Pictures as people see them, in every mode that Pillow opens."""

import io
import struct
import zlib

import pytest
from PIL import Image

from applications.files import pictures
from applications.files.program_bounds import Refused


def png(bits, colour_type, *rows, colour=None):
    """Return a PNG, one pixel high for each row of packed samples, four pixels wide."""

    def chunk(kind, data):
        summed = kind + data
        return struct.pack(">I", len(data)) + summed + struct.pack(">I", zlib.crc32(summed))

    head = struct.pack(">IIBBBBB", 4, len(rows), bits, colour_type, 0, 0, 0)
    transparent = chunk(b"tRNS", colour) if colour else b""
    data = zlib.compress(b"".join(b"\0" + row for row in rows))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [chunk(b"IHDR", head), transparent, chunk(b"IDAT", data), chunk(b"IEND", b"")]
    )


def shades(content):
    """The red part of each pixel of the first row, as the picture is shown."""
    with pictures.opened(io.BytesIO(content)) as image:
        shown = pictures.shown(image, (100, 100))
    assert shown.mode == "RGB"
    return [shown.getpixel((x, 0))[0] for x in range(4)]


DEEP = struct.pack(">4H", 0, 0x8000, 0x1234, 0xFFFF)
ALIKE = struct.pack(">12H", *[0x8000] * 12)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (png(1, 0, b"\xa0"), [255, 0, 255, 0]),
        (png(2, 0, b"\x1b"), [0, 85, 170, 255]),
        (png(4, 0, b"\x01\x23"), [0, 17, 34, 51]),
        (png(16, 0, DEEP), [0, 128, 18, 255]),
        (png(16, 2, ALIKE), [128] * 4),
        # With a colour that is transparent, or a channel that says how much: on white.
        (png(1, 0, b"\xa0", colour=b"\0\0"), [255, 255, 255, 255]),
        (png(2, 0, b"\x1b", colour=b"\0\1"), [0, 255, 170, 255]),
        (png(4, 0, b"\x01\x23", colour=b"\0\1"), [0, 255, 34, 51]),
        (png(8, 0, bytes([0, 128, 18, 255]), colour=b"\0\x12"), [0, 128, 255, 255]),
        (png(16, 0, DEEP, colour=b"\x12\x34"), [0, 128, 255, 255]),
        (png(16, 2, ALIKE, colour=b"\x80\0" * 3), [255] * 4),
        (png(8, 4, bytes([0, 255, 0, 0, 0, 128, 9, 255])), [0, 255, 127, 9]),
        (
            png(16, 4, struct.pack(">8H", 0, 65535, 0x8000, 65535, 0x1234, 0, 65535, 65535)),
            [0, 128, 255, 255],
        ),
    ],
)
def test_every_depth_and_transparency_of_a_png_is_shown(content, expected):
    assert shades(content) == expected


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK", "YCbCr"])
def test_every_mode_of_a_jpeg_is_shown(mode):
    out = io.BytesIO()
    image = Image.new("RGB", (64, 64), "red")
    image.convert(mode).save(out, "JPEG", quality=95)
    with pictures.opened(io.BytesIO(out.getvalue())) as opened:
        colour = pictures.shown(opened, (64, 64)).getpixel((32, 32))
    expected = (76, 76, 76) if mode == "L" else (255, 0, 0)
    assert all(abs(part - wanted) < 12 for part, wanted in zip(colour, expected, strict=True))


@pytest.mark.parametrize(("turned", "red_at"), [(1, (0, 0)), (3, (9, 4)), (6, (4, 0)), (8, (0, 9))])
def test_a_picture_stands_as_it_says(turned, red_at):
    image = Image.new("RGB", (10, 5), "blue")
    image.putpixel((0, 0), (255, 0, 0))
    exif, out = Image.Exif(), io.BytesIO()
    exif[pictures.ORIENTATION] = turned
    image.save(out, "PNG", exif=exif)
    with pictures.opened(io.BytesIO(out.getvalue())) as opened:
        assert pictures.shown(opened, (10, 10)).getpixel(red_at) == (255, 0, 0)


def test_a_mode_that_nobody_knows_how_to_show_is_refused(monkeypatch):
    monkeypatch.setattr(pictures, "MODES", pictures.MODES - {"L"})
    with pytest.raises(Refused, match="picture_mode"):
        pictures.opened(io.BytesIO(png(8, 0, bytes(4))))


def test_too_many_pixels_are_refused_before_they_are_decoded(monkeypatch):
    monkeypatch.setattr(pictures, "SHOWN_PIXELS", 3)
    with pytest.raises(Refused, match="pixels"):
        pictures.opened(io.BytesIO(png(8, 0, bytes(4))))
