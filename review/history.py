"""What happened to an application, as much of it as each role may read (design.md section 4).

The one place for the detail page, the timeline and its PDF. Names: `permissions.actor_shown`;
files: `permissions.openable_files`.
"""

from accounts.roles import Role
from applications.corrections import describe
from applications.evidence import FILE_EVENTS
from applications.form_definition import is_hidden
from applications.permissions import actor_shown, privacy_for
from applications.stages import Stage

# What the recommending unit is not shown: the panel's words and its experts' names.
CONFIDENTIAL = (Stage.PANEL,)
# Who reads what the office and the city note beside their decisions: it may name experts, or say
# how a visit went.
NOTED_FOR = (Role.OFFICE, Role.BUREAU, Role.FINANCE)
# ... and what of it everybody may read.
NOTED_FOR_ALL = {"publish", "plan_inspection", "cancel_inspection"}


def readable_opinions(user, application):
    """Return the opinions that the user may read, oldest first, each with whose it is (`by`).

    A panel that scores again, because its conclusion was undone, has none. Uses prefetched
    `opinions`.
    """
    is_open = user.role == Role.EXPERT and application.stage in CONFIDENTIAL
    opinions = [
        each
        for each in application.opinions.all()
        if each.stage not in CONFIDENTIAL
        or (user.role != Role.RECOMMENDER and (not is_open or each.user_id == user.pk))
    ]
    for each in opinions:
        each.by = Stage(each.stage).owner.label
    return opinions


def readable_events(user, application, events, submissions):
    """Return the events that the user may read, newest first, each with its remarks.

    What the unit does with a draft is its own until it submits; so are its answers to remarks.
    The review office is told of files that were changed between two versions.
    Experts learn nothing of one another before their panel has concluded, and of no remark about
    what is hidden from them; the recommending unit never learns who they are, nor either of them
    what the office notes beside its decisions. Each event is marked whether it was undone.

    `events` and `submissions` in time order; uses prefetched `remarks` of returns.
    """
    privacy = privacy_for(user, application)
    undone = {event.data.get("undone") for event in events if event.action == "revert"}
    shown = []
    for event in reversed(events):
        if event.role == Role.APPLICANT and not event.to_stage:
            told = user.role == Role.OFFICE and _is_submitted_file_change(event, submissions)
            if not told:
                continue
        by_expert = event.role == Role.EXPERT
        if by_expert and user.role == Role.RECOMMENDER:
            if not event.to_stage:
                continue
            event.note = ""
        if (
            by_expert
            and user.role == Role.EXPERT
            and event.user_id != user.pk
            and application.stage == Stage.PANEL
        ):
            continue
        if _is_internal(event) and user.role not in NOTED_FOR:
            event.note = ""
        event.actor = actor_shown(user, event)
        event.is_undone = event.pk in undone
        event.given_remarks = []
        if event.action == "return":
            event.is_answered = event.at <= submissions[-1].submitted_at
            event.given_remarks = [
                describe(remark)
                for remark in event.remarks.all()
                if not is_hidden(remark.field, privacy)
            ]
        shown.append(event)
    return shown


def _is_internal(event):
    """Whether an event is a note of the city's that moves nothing."""
    return event.role in NOTED_FOR and not event.to_stage and event.action not in NOTED_FOR_ALL


def _is_submitted_file_change(event, submissions):
    """Whether a file of one version was changed for a later version, which is submitted too."""
    return (
        event.action in FILE_EVENTS
        and len(submissions) > 1
        and submissions[0].submitted_at < event.at <= submissions[-1].submitted_at
    )
