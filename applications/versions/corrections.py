"""What a resubmission changed, and whether a return had asked for it."""

from dataclasses import dataclass, replace
from itertools import groupby

from applications.form.definition import ITEM, SECTION, is_hidden
from applications.models import Event, Remark, Submission
from applications.permissions import Privacy
from applications.rounds import EvidenceCategory
from applications.versions.comparison import Change, about_file, beside_file, changes
from applications.versions.snapshot import as_submitted
from applications.workflow.events import RETURN, REVERT, names, standing_returns

# The kinds of events that tell which returns stand, by their stored names.
RETURNING = names(RETURN, REVERT)


@dataclass(frozen=True)
class Correction:
    """What changed since a version, and what had been asked.

    `returns` are the return events between, and `remarks` all their remarks. Without a remark the
    changes bear no mark: what a unit mends after taking its own submission back, or after a
    return that gives nothing but its reason, was nobody's to name.
    """

    since: Submission
    until: Submission | None  # None: what is not submitted yet
    returns: list[Event]
    remarks: list[Remark]
    changes: list[Change]

    @property
    def sections(self):
        """The changes as (title of the section, list of `Change`), in form order."""
        return [
            (SECTION[key].title, list(changes))
            for key, changes in groupby(self.changes, lambda change: change.section)
        ]

    @property
    def unasked(self):
        """How many changes no remark asked for."""
        return sum(change.is_asked is False for change in self.changes)


def correction(application, since, shown, until, returns, privacy=Privacy.FULL):
    """Return the `Correction` that leads from the version `since` to the content `shown`.

    `until` is the version that `shown` is, or None for what is not submitted yet. `returns` are
    the application's return events in order, with their remarks prefetched. Readers from whom a
    field or a category is hidden get no remark about it either.
    """
    between = [
        event
        for event in returns
        if event.at >= since.submitted_at and (until is None or event.at <= until.submitted_at)
    ]
    remarks = [remark for event in between for remark in event.remarks.all()]
    found = changes(as_submitted(application, since), shown, privacy)
    if remarks:
        found = judge(found, remarks)
    told = [describe(remark) for remark in remarks if not is_hidden(remark.field, privacy)]
    return Correction(since, until, between, told, found)


def latest_correction(
    application, shown, returns, until=None, submissions=None, privacy=Privacy.FULL
):
    """Return the `Correction` that leads to the content `shown`, or None for a first version.

    `until` is the version that `shown` is, None for what is not submitted yet; `submissions` are
    the application's versions in order, when they are known already.
    """
    if submissions is None:
        submissions = list(application.submissions.defer("content"))
    since = starting_version(submissions, returns, until)
    return correction(application, since, shown, until, returns, privacy) if since else None


def returns_of(application):
    """Return the application's standing return events in order, with their remarks."""
    events = application.events.filter(action__in=RETURNING)
    return standing_returns(events.prefetch_related("remarks__evidence"))


def judge(found, remarks):
    """Return the changes, each marked whether one of the remarks asks for it.

    A remark asks for its field or its category of evidence, or for its whole section; one about a
    file for this file, or another beside it. When the form changes, it has to be stamped anew: the
    new scan then bears no mark.
    """
    targets = {target for remark in remarks for target in _targets(remark)}
    is_form_changed = any(not each.is_about_files for each in found)
    return [
        each
        if is_form_changed and each.name == EvidenceCategory.STAMPED
        else replace(each, is_asked=bool(each.asked_by & targets))
        for each in found
    ]


def _targets(remark):
    """Return what a remark asks for, as `Change.asked_by` names it."""
    if remark.evidence_id is None:
        return [(remark.section, remark.field)]
    names = (about_file(remark.evidence_id), beside_file(remark.field))
    return [(remark.section, name) for name in names]


def starting_version(submissions, returns, until=None):
    """Return the version with which a reader compares the content of `until`, or None.

    That is the version that was last returned, even when the unit took another one back in the
    meantime: nothing that changed since escapes. Where nothing was returned, it is the version
    before. `submissions` and `returns` in order; `until` is one of the submissions, or None for
    what is not submitted yet.
    """
    earlier = [
        submission
        for submission in submissions
        if until is None or submission.version < until.version
    ]
    returned = [event.at for event in returns if until is None or event.at <= until.submitted_at]
    if earlier and returned:
        return max(
            (submission for submission in earlier if submission.submitted_at <= returned[-1]),
            key=lambda submission: submission.version,
            default=earlier[-1],
        )
    return earlier[-1] if earlier else None


def describe(remark):
    """Give a remark `where`, what it is about in words; return it. Reads its `evidence`."""
    title = SECTION[remark.section].title
    label = ""
    if remark.field in ITEM:
        label = ITEM[remark.field].full_label
    elif remark.field in EvidenceCategory:
        label = EvidenceCategory(remark.field).label
        if remark.evidence_id:
            label = f"{label}“{remark.evidence.original_name}”"
    remark.where = f"{title}，{label}" if label else f"{title}（整体）"
    return remark
