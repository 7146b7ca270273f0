"""What reviewers put on record about an application besides decisions, for the detail page."""

from contextlib import contextmanager

from django.db import transaction
from django.db.models import Count, prefetch_related_objects
from django.http import Http404

from accounts.roles import Role
from applications.stages import FROM_PANEL, Stage
from applications.workflow import Refused, locked
from review.conclusions import proposals
from review.eligibility import conditions
from review.explaining import explained
from review.forms.qualification import qualification_forms
from review.forms.recommending import RecommendationCheckForm
from review.models import Panel
from review.permissions import may_see_board

FROM_PUBLICITY = FROM_PANEL[FROM_PANEL.index(Stage.PUBLICITY) :]


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


def held_pk(model, application):
    """Return the key of the one record of a model about a held application, or None."""
    return model.objects.filter(application=application).values_list("pk", flat=True).first()


def records_context(user, application, *, check_form=None, sheet_forms=None):
    """Return what the detail page shows of the record to this user; forms where they may write.

    `check_form` and `sheet_forms` are refused forms with what was typed.
    """
    context = {}
    role, stage = user.role, application.stage
    if role != Role.EXPERT:
        context["check"] = getattr(application, "recommendation_check", None)
    if check_form or (role == Role.RECOMMENDER and stage == Stage.RECOMMENDING):
        context["check_form"] = check_form or RecommendationCheckForm(instance=context["check"])
    if role in {Role.OFFICE, Role.BUREAU}:
        context |= _qualification(role, application, sheet_forms)
    if role in {Role.OFFICE, Role.BUREAU, Role.EXPERT} and stage in FROM_PANEL:
        context |= _scores(user, application)
    if role in {Role.OFFICE, Role.BUREAU, Role.FINANCE}:
        context["inspection"] = getattr(application, "inspection", None)
        context["may_inspect"] = role == Role.OFFICE and stage == Stage.INSPECTING
    if role in {Role.OFFICE, Role.BUREAU} and stage in FROM_PUBLICITY:
        prefetch_related_objects([application], "objections", "public_notices")
        context["objections"] = list(application.objections.all())
        context["notices"] = list(application.public_notices.all())
        context["may_object"] = role == Role.OFFICE and stage == Stage.PUBLICITY
    return context


def _qualification(role, application, sheet_forms):
    prefetch_related_objects([application], "qualification_checks")
    checks = list(application.qualification_checks.all())
    writes = role == Role.OFFICE and application.stage == Stage.QUALIFYING
    if not (writes or checks or sheet_forms):
        return {}
    context = {"conditions": conditions(application)}
    if writes or sheet_forms:
        forms = sheet_forms or qualification_forms(checks)
        context["sheet"] = list(zip(context["conditions"], forms, strict=True))
        context["panels"] = (
            Panel.objects.filter(round=application.round_id)
            .annotate(number_of_applications=Count("assignments"))
            .order_by("name")
        )
        context["sheet_is_refused"] = any(form.errors for form in forms)
    else:
        saved = {check.code: check for check in checks}
        context["judged"] = [(each, saved.get(each.code)) for each in context["conditions"]]
    return context


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
        context["is_leader"] = assignment.panel.leader_id == user.pk
        if context["is_leader"] and application.stage == Stage.PANEL and context["scores_open"]:
            context["proposals"] = proposals(context["entry"], context["standing"])
    if may_see_board(user, assignment.panel):
        context["board_pk"] = assignment.panel_id
    return context
