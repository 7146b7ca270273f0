"""What a viewer shows of a file, as a picture, and whether two pictures show the same.

PDFium is what Chromium, Edge and most Chinese browsers show a PDF with; Poppler, where it is
installed, is written by others and makes other mistakes. A page is drawn `LONG` pixels long.
"""

import io
import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

from PIL import Image, ImageChops, ImageFilter, ImageOps

LONG = 420
# Darker than this is ink; the watermark on white paper is lighter (205).
INK = 170
# What is surely ink in one picture must be some of it in the other, so near (pixels).
DARK, SOME, NEAR = 110, 200, 7
# So much of the ink may differ: the edges of what was drawn at another size.
LOST = 0.03
# Pixels of a block's side, and how much its colour (0 to 255) may differ under a watermark.
BLOCK, SHIFT = 20, 64

BROWSER = Path(__file__).with_name("browser_pdf.py")
# What a dossier adds to a sheet of A4, in points: the running number above, a caption below.
A4 = 595.3, 841.9
NUMBER, CAPTION = 38, 88


def _more(one, than, by):
    """Return a mask of where a channel is more than another by so much."""
    return ImageChops.subtract(one, than).point(lambda value: 255 * (value > by))


def _both(*masks):
    return reduce(ImageChops.darker, masks)


def _below(channel, most):
    return channel.point(lambda value: 255 * (value < most))


_SHOWN_BY = {
    "red": lambda r, g, b: _both(_more(r, g, 60), _more(r, b, 60)),
    "green": lambda r, g, b: _both(_more(g, r, 40), _more(g, b, 40)),
    "blue": lambda r, g, b: _both(_more(b, r, 60), _more(b, g, 40)),
    "yellow": lambda r, g, b: _both(_more(r, b, 60), _more(g, b, 60)),
    "black": lambda r, g, b: _both(_below(r, 100), _below(g, 100), _below(b, 100)),
    "grey": lambda r, g, b: _both(
        _below(ImageChops.difference(r, g), 40),
        _below(ImageChops.difference(g, b), 40),
        g.point(lambda value: 255 * (70 < value < 200)),
    ),
    "ink": lambda r, g, b: reduce(ImageChops.lighter, (_below(each, INK) for each in (r, g, b))),
}


def share(picture, box, colour):
    """Return which part of a box of a picture (parts of it, from its upper left) has a colour."""
    wide, high = picture.size
    left, top, right, bottom = box
    around = round(left * wide), round(top * high), round(right * wide), round(bottom * high)
    inner = picture.crop(around).convert("RGB")
    return _count(_SHOWN_BY[colour](*inner.split())) / max(1, inner.width * inner.height)


def shows(picture, mark):
    """Whether a picture shows a mark: most of what it should be, whatever lies over it."""
    return share(picture, mark.box, mark.colour) >= mark.share * 0.6


def hides(picture, mark):
    """Whether a picture shows nothing of a mark."""
    return share(picture, mark.box, mark.colour) <= mark.share


def ink(picture, darker_than):
    """Return a mask of what is dark in a picture."""
    return picture.convert("L").point(lambda shade: 255 * (shade < darker_than))


def differences(reference, copy, but=()):
    """Return how a copy differs from what it is a copy of, as sentences; [] when it does not.

    The boxes of `but` do not count, nor does a watermark on white.
    """
    size = copy.size if max(copy.size) <= LONG else _fitted(copy.size)
    reference, copy = (each.convert("RGB").resize(size, Image.Resampling.BOX)
                       for each in (reference, copy))  # fmt: skip
    found = []
    for word, one, two in (("lost", reference, copy), ("added", copy, reference)):
        sure = ink(one, DARK)
        for box in but:
            sure.paste(0, tuple(round(side * size[at % 2]) for at, side in enumerate(box)))
        near = ink(two, SOME).filter(ImageFilter.MaxFilter(NEAR))
        missing = _count(ImageChops.subtract(sure, near)) / max(_count(sure), 50)
        if missing > LOST:
            found.append(f"{missing:.0%} of the ink is {word}")
    across, down = (max(1, round(side / BLOCK)) for side in size)
    shift = ImageChops.difference(
        *(each.resize((across, down), Image.Resampling.BOX) for each in (reference, copy))
    )
    for left, top, right, bottom in but:
        around = (int(left * across), int(top * down), int(right * across) + 1,
                  int(bottom * down) + 1)  # fmt: skip
        shift.paste((0, 0, 0), around)
    most = max(high for _, high in shift.getextrema())
    if most > SHIFT:
        found.append(f"a block's colour is shifted by {most}")
    return found


def _fitted(size):
    return tuple(max(1, round(side * LONG / max(size))) for side in size)


def _count(mask):
    return mask.histogram()[255]


def upright(data):
    """Return a picture file as browsers show it: turned as its camera says, on white."""
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    if image.mode.startswith("I"):
        image = image.point(lambda value: value / 256).convert("L")
    seen = image.convert("RGBA")
    paper = Image.new("RGBA", seen.size, "white")
    paper.alpha_composite(seen)
    return paper.convert("RGB")


@dataclass(frozen=True)
class Page:
    """A page as a viewer shows it: its size in points, and its picture."""

    size: tuple[float, float]
    picture: Image.Image


def in_browser(*files, long=LONG):
    """Return the pages of each PDF (bytes) as PDFium shows them, with a Chinese font at hand."""
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for number, data in enumerate(files):
            paths.append(Path(folder, f"{number}.pdf"))
            paths[-1].write_bytes(data)
        told = subprocess.run(
            [sys.executable, str(BROWSER), str(long), *paths], check=True, capture_output=True
        )
        return [
            [
                Page(size, _loaded(path.with_suffix(f".{page}.png")))
                for page, size in enumerate(sizes)
            ]
            for path, sizes in zip(paths, json.loads(told.stdout), strict=True)
        ]


def in_poppler(data, long=LONG):
    """Return the pages of a PDF (bytes) as Poppler draws them; [] where it is not installed."""
    if not shutil.which("pdftoppm"):
        return []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.pdf")
        path.write_bytes(data)
        subprocess.run(
            ["pdftoppm", "-scale-to", str(long), "-cropbox", path, Path(folder, "page")],
            check=True,
            capture_output=True,
        )
        return [_loaded(each) for each in sorted(Path(folder).glob("page*.ppm"))]


def _loaded(path):
    with Image.open(path) as image:
        return image.convert("RGB")


def on_sheet(sheet, reference, size, is_picture):
    """Return the part of a dossier's sheet that shows a page or picture of this size (points).

    A page of A4 is the sheet. Everything else has a frame around it, which is looked for between
    the running number above and a picture's caption below. None when nothing is there.
    """
    if not is_picture and any(
        all(abs(a / b - 1) < 0.03 for a, b in zip(size, a4, strict=True)) for a4 in (A4, A4[::-1])
    ):
        return sheet
    wide, high = sheet.size
    dot = max(sheet.size) / max(A4)
    top, bottom = round(NUMBER * dot), round(high - (CAPTION * dot if is_picture else 0))
    found = ink(sheet.crop((0, top, wide, bottom)), INK).getbbox()
    drawn = ink(reference, INK).getbbox()
    if found is None or drawn is None:
        return None
    across = (found[2] - found[0]) / (drawn[2] - drawn[0])
    down = (found[3] - found[1]) / (drawn[3] - drawn[1])
    left, above = found[0] - drawn[0] * across, top + found[1] - drawn[1] * down
    box = left, above, left + reference.width * across, above + reference.height * down
    return sheet.crop(tuple(map(round, box)))
