"""The office's pages of objections: entering one, and handling it step by step."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from accounts.roles import Role, role_required
from applications.models import Application
from applications.stages import Stage
from applications.workflow.perform import Refused
from review.publicity.objections.forms import NEXT, ObjectionForm
from review.publicity.objections.models import Objection
from review.publicity.objections.record import enter_objection, take_step
from review.shared import access

PAGE_SIZE = 25
PENDING, ALL = "", "all"
STATES = ((PENDING, "待处理"), *Objection.Outcome.choices, (ALL, "全部"))


@require_GET
@role_required(Role.OFFICE)
def objections(request):
    """List the objections, first those that wait for the office."""
    state = request.GET.get("state", PENDING)
    objections = _visible_to(request.user)
    if state in Objection.Outcome.values or state == PENDING:
        objections = objections.filter(outcome=state)
    else:
        state = ALL
    order = "pk" if state == PENDING else "-pk"
    objections = (
        objections.select_related("application")
        .only(
            "token",
            "raised_by",
            "received_on",
            "outcome",
            "application__number",
            "application__lead_name",
            "application__unit_name",
        )
        .prefetch_related("steps")
        .order_by(order)
    )
    page = Paginator(objections, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"page_obj": page, "states": STATES, "state": state}
    return render(request, "review/publicity/objections/objections.html", context)


@require_http_methods(["GET", "POST"])
@role_required(Role.OFFICE)
def objection_new(request, pk):
    """Enter an objection that the office received."""
    application = access.find(request.user, pk)
    if request.method == "GET" and application.stage != Stage.PUBLICITY:
        raise Http404
    objection = Objection(application=application, recorded_by=request.user)
    form = ObjectionForm(request.POST or None, request.FILES or None, instance=objection)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                enter_objection(objection, form.cleaned_data["files"], request.user)
            except Refused as error:
                form.add_error(None, str(error))
                status = 409
            except ValidationError as error:  # a file that could not be stored
                form.add_error("files", error)
            else:
                messages.success(request, f"已登记异议，受理号 {objection.number}。")
                return redirect("review:objection", objection.pk)
    context = {"application": application, "form": form}
    return render(request, "review/publicity/objections/objection_new.html", context, status=status)


@require_http_methods(["GET", "POST"])
@role_required(Role.OFFICE)
def objection(request, pk):
    """One objection with its steps, and the form of the next one while it may be handled."""
    visible = _visible_to(request.user).prefetch_related("steps__by", "files")
    objection = get_object_or_404(visible, pk=pk)
    application = access.find(request.user, objection.application_id)
    is_open = application.stage == Stage.PUBLICITY
    form_class = NEXT[objection.state]
    current = {"outcome": objection.outcome, "answer": objection.answer}
    status, form = 200, form_class(initial=current) if is_open else None
    if request.method == "POST":
        status, form = 422, form_class(request.POST)
        if form.is_valid():
            kind, changes = form.step()
            try:
                steps = request.POST.get("steps", "")
                step = take_step(objection, request.user, kind, changes, steps)
            except Refused as error:
                form.add_error(None, str(error))
                status = 409
            else:
                messages.success(request, f"异议 {objection.number} {step.get_kind_display()}。")
                return redirect("review:objection", pk)
    context = {
        "objection": objection,
        "application": application,
        "form": form,
        "steps": objection.steps.all(),
        "closed_url": reverse("review:record", args=[application.pk]) + "#objections",
        "list_url": reverse("review:objections"),
    }
    return render(request, "review/publicity/objections/objection.html", context, status=status)


def _visible_to(user):
    """Return the objections against applications that exist for this user."""
    visible = Application.objects.visible_to(user).values("pk")
    return Objection.objects.filter(application__in=visible)
