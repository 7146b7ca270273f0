"""Who may read scores (design.md section 4); applications themselves: applications/permissions."""

from accounts.roles import Role
from applications.stages import Stage

# Events that name experts: not for the recommending unit, nor for one another before the panel has
# concluded (design.md section 4).
OF_PANEL = {"score", "reopen_score", "recuse", "step_in", "replace_expert"}
STAFF = (Role.RECOMMENDER, Role.OFFICE, Role.EXPERT, Role.BUREAU, Role.FINANCE)


def may_see_progress(user, application, assignment, sheets):
    """Whether the user may know which experts have submitted their scores.

    The office and the bureau may; the panel's leader after having submitted; the panel's other
    experts once it has concluded.
    """
    if user.role in {Role.OFFICE, Role.BUREAU}:
        return True
    if user.role != Role.EXPERT:
        return False
    if application.stage != Stage.PANEL:
        return True
    return assignment.panel.leader_id == user.pk and any(
        sheet.expert_id == user.pk and sheet.submitted_at for sheet in sheets
    )


def may_see_event(user, application, event):
    """Whether the user may know of an event of the panel's work."""
    if event.action not in OF_PANEL or user.role in {Role.OFFICE, Role.BUREAU}:
        return True
    if user.role != Role.EXPERT:
        return False
    return application.stage != Stage.PANEL or event.user_id == user.pk


def may_see_scores(user, application, assignment, sheets, experts):
    """Whether the user may read every expert's points; `experts` are those who have to score it.

    Nobody before the panel has concluded, except its leader once every sheet that is due is in.
    Afterwards the office, the bureau and the panel's experts.
    """
    if not may_see_progress(user, application, assignment, sheets):
        return False
    if application.stage != Stage.PANEL:
        return True
    submitted = {sheet.expert_id for sheet in sheets if sheet.submitted_at}
    return user.role == Role.EXPERT and {expert.pk for expert in experts} <= submitted
