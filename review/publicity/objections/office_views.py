"""The office's side of objections: entering them, and handling each step by step."""

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
from applications.workflow.events import record
from applications.workflow.perform import Refused
from review.publicity.objections.forms import NEXT, ObjectionForm
from review.publicity.objections.models import Objection, ObjectionStep
from review.shared import access
from review.shared.attachments import Attachment
from review.shared.concurrency import hold

PAGE_SIZE = 25
PENDING, ALL = "", "all"
STATES = ((PENDING, "待处理"), *Objection.Outcome.choices, (ALL, "全部"))


def taken_in(objection):
    """Return the same objection if it is there already, word for word, or None.

    Call it with the application locked, so that a second click finds what the first left.
    """
    words = ("raised_by", "contact", "text")
    same = {name: getattr(objection, name) for name in words}
    return Objection.objects.filter(application=objection.application_id, **same).first()


def take_in(objection, files, user=None):
    """Save a new objection with its files and its first step; call it in a transaction.

    When one of the files cannot be kept, none is. Raises ValidationError when the storage fails.
    """
    objection.save()
    objection.take_step(ObjectionStep.Kind.RECEIVED, user)
    stored = []
    try:
        for upload in files:
            kind = Attachment.Kind.OBJECTION
            stored.append(Attachment.store(upload, kind, user, application=objection.application))
        objection.files.set(stored)
    except BaseException:
        for each in stored:
            each.file.storage.delete(each.file.name)
        raise
    return objection


@require_GET
@role_required(Role.OFFICE)
def objections(request):
    """List the objections, first those that wait for the office."""
    state = request.GET.get("state", PENDING)
    found = Objection.objects.filter(
        application__in=Application.objects.visible_to(request.user).values("pk")
    )
    if state in Objection.Outcome.values or state == PENDING:
        found = found.filter(outcome=state)
    else:
        state = ALL
    order = "pk" if state == PENDING else "-pk"
    found = (
        found.select_related("application")
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
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"page_obj": page, "states": STATES, "state": state}
    return render(request, "review/publicity/objections/objections.html", context)


@require_http_methods(["GET", "POST"])
@role_required(Role.OFFICE)
def objection_new(request, pk):
    """Enter an objection that the office received."""
    application = access.find(request.user, pk)
    if request.method == "GET" and application.stage != Stage.PUBLICITY:
        raise Http404
    entered = Objection(application=application, recorded_by=request.user)
    form = ObjectionForm(request.POST or None, request.FILES or None, instance=entered)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                with hold(request.user, application.pk, Stage.PUBLICITY) as held:
                    if same := taken_in(entered):
                        raise Refused(f"这份异议已经登记，受理号 {same.number}，没有重复登记。")
                    take_in(entered, form.cleaned_data["files"], request.user)
                    record(held, request.user, "objection", "登记异议")
            except Refused as error:
                form.add_error(None, str(error))
                status = 409
            except ValidationError as error:  # a file that could not be kept
                form.add_error("files", error)
            else:
                messages.success(request, f"已登记异议，受理号 {entered.number}。")
                return redirect("review:objection", entered.pk)
    context = {"application": application, "form": form}
    return render(request, "review/publicity/objections/objection_new.html", context, status=status)


@require_http_methods(["GET", "POST"])
@role_required(Role.OFFICE)
def objection(request, pk):
    """One objection with its steps, and the form of the next one while it may be handled."""
    found = _found(request.user, pk)
    application = access.find(request.user, found.application_id)
    is_open = application.stage == Stage.PUBLICITY
    form_class = NEXT[found.state]
    standing = {"outcome": found.outcome, "answer": found.answer}
    status, form = 200, form_class(initial=standing) if is_open else None
    if request.method == "POST":
        status, form = 422, form_class(request.POST)
        if form.is_valid():
            try:
                with hold(request.user, application.pk, Stage.PUBLICITY) as held:
                    fresh = _found(request.user, pk)
                    if request.POST.get("steps") != str(len(fresh.steps.all())):
                        raise Refused("这件异议已由他人办理，没有保存，请刷新后再操作。")
                    kind, changes = form.step()
                    if fresh.stands(changes.get("outcome"), changes.get("answer")):
                        raise Refused(
                            "结论和答复与现有的相同，没有保存；不需要更正的，请点“取消”。"
                        )
                    step = fresh.take_step(kind, request.user, **changes)
                    label = f"异议{step.get_kind_display()}"
                    # At the moment of the step: the timeline tells by it what the step says.
                    record(held, request.user, "objection", label, at=step.at)
            except Refused as error:
                form.add_error(None, str(error))
                status = 409
            else:
                messages.success(request, f"异议 {found.number} {step.get_kind_display()}。")
                return redirect("review:objection", pk)
    context = {
        "objection": found,
        "application": application,
        "form": form,
        "steps": found.steps.all(),
        "closed_url": f"{access.url_of(application.pk)}#objections",
        "list_url": reverse("review:objections"),
    }
    return render(request, "review/publicity/objections/objection.html", context, status=status)


def _found(user, pk):
    visible = Application.objects.visible_to(user).values("pk")
    return get_object_or_404(
        Objection.objects.filter(application__in=visible).prefetch_related("steps__by", "files"),
        pk=pk,
    )
