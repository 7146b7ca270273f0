"""What reviewers put on record about an application besides decisions, for the detail page."""

from contextlib import contextmanager

from django.db import transaction
from django.db.models import prefetch_related_objects
from django.http import Http404

from accounts.models import User
from accounts.roles import Role
from applications.stages import FROM_PANEL, Stage
from applications.workflow.perform import Refused, locked
from review import hints
from review.conclusions import proposals
from review.explaining import explained
from review.inspecting import inspection_context
from review.permissions import CITY, may_see_board
from review.views.ledger import ledger_context
from review.views.publicity_records import publicity_context
from review.views.sheet import sheet_context


@contextmanager
def hold(user, pk, *stages, revision=None):
    """Lock an application while something is written about it in one of `stages`.

    Yields the application as it is now. Raises Http404 when it does not exist for the user and
    Refused, with a sentence, when it has moved on, or away and back since the page was made
    (`revision`, as it was sent).
    """
    with transaction.atomic():
        application = locked(pk, user)
        if application is None:
            raise Http404
        is_stale = revision is not None and revision != str(application.revision)
        if application.stage not in stages or is_stale:
            label = application.get_stage_display()
            raise Refused(f"该申报当前阶段为“{label}”，没有保存，请刷新后再操作。")
        yield application


@contextmanager
def one_at_a_time(request):
    """Let a user's second click wait for the first: its form is judged by what that one left.

    Judge the form inside, in the transaction that this opens.
    """
    with transaction.atomic():
        if request.method == "POST":
            own = User.objects.select_for_update(no_key=True).filter(pk=request.user.pk)
            list(own.values_list("pk"))
        yield


def held_pk(model, application):
    """Return the key of the one record of a model about a held application, or None."""
    return model.objects.filter(application=application).values_list("pk", flat=True).first()


def records_context(user, application, *, sheet_forms=None):
    """Return what the detail page shows of the record to this user; forms where they may write.

    `sheet_forms` are refused forms with what was typed.
    """
    context = ledger_context(user, application)
    role, stage = user.role, application.stage
    if role in CITY:
        context |= sheet_context(user, application, sheet_forms)
    if role == Role.OFFICE and not application.is_editable:
        context["hints"] = hints.hints(application, hints.others_of(application, user))
    if role in {Role.OFFICE, Role.BUREAU, Role.EXPERT} and stage in FROM_PANEL:
        context |= _scores(user, application)
    if role in {Role.OFFICE, Role.BUREAU, Role.FINANCE}:
        context |= inspection_context(user, application)
    return context | publicity_context(user, application)


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
