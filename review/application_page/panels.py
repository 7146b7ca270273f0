"""What reviewers put on record about an application besides decisions, for the tabs of its page."""

from django.db.models import prefetch_related_objects

from accounts.roles import Role
from applications.stages import FROM_PANEL, Stage
from review.inspection.record import inspection_context
from review.permissions import CITY, may_see_board
from review.publicity.panel import publicity_context
from review.qualification import hints
from review.qualification.comparison import comparison_of, open_at_places
from review.qualification.panel import sheet_context
from review.recommending.ledger_panel import ledger_context
from review.scoring.score_sheet import explained
from review.scoring.wording import proposals

# Whose decision rests on the whole record: it stands beside the decision.
JUDGES_THE_RECORD = {(Role.BUREAU, Stage.APPROVING), (Role.FINANCE, Stage.COUNTERSIGNING)}


def work_context(user, application, *, sheet_forms=None):
    """Return what the user works on at the application's stage, with the forms of that work.

    `sheet_forms` are refused forms of the qualification sheet with what was typed.
    """
    work = (user.role, application.stage_enum)
    if work in JUDGES_THE_RECORD:
        return records_context(user, application)
    if work == (Role.OFFICE, Stage.QUALIFYING) or sheet_forms:
        context = sheet_context(user, application, sheet_forms) | _hints(user, application)
        if context.get("sheet") and context.get("comparison"):
            open_at_places(context["sheet"][0].files, context["comparison"])
        if "sheet" in context:
            forms = enumerate(context["sheet"], start=1)
            context["conditions"] = [form.drawn(number, user) for number, form in forms]
        return context
    if work == (Role.RECOMMENDER, Stage.RECOMMENDING):
        earlier = hints.earlier_years(application, user)
        return ledger_context(user, application) | {"hints": earlier, "are_earlier_years": True}
    if work == (Role.EXPERT, Stage.PANEL):
        return _scores(user, application)
    if work == (Role.OFFICE, Stage.INSPECTING):
        return inspection_context(user, application)
    if work == (Role.OFFICE, Stage.PUBLICITY):
        return publicity_context(user, application)
    return {}


def records_context(user, application):
    """Return all that is on record of the application, as much of it as the user may read."""
    context = ledger_context(user, application)
    role, stage = user.role, application.stage
    if role in CITY:
        context |= sheet_context(user, application, is_read=True)
    if role == Role.OFFICE:
        context |= _hints(user, application)
    if role in {Role.OFFICE, Role.BUREAU, Role.EXPERT} and stage in FROM_PANEL:
        context |= _scores(user, application)
    if role == Role.FINANCE:
        # The panel's opinion, which finance reads, states it.
        context["mean"] = getattr(getattr(application, "panel_assignment", None), "mean", None)
    if role in {Role.OFFICE, Role.BUREAU, Role.FINANCE}:
        context |= inspection_context(user, application)
    return context | publicity_context(user, application)


def _hints(user, application):
    if application.is_editable:
        return {}
    return {
        "hints": hints.hints(application, user),
        "comparison": comparison_of(user, application),
    }


def _scores(user, application):
    """Return the user's own sheet, and of the others as much as the panel's state allows."""
    assignment = getattr(application, "panel_assignment", None)
    if assignment is None:
        return {}
    if user.role == Role.EXPERT:
        # What the guards of a conclusion read.
        prefetch_related_objects(
            [application], "score_sheets", "panel_assignment__panel__experts", "recusals"
        )
    context = {"assignment": assignment, **explained(user, application)}
    if user.role == Role.EXPERT:
        sheets = application.score_sheets.all()
        context["is_scorer"] = True
        context["own_sheet"] = next((each for each in sheets if each.expert_id == user.pk), None)
        context["is_leader"] = assignment.leading == user.pk
        context["may_reopen"] = context["is_leader"] and application.stage == Stage.PANEL
        if context["may_reopen"] and context["scores_open"]:
            context["proposals"] = proposals(context["entry"], context["standing"])
    if may_see_board(user, assignment.panel):
        context["board_pk"] = assignment.panel_id
    return context
