"""分档 of a scoring criterion: one band a line ("27-30 国家级称号"), and the rules of them."""

import re
import unicodedata
from decimal import Decimal
from typing import NamedTuple

_RANGE = re.compile(r"(\d{1,3}(?:\.5)?)(?:-(\d{1,3}(?:\.5)?))?", re.ASCII)
# As people type it: any dash, tilde or 至 between the numbers, full-width digits, 分, a colon.
_NUMBER = r"([0-9０-９]+(?:[.．][0-9０-９])?)"
_TYPED = re.compile(rf"{_NUMBER}(?:\s*[-‐‑–—−－~～〜至]+\s*{_NUMBER})?\s*分?[\s:：,，]*")


class Band(NamedTuple):
    """One band: its points as typed, and what deserves them."""

    points: str
    text: str

    @property
    def limits(self):
        """The lowest and the highest points as Decimals, or None when they are not readable."""
        match = _RANGE.fullmatch(self.points)
        if not match:
            return None
        low, high = match[1], match[2] or match[1]
        return Decimal(low), Decimal(high)


def read(text):
    """Return the bands of a text, one a line; blank lines are passed over."""
    return [Band(*[*line.split(maxsplit=1), ""][:2]) for line in text.splitlines() if line.strip()]


def tidy(text):
    """Return the text with the numbers of each line in their one form; the words stay."""
    lines = []
    for line in filter(None, map(str.strip, text.splitlines())):
        match = _TYPED.match(line)
        if match:
            numbers = unicodedata.normalize("NFKC", "-".join(filter(None, match.groups())))
            line = f"{numbers} {line[match.end() :]}".strip()
        lines.append(line)
    return "\n".join(lines)


def problem(text, points):
    """Return what is wrong with the bands of a criterion of so many points, or None.

    Each lies within 0 and the full points, they go down, and no two share a point.
    """
    above = None
    for band in read(text):
        if band.limits is None or not band.text:
            return f"“{band.points}”一行请写成“27-30 说明”的形式：分数在前，空一格写说明。"
        low, high = band.limits
        if low > high:
            return f"“{band.points}”请把低分写在前面，例如 {high}-{low}。"
        if high > points:
            return f"“{band.points}”超过了满分 {points} 分。"
        if above is not None and high >= above.limits[0]:
            return f"“{band.points}”须排在更低的分数段，且不与“{above.points}”重叠。"
        above = band
    return None
