"""Pages as the reader would have left them, made of their lines, and kept for a file."""

from applications.models import FileText, PageText
from applications.recognition.page import Line, Page, PageState


def page_of(*lines, number=1, **values):
    """Return a `Page` whose lines stand one below the other; ("text", box) places one."""
    made = []
    for row, line in enumerate(lines):
        text, box = line if isinstance(line, tuple) else (line, None)
        top = 0.1 + 0.04 * row
        made.append(Line(text, box or (0.1, top, 0.1 + 0.02 * max(1, len(text)), top + 0.03), 0.98))
    state = PageState.READ if made else PageState.BLANK
    return Page(**{"number": number, "state": state, "lines": tuple(made), **values})


def failed_page(number=1):
    """Return a page that could not be read."""
    return Page(number=number, state=PageState.FAILED)


def keep_pages(file, *pages):
    """Keep pages as what was read of a file (`Evidence`), which is then as long as they are."""
    file.pages = len(pages)
    file.save(update_fields=["pages"])
    text, _ = FileText.objects.update_or_create(
        sha256=file.sha256,
        defaults={
            "pages": len(pages),
            "pages_done": len(pages),
            "pages_failed": sum(page.state == PageState.FAILED for page in pages),
            "state": FileText.State.DONE,
        },
    )
    PageText.objects.filter(file=text).delete()
    PageText.objects.bulk_create(
        PageText(file=text, number=page.number, content=page.to_json()) for page in pages
    )
