#!/usr/bin/env bash
# WeasyPrint 70.0: a picture in a document that is marked as PDF/A.
#
# Guess: with pdf_variant="pdf/a-3b" every picture is written as PDF/A has it: /Interpolate, if it is
# there at all, is false (ISO 19005-3, 6.2.8).
# Behaviour: it is true, as without the variant, unless the style sheet says image-rendering: pixelated
# or crisp-edges. The file bears the mark all the same. Each stream is packed twice, too: once for the
# identifier that the variant adds, and once to be written.
#
# Output seen: plain true, pdf/a-3b true, pdf/a-3b pixelated false; claims 3B; each stream packed 1 and
# 2 times
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: \
  weasyprint==70.0 pydyf==0.13.0 pillow==13.0.0 pikepdf==10.17.0
"$folder/venv/bin/python" - <<'PYTHON'
import base64
import io
import zlib
from collections import Counter

import pikepdf
import pydyf
from PIL import Image
from weasyprint import HTML

picture = io.BytesIO()
Image.new("RGB", (40, 30), (180, 20, 30)).save(picture, "JPEG")
address = f"data:image/jpeg;base64,{base64.b64encode(picture.getvalue()).decode()}"
packed = Counter()  # how often is packed what, in the order in which it comes


class Counted:
    """zlib, which counts what it packs."""

    def __getattr__(self, name):
        return getattr(zlib, name)

    def compressobj(self, **how):
        packing = zlib.compressobj(**how)

        class Packing:
            def compress(self, data):
                packed[data] += 1
                return packing.compress(data)

            flush = packing.flush

        return Packing()


def made(**options):
    page = f'<html lang="zh"><title>t</title><img alt="a" src="{address}" style="{style}">'
    pydyf.zlib = Counted()
    written = HTML(string=page).write_pdf(**options)
    pydyf.zlib = zlib
    return pikepdf.open(io.BytesIO(written))


told, times = [], {}
for name, variant, style in (
    ("plain", None, ""),
    ("pdf/a-3b", "pdf/a-3b", ""),
    ("pdf/a-3b pixelated", "pdf/a-3b", "image-rendering: pixelated"),
):
    packed.clear()
    pdf = made(pdf_variant=variant)
    (shown,) = [
        each
        for each in pdf.objects
        if isinstance(each, pikepdf.Stream) and each.get("/Subtype") == "/Image"
    ]
    told.append(f"{name} {str(bool(shown.Interpolate)).lower()}")
    times[name] = max(packed.values())
    if name == "pdf/a-3b":
        claim = pdf.open_metadata().pdfa_status
print(f"{', '.join(told)}; claims {claim}; each stream packed {times['plain']} and", end=" ")
print(f"{times['pdf/a-3b']} times")
assert told == ["plain true", "pdf/a-3b true", "pdf/a-3b pixelated false"], "it has changed"
assert claim == "3B", "it has changed"
assert (times["plain"], times["pdf/a-3b"]) == (1, 2), "it has changed"
PYTHON
