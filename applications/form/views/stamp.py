"""The page of the stamped form: print, stamp, scan, upload. `documents` makes the print."""

from django.http import JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET

from accounts.roles import Role, role_required
from applications.files.evidence_views import files_of
from applications.files.usage import upload_context
from applications.form.completeness import scan_warning
from applications.form.definition import SECTION
from applications.form.forms import PrintForm
from applications.form.views.editing import opened, refuse_closed, section_context
from applications.recognition.stamped_scan import stamp_context
from applications.rounds import EvidenceCategory
from applications.versions.stamped_form import changes_since, print_refusal


@require_GET
@role_required(Role.APPLICANT)
def section(request, pk):
    """What to print and to upload, and what has changed since the print."""
    application = opened(request.user, pk)
    return page(request, application)


@require_GET
@role_required(Role.APPLICANT)
def check(request, pk):
    """Return as JSON what was found of the scan by now: tag and check (HTML), waits.

    `waits` tells that more will be known in some seconds.
    """
    application = opened(request.user, pk)
    context = _scan_context(application, section_context(application, SECTION["stamp"]))
    return JsonResponse(
        {
            "tag": render_to_string("applications/recognition/_stamp_tag.html", context),
            "check": render_to_string("applications/recognition/_stamp_check.html", context),
            "waits": context["stamp_waits"],
        }
    )


def _scan_context(application, context):
    """Return what the tag and the check of the scan show, with what section_context returned."""
    problems = [problem for line in context["lines"] for problem in line.problems]
    scans = files_of(application).get(EvidenceCategory.STAMPED, [])
    return {
        "application": application,
        "found": problems,
        "problem": next((each for each in problems if each.section == "stamp"), None),
        "scans": scans,
        "scan_warning": scan_warning(scans),
        **stamp_context(application),
    }


def page(request, application, form=None):
    """Show it; `form` is the opinion as it was posted, when it was not printed."""
    if not application.is_editable:
        return refuse_closed(request, application)
    status = 200 if form is None else 422
    context = section_context(application, SECTION["stamp"])
    scan = _scan_context(application, context)
    printed = application.prints.select_related("printed_by").last()
    return render(
        request,
        "applications/form/section_stamp.html",
        {
            **context,
            **upload_context(application, EvidenceCategory.STAMPED),
            **scan,
            "category": EvidenceCategory.STAMPED,
            "refusal": print_refusal(application, scan["found"]),
            "printed": printed,
            "changes": changes_since(printed, application) if printed else [],
            "form": form or PrintForm(application=application, printed=printed),
        },
        status=status,
    )
