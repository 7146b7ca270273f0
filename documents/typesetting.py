"""How much room text takes on paper, and which characters may go there at all."""

import re
import unicodedata
from math import ceil

# Control characters, which Excel refuses and which no reader can see; characters that turn the
# reading direction round, so that a line could print otherwise than it was reviewed; and code
# points that are no characters.
_NOT_PRINTED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufffe\uffff"
    "\ud800-\udfff]"
)
# A letter or digit is about this much of a Chinese character's width.
_NARROW = 0.55


def clean(text):
    """Return `text` without characters that cannot be printed, its lines ended by "\\n" alone."""
    return _NOT_PRINTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip("\n")


def width(text):
    """Return the width of one line of text, in Chinese characters."""
    return sum(
        1 if unicodedata.east_asian_width(character) in "WFA" else _NARROW for character in text
    )


def line_count(text, per_line):
    """Return how many lines the text takes when `per_line` Chinese characters fit in one."""
    return sum(max(1, ceil(width(line) / per_line)) for line in text.split("\n"))
