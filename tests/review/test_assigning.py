"""Applications spread over panels: numbers first, then trades together."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.assigning import spread


def test_trades_stay_together_where_the_numbers_allow():
    occupations = {1: "焊工", 2: "钳工", 3: "焊工", 4: "钳工"}
    found = spread(occupations, ["甲", "乙"], {})
    assert found[1] == found[3] != found[2] == found[4]


def test_a_trade_joins_the_panel_that_has_it():
    found = spread({1: "焊工", 2: "钳工"}, ["甲", "乙"], {"乙": {"焊工": 2}, "甲": {"钳工": 2}})
    assert found == {1: "乙", 2: "甲"}


def test_a_panel_with_more_already_gets_fewer():
    found = spread(dict.fromkeys(range(4), "焊工"), ["甲", "乙"], {"甲": {"焊工": 2}})
    assert Counter(found.values()) == {"甲": 1, "乙": 3}


@given(
    trades=st.lists(st.sampled_from(["焊工", "钳工", "车工", "电工"]), max_size=40),
    panels=st.integers(1, 4),
)
def test_numbers_differ_by_one_at_most(trades, panels):
    names = [f"第{n}组" for n in range(panels)]
    found = spread(dict(enumerate(trades)), names, {})
    sizes = Counter(found.values())
    counts = [sizes[name] for name in names]
    assert sum(counts) == len(trades)
    assert max(counts) - min(counts) <= 1


@pytest.mark.parametrize("panels", [["甲"], ["甲", "乙", "丙"]])
def test_nothing_to_spread(panels):
    assert spread({}, panels, {}) == {}
