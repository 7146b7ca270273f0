"""Watches what the portal says and keeps while a test runs, and looks for a number in it."""

import json
import logging
from contextlib import contextmanager

from django.contrib.sessions.models import Session
from django.core import mail
from django.core.files.storage import default_storage
from django.db import connection
from django_tasks.signals import task_enqueued

# What never reaches the root logger.
LOGGERS = ("", "django", "django.server")


class Watched(logging.Handler):
    """What was said: lines of the log, addresses asked for, what the worker was given, mails."""

    def __init__(self):
        super().__init__(logging.INFO)
        self.lines, self.addresses, self.tasks = [], [], []

    def emit(self, record):
        self.lines.append(self.format(record))

    def take_task(self, task_result, **kwargs):
        self.tasks.append(json.dumps([task_result.args, task_result.kwargs], ensure_ascii=False))

    def take_request(self, request):
        self.addresses.append(request.url)

    def everything(self):
        """Return all of it, with what the database holds, as {where: texts}."""
        mails = [str(each.message().as_bytes()) + each.subject + each.body for each in mail.outbox]
        return {
            "log": self.lines,
            "address": self.addresses,
            "task": self.tasks,
            "mail": mails,
            "session": [str(each.get_decoded()) for each in Session.objects.all()],
            "name of a file": list(stored_names()),
            **stored_rows(),
        }

    def places_of(self, *secrets):
        """Return where any of these texts stands, as (place, what stands there)."""
        return [
            (place, text)
            for place, texts in self.everything().items()
            for text in texts
            if any(secret in text for secret in secrets)
        ]


def stored_rows():
    """Return every row of every table as the database holds it, as {table: texts}."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            found[f"table {table}"] = [repr(row) for row in cursor.fetchall()]
    return found


def stored_names(folder=""):
    """Yield the path of every stored file."""
    if not default_storage.exists(folder):
        return
    folders, files = default_storage.listdir(folder)
    yield from (f"{folder}/{name}" for name in files)
    for each in folders:
        yield from stored_names(f"{folder}/{each}" if folder else each)


@contextmanager
def watching(page=None):
    """Watch while the block runs; `page` is a browser's page whose requests are watched as well."""
    watched = Watched()
    loggers = [logging.getLogger(name) for name in LOGGERS]
    levels = [each.level for each in loggers]
    for each in loggers:
        each.addHandler(watched)
        each.setLevel(logging.INFO)
    task_enqueued.connect(watched.take_task)
    if page is not None:
        page.context.on("request", watched.take_request)
    try:
        yield watched
    finally:
        task_enqueued.disconnect(watched.take_task)
        for each, level in zip(loggers, levels, strict=True):
            each.removeHandler(watched)
            each.setLevel(level)
