"""Watermarks: what an expert opens bears the expert's name and the time on every page.

The stored bytes never change: a marked copy is made for each opening. What cannot be marked is not
served (`Unreadable`).
"""

import io
import math
import tempfile
from functools import lru_cache
from pathlib import Path

import pikepdf
import pylopdf_fonts_zh_cn as fonts
from django.template.loader import render_to_string
from django.utils import timezone
from pikepdf import Array, Dictionary
from PIL import Image, ImageDraw, ImageFile, ImageFont

from documents import sheets
from documents.sheets import Unreadable

# The stamp is a square of so many points, made larger or smaller to cover a page.
SIDE = 1000
STYLE = "documents/watermark.css"
PURPOSE = "仅供评审使用"
# A stamp says the minute: whoever opens ten files in it needs one.
STAMPS = 64
# What may stay of an uploaded document besides its pages: all else may act, or hold other files.
KEPT = {"/Type", "/Pages", "/Outlines", "/Dests", "/PageLabels", "/Lang"}
GREY, STRENGTH = 128, 90  # of 255
TURN = 30  # degrees
LARGEST = 3508  # pixels of the long side: A4 at 300 dots an inch
QUALITY = 88


def text_for(user):
    """What stands on a file that this user opens now."""
    return f"{user.name}　{timezone.localtime():%Y-%m-%d %H:%M}　{PURPOSE}"


@lru_cache(maxsize=STAMPS)
def _stamp(text):
    from documents.pdf import to_pdf  # loads Pango: a second that only a PDF should cost

    html = render_to_string("documents/watermark.html", {"text": text, "lines": range(9)})
    return to_pdf(html, STYLE)


def mark_own(source, text):
    """Return an open temporary file: a PDF made by the portal, with the stamp on every page.

    `source` is a path or an open file.
    """
    with pikepdf.open(source) as pdf, pikepdf.open(io.BytesIO(_stamp(text))) as made:
        stamp = pdf.copy_foreign(made.pages[0].as_form_xobject())
        for page in pdf.pages:
            box = sheets.visible_box(page)
            page.contents_add(b"q\n", prepend=True)
            page.contents_add(b"\nQ\n")
            sheets.draw(page, "Watermark", stamp, _placed(box, 0))
        return _saved(pdf)


def mark_upload(source, text):
    """Return an open temporary file: an uploaded PDF with the stamp on every page.

    What a page draws becomes one drawing below the stamp, so nothing in it can move or hide the
    stamp; what acts, or leads to other files, is left out. Raises Unreadable.
    """
    try:
        with pikepdf.open(source) as pdf, pikepdf.open(io.BytesIO(_stamp(text))) as made:
            if not len(pdf.pages):
                raise Unreadable("文件没有页面")
            if any("/Annots" in page.obj for page in pdf.pages):
                # Seals, stamps and filled-in fields are drawn on top of their page.
                pdf.flatten_annotations("all")
            stamp = pdf.copy_foreign(made.pages[0].as_form_xobject())
            for page in pdf.pages:
                _mark_page(pdf, page, stamp)
            for key in set(pdf.Root.keys()) - KEPT:
                del pdf.Root[key]
            sheets.disarm(pdf)
            return _saved(pdf)
    except Unreadable:
        raise
    except pikepdf.PasswordError as error:
        raise Unreadable("文件已加密") from error
    except Exception as error:  # whatever a parser says about hostile bytes
        raise Unreadable("文件已损坏") from error


def _mark_page(pdf, page, stamp):
    box = sheets.visible_box(page)
    turned = int(page.obj.get("/Rotate", 0)) % 360
    sheets.check_content(page.obj.get("/Contents"))
    # The form draws what this copy has, after the page itself has been emptied.
    before = pikepdf.Page(pdf.make_indirect(Dictionary(page.obj)))
    form = before.as_form_xobject(handle_transformations=False)
    form.BBox = Array([*box])
    sheets.clear(page, (0, 0))
    page.obj.MediaBox = Array([*box])
    page.obj.Rotate = turned
    sheets.draw(page, "Page", form)
    sheets.draw(page, "Watermark", stamp, _placed(box, turned))


def _placed(box, turned):
    """Return the matrix that lays the stamp over a box, upright for whoever looks at the page."""
    left, bottom, right, top = box
    scale = max(right - left, top - bottom) / SIDE
    angle = math.radians(turned)
    a, b = scale * math.cos(angle), scale * math.sin(angle)
    x = (left + right) / 2 - (a - b) * SIDE / 2
    y = (bottom + top) / 2 - (a + b) * SIDE / 2
    return (a, b, -b, a, x, y)


def _saved(pdf):
    out = tempfile.TemporaryFile()  # noqa: SIM115 - whoever is answered closes it
    try:
        pdf.save(out)
    except BaseException:
        out.close()
        raise
    out.seek(0)
    return out


def mark_picture(source, text):
    """Return an open temporary file: an uploaded picture as a JPEG with the text all over it.

    Upright, and at most `LARGEST` pixels long. Raises Unreadable.
    """
    # WeasyPrint, once loaded in this process, makes Pillow accept images that are cut off.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with Image.open(source, formats=["JPEG", "PNG"]) as image:
            picture = sheets.redrawn(image, (LARGEST, LARGEST))
    except Unreadable:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Unreadable("图片过大") from error
    except Exception as error:  # whatever a decoder says about hostile bytes
        raise Unreadable("图片已损坏") from error
    _write_over(picture, text)
    out = tempfile.TemporaryFile()  # noqa: SIM115 - whoever is answered closes it
    picture.save(out, "JPEG", quality=QUALITY)
    out.seek(0)
    return out


def _write_over(picture, text):
    """Write the text over a picture, line by line, so that every part of it bears some of it."""
    long = max(picture.size)
    font = ImageFont.truetype(Path(fonts.sans_path()), max(10, long // 50))
    box = font.getbbox(text)
    tile = Image.new("L", (box[2] + 8, box[3] + 8))
    ImageDraw.Draw(tile).text((4, 4), text, font=font, fill=STRENGTH)
    tile = tile.rotate(TURN, expand=True, resample=Image.Resampling.BICUBIC)
    right, down = int(tile.width * 1.05), max(int(tile.height * 0.8), 1)
    for row, y in enumerate(range(-tile.height // 2, picture.height, down)):
        for x in range(-(right // 2) * (row % 2), picture.width, right):
            picture.paste((GREY, GREY, GREY), (x, y), tile)
