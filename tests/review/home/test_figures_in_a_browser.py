"""统计 heard and printed: every chart has words of its own, and on paper nothing lies over it."""

import ctypes
from itertools import combinations

import pypdfium2
import pytest
from django.core.management import call_command
from django.urls import reverse
from pypdfium2 import raw

from accounts.roles import Role
from applications.rounds import Round
from review.home import figures
from tests.browser import assert_accessible, log_in, wait_until
from tests.factories import make_recommending_unit, make_user

pytestmark = pytest.mark.django_db(transaction=True)
COLOURS = {(0x1E, 0x4E, 0x8C), (0x7A, 0x87, 0x96)}  # --accent and --edge
DRAWN = "[...document.querySelectorAll('.chart')].every((chart) => chart.querySelector('svg path'))"
AS_WIDE = """[...document.querySelectorAll(".chart")].every(
  (chart) => Math.abs(chart.querySelector("svg").clientWidth - chart.clientWidth) < 2)"""
CUT_OFF = """[...document.querySelectorAll(".chart svg text")].filter((text) => {
  const edge = text.ownerSVGElement.getBoundingClientRect().left;
  return text.getBoundingClientRect().left < edge - 1;
}).map((text) => text.textContent)"""
TABLES = """[...document.querySelectorAll(".chart")].map((chart) => {
  const table = document.getElementById(chart.getAttribute("aria-details"));
  const rows = [...table.tBodies[0].rows].map(
    (row) => [row.cells[0].textContent, Number(row.cells[1].textContent)]);
  return [chart.getAttribute("role"), chart.ariaLabel, rows];
})"""


@pytest.fixture
def at_figures(page):
    """The office's figures of a round with applications in every stage, drawn."""
    for number in range(12):
        make_recommending_unit(name=f"虚构第{number}新技术产业开发区人力资源和社会保障局")
    call_command("loadmany", applications=60, drafts=0, verbosity=0)
    log_in(page, make_user(Role.OFFICE))
    page.goto(reverse("review:dashboard"))
    wait_until(page, DRAWN)
    return page


def test_a_chart_says_what_its_table_holds_however_many_rows(at_figures):
    charts = at_figures.evaluate(TABLES)
    assert max(len(rows) for _, _, rows in charts) > 10
    for role, label, rows in charts:
        assert role == "img"
        assert f"共 {len(rows)} 行。" in label
        values = [value for _, value in rows]
        for word, end in (("最高", max(values)), ("最低", min(values))):
            name = rows[values.index(end)][0]
            if len(set(values)) == 1:
                assert f"均为 {end} " in label
            elif values.count(end) == 1:
                assert f"{word} {name} {end} " in label
            else:
                assert f"{word} {name}等 {values.count(end)} 行均为 {end} " in label
        assert "下面的表格" in label
    # Nothing else is told of a chart: the library's own words would take the place of these.
    assert at_figures.locator(".chart [aria-label]").count() == 0
    assert_accessible(at_figures)


def test_names_at_a_chart_are_not_cut_off_at_its_edge(at_figures):
    for width in (1440, 1280, 390):
        at_figures.set_viewport_size({"width": width, "height": 900})
        at_figures.wait_for_timeout(300)
        assert at_figures.evaluate(CUT_OFF) == []


def boxes_of(page):
    """What a page of a PDF shows: the boxes of its lines of text, and of its bars."""
    text = page.get_textpage()
    for index in range(text.count_rects()):
        box = text.get_rect(index)
        yield box, text.get_text_bounded(*box)
    for each in page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH]):
        if fill_of(each) in COLOURS:
            yield each.get_bounds(), "a bar"


def fill_of(path):
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    raw.FPDFPageObj_GetFillColor(path.raw, red, green, blue, alpha)
    return red.value, green.value, blue.value


def lies_over(one, other):
    """Whether two boxes share more than their edges (points)."""
    return (
        min(one[2], other[2]) - max(one[0], other[0]) > 2
        and min(one[3], other[3]) - max(one[1], other[1]) > 2
    )


def test_on_paper_nothing_lies_over_anything(at_figures):
    for width in (1440, 1280, 390):
        at_figures.set_viewport_size({"width": width, "height": 900})
        assert_prints_well(at_figures)
        # Back on the screen the charts are as wide as their panels.
        wait_until(at_figures, AS_WIDE)


def assert_prints_well(at_figures):
    printed = pypdfium2.PdfDocument(at_figures.pdf(prefer_css_page_size=True))
    told, bars = [], 0
    for page in printed:
        boxes = list(boxes_of(page))
        told.append(page.get_textpage().get_text_bounded())
        bars += sum(what == "a bar" for _, what in boxes)
        over = [
            (what, other) for (one, what), (two, other) in combinations(boxes, 2)
            if lies_over(one, two)
        ]  # fmt: skip
        assert over == []
        left, bottom, right, top = page.get_mediabox()
        assert all(
            left + 30 < x0 and x1 < right - 30 and y1 < top - 30 and bottom + 20 < y0
            for (x0, y0, x1, y1), _ in boxes
        )
    printed.close()
    found = figures.figures_for(make_user(Role.OFFICE), Round.objects.latest("pk"))
    for figure in found:
        assert figure.title in "".join(told)
    assert bars > 30
