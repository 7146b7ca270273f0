"""The numbers that Word itself writes before the paragraphs of a list: 一、, （二）, 3., •.

They stand nowhere in the text: a paragraph names a list and a level, the file says how that counts.
"""

import re

from applications.form.word.docx_package import attribute, child, local

_DIGITS = "〇一二三四五六七八九"
_PLACES = ("", "十", "百", "千")
_LEGAL = str.maketrans("〇一二三四五六七八九十百千", "零壹贰叁肆伍陆柒捌玖拾佰仟")
_ROMAN = ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))
_CHINESE = {
    "chineseCounting", "chineseCountingThousand", "japaneseCounting", "taiwaneseCounting",
    "taiwaneseCountingThousand", "ideographTraditional",
}  # fmt: skip
_ENCLOSED = {"decimalEnclosedCircle", "decimalEnclosedCircleChinese", "ideographEnclosedCircle"}
LEVELS = 9


class ListNumbers:
    """The lists of one file, counted on as its paragraphs are read in order."""

    def __init__(self, numbering):
        """`numbering` is the root of that part, or None."""
        self._levels, self._abstract, self._starts = {}, {}, {}
        self._counts, self._begun = {}, set()
        for element in () if numbering is None else numbering:
            if local(element) == "abstractNum":
                key = attribute(element, "abstractNumId")
                self._levels[key] = dict(_level(each) for each in element if local(each) == "lvl")
            elif local(element) == "num":
                key = attribute(element, "numId")
                link = child(element, "abstractNumId")
                self._abstract[key] = None if link is None else attribute(link, "val")
                self._starts[key] = dict(_starts(element))

    def next(self, list_key, level):
        """Return what stands before the next paragraph of a list at a level (0 to 8), or ""."""
        abstract = self._abstract.get(list_key)
        levels = self._levels.get(abstract, {})
        if level not in levels:
            return ""
        counts = self._counts.setdefault(abstract, {})
        for other, start in self._starts.get(list_key, {}).items():
            if (list_key, other) not in self._begun:
                self._begun.add((list_key, other))
                counts[other] = start - 1
        start, _, text = levels[level]
        counts[level] = counts.get(level, start - 1) + 1
        for deeper in range(level + 1, LEVELS):
            counts.pop(deeper, None)

        def numbered(match):
            other = int(match[1]) - 1
            if other not in levels:
                return ""
            first, form, _ = levels[other]
            return in_form(counts.get(other, first), form)

        form = levels[level][1]
        if form == "bullet":
            return "•" if text else ""
        return "" if form == "none" else re.sub("%([1-9])", numbered, text)


def _level(element):
    start, form, text = (child(element, name) for name in ("start", "numFmt", "lvlText"))
    return (
        _number(attribute(element, "ilvl")),
        (
            1 if start is None else _number(attribute(start, "val"), 1),
            "decimal" if form is None else attribute(form, "val", "decimal"),
            "" if text is None else attribute(text, "val", ""),
        ),
    )


def _starts(element):
    for each in element:
        start = child(each, "startOverride")
        if local(each) == "lvlOverride" and start is not None:
            yield _number(attribute(each, "ilvl")), _number(attribute(start, "val"), 1)


def _number(text, otherwise=0):
    return int(text) if re.fullmatch("[0-9]{1,6}", text or "") else otherwise


def in_form(number, form):
    """Return a number as a list writes it; in plain digits where its form is not known."""
    if form in _CHINESE:
        return in_chinese(number)
    if form == "chineseLegalSimplified":
        return in_chinese(number).translate(_LEGAL)
    if form in _ENCLOSED and 1 <= number <= 20:
        return chr(0x2460 + number - 1)
    if form in {"upperLetter", "lowerLetter"} and 0 < number <= 702:
        letter = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)
        return letter.upper() if form == "upperLetter" else letter
    if form in {"upperRoman", "lowerRoman"} and 0 < number < 40:
        text = ""
        for value, sign in _ROMAN:
            while number >= value:
                text, number = text + sign, number - value
        return text.upper() if form == "upperRoman" else text
    return str(number)


def in_chinese(number):
    """Return a number below 10,000 in Chinese figures: 十二, 一百零三."""
    if not 0 < number < 10_000:
        return str(number)
    text, is_gap = "", False
    for place, digit in zip(range(len(str(number)) - 1, -1, -1), str(number), strict=True):
        if digit == "0":
            is_gap = True
            continue
        text += ("零" if is_gap and text else "") + _DIGITS[int(digit)] + _PLACES[place]
        is_gap = False
    return text.removeprefix("一") if 10 <= number < 20 else text
