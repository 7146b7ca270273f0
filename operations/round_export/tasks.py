"""A round's folder, made by the worker as any other export is (documents/tasks.py)."""

import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from django.core.files.storage import default_storage
from django.db import transaction
from django_tasks import task

from accounts.audit import AuditEntry, log_entry
from accounts.roles import Role
from applications.notify.workers import PACKAGE, queue_of
from applications.rounds import Round
from documents.models import ExportRecord
from documents.tasks import NO_LONGER, Progress, claim_and_build, finish_export
from operations.round_export import export
from operations.round_export.tables import Scope

# How a folder is called in which a round is made, and when nobody can be writing in it any more.
UNFINISHED, LEFT_SECONDS = "unfinished-round-", 3600
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
    remove_unfinished()
    with tempfile.TemporaryDirectory(dir=_roomy_folder(), prefix=UNFINISHED) as folder:
        path = Path(folder, "made.zip")
        made = export.write(scope, path, progress)
        notes = [f"清单（MANIFEST.json）的 SHA-256：{made.digest}"]
        if made.missing:
            notes.append(f"没有收入的 {len(made.missing)} 份文件及原因见 README.txt 第五部分。")
        finish_export(record, path, done=progress.total, notes=notes)
    log_made(made, round_, user, export=record.pk)


def log_made(made, round_, user, **data):
    """Put on record what a round's folder was when it was made: the digest of its manifest."""
    subject = f"{round_.title} {export.TITLE}已生成"
    log_entry(
        AuditEntry.Kind.EXPORT,
        user=user,
        subject=subject,
        round=round_.pk,
        manifest_sha256=made.digest,
        **data,
    )


def remove_unfinished():
    """Remove what workers that were killed have left behind: a part of a round each."""
    until = time.time() - LEFT_SECONDS
    for folder in _roomy_folder().glob(f"{UNFINISHED}*"):
        with suppress(FileNotFoundError):  # another worker has just finished there
            written = (each.stat().st_mtime for each in (folder, *folder.iterdir()))
            if max(written) < until:
                shutil.rmtree(folder, ignore_errors=True)


def _roomy_folder():
    """Return a folder with room for a whole round; where there is no other, that of all temporary
    files.

    In a container that one is memory. The storage's own disk has to have the room anyway, and what
    is made there need not be copied.
    """
    try:
        folder = Path(default_storage.path("exports"))
    except NotImplementedError:  # a bucket
        return Path(tempfile.gettempdir())
    folder.mkdir(parents=True, exist_ok=True)
    return folder
