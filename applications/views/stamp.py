"""The page of the stamped form: print, stamp, scan, upload."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.roles import Role, role_required
from applications.form_definition import SECTION
from applications.rounds import EvidenceCategory
from applications.stamping import changes_since, print_form, print_refusal
from applications.views.editing import opened, refuse_closed, section_context
from applications.views.evidence import files_of, upload_context


@require_GET
@role_required(Role.APPLICANT)
def section(request, pk):
    """What to print and to upload, and what has changed since the print."""
    application = opened(request.user, pk)
    if not application.is_editable:
        return refuse_closed(request, application)
    context = section_context(application, SECTION["stamp"])
    found = [problem for line in context["lines"] for problem in line.problems]
    printed = application.prints.select_related("printed_by").last()
    return render(
        request,
        "applications/section_stamp.html",
        {
            **context,
            **upload_context(application, EvidenceCategory.STAMPED),
            "category": EvidenceCategory.STAMPED,
            "problem": next((each for each in found if each.section == "stamp"), None),
            "refusal": print_refusal(application, found),
            "printed": printed,
            "changes": changes_since(printed, application) if printed else [],
            "scans": files_of(application).get(EvidenceCategory.STAMPED, []),
        },
    )


@require_POST
@role_required(Role.APPLICANT)
def print_stamped(request, pk):
    """Make the print for the stamp; the page then leads to its PDF."""
    application = opened(request.user, pk)
    try:
        print_form(application, request.user)
        messages.success(request, "打印稿已生成，请打开后打印、盖章。")
    except ValidationError as error:
        messages.error(request, error.messages[0])
    return redirect("applications:section", pk, "stamp")
