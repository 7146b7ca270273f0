"""Papers to be read in tests: pages drawn with the portal's own font, as PNG or PDF bytes."""

import io

import pylopdf_fonts_zh_cn as fonts
from PIL import Image, ImageChops, ImageDraw, ImageFont

SIZE = (1240, 877)  # A4 lying, at 106 dots an inch


def drawn(*lines, size=SIZE, seal=None):
    """Return a page with these lines; `seal` is the centre of a red seal upon it."""
    page = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(page)
    font = ImageFont.truetype(str(fonts.serif_path()), 36)
    for number, line in enumerate(lines):
        draw.text((110, 120 + number * 90), line, font=font, fill="black")
    return sealed(page, seal) if seal else page


def sealed(page, centre, radius=120):
    """Return a page with a red seal upon it; as with ink, what is black under it stays black."""
    ink = Image.new("RGB", page.size, "white")
    draw = ImageDraw.Draw(ink)
    x, y = centre
    ring = (x - radius, y - radius, x + radius, y + radius)
    draw.ellipse(ring, outline=(205, 30, 30), width=radius // 13)
    star = ImageFont.truetype(str(fonts.sans_path()), radius * 3 // 5)
    draw.text(centre, "★", font=star, fill=(205, 30, 30), anchor="mm")
    return ImageChops.multiply(page, ink)


def png(page):
    """Return a page as PNG bytes."""
    out = io.BytesIO()
    page.save(out, "PNG")
    return out.getvalue()


def scan(*pages):
    """Return pages as the bytes of a PDF of pictures."""
    out = io.BytesIO()
    pages[0].save(out, "PDF", save_all=True, append_images=pages[1:], resolution=106)
    return out.getvalue()
