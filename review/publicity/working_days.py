"""Working days in mainland China, 调休 included."""

import datetime

import chinese_calendar


class UnknownYear(Exception):
    """The calendar does not know the State Council's holidays of a year yet."""

    def __init__(self, year):
        self.year = year
        super().__init__(f"系统日历还没有 {year} 年的节假日安排，请核对后填写公示结束日期。")


def is_workday(day):
    """Whether a date is a working day. Raises UnknownYear."""
    try:
        return chinese_calendar.is_workday(day)
    except NotImplementedError as error:
        raise UnknownYear(day.year) from error


def working_days_between(first, last):
    """Return how many working days there are from `first` to `last`, both included.

    Raises UnknownYear when one of them is in a year whose holidays are not known.
    """
    days = range((last - first).days + 1)
    return sum(is_workday(first + datetime.timedelta(days=day)) for day in days)


def working_day_end(start, days):
    """Return the last day of a period of `days` working days from `start` on.

    The first working day on or after `start` counts as day one. Raises UnknownYear when the
    period reaches a year whose holidays are not known.
    """
    day = start
    counted = 0
    while True:
        counted += is_workday(day)
        if counted >= days:
            return day
        day += datetime.timedelta(days=1)
