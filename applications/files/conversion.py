"""Documents of Word and Excel as evidence: the worker lets LibreOffice make pages of them.

Until then, and where that fails, the original alone is there, and a sentence beside it says so.
"""

import datetime
import logging
from collections import Counter

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from applications.files import evidence as evidence_files
from applications.files import libreoffice, program_pool
from applications.files.file_kinds import DOCUMENT_TYPES, EXCEL, EXTENSIONS, OLD_EXCEL
from applications.files.libreoffice import Occupied, Unconverted
from applications.files.limits import MEGABYTE, PAGE_LIMIT, SHOWN_LIMIT
from applications.files.rendition import SHOWABLE, note_of
from applications.files.thumbnails import examine_once_committed
from applications.files.virus_state import Scan
from applications.models import Application, Evidence
from applications.notify.workers import CONVERSION, WorkerLost, queue_of
from applications.recognition.reader import read_once_committed

log = logging.getLogger(__name__)

CONVERTING = "正在转换为可以查看的页面，请稍候。"
INSTEAD = "请在 Word、Excel 或 WPS 中另存为 PDF 后重新上传。"
FAILED = f"文件转换不成功，不能在平台上查看，{INSTEAD}"
NO_ROOM = f"文件转换后有 {{pages}} 页，材料合计将超过 {{most}} 页的上限，{INSTEAD}"
TOO_LONG = f"文件转换后有 {{pages}} 页，超过单个文件 {PAGE_LIMIT} 页的上限，请拆分后重新上传。"
TOO_LARGE = f"文件转换后超过 {SHOWN_LIMIT // MEGABYTE} MB，不能在平台上查看，{INSTEAD}"
# So long a submission waits for a conversion; then it goes on with the original alone.
PATIENCE = datetime.timedelta(minutes=10)
# Until the next try, one after the other, where nothing is wrong with the document; then
# `manage.py notify` goes on, every ten minutes, so many files each time, and gives up at last.
PAUSES = [datetime.timedelta(seconds=seconds) for seconds in (30, 120)]
CAUGHT_UP, TRIES = 200, 6
UNFINISHED = {TaskResultStatus.READY, TaskResultStatus.RUNNING}
# Of a queryset's rows: those that are still to be converted (`is_waiting`).
WAITING = ~SHOWABLE & Q(examined_at=None, erased_at=None)
NOT_OF_THE_DOCUMENT = (Occupied, program_pool.Busy, ValidationError, OSError)
# What is noticed in a document before it is converted, and its sheets made as wide as a page.
PREPARING = program_pool.Program("applications.files.document_program", wall_seconds=60)
SHEETS = {DOCUMENT_TYPES[EXCEL], DOCUMENT_TYPES[OLD_EXCEL]}


def is_waiting(file):
    """Whether a file (`Evidence`) is still to be converted."""
    return not file.is_shown and file.examined_at is None


def refusal(files, due_at):
    """Return why something with these files cannot go on yet, as a sentence, or None.

    Nobody is kept waiting so shortly before `due_at` (a datetime, or None) that it may be missed:
    the originals count.
    """
    now = timezone.now()
    if due_at is not None and now >= due_at - PATIENCE:
        return None
    waiting = [file for file in files if is_waiting(file) and file.uploaded_at > now - PATIENCE]
    if not waiting:
        return None
    return f"“{waiting[0].original_name}”正在转换，请稍候再提交，或移除后改传 PDF。"


def look_once_committed(file):
    """Queue what the worker does with a new file that passed its checks, for after the transaction.

    It is converted where that is needed; then it is examined and read.
    """
    if is_waiting(file):
        queue = queue_of(file.uploaded_by)
        transaction.on_commit(lambda: convert.using(queue_name=queue).enqueue(file.pk), robust=True)
        return
    examine_once_committed(file)
    read_once_committed(file)


@task(priority=CONVERSION)
def convert(evidence_id, tried=0):
    """Make pages of a document, and look at them as at any other file.

    What fails for another reason than the document is tried again later, `tried` times so far.
    """
    file = Evidence.objects.get(pk=evidence_id)
    if not is_waiting(file) or file.erased_at or file.removed_at:
        return
    try:
        is_kept = keep_pages(file, *pages_of(file))
    except NOT_OF_THE_DOCUMENT as error:
        log.warning("document %s was not converted at try %s: %r", file.pk, tried + 1, error)
        if tried < len(PAUSES):
            later = timezone.now() + PAUSES[tried]
            again = convert.using(run_after=later, queue_name=queue_of(file.uploaded_by))
            again.enqueue(file.pk, tried + 1)
    except Unconverted as error:
        give_up(file, str(error))
    else:
        if is_kept:
            file.refresh_from_db()
            look_once_committed(file)


