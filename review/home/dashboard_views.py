"""统计: one round in figures, as much of it as each role may see."""

from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.roles import role_required
from applications.rounds import Round
from review.home.figures import figures_for
from review.permissions import STAFF
from review.shared.fields import whole_number


@require_GET
@role_required(*STAFF)
def dashboard(request):
    """Show the figures of one round: the one asked for, or the latest."""
    rounds = list(Round.objects.published().only("title", "opens_at"))
    number = whole_number(request.GET.get("round", ""))
    latest = rounds[0] if rounds else None
    chosen = next((round_ for round_ in rounds if round_.pk == number), latest)
    context = {"rounds": rounds, "round": chosen, "figures": []}
    if chosen:
        chosen = Round.objects.defer("notice").get(pk=chosen.pk)
        context["figures"] = figures_for(request.user, chosen)
    return render(request, "review/home/dashboard.html", context)
