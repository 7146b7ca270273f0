"""Who may read scores (design.md section 4); applications themselves: applications/permissions."""

from accounts.roles import Role
from applications.stages import Stage

# Events that name experts: not for the recommending unit, nor for one another before the panel has
# concluded (design.md section 4).
OF_PANEL = {"score", "reopen_score", "recuse", "step_in", "replace_expert"}
# Somebody was shown a number in full: for those who supervise it, and whoever it was.
REVEAL = "reveal"
STAFF = (Role.RECOMMENDER, Role.OFFICE, Role.EXPERT, Role.BUREAU, Role.FINANCE)
CITY = {Role.OFFICE, Role.BUREAU}
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


def may_see_event(user, application, event):
    """Whether the user may know of an event of the panel's work."""
    if user.role in CITY:
        return True
    if event.action == REVEAL:
        return event.user_id == user.pk
    if event.action not in OF_PANEL:
        return True
    if user.role != Role.EXPERT:
        return False
    return application.stage != Stage.PANEL or event.user_id == user.pk


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
