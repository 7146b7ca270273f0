"""A file that reviewers added to the record, for everybody who may see it."""

from django.db.models import F
from django.shortcuts import get_object_or_404
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET

from accounts.roles import role_required
from applications.files.views import file_response, log_opened, withheld
from review.permissions import STAFF
from review.shared.attachments import Attachment


@require_GET
@role_required(*STAFF)
@xframe_options_sameorigin  # the reviewers' pages show files beside their forms
def attachment(request, pk):
    """Serve one attachment."""
    attachments = Attachment.objects.visible_to(request.user).filter(erased_at=None)
    attachment = get_object_or_404(attachments.annotate(number=F("application__number")), pk=pk)
    if attachment.withheld:
        return withheld(request, attachment)
    log_opened(request, attachment.number, attachment.get_kind_display(), attachment=pk)
    return file_response(attachment.file, attachment.original_name, attachment.content_type)
