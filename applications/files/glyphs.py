"""Which characters the printed form can show: those that one of its fonts has a glyph for.

The form's own font has every character of GBK. Debian's fonts-hanazono adds what else GB 18030-2022
names, CJK extensions B to F; it is looked for where that package puts it. For anything beyond
(newer extensions, private characters, emoji) the code is printed, never an empty box.
"""

import re
import struct
import unicodedata
from bisect import bisect_right
from functools import cache
from pathlib import Path

import pylopdf_fonts_zh_cn

RARE_FONTS = tuple(
    Path("/usr/share/fonts/truetype/hanazono", name) for name in ("HanaMinB.ttf", "HanaMinA.ttf")
)
# So many characters of one text are described; what stands for the others (printers' geta); and
# so many are named in a note.
DESCRIBED, UNSHOWN, NOTED = 12, "〓", 12
# ASCII, 、 to 】, and the 20,902 Chinese characters that everybody writes with: a text of these
# alone needs no look into the fonts.
_EVERYDAY = re.compile("[\t\n -~\u3001-\u3011\u4e00-\u9fa5，。；：？！（）《》“”‘’]*")


@cache
def _characters(path):
    """Return the code points that a font has a glyph for, as ranges in order; none without it.

    From its table "cmap" in format 12 (OpenType, "cmap"), which every font with characters beyond
    the first 65,536 has. A library reads the names of all glyphs for it: 27 MB for the process.
    """
    if not path.exists():
        return ()
    with path.open("rb") as font:
        _, tables = struct.unpack(">4sH6x", font.read(12))
        places = {
            tag: (start, length)
            for tag, start, length in struct.iter_unpack(">4s4xLL", font.read(16 * tables))
        }
        start, length = places[b"cmap"]
        font.seek(start)
        cmap = font.read(length)
    (subtables,) = struct.unpack_from(">2xH", cmap)
    for number in range(subtables):
        (at,) = struct.unpack_from(">4xL", cmap, 4 + 8 * number)
        kind, groups = struct.unpack_from(">H10xL", cmap, at)
        if kind == 12:
            found = struct.iter_unpack(">LLL", cmap[at + 16 : at + 16 + 12 * groups])
            return tuple(range(first, last + 1) for first, last, _ in found)
    raise ValueError(f"{path} has no cmap of format 12")


def _has(path, code):
    """Return whether a font has a glyph for a code point."""
    ranges = _characters(path)
    before = bisect_right(ranges, code, key=lambda each: each.start)
    return before > 0 and code in ranges[before - 1]


def has_glyph(character):
    """Whether a font of the printed form can show this character."""
    if character in "\t\n":
        return True
    # What a font draws for a private character is its own affair, and another one's elsewhere.
    if unicodedata.category(character) == "Co":
        return False
    fonts = (Path(pylopdf_fonts_zh_cn.serif_path()), *RARE_FONTS)
    return any(_has(path, ord(character)) for path in fonts)


def without_glyph(text):
    """Return the characters of `text` that no font can show, each once, in order."""
    if _EVERYDAY.fullmatch(text):
        return []
    return [character for character in dict.fromkeys(text) if not has_glyph(character)]


def described(character):
    """Return what is printed for a character without a glyph: 〔U+30EDE〕."""
    return f"〔U+{ord(character):04X}〕"


def legible(text):
    """Return `text` with every character that no font can show described by its code.

    A code takes the room of eight characters: of a text full of them only the first are described.
    """
    left = DESCRIBED
    for character in without_glyph(text):
        count = text.count(character)
        text = text.replace(character, described(character), left).replace(character, UNSHOWN)
        left = max(0, left - count)
    return text


def unprintable_note(text):
    """Return what to tell whoever typed characters that no font can show, or None."""
    characters = without_glyph(text)
    if not characters:
        return None
    codes = "、".join(
        f"“{character}”印作{described(character)}" for character in characters[:NOTED]
    )
    more = f" 等 {len(characters)} 个" if len(characters) > NOTED else ""
    return f"打印字库中没有以下字符，打印稿以编码代替，不影响提交：{codes}{more}。"
