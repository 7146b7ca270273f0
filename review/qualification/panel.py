"""The qualification sheet on an application's page: to be filled in, or as it was judged."""

from itertools import groupby

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

from accounts.prepared import Prepared
from accounts.roles import Role
from applications.records import Rows, read_related
from applications.stages import Stage
from review.panels.models import Panel, PanelAssignment, in_order
from review.qualification.forms import qualification_forms
from review.qualification.models import QualificationCheck
from review.shared.conditions import conditions

# The judgements of conditions, with who judged and by which files.
JUDGEMENTS = Rows(
    "qualification_checks",
    QualificationCheck.objects.select_related("judged_by").prefetch_related("evidence"),
)


def _panels(round_key):
    # Counted in the index: joined, every assignment of the round would be read.
    of_panel = (
        PanelAssignment.objects.filter(panel=OuterRef("pk"))
        .order_by()
        .values("panel")
        .annotate(number=Count("*"))
        .values("number")
    )
    return Panel.objects.filter(round=round_key).annotate(
        number_of_applications=Coalesce(Subquery(of_panel), 0)
    )


PANELS = Prepared(_panels, int)


def sheet_context(user, application, forms=None, *, is_read=False):
    """Return the sheet as the user may see it; `forms` are refused ones with what was typed.

    `is_read` shows it as it was judged, even to who may fill it in.
    """
    read_related(application, JUDGEMENTS)
    checks = list(application.qualification_checks.all())
    writes = user.role == Role.OFFICE and application.stage == Stage.QUALIFYING and not is_read
    if not (writes or checks or forms):
        return {}
    version = application.submitted_version()
    context = {"sheet_version": version, "earlier_judgements": _earlier(application, checks)}
    if writes or forms:
        forms = forms or qualification_forms(application)
        context["sheet"] = forms
        context["panels"] = in_order(PANELS.ask(application.round_id))
        usual = {category for form in forms for category in form.condition.proof}
        context["other_files"] = [file for file in forms[0].files if file.category not in usual]
        context["chosen_panel"] = _chosen_panel(application, forms)
        context["sheet_saved"] = max(checks, key=lambda check: check.judged_at, default=None)
        context["sheet_is_refused"] = any(form.errors for form in forms)
        context["to_confirm"] = sum(form.earlier is not None for form in forms)
    else:
        latest = {check.code: check for check in checks if check.version == version}
        context["judged"] = [
            (condition, latest.get(condition.code)) for condition in conditions(application)
        ]
    return context


def _chosen_panel(application, forms):
    """Return the key of the panel that the page shows as chosen, as text: typed, or assigned."""
    if forms[0].is_bound:
        return forms[0].data.get("panel", "")
    assignment = getattr(application, "panel_assignment", None)
    return str(assignment.panel_id) if assignment else ""


def open_steps(application, forms):
    """Return what is left to do before an application can qualify: (words, anchor on the page).

    `forms` are those of the sheet as it is saved.
    """
    steps = [
        (f"第 {number} 项未审", f"#condition-{number}")
        for number, form in enumerate(forms, start=1)
        if form.check is None
    ]
    if not hasattr(application, "panel_assignment"):
        steps.append(("专家组未分配", "#panel"))
    return steps


def _earlier(application, checks):
    """Return what was judged of versions before, last first: (version, [(condition, check)])."""
    version = application.submitted_version()
    texts = {condition.code: condition for condition in conditions(application)}
    before = sorted(
        (check for check in checks if check.version < version),
        key=lambda check: (-check.version, check.pk),
    )
    return [
        (number, [(texts[check.code], check) for check in rows])
        for number, rows in groupby(before, key=lambda check: check.version)
    ]
