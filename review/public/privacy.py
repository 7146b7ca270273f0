"""个人信息保护说明: what the portal keeps of people, why and how long (PIPL, article 17)."""

from django.contrib.auth.decorators import login_not_required
from django.shortcuts import render
from django.views.decorators.http import require_safe

from review.rounds.retention import years_of_lists


@login_not_required
@require_safe
def privacy(request):
    """Show the page to everybody; the years that it names are those of the latest round."""
    return render(request, "review/public/privacy.html", {"years": years_of_lists()})
