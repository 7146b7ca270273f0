"""How far the reading of an application's files is, for the pages that wait for it."""

from django.db.models import prefetch_related_objects
from django.http import JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from accounts.roles import Role, role_required
from applications.models import Application
from applications.recognition.texts import progress_of


@require_GET
@role_required(Role.APPLICANT)
def progress(request, pk):
    """Return as JSON: sentence (how far it is, "" if there is nothing to say), finished."""
    visible = Application.objects.visible_to(request.user).only("pk")
    application = get_object_or_404(visible, pk=pk)
    prefetch_related_objects([application], "evidence")
    found = progress_of(application.current_evidence())
    return JsonResponse({"sentence": found.sentence, "finished": found.is_finished})
