"""The record of a site visit (实地考察)."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.roles import Role, role_required
from applications.stages import Stage
from applications.workflow import Refused, record
from review.forms.inspection import InspectionForm
from review.models import Inspection
from review.views import detail
from review.views.records import held_pk, hold


@require_http_methods(["GET", "POST"])
@role_required(Role.OFFICE)
def inspection(request, pk):
    """Write or correct the record, until the office has decided on it."""
    application = detail.find(request.user, pk)
    if request.method == "GET" and application.stage != Stage.INSPECTING:
        raise Http404
    form = InspectionForm(request.POST or None, instance=getattr(application, "inspection", None))
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                with hold(request.user, pk, Stage.INSPECTING) as held:
                    # A colleague's first save, a moment ago, is corrected like any saved before.
                    form.instance.pk = held_pk(Inspection, held)
                    form.instance.application = held
                    form.instance.recorded_by = request.user
                    form.save()
                    record(held, request.user, "inspection", "填写实地考察记录")
            except Refused as error:
                form.add_error(None, str(error))
                status = 409
            else:
                messages.success(request, "实地考察记录已保存，请办理考察结论。")
                return redirect(f"{detail.url_of(pk)}#decision")
    context = {"application": application, "form": form}
    return render(request, "review/inspection.html", context, status=status)
