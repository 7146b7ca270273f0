"""Scores added up, as pure functions."""

from decimal import ROUND_HALF_UP, Decimal

HUNDREDTH = Decimal("0.01")


def counted(totals, trim_from):
    """Return the totals that count, in ascending order.

    With at least `trim_from` totals, exactly one highest and one lowest are left out, even when
    tied. `trim_from` below 3 never leaves fewer than one total.
    """
    ordered = sorted(totals)
    return ordered[1:-1] if len(ordered) >= max(trim_from, 3) else ordered


def mean(totals, trim_from):
    """Return the mean of the totals that count, to two decimals, half up; None without any."""
    rest = counted(totals, trim_from)
    if not rest:
        return None
    return (sum(rest, Decimal(0)) / len(rest)).quantize(HUNDREDTH, ROUND_HALF_UP)
