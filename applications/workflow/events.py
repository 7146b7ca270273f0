"""The audit trail of an application: every event is written here."""

from django.db import transaction as database
from django.utils import timezone

from applications.models import Application, Event


def record(
    application, user, action, label, note="", *, data=None, at=None, from_stage="", to_stage=""
):
    """Write and return one `Event` of the audit trail, whole: it never changes afterwards.

    It takes the next place in the application's chain, under the application's lock to the end of
    the transaction: two at once follow one another.
    """
    event = Event(
        application=application,
        at=at or timezone.now(),
        user=user,
        actor=f"{user.unit_name} {user.name}".strip(),
        role=user.role,
        action=action,
        label=label,
        note=note,
        data=data or {},
        from_stage=from_stage,
        to_stage=to_stage,
    )
    # No savepoint inside another transaction: an event that fails takes that one with it.
    with database.atomic(savepoint=False):
        Application.objects.select_for_update().values_list("pk").get(pk=application.pk)
        events = Event.objects.filter(application=application).order_by("-sequence")
        event.follow(events.values_list("sequence", "digest").first())
        event.save()
    return event
