"""Working days of a public notice (review/publicity/working_days.py)."""

from datetime import date

import pytest

from review.publicity.working_days import UnknownYear, working_day_end


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        (date(2026, 11, 23), 5, date(2026, 11, 27)),  # Monday to Friday
        (date(2026, 11, 22), 5, date(2026, 11, 27)),  # from a Sunday: day one is Monday
        (date(2026, 11, 25), 5, date(2026, 12, 1)),  # over a weekend
        (date(2026, 11, 23), 1, date(2026, 11, 23)),
        (date(2024, 9, 29), 3, date(2024, 10, 8)),  # 29 Sept. worked (调休), then 1-7 Oct. off
    ],
)
def test_ends_on_the_last_working_day(start, days, end):
    assert working_day_end(start, days) == end


def test_an_unknown_year_says_so():
    with pytest.raises(UnknownYear, match="2090 年"):
        working_day_end(date(2090, 1, 1), 5)


def test_a_period_that_reaches_into_an_unknown_year_says_so():
    import chinese_calendar

    last = max(day.year for day in chinese_calendar.constants.workdays)
    with pytest.raises(UnknownYear, match=str(last + 1)):
        working_day_end(date(last, 12, 31), 5)
