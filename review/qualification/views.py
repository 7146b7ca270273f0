"""The panel that will score an application that qualifies."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from accounts.roles import Role, role_required
from applications.stages import Stage
from applications.workflow.perform import Refused
from review.panels.assignment import assign_panel
from review.panels.models import Panel
from review.shared import access
from review.shared.concurrency import hold
from review.shared.fields import whole_number


@require_POST
@role_required(Role.OFFICE)
def assign(request, pk):
    """Assign the application to a panel of its round."""
    application = access.find(request.user, pk)
    number = whole_number(request.POST.get("panel", ""))
    if number is None:
        messages.error(request, "请选择专家组。")
        return redirect(f"{access.url_of(pk)}#panel")
    panel = get_object_or_404(Panel, pk=number, round=application.round_id)
    try:
        revision = request.POST.get("revision")
        with hold(request.user, pk, Stage.QUALIFYING, revision=revision) as held:
            assign_panel(held, panel, request.user)
    except Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"已分配到{panel.name}。")
    return redirect(f"{access.url_of(pk)}#decision")
