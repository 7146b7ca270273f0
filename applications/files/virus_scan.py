"""Virus checks by ClamAV, where CLAMD_URL names one: pending, then clean or quarantined.

They fail closed: a file that clamd has not seen cannot be opened, printed or submitted, however
long clamd is away. Without CLAMD_URL nothing is checked, and nothing here costs a query.
"""

import datetime
import logging

from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django_tasks import task

from applications.files import clamd, conversion
from applications.files.virus_state import Scan
from applications.notify.workers import VIRUS_CHECK, queue_of
from applications.recognition.reader import is_read, read_once_committed

log = logging.getLogger(__name__)
# Until the next try, one after the other; then `manage.py notify` goes on, every ten minutes.
PAUSES = [datetime.timedelta(seconds=seconds) for seconds in (10, 60, 300)]
SCANNED = ("applications.Evidence", "review.Attachment")


def scan_once_committed(file):
    """Queue the check of a new file for after this transaction, where there is a clamd.

    A queue that fails delays the check until `manage.py notify`.
    """
    if file.scan == Scan.PENDING:
        queue, label = queue_of(file.uploaded_by), file._meta.label
        transaction.on_commit(
            lambda: scan.using(queue_name=queue).enqueue(label, file.pk, 0), robust=True
        )


@task(priority=VIRUS_CHECK)
def scan(label, pk, tried):
    """Have one file checked; while clamd gives no verdict, try again later."""
    file = apps.get_model(label).objects.get(pk=pk)
    try:
        check(file)
    except (clamd.Unavailable, OSError) as error:
        log.warning("%s %s was not checked for viruses at try %s: %s", label, pk, tried + 1, error)
        if tried < len(PAUSES):
            later = timezone.now() + PAUSES[tried]
            again = scan.using(run_after=later, queue_name=queue_of(file.uploaded_by))
            again.enqueue(label, pk, tried + 1)


def check(file):
    """Ask clamd about a pending file and write down its verdict; raises `clamd.Unavailable`."""
    if file.scan != Scan.PENDING:
        return
    with file.file.open("rb") as stored:
        virus = clamd.infection(settings.CLAMD_URL, stored)
    with transaction.atomic():
        pending = type(file).objects.filter(pk=file.pk, scan=Scan.PENDING)
        state = Scan.QUARANTINED if virus else Scan.CLEAN
        if not pending.update(scan=state, infection=virus[:200], scanned_at=timezone.now()):
            return  # another worker was first
        if virus:
            log.warning("%s %s is quarantined: %s", file._meta.label, file.pk, virus)
            return
        if file._meta.label == "applications.Evidence":
            conversion.look_once_committed(file)
        elif is_read(file):
            read_once_committed(file)


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
