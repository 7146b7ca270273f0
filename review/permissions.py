"""Who may read scores (design.md section 4); applications themselves: applications/permissions."""

from accounts.roles import Role
from applications.stages import Stage
from applications.workflow.events import CITY, CITY_AND_FINANCE, Audience, kind_of

STAFF = (Role.RECOMMENDER, Role.OFFICE, Role.EXPERT, Role.BUREAU, Role.FINANCE)
# Decisions for which an unlocked desk is not enough: the password is asked once more.
ASKED_AGAIN = {"approve", "countersign"}


def may_see_board(user, panel):
    """Whether the user may know which experts of a panel have submitted which scores.

    The office and the bureau may, and the panel's leader. No points are told by it.
    """
    return user.role in CITY or (user.role == Role.EXPERT and panel.leader_id == user.pk)


def may_see_progress(user, application, panel):
    """Whether the user may know who has submitted a score of one application.

    Whoever may see the board, or leads for this application; the panel's other experts once it has
    concluded.
    """
    if may_see_board(user, panel) or application.panel_assignment.leading == user.pk:
        return True
    return user.role == Role.EXPERT and application.stage != Stage.PANEL


def may_see_event(user, application, event, step):
    """Whether a reviewer may know of an event: what the table of kinds says (`EventKind.audience`).

    `step` is the event itself, or the step that it undid. Beyond the table: experts learn nothing
    of one another while their panel is at work, and the recommending unit nothing but the moves of
    what experts do.
    """
    audience = kind_of(event).audience
    if user.role not in audience.value:
        return audience is Audience.SUPERVISORS and event.user_id == user.pk
    if user.role == Role.EXPERT and (audience is Audience.PANEL or step.role == Role.EXPERT):
        return application.stage != Stage.PANEL or step.user_id == user.pk
    if user.role == Role.RECOMMENDER and step.role == Role.EXPERT:
        return bool(event.to_stage)
    return True


def may_read_note(user, event, step):
    """Whether a reviewer who may know of an event reads its note, too.

    What an expert says is never the recommending unit's to read.
    """
    if user.role == Role.RECOMMENDER and step.role == Role.EXPERT:
        return False
    if kind_of(event).audience is Audience.EVERYBODY:
        return True
    return user.role in CITY_AND_FINANCE or user.role == event.role


def may_see_scores(user, entry):
    """Whether the user may read every expert's points of one application (`rankings.Entry`).

    Nobody before the panel has concluded it, except its leader once every sheet that is due is in.
    Afterwards the office, the bureau and the panel's experts.
    """
    if not may_see_progress(user, entry.application, entry.panel):
        return False
    if not entry.is_open:
        return True
    return user.role == Role.EXPERT and not entry.missing


def may_see_ranks(user, standing):
    """Whether the user may read the ranks and scores of a whole panel (`rankings.Standing`).

    The leader once every sheet that is due is in; the office, the bureau and the panel's experts
    once all of its applications are concluded.
    """
    panel = standing.panel
    if user.role == Role.EXPERT and panel.leader_id == user.pk:
        return standing.is_complete
    is_of_panel = user.role == Role.EXPERT and user in panel.experts.all()
    return standing.is_concluded and (user.role in CITY or is_of_panel)
