"""The portal as gunicorn runs it, with points at which its process kills itself (SIGKILL).

Points are counted in each POST while the file FAULT_ORDER exists: before every statement, before
and after every commit, before, in the middle of and after the writing of a file, and before the
answer. The file holds the number of the deadly point; 0 kills nothing and has the points counted.
"""

import os
import signal
from pathlib import Path
from threading import local

from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from applications.files.storage import FolderStorage

ORDER = Path(os.environ["FAULT_ORDER"])
portal = get_wsgi_application()
current = local()


def point(*ignored):
    """Pass one point, or die there."""
    if (order := getattr(current, "order", None)) is None:
        return
    current.passed += 1
    if current.passed == order:
        die()


def die():
    ORDER.unlink()
    os.kill(os.getpid(), signal.SIGKILL)


def statement(execute, *arguments):
    point()
    return execute(*arguments)


commit, save = BaseDatabaseWrapper._commit, FolderStorage._save


def deadly_commit(wrapper):
    point()
    result = commit(wrapper)
    point()
    return result


def deadly_save(storage, name, content):
    point()
    if getattr(current, "order", None) == current_after():
        # As far as half of it, then killed.
        path = Path(storage.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        content.seek(0)
        path.write_bytes(content.read(content.size // 2))
    point()
    result = save(storage, name, content)
    point()
    return result


def current_after():
    return getattr(current, "passed", 0) + 1


BaseDatabaseWrapper._commit = deadly_commit
FolderStorage._save = deadly_save


def application(environ, start_response):
    if environ["REQUEST_METHOD"] != "POST" or not ORDER.exists():
        return portal(environ, start_response)
    current.order, current.passed = int(ORDER.read_text()), 0
    try:
        with connection.execute_wrapper(statement):
            response = portal(environ, start_response)
        point()
        if current.order == 0:
            ORDER.write_text(f"{current.passed}")
    finally:
        current.order = None
    return response
