"""`manage.py db_worker`: django-tasks-db's worker, with a lease (applications/workers.py).

It outlasts the database: when that goes away, it waits until it is back.
"""

import logging
import time

from django.db import InterfaceError, OperationalError, connections
from django.utils.crypto import get_random_string
from django_tasks_db.management.commands import db_worker

from applications.workers import Lease

log = logging.getLogger(__name__)
SECONDS_BETWEEN = 2


class Command(db_worker.Command):
    """The worker under the name that everybody knows."""

    def handle(self, *, worker_id, batch, **options):
        while True:
            try:
                with Lease(worker_id):
                    return super().handle(worker_id=worker_id, batch=batch, **options)
            except (OperationalError, InterfaceError):
                if batch:
                    raise
                log.exception("the database went away; trying again")
                connections.close_all()
                time.sleep(SECONDS_BETWEEN)
                # Under another name: what it was doing is an orphan's.
                worker_id = get_random_string(32)
