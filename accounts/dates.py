"""Dates that people type: one table of how far from today each may be, and the fields that hold it.

Every date of every form is a `DayField` or a `MomentField`; a slip of the keyboard (0001, 9999,
2062 for 2026) is told at once, instead of standing in a decision.
"""

import datetime
from dataclasses import dataclass

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

# Nothing of the portal is outside them, whatever it is; the database says so of a round, too.
FIRST_DAY = datetime.date(2000, 1, 1)
LAST_DAY = datetime.date(2100, 12, 31)
YEAR = 366  # days


@dataclass(frozen=True)
class Span:
    """How many days before and after today a date may be.

    None is as far as the portal goes. A moment whose span begins today must be later than now.
    """

    back: int | None
    ahead: int | None

    def first(self):
        """Return the first day."""
        return FIRST_DAY if self.back is None else _from_today(-self.back)

    def last(self):
        """Return the last day."""
        return LAST_DAY if self.ahead is None else _from_today(self.ahead)

    def problem(self, label, day):
        """Return what is wrong with a day that has this label, as a sentence, or None."""
        first, last = self.first(), self.last()
        if first <= day <= last:
            return None
        if self.back is None and self.ahead is None:
            return f"年份有误，应在 {first.year} 至 {last.year} 之间。"
        if day < first:
            far, what, bound = self.back, "不得早于", first
        else:
            far, what, bound = self.ahead, "不能晚于", last
        return f"{label}{what}今天。" if far == 0 else f"{label}{what} {bound}，请核对年份。"


def _from_today(days):
    return timezone.localdate() + datetime.timedelta(days=days)


# What was signed, filled in, received or visited: the portal learns of it within the year.
DONE = Span(YEAR, 0)
# A paper of somebody else's: it may be some years old, but not of tomorrow.
DOCUMENT = Span(3 * YEAR, 0)
# What is planned for, or runs, from today on; nobody plans further than a year.
COMING = Span(0, YEAR)
# The last day of what may be over or still run: a unit's own 公示.
ENDING = Span(3 * YEAR, YEAR)
# What was planned and may be past by now.
PLANNED = Span(YEAR, YEAR)
# The dates of a round, and what a log is searched by.
ANY = Span(None, None)


class DateInput(forms.DateInput):
    """The browser's own date field."""

    input_type = "date"

    def __init__(self, **kwargs):
        super().__init__(format="%Y-%m-%d", **kwargs)


class DateTimeInput(forms.DateTimeInput):
    """The browser's own date and time field."""

    input_type = "datetime-local"

    def __init__(self, **kwargs):
        super().__init__(format="%Y-%m-%dT%H:%M", **kwargs)


class DayField(forms.DateField):
    """A day within a span; the browser offers no other."""

    widget = DateInput
    default_error_messages = {"invalid": "请按“年-月-日”填写日期，例如 2026-05-01。"}

    def __init__(self, span, **kwargs):
        super().__init__(**kwargs)
        self.span = span

    def get_bound_field(self, form, field_name):
        # Not when the class is made: a process lives longer than a day.
        self.widget.attrs |= {"min": str(self.span.first()), "max": str(self.span.last())}
        return super().get_bound_field(form, field_name)

    def validate(self, value):
        super().validate(value)
        if value and (problem := self.span.problem(self.label, value)):
            raise ValidationError(problem)


class MomentField(forms.DateTimeField):
    """A date and time within a span, later than now if the span begins today."""

    widget = DateTimeInput
    default_error_messages = {"invalid": "请按“年-月-日 时:分”填写，例如 2026-05-01 17:00。"}

    def __init__(self, span, **kwargs):
        super().__init__(**kwargs)
        self.span = span

    def get_bound_field(self, form, field_name):
        first, last = self.span.first(), self.span.last()
        self.widget.attrs |= {"min": f"{first}T00:00", "max": f"{last}T23:59"}
        return super().get_bound_field(form, field_name)

    def validate(self, value):
        super().validate(value)
        if value is None:
            return
        if self.span.back == 0 and value <= timezone.now():
            raise ValidationError(f"{self.label}须晚于现在。")
        if problem := self.span.problem(self.label, timezone.localtime(value).date()):
            raise ValidationError(problem)
