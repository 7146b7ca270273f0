"""Who may read scores (design.md section 4); applications themselves: applications/permissions."""

from accounts.roles import Role
from applications.stages import Stage

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


def may_see_scores(user, application, assignment, sheets, experts):
    """Whether the user may read every expert's points.

    Nobody before the panel has concluded, except its leader once every sheet that is due is in.
    Afterwards the office, the bureau and the panel's experts.
    """
    if not may_see_progress(user, application, assignment, sheets):
        return False
    if application.stage != Stage.PANEL:
        return True
    submitted = {sheet.expert_id for sheet in sheets if sheet.submitted_at}
    return user.role == Role.EXPERT and {expert.pk for expert in experts} <= submitted
