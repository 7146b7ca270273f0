"""A program of its own: looks at one file's hostile bytes, draws it small, and tells what it saw.

`python drawing.py <MIME type>` reads the file from standard input. It writes one line of JSON,
{"blank": [page numbers], "width": pixels, "height": pixels}, and after it a PNG of the first page.
It limits its own memory and time before it reads a byte, and knows neither Django nor the
portal's secrets: what goes wrong in a decoder ends this process and nothing else.
"""

import io
import json
import resource
import sys
import time

import pypdfium2
from PIL import Image, ImageOps

MEMORY = 1024**3
CPU_SECONDS = 20
OUTPUT = 4 * 1024**2
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
PIXEL_LIMIT = 90_000_000


def limit():
    """Bound what this process may use."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, OUTPUT),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    Image.MAX_IMAGE_PIXELS = PIXEL_LIMIT


def is_nearly_blank(image):
    """Whether hardly anything in a picture differs from its ground, in whatever colour."""
    across, down = int(image.width * MARGIN), int(image.height * MARGIN)
    inner = image.convert("RGB").crop((across, down, image.width - across, image.height - down))
    return max(map(_ink, inner.split())) < INK * inner.width * inner.height


def _ink(channel):
    counts = channel.histogram()
    ground = counts.index(max(counts))
    return sum(count for shade, count in enumerate(counts) if abs(shade - ground) > CONTRAST)


def look_at_pdf(data):
    """Return what was seen of a PDF, and its first page."""
    pdf = pypdfium2.PdfDocument(data)
    pdf.init_forms()
    count = len(pdf)
    sample = sorted({number * count // SAMPLED_PAGES for number in range(SAMPLED_PAGES)})
    until = time.monotonic() + PATIENCE_SECONDS
    first, blank = None, []
    for number in sample if count > SAMPLED_PAGES else range(count):
        if first and time.monotonic() > until:
            break
        page = pdf[number]
        image = page.render(scale=SAMPLE / max(page.get_size())).to_pil()
        page.close()
        first = first or image
        if is_nearly_blank(image):
            blank.append(number + 1)
    return {"blank": blank, "width": 0, "height": 0}, first


def look_at_image(data):
    """Return what was seen of a picture, and the picture, upright."""
    with Image.open(io.BytesIO(data), formats=["JPEG", "PNG"]) as image:
        width, height = image.size
        # A JPEG is read at a fraction of its size, which needs little memory.
        image.draft("RGB", (SAMPLE, SAMPLE))
        image.thumbnail((SAMPLE, SAMPLE), reducing_gap=2.0)
        small = ImageOps.exif_transpose(image).convert("RGBA")
    paper = Image.new("RGBA", small.size, "white")
    paper.alpha_composite(small)
    blank = [1] if is_nearly_blank(paper) else []
    return {"blank": blank, "width": width, "height": height}, paper


def main():
    """Look at standard input; whatever is wrong with it ends the process with an error."""
    limit()
    look = look_at_pdf if sys.argv[1] == "application/pdf" else look_at_image
    seen, image = look(sys.stdin.buffer.read())
    image.thumbnail((THUMBNAIL, THUMBNAIL))
    sys.stdout.buffer.write(json.dumps(seen).encode() + b"\n")
    image.convert("RGB").save(sys.stdout.buffer, "PNG", optimize=True)


if __name__ == "__main__":
    main()
