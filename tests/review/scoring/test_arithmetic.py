"""Scores added up, dropped, compared and ranked (review/scoring/arithmetic.py).

Each rule is held against a second calculation that shares nothing with the first: integers and
fractions, counted out one by one.
"""

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applications.rounds import Round
from review.scoring.arithmetic import (
    Decided,
    Side,
    add_up,
    counted,
    deviation,
    dropped,
    mean,
    outliers,
    ranking,
    sides,
)

HALVES = st.integers(0, 200).map(lambda halves: Decimal(halves) / 2)
TOTALS = st.lists(HALVES, min_size=1, max_size=12)
WEIGHTS = (30, 30, 20, 20)
# Few different points, so that ties of every kind are found.
CARD = st.tuples(*(st.sampled_from([8, 9, 10]).map(Decimal) for _ in WEIGHTS))
CARDS = st.lists(CARD, min_size=0, max_size=7)


def decimals(*numbers):
    return [Decimal(number) for number in numbers]


def card(*points):
    return tuple(decimals(*points))


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

    @given(TOTALS, st.integers(0, 8))
    def test_equals_a_plain_calculation(self, totals, trim_from):
        rest = list(totals)
        if len(rest) >= trim_from and len(rest) > 2:
            rest.remove(max(rest))
            rest.remove(min(rest))
        hundredths = sum(int(total * 2) for total in rest) * 100
        # Half up of a fraction of integers, without any rounding mode.
        expected = (hundredths + len(rest)) // (2 * len(rest))
        assert mean(totals, trim_from) == Decimal(expected) / 100


class TestDropped:
    def test_of_several_highest_the_first_goes_of_several_lowest_the_last(self):
        assert dropped(decimals("90", "60", "90", "60", "80"), 5) == (0, 3)

    def test_of_equal_totals_two_different_ones_go(self):
        assert dropped(decimals("80", "80", "80", "80", "80"), 5) == (0, 4)

    def test_nothing_goes_below_the_rounds_number(self):
        assert dropped(decimals("60", "80", "80", "90"), 5) is None

    @given(TOTALS, st.integers(0, 8))
    def test_takes_away_one_highest_and_one_lowest_or_nothing(self, totals, trim_from):
        found = dropped(totals, trim_from)
        if len(totals) < trim_from or len(totals) < 3:
            assert found is None
            return
        highest, lowest = found
        assert highest != lowest
        assert all(total <= totals[highest] for total in totals)
        assert all(total >= totals[lowest] for total in totals)
        assert totals[highest] not in totals[:highest]
        assert totals[lowest] not in totals[lowest + 1 :]


