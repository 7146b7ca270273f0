"""A program (`program_bounds.py`) that draws one page of an uploaded file, or a part of it.

A question is {"type": MIME type, "page": from 1, "turn": degrees clockwise until it stands upright,
"crop": [left, top, right, bottom] as shares of the upright page, or null, "pixels": the long side}
and the file's bytes; the answer is {"width": pixels, "height": pixels} and a JPEG, or
{"refused": "no_page" | "unreadable" | ...}.
"""

import io

from PIL import Image

from applications.files import appearances, pdfium, pictures
from applications.files.check_program import without_tail
from applications.files.program_bounds import Refused, serve

CPU_SECONDS = 20
# A small part is drawn from a page of this many pixels on its long side, at most.
MOST_PIXELS = 4000
QUALITY = 85
TURNS = {
    90: Image.Transpose.ROTATE_270,
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_90,
}


def page_of_pdf(data, number, pixels):
    """Return a page of a PDF as viewers show it; raises Refused beyond its last one."""
    pdf = pdfium.opened(appearances.completed(without_tail(data)))
    try:
        if number > len(pdf):
            raise Refused("no_page")
        return pdfium.picture(pdf, number - 1, pixels)
    finally:
        pdf.close()


def page_of_picture(data, number, pixels):
    """Return a picture as it is shown, which is a file's only page."""
    if number > 1:
        raise Refused("no_page")
    with pictures.opened(io.BytesIO(data)) as image:
        return pictures.shown(image, (pixels, pixels))


def draw(question, data):
    """Return the size of the picture that was asked for, and the picture; raises Refused."""
    left, top, right, bottom = question["crop"] or (0, 0, 1, 1)
    # As large as the part is to become, the whole page is larger.
    pixels = min(MOST_PIXELS, round(question["pixels"] / max(right - left, bottom - top)))
    page_of = page_of_pdf if question["type"] == "application/pdf" else page_of_picture
    try:
        image = page_of(data, question["page"], pixels)
        if turn := TURNS.get(question["turn"]):
            image = image.transpose(turn)
        edges = (left * image.width, top * image.height, right * image.width, bottom * image.height)
        left, top, right, bottom = map(round, edges)
        image = image.crop((left, top, max(right, left + 1), max(bottom, top + 1)))
        out = io.BytesIO()
        image.save(out, "JPEG", quality=QUALITY)
    except Refused:
        raise
    except Exception as error:  # whatever a decoder says about hostile bytes
        raise Refused("unreadable") from error
    return {"width": image.width, "height": image.height}, out.getvalue()


if __name__ == "__main__":
    pictures.bound()
    serve(draw, cpu_seconds=CPU_SECONDS)
