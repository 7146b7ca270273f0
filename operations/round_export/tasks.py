"""A round's folder, made by the worker as any other export is (documents/tasks.py)."""

import tempfile
from pathlib import Path

from django.core.files.storage import default_storage
from django.db import transaction
from django_tasks import task

from accounts.roles import Role
from applications.notify.workers import PACKAGE, queue_of
from applications.rounds import Round
from documents.models import ExportRecord
from documents.tasks import NO_LONGER, Progress, claim_and_build, finish_export
from operations.round_export import export
from operations.round_export.tables import Scope

# Who may take a round out of the portal.
ROLES = (Role.OFFICE, Role.BUREAU)


def request_round(round_, user):
    """Return the record of a round's export for a user, queued; the one under way if there is."""
    with transaction.atomic():
        # Two clicks make one: whoever asks waits for the other's answer here.
        Round.objects.select_for_update().only("pk").get(pk=round_.pk)
        asked = {"round": round_.pk}
        unfinished = ExportRecord.objects.filter(
            requested_by=user,
            kind=ExportRecord.Kind.ROUND,
            state__in=(ExportRecord.State.WAITING, ExportRecord.State.BUILDING),
        )
        for each in unfinished:
            if each.is_under_way and each.asked == asked:
                return each
        scope = Scope(user, round_)
        record = ExportRecord.objects.create(
            requested_by=user,
            role=user.role,
            kind=ExportRecord.Kind.ROUND,
            asked=asked,
            filter_text=round_.title,
            rows=scope.applications.count(),
        )
        queued = build_round.using(queue_name=queue_of(user))
        queued.enqueue(record.pk, str(record.run))
    return record


@task(priority=PACKAGE)
def build_round(export_id, run):
    """Build the folder of a round, for whoever asked for it."""
    claim_and_build(ExportRecord, export_id, run, _build)


def _build(record):
    user = record.requested_by
    round_ = Round.objects.published().filter(pk=record.asked["round"]).first()
    if user.role != record.role or user.role not in ROLES or not user.is_active or not round_:
        record.move(state=ExportRecord.State.FAILED, notes=[NO_LONGER])
        return
    scope = Scope(user, round_)
    progress = Progress(record, export.steps_of(scope))
    with tempfile.TemporaryDirectory(dir=_roomy_folder()) as folder:
        path = Path(folder, "made.zip")
        missing = export.write(scope, path, progress)
        notes = [f"有 {len(missing)} 份文件没有收入，见 README.txt 第五部分。"] if missing else []
        finish_export(record, path, done=progress.total, notes=notes)


def _roomy_folder():
    """Return a folder with room for a whole round, or None for that of all temporary files.

    In a container that one is memory. The storage's own disk has to have the room anyway, and what
    is made there need not be copied.
    """
    try:
        folder = Path(default_storage.path("exports"))
    except NotImplementedError:  # a bucket
        return None
    folder.mkdir(parents=True, exist_ok=True)
    return folder
