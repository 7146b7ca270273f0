"""Whether the portal is alive, and whether all that it needs is there: for machines that ask.

`/healthz` says that this process answers; restart it when it does not. `/readyz` asks the database,
the migrations, the storage and the worker, and names what fails, in words without secrets.
"""

import datetime
import logging
import threading
import time
import uuid

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import JsonResponse

from applications.notify.workers import Worker, oldest_waiting, waiting
from wsgsite import metrics

log = logging.getLogger(__name__)

# So many seconds an answer is given again, however often it is asked.
KEPT = 2
OK = "ok"
# Longer than this nothing waits for the worker, unless too few are at work.
QUEUE_AGE = datetime.timedelta(minutes=10)


class Failing(Exception):
    """A part that does not work; its text is shown, and holds no secret."""


def check_database():
    """Ask the database the least that it can be asked."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def check_migrations():
    """Fail while the code is newer than the tables."""
    if _migrated.is_set():
        return
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise Failing("migrations are missing")
    _migrated.set()  # tables do not go back while a process runs


def check_storage():
    """Write a small file and remove it: a full disk says so only when it is written to."""
    name = default_storage.save(f"ready/{uuid.uuid4().hex}", ContentFile(b"ready"))
    default_storage.delete(name)


def check_worker():
    """Fail when no worker is at work, or what is due has waited too long."""
    if not Worker.objects.at_work().exists():
        raise Failing("no worker is at work")
    if oldest_waiting(waiting()) > QUEUE_AGE:
        raise Failing("tasks have waited for more than ten minutes")


CHECKS = {
    "database": check_database,
    "migrations": check_migrations,
    "storage": check_storage,
    "worker": check_worker,
}
NEED_DATABASE = {"migrations", "worker"}
_migrated = threading.Event()
_lock = threading.Lock()
_last = {"at": None, "parts": {}}


def parts():
    """Return {part: "ok" or what fails}, at most `KEPT` seconds old."""
    with _lock:
        if _last["at"] is None or time.monotonic() - _last["at"] > KEPT:
            _last["parts"] = _asked()
            _last["at"] = time.monotonic()
        return _last["parts"]


def _asked():
    found = {}
    for name, check in CHECKS.items():
        if name in NEED_DATABASE and found["database"] != OK:
            found[name] = "unknown: the database does not answer"
            continue
        try:
            check()
        except Failing as error:
            found[name] = str(error)
        except Exception as error:  # whatever a driver says; the log has it in full
            log.warning("the part %s is not ready", name, exc_info=True)
            found[name] = f"failing ({type(error).__name__})"
        else:
            found[name] = OK
    return found


def alive(request):
    """GET /healthz: this process answers. Asks nobody else."""
    return _never_stored(JsonResponse({"status": OK}))


def ready(request):
    """GET /readyz: 200, or 503 with the part that fails."""
    found = parts()
    is_ready = set(found.values()) == {OK}
    body = {"status": OK if is_ready else "failing", "parts": found}
    return _never_stored(JsonResponse(body, status=200 if is_ready else 503))


def _never_stored(response):
    response["Cache-Control"] = "no-store"
    return response


# What `RequestMiddleware` answers itself, by path; without a login, as it tells nothing of anybody.
OPERATIONS = {"/healthz": alive, "/readyz": ready, "/metrics": metrics.figures}
