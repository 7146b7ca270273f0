"""The office's qualification of an application, and the panel that will score it."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from accounts.roles import Role, role_required
from applications.stages import Stage
from applications.workflow.events import record
from applications.workflow.perform import Refused
from review.assignment import assign_panel
from review.forms.fields import whole_number
from review.forms.qualification import qualification_forms
from review.models import Panel
from review.views import detail
from review.views.records import hold
from review.views.sheet import judgements


@require_POST
@role_required(Role.OFFICE)
def sheet(request, pk):
    """Save the sheet of conditions; blank ones stay open (notice, section 一)."""
    application = detail.find(request.user, pk, "evidence", judgements())
    forms = qualification_forms(application, request.POST)
    verdicts = [form.is_valid() for form in forms]
    if not all(verdicts):
        return detail.page(request, pk, sheet_forms=forms, status=422)
    try:
        revision = request.POST.get("revision")
        with hold(request.user, pk, Stage.QUALIFYING, revision=revision) as held:
            saved = [(form.condition, form.save(held, request.user)) for form in forms]
            lines = [f"{each.text}——{words}" for each, words in saved if words]
            if lines:
                note = "\n".join(lines)
                record(held, request.user, "qualification", "填写资格审查表", note=note)
    except Refused as error:
        forms[0].add_error(None, str(error))
        return detail.page(request, pk, sheet_forms=forms, status=409)
    messages.success(request, "资格审查表已保存。")
    return redirect(f"{detail.url_of(pk)}#decision")


@require_POST
@role_required(Role.OFFICE)
def assign(request, pk):
    """Assign the application to a panel of its round."""
    application = detail.find(request.user, pk)
    number = whole_number(request.POST.get("panel", ""))
    if number is None:
        messages.error(request, "请选择专家组。")
        return redirect(f"{detail.url_of(pk)}#panel")
    panel = get_object_or_404(Panel, pk=number, round=application.round_id)
    try:
        revision = request.POST.get("revision")
        with hold(request.user, pk, Stage.QUALIFYING, revision=revision) as held:
            assign_panel(held, panel, request.user)
    except Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"已分配到{panel.name}。")
    return redirect(f"{detail.url_of(pk)}#decision")
