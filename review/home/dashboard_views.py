"""统计: one round in figures, as much of it as each role may see."""

from django.db.models import Exists, OuterRef
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.roles import role_required
from applications.models import Application
from applications.rounds import Round
from applications.stages import PRIVATE
from review.home.figures import figures_for
from review.permissions import STAFF
from review.shared.fields import whole_number


@require_GET
@role_required(*STAFF)
def dashboard(request):
    """Show the figures of one round: the one asked for, or the newest with an application."""
    rounds = list(Round.objects.published().defer("notice"))
    by_key = {round_.pk: round_ for round_ in rounds}
    chosen = by_key.get(whole_number(request.GET.get("round", "")))
    if rounds and chosen is None:
        submitted = Application.objects.visible_to(request.user).exclude(stage__in=PRIVATE)
        # The newest is looked at first: not every application of every round.
        with_some = Round.objects.filter(Exists(submitted.filter(round=OuterRef("pk"))))
        newest = with_some.order_by("-opens_at").values_list("pk", flat=True).first()
        chosen = by_key.get(newest, rounds[0])
    context = {"rounds": rounds, "round": chosen, "figures": []}
    if chosen:
        context["figures"] = figures_for(request.user, chosen)
    return render(request, "review/home/dashboard.html", context)
