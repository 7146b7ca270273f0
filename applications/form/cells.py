"""What people and Excel put into a table's cells: nothing in many words, years, false dates."""

import re
from datetime import date, timedelta
from functools import lru_cache

from accounts.characters import normalized

# What is typed where there is nothing to say; static/js/rows.js reads it, too.
NOTHING = (
    r"(?:[无没]有?|暂无|未[设评分定]|不[设评分]|未填写?|不适用|N/A)"
    r"(?:等级|级别|等次|奖次|排名|名次|角色|职业|工种)?"
    r"|[-‐-―−─/\\_.·、。]*"
)
_NOTHING = re.compile(NOTHING, re.IGNORECASE)
# A year with whatever stands behind it: 2021年, 2021年度, 2021.5, 2021-05-01, 2021年5月份.
_YEAR = re.compile(
    r"(?P<year>\d{4})(?:年度?|[年./-](?P<month>\d{1,2})(?:月份?|[月./-](?:(?P<day>\d{1,2})日?)?)?)?",
    re.ASCII,
)
# What Excel shows of a cell with 1/5 in it, once it has made a date of that.
_DATES = (
    re.compile(r"(?:\d{4}[年/.-])?(?P<month>\d{1,2})月(?:(?P<day>\d{1,2})[日号]?)?", re.ASCII),
    re.compile(r"[12]\d{3}[/.-](?P<month>\d{1,2})(?:[/.-](?P<day>\d{1,2}))?", re.ASCII),
    re.compile(r"(?P<month>\d{1,2})[/.-](?P<day>\d{1,2})[/.-][12]\d{3}", re.ASCII),
    re.compile(r"(?P<day>\d{1,2})-(?P<month>[a-z]{3})(?:-\d{2,4})?", re.ASCII | re.IGNORECASE),
    re.compile(r"(?P<month>[a-z]{3})-(?P<day>\d{1,2})", re.ASCII | re.IGNORECASE),
)
_TIME = re.compile(r"\d{1,2}:\d{2}(?::\d{2})?$", re.ASCII)
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
# Excel counts days from here. Those of five digits reach from 1927 to 2173.
_FIRST_DAY = date(1899, 12, 30)
_COUNTED = re.compile(r"\d{5}", re.ASCII)
# Where a year falls that stands in a cell for dates: 2021 is shown as 1905/7/13.
_YEAR_OF_YEARS = 1905


# The same authorities, grades and trades stand in many cells.
@lru_cache(maxsize=1000)
def stated(text):
    """Return what a cell says: the empty text where 无, / or — was typed for nothing."""
    return "" if _NOTHING.fullmatch(_bare(text)) else text


def year_of(text):
    """Return the year that a text tells, with a month and a day behind it or without, or None."""
    match = _YEAR.fullmatch(_TIME.sub("", _bare(text), count=1))
    if not match:
        return None
    year, month, day = (int(match[name] or 0) for name in ("year", "month", "day"))
    # 2018-19 is no month.
    if month > 12 or day > 31 or (month and year == _YEAR_OF_YEARS):
        return None
    return year


def date_doubt(text):
    """Return what to ask about a text that Excel has probably made a date of, or None.

    A rank of 1/5 pasted into Excel becomes 1月5日 or 2024/1/5, and 45296 in a cell that is called a
    number later.
    """
    bare = _bare(text)
    if _COUNTED.fullmatch(bare):
        day = _FIRST_DAY + timedelta(days=int(bare))
        return _doubt(text, day.month, day.day)
    bare = _TIME.sub("", bare, count=1)
    for pattern in _DATES:
        if match := pattern.fullmatch(bare):
            month = _month(match["month"].lower())
            if 1 <= month <= 12:
                return _doubt(text, month, match["day"])
    return None


def _month(name):
    if name.isdecimal():
        return int(name)
    return _MONTHS.index(name) + 1 if name in _MONTHS else 0


def _doubt(text, month, day):
    guess = f"“{month}/{int(day)}”" if day else "别的内容"
    return f"“{text}”像是 Excel 把{guess}变成的日期，请按证书填写。"


def _bare(text):
    return re.sub(r"\s", "", normalized(text))
