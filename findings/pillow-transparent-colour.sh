#!/usr/bin/env bash
# Pillow 13.0.0: the transparent colour (tRNS) of a PNG with 2 or 4 bits of grey, or 16 bits of RGB.
#
# Guess: pixels and transparent colour come out of Image.open in one scale, so that
# convert("RGBA") makes the right pixels transparent.
# Behaviour: the samples are made 8 bits deep, the colour in info["transparency"] stays as the file
# has it. A grey 1 of 3 is read as 85 and compared with 1: nothing becomes transparent. With 8 bits,
# and with 1 bit, all is right. Browsers show the place as transparent.
#
# Output seen: 1-bit right, 2-bit wrong, 4-bit wrong, 8-bit right, 16-bit RGB wrong
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: pillow==13.0.0
"$folder/venv/bin/python" - <<'PYTHON'
import io
import struct
import zlib

from PIL import Image


def png(bits, kind, row, colour):
    """A valid PNG of four pixels by one; `colour` is its transparent colour."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", 4, 1, bits, kind, 0, 0, 0)
    parts = chunk(b"IHDR", head), chunk(b"tRNS", colour), chunk(b"IDAT", zlib.compress(b"\0" + row))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IEND", b"")


# Each row has the transparent colour in its second pixel.
made = {
    "1-bit": png(1, 0, b"\xa0", b"\0\0"),
    "2-bit": png(2, 0, b"\x1b", b"\0\1"),
    "4-bit": png(4, 0, b"\x01\x23", b"\0\1"),
    "8-bit": png(8, 0, bytes([0, 128, 18, 255]), b"\0\x80"),
    "16-bit RGB": png(16, 2, struct.pack(">12H", *[0] * 3, *[0x8000] * 3, *[0] * 6), b"\x80\0" * 3),
}
told = []
for name, content in made.items():
    alpha = Image.open(io.BytesIO(content)).convert("RGBA").getchannel("A").tobytes()
    told.append(f"{name} {'right' if alpha[1] == 0 else 'wrong'}")
print(", ".join(told))
expected = ["1-bit right", "2-bit wrong", "4-bit wrong", "8-bit right", "16-bit RGB wrong"]
assert told == expected, "the behaviour has changed"
PYTHON
