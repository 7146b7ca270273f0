"""What static/js/proofs.js asks for the rows of awards: a file is taken, pages are proposed."""

from django.core.exceptions import ValidationError
from django.db.models import prefetch_related_objects
from django.http import JsonResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET, require_POST

from accounts.roles import Role, role_required
from applications.files.evidence import add_proof
from applications.files.usage import usage
from applications.form.rows import described
from applications.form.views.editing import opened
from applications.models import Application
from applications.recognition.proposals import proposals_of
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


@require_GET
@role_required(Role.APPLICANT)
def proposals(request, pk):
    """Return as JSON {key of an award: HTML} what stands beside the proof of each row now.

    It is asked for once the page is saved, or more has been read.
    """
    application = opened(request.user, pk)
    found = proposals_of(request.user, application) if application.is_editable else {}
    template = "applications/recognition/_proposed.html"
    return JsonResponse(
        {
            award.pk: render_to_string(template, {"proposed": found.get(award.pk)}).strip()
            for award in application.awards.all()
        }
    )
