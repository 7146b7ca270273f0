"""Where an application stands, as its applicant may know it (design.md section 4).

Stages with the same public name are one to the applicant, and nobody's name but their own unit's
is shown.
"""

from django.urls import reverse

from accounts.roles import Role
from applications.form_definition import ITEM, SECTION
from applications.rounds import EvidenceCategory
from applications.stages import RESULTS, Stage, public_stage, steps_of


def public_steps(application, events):
    """Return the stage rail of the applicant; `events` in time order."""
    reached = {}
    for event in events:
        if _is_told(application, event):
            reached.setdefault(public_stage(event.to_stage, True), event.at)
    return steps_of(application.public_stage, reached)


def _is_told(application, event):
    """Whether an event is a move that the applicant may know; results only once published."""
    if not event.to_stage:
        return False
    return event.to_stage not in RESULTS or application.round.results_published_at is not None


def public_history(application, events):
    """Return the moves that the applicant may know, latest first, as dicts with at, what, who."""
    lines, before = [], None
    for event in events:
        if not _is_told(application, event):
            continue
        after = public_stage(event.to_stage, True)
        if event.role == Role.APPLICANT:
            lines.append({"at": event.at, "what": event.label, "who": event.actor})
        elif after != before:
            lines.append({"at": event.at, "what": after.public_label, "who": ""})
        before = after
    return lines[::-1]


def last_return(application, events):
    """Return the event by which a returned application came back, or None."""
    if application.stage != Stage.RETURNED:
        return None
    return next(event for event in reversed(events) if event.action == "return")


def remark_lines(application, remarks):
    """Return what a return asks to correct: dicts with section, name, where, text and url."""
    lines = []
    for remark in remarks:
        section, item = SECTION[remark.section], ITEM.get(remark.field)
        page = reverse("applications:section", args=[application.pk, remark.section])
        anchor, label = "", ""
        if item:
            anchor, label = f"#id_{item.name}", item.label
        elif remark.field in EvidenceCategory:
            anchor = f"#category-{remark.field}"
            label = EvidenceCategory(remark.field).label
        lines.append(
            {
                "section": remark.section,
                "name": remark.field,
                "where": f"{section.title}，{label}" if label else section.title,
                "text": remark.text,
                "url": f"{page}{anchor}",
            }
        )
    return lines
