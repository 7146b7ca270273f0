"""The worker's reading of uploaded files: which is next, page by page, and what is kept.

A file is registered once it has passed its checks, and read once for each content. The worker reads
for some seconds and then lets other tasks go first, so that a letter never waits for a file of 300
pages; what somebody waits for is read first. Without `settings.OCR`, or without the packages,
nothing is registered and no page says anything of it.
"""

import base64
import datetime
import logging
import time
from functools import cache
from importlib.util import find_spec

from django.apps import apps
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q, Sum
from django.utils import timezone
from django_tasks import task
from django_tasks_db.models import DBTaskResult

from applications.files import program_pool
from applications.files.rendition import SHOWABLE
from applications.files.virus_state import Scan
from applications.notify.workers import LEISURELY
from applications.recognition import page_terms
from applications.recognition.page import Page, PageState
from applications.recognition.records import FileText, PageText
from applications.rounds import EvidenceCategory

log = logging.getLogger(__name__)

PACKAGES = ("rapidocr", "onnxruntime", "cv2", "zxingcpp")
READING = program_pool.Program(
    "applications.recognition.read_program",
    wall_seconds=90,
    arguments=lambda: [str(settings.OCR_MEMORY)],
)
# So long a task reads; then others of the queue go first.
SLICE_SECONDS = 4
# A file that has not moved for so long was being read by a worker that is gone.
STALLED = datetime.timedelta(minutes=4)
# An upload whose registration was lost is found by the next `manage.py notify`.
RECENT = datetime.timedelta(days=1)
# Who waits: the applicant before the stamped form, then before the awards, then before the rest.
RANKS = {EvidenceCategory.STAMPED: 0, EvidenceCategory.HONOUR: 1}
REST = 2
# An empty page, as PNG.
WHITE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAEAAAABAAQAAAACCEkxzAAAAFElEQVR4nGP8zwABTAyjjFEGyQwAzx8Bf2TeB3QA"
    "AAAASUVORK5CYII="
)
# Of attachments, the scans of the stamped 附件1 alone are read.
LIST_SCAN = "LIST_SCAN"
# What was submitted is held against what was read of it even when its applicant, to whom it was
# returned, has removed or replaced a file since.
_WAS_SUBMITTED = Q(
    application__submissions__submitted_at__range=(F("uploaded_at"), F("removed_at"))
)
# Where files stand that are read: label of the model, and which of its rows; a
# row may come twice.
SOURCES = (
    ("applications.Evidence", Q(erased_at=None) & (Q(removed_at=None) | _WAS_SUBMITTED)),
    ("review.Attachment", Q(kind=LIST_SCAN, erased_at=None)),
)


class Broken(Exception):
    """The program that reads reads nothing: what is wrong is not the page."""


@cache
def has_packages():
    """Whether the packages are installed that reading needs."""
    return all(find_spec(name) for name in PACKAGES)


def is_on():
    """Whether uploaded files are read at all."""
    return settings.OCR and has_packages()


def is_read(file):
    """Whether files of this kind (`Evidence`, `Attachment`) are read."""
    return file._meta.label == "applications.Evidence" or file.kind == LIST_SCAN


def read_once_committed(file):
    """Register a stored file (`Evidence`, or a scan of 附件1) to be read after this transaction.

    It must have passed its checks. Content that is known already is not read twice, unless it is a
    stamped paper now, whose ink is asked about, and was not then. A queue that fails costs the
    reading, not the upload.
    """
    if is_on():
        transaction.on_commit(lambda: _register(file), robust=True)


def _register(file):
    # Scans of 附件1 have no category: they are stamped as well.
    category = getattr(file, "category", EvidenceCategory.STAMPED)
    with_ink = category == EvidenceCategory.STAMPED
    rank = RANKS.get(category, REST)
    row, is_new = FileText.objects.get_or_create(
        sha256=file.sha256, defaults={"pages": file.pages, "rank": rank, "with_ink": with_ink}
    )
    changes: dict[str, object] = {}
    if rank < row.rank:
        changes["rank"] = rank
    if with_ink and not row.with_ink:
        changes |= {"with_ink": True, "state": FileText.State.WAITING, "pages_done": 0}
    if changes:
        FileText.objects.filter(pk=row.pk).update(**changes)
    if is_new or changes:
        ask_for_turn()


