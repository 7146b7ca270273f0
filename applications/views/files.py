"""Evidence: upload, remove, and the file itself for everybody who may see it."""

import logging

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_POST

from accounts.roles import Role, role_required
from applications import evidence as evidence_files
from applications.form_definition import SECTION
from applications.models import Application, Evidence, Submission
from applications.rounds import HIDDEN_FROM_EXPERTS, PROOFS, EvidenceCategory
from applications.views.editing import opened, refuse_closed, section_context

log = logging.getLogger(__name__)


def _category_url(application_pk, category):
    page = reverse("applications:section", args=[application_pk, "evidence"])
    return f"{page}#category-{category}"


@require_GET
@role_required(Role.APPLICANT)
def section(request, pk):
    """The evidence page of the form: its categories in the notice's order, with their files."""
    application = opened(request.user, pk)
    if not application.is_editable:
        return refuse_closed(request, application)
    return render(
        request,
        "applications/section_evidence.html",
        {
            **section_context(application, SECTION["evidence"]),
            "accept": evidence_files.ACCEPT,
            "categories": _categories(application, "check" in request.GET),
        },
    )


def _categories(application, check):
    """Return the blocks of the evidence page, in the notice's order."""
    required = set(application.round.required_categories(application.host_kind))
    files = {}
    for row in application.current_evidence():
        files.setdefault(row.category, []).append(row)
    return [
        {
            "category": category,
            "required": category in required,
            "files": files.get(category, []),
            "missing": check and category in required and category not in files,
        }
        for category in PROOFS
    ]


@require_POST
@role_required(Role.APPLICANT)
def upload(request, pk, category):
    """Take one or many files into a category; each that is refused is told by name, with why."""
    if category not in EvidenceCategory:
        raise Http404
    application = get_object_or_404(
        Application.objects.visible_to(request.user).only("pk", "stage"), pk=pk
    )
    files = request.FILES.getlist("files")
    if not files:
        messages.error(request, f"请先选择要上传的{EvidenceCategory(category).label}文件。")
    kept = 0
    for each in files:
        name = evidence_files.clean_name(each.name)
        try:
            evidence_files.add(application, category, each, request.user)
            kept += 1
        except ValidationError as error:
            messages.error(request, f"{name}：{error.messages[0]}")
        except OSError:
            log.exception("an uploaded file was not stored")
            messages.error(request, f"{name}：文件没有保存成功，请稍后重新上传。")
    if kept:
        messages.success(request, f"已上传 {kept} 份{EvidenceCategory(category).label}。")
    if kept < len(files) or not files:
        # What was refused is told at the top of the page.
        return redirect("applications:section", pk, "evidence")
    return redirect(_category_url(pk, category))


@require_POST
@role_required(Role.APPLICANT)
def remove(request, pk):
    """Take a file out of a draft."""
    own = Application.objects.visible_to(request.user)
    evidence = get_object_or_404(Evidence, pk=pk, removed_at=None, application__in=own)
    try:
        evidence_files.remove(evidence, request.user)
        messages.success(request, f"已移除“{evidence.original_name}”。")
    except ValidationError as error:
        messages.error(request, error.messages[0])
    return redirect(_category_url(evidence.application_id, evidence.category))


@require_GET
@xframe_options_sameorigin  # the reviewers' page shows files beside the form
def show(request, pk):
    """Serve one file to whoever may see its application, as what its content was found to be.

    Others than the owner read what was submitted: files of the latest version, the review office
    those of earlier versions too. Experts get no personal papers.
    """
    visible = Application.objects.visible_to(request.user)
    evidence = get_object_or_404(Evidence, pk=pk, application__in=visible)
    role = request.user.role
    if role == Role.EXPERT and evidence.category in HIDDEN_FROM_EXPERTS:
        raise Http404
    if role != Role.APPLICANT and not _was_submitted(evidence, in_any=role == Role.OFFICE):
        raise Http404
    response = _response(evidence)
    response["Cache-Control"] = "private, no-store"
    return response


def _was_submitted(evidence, in_any):
    """Whether the file belongs to the latest submission of its application, or to any."""
    versions = Submission.objects.filter(application=evidence.application_id)
    files = list(versions.order_by("version").values_list("content__evidence", flat=True))
    return any(row["id"] == evidence.pk for rows in files[0 if in_any else -1 :] for row in rows)


def _response(evidence):
    try:
        evidence.file.path  # noqa: B018 - a bucket has no local path
    except NotImplementedError:
        return HttpResponseRedirect(evidence.file.url)
    try:
        stored = evidence.file.open("rb")
    except FileNotFoundError as error:
        log.exception("evidence %s has no file", evidence.pk)
        raise Http404 from error
    response = FileResponse(
        stored, filename=evidence.original_name, content_type=evidence.content_type
    )
    # Nothing in the file may run or load anything in the portal's name.
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    return response
