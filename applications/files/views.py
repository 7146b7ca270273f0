"""An uploaded file and its thumbnail, for everybody who may see them."""

import logging

from django.db.models import F
from django.http import FileResponse, Http404, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET

from accounts.audit import AuditEntry, log_entry
from accounts.roles import Role
from applications.files.evidence import local_path
from applications.files.rendition import SHOWN_TYPES
from applications.models import Application, Evidence, Submission
from applications.rounds import HIDDEN_FROM_EXPERTS

log = logging.getLogger(__name__)


def log_opened(request, number, what, **data):
    """Put on record that somebody opens a file about an application that is not their unit's own.

    Of which 受理编号 ("" for none), and what, without a name that somebody gave it. Thumbnails are
    not worth a line each.
    """
    if request.user.role != Role.APPLICANT:
        subject = f"{number or ''} {what}".strip()
        log_entry(AuditEntry.Kind.DOWNLOAD, request, subject=subject, **data)


@require_GET
@xframe_options_sameorigin  # the reviewers' page shows files beside the form
def show(request, pk):
    """Serve one file to whoever may see it; experts get a copy that bears their name."""
    evidence = readable(request.user, pk)
    if evidence.withheld:
        return withheld(request, evidence)
    if request.user.role == Role.EXPERT:
        return redirect("documents:marked_evidence", pk)
    if is_framed_picture(request, evidence):
        return picture_page(request, evidence)
    log_opened(request, evidence.number, evidence.get_category_display(), evidence=pk)
    return shown_response(request, evidence, reverse("applications:evidence_original", args=[pk]))


@require_GET
def original(request, pk):
    """Serve the original of a file that is shown by a rendition, to be saved.

    Experts have no original: it may say where a photo was taken, and bears no name of theirs.
    """
    evidence = readable(request.user, pk)
    if request.user.role == Role.EXPERT:
        raise Http404
    if evidence.withheld:
        return withheld(request, evidence)
    what = f"{evidence.get_category_display()}原件"
    log_opened(request, evidence.number, what, evidence=pk)
    return file_response(evidence.file, evidence.original_name, evidence.content_type)


def is_framed_picture(request, file):
    """Whether a frame asks for a picture itself: browsers fit one to a window, but to no frame."""
    is_picture = file.is_shown and file.shown_type.startswith("image/")
    return is_picture and request.headers.get("Sec-Fetch-Dest") == "iframe"


def picture_page(request, file):
    """Answer with a page that fits a picture to its frame, and asks for it again as a picture."""
    return render(request, "applications/files/picture.html", {"file": file})


def shown_response(request, file, original):
    """Answer with what is shown of a stored file; where that is nothing, with a page that says so.

    `original` is the address of its original.
    """
    if not file.is_shown:
        context = {"file": file, "original": original}
        return render(request, "applications/files/unshown.html", context)
    return file_response(file.shown_file, file.shown_name, file.shown_type)


@require_GET
def thumbnail(request, pk):
    """Serve the thumbnail of one file to whoever may see the file; a neutral picture for none."""
    evidence = readable(request.user, pk)
    if not evidence.thumbnail or evidence.withheld:
        return neutral_picture()
    return file_response(evidence.thumbnail, "缩略图.png", "image/png")


def neutral_picture():
    """Return the way to the picture that stands for a file without one of its own."""
    return redirect(static("img/file.svg"))


def readable(user, pk):
    """Return a file that the user may see; raises Http404 for every other.

    Others than the owner read what was submitted: files of the latest version, the review office
    those of earlier versions too. Experts get no personal papers.
    """
    visible = Application.objects.visible_to(user)
    numbered = Evidence.objects.annotate(number=F("application__number"))
    evidence = get_object_or_404(numbered, pk=pk, application__in=visible)
    role = user.role
    if evidence.erased_at:
        raise Http404
    if role == Role.EXPERT and evidence.category in HIDDEN_FROM_EXPERTS:
        raise Http404
    if role != Role.APPLICANT and not _was_submitted(evidence, in_any=role == Role.OFFICE):
        raise Http404
    return evidence


def _was_submitted(evidence, in_any):
    """Whether the file belongs to the latest submission of its application, or to any."""
    versions = Submission.objects.filter(application=evidence.application_id)
    files = list(versions.order_by("version").values_list("content__evidence", flat=True))
    return any(row["id"] == evidence.pk for rows in files[0 if in_any else -1 :] for row in rows)


def withheld(request, file):
    """Say why a file that was not found free of viruses cannot be opened."""
    return render(request, "applications/files/withheld.html", {"file": file}, status=409)


def file_response(file, name, content_type):
    """Return a stored private file as a response: streamed, or the way to its signed link.

    What a browser does not show, or would run, is saved under its name.
    """
    return _redirect_to_bucket(file, name, content_type) or _stream(file, name, content_type)


def _redirect_to_bucket(file, name, content_type):
    """Return the way to the file's signed link, or None when it lies in a folder.

    The link is good for minutes (`querystring_expire`). It says under which name and as what the
    bucket, which sends no policy of ours along, serves the file, whatever it was stored as.
    """
    if local_path(file) is not None:
        return None
    disposition = content_disposition_header(content_type not in SHOWN_TYPES, name)
    said = {
        "ResponseContentDisposition": disposition,
        "ResponseContentType": content_type,
        # The middleware says it of the portal's own answers; this one is the bucket's.
        "ResponseCacheControl": "private, no-store",
    }
    return HttpResponseRedirect(file.storage.url(file.name, parameters=said))


def _stream(file, name, content_type):
    try:
        stored = file.open("rb")
    except FileNotFoundError as error:
        log.exception("the file %s is missing", file.name)
        raise Http404 from error
    is_saved = content_type not in SHOWN_TYPES
    response = FileResponse(
        stored, as_attachment=is_saved, filename=name, content_type=content_type
    )
    return confined(response)


def confined(response):
    """Let nothing in an uploaded file run or load anything in the portal's name."""
    # Browsers fit a picture to its window by a style of their own.
    style = "style-src 'unsafe-inline'; " if response["Content-Type"].startswith("image/") else ""
    policy = f"default-src 'none'; {style}frame-ancestors 'self'; sandbox"
    response["Content-Security-Policy"] = policy
    response["X-Content-Type-Options"] = "nosniff"
    return response
