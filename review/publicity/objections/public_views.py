"""The public's pages of objections: raising one while a notice runs, and following it.

Neither needs an account: the objector follows the objection by its 受理号 alone.
"""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_http_methods

from accounts.limits import limited
from applications.workflow.perform import Refused
from review.publicity.models import PublicNotice
from review.publicity.objections.forms import PublicObjectionForm
from review.publicity.objections.models import Objection, ObjectionStep, typed_token
from review.publicity.objections.record import raise_objection
from review.shared.fields import whole_number
from review.shared.stroke_order import in_stroke_order

# For one address: objections, attempts with mistakes included, and questions about numbers.
OBJECTION_RATE, TRY_RATE, STATUS_RATE = "5/h/ip", "30/h/ip", "30/m/ip"
TOO_MANY = 429
never_stored = cache_control(private=True, no_store=True)
# What the objector reads of each step: no findings, no names.
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
            except ValidationError as error:  # a file that could not be stored
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
    """Return the choices of the applications in the order of the notice's list."""
    rows = in_stroke_order(listed)
    return [("", field.empty_label), *((each.pk, field.label_from_instance(each)) for each in rows)]


@limited("objection", OBJECTION_RATE)
def _receive(request, notice, form):
    """Save the objection of a valid form and lead to its page; raises as `raise_objection`."""
    objection = raise_objection(form.instance, form.cleaned_data["files"], notice)
    if objection is form.instance:
        messages.success(request, "异议已收到，请记下受理号。")
    else:
        messages.success(request, "这份异议已经收到，没有重复登记，请记下受理号。")
    return redirect(objection)


@require_GET
@login_not_required
@never_stored
@limited("objection_status", STATUS_RATE, limit_get=True)
def objection_status(request, token):
    """Show how far an objection is, and its answer, to whoever has its number."""
    objection = (
        Objection.objects.filter(token=typed_token(token))
        .select_related("application")
        .prefetch_related("steps")
        .first()
    )
    if objection is None:
        raise Http404
    lines = [{"at": step.at, "label": step.get_kind_display()} for step in objection.steps.all()]
    context = {"objection": objection, "status": STATUS[objection.state], "lines": lines}
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
