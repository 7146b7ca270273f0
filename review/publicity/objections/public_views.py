"""The public's side of objections: raising one while a notice runs, and following it.

Neither needs an account. The objector is known by the 受理号 alone.
"""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_http_methods

from accounts.limits import limited
from applications.models import Application
from applications.stages import Stage
from applications.workflow.perform import Refused
from review.publicity.models import PublicNotice
from review.publicity.objections.forms import PublicObjectionForm
from review.publicity.objections.models import Objection, ObjectionStep, typed_token
from review.publicity.objections.office_views import take_in, taken_in
from review.publicity.objections.tasks import tell_objection
from review.publicity.stroke_order import in_stroke_order
from review.shared.fields import whole_number

# Objections from one address; how often it may try, mistakes included; and ask after numbers.
OBJECTION_RATE, TRY_RATE, STATUS_RATE = "5/h/ip", "30/h/ip", "30/m/ip"
TOO_MANY = 429
never_stored = cache_control(private=True, no_store=True)
# What the objector reads of each step: no findings, nobody's name.
STATUS = {
    ObjectionStep.Kind.RECEIVED: "已收到，待审查是否受理",
    ObjectionStep.Kind.ACCEPTED: "已受理，调查中",
    ObjectionStep.Kind.DECLINED: "不予受理",
    ObjectionStep.Kind.INVESTIGATED: "已调查，待答复",
    ObjectionStep.Kind.ANSWERED: "已答复",
}


@require_http_methods(["GET", "POST"])
@login_not_required
@never_stored
@limited("objection_try", TRY_RATE)
def object_to(request, pk):
    """Raise an objection against one application of a running notice."""
    notice = get_object_or_404(
        PublicNotice.objects.filter(starts_on__lte=timezone.localdate()).select_related("round"),
        pk=pk,
    )
    if request.method == "GET" and not notice.is_running:
        messages.warning(request, f"{notice.state_label}，不再接受异议。")
        return redirect(notice)
    listed = notice.listed().only("lead_name", "unit_name", "lead_occupation")
    form = PublicObjectionForm(
        request.POST or None,
        request.FILES or None,
        applications=listed,
        chosen=whole_number(request.GET.get("application", "")) or "",
    )
    form.fields["application"].choices = _choices(form.fields["application"], listed)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                response = _receive(request, notice, form)
            except Refused as error:
                form.add_error(None, str(error))
                status = 409
            except ValidationError as error:  # a file that could not be kept
                form.add_error("files", error)
            else:
                if response.status_code != TOO_MANY:
                    return response
                form.add_error(
                    None, "同一网络提交的异议过多，请 1 小时后再提交，或按公示的方式联系我们。"
                )
                status = TOO_MANY
    context = {"notice": notice, "form": form}
    template = "review/publicity/objections/public_objection.html"
    return render(request, template, context, status=status)


def _choices(field, listed):
    """The applications as the list of the notice has them."""
    rows = in_stroke_order(listed)
    return [("", field.empty_label), *((each.pk, field.label_from_instance(each)) for each in rows)]


@limited("objection", OBJECTION_RATE)
def _receive(request, notice, form):
    """Save the objection, tell the office, and lead to its page.

    Raises Refused when the notice or the application's place on it has ended meanwhile.
    """
    objection = form.save(commit=False)
    with transaction.atomic():
        # Locked: a decision on the application waits for this, or this for the decision.
        Application.objects.select_for_update().only("pk").get(pk=objection.application_id)
        current = PublicNotice.objects.running().filter(pk=notice.pk).first()
        if current is None:
            raise Refused("公示已结束，不再接受异议；如有情况反映，请按公示的方式联系评审办公室。")
        still_there = current.listed().filter(pk=objection.application_id, stage=Stage.PUBLICITY)
        if not still_there.exists():
            raise Refused("该项目已不在公示名单中，不需要再提出异议。")
        if same := taken_in(objection):
            messages.success(request, "这份异议已经收到，没有重复登记，请记下受理号。")
            return redirect(same)
        take_in(objection, form.cleaned_data["files"])
        tell_objection.enqueue(objection.pk)
    messages.success(request, "异议已收到，请记下受理号。")
    return redirect(objection)


@require_GET
@login_not_required
@never_stored
@limited("objection_status", STATUS_RATE, limit_get=True)
def objection_status(request, token):
    """How far an objection is, and the answer, for whoever has its number."""
    found = (
        Objection.objects.filter(token=typed_token(token))
        .select_related("application")
        .prefetch_related("steps")
        .first()
    )
    if found is None:
        raise Http404
    lines = [{"at": step.at, "label": step.get_kind_display()} for step in found.steps.all()]
    context = {"objection": found, "status": STATUS[found.state], "lines": lines}
    return render(request, "review/publicity/objections/public_status.html", context)


@require_GET
@login_not_required
@never_stored
@limited("objection_status", STATUS_RATE, limit_get=True)
def objection_lookup(request):
    """Ask for the number of an objection, and lead to its page."""
    typed = request.GET.get("number", "").strip()
    token = typed_token(typed)
    if Objection.objects.filter(token=token).exists():
        return redirect("objection_status", token)
    context = {"number": typed}
    template = "review/publicity/objections/public_lookup.html"
    return render(request, template, context, status=404 if typed else 200)
