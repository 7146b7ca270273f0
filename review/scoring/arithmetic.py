"""Scores added up, dropped, compared and ranked, as pure functions.

Shapes and units. A *card* is one expert's points of one application: a tuple of Decimals, one a
criterion in order of position, 0 to the criterion's full points in steps of a half or one. A
*total* is the sum of a card, 0 to 100. The cards of an application stand in the order in which its
experts are listed, and an index counts from 0 in that order. Nothing here knows of the database.
"""

from collections import Counter
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum
from fractions import Fraction
from math import isqrt
from statistics import median

HUNDREDTH = Decimal("0.01")
# A total that is farther than this from the median of the others' totals is an outlier.
OUTLIER_POINTS = Decimal(15)


# --- One application -----------------------------------------------------------------------------


def dropped(totals, trim_from):
    """Return the indices (of the highest, of the lowest) total that do not count, or None.

    With at least `trim_from` totals, and at least three, exactly one highest and one lowest are
    left out, even when tied. Of several highest it is the one listed first, of several lowest the
    one listed last: two different ones even when all are equal.
    """
    if len(totals) < max(trim_from, 3):
        return None
    highest = totals.index(max(totals))
    lowest = len(totals) - 1 - totals[::-1].index(min(totals))
    return highest, lowest


def counted(totals, trim_from):
    """Return the totals that count, in ascending order: without those that `dropped` names."""
    totals = list(totals)
    left_out = dropped(totals, trim_from) or ()
    return sorted(total for index, total in enumerate(totals) if index not in left_out)


def mean(totals, trim_from):
    """Return the mean of the totals that count, to two decimals, half up; None without any."""
    rest = counted(totals, trim_from)
    if not rest:
        return None
    return (sum(rest, Decimal(0)) / len(rest)).quantize(HUNDREDTH, ROUND_HALF_UP)


