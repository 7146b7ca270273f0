"""评分说明表 and 评审汇总表 as files, for whoever may read the scores (review/permissions.py)."""

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from accounts.audit import AuditEntry, log_entry
from accounts.roles import Role, role_required
from applications.files.views import log_opened
from applications.models import Application
from applications.stages import FROM_PANEL
from documents.scores import score_sheet
from documents.views import excel_response, pdf_response
from review.panels.models import Panel
from review.permissions import may_see_ranks
from review.scoring import rankings
from review.scoring.score_sheet import explained


@require_safe
@role_required(Role.EXPERT, Role.OFFICE, Role.BUREAU)
def score_sheet_pdf(request, pk):
    """The 评分说明表 of one application, for signature."""
    visible = Application.objects.visible_to(request.user).filter(stage__in=FROM_PANEL)
    application = get_object_or_404(
        visible.select_related("round", "panel_assignment__panel__leader").prefetch_related(
            "panel_assignment__panel__experts", "opinions"
        ),
        panel_assignment__isnull=False,
        pk=pk,
    )
    sheet = explained(request.user, application)
    if not sheet.get("scores_open"):
        raise Http404
    log_opened(request, application.number, score_sheet.SHEET_TITLE)
    return pdf_response(
        score_sheet.score_sheet(application, sheet),
        f"{score_sheet.SHEET_TITLE} {application.number}",
    )


def _standing(user, pk):
    """Return a panel's `Standing` and the ranked entries that the user sees, or raise Http404."""
    panels = Panel.objects.select_related("round", "leader").prefetch_related("experts")
    standing = rankings.of_panel(get_object_or_404(panels, pk=pk))
    if not may_see_ranks(user, standing):
        raise Http404
    own = Application.objects.visible_to(user).filter(panel_assignment__panel=pk)
    visible = set(own.values_list("pk", flat=True))
    entries = [entry for entry in standing.ranked if entry.application.pk in visible]
    if not entries:
        raise Http404  # recused from all, or without the pledge: there is nothing to list
    return standing, entries


def _log(request, panel):
    subject = f"{score_sheet.SUMMARY_TITLE} {panel.name}"
    log_entry(AuditEntry.Kind.EXPORT, request, subject=subject, panel=panel.pk)


@require_safe
@role_required(Role.EXPERT, Role.OFFICE, Role.BUREAU)
def panel_summary_pdf(request, pk):
    """The 评审汇总表 of a panel, for signature."""
    standing, entries = _standing(request.user, pk)
    _log(request, standing.panel)
    return pdf_response(
        score_sheet.panel_summary(standing, entries),
        f"{score_sheet.SUMMARY_TITLE} {standing.panel.name}",
    )


@require_safe
@role_required(Role.EXPERT, Role.OFFICE, Role.BUREAU)
def panel_workbook(request, pk):
    """The 评审汇总表 of a panel as Excel, with formulas that recompute it."""
    from documents.scores import score_workbook  # loads openpyxl (documents/workbook.py)

    standing, entries = _standing(request.user, pk)
    _log(request, standing.panel)
    return excel_response(
        score_workbook.workbook(standing, entries),
        f"{score_sheet.SUMMARY_TITLE} {standing.panel.name}",
    )
