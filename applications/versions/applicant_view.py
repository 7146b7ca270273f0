"""Where an application stands, as its applicant may know it (design.md section 4).

Stages with the same public name are one to the applicant, and nobody's name but their own unit's
is shown.
"""

from django.urls import reverse

from accounts.roles import Role
from applications.form.definition import ITEM, SECTION
from applications.rounds import EvidenceCategory
from applications.stages import RESULTS, public_stage, steps_of
from applications.versions.corrections import describe
from applications.workflow.events import (
    CORRECT_UNIT,
    RETURN,
    REVERT,
    SUBMIT,
    Audience,
    kind_of,
    standing_moves,
    standing_returns,
    undone_steps,
)


def public_steps(application, events):
    """Return the stage rail of the applicant; `events` in time order."""
    reached = {}
    for event in standing_moves(events):
        if _is_told(application, event, {}):
            reached.setdefault(public_stage(event.to_stage, True), event.at)
    return steps_of(application.public_stage, reached)


def _is_told(application, event, undone):
    """Whether an event is a move that the applicant may know.

    A result only once it is published; one that was undone before never.
    """
    if not event.to_stage or Role.APPLICANT not in kind_of(event).audience.value:
        return False
    if event.to_stage not in RESULTS:
        return True
    return event.pk not in undone and application.round.results_published_at is not None


def public_history(application, events):
    """Return what the applicant may know of the record, latest first; `events` in time order.

    Dicts with at, what, who and note: the unit's own doings by name, and every move to another
    public stage without one. A return keeps its reason. What was told and then undone stays,
    followed by the stage that it was corrected to.
    """
    lines, before, version = [], None, 0
    undone = undone_steps(events)
    for event in events:
        kind, is_own = kind_of(event), event.role == Role.APPLICANT
        if not _is_told(application, event, undone):
            if is_own and kind.audience is Audience.UNIT:
                lines.append(_line(event, event.label, event.actor, event.note))
            continue
        after = public_stage(event.to_stage, True)
        if kind == SUBMIT:
            version += 1
            again = "重新提交" if version > 1 else event.label
            lines.append(_line(event, f"{again}（第 {version} 版）", event.actor))
        elif is_own:
            lines.append(_line(event, event.label, event.actor))
        elif after != before:
            what = after.public_label
            if kind == REVERT:
                what = f"更正为“{what}”"
            note = event.note if kind == RETURN else ""
            lines.append(_line(event, what, note=note))
        before = after
    return lines[::-1]


def unit_corrections(events):
    """Return what the office corrected of the unit since the last submission: events, in order."""
    corrections = []
    for event in events:
        if kind_of(event) == SUBMIT:
            corrections = []
        elif kind_of(event) == CORRECT_UNIT:
            corrections.append(event)
    return corrections


def _line(event, what, who="", note=""):
    return {"at": event.at, "what": what, "who": who, "note": note}


def last_return(application, events):
    """Return the event by which an application that can be changed last came back, or None.

    What it asks for still stands after a resubmission that the unit took back itself.
    """
    if not application.is_editable:
        return None
    returns = standing_returns(events)
    return returns[-1] if returns else None


def remark_lines(application, remarks):
    """Return what a return asks to correct: dicts with section, name, where, text, answer, url.

    `remark` is the record itself, `file` the key of the evidence that it is about, or None. Reads
    `evidence` of each.
    """
    lines = []
    for remark in remarks:
        page = reverse("applications:section", args=[application.pk, remark.section])
        anchor = ""
        if remark.field in ITEM:
            anchor = f"#id_{remark.field}"
        elif remark.evidence_id and remark.evidence.removed_at is None:
            anchor = f"#file-{remark.evidence_id}"
        elif remark.field in EvidenceCategory:
            anchor = f"#category-{remark.field}"
        elif SECTION[remark.section].is_typed:
            anchor = f"#id_answer_{remark.pk}"  # where the whole section is spoken of
        lines.append(
            {
                "remark": remark,
                "section": remark.section,
                "name": remark.field,
                "file": remark.evidence_id,
                "where": describe(remark).where,
                "text": remark.text,
                "answer": remark.answer,
                "url": f"{page}{anchor}",
            }
        )
    return lines