class TestSpread:
    def test_of_nothing_is_nothing(self):
        result = add_up([], 5)
        assert (result.spread, result.deviation, result.mean) == (None, None, None)

    def test_is_of_all_totals_the_dropped_ones_too(self):
        result = add_up([card(total) for total in (60, 80, 81, 82, 100)], 5)
        assert (result.spread, result.whole) == (40, 403)

    @given(TOTALS)
    def test_the_deviation_is_the_nearest_hundredth(self, totals):
        centre = Fraction(sum(totals)) / len(totals)
        variance = sum((Fraction(total) - centre) ** 2 for total in totals) / len(totals)
        hundredths = int(deviation(totals) * 100)
        # Squared, so that no root is taken: x - 1/2 <= root < x + 1/2.
        assert hundredths == 0 or Fraction(2 * hundredths - 1, 200) ** 2 <= variance
        assert variance < Fraction(2 * hundredths + 1, 200) ** 2

    def test_a_total_far_from_the_others_median_is_an_outlier_and_counts(self):
        totals = decimals("88", "86", "70.5", "87")
        assert outliers(totals) == {2}
        assert mean(totals, 5) == Decimal("82.88")
        # Exactly 15 is not farther than 15.
        assert outliers(decimals("85", "85", "70")) == set()
        assert outliers(decimals("85", "20")) == set()

    @given(TOTALS)
    def test_outliers_equal_a_plain_search(self, totals):
        expected = set()
        for index, total in enumerate(totals):
            others = sorted(totals[:index] + totals[index + 1 :])
            if len(others) < 2:
                continue
            middle = Fraction(others[(len(others) - 1) // 2] + others[len(others) // 2]) / 2
            if abs(Fraction(total) - middle) > 15:
                expected.add(index)
        assert outliers(totals) == expected


class TestRanking:
    def places(self, *applications, trim_from=5, weights=(60, 40)):
        results = [add_up(cards, trim_from) for cards in applications]
        return [
            (place.rank, place.decided) if place else None for place in ranking(results, weights)
        ]

    def test_by_mean(self):
        found = self.places([card(50, 30)], [card(55, 30)], [])
        assert found == [(2, Decided.MEAN), (1, Decided.MEAN), None]

    def test_equal_means_are_settled_by_the_untrimmed_sum(self):
        middle = [card(50, 30)] * 3
        first = [*middle, card(60, 40), card(40, 30)]
        second = [*middle, card(60, 35), card(40, 30)]
        assert self.places(second, first) == [(2, Decided.WHOLE), (1, Decided.WHOLE)]

    def test_then_by_the_heaviest_criterion(self):
        found = self.places([card(50, 30)], [card(51, 29)], weights=(40, 60))
        assert found == [(1, Decided.CRITERION), (2, Decided.CRITERION)]

    def test_of_several_heaviest_criteria_the_first_that_differs_settles_it(self):
        found = self.places([card(30, 20, 30)], [card(30, 30, 20)], weights=(30, 30, 30))
        assert found == [(2, Decided.CRITERION), (1, Decided.CRITERION)]

    def test_what_is_still_equal_shares_its_rank_for_the_panel_to_decide(self):
        same = [card(50, 30)]
        found = self.places([card(60, 40)], same, same, [card(10, 10)])
        assert found == [
            (1, Decided.MEAN),
            (2, Decided.PANEL),
            (2, Decided.PANEL),
            (4, Decided.MEAN),
        ]

    def test_with_fewer_experts_sums_are_compared_by_expert(self):
        # One expert of the second was recused; its smaller sum alone does not put it last.
        three, two = [card(50, 30)] * 3, [card(50, 30)] * 2
        assert self.places(three, two) == [(1, Decided.PANEL), (1, Decided.PANEL)]

    @given(st.lists(CARDS, max_size=8), st.integers(3, 6))
    def test_equals_a_tournament_of_every_pair(self, applications, trim_from):
        places = ranking([add_up(cards, trim_from) for cards in applications], WEIGHTS)
        for cards, place in zip(applications, places, strict=True):
            assert (place is None) == (not cards)
            if not cards:
                continue
            others = [other for other in applications if other]
            better = sum(beats(other, cards, trim_from) > 0 for other in others)
            equal = sum(beats(other, cards, trim_from) == 0 for other in others) - 1
            assert place.rank == better + 1
            assert place.is_tied == (equal > 0)


def beats(first, second, trim_from):
    """1 where the first application's cards come before the second's, -1 where after, 0 if tied."""
    for measure in (hundredths, by_head(slice(None)), by_head(slice(0, 1)), by_head(slice(1, 2))):
        one, other = measure(first, trim_from), measure(second, trim_from)
        if one != other:
            return 1 if one > other else -1
    return 0


def hundredths(cards, trim_from):
    totals = sorted(sum(int(points * 2) for points in each) for each in cards)
    if len(totals) >= max(trim_from, 3):
        totals = totals[1:-1]
    return math.floor(Fraction(sum(totals) * 100, 2 * len(totals)) + Fraction(1, 2))


def by_head(criteria):
    return lambda cards, _: Fraction(
        sum(int(points * 2) for each in cards for points in each[criteria]), len(cards)
    )


class TestQuotaLine:
    def test_a_tie_across_it_is_the_panels_to_decide(self):
        assert sides([1, 2, 2, 4], 2) == [Side.WITHIN, Side.ACROSS, Side.ACROSS, Side.BEYOND]
        assert sides([1, 2, 2, 4], 3) == [Side.WITHIN, Side.WITHIN, Side.WITHIN, Side.BEYOND]

    def test_without_a_score_or_a_place_there_is_no_room(self):
        assert sides([1, None], 2) == [Side.WITHIN, Side.BEYOND]
        assert sides([1, 2], 0) == [Side.BEYOND, Side.BEYOND]


@given(st.integers(1, 30), st.integers(1, 5), st.integers(0, 5))
def test_a_quorum_is_the_least_number_that_is_the_share(experts, of, more):
    needed = Round(quorum_of=of, quorum_out_of=of + more).quorum(experts)
    share = Fraction(of, of + more)
    assert Fraction(needed, experts) >= share > Fraction(needed - 1, experts)
