"""The electronic signatures of PDFs are read once, by the worker, and kept with the file.

pyHanko alone is 50 MB and 0.4 seconds of the processor to load: too much for the check of every
upload, so a process of its own is asked about signed files only (decision 0030).
"""

import logging

from django.db.models import Q

from applications.files import program_pool
from applications.files.virus_state import Scan
from applications.models import Evidence

log = logging.getLogger(__name__)
READING = program_pool.Program("applications.files.signature_program", wall_seconds=30)
# Of signatures from before they were read, so many each time that `manage.py notify` runs.
CAUGHT_UP = 200
UNREAD = Q(is_signed=True, signatures__isnull=True)


def read(data):
    """Return what the signatures of a PDF say (`signed_values.unread`), in order of the file.

    One that cannot be opened in time says so, and is not tried again; raises program_pool.Busy.
    """
    try:
        told, _ = READING.ask({}, data)
    except program_pool.Unanswered:
        told = {"refused": "unreadable"}
    return told.get("signatures") or [{"state": "unreadable"}]


def catch_up():
    """Read the signatures of files that have been examined without; return how many files."""
    waiting = Evidence.objects.filter(UNREAD, erased_at=None, examined_at__isnull=False)
    waiting = waiting.exclude(scan__in=[Scan.PENDING, Scan.QUARANTINED])
    count = 0
    for evidence in waiting.order_by("pk")[:CAUGHT_UP]:
        try:
            with evidence.file.open("rb") as stored:
                found = read(stored.read())
        except program_pool.Busy:
            break
        except OSError:
            log.exception(
                "the file of evidence %s was not there to read its signatures", evidence.pk
            )
            continue
        Evidence.objects.filter(pk=evidence.pk, erased_at=None).update(signatures=found)
        count += 1
    return count
