"""Whose task is next, which workers are alive, what becomes of the tasks of one that was killed.

What is short goes before what is long, by the priorities here. Of what has one priority, those who
asked take turns: a unit that asks for fifty dossiers does not hold up another's one.

A worker renews its lease every few seconds. What a worker was doing whose lease has run out is
queued again; every task may therefore begin twice, and does nothing twice (decision 0015).
"""

import datetime
import logging
import threading
import time
from dataclasses import dataclass

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, models, transaction
from django.db.models import Case, Count, F, Max, Min, OuterRef, Subquery, When
from django.db.models.functions import Greatest, Now
from django.utils import timezone
from django_tasks_db.models import DBTaskResult, DBTaskResultQuerySet, get_date_max

log = logging.getLogger(__name__)

LEASE = datetime.timedelta(seconds=settings.WORKER_LEASE)
RENEWALS = 6  # in the time of one lease
# Priorities below that of letters, which is 0: what takes longer is done later.
# Channels come right behind letters: somebody waits for what is said there.
CHANNEL, VIRUS_CHECK, THUMBNAIL, CONVERSION, EXPORT, PACKAGE = -1, -5, -10, -11, -12, -14
# That of tasks that may wait for hours before somebody has to be told.
LEISURELY = -20
# Among so many tasks those who asked take turns.
LOOKED_AT = 1000
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


class Turn(models.Model):
    """When a task of a priority was last begun of one of those who ask for tasks."""

    queue = models.CharField(max_length=32)
    priority = models.IntegerField()
    at = models.DateTimeField()

    class Meta:
        verbose_name = "后台任务轮次"
        indexes = [models.Index(fields=["at"])]
        constraints = [
            models.UniqueConstraint(fields=["queue", "priority"], name="one_turn_each"),
        ]

    def __str__(self):
        return self.queue


def queue_of(user):
    """Return the name of the queue of what `user` asks for: one a unit, one an account of staff.

    For `task.using(queue_name=...)`; what nobody asks for, or somebody without an account (None),
    stays in the queue "default". Workers serve all of them.
    """
    if user is None:
        return "default"
    if user.applying_unit_id:
        return f"applying-{user.applying_unit_id}"
    if user.recommending_unit_id:
        return f"recommending-{user.recommending_unit_id}"
    return f"account-{user.pk}"


class QueuedTaskQuerySet(DBTaskResultQuerySet):
    """Tasks as a worker takes them."""

    def get_locked(self):
        """Return the task whose turn it is, locked, or None; called in a transaction.

        It is one of the highest priority, of the queue whose last turn is the longest ago; of the
        first so many that are due, which the index finds, however many there are.
        """
        first = self.order_by(F("priority").desc(), "run_after", "enqueued_at")[:LOOKED_AT]
        turns = Turn.objects.filter(queue=OuterRef("queue_name"), priority=OuterRef("priority"))
        return (
            self.filter(pk__in=first.values("pk"))
            .order_by(
                F("priority").desc(),
                Subquery(turns.values("at")).asc(nulls_first=True),
                "run_after",
                "enqueued_at",
            )
            .select_for_update(skip_locked=True)
            .first()
        )


class QueuedTask(DBTaskResult):
    """A task as a worker sees it: with its turn."""

    objects = QueuedTaskQuerySet.as_manager()

    class Meta:
        proxy = True

    def claim(self, worker_id):
        """Make it this worker's; its queue has had its turn, by the clock of the database."""
        super().claim(worker_id)
        Turn.objects.bulk_create(
            [Turn(queue=self.queue_name, priority=self.priority, at=Now())],
            update_conflicts=True,
            unique_fields=["queue", "priority"],
            update_fields=["at"],
        )


def renew(key):
    """Renew the lease of the worker with this key, or begin it."""
    Worker.objects.update_or_create(key=key, defaults={"seen_at": timezone.now()})


def resume_orphans():
    """Queue again what killed workers were doing; return how many tasks that were."""
    Worker.objects.filter(seen_at__lt=timezone.now() - FORGOTTEN).delete()
    Turn.objects.filter(at__lt=timezone.now() - FORGOTTEN).delete()
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


@dataclass(frozen=True)
class Waiting:
    """The tasks of one kind that are due and not begun: how many, and since when the first is."""

    kind: str
    priority: int
    number: int
    since: datetime.datetime


def waiting():
    """Return what waits, one `Waiting` a kind (the function that does it), in one query."""
    due_since = Case(
        When(run_after=get_date_max(), then="enqueued_at"),
        default=Greatest("enqueued_at", "run_after"),
    )
    kinds = (
        DBTaskResult.objects.ready()
        .order_by("task_path")
        .values_list("task_path")
        .annotate(highest=Max("priority"), number=Count("pk"), since=Min(due_since))
    )
    return [Waiting(*row) for row in kinds]


def oldest_waiting(kinds):
    """Return how long the task of these `Waiting` kinds has waited that waits longest.

    Of letters, channels, checks and thumbnails: what is built on request may wait behind them for
    long on a busy evening, and reading for hours, with nothing broken.
    """
    now = timezone.now()
    return now - min((each.since for each in kinds if each.priority > EXPORT), default=now)


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
