"""What the office does with public notices: publishes, extends and withdraws them, on record."""

from django.db.models import Exists, OuterRef

from applications.models import Application
from applications.stages import Stage
from applications.workflow.events import CHANGE_NOTICE, PUBLISH, record
from review.publicity.models import NoticeChange, PublicNotice
from review.shared.concurrency import lock_round


def waiting_for_notice(round_):
    """Return the applications of a round that stand in no notice but a withdrawn one, in order."""
    published = PublicNotice.objects.standing().filter(applications=OuterRef("pk"))
    return (
        Application.objects.filter(round=round_, stage=Stage.PUBLICITY)
        .filter(~Exists(published))
        .order_by("recommending_unit__position", "rank", "pk")
    )


def publish_notice(notice):
    """Save a notice with everything of its round that waits for one; return these applications.

    Saves nothing when nothing waits. The publication is put on the record of each application.
    """
    # Locked, so that no step is undone meanwhile, and a second click publishes nothing twice.
    with lock_round(notice.round_id):
        shortlist = list(waiting_for_notice(notice.round))
        if shortlist:
            notice.save()
            notice.applications.set(shortlist)
            note = f"{notice.starts_on} 至 {notice.ends_on}"
            for application in shortlist:
                record(application, notice.published_by, PUBLISH, note=note)
    return shortlist


def change_notice(change, *, end_note=""):
    """Save the extension or withdrawal of a locked notice, and put it on record.

    `change` is a `NoticeChange` that is not saved yet. `end_note` says how the new last day was
    checked, in a year whose holidays the calendar does not know.
    """
    notice, user = change.notice, change.changed_by
    change.save()
    if change.kind == NoticeChange.Kind.EXTENDED:
        notice.ends_on = change.ends_on
        notice.end_note = end_note
        notice.end_confirmed_by = user if end_note else None
        note = f"延长至 {change.ends_on}：{change.reason}"
    else:
        notice.withdrawn_at = change.changed_at
        note = change.reason
    notice.save(update_fields=["ends_on", "end_note", "end_confirmed_by", "withdrawn_at"])
    # Each is locked to be written about: in one order, that of everybody else who locks several.
    for application in notice.applications.only("pk").order_by("pk"):
        record(application, user, CHANGE_NOTICE.labelled(change=change.get_kind_display()), note)
