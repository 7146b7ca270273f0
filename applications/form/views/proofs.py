"""A file dropped on the row of an award, sent by static/js/proofs.js."""

from django.core.exceptions import ValidationError
from django.db.models import prefetch_related_objects
from django.http import JsonResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.views.decorators.http import require_POST

from accounts.roles import Role, role_required
from applications.files.evidence import add_proof
from applications.files.usage import usage
from applications.form.rows import described
from applications.models import Application
from applications.rounds import EvidenceCategory


@require_POST
@role_required(Role.APPLICANT)
def proof(request, pk):
    """Take a file that proves an award; the page's form then saves which award.

    JSON: errors (sentences); then file (its key), label (for the lists of choices), html (for the
    picker), pages, and used, used_files, usage as on the evidence page.
    """
    application = get_object_or_404(
        Application.objects.visible_to(request.user).select_related("round"), pk=pk
    )
    upload = request.FILES.get("files")
    if upload is None:
        return JsonResponse({"errors": ["请先选择要上传的佐证文件。"]})
    try:
        file = add_proof(application, upload, request.user)
    except ValidationError as error:
        return JsonResponse({"errors": error.messages})
    prefetch_related_objects([application], "evidence")
    return JsonResponse(
        {
            "errors": [],
            "file": file.pk,
            "label": described(file),
            "pages": file.pages,
            "html": render_to_string("applications/form/_proof_choice.html", {"file": file}),
            **usage(application, EvidenceCategory.HONOUR),
        }
    )
