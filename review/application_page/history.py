"""What happened to an application, as much of it as each role may read (design.md section 4).

The one place for the detail page, the timeline and its PDF. Names: `permissions.actor_shown`;
files: `permissions.openable_files`; the panel's work: `review.permissions.may_see_event`.
"""

from accounts.roles import Role
from applications.files.evidence import FILE_EVENTS
from applications.form.definition import is_hidden
from applications.permissions import Privacy, actor_shown, privacy_for
from applications.records import CORRECTED, undone_steps
from applications.stages import Stage
from applications.versions.corrections import describe
from review.permissions import may_see_event

UNDO = "revert"
# What the recommending unit is not shown: the panel's words and its experts' names.
CONFIDENTIAL = (Stage.PANEL,)
# What it is shown only once the results are published: the words of the bureaus.
UNTIL_PUBLISHED = (Stage.APPROVING, Stage.COUNTERSIGNING)
# Who reads what the office and the city note beside their decisions: it may name experts, or say
# how a visit went.
NOTED_FOR = (Role.OFFICE, Role.BUREAU, Role.FINANCE)
# ... and what of it everybody may read.
NOTED_FOR_ALL = {"publish", "plan_inspection", "cancel_inspection", CORRECTED}


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
    undoings = {event.at: event for event in application.events.all() if event.action == UNDO}
    opinions, unread = [], _unread(user, application)
    for each in application.opinions.all():
        if each.transition == UNDO or each.stage in unread:
            continue
        if each.stage in CONFIDENTIAL and _is_kept_from(user, application, each.user_id):
            continue
        each.by = Stage(each.stage).owner.label
        each.undoing = undoings.get(each.reverted_at)
        opinions.append(each)
    return opinions


def readable_events(user, application, events, submissions):
    """Return the events that the user may read, newest first, each with its remarks.

    What the unit does with a draft is its own until it submits; so are its answers to remarks.
    The review office is told of files that were changed between two versions.
    Experts learn nothing of one another before their panel has concluded, and of no remark about
    what is hidden from them; the recommending unit never learns who they are, nor either of them
    what the office notes beside its decisions. Of an event that was undone, by which (`undoing`).

    `events` and `submissions` in time order; uses prefetched `remarks` of returns.
    """
    privacy = privacy_for(user, application)
    undone, by_key = undone_steps(events), {event.pk: event for event in events}
    shown, unread = [], _unread(user, application)
    for event in reversed(events):
        if event.action == "rank" and privacy is Privacy.HIDDEN:
            continue  # where the recommending unit ranks it is no matter for the experts
        step = by_key[event.data["undone"]] if event.action == UNDO else event
        # Whoever undoes a step repeats what it was.
        if event.from_stage in unread or step.from_stage in unread:
            event.note = ""
        if event.role == Role.APPLICANT and not event.to_stage:
            told = user.role == Role.OFFICE and _is_submitted_file_change(event, submissions)
            if not told:
                continue
        if not may_see_event(user, application, event):
            continue
        if event.action == "reopen_score" and application.stage != Stage.PANEL:
            event.note += f"（退回前总分 {event.data['total']}）"
        if step.role == Role.EXPERT and _is_kept_from(user, application, step.user_id):
            if user.role == Role.EXPERT or not event.to_stage:
                continue
            event.note = ""
        if _is_internal(event) and user.role not in NOTED_FOR:
            event.note = ""
        event.undoing = undone.get(event.pk)
        event.actor = actor_shown(user, event)
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
