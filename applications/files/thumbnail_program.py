"""A program (`program_bounds.py`) that looks at an uploaded file, draws it small, says what it saw.

It answers {"type": MIME type} and the file's bytes with {"blank": [page numbers], "width": pixels,
"height": pixels} and a PNG of the first page; or with {"refused": ...}.
"""

import io
import time

from applications.files import appearances, pdfium, pictures
from applications.files.check_program import without_tail
from applications.files.program_bounds import Refused, serve

CPU_SECONDS = 20
# Between two pages: a long document is sampled as far as this allows.
PATIENCE_SECONDS = 8

THUMBNAIL = 320
# A page is judged at about 50 dots an inch, which shows a line of text and hides dust.
SAMPLE = 600
SAMPLED_PAGES = 20
# What differs this much (of 255) from the page's own ground is ink.
CONTRAST = 48
# Less ink than this is a nearly blank page: a page number alone is, a line of text is not.
INK = 0.0005
# The shadow of the scanner's lid is not ink.
MARGIN = 0.04


def is_nearly_blank(image):
    """Whether hardly anything in an RGB picture differs from its ground, in whatever colour."""
    across, down = int(image.width * MARGIN), int(image.height * MARGIN)
    inner = image.crop((across, down, image.width - across, image.height - down))
    return max(map(_ink, inner.split())) < INK * inner.width * inner.height


def _ink(channel):
    counts = channel.histogram()
    ground = counts.index(max(counts))
    return sum(count for shade, count in enumerate(counts) if abs(shade - ground) > CONTRAST)


def look_at_pdf(data):
    """Return what was seen of a PDF, and its first page."""
    pdf = pdfium.opened(appearances.completed(without_tail(data)))
    count = len(pdf)
    sample = sorted({number * count // SAMPLED_PAGES for number in range(SAMPLED_PAGES)})
    until = time.monotonic() + PATIENCE_SECONDS
    first, blank = None, []
    for number in sample if count > SAMPLED_PAGES else range(count):
        if first and time.monotonic() > until:
            break
        image = pdfium.picture(pdf, number, SAMPLE)
        first = first or image
        if is_nearly_blank(image):
            blank.append(number + 1)
    pdf.close()
    return {"blank": blank, "width": 0, "height": 0}, first


def look_at_image(data):
    """Return what was seen of a picture, and the picture as it is shown."""
    with pictures.opened(io.BytesIO(data)) as image:
        width, height = image.size
        sample = pictures.shown(image, (SAMPLE, SAMPLE))
    blank = [1] if is_nearly_blank(sample) else []
    return {"blank": blank, "width": width, "height": height}, sample


def look(question, data):
    """Return what was seen of a file, and its thumbnail; raises Refused."""
    look_at = look_at_pdf if question["type"] == "application/pdf" else look_at_image
    try:
        seen, image = look_at(data)
        image.thumbnail((THUMBNAIL, THUMBNAIL))
    except Refused:
        raise
    except Exception as error:  # whatever a decoder says about hostile bytes
        raise Refused("unreadable") from error
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return seen, out.getvalue()


if __name__ == "__main__":
    pictures.bound()
    serve(look, cpu_seconds=CPU_SECONDS)
