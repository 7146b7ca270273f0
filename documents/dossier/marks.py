"""Marks: a text over every part of a page or picture, so that a copy names its reader.

Runs where what is marked is hostile in a process of its own (`page_program.py`).
"""

import math
import zlib
from pathlib import Path

import pylopdf_fonts_zh_cn as fonts
from pikepdf import Name
from PIL import Image, ImageDraw, ImageFont

from applications.files import pictures
from applications.files.check_program import inherited
from documents.dossier import pages
from documents.dossier.pages import QUALITY, Unreadable
from documents.dossier.picture_pages import opened_picture

# The stamp is a square of so many points, made larger or smaller to cover a page.
SIDE = 1000
GREY, STRENGTH = 128, 90  # of 255
TURN = 30  # degrees
# No part of the text, for those who have a page read aloud.
ARTIFACT = "/Artifact BMC {} EMC\n"
LARGEST = 3508  # pixels of the long side: A4 at 300 dots an inch
NOTE = (1240, 1754)  # pixels of an A4 sheet: 150 dots an inch


def draw_stamp(page, stamp):
    """Draw a stamp (a drawing of the page's document) over what a page has."""
    turned = int(inherited(page.obj, "/Rotate") or 0) % 360
    placed = _placed(pages.visible_box(page), turned)
    pages.draw(page, "Watermark", stamp, placed, ARTIFACT)


def mark_page(drawings, page, stamp):
    """Make what a page draws one drawing below the stamp: nothing can move or hide the stamp.

    Raises Unreadable.
    """
    box = pages.visible_box(page)
    turned = int(inherited(page.obj, "/Rotate") or 0) % 360
    unit = inherited(page.obj, "/UserUnit")
    form = drawings.of(page, box)
    pages.clear(page, (0, 0))
    page.obj.MediaBox = form.BBox
    page.obj.Rotate = turned
    if unit is not None:
        page.obj.UserUnit = unit
    pages.draw(page, "Page", form)
    draw_stamp(page, stamp)


def note(pdf, page, text):
    """Make a page an A4 sheet that says why it does not show what it should."""
    picture = Image.new("L", NOTE, 255)
    font = ImageFont.truetype(Path(fonts.sans_path()), NOTE[0] // 36)
    ImageDraw.Draw(picture).text((NOTE[0] // 12, NOTE[1] // 6), text, font=font, fill=60)
    pages.clear(page, pages.A4)
    data = zlib.compress(picture.tobytes())
    drawing = pages.picture_stream(pdf, data, NOTE, Name.DeviceGray, Name.FlateDecode)
    pages.draw(page, "Note", drawing, (pages.A4[0], 0, 0, pages.A4[1], 0, 0))


def _placed(box, turned):
    """Return the matrix that lays the stamp over a box, upright for whoever looks at the page."""
    left, bottom, right, top = box
    scale = max(right - left, top - bottom) / SIDE
    angle = math.radians(turned)
    a, b = scale * math.cos(angle), scale * math.sin(angle)
    x = (left + right) / 2 - (a - b) * SIDE / 2
    y = (bottom + top) / 2 - (a + b) * SIDE / 2
    return (a, b, -b, a, x, y)


def mark_picture(source, text, out):
    """Write an uploaded picture as a JPEG with the text all over it.

    Upright, and at most `LARGEST` pixels long. Raises Unreadable.
    """
    with opened_picture(source) as image:
        try:
            picture = pictures.shown(image, (LARGEST, LARGEST))
        except Exception as error:  # whatever a decoder says about hostile bytes
            raise Unreadable("图片已损坏，无法打开") from error
    _write_over(picture, text)
    picture.info = {}  # Pillow writes a comment again
    picture.save(out, "JPEG", quality=QUALITY)


def _write_over(picture, text):
    """Write the text over a picture, line by line, so that every part of it bears some of it."""
    long = max(picture.size)
    font = ImageFont.truetype(Path(fonts.sans_path()), max(10, long // 50))
    box = font.getbbox(text)
    tile = Image.new("L", (int(box[2]) + 8, int(box[3]) + 8))
    ImageDraw.Draw(tile).text((4, 4), text, font=font, fill=STRENGTH)
    tile = tile.rotate(TURN, expand=True, resample=Image.Resampling.BICUBIC)
    right, down = int(tile.width * 1.05), max(int(tile.height * 0.8), 1)
    for row, y in enumerate(range(-tile.height // 2, picture.height, down)):
        for x in range(-(right // 2) * (row % 2), picture.width, right):
            picture.paste((GREY, GREY, GREY), (x, y), tile)
