"""Ink on a page: what is dark, what is red, and text under a seal made whole."""

import numpy as np
import pytest
from PIL import ImageDraw

from applications.recognition import red_ink
from applications.recognition.page import INK_COLUMNS, INK_ROWS, Page, PageState, ink_within
from tests.applications.recognition.papers import drawn, sealed

BOX = (0.4, 0.4, 0.6, 0.6)


def inked(colour):
    """The dark and the red share of ink in BOX of a page with strokes of this colour there."""
    page = drawn()
    width, height = page.size
    pen = ImageDraw.Draw(page)
    for step in range(6):
        y = height * (0.42 + 0.03 * step)
        pen.line((width * 0.42, y, width * 0.58, y + 8), fill=colour, width=5)
    ink = red_ink.ink_map(np.asarray(page), INK_COLUMNS, INK_ROWS)
    return ink_within(Page(1, PageState.READ, ink=ink), BOX)


@pytest.mark.parametrize("colour", ["black", (80, 120, 220), (28, 42, 107)])
def test_a_signature_is_dark_ink_whatever_the_pen(colour):
    dark, red = inked(colour)
    assert dark > 0.05
    assert red == 0


def test_a_seal_is_red_ink_alone():
    dark, red = inked((205, 30, 30))
    assert red > 0.05
    assert dark < red / 10


def test_a_page_without_strokes_has_no_ink():
    assert inked("white") == (0, 0)


def test_a_seal_is_found_where_it_stands_and_a_red_title_is_none():
    page = sealed(drawn("荣誉证书"), (800, 500))
    ((left, top, right, bottom),) = red_ink.seals_in(np.asarray(page))
    assert left < 800 < right
    assert top < 500 < bottom
    title = drawn()
    ImageDraw.Draw(title).rectangle((100, 100, 900, 160), fill=(200, 20, 20))
    assert red_ink.seals_in(np.asarray(title)) == []
