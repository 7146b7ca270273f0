"""Red ink is told from print, so that what a seal covers is read without it."""

import pytest

from tests.recognition_pages.sheet import Sheet

np = pytest.importorskip("numpy")
red_ink = pytest.importorskip("applications.recognition.red_ink")


def picture(*seals):
    sheet = Sheet(210, 297)
    sheet.text(40, 100, "获奖者：甄示例", 24)
    for x, y in seals:
        sheet.seal(x, y, 42)
    return np.asarray(sheet.image)


def test_a_seal_is_found_where_it_stands():
    ((left, top, right, bottom),) = red_ink.seals_in(picture((70, 104)))

    assert (left + right) / 2 == pytest.approx(551, abs=15)
    assert (top + bottom) / 2 == pytest.approx(819, abs=15)


def test_black_print_is_no_red_ink():
    assert red_ink.seals_in(picture()) == []
    assert not red_ink.may_cover(picture())


def test_two_seals_that_touch_may_cover_text_though_neither_is_told_from_the_other():
    touching = picture((70, 104), (100, 120))

    assert red_ink.seals_in(touching) == []
    assert red_ink.may_cover(touching)


def test_without_red_ink_only_print_is_left():
    page = picture((150, 104))
    red_side = red_ink.without_red(page)[:, 1000:]

    assert red_side.min() > 200
    assert red_ink.without_red(page)[:, :1000].min() < 60
