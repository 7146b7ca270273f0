"""Due dates in words."""

from typing import NamedTuple

from django.utils import timezone


class Due(NamedTuple):
    """What a list shows of something due: a local date, how far it is, and whether it is over."""

    date: str
    words: str
    overdue: bool


def in_words(due, today):
    """Return how far a due datetime is from `today` (a local date), in words."""
    days = (timezone.localdate(due) - today).days
    if due <= timezone.now():
        return f"已逾期 {-days} 天" if days < 0 else "今天已截止"
    if days == 0:
        return "今天截止"
    if days == 1:
        return "明天截止"
    return f"还剩 {days} 天"


def shown(due, today):
    """Return the `Due` of a due datetime, or None."""
    if due is None:
        return None
    return Due(
        date=f"{timezone.localtime(due):%Y-%m-%d}",
        words=in_words(due, today),
        overdue=due <= timezone.now(),
    )