def register_all(since=None):
    """Register every stored file that nobody has registered; return how many contents that were.

    `since`, a datetime, leaves out what was uploaded before.
    """
    before = FileText.objects.count()
    for label, condition in SOURCES:
        known = FileText.objects.values("sha256")
        rows = apps.get_model(label).objects.filter(condition, SHOWABLE)
        rows = rows.exclude(sha256__in=known)
        if since:
            rows = rows.filter(uploaded_at__gte=since)
        rows = rows.exclude(scan__in=[Scan.PENDING, Scan.QUARANTINED])
        # All at once: SQLite lets nobody write who still reads from before another's writing.
        for file in list(rows.order_by("pk")):
            _register(file)
    return FileText.objects.count() - before


@task(priority=LEISURELY)  # letters, virus checks, thumbnails and dossiers go first
def read_some():
    """Read on for some seconds; ask for the next turn while there is more."""
    until = time.monotonic() + SLICE_SECONDS
    while time.monotonic() < until:
        text = _take_next()
        if text is None:
            READING.end()
            return
        try:
            read(text, until)
        except Broken:
            log.exception("nothing can be read; `manage.py notify` tries again")
            return
    ask_for_turn()


def ask_for_turn():
    """Queue a turn of reading, unless one waits already: a hundred uploads ask for one."""
    waiting = DBTaskResult.objects.ready().filter(task_path=read_some.module_path)
    if not waiting.exists():
        read_some.enqueue()


def _open_files():
    stalled = Q(state=FileText.State.READING, moved_at__lt=timezone.now() - STALLED)
    return FileText.objects.filter(Q(state=FileText.State.WAITING) | stalled)


def _take_next():
    """Return the next file to be read, which is this process's now, or None."""
    if not is_on():
        return None
    while (text := _open_files().order_by("rank", "created_at").first()) is not None:
        changes = {"state": FileText.State.READING, "moved_at": timezone.now()}
        if _open_files().filter(pk=text.pk).update(**changes):
            text.state = FileText.State.READING
            return text
    return None


def pages_to_read():
    """Return how many pages are still to be read of what is registered."""
    left = Sum(F("pages") - F("pages_done"), default=0)
    unfinished = (FileText.State.WAITING, FileText.State.READING)
    return FileText.objects.filter(state__in=unfinished).aggregate(left=left)["left"]


def retry_failed():
    """Let pages that were not read be read again; return how many files that concerns."""
    failed = FileText.objects.filter(pages_failed__gt=0)
    failed |= FileText.objects.filter(state=FileText.State.FAILED)
    for text in list(failed):
        for row in text.read_pages.all():
            if row.page.state == PageState.FAILED:
                row.delete()
        left = text.read_pages.count()
        changes = {"state": FileText.State.WAITING, "pages_done": left, "pages_failed": 0}
        FileText.objects.filter(pk=text.pk).update(**changes)
    ask_for_turn()
    return len(failed)


def still_unread():
    """Queue another turn where files wait, as after a queue that failed; return how many.

    What was uploaded lately and not even registered is registered.
    """
    if not is_on():
        return 0
    register_all(since=timezone.now() - RECENT)
    number = _open_files().count()
    if number:
        ask_for_turn()
    return number


