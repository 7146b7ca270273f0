"""How text and dates go on paper: which characters, where lines break, how much room they take."""

import re
from functools import cache
from itertools import islice

from django.template.loader import render_to_string
from django.utils.formats import date_format

from accounts.characters import unpiled
from applications.files.glyphs import legible

# The faces that every document's style sheet may name.
FACES = "documents/fonts.css"
# Control characters, which Excel refuses and which no reader can see; others that take no room
# (joiners, selectors of a glyph's variant); those that turn the reading direction round, so that a
# line could print otherwise than it was reviewed; and code points that are no characters.
_NOT_PRINTED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ufe00-\ufe0f\ufeff\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)
_BLANK = re.compile("\n(?:[ \t\u3000]*\n){3,}")
# Latin, Greek and Cyrillic letters and digits are about this much of a Chinese character's width;
# capitals and a few signs so much more.
_NARROW_WIDTH, _BROADER = 0.55, 0.15
_NARROW = re.compile("[\x00-\u10ff]+")
_BROAD = re.compile("[A-Z%&@]")

_OPENING, _CLOSING = "（《“‘【〈「『〔［｛", "，。、；：？！）》”’】〉」』〕］｝…—％"
# What no line is broken within: a character or a Latin word, with the marks that belong to it.
_UNIT = re.compile(f"[{_OPENING}]*(?:[!-~\u00a0-\u10ff]+|[^\n])[{_CLOSING}]*|\n")
# Where a text that goes on elsewhere is best left: after a paragraph, a sentence, a clause; and
# so many of the lines there are may stay empty for it.
_LEAVES = (
    (re.compile("(?=\n)"), 1 / 4),
    (re.compile(f"[。！？；][{_CLOSING}]*"), 1 / 6),
    (re.compile(f"[，、][{_CLOSING}]*"), 1 / 8),
)

# Characters of Chinese text, but for the marks that no line begins or ends with.
_CHINESE = "\u2e80-\u9fff\uf900-\ufaff\uff01-\uff60\U00020000-\U000323af"
_MAY_BEGIN = f"(?=[{_CHINESE}“‘])(?![{_CLOSING}々～／])"
_MAY_END = f"(?<=[{_CHINESE}”’])(?<![{_OPENING}／])"
_BESIDE_QUOTES = re.compile(
    f"{_MAY_END}(?=[“‘])|(?<=[0-9A-Za-z])(?=[“‘][{_CHINESE}])"
    f"|(?<=[”’]){_MAY_BEGIN}|(?<=[{_CHINESE}][”’])(?=[0-9A-Za-z])"
)


def style_sheets(template):
    """Return the text of a CSS template, after that of the fonts that it names."""
    return [render_to_string(name) for name in (FACES, template)]


def clean(text):
    """Return `text` without characters that cannot be printed, its lines ended by "\\n" alone.

    No more than two lines are blank one after another, and a character bears no more than two
    marks above and below: what is piled higher is no writing, and holds up the printing.
    """
    if text.isalnum():  # most cells of a list
        return text
    text = _NOT_PRINTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip("\n")
    return unpiled(_BLANK.sub("\n\n\n", text))


def printable(text):
    """Return `text` as the PDFs print it: `clean`, its characters without a glyph described."""
    return legible(clean(text))


def breakable(text):
    """Return `text` with the breaks beside quotation marks that Chinese typesetting has.

    Pango 1.50 breaks no line before or after “ ” ‘ ’, as Unicode before version 16 (UAX 14, LB19):
    “武汉工匠”（2019年） cannot be parted anywhere near the brackets. The zero-width spaces put in
    draw nothing and are in no text that a reader copies from the PDF.
    """
    return _BESIDE_QUOTES.sub("\u200b", text)


def width(text):
    """Return the width of one line of text, in Chinese characters."""
    narrow = sum(map(len, _NARROW.findall(text)))
    return len(text) - narrow * (1 - _NARROW_WIDTH) + len(_BROAD.findall(text)) * _BROADER


def _one_width(character):
    """Return `width` of one character, in a tenth of the time."""
    return 1 if character > "\u10ff" else _narrow_width(character)


@cache
def _narrow_width(character):
    return width(character)


def _line_starts(text, per_line, indent):
    """Yield the position of every line's first character; `indent` is of each paragraph's first."""
    yield 0
    used = indent
    for unit in _UNIT.finditer(text):
        if unit[0] == "\n":
            yield unit.end()
            used = indent
            continue
        size = _one_width(unit[0]) if len(unit[0]) == 1 else width(unit[0])
        if used + size > per_line and used:
            yield unit.start()
            used = 0
        if size > per_line:  # a word longer than a line is broken wherever the line ends
            for position, character in enumerate(unit[0], unit.start()):
                if used + _one_width(character) > per_line:
                    yield position
                    used = 0
                used += _one_width(character)
        else:
            used += size


def line_count(text, per_line, indent=0):
    """Return how many lines the text takes when `per_line` Chinese characters fit in one.

    Every paragraph's first line is indented by `indent` of them.
    """
    # Most texts have one line. A hair less than what fits: sums of parts differ by that much.
    if "\n" not in text and indent + (len(text) and width(text)) < per_line - 1e-6:
        return 1
    return sum(1 for _ in _line_starts(text, per_line, indent))


def cut(text, per_line, lines, indent=0):
    """Return the beginning of a text, as much as fits in so many lines, and the rest ("" if none).

    The cut is where a reader pauses, if a few lines from the end there is such a place. Both
    parts together are the text, unchanged.
    """
    starts = list(islice(_line_starts(text, per_line, indent), lines + 1))
    if len(starts) <= lines:
        return text, ""
    end = starts[lines]
    for leave, share in _LEAVES:
        earliest = starts[lines - max(1, int(lines * share))]
        found = [match.end() for match in leave.finditer(text, earliest, end)]
        if found and found[-1] > 0:
            end = found[-1]
            break
    return text[:end], text[end:]


def chinese_date(day):
    """Return a date as official papers write it: 2024年4月7日."""
    return date_format(day, "Y年n月j日")
