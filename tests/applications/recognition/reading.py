"""Pages as if the reader had read them, for tests of what is made of them."""

from applications.recognition import page_terms
from applications.recognition.page import Line, Page, PageState
from applications.recognition.records import FileText, PageText
from applications.rounds import EvidenceCategory


def page_of(*lines, number=1, **values):
    """Return a `Page` of these lines, each a `Line` or a text that stands below the one before."""
    placed = [
        line
        if isinstance(line, Line)
        else Line(line, (0.1, 0.05 + 0.05 * row, 0.9, 0.08 + 0.05 * row))
        for row, line in enumerate(lines)
    ]
    values.setdefault("width", 900)
    values.setdefault("height", 1280)
    return Page(number, PageState.READ, lines=tuple(placed), **values)


def read(file, *pages):
    """Let these pages be what was read of an `Evidence`; a text or a line is a page of its own."""
    text, _ = FileText.objects.get_or_create(
        sha256=file.sha256,
        defaults={
            "pages": file.pages,
            "pages_done": file.pages,
            "state": FileText.State.DONE,
            "with_ink": file.category == EvidenceCategory.STAMPED,
        },
    )
    rows = []
    for number, page in enumerate(pages, start=1):
        if not isinstance(page, Page):
            page = page_of(page, number=number)
        row = PageText.objects.create(file=text, number=page.number, content=page.to_json())
        page_terms.index(row, page)
        rows.append(row)
    return rows
