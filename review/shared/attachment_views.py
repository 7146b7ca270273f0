"""A file that reviewers added to the record, for everybody who may see it."""

from django.db.models import F
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET

from accounts.roles import role_required
from applications.files.views import file_response, log_opened, shown_response, withheld
from review.permissions import STAFF
from review.shared.attachments import Attachment


@require_GET
@role_required(*STAFF)
@xframe_options_sameorigin  # the reviewers' pages show files beside their forms
def attachment(request, pk):
    """Serve one attachment."""
    file = find_attachment(request.user, pk)
    if file.withheld:
        return withheld(request, file)
    log_opened(request, file.number, file.get_kind_display(), attachment=pk)
    return shown_response(request, file, reverse("review:attachment_original", args=[pk]))


@require_GET
@role_required(*STAFF)
def attachment_original(request, pk):
    """Serve the original of an attachment that is shown by a rendition, to be saved."""
    file = find_attachment(request.user, pk)
    if file.withheld:
        return withheld(request, file)
    log_opened(request, file.number, f"{file.get_kind_display()}原件", attachment=pk)
    return file_response(file.file, file.original_name, file.content_type)


def find_attachment(user, pk):
    """Return an attachment that the user may see; raises Http404."""
    attachments = Attachment.objects.visible_to(user).filter(erased_at=None)
    return get_object_or_404(attachments.annotate(number=F("application__number")), pk=pk)
