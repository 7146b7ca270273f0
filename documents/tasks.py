"""What the worker builds: dossiers, archives, large lists and large 附件1."""

import logging
import tempfile
import time
import uuid
from pathlib import Path

from django.db import transaction
from django.utils import timezone
from django_tasks import task

from applications.models import Application
from applications.notify.workers import EXPORT, PACKAGE, queue_of
from documents import annex1, annex2
from documents.dossier.copies import MadeFile
from documents.dossier.material import Material
from documents.exports import Listing
from documents.models import KEPT, STALE, ExportRecord, Package

log = logging.getLogger(__name__)

SUFFIXES = {Package.Kind.DOSSIER: ".pdf", Package.Kind.ARCHIVE: ".zip"}
SECONDS_BETWEEN = 0.5
NO_LONGER = "账号的权限已改变，请重新导出。"
ERASED_MEANWHILE = "期间清除了保存期满的个人信息，请重新导出。"
FAILED = "生成时出现故障，请稍后重新生成；多次失败请联系评审办公室。"


def writer_of(kind):
    """Return the function that writes a package of this kind."""
    from documents.dossier import archive, dossier  # load pikepdf: 6 MB for whoever only queues

    return {Package.Kind.DOSSIER: dossier.write, Package.Kind.ARCHIVE: archive.write}[kind]


def request(material, kind, user):
    """Return the package of this content, queued unless it is there or under way.

    Two clicks build once: the row is locked while this is decided.
    """
    with transaction.atomic():
        package, is_new = Package.objects.select_for_update().get_or_create(
            application_id=material.application.pk,
            kind=kind,
            key=material.key,
            defaults={"audience": material.audience, "requested_by": user},
        )
        if is_new or not (package.is_ready or package.is_under_way):
            package.state, package.run, package.notes = Package.State.WAITING, uuid.uuid4(), []
            package.done = package.total = 0
            package.moved_at, package.requested_by = timezone.now(), user
            package.save()
            asked = build.using(queue_name=queue_of(user))
            asked.enqueue(package.pk, str(package.run))
    return package


def request_export(export):
    """Queue the building of a new export; return it."""
    with transaction.atomic():
        export.save()
        asked = build_export.using(queue_name=queue_of(export.requested_by))
        asked.enqueue(export.pk, str(export.run))
    return export


class TakenOver(Exception):
    """Somebody else builds it now, or the package is gone."""


class Progress:
    """Counts steps, and saves how far a build is: seldom enough to cost nothing."""

    def __init__(self, package, total):
        self.package, self.total, self.done = package, total, 0
        self.saved_at = time.monotonic()
        self._save()

    def __call__(self, steps):
        self.done += steps
        if time.monotonic() - self.saved_at >= SECONDS_BETWEEN:
            self._save()

    def _save(self):
        self.saved_at = time.monotonic()
        if not self.package.move(done=self.done, total=self.total):
            raise TakenOver


@task(priority=PACKAGE)
def build(package_id, run):
    """Build one package, for whoever asked for it, unless it is no longer asked for."""
    claim_and_build(Package, package_id, run, _build)


@task(priority=EXPORT)
def build_export(export_id, run):
    """Build one list or 附件1, for whoever asked for it."""
    claim_and_build(ExportRecord, export_id, run, _build_export)


def claim_and_build(model, pk, run, write):
    """Let `write(build)` make a build that was asked for, unless another worker has it.

    What it raises is logged, and the build has failed.
    """
    # One that is being built comes here again only when its worker was killed; if that one is alive
    # after all, it finds out at its next step, and what it made is thrown away.
    open_states = (model.State.WAITING, model.State.BUILDING)
    claim = uuid.uuid4()
    asked = model.objects.filter(pk=pk, run=uuid.UUID(run), state__in=open_states)
    if not asked.update(state=model.State.BUILDING, builder=claim, moved_at=timezone.now()):
        return
    mine = model.objects.select_related("requested_by").filter(pk=pk, builder=claim)
    try:
        # Also between the claim and this somebody may have thought this worker dead.
        if (claimed := mine.first()) is None:
            raise TakenOver
        write(claimed)
    except TakenOver:
        log.warning("somebody else took over %s %s", model.__name__, pk)
    except Exception:
        log.exception("%s %s was not built", model.__name__, pk)
        claimed.move(state=model.State.FAILED, notes=[FAILED])


