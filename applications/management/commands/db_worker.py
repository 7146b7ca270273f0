"""`manage.py db_worker`: django-tasks-db's worker, with a lease (applications/notify/workers.py).

It outlasts the database: when that goes away, it waits until it is back. Told once to stop (TERM,
INT, QUIT), it finishes the task that it is at; told twice, it ends as if it was killed, and another
worker takes that task up.
"""

import logging
import os
import signal
import time

from django.db import InterfaceError, OperationalError, connections
from django.utils.crypto import get_random_string
from django_tasks_db.management.commands import db_worker

from applications.notify.workers import Lease, QueuedTask

log = logging.getLogger(__name__)
SECONDS_BETWEEN = 2


class Worker(db_worker.Worker):
    """The library's worker, whose tasks do not fail for its being told to stop."""

    # Of the process: a worker that comes after the database's return was told, too.
    is_told_to_stop = False

    def shutdown(self, signum, frame):
        """Stop after the present task; the second time at once."""
        if Worker.is_told_to_stop:
            log.warning("%s again: stopping at once", signal.strsignal(signum))
            # Not by an exception, as the library does: that one is caught as the task's own, which
            # is then FAILED, and nobody's.
            os._exit(1)
        Worker.is_told_to_stop = True
        super().shutdown(signum, frame)


# The library's command makes its worker by this name, and that takes its tasks by this one.
db_worker.Worker = Worker
db_worker.DBTaskResult = QueuedTask


class Command(db_worker.Command):
    """The worker under the name that everybody knows."""

    help = "执行后台任务：消息和邮件、缩略图、材料合订本、导出、识别"

    def handle(self, *, worker_id, batch, **options):
        while True:
            try:
                with Lease(worker_id):
                    return super().handle(worker_id=worker_id, batch=batch, **options)
            except (OperationalError, InterfaceError):
                if batch or Worker.is_told_to_stop:
                    raise
                log.exception("the database went away; trying again")
                connections.close_all()
                time.sleep(SECONDS_BETWEEN)
                # Under another name: what it was doing is an orphan's.
                worker_id = get_random_string(32)
