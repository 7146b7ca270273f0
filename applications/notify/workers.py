"""Which workers are alive, and what becomes of the tasks of one that was killed.

A worker renews its lease every few seconds. What a worker was doing whose lease has run out is
queued again; every task may therefore begin twice, and does nothing twice (decision 0015).
"""

import datetime
import logging
import threading
import time

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, models, transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult, get_date_max

log = logging.getLogger(__name__)

LEASE = datetime.timedelta(seconds=settings.WORKER_LEASE)
RENEWALS = 6  # in the time of one lease
# Priority of tasks that may wait for hours before somebody has to be told.
LEISURELY = -20
# A task whose worker was killed so often kills workers; it is given up.
TRIES = 3
FORGOTTEN = datetime.timedelta(days=1)


class WorkerLost(Exception):
    """Every worker that took the task was killed in it."""


class WorkerQuerySet(models.QuerySet):
    """Workers as their leases stand."""

    def at_work(self):
        """Those whose lease has not run out."""
        return self.filter(seen_at__gt=timezone.now() - LEASE)


class Worker(models.Model):
    """One process that works on the queue, and when it was last heard of."""

    key = models.CharField(max_length=64, primary_key=True)
    seen_at = models.DateTimeField()

    objects = WorkerQuerySet.as_manager()

    class Meta:
        verbose_name = "后台进程"
        indexes = [models.Index(fields=["seen_at"])]

    def __str__(self):
        return self.key


def renew(key):
    """Renew the lease of the worker with this key, or begin it."""
    Worker.objects.update_or_create(key=key, defaults={"seen_at": timezone.now()})


def resume_orphans():
    """Queue again what killed workers were doing; return how many tasks that were."""
    Worker.objects.filter(seen_at__lt=timezone.now() - FORGOTTEN).delete()
    if not DBTaskResult.objects.running().exists():
        return 0
    resumed = 0
    with transaction.atomic():
        # Read under the lock: a task that was taken after this has a worker that is alive.
        running = list(DBTaskResult.objects.running().select_for_update(skip_locked=True))
        alive = set(Worker.objects.at_work().values_list("pk", flat=True))
        for orphan in running:
            if orphan.worker_ids[-1] in alive:
                continue
            if len(orphan.worker_ids) >= TRIES:
                log.error("task %s is given up: it ended %s workers", orphan.pk, TRIES)
                orphan.set_failed(WorkerLost(f"{TRIES} workers were killed in it"))
                continue
            log.warning("task %s is queued again: its worker was killed", orphan.pk)
            DBTaskResult.objects.filter(pk=orphan.pk).update(status="READY", started_at=None)
            resumed += 1
    return resumed


def oldest_waiting():
    """Return how long the task that is due has waited that waits longest; leisurely ones apart."""
    due = DBTaskResult.objects.ready().filter(priority__gt=LEISURELY).order_by()
    due = due.values_list("enqueued_at", "run_after")
    now, never = timezone.now(), get_date_max()
    since = [at if after == never else max(at, after) for at, after in due.iterator()]
    return now - min(since, default=now)


class Lease:
    """Renews a worker's lease from a thread beside it, and looks after orphans, as long as it runs.

    A worker whose lease could have run out judges nobody before it has kept its own for a whole
    one: after the database was away, all are late.
    """

    def __init__(self, key):
        self.key = key
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._keep, name="lease", daemon=True)

    def __enter__(self):
        renew(self.key)
        self.thread.start()
        return self

    def __exit__(self, *error):
        self.ended.set()
        self.thread.join(timeout=LEASE.total_seconds())

    def _keep(self):
        pause = LEASE.total_seconds() / RENEWALS
        kept_since = last = time.monotonic()
        while not self.ended.wait(pause):
            now = time.monotonic()
            if now - last > LEASE.total_seconds() / 2:
                kept_since = now  # this process was stopped for a while
            last = now
            try:
                renew(self.key)
                if now - kept_since > LEASE.total_seconds():
                    resume_orphans()
            except (OperationalError, InterfaceError):
                log.warning("the lease could not be renewed", exc_info=True)
                kept_since = time.monotonic()
            finally:
                # Opened anew each time: one that the database's end left behind is of no use.
                connection.close()
