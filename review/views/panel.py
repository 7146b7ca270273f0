"""Panels of experts: the office sets them up."""

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.roles import Role, role_required
from applications.rounds import Round
from applications.stages import Stage
from review.forms.panels import PanelForm
from review.models import Panel
from review.recusals import settle_panel


@require_GET
@role_required(Role.OFFICE)
def panels(request):
    """List the panels, newest round first."""
    rows = (
        Panel.objects.select_related("round", "leader")
        .annotate(
            number_of_experts=Count("experts", distinct=True),
            number_of_applications=Count("assignments", distinct=True),
            number_scoring=Count(
                "assignments", Q(assignments__application__stage=Stage.PANEL), distinct=True
            ),
        )
        .order_by("-round__opens_at", "name")
    )
    return render(request, "review/panels.html", {"panels": rows, "rounds": Round.objects.all()})


@require_http_methods(["GET", "POST"])
@role_required(Role.OFFICE)
def panel_new(request, round_pk):
    """Make a panel for a round."""
    round_ = get_object_or_404(Round, pk=round_pk)
    return _edit(request, Panel(round=round_))


@require_http_methods(["GET", "POST"])
@role_required(Role.OFFICE)
def panel(request, pk):
    """Edit a panel."""
    return _edit(request, get_object_or_404(Panel.objects.select_related("round"), pk=pk))


def _edit(request, instance):
    name = instance.name
    form = PanelForm(request.POST or None, instance=instance)
    if form.is_valid():
        with transaction.atomic():
            form.save()
            settle_panel(form.instance, request.user)
        messages.success(request, f"{form.instance.name}已保存。")
        return redirect("review:panels")
    context = {"form": form, "round": instance.round, "name": name}
    return render(request, "review/panel.html", context, status=422 if form.errors else 200)
