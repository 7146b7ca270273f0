"""The real reader reads pages of every kind, in every condition, letter for letter."""

import pytest

from applications.recognition import reader
from applications.recognition.page import PageState
from tests.recognition_pages.applications import applications
from tests.recognition_pages.truth import missed_fields

pytestmark = pytest.mark.recognition


def chosen():
    """Return (file, number, `MadePage`) of few pages: of every paper, in every condition."""
    left = [
        (file, number, page)
        for made in applications()
        for file in made.files
        for number, page in enumerate(file.pages, 1)
    ]
    taken, seen = [], set()

    def unseen(row):
        return len({row[2].paper, row[2].condition} - seen)

    while unseen(best := max(left, key=unseen)):
        seen |= {best[2].paper, best[2].condition}
        taken.append(best)
    return taken


@pytest.mark.parametrize(
    ("file", "number", "page"), chosen(), ids=lambda given: getattr(given, "id", "")
)
def test_every_field_of_a_page_is_read(file, number, page):
    read = reader.read_page(file.content, file.media_type, file.sha256, number, with_ink=False)

    assert missed_fields(page, [line.text for line in read.lines]) == []
    if not page.fields:
        assert read.state == PageState.BLANK
