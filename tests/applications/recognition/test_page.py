"""Pages as they were read: kept as JSON, and asked about their ink."""

import pytest

from applications.recognition.page import (
    INK_COLUMNS,
    INK_ROWS,
    Code,
    Line,
    Page,
    PageState,
    ink_within,
)


def test_a_page_is_the_same_again_from_its_json():
    page = Page(
        number=3,
        state=PageState.READ,
        width=900,
        height=1272,
        turn=90,
        lines=(Line("荣誉证书", (0.1, 0.2, 0.6, 0.25), 0.98),),
        codes=(Code("https://example.invalid/verify/ab/", (0.1, 0.9, 0.2, 0.97)),),
        seals=((0.5, 0.6, 0.7, 0.8),),
        sketch="00ff00ff00ff00ff",
    )

    assert Page.from_json(page.to_json()) == page


def test_ink_is_told_dark_and_red_of_a_box():
    red_below = "00" * (INK_COLUMNS * INK_ROWS // 2) + "0f" * (INK_COLUMNS * INK_ROWS // 2)
    page = Page(number=1, state=PageState.READ, ink=red_below)

    assert ink_within(page, (0, 0, 1, 0.4)) == (0, 0)
    dark, red = ink_within(page, (0.2, 0.6, 0.4, 0.8))
    assert (dark, red) == (0, pytest.approx(1))