def read(text, until=None):
    """Read the pages of a `FileText` that are not read yet, in order.

    `until` is a time of `time.monotonic()`: the file waits for its next turn then.
    """
    file = _source_of(text.sha256)
    if file is None:  # removed, or replaced, before its turn came
        text.delete()
        return
    done = _done(text)
    try:
        with file.shown_file.open("rb") as stored:
            data = stored.read()
    except OSError:
        log.exception("a file was not there to be read")
        _save(text, done, FileText.State.FAILED)
        return
    for number in range(1, text.pages + 1):
        if number in done:
            continue
        if until is not None and time.monotonic() > until:
            _save(text, done, FileText.State.WAITING)
            return
        try:
            page = read_page(data, file.shown_type, text.sha256, number, text.with_ink)
        except program_pool.Busy:
            _save(text, done, FileText.State.WAITING)
            return
        except Broken:
            _save(text, done, FileText.State.WAITING)
            raise
        if not _keep(text, page):
            return  # erased, or taken over, in the meantime
        done[number] = page.state != PageState.FAILED
        _save(text, done, FileText.State.READING)
    is_read = any(done.values())
    _save(text, done, FileText.State.DONE if is_read else FileText.State.FAILED)


def read_page(data, content_type, sha256, number, with_ink):
    """Return the `Page` of a file (bytes) as the program reads it.

    A page that cannot be read in its time and memory, twice, is one whose state is FAILED. Raises
    `program_pool.Busy`, and Broken when it is not the page's fault.
    """
    question = {"type": content_type, "sha256": sha256, "page": number, "ink": with_ink}
    answer = _ask(question, data) or _ask(question, data)
    if answer is None:
        if _ask({"type": "image/png", "sha256": "", "page": 1, "ink": False}, WHITE) is None:
            raise Broken("the program that reads does not even read an empty page")
        answer = {"refused": "unanswered"}
    if "refused" in answer:
        log.warning("page %s of a file was not read: %s", number, answer["refused"])
        return Page(number=number, state=PageState.FAILED)
    return Page.from_json(answer["page"])


def _ask(question, data):
    """Return the program's answer, or None where there is none; raises `program_pool.Busy`."""
    try:
        answer, _ = READING.ask(question, data)
    except program_pool.Unanswered:
        return None
    return answer


def _source_of(sha256):
    """Return a stored file with this content that may be opened, or None."""
    for label, condition in SOURCES:
        rows = apps.get_model(label).objects.filter(condition, SHOWABLE, sha256=sha256)
        rows = rows.exclude(scan__in=[Scan.PENDING, Scan.QUARANTINED])
        if file := rows.order_by("pk").first():
            return file
    return None


def _done(text):
    """Return {page: whether it was read} of what is there already."""
    rows = text.read_pages.all()
    if text.with_ink:
        # What was read before its ink was asked about is read again.
        stale = [row.pk for row in rows if row.page.state == PageState.READ and not row.page.ink]
        text.read_pages.filter(pk__in=stale).delete()
        rows = text.read_pages.all()
    return {row.number: row.page.state != PageState.FAILED for row in rows}


def _keep(text, page):
    """Save a page; return whether the file is still to be read by this process."""
    try:
        with transaction.atomic():
            if not FileText.objects.filter(pk=text.pk).exists():
                return False
            row = PageText.objects.create(file=text, number=page.number, content=page.to_json())
            page_terms.index(row, page)
    except IntegrityError:  # another worker has read it
        return False
    return True


def _save(text, done, state):
    # Not over what was changed meanwhile: ink that is asked about now sends it back to the queue.
    FileText.objects.filter(pk=text.pk, with_ink=text.with_ink).update(
        state=state,
        pages_done=len(done),
        pages_failed=sum(not is_read for is_read in done.values()),
        moved_at=timezone.now(),
    )


def forget_unused(*digests):
    """Remove what was read of content that no file has any more; return how many files that were.

    `digests` are those that are looked at; none means all.
    """
    texts = FileText.objects.filter(sha256__in=digests) if digests else FileText.objects.all()
    for label, condition in SOURCES:
        rows = apps.get_model(label).objects.filter(condition)
        texts = texts.exclude(sha256__in=rows.values("sha256"))
    keys = list(texts.values_list("pk", flat=True))
    FileText.objects.filter(pk__in=keys).delete()
    return len(keys)
