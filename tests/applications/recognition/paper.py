"""Stamped paper, made up: a print drawn as pictures, signed, sealed, scanned well or badly."""

import io
import math
import random

import pylopdf_fonts_zh_cn as fonts
import pypdfium2
from PIL import Image, ImageDraw, ImageFilter, ImageFont

DPI = 150
RED, BLUE_BLACK = (205, 40, 45), (25, 30, 70)
# Millimetres from the left and from the top of page 3: where a unit signs and seals its opinion.
SIGN_AT, SEAL_AT = (118, 250), (150, 250)


def drawn(made, dpi=DPI):
    """Return the pages of a PDF (bytes) as colour pictures."""
    pdf = pypdfium2.PdfDocument(made)
    pictures = []
    for page in pdf:
        pictures.append(page.render(scale=dpi / 72).to_pil().convert("RGB"))
        page.close()
    pdf.close()
    return pictures


def dots(picture, millimetres):
    """Return a length on an A4 page in dots of its picture."""
    return millimetres / 210 * min(picture.size)


def seal(picture, at, text="虚构重工有限公司", side=42, ink=RED):
    """Press a round seal on a picture; `at` is its middle in millimetres."""
    size = int(dots(picture, side))
    layer = Image.new("RGBA", (size, size))
    draw = ImageDraw.Draw(layer)
    edge = max(2, size // 28)
    draw.ellipse((edge, edge, size - edge, size - edge), outline=(*ink, 235), width=edge)
    middle, arms = size / 2, []
    for index in range(10):
        reach = size * (0.15 if index % 2 == 0 else 0.06)
        angle = math.pi * (index / 5 - 0.5)
        arms.append((middle + reach * math.cos(angle), middle + reach * math.sin(angle)))
    draw.polygon(arms, fill=(*ink, 235))
    font = ImageFont.truetype(str(fonts.serif_path()), int(size * 0.13))
    for index, character in enumerate(text):
        turn = -130 + 260 * index / max(1, len(text) - 1)
        glyph = Image.new("RGBA", (size, size))
        ImageDraw.Draw(glyph).text(
            (middle, size * 0.17), character, font=font, fill=(*ink, 235), anchor="mm"
        )
        layer.alpha_composite(glyph.rotate(-turn, resample=Image.Resampling.BICUBIC))
    corner = [int(dots(picture, place) - size / 2) for place in at]
    picture.paste(layer, corner, layer)


def sign(picture, at, seed=1, ink=BLUE_BLACK, strokes=18):
    """Write something like a signature of three characters, its first one's corner at `at`."""
    chance = random.Random(seed)
    draw = ImageDraw.Draw(picture)
    pen = max(2, int(dots(picture, 0.5)))
    for character in range(3):
        left = at[0] + 8 * character
        for _ in range(strokes // 3):
            start = (left + chance.uniform(0, 6), at[1] - 4 + chance.uniform(0, 7))
            bend = (start[0] + chance.uniform(-3, 3), start[1] + chance.uniform(-2, 3))
            end = (bend[0] + chance.uniform(-3, 4), bend[1] + chance.uniform(-2, 3))
            line = [tuple(dots(picture, v) for v in point) for point in (start, bend, end)]
            draw.line(line, fill=ink, width=pen, joint="curve")


def scanned(pictures, *, grey=False, skew=0.0, blur=0.6, quality=75):
    """Return pictures as a scanner gives them: a PDF (bytes) of JPEG pages."""
    sheets = []
    for picture in pictures:
        if skew:
            picture = picture.rotate(
                skew, resample=Image.Resampling.BICUBIC, fillcolor=(252, 252, 250)
            )
        picture = picture.filter(ImageFilter.GaussianBlur(blur))
        sheets.append(picture.convert("L") if grey else picture)
    out = io.BytesIO()
    sheets[0].save(
        out, "PDF", save_all=True, append_images=sheets[1:], resolution=DPI, quality=quality
    )
    return out.getvalue()


def turned(picture, degrees=180):
    """Return a picture as it lies when its paper was put in turned."""
    return picture.rotate(degrees, expand=True)


def place_of(made, text):
    """Return where a text first stands: (page from 0, right end, middle), in millimetres."""
    pdf = pypdfium2.PdfDocument(made)
    try:
        for number, page in enumerate(pdf):
            text_page = page.get_textpage()
            found = text_page.search(text).get_next()
            if found:
                _, bottom, _, top = text_page.get_charbox(found[0])
                right = text_page.get_charbox(found[0] + found[1] - 1)[2]
                middle = page.get_height() - (top + bottom) / 2
                return number, right / 72 * 25.4, middle / 72 * 25.4
    finally:
        pdf.close()
    raise ValueError(text)
