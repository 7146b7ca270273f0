"""Planning site visits (实地考察): one, or a trip to several studios at once."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import F
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.roles import Role, role_required
from applications.models import Application
from applications.stages import Stage
from applications.workflow.perform import Refused
from review.inspection.forms import PREPARATION, PlanForm, stop_forms
from review.inspection.plan import cancel_visit, plan_visit
from review.shared.concurrency import hold
from review.shared.fields import whole_number

COLUMNS = (
    "number",
    "lead_name",
    "unit_name",
    "studio_location",
    "stage",
    "stage_entered_at",
    "round__title",
)
PAGE_SIZE = 25
# How many studios one trip may have.
STOPS = 25


@require_GET
@role_required(Role.OFFICE)
def inspections(request):
    """List what is to be inspected: planned visits in their order, then what has no plan yet."""
    waiting = (
        Application.objects.visible_to(request.user)
        .filter(stage=Stage.INSPECTING)
        .select_related("round", "inspection", "inspection_plan")
        .prefetch_related("inspection_plan__inspectors")
        .only(*COLUMNS, "inspection__passed", "inspection_plan")
        .order_by(F("inspection_plan__visit_at").asc(nulls_last=True), "stage_entered_at", "pk")
    )
    page = Paginator(waiting, PAGE_SIZE).get_page(request.GET.get("page"))
    rows = list(page)
    today = timezone.localdate()
    for row in rows:
        row.plan = getattr(row, "inspection_plan", None)
        row.record = getattr(row, "inspection", None)
        row.is_past = row.plan is not None and timezone.localdate(row.plan.visit_at) < today
    return render(request, "review/inspection/inspections.html", {"rows": rows, "page_obj": page})


@require_http_methods(["GET", "POST"])
@role_required(Role.OFFICE)
def inspection_plan(request):
    """Plan the visits of the applications named in the address, or cancel them."""
    applications = _chosen(request)
    if not applications:
        messages.error(request, "请先勾选要安排考察的申报。")
        return redirect("review:inspections")
    if request.POST.get("action") == "cancel":
        return _cancel(request, applications)
    plans = [
        application.inspection_plan
        for application in applications
        if hasattr(application, "inspection_plan")
    ]
    is_sent = request.method == "POST"
    form = PlanForm(
        request.POST if is_sent else None,
        applications=applications,
        initial=_initial(request.user, plans),
    )
    stops = stop_forms(applications, request.POST if is_sent else None)
    status = 200
    if is_sent:
        status = 422
        are_right = [visit_form.is_valid() for visit_form in (form, *stops)]
        if all(are_right):
            try:
                number_of_news = _save(request.user, form, stops)
            except Refused as error:
                form.add_error(None, str(error))
                status = 409
            else:
                notice = (
                    "，已通知申报单位和推荐单位"
                    if number_of_news
                    else "，时间和地点没有变化，不另通知"
                )
                messages.success(request, f"已安排 {len(stops)} 项考察{notice}。")
                return redirect("review:inspections")
    context = {
        "form": form,
        "stops": list(zip(applications, stops, strict=True)),
        "is_planned": bool(plans),
    }
    return render(request, "review/inspection/inspection_plan.html", context, status=status)


def _chosen(request):
    keys = [whole_number(text) for text in request.GET.getlist("application")[:STOPS]]
    chosen = (
        Application.objects.visible_to(request.user)
        .filter(pk__in=[key for key in keys if key])
        .select_related("round", "inspection_plan")
        .defer("round__notice")
        .prefetch_related("recusals", "inspection_plan__inspectors")
        .order_by("pk")
    )
    applications = list(chosen)
    if any(application.stage != Stage.INSPECTING for application in applications):
        raise Http404
    return applications


def _initial(user, plans):
    if not plans:
        return {
            "inspectors": [user],
            "contact": f"评审办公室{user.name}，83919079",
            "preparation": PREPARATION,
        }
    plan = plans[0]
    return {
        "inspectors": plan.inspectors.all(),
        "contact": plan.contact,
        "preparation": plan.preparation,
    }


def _save(user, form, stops):
    """Save the plans and have the units told; return how many of them learn something new.

    Raises Refused, and saves nothing, when one of the applications has moved on.
    """
    with transaction.atomic():
        number_of_news = 0
        for stop in stops:
            with hold(user, stop.instance.application_id, Stage.INSPECTING) as application:
                number_of_news += plan_visit(
                    application, user, **stop.cleaned_data, **form.cleaned_data
                )
    return number_of_news


def _cancel(request, applications):
    """Cancel the plans of the chosen applications; the units are told."""
    number = 0
    try:
        with transaction.atomic():
            for chosen in applications:
                with hold(request.user, chosen.pk, Stage.INSPECTING) as application:
                    number += cancel_visit(application, request.user)
    except Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"已取消 {number} 项考察安排，已通知申报单位和推荐单位。")
    return redirect("review:inspections")
