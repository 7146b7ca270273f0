"""修改说明: what the applicant says to each remark of a return."""

from django.contrib import messages
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts.roles import Role, role_required
from applications.form.definition import SECTION
from applications.form.forms import AnswersForm
from applications.models import Application
from applications.versions.applicant_view import last_return, remark_lines
from applications.versions.corrections import RETURNING
from applications.workflow.events import standing_returns


def _with_the_others(posted, remarks):
    """Return what was posted, with the stored answers of the remarks that it does not name."""
    if not posted:
        return None
    data = posted.copy()
    for remark in remarks:
        name = f"answer-{remark.pk}"
        if name not in data:
            data[name] = data[f"initial-{name}"] = remark.answer
    return data


@require_http_methods(["GET", "POST"])
@role_required(Role.APPLICANT)
def answers(request, pk):
    """Show the remarks of the last return with their answers, or save what was answered.

    The page of a section may send an answer by itself; the others are then left as they are.
    """
    with transaction.atomic():
        own = Application.objects.visible_to(request.user)
        if request.method == "POST":
            own = own.select_for_update()
        application = get_object_or_404(own, pk=pk)
        returns = standing_returns(application.events.filter(action__in=RETURNING))
        if not returns:
            messages.warning(request, "这份申报没有被退回过，不需要修改说明。")
            return redirect("applications:overview", pk)
        returned = last_return(application, returns)
        remarks = list(returns[-1].remarks.select_related("evidence"))
        form = AnswersForm(_with_the_others(request.POST, remarks), remarks=remarks)
        if returned and form.is_valid():
            form.save()
            application.edit(request.user)
            messages.success(request, "修改说明已保存，重新提交后审核人可以看到。")
            if request.POST.get("section") in SECTION:  # answered on the page of that section
                return redirect("applications:section", pk, request.POST["section"])
            return redirect("applications:overview", pk)
    if returned is None and not form.is_bound:
        messages.warning(request, "这份申报现在不能修改，修改说明也不能再改。")
        return redirect("applications:overview", pk)
    return render(
        request,
        "applications/form/answers.html",
        {
            "application": application,
            "form": form,
            "is_closed": returned is None,
            "lines": list(zip(remark_lines(application, remarks), form, strict=True)),
        },
    )
