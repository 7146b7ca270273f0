"""The proposal of panels for applications: conflicts first, then 工种, then equal numbers."""

import itertools
import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from review.panels.assignment import Bench, Candidate, are_alike, propose

UNITS = ("甲厂", "乙厂", "丙厂")
# The machine may be busy; a slow one is not wrong.
PATIENT = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
OCCUPATIONS = ("焊工", "车工", "电工", "")


def candidates(most):
    one = st.builds(
        lambda occupation, unit: (occupation, frozenset({unit})),
        st.sampled_from(OCCUPATIONS),
        st.sampled_from(UNITS),
    )
    return st.lists(one, max_size=most).map(
        lambda rows: [Candidate(pk, *row) for pk, row in enumerate(rows, start=1)]
    )


def benches(most):
    one = st.tuples(
        st.integers(0, 5),
        st.frozensets(st.sampled_from(OCCUPATIONS[:3])),
        st.frozensets(st.sampled_from(UNITS), max_size=2),
    )
    return st.lists(one, min_size=1, max_size=most).map(
        lambda rows: [Bench(pk, *row) for pk, row in enumerate(rows, start=1)]
    )


def conflicts(proposal, people, panels):
    by_pk = {bench.pk: bench for bench in panels}
    return sum(by_pk[proposal[each.pk]].conflicts_with(each) for each in people)


def strangers(proposal, people, panels):
    """How many get a panel without an expert of their 工种."""
    by_pk = {bench.pk: bench for bench in panels}
    return sum(not by_pk[proposal[each.pk]].knows(each) for each in people)


def loads(proposal, panels):
    """How many each panel has in the end."""
    numbers = {bench.pk: bench.load for bench in panels}
    for panel in proposal.values():
        numbers[panel] += 1
    return numbers


def is_balanced(proposal, panels):
    """Whether no panel that gets something has more than one above the lightest."""
    numbers = loads(proposal, panels)
    return all(numbers[panel] <= min(numbers.values()) + 1 for panel in proposal.values())


def is_bearable(proposal, panels):
    """Whether no panel that gets something has more than half again an even share."""
    numbers = loads(proposal, panels)
    most = math.ceil(sum(numbers.values()) * 3 / (2 * len(panels)))
    return all(numbers[panel] <= most for panel in proposal.values())


@PATIENT
@given(candidates(25), benches(5), st.randoms())
def test_everybody_is_placed_and_in_any_order_the_same(people, panels, random):
    proposal = propose(people, panels)
    assert set(proposal) == {each.pk for each in people}
    assert is_bearable(proposal, panels)
    shuffled, others = list(people), list(panels)
    random.shuffle(shuffled)
    random.shuffle(others)
    assert propose(shuffled, others) == proposal


@PATIENT
@given(candidates(25), benches(5))
def test_where_no_trade_is_known_and_nobody_conflicts_loads_are_balanced(people, panels):
    strange = [Bench(bench.pk, bench.load) for bench in panels]
    assert is_balanced(propose(people, strange), strange)


@PATIENT
@given(candidates(6), benches(3))
def test_no_other_bearable_way_is_better(people, panels):
    """Conflicts count first, then known trades, then equal numbers."""

    def worth(way):
        even = sum(load**2 for load in loads(way, panels).values())
        return conflicts(way, people, panels), strangers(way, people, panels), even

    ways = (
        dict(zip((each.pk for each in people), way, strict=True))
        for way in itertools.product([bench.pk for bench in panels], repeat=len(people))
    )
    best = min(worth(way) for way in ways if is_bearable(way, panels))
    assert worth(propose(people, panels)) == best


def test_who_knows_the_trade_weighs_more_than_equal_numbers_up_to_half_again_a_share():
    panels = [Bench(1, 0, frozenset({"焊工"})), Bench(2, 0, frozenset({"车工"}))]
    for number, expected in ((3, {1: 3, 2: 0}), (10, {1: 8, 2: 2})):
        people = [Candidate(pk, "焊工") for pk in range(number)]
        assert loads(propose(people, panels), panels) == expected