def deviation(totals):
    """Return the standard deviation of the totals (of all of them), to two decimals, half up.

    Worked out in integers, so that it is exact; None without any total.
    """
    if not totals:
        return None
    values = [Fraction(total) for total in totals]
    centre = sum(values) / len(values)
    variance = sum((value - centre) ** 2 for value in values) / len(values)
    doubled = isqrt(int(variance * 40000))  # of hundredths
    return Decimal((doubled + 1) // 2) * HUNDREDTH


def distances(totals):
    """Return how far each total is from the median of the others' totals; 0 for a single one."""
    if len(totals) < 2:
        return [Decimal(0) for _ in totals]
    return [
        abs(total - median(totals[:index] + totals[index + 1 :]))
        for index, total in enumerate(totals)
    ]


def outliers(totals):
    """Return the indices of the totals to look at twice; they count all the same.

    With at least three totals, those more than OUTLIER_POINTS from the median of the others.
    """
    # No total is farther from the median of the others than from the farthest of them.
    if len(totals) < 3 or max(totals) - min(totals) <= OUTLIER_POINTS:
        return frozenset()
    return frozenset(
        index for index, distance in enumerate(distances(list(totals))) if distance > OUTLIER_POINTS
    )


@dataclass(frozen=True)
class Result:
    """What the cards of one application add up to.

    `totals` stand in the order of the cards; `highest` and `lowest` are the indices left out, None
    where nothing is; `whole` is the sum of all totals, left out or not; `sums` are the sums of each
    criterion over all cards.
    """

    totals: tuple[Decimal, ...]
    highest: int | None
    lowest: int | None
    mean: Decimal | None
    whole: Decimal
    sums: tuple[Decimal, ...]
    outliers: frozenset[int]

    @property
    def number(self):
        """How many experts scored."""
        return len(self.totals)

    @property
    def is_trimmed(self):
        """Whether one highest and one lowest were left out."""
        return self.highest is not None

    @property
    def counted(self):
        """The totals that count, in the order of the cards."""
        left_out = {self.highest, self.lowest}
        return [total for index, total in enumerate(self.totals) if index not in left_out]

    @property
    def spread(self):
        """The highest total less the lowest; None without any."""
        return max(self.totals) - min(self.totals) if self.totals else None

    @property
    def deviation(self):
        """The standard deviation of all totals."""
        return deviation(self.totals)

    def share(self, amount):
        """An amount of the whole application by expert, exactly: what ties are compared by."""
        return Fraction(amount) / self.number


def add_up(cards, trim_from):
    """Return the `Result` of an application's cards."""
    totals = tuple(sum(card, Decimal(0)) for card in cards)
    left_out = dropped(totals, trim_from) or (None, None)
    return Result(
        totals=totals,
        highest=left_out[0],
        lowest=left_out[1],
        mean=mean(totals, trim_from),
        whole=sum(totals, Decimal(0)),
        sums=tuple(sum(points, Decimal(0)) for points in zip(*cards, strict=True)),
        outliers=outliers(totals),
    )


# --- Several applications ------------------------------------------------------------------------


class Decided(Enum):
    """What settled an application's rank among those with its mean."""

    MEAN = "mean"
    WHOLE = "whole"
    CRITERION = "criterion"
    PANEL = "panel"  # nothing did: the panel decides


@dataclass(frozen=True)
class Place:
    """Where an application stands: its rank from 1, and what settled it."""

    rank: int
    decided: Decided
    equals: int  # how many others have its mean

    @property
    def is_tied(self):
        """Whether others share the rank: 并列，由专家组审定."""
        return self.decided is Decided.PANEL


def heaviest(weights):
    """Return the indices of the criteria with the most full points, in order of position."""
    most = max(weights, default=0)
    return [index for index, weight in enumerate(weights) if weight == most]


def ranking(results, weights):
    """Return a `Place` for each `Result`, in their order; None for one without any card.

    By mean (to two decimals, as it is published); of equal means by the sum of all totals, nothing
    left out; then by the sum of the heaviest criterion, and of every further one as heavy in order
    of position (`weights`: the full points of each). What is still equal shares its rank. Sums are
    compared by expert: where all applications have as many experts that is the same, and where one
    expert was recused from one of them it is fair.
    """
    first = heaviest(weights)
    keys = [
        (
            result.mean,
            result.share(result.whole),
            tuple(result.share(result.sums[index]) for index in first),
        )
        if result.number
        else None
        for result in results
    ]
    ranked = [key for key in keys if key is not None]
    # How many have the same mean, the same whole besides, the same key.
    alike_by = [Counter(key[:length] for key in ranked) for length in (1, 2, 3)]
    rank_of: dict[tuple, int] = {}
    for rank, key in enumerate(sorted(ranked, reverse=True), start=1):
        rank_of.setdefault(key, rank)
    places: list[Place | None] = []
    for key in keys:
        if key is None:
            places.append(None)
            continue
        alike = [counter[key[:length]] for length, counter in enumerate(alike_by, start=1)]
        if alike[0] == 1:
            decided = Decided.MEAN
        elif alike[1] == 1:
            decided = Decided.WHOLE
        else:
            decided = Decided.CRITERION if alike[2] == 1 else Decided.PANEL
        places.append(Place(rank_of[key], decided, alike[0] - 1))
    return places


class Side(Enum):
    """On which side of the quota line an application stands."""

    WITHIN = "within"
    ACROSS = "across"  # tied, and not all of the tied find room: the panel decides
    BEYOND = "beyond"


def sides(ranks, quota):
    """Return on which `Side` of a line after `quota` applications each rank stands.

    `ranks` count from 1, those tied share one; None (no rank) is beyond.
    """
    of_ranks = []
    for rank in ranks:
        if rank is None or rank > quota:
            of_ranks.append(Side.BEYOND)
        elif rank + ranks.count(rank) - 1 <= quota:
            of_ranks.append(Side.WITHIN)
        else:
            of_ranks.append(Side.ACROSS)
    return of_ranks
