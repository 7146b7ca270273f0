"""What happened to an application, as much of it as each role may read (design.md section 4).

The one place for the detail page, the timeline and its PDF. Who may know of which event:
`applications.workflow.events.Audience` and `review.permissions.may_see_event`; names:
`permissions.actor_shown`; files: `permissions.openable_files`.
"""

from accounts.roles import Role
from applications.form.definition import is_hidden
from applications.permissions import actor_shown, privacy_for
from applications.stages import Stage
from applications.versions.corrections import describe
from applications.workflow.events import (
    REOPEN_SCORE,
    RETURN,
    REVERT,
    Audience,
    kind_of,
    undone_steps,
)
from review.permissions import may_read_note, may_see_event

# What the recommending unit is not shown: the panel's words and its experts' names.
CONFIDENTIAL = (Stage.PANEL,)
# What it is shown only once the results are published: the words of the bureaus.
UNTIL_PUBLISHED = (Stage.APPROVING, Stage.COUNTERSIGNING)


def _unread(user, application):
    """Return the stages whose words the user is not shown (as `annex2.boxes_for` has it)."""
    if user.role != Role.RECOMMENDER:
        return ()
    is_published = application.round.results_published_at is not None
    return CONFIDENTIAL if is_published else CONFIDENTIAL + UNTIL_PUBLISHED


def _is_kept_from(user, application, expert_id):
    """Whether what an expert said is none of the user's business now.

    Never the recommending unit's; not the other experts' while their panel is at work.
    """
    if user.role == Role.EXPERT:
        return user.pk != expert_id and application.stage == Stage.PANEL
    return user.role == Role.RECOMMENDER


def readable_opinions(user, application):
    """Return the opinions that the user may read, oldest first, each with whose it is (`by`).

    Of one that was undone, by what event (`undoing`); the reason of an undoing stands beside what
    it undid, and in the history. Uses prefetched `events` and `opinions`.
    """
    undoings = {event.at: event for event in application.events.all() if kind_of(event) == REVERT}
    opinions, unread = [], _unread(user, application)
    for opinion in application.opinions.all():
        if opinion.transition == REVERT.name or opinion.stage in unread:
            continue
        if opinion.stage in CONFIDENTIAL and _is_kept_from(user, application, opinion.user_id):
            continue
        opinion.by = Stage(opinion.stage).owner.label
        opinion.undoing = undoings.get(opinion.reverted_at)
        opinions.append(opinion)
    return opinions


def readable_events(user, application, events, submissions):
    """Return the events that the user may read, newest first, each with its remarks.

    Which these are, `may_see_event` says. The review office is told of files that were changed
    between two versions. Remarks about what is hidden from experts are kept from them. Of an event
    that was undone, `undoing` is the event that undid it.

    `events` and `submissions` in time order; uses prefetched `remarks` of returns.
    """
    privacy = privacy_for(user, application)
    undone, by_key = undone_steps(events), {event.pk: event for event in events}
    readable, unread = [], _unread(user, application)
    for event in reversed(events):
        kind = kind_of(event)
        step = by_key[event.data["undone"]] if kind == REVERT else event
        if not may_see_event(user, application, event, step):
            continue
        if kind.audience is Audience.UNIT_AND_OFFICE and not is_submitted(event, submissions):
            continue
        if kind == REOPEN_SCORE and application.stage != Stage.PANEL:
            event.note += f"（退回前总分 {event.data['total']}）"
        # Whoever undoes a step repeats what it was.
        is_unread = event.from_stage in unread or step.from_stage in unread
        if is_unread or not may_read_note(user, event, step):
            event.note = ""
        event.undoing = undone.get(event.pk)
        event.actor = actor_shown(user, event)
        event.given_remarks = []
        if kind == RETURN:
            event.is_answered = event.at <= submissions[-1].submitted_at
            event.given_remarks = [
                describe(remark)
                for remark in event.remarks.all()
                if not is_hidden(remark.field, privacy)
            ]
        readable.append(event)
    return readable


def is_submitted(file_change, submissions):
    """Whether a file of one version was changed for a later version, which is submitted too."""
    return (
        len(submissions) > 1
        and submissions[0].submitted_at < file_change.at <= submissions[-1].submitted_at
    )
