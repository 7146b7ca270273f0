"""The page of the stamped form: print, stamp, scan, upload. `documents` makes the print."""

from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.roles import Role, role_required
from applications.files.evidence_views import files_of
from applications.files.usage import upload_context
from applications.form.completeness import scan_warning
from applications.form.definition import SECTION
from applications.form.forms import PrintForm
from applications.form.views.editing import opened, refuse_closed, section_context
from applications.rounds import EvidenceCategory
from applications.versions.stamped_form import changes_since, print_refusal


@require_GET
@role_required(Role.APPLICANT)
def section(request, pk):
    """What to print and to upload, and what has changed since the print."""
    application = opened(request.user, pk)
    return page(request, application)


def page(request, application, form=None):
    """Show it; `form` is the opinion as it was posted, when it was not printed."""
    if not application.is_editable:
        return refuse_closed(request, application)
    status = 200 if form is None else 422
    context = section_context(application, SECTION["stamp"])
    found = [problem for line in context["lines"] for problem in line.problems]
    printed = application.prints.select_related("printed_by").last()
    scans = files_of(application).get(EvidenceCategory.STAMPED, [])
    return render(
        request,
        "applications/form/section_stamp.html",
        {
            **context,
            **upload_context(application, EvidenceCategory.STAMPED),
            "category": EvidenceCategory.STAMPED,
            "problem": next((each for each in found if each.section == "stamp"), None),
            "refusal": print_refusal(application, found),
            "printed": printed,
            "changes": changes_since(printed, application) if printed else [],
            "form": form or PrintForm(application=application, printed=printed),
            "scans": scans,
            "scan_warning": scan_warning(scans),
        },
        status=status,
    )