def test_a_larger_group_that_nobody_knows_takes_no_place_from_a_known_one():
    people = [Candidate(pk, "电工") for pk in range(1, 7)]
    people += [Candidate(pk, "焊工") for pk in range(7, 11)]
    panels = [Bench(1, 0, frozenset({"焊工"})), Bench(2, 0, frozenset({"车工"}))]
    proposal = propose(people, panels)
    assert {proposal[each.pk] for each in people if each.occupation == "焊工"} == {1}
    assert loads(proposal, panels) == {1: 5, 2: 5}


def test_the_studios_own_trade_counts_beside_the_leads():
    people = [Candidate(1, "首席技师", studio="焊工"), Candidate(2, "首席技师", studio="车工")]
    panels = [Bench(1, 0, frozenset({"车工"})), Bench(2, 0, frozenset({"焊工"}))]
    assert propose(people, panels) == {1: 2, 2: 1}
    assert panels[1].matching(people[0]) == ["焊工"]
    assert panels[0].matching(people[0]) == []


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("焊工", "电焊工", True),
        ("焊工、铆工", "焊工", True),
        ("光电设备装调工", "激光设备装调工", True),
        ("数控车工", "数控铣工", False),
        ("陶瓷工艺师", "首饰工艺师", False),
        ("人工智能工程技术人员", "电气工程技术人员", False),
    ],
)
def test_names_of_one_trade_are_alike(one, other, alike):
    assert are_alike(one, other) is alike
    assert are_alike(other, one) is alike


def test_one_occupation_stays_together_with_the_panel_that_knows_it():
    people = [Candidate(pk, ("焊工", "车工")[pk % 2]) for pk in range(1, 11)]
    panels = [Bench(1, 0, frozenset({"数控车工"})), Bench(2, 0, frozenset({"焊工"}))]
    proposal = propose(people, panels)
    assert {proposal[each.pk] for each in people if each.occupation == "车工"} == {1}
    assert {proposal[each.pk] for each in people if each.occupation == "焊工"} == {2}


def test_of_equally_cheap_proposals_the_one_that_keeps_a_trade_together_is_taken():
    people = [Candidate(pk, trade) for pk, trade in enumerate(("焊工", "电工", "焊工"))]
    proposal = propose(people, [Bench(1), Bench(2, 0, frozenset({"电工"}))])
    assert proposal == {0: 1, 1: 2, 2: 1}


def test_the_own_employers_panel_is_avoided():
    people = [Candidate(1, "焊工", frozenset({"甲厂"})), Candidate(2, "车工", frozenset({"乙厂"}))]
    panels = [Bench(1, 0, frozenset({"焊工"}), frozenset({"甲厂"})), Bench(2)]
    assert propose(people, panels) == {1: 2, 2: 1}


def test_without_a_panel_nothing_is_proposed():
    assert propose([Candidate(1, "焊工")], []) == {}


def test_the_lighter_panel_is_filled_up_first():
    people = [Candidate(pk, "焊工") for pk in (1, 2, 3)]
    proposal = propose(people, [Bench(1, 4), Bench(2, 1), Bench(3, 2)])
    assert sorted(proposal.values()) == [2, 2, 3]


def test_a_round_of_three_hundred_is_proposed_at_once():
    people = [Candidate(pk, OCCUPATIONS[pk % 4], frozenset({f"{pk % 50}厂"})) for pk in range(300)]
    employers = frozenset(f"{number}厂" for number in range(25))
    panels = [Bench(1, 0, frozenset({"焊工"}), employers), Bench(2), Bench(3)]
    proposal = propose(people, panels)
    assert [list(proposal.values()).count(pk) for pk in (1, 2, 3)] == [100, 100, 100]
    assert conflicts(proposal, people, panels) == 0
