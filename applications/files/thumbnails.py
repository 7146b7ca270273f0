"""What the worker finds out about an uploaded file: its thumbnail, and what to be warned of.

A warning refuses nothing: a blank back page may be meant. A file that cannot be drawn has neither
thumbnail nor warning, and is not tried again.
"""

from contextlib import suppress

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django_tasks import task

from applications.files import program_pool, signatures
from applications.models import Evidence
from applications.notify.workers import THUMBNAIL, queue_of

DRAWING = program_pool.Program("applications.files.thumbnail_program", wall_seconds=30)
# Printed on half an A4 page (A5), a picture with fewer dots an inch than this is a blur.
PRINT_DPI = 150
HALF_PAGE_INCHES = (5.83, 8.27)
NAMED_PAGES = 8


@task(priority=THUMBNAIL)
def examine(evidence_id):
    """Draw the thumbnail of a file and write down what its owner should look at again."""
    evidence = Evidence.objects.get(pk=evidence_id)
    if evidence.examined_at is not None:
        return
    with evidence.shown_file.open("rb") as stored:
        seen, picture = draw(stored.read(), evidence.shown_type)
    if evidence.is_signed and evidence.signatures is None:
        with suppress(program_pool.Busy), evidence.file.open("rb") as stored:
            evidence.signatures = signatures.read(stored.read())
    if seen:
        evidence.warning = warning_of(evidence, seen)
        evidence.thumbnail.save("thumbnail.png", ContentFile(picture), save=False)
    evidence.examined_at = timezone.now()
    evidence.save(update_fields=["thumbnail", "warning", "signatures", "examined_at"])


def examine_once_committed(evidence):
    """Queue the examination of a file for after this transaction.

    A queue that fails then costs a thumbnail, not the upload, which is saved by that time.
    """
    queue = queue_of(evidence.uploaded_by)
    transaction.on_commit(lambda: examine.using(queue_name=queue).enqueue(evidence.pk), robust=True)


def draw(data, content_type):
    """Return what `thumbnail_program.py` saw in a file, and a PNG; (None, b"") if it could not."""
    try:
        seen, picture = DRAWING.ask({"type": content_type}, data)
    except (program_pool.Unanswered, program_pool.Busy):
        return None, b""
    return (None, b"") if "refused" in seen else (seen, picture)


def warning_of(evidence, seen):
    """Return the sentence that the owner is shown, or ""."""
    is_image = evidence.shown_type != "application/pdf"
    blank = seen["blank"]
    if blank and evidence.pages == 1:
        what = "图片" if is_image else "文件"
        return f"{what}几乎空白，请确认是否拍摄或扫描完整。"
    if blank:
        listed = "、".join(map(str, blank[:NAMED_PAGES]))
        more = f" 等 {len(blank)} " if len(blank) > NAMED_PAGES else " "
        return f"第 {listed}{more}页几乎空白，请确认是否扫描完整。"
    if is_image and print_dpi(seen["width"], seen["height"]) < PRINT_DPI:
        return f"图片只有 {seen['width']}×{seen['height']} 像素，打印后可能看不清，请换用更清晰的。"
    return ""


def print_dpi(width, height):
    """Return how many dots an inch a picture has when it is fitted onto half an A4 page."""
    short, long = sorted((width, height))
    return max(short / HALF_PAGE_INCHES[0], long / HALF_PAGE_INCHES[1])
