"""专家库: the office's view of the experts."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.audit import AuditEntry, log_entry
from accounts.models import User
from accounts.roles import Role, role_required
from accounts.search import held_in
from applications.rounds import Round
from review.panels.expert_forms import ExpertFilterForm, ExpertForm
from review.panels.models import Panel, PanelAssignment, in_order
from review.shared.stroke_order import stroke_key

PAGE_SIZE = 25


def occupations():
    """Return the 工种 that experts have, in order."""
    rows = User.objects.filter(role=Role.EXPERT).exclude(occupation="")
    return sorted(rows.order_by().values_list("occupation", flat=True).distinct())


@require_GET
@role_required(Role.OFFICE)
def experts(request):
    """List the experts, with their panels and applications in the round that opened last."""
    round_ = Round.objects.published().filter(opens_at__lte=timezone.now()).first()
    filters = ExpertFilterForm(request.GET, occupations=occupations())
    rows = User.objects.filter(role=Role.EXPERT)
    is_filtered = False
    if filters.is_valid():
        choices = filters.cleaned_data
        is_filtered = any(choices.values())
        if choices["occupation"]:
            rows = rows.filter(occupation=choices["occupation"])
        if choices["employer"]:
            rows = rows.filter(held_in(choices["employer"], "employer"))
        if choices["q"]:
            rows = rows.filter(held_in(choices["q"], "name", "title"))
        if choices["state"]:
            rows = rows.filter(is_active=choices["state"] == "active")
    rows = rows.annotate(
        number_of_panels=_number(Panel.objects.filter(round=round_), "experts"),
        number_of_applications=_number(
            PanelAssignment.objects.filter(panel__round=round_), "panel__experts"
        ),
    )
    page = Paginator(_keys_in_order(rows), PAGE_SIZE).get_page(request.GET.get("page"))
    on_page = rows.in_bulk(page.object_list)
    page.object_list = [on_page[key] for key in page.object_list if key in on_page]
    context = {
        "filters": filters,
        "page_obj": page,
        "round": round_,
        "is_filtered": is_filtered,
    }
    return render(request, "review/panels/experts.html", context)


def _keys_in_order(rows):
    """Return the keys of experts by the strokes of their names, which no database knows."""
    names = rows.order_by().values_list("pk", "name")
    return [pk for pk, _ in sorted(names, key=lambda row: (stroke_key(row[1]), row[0]))]


def _number(rows, path):
    """Count rows of an expert in a subquery, so that only those of the page are counted."""
    counted = rows.filter(**{path: OuterRef("pk")}).order_by().values(path).annotate(n=Count("pk"))
    return Coalesce(Subquery(counted.values("n")), 0)


@require_http_methods(["GET", "POST"])
@role_required(Role.OFFICE)
def expert(request, pk):
    """Put an expert's employer, title and 工种 right."""
    person = get_object_or_404(User, pk=pk, role=Role.EXPERT)
    form = ExpertForm(request.POST or None, instance=person)
    if form.is_valid():
        form.save()
        if form.changed_data:
            log_entry(
                AuditEntry.Kind.ACCOUNT,
                request,
                subject=f"专家资料（账号 {pk}）",
                account=pk,
                fields=form.changed_data,
            )
        messages.success(request, f"{person.name}的资料已保存。")
        return redirect("review:experts")
    panels = in_order(person.panels.select_related("round").order_by("-round__opens_at", "round"))
    context = {"form": form, "person": person, "panels": panels}
    return render(request, "review/panels/expert.html", context, status=422 if form.errors else 200)
