"""办理档案: the timeline of one application as a PDF for the archive."""

from django.template.loader import render_to_string
from django.utils import timezone

from applications.versions.snapshot import in_groups
from documents.typesetting import printable
from review.application_page.timeline import by_day, entries_for, title_of

TITLE = "武汉市技能大师工作室申报办理档案"


def context_of(user, application):
    """Return everything that templates/documents/timeline.html prints, as the user may read it."""
    entries = entries_for(user, application)
    read = title_of(application)
    return {
        "title": TITLE,
        "application": application,
        "number": application.number,
        "studio": printable(read),
        "unit_name": printable(application.applying_unit.name),
        "stage": application.get_stage_display(),
        "submissions": [
            {
                "version": str(each),
                "at": each.submitted_at,
                "fingerprint": in_groups(each.fingerprint),
            }
            for each in application.submissions.all()
        ],
        "days": [(day, [_printed(entry) for entry in of_day]) for day, of_day in by_day(entries)],
        "count": len(entries),
        "made_at": timezone.now(),
        "made_by": printable(f"{user.unit_name} {user.name}".strip()),
    }


def _printed(entry):
    return {
        "at": entry.at,
        "kind": entry.kind.label,
        "title": printable(entry.title),
        "actor": printable(entry.actor),
        "move": entry.move,
        "text": printable(entry.text),
        "facts": [
            (label, in_groups(text) if label == "内容指纹" else printable(text))
            for label, text in entry.facts
        ],
        "files": [(printable(name), note) for name, _, note in entry.files],
        "more": printable(entry.more),
        "is_undone": entry.is_undone,
    }


def render(user, application):
    """Return the archive's PDF as bytes."""
    from documents.pdf import to_pdf  # loads Pango: a second that only a PDF should cost

    html = render_to_string("documents/timeline.html", context_of(user, application))
    return to_pdf(html, "documents/timeline.css")
