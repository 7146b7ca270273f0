"""What reviewers put on record about an application besides decisions, for the detail page."""

from contextlib import contextmanager

from django.db import transaction
from django.db.models import Prefetch, prefetch_related_objects
from django.http import Http404

from accounts.roles import Role
from applications.stages import FROM_PANEL, Stage
from applications.workflow import Refused, locked
from review import hints
from review.inspecting import inspection_context
from review.models import Recusal, ScoreSheet
from review.permissions import may_see_progress, may_see_scores
from review.scoring import counted
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


def held_pk(model, application):
    """Return the key of the one record of a model about a held application, or None."""
    return model.objects.filter(application=application).values_list("pk", flat=True).first()


def records_context(user, application, *, sheet_forms=None):
    """Return what the detail page shows of the record to this user; forms where they may write.

    `sheet_forms` are refused forms with what was typed.
    """
    context = ledger_context(user, application)
    role, stage = user.role, application.stage
    if role in {Role.OFFICE, Role.BUREAU}:
        context |= sheet_context(user, application, sheet_forms)
    if role == Role.OFFICE and not application.is_editable:
        context["hints"] = hints.hints(application, hints.others_of(application, user))
    if role in {Role.OFFICE, Role.BUREAU, Role.EXPERT} and stage in FROM_PANEL:
        context |= _scores(user, application)
    if role in {Role.OFFICE, Role.BUREAU, Role.FINANCE}:
        context |= inspection_context(user, application)
    return context | publicity_context(user, application)


def _scorers(assignment):
    """Return the experts who have to score an application, members of the panel first."""
    due = assignment.scorers()
    stepped_in = [each.alternate for each in assignment.application.recusals.all()]
    known = [*assignment.panel.experts.all(), *filter(None, stepped_in)]
    return list({expert.pk: expert for expert in known if expert.pk in due}.values())


def _scores(user, application):
    """Return the user's own sheet, and of the others as much as the panel's state allows."""
    assignment = getattr(application, "panel_assignment", None)
    if assignment is None:
        return {}
    prefetch_related_objects(
        [application],
        Prefetch(
            "score_sheets",
            ScoreSheet.objects.select_related("expert").prefetch_related("scores"),
        ),
        "panel_assignment__panel__experts",
        Prefetch("recusals", Recusal.objects.select_related("expert", "alternate")),
    )
    sheets = list(application.score_sheets.all())
    assignment.application = application  # whose recusals are read already
    experts = _scorers(assignment)
    context = {"assignment": assignment}
    if user.role == Role.EXPERT:
        context["is_scorer"] = True
        context["own_sheet"] = next((each for each in sheets if each.expert_id == user.pk), None)
        context["is_leader"] = assignment.panel.leader_id == user.pk
    if not may_see_progress(user, application, assignment, sheets):
        return context
    due = {expert.pk for expert in experts}
    submitted = {each.expert_id: each for each in sheets if each.submitted_at}
    context["may_reopen"] = context.get("is_leader") and application.stage == Stage.PANEL
    open_now = may_see_scores(user, application, assignment, sheets, experts)
    criteria = list(application.round.criteria.all()) if open_now else []
    table = []
    for expert in experts:
        sheet = submitted.get(expert.pk)
        points = {score.criterion_id: score.points for score in sheet.scores.all()} if sheet else {}
        table.append(
            {
                "expert": expert,
                "is_leader": expert.pk == assignment.panel.leader_id,
                "sheet": sheet if open_now else None,
                "sheet_pk": sheet.pk if sheet else None,
                "submitted_at": sheet.submitted_at if sheet else None,
                "points": [points.get(each.pk) for each in criteria],
            }
        )
    context |= {"score_table": table, "criteria": criteria, "scores_open": open_now}
    if open_now:
        totals = [sheet.total for sheet in submitted.values() if sheet.expert_id in due]
        context["recusals"] = list(application.recusals.all())
        context["is_trimmed"] = len(counted(totals, application.round.trim_from)) < len(totals)
    return context
