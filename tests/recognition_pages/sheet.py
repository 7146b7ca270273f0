"""A sheet of paper to draw on with Pillow; it keeps what stands on it, piece by piece."""

import math
import re
from functools import cache

import pylopdf_fonts_zh_cn as fonts
from PIL import Image, ImageChops, ImageDraw, ImageFont

DPI = 200
BLACK, RED, SEAL_RED, GOLD = (25, 25, 25), (190, 20, 25), (205, 35, 40), (176, 138, 60)
# No authority has such a seal.
SEAL_TEXT = "样张专用章仅供软件测试"
# No line begins with one of these.
_HANGING = "，。、；：）》”〕！？"
# A number or a word in Latin letters is not broken.
_WORD = re.compile(r"[0-9A-Za-z.,-]+|.", re.ASCII)


@cache
def font(face, points):
    """Return a font of the portal's: `face` is "serif" or "sans", its size in points."""
    path = fonts.serif_path() if face == "serif" else fonts.sans_path()
    return ImageFont.truetype(str(path), round(points * DPI / 72))


def dots(millimetres):
    """Return millimetres as pixels."""
    return round(millimetres * DPI / 25.4)


@cache
def _seal(size, text, turn):
    """Return a seal of so many pixels: a ring, a star, text along the ring."""
    ink = Image.new("RGB", (size, size), "white")
    draw = ImageDraw.Draw(ink)
    middle, wide = size / 2, max(4, size // 40)
    draw.ellipse([wide, wide, size - wide, size - wide], outline=SEAL_RED, width=wide)
    star = []
    for point in range(10):
        far, angle = size * (0.064 if point % 2 else 0.16), point * math.pi / 5
        star.append((middle + far * math.sin(angle), middle - far * math.cos(angle)))
    draw.polygon(star, fill=SEAL_RED)
    face = ImageFont.truetype(str(fonts.serif_path()), round(size * 0.13))
    for number, character in enumerate(text):
        angle = -120 + 240 * number / (len(text) - 1)
        one = Image.new("RGB", (size, size), "white")
        ImageDraw.Draw(one).text(
            (middle, size * 0.055), character, SEAL_RED, face, anchor="mt", stroke_width=1
        )
        turned = one.rotate(-angle, Image.Resampling.BICUBIC, fillcolor="white")
        ink = ImageChops.multiply(ink, turned)
    ink = ink.rotate(turn, Image.Resampling.BICUBIC, fillcolor="white")
    # Ink that is not quite dense: the paper shows through a little.
    return Image.blend(ink, Image.new("RGB", ink.size, "white"), 0.15)


class Sheet:
    """A sheet of `width` by `height` millimetres at 200 dpi.

    `fields` is {name: the pieces in which its text was drawn}: a piece is what stands on one line.
    Places are millimetres from the left and the top; sizes are points.
    """

    def __init__(self, width=210, height=297, paper=(255, 255, 255)):
        self.width, self.height = width, height
        self.image = Image.new("RGB", (dots(width), dots(height)), paper)
        self.draw = ImageDraw.Draw(self.image)
        self.fields = {}

    def note(self, name, piece):
        """Say that a piece of a field stands on the sheet."""
        if name and piece.strip():
            self.fields[name] = (*self.fields.get(name, ()), piece.strip())

    def text(
        self, x, y, text, size=12, *, name="", face="serif", fill=BLACK, anchor="l", gap=0, bold=0
    ):
        """Draw a line of text with its top at y; `gap` is the space between characters in points.

        `anchor` says which side of it stands at x: l, m or r. Returns its right end.
        """
        drawn = font(face, size)
        space = gap * DPI / 72
        width = drawn.getlength(text) + space * (len(text) - 1)
        left = dots(x) - {"l": 0, "m": width / 2, "r": width}[anchor]
        if not gap:
            self.draw.text((left, dots(y)), text, fill, drawn, stroke_width=bold, stroke_fill=fill)
        at = left
        for character in text if gap else ():
            self.draw.text(
                (at, dots(y)), character, fill, drawn, stroke_width=bold, stroke_fill=fill
            )
            at += drawn.getlength(character) + space
        self.note(name, text)
        return (left + width) * 25.4 / DPI

    def column(self, x, y, text, size=20, *, name="", face="serif", fill=BLACK, step=1.25):
        """Draw a column of characters from the top down, their middle at x."""
        for number, character in enumerate(text):
            top = y + number * size * step * 25.4 / 72
            self.text(x, top, character, size, face=face, fill=fill, anchor="m")
        self.note(name, text)

    def paragraph(
        self, x, y, width, parts, size=14, *, face="serif", fill=BLACK, leading=1.7, indent=2
    ):
        """Draw a paragraph and return where it ends; a part is a text or (name of a field, text).

        `indent` is the indent of its first line in characters.
        """
        words = []
        for part in parts:
            name, text = part if isinstance(part, tuple) else ("", part)
            words += [(word, name) for word in _WORD.findall(text)]
        drawn = font(face, size)
        limit = width * DPI / 25.4
        at, line = indent * size * DPI / 72, []
        left = x + indent * size * 25.4 / 72

        def end_line():
            nonlocal y, line, left, at
            self.text(left, y, "".join(word for word, _ in line), size, face=face, fill=fill)
            piece, previous = "", ""
            for word, name in [*line, ("", "")]:
                if name != previous:
                    self.note(previous, piece)
                    piece, previous = "", name
                piece += word
            y += size * leading * 25.4 / 72
            line, left, at = [], x, 0

        for word, name in words:
            step = drawn.getlength(word)
            if at + step > limit and word not in _HANGING:
                end_line()
            line.append((word, name))
            at += step
        end_line()
        return y

    def cell(self, box, parts, size=11, *, face="serif", centred=True):
        """Draw a cell (left, top, right, bottom) with its text, over as many lines as it takes."""
        left, top, right, bottom = box
        self.draw.rectangle([dots(v) for v in box], outline=BLACK, width=2)
        name, text = parts if isinstance(parts, tuple) else ("", parts)
        drawn, limit = font(face, size), (right - left - 3) * DPI / 25.4
        lines = [""]
        for character in text:
            if drawn.getlength(lines[-1] + character) > limit:
                lines.append("")
            lines[-1] += character
        high = size * 1.35 * 25.4 / 72
        y = (top + bottom - high * len(lines)) / 2
        for line in lines:
            x = (left + right) / 2 if centred else left + 1.5
            self.text(x, y, line, size, name=name, face=face, anchor="m" if centred else "l")
            y += high

    def rule(self, x1, y, x2, fill=BLACK, width=2):
        """Draw a horizontal line."""
        self.draw.line([(dots(x1), dots(y)), (dots(x2), dots(y))], fill, width)

    def frame(self, margin, fill=GOLD, width=10):
        """Draw a frame around the sheet, a thick line and a thin one."""
        for inset, wide in ((margin, width), (margin + 3, max(2, width // 4))):
            box = [dots(inset), dots(inset), dots(self.width - inset), dots(self.height - inset)]
            self.draw.rectangle(box, outline=fill, width=wide)

    def seal(self, x, y, across=40, text=SEAL_TEXT, turn=0):
        """Stamp a round red seal with its middle at (x, y).

        Ink of a stamp multiplies: what is dark under it stays dark.
        """
        size = dots(across)
        ink = _seal(size, text, turn)
        left, top = dots(x) - size // 2, dots(y) - size // 2
        under = self.image.crop((left, top, left + size, top + size))
        self.image.paste(ImageChops.multiply(under, ink), (left, top))
