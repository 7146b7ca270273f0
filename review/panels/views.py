"""Panels of experts: the office sets them up."""

from django.contrib import messages
from django.db.models import Count, OuterRef, Prefetch, Q, Subquery
from django.db.models.functions import Coalesce
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import User
from accounts.roles import Role, role_required
from applications.rounds import Round
from applications.stages import Stage
from applications.workflow.perform import Refused
from review.panels.forms import PanelForm
from review.panels.models import Alternate, Panel, PanelAssignment, in_order
from review.shared.concurrency import one_at_a_time


@require_GET
@role_required(Role.OFFICE)
def panels(request):
    """List the panels, newest round first."""
    assignments = PanelAssignment.objects.filter(panel=OuterRef("pk")).order_by().values("panel")
    rows = (
        Panel.objects.select_related("round", "leader", "draw")
        .prefetch_related(
            Prefetch("experts", User.objects.only("name")),
            Prefetch("alternates", Alternate.objects.select_related("expert")),
        )
        .annotate(
            number_of_applications=_counted(assignments),
            number_scoring=_counted(assignments.filter(application__stage=Stage.PANEL)),
        )
        .order_by("-round__opens_at", "round")
    )
    panels = in_order(rows)
    for panel in panels:
        panel.names = [expert.name for expert in panel.seated()]
    waiting = Count(
        "applications",
        Q(applications__stage=Stage.QUALIFYING, applications__panel_assignment=None),
    )
    rounds = (
        Round.objects.published().filter(results_published_at=None).annotate(without_panel=waiting)
    )
    context = {"panels": panels, "rounds": rounds.order_by("-opens_at")}
    return render(request, "review/panels/panels.html", context)


def _counted(assignments):
    return Coalesce(Subquery(assignments.annotate(n=Count("pk")).values("n")), 0)


@require_http_methods(["GET", "POST"])
@role_required(Role.OFFICE)
def panel_new(request, round_pk):
    """Make a panel for a round by hand."""
    round_ = get_object_or_404(Round.objects.published(), pk=round_pk)
    return _edit(request, Panel(round=round_))


@require_http_methods(["GET", "POST"])
@role_required(Role.OFFICE)
def panel(request, pk):
    """Edit a panel."""
    return _edit(request, get_object_or_404(Panel.objects.select_related("round", "draw"), pk=pk))


def _edit(request, instance):
    name = instance.name
    form = PanelForm(request.POST or None, instance=instance)
    with one_at_a_time(request):
        status = 422 if form.errors else 200
        if form.is_valid():
            try:
                form.save(request.user)
            except Refused as error:
                form.add_error(None, str(error))
                status = 409
            else:
                messages.success(request, f"{form.instance.name}已保存。")
                return redirect("review:panels")
    assigned = instance.assignments.count() if instance.pk else 0
    context = {
        "form": form,
        "panel": instance,
        "round": instance.round,
        "name": name,
        "number_of_applications": assigned,
    }
    return render(request, "review/panels/panel.html", context, status=status)
