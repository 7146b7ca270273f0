"""The timeline of one application."""

from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.roles import role_required
from applications.records import reached_stages
from applications.stages import steps_of
from review.application_page.timeline import by_day, entries_for, kinds_for, title_of
from review.permissions import CITY, STAFF
from review.shared import access

ORDERS = (("new", "最近的在前"), ("old", "最早的在前"))


@require_GET
@role_required(*STAFF)
def timeline(request, pk):
    """Show everything on record that the reader may know: `?kind=` filters, `?order=old` turns."""
    user = request.user
    application = access.find(user, pk, "events", "opinions", "submissions")
    known = kinds_for(user)
    chosen = [kind for kind in known if kind.value in request.GET.getlist("kind")]
    order = "old" if request.GET.get("order") == "old" else "new"
    entries = entries_for(user, application, chosen)
    if order == "new":
        entries.reverse()
    reached = reached_stages(application.events.all())
    context = {
        "application": application,
        "title": title_of(application),
        "steps": steps_of(application.stage_enum, reached),
        "kinds": [(kind, kind in chosen) for kind in known],
        "orders": [(value, label, value == order) for value, label in ORDERS],
        "days": by_day(entries),
        "number": len(entries),
        "is_filtered": bool(chosen),
        "may_print": user.role in CITY,
    }
    return render(request, "review/application_page/timeline.html", context)
