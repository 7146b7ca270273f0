"""材料检索: the pages of all applications that a reader may see that say what is asked."""

from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.roles import role_required
from applications.recognition.material_search import ACROSS, MOST_HITS, hits_across
from applications.recognition.reader import is_on
from applications.recognition.search_context import log_search, problem_of


@require_GET
@role_required(*ACROSS)
def material(request):
    """List the pages by application, those of the latest first; there is none without reading."""
    if not is_on():
        raise Http404
    asked = request.GET.get("q", "").strip()[:100]
    hits = hits_across(request.user, asked)
    log_search(request, asked, hits)
    groups = {}
    for hit in hits:
        groups.setdefault(hit.file.application, []).append(hit)
    context = {
        "q": asked,
        "problem": problem_of(asked),
        "groups": list(groups.items()),
        "count": len(hits),
        "most": MOST_HITS,
    }
    return render(request, "review/queue/material.html", context)