def _build(package):
    user = package.requested_by
    application = (
        annex2.prepared(Application.objects.visible_to(user))
        .select_related("recommending_unit")
        .filter(pk=package.application_id)
        .first()
    )
    material = Material(user, application) if application else None
    if material is None:
        package.delete()
        return
    if material.key != package.key:
        # The content has changed while this was waiting: the page says so, and offers the new one.
        package.move(state=Package.State.FAILED, notes=[STALE])
        return
    progress = Progress(package, len(material.files) + 2)
    suffix = SUFFIXES[package.kind]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"made{suffix}")
        said = writer_of(package.kind)(material, path, Path(folder), progress)
        progress(1)
        size = _keep(package, path)
    _finish(package, size=size, done=progress.total, **said)


def _keep(build, path):
    """Put what was made at `path` into the storage; return its size in bytes.

    It is opened only now: who writes a file may put another in its place.
    """
    size = path.stat().st_size
    with path.open("rb") as made:
        # Whole rounds are large: a folder of ours takes the file without copying it.
        build.file.save(f"made{path.suffix}", MadeFile(made), save=False)
    return size


def _finish(package, **found):
    """Save a built package, and remove those that it replaces for the same readers."""
    name, storage = package.file.name, package.file.storage
    try:
        with transaction.atomic():
            if not package.move(
                state=Package.State.READY, file=name, finished_at=timezone.now(), **found
            ):
                raise TakenOver
            old = Package.objects.filter(
                application=package.application_id,
                kind=package.kind,
                audience=package.audience,
                pk__lt=package.pk,
            )
            files = [each.file.name for each in old if each.file]
            old.delete()
    except BaseException:
        storage.delete(name)
        raise
    for each in files:
        storage.delete(each)


def _build_export(export):
    listing = _listing(export)
    if listing is None:
        export.move(state=ExportRecord.State.FAILED, notes=[NO_LONGER])
        return
    progress = Progress(export, len(listing))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"made{export.suffix}")
        _write_export(export, listing, path, progress)
        finish_export(export, path, rows=len(listing), done=len(listing))


def finish_export(export, path, **found):
    """Store the file of an export, made at `path`, and remove files whose time is over."""
    size = _keep(export, path)
    name, storage = export.file.name, export.file.storage
    try:
        if not export.move(
            state=ExportRecord.State.READY,
            file=name,
            size=size,
            finished_at=timezone.now(),
            **found,
        ):
            raise TakenOver
    except BaseException:
        storage.delete(name)
        raise
    remove_exports(timezone.now() - KEPT)


def _write_export(export, listing, path, progress):
    if export.kind == ExportRecord.Kind.ANNEX1_WORD:
        from documents.word import annex1_docx  # loads python-docx

        annex1_docx.write(listing, path, progress)
    else:
        listing.write(path, export.created_at, progress)


def _listing(export):
    """Return what an export asks for as its requester may read it now, None when nothing."""
    user = export.requested_by
    if user.role != export.role or not user.is_active:
        return None
    if export.kind in {ExportRecord.Kind.ANNEX1, ExportRecord.Kind.ANNEX1_WORD}:
        return annex1.asked_for(user, export.asked)
    return Listing(user, export.asked)


def remove_exports(finished_before):
    """Delete the files of exports finished before a time; return how many. Their records stay."""
    old = list(ExportRecord.objects.filter(finished_at__lt=finished_before).exclude(file=""))
    for export in old:
        assert export.file.name is not None
        export.file.storage.delete(export.file.name)
        ExportRecord.objects.filter(pk=export.pk).update(file="")
    return len(old)


def forget_exports():
    """Stop every export under way and delete the files of all others; return how many."""
    under_way = (ExportRecord.State.WAITING, ExportRecord.State.BUILDING)
    ExportRecord.objects.filter(state__in=under_way).update(
        state=ExportRecord.State.FAILED, notes=[ERASED_MEANWHILE]
    )
    return remove_exports(timezone.now())
