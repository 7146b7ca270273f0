"""Virus checks by ClamAV, where CLAMD_URL names one: pending, then clean or quarantined.

They fail closed: a file that clamd has not seen cannot be opened, printed or submitted, however
long clamd is away. Without CLAMD_URL nothing is checked, and nothing here costs a query.
"""

import datetime
import logging

from django.apps import apps
from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django_tasks import task

from applications import clamd

log = logging.getLogger(__name__)
# Until the next try, one after the other; then `manage.py notify` goes on, every ten minutes.
PAUSES = [datetime.timedelta(seconds=each) for each in (10, 60, 300)]
SCANNED = ("applications.Evidence", "review.Attachment")


class Scan(models.TextChoices):
    """How far the virus check of a file is; a file stored while there was no clamd has none."""

    PENDING = "PENDING", "病毒检查中"
    CLEAN = "CLEAN", "未检出病毒"
    QUARANTINED = "QUARANTINED", "已隔离"


def first_state():
    """Return the state of a file that is being stored."""
    return Scan.PENDING if settings.CLAMD_URL else ""


class Scanned(models.Model):
    """A stored file with its virus check."""

    scan = models.CharField("病毒检查", max_length=12, choices=Scan, blank=True)
    # What clamd calls the virus that it found.
    infection = models.CharField("检出的病毒", max_length=200, blank=True)
    scanned_at = models.DateTimeField("检查病毒时间", null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def withheld(self):
        """Why nobody may open it, as a sentence; "" for a file like any other."""
        if self.scan == Scan.PENDING:
            return "文件正在进行病毒检查，通过后才能打开，请稍后再试。"
        if self.scan == Scan.QUARANTINED:
            return "文件检出病毒，已隔离，不能打开；请换用干净的文件。"
        return ""


def withheld_refusal(files):
    """Return why something with these files cannot go on yet, as a sentence, or None."""
    if bad := [each for each in files if each.scan == Scan.QUARANTINED]:
        return f"“{bad[0].original_name}”检出病毒，已隔离，请移除或替换后再提交。"
    if waiting := sum(each.scan == Scan.PENDING for each in files):
        return f"有 {waiting} 份文件正在进行病毒检查，通过后才能提交，请稍后再试。"
    return None


def scan_once_committed(file):
    """Queue the check of a new file for after this transaction, where there is a clamd.

    A queue that fails delays the check until `manage.py notify`.
    """
    if file.scan == Scan.PENDING:
        transaction.on_commit(lambda: scan.enqueue(file._meta.label, file.pk, 0), robust=True)


@task(priority=-5)  # after letters, before thumbnails
def scan(label, pk, tried):
    """Have one file checked; while clamd gives no verdict, try again later."""
    file = apps.get_model(label).objects.get(pk=pk)
    try:
        check(file)
    except (clamd.Unavailable, OSError) as error:
        log.warning("%s %s was not checked for viruses at try %s: %s", label, pk, tried + 1, error)
        if tried < len(PAUSES):
            later = scan.using(run_after=timezone.now() + PAUSES[tried])
            later.enqueue(label, pk, tried + 1)


def check(file):
    """Ask clamd about a pending file and write down its verdict; raises `clamd.Unavailable`."""
    from applications.examining import examine_once_committed

    if file.scan != Scan.PENDING:
        return
    with file.file.open("rb") as stored:
        found = clamd.infection(settings.CLAMD_URL, stored)
    with transaction.atomic():
        pending = type(file).objects.filter(pk=file.pk, scan=Scan.PENDING)
        state = Scan.QUARANTINED if found else Scan.CLEAN
        pending.update(scan=state, infection=found[:200], scanned_at=timezone.now())
        if found:
            log.warning("%s %s is quarantined: %s", file._meta.label, file.pk, found)
        elif file._meta.label == "applications.Evidence":
            examine_once_committed(file)


def check_pending():
    """Check every file that still waits; return (how many were checked, how many still wait)."""
    checked = waiting = 0
    for label in SCANNED:
        for file in apps.get_model(label).objects.filter(scan=Scan.PENDING).order_by("pk"):
            try:
                if waiting or not settings.CLAMD_URL:
                    raise clamd.Unavailable("no clamd")
                check(file)
                checked += 1
            except (clamd.Unavailable, OSError) as error:
                log.warning("%s %s was not checked for viruses: %s", label, file.pk, error)
                waiting += 1
    return checked, waiting
