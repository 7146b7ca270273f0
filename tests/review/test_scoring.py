"""Scores added up (review/scoring.py)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.scoring import counted, mean

HALVES = st.integers(0, 200).map(lambda halves: Decimal(halves) / 2)


def decimals(*numbers):
    return [Decimal(number) for number in numbers]


class TestMean:
    def test_nothing_has_no_mean(self):
        assert mean([], 5) is None

    @pytest.mark.parametrize(
        ("totals", "expected"),
        [
            (("80",), "80.00"),
            (("80", "81"), "80.50"),
            (("80", "80", "80.5"), "80.17"),
            # 241.0 / 8 = 30.125: half goes up, not to the even digit.
            (("30", "30", "30", "30", "30", "30", "30", "31"), "30.13"),
        ],
    )
    def test_two_decimals_half_up(self, totals, expected):
        assert str(mean(decimals(*totals), 9)) == expected

    def test_drops_one_highest_and_one_lowest_from_the_rounds_number_on(self):
        totals = decimals("60", "80", "81", "82", "100")
        assert mean(totals, 5) == Decimal("81.00")
        assert mean(totals, 6) == Decimal("80.60")

    def test_tied_extremes_lose_exactly_one_each(self):
        assert counted(decimals("60", "60", "80", "90", "90"), 5) == decimals("60", "80", "90")

    @given(st.lists(HALVES, min_size=1, max_size=12), st.integers(0, 8))
    def test_equals_a_plain_calculation(self, totals, trim_from):
        rest = list(totals)
        if len(rest) >= trim_from and len(rest) > 2:
            rest.remove(max(rest))
            rest.remove(min(rest))
        hundredths = sum(int(total * 2) for total in rest) * 100
        # Half up of a fraction of integers, without any rounding mode.
        expected = (hundredths + len(rest)) // (2 * len(rest))
        assert mean(totals, trim_from) == Decimal(expected) / 100
