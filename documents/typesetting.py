"""How text and dates go on paper: which characters may, and how much room they take."""

import re
from math import ceil

from django.utils.formats import date_format

from applications.glyphs import legible

# Control characters, which Excel refuses and which no reader can see; others that take no room
# (joiners, selectors of a glyph's variant); those that turn the reading direction round, so that a
# line could print otherwise than it was reviewed; and code points that are no characters.
_NOT_PRINTED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ufe00-\ufe0f\ufeff\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)
_BLANK = re.compile("\n(?:[ \t\u3000]*\n){3,}")
# Combining marks: of Latin letters and symbols, half marks, and the Cyrillic ones that surround.
_MARKS = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_PILED = re.compile(f"([{_MARKS}]{{2}})[{_MARKS}]+")
# Latin, Greek and Cyrillic letters and digits are about this much of a Chinese character's width.
_NARROW_WIDTH = 0.55
_NARROW = re.compile("[\x00-\u10ff]+")


def clean(text):
    """Return `text` without characters that cannot be printed, its lines ended by "\\n" alone.

    No more than two lines are blank one after another, and a character bears no more than two
    marks above and below: what is piled higher is no writing, and holds up the printing.
    """
    text = _NOT_PRINTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip("\n")
    return _PILED.sub(r"\1", _BLANK.sub("\n\n\n", text))


def printable(text):
    """Return `text` as the PDFs print it: `clean`, its characters without a glyph described."""
    return legible(clean(text))


def width(text):
    """Return the width of one line of text, in Chinese characters."""
    narrow = sum(map(len, _NARROW.findall(text)))
    return len(text) - narrow * (1 - _NARROW_WIDTH)


def line_count(text, per_line):
    """Return how many lines the text takes when `per_line` Chinese characters fit in one."""
    if len(text) <= per_line and "\n" not in text:
        return 1
    return sum(max(1, ceil(width(line) / per_line)) for line in text.split("\n"))


def chinese_date(day):
    """Return a date as official papers write it: 2024年4月7日."""
    return date_format(day, "Y年n月j日")
