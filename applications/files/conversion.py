"""Documents of Word and Excel as evidence: the worker lets LibreOffice make pages of them.

Until then, and where that fails, the original alone is there, and a sentence beside it says so.
"""

import datetime
import logging

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django_tasks import task

from applications.files import evidence as evidence_files
from applications.files import libreoffice, program_pool
from applications.files.file_kinds import DOCUMENT_TYPES, EXCEL, EXTENSIONS, OLD_EXCEL
from applications.files.libreoffice import Unconverted
from applications.files.rendition import note_of
from applications.files.thumbnails import examine, examine_once_committed
from applications.models import Application, Evidence
from applications.notify.workers import CONVERSION, queue_of
from applications.recognition.reader import read_once_committed

log = logging.getLogger(__name__)

CONVERTING = "正在转换为可以查看的页面，请稍候。"
INSTEAD = "请在 Word、Excel 或 WPS 中另存为 PDF 后重新上传。"
FAILED = f"文件转换不成功，不能在平台上查看，{INSTEAD}"
NO_ROOM = f"文件转换后有 {{pages}} 页，材料合计将超过 {{most}} 页的上限，{INSTEAD}"
# So long a submission waits for a conversion; then it goes on with the original alone.
PATIENCE = datetime.timedelta(minutes=10)
# What is noticed in a document before it is converted, and its sheets made as wide as a page.
PREPARING = program_pool.Program("applications.files.document_program", wall_seconds=60)
SHEETS = {DOCUMENT_TYPES[EXCEL], DOCUMENT_TYPES[OLD_EXCEL]}


def is_waiting(file):
    """Whether a file (`Evidence`) is still to be converted."""
    return not file.is_shown and file.examined_at is None


def refusal(files):
    """Return why something with these files cannot go on yet, as a sentence, or None."""
    since = timezone.now() - PATIENCE
    waiting = [file for file in files if is_waiting(file) and file.uploaded_at > since]
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
def convert(evidence_id):
    """Make pages of a document, and look at them as at any other file."""
    file = Evidence.objects.get(pk=evidence_id)
    if not is_waiting(file) or file.erased_at:
        return
    try:
        _keep_pages(file, *pages_of(file))
    except Unconverted as error:
        Evidence.objects.filter(pk=file.pk).update(
            rendition_note=str(error), examined_at=timezone.now()
        )
        return
    examine.call(file.pk)
    read_once_committed(file)


def pages_of(file):
    """Return (PDF, number of its pages, what is noted) of a stored document; raises Unconverted."""
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
    except (Unconverted, program_pool.Unanswered, program_pool.Busy) as error:
        log.warning("document %s was not converted: %r", file.pk, error)
        raise Unconverted(FAILED) from error
    if "refused" in verdict or "refused" in told:
        raise Unconverted(FAILED)
    return kept or made, verdict["pages"], note_of(told["notes"])


def _keep_pages(file, pdf, pages, note):
    """Store the pages of a document with its row; raises Unconverted when there is no room."""
    evidence_files.keep(file.rendition, "rendition.pdf", ContentFile(pdf))
    try:
        with transaction.atomic():
            application = Application.objects.select_for_update().get(pk=file.application_id)
            most = evidence_files.room(application.round, file.category)
            taken = evidence_files.taken(application, file.category)
            if taken.pages - file.pages + pages > most.pages:
                raise Unconverted(NO_ROOM.format(pages=pages, most=most.pages))
            Evidence.objects.filter(pk=file.pk, erased_at=None).update(
                rendition=file.rendition.name,
                rendition_type="application/pdf",
                rendition_note=note,
                pages=pages,
            )
    except BaseException:
        file.rendition.storage.delete(file.rendition.name)
        raise
    file.refresh_from_db()