def pages_of(file):
    """Return (PDF, number of its pages, what is noted) of a stored document.

    Raises Unconverted, and what is NOT_OF_THE_DOCUMENT.
    """
    with file.file.open("rb") as stored:
        data = stored.read()
    ending = EXTENSIONS[file.content_type]
    try:
        if file.content_type in SHEETS and ending != ".xlsx":
            data, ending = libreoffice.convert(data, ending, "xlsx"), ".xlsx"
        told, prepared = PREPARING.ask({"ending": ending}, data)
        made = libreoffice.convert(prepared or data, ending, "pdf")
        # A PDF like any other: without links, its pages counted.
        verdict, kept = evidence_files.OPENING.ask({}, made)
    except Occupied:
        raise
    except (Unconverted, program_pool.Unanswered) as error:
        log.warning("document %s was not converted: %r", file.pk, error)
        raise Unconverted(FAILED) from error
    if verdict.get("refused") == "pages":
        raise Unconverted(TOO_LONG.format(pages=verdict["count"]))
    if "refused" in verdict or "refused" in told:
        raise Unconverted(FAILED)
    pdf = kept or made
    if len(pdf) > SHOWN_LIMIT:
        raise Unconverted(TOO_LARGE)
    return pdf, verdict["pages"], note_of(told["notes"])


def keep_pages(file, pdf, pages, note):
    """Store the pages of a document with its row; return whether it still waited for them.

    Another worker may have been first, and the file may be removed or erased by now. Raises
    Unconverted when there is no room, ValidationError when the pages cannot be stored.
    """
    evidence_files.keep(file.rendition, "rendition.pdf", ContentFile(pdf))
    is_kept = False
    try:
        with transaction.atomic():
            application = Application.objects.select_for_update().get(pk=file.application_id)
            if not _waiting(file).exists():
                return False
            most = evidence_files.room(application.round, file.category)
            taken = evidence_files.taken(application, file.category)
            if taken.pages - file.pages + pages > most.pages:
                raise Unconverted(NO_ROOM.format(pages=pages, most=most.pages))
            is_kept = bool(
                _waiting(file).update(
                    rendition=file.rendition.name,
                    rendition_type="application/pdf",
                    rendition_note=note,
                    pages=pages,
                )
            )
            if application.is_editable:
                evidence_files.clear_pages_beyond(application, file, pages)
    finally:
        if not is_kept:
            file.rendition.storage.delete(file.rendition.name)
    return is_kept


def _waiting(file):
    """Return the row of a file, as long as it waits, as a queryset."""
    return Evidence.objects.filter(WAITING, pk=file.pk, removed_at=None)


def give_up(file, sentence):
    """Say of a file that still waits why nothing will be shown of it."""
    Evidence.objects.filter(WAITING, pk=file.pk).update(
        rendition_note=sentence, examined_at=timezone.now()
    )


def catch_up():
    """Queue conversions again that were lost on the way; return how many files that are.

    A file of which nothing came at so many tries, or that was removed meanwhile, waits no longer.
    """
    rows = Evidence.objects.filter(WAITING, uploaded_at__lt=timezone.now() - PATIENCE)
    rows = rows.exclude(scan__in=[Scan.PENDING, Scan.QUARANTINED]).select_related("uploaded_by")
    waiting = {row.pk: row for row in rows.order_by("pk")[:CAUGHT_UP]}
    tasks = DBTaskResult.objects.filter(
        task_path=convert.module_path, args_kwargs__args__0__in=[*waiting]
    )
    tried, queued, lost = Counter(), set(), set()
    for asked, status, error in tasks.values_list("args_kwargs", "status", "exception_class_path"):
        key = asked["args"][0]
        tried[key] += 1
        if status in UNFINISHED:
            queued.add(key)
        if error.endswith(f".{WorkerLost.__name__}"):
            lost.add(key)
    count = 0
    for key, file in waiting.items():
        if file.removed_at or key in lost or (tried[key] >= TRIES and key not in queued):
            give_up(file, FAILED)
        elif key not in queued:
            # One try each: the pauses are those between two runs of `manage.py notify`.
            convert.using(queue_name=queue_of(file.uploaded_by)).enqueue(key, len(PAUSES))
            count += 1
    return count
