"""Planning a site visit: who goes when, and whom that is told."""

import datetime

from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from accounts.prepared import Prepared
from applications.models import title_of_studio
from applications.notify.tasks import tell
from applications.stages import Stage
from applications.workflow.events import CANCEL_VISIT, CHANGE_VISIT, PLAN_VISIT, record
from applications.workflow.guards import moment
from review.inspection.models import InspectionPlan
from review.shared.due import Due

# What the units that are visited learn of a plan.
TOLD = ("visit_at", "place", "contact", "preparation")


def plan_of(application):
    """Return the application's plan as it is in the database now, or None."""
    return InspectionPlan.objects.filter(application=application).first()


def plan_visit(application, user, *, inspectors, **values):
    """Plan the visit of a held application, or change the plan; return whether the units are told.

    They are, by message, unless they know it all: `values` are those of `TOLD`.
    """
    before = plan_of(application)
    is_news = before is None or any(getattr(before, name) != values[name] for name in TOLD)
    plan, _ = InspectionPlan.objects.update_or_create(
        application=application, defaults={**values, "planned_by": user}
    )
    plan.inspectors.set(inspectors)
    names = "、".join(inspector.name for inspector in inspectors)
    # Who comes is no part of the note: not everybody who reads it may know the experts' names.
    data = {"inspectors": names}
    if is_news:
        data["visit"] = {"is_changed": before is not None, **_as_told(plan)}
    event = record(
        application,
        user,
        CHANGE_VISIT if before else PLAN_VISIT,
        f"{moment(plan.visit_at)}，{plan.place}",
        data=data,
    )
    if is_news:
        tell.enqueue(event.pk)
    return is_news


def cancel_visit(application, user):
    """Cancel the plan of a held application, if there is one; return whether there was.

    The units are told by message.
    """
    plan = plan_of(application)
    if plan is None:
        return False
    note = f"原定 {moment(plan.visit_at)}，{plan.place}"
    data = {"visit": _as_told(plan)}
    event = record(application, user, CANCEL_VISIT, note, data=data)
    tell.enqueue(event.pk)
    plan.delete()
    return True


def _as_told(plan):
    return {**{name: getattr(plan, name) for name in TOLD}, "visit_at": moment(plan.visit_at)}


def _visit_in_words(visit_at):
    """Return what a list shows of a coming visit, as a `Due`."""
    day = timezone.localdate(visit_at)
    days = (day - timezone.localdate()).days
    words = ("今天", "明天")[days] if days < 2 else f"还有 {days} 天"
    return Due(date=f"{day:%Y-%m-%d}", words=words, overdue=False)


# More than any list of them shows.
MOST_VISITS = 20
VISITS_DUE = Prepared(
    lambda start: (
        InspectionPlan.objects.filter(visit_at__gte=start, application__stage=Stage.INSPECTING)
        .exclude(application__inspection__passed__isnull=False)
        .only("visit_at", "place", "application_id")
        .annotate(lead_name=F("application__lead_name"), unit_name=F("application__unit_name"))[
            :MOST_VISITS
        ]
    ),
    datetime.datetime,
)


def inspections_due(limit):
    """Return the next visits from today on, as the home page's 即将到期 shows what is due."""
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return [
        {
            "title": f"实地考察：{title_of_studio(plan.lead_name, plan.unit_name)}",
            "note": f"{timezone.localtime(plan.visit_at):%H:%M} {plan.place}",
            "at": plan.visit_at,
            "due": _visit_in_words(plan.visit_at),
            "url": reverse("review:inspection", args=[plan.application_id]),
        }
        for plan in VISITS_DUE.ask(today)[:limit]
    ]
