"""What keyboards, input methods and copied text bring along, put right in one place.

Fields (`accounts.fields`, `applications.form.forms`) and whatever reads typed text without a form
use these functions; nothing else says which characters do not count.
"""

import re
import unicodedata

# In words: control characters cannot be printed or written to Excel; direction marks garble a
# line; a zero-width space, a word joiner or a soft hyphen is never seen and never meant.
UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069"
    "\ufeff\ufffe\uffff]"
)
# Chinese characters, those without a code of their own (private use) and what chooses a variant.
_CHINESE = (
    "\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\ue000-\uf8ff\uf900-\ufaff"
    "\U00020000-\U0003ffff\U000e0100-\U000e01ef"
)
_BLANK_IN_NAME = re.compile(rf"(?<=[{_CHINESE}])\s+(?=[{_CHINESE}])")
# The dot of 阿卜杜拉·买买提 is U+00B7; what keyboards offer besides, and a full stop between
# Chinese characters, which no name has.
_DOT = re.compile(
    rf"\s*[\u00b7\u2022\u2027\u2219\u22c5\u30fb\uff65\u16eb\u0387]\s*"
    rf"|(?<=[{_CHINESE}])\s*[.\uff0e]\s*(?=[{_CHINESE}])"
)
# Combining marks: of Latin letters and symbols, half marks, and the Cyrillic ones that surround.
_MARKS = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
# As in Unicode's stream-safe text format (UAX 15, section 13).
MOST_MARKS = 30
_PILED = re.compile(f"([{_MARKS}]{{2}})[{_MARKS}]+")


def visible(text):
    """Return `text` without the characters of Unicode's category Cf, which nobody sees."""
    return "".join(character for character in text if unicodedata.category(character) != "Cf")


def normalized(text):
    """Return typed text in Unicode's form NFKC: full-width characters become half-width, and so on.

    Of marks in a row it keeps no more than any writing has: Python takes the square of their number
    (3.11: 40,000 of them 2.5 s).
    """
    if text.isascii():
        return text
    kept, in_a_row = [], 0
    for character in text:
        in_a_row = in_a_row + 1 if unicodedata.combining(character) else 0
        if in_a_row <= MOST_MARKS:
            kept.append(character)
    return unicodedata.normalize("NFKC", "".join(kept))


def plain(text):
    """Return the typed text of a number, a code or an address with its characters put right.

    Invisible characters go, full-width ones become half-width, dashes of any kind hyphens.
    """
    text = normalized(visible(text))
    return re.sub("[\u2010-\u2015\u2212]", "-", text)


def compact(text):
    """Return `plain` text without any blanks or control characters."""
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f]", "", plain(text))


def unpiled(text):
    """Return `text` with at most two combining marks on a character.

    More of them are no writing: they cover the lines above and below.
    """
    return _PILED.sub(r"\1", text)


def person(text):
    """Return the name of one person: no blanks between Chinese characters, one kind of dot.

    诸葛　明轩 becomes 诸葛明轩, 阿卜杜拉 • 买买提 becomes 阿卜杜拉·买买提; a name in letters keeps
    single blanks.
    """
    text = _DOT.sub("·", UNPRINTABLE.sub("", text))
    return _BLANK_IN_NAME.sub("", re.sub(r"\s+", " ", text).strip())
