"""申报单位: the office's pages that look units up and correct their registration."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.audit import AuditEntry, log_entry
from accounts.models import ApplyingUnit
from accounts.roles import Role, role_required
from accounts.search import held_in
from applications.stages import EDITABLE, Stage
from applications.units import correct
from applications.workflow.perform import Refused
from review.applying_units.forms import UnitCorrectionForm, UnitFilterForm

PAGE_SIZE = 25


@require_GET
@role_required(Role.OFFICE)
def units(request):
    """List the applying units."""
    filters = UnitFilterForm(request.GET)
    units = ApplyingUnit.objects.select_related("recommending_unit")
    words = filters.cleaned_data["q"] if filters.is_valid() else ""
    if words:
        units = units.filter(held_in(words, "name", "uscc"))
    page = Paginator(units.order_by("name", "pk"), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"filters": filters, "page_obj": page}
    return render(request, "review/applying_units/units.html", context)


@require_http_methods(["GET", "POST"])
@role_required(Role.OFFICE)
def unit(request, pk):
    """Correct a unit's name or kind of host, with a reason that stays on record."""
    unit = get_object_or_404(ApplyingUnit.objects.select_related("recommending_unit"), pk=pk)
    name = unit.name
    form = UnitCorrectionForm(request.POST or None, instance=unit)
    status = 422 if form.errors else 200
    if form.is_valid():
        try:
            correct(unit, request.user, **form.cleaned_data)
        except Refused as error:
            form.add_error(None, str(error))
            status = 409
        else:
            log_entry(
                AuditEntry.Kind.SETTINGS,
                request,
                subject=f"更正申报单位 {pk}",
                unit=pk,
                fields=[field for field in form.changed_data if field != "reason"],
            )
            messages.success(request, "单位信息已更正，填报中的申报已随之更改。")
            return redirect("review:unit", pk)
    counts = unit.applications.exclude(stage=Stage.DISCARDED).aggregate(
        drafts=Count("pk", Q(stage__in=EDITABLE)), submitted=Count("pk", ~Q(stage__in=EDITABLE))
    )
    context = {
        "form": form,
        "unit": unit,
        "name": name,
        "counts": counts,
        "corrections": unit.corrections.select_related("by"),
    }
    return render(request, "review/applying_units/unit.html", context, status=status)
