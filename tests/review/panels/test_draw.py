"""The draw: fixed vectors that anybody can recompute, and what holds for every draw."""

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from review.panels.draw import digest, draw

POOLS = st.lists(st.integers(1, 10_000), unique=True, max_size=15)


def test_a_digest_is_the_sm3_of_seed_and_id():
    # printf '%s' '20260101:7' | openssl dgst -sm3
    assert digest("20260101", 7) == (
        "3dac0d5bd70ec500706b1f75ac3aaa8fc3a87132e3bbd95ed1fc4432b1bbafa4"
    )


def test_a_known_draw():
    assert draw(range(1, 11), [3], "武汉2026", 5) == [7, 6, 4, 1, 9]
    assert draw(range(1, 11), [], "另一个", 5) != draw(range(1, 11), [], "武汉2026", 5)


def test_too_few_are_refused():
    with pytest.raises(ValueError, match="3 to be drawn from 2"):
        draw([1, 2, 3], [3], "x", 3)


# The machine may be busy; a slow one is not wrong.
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(POOLS, st.data(), st.text(max_size=20))
def test_a_draw_depends_on_nothing_but_its_record(pool, data, seed):
    excluded = data.draw(st.lists(st.sampled_from(pool), unique=True) if pool else st.just([]))
    count = data.draw(st.integers(0, len(pool) - len(excluded)))
    drawn = draw(pool, excluded, seed, count)
    shuffled = data.draw(st.permutations(pool))
    assert draw(shuffled, excluded[::-1], seed, count) == drawn
    assert len(drawn) == len(set(drawn)) == count
    assert set(drawn) <= set(pool) - set(excluded)
    # Drawing more only adds to the end, so experts and alternates are one order.
    everybody = draw(pool, excluded, seed, len(pool) - len(excluded))
    assert everybody[:count] == drawn
    # Who is out anyway does not change who is drawn.
    assert draw(set(pool) - set(excluded), [], seed, count) == drawn


def test_everybody_is_drawn_about_equally_often():
    times = Counter(draw(range(1, 11), [], str(seed), 1)[0] for seed in range(2000))
    assert set(times) == set(range(1, 11))
    # 200 each; 5 standard deviations are 67.
    assert all(133 < number < 267 for number in times.values())
