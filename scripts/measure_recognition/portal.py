"""Read an application of 30 pages in a live portal; time its pages meanwhile.

Web server and client share one core, the worker and its reader have the other.
"""

import json
import os
import sqlite3
import statistics
import subprocess
import sys
import time
from functools import partial

from scripts.bench.client import Client
from scripts.bench.run import Server
from scripts.serve import WORKER, commands

PAGES = 30
WALL, SLOWER = 90, 1.2
IDLE_ROUNDS, MOST_ROUNDS = 40, 400
WORKER_CORE, WEB_CORE = 0, 1
_OPEN = (
    "SELECT count(*) FROM applications_filetext WHERE state IN ('WAITING', 'READING')"
    " AND sha256 IN (SELECT sha256 FROM applications_evidence WHERE application_id = ?)"
)
_DONE = (
    "SELECT count(*), sum(pages_failed), sum(pages) FROM applications_filetext"
    " WHERE sha256 IN (SELECT sha256 FROM applications_evidence WHERE application_id = ?)"
)


def prepare(pages):
    """Save an application with so many pages, stored; say as JSON how its owner sees it."""
    import django

    django.setup()
    from dataclasses import replace

    from django.conf import settings
    from django.test import Client as Browser
    from django.urls import reverse

    from applications.rounds import Round
    from tests.recognition_pages.applications import applications
    from tests.recognition_pages.rows import save_application

    first, *others = applications()
    files, count = [], 0
    for file in (*first.files, *(file for other in others for file in other.files)):
        if count + len(file.pages) <= pages:
            files.append(file)
            count += len(file.pages)
    made = replace(first, files=tuple(files))
    application, *_ = save_application(made, Round.objects.last(), with_files=True)
    browser = Browser()
    browser.force_login(application.edited_by)
    session = browser.session
    session["seen"] = 2**40  # never idle
    session.save()
    return {
        "pk": application.pk,
        "evidence": reverse("applications:section", args=[application.pk, "evidence"]),
        "session": browser.cookies[settings.SESSION_COOKIE_NAME].value,
        "pages": count,
    }


def register(pk):
    """Have the files of an application read, as after their upload."""
    import django

    django.setup()
    from applications.models import Evidence
    from applications.recognition import reader

    for file in Evidence.objects.filter(application=pk):
        reader.read_once_committed(file)
    return {}


def called(what, *arguments, env):
    """Run a function of this module in a process of its own; return its answer."""
    command = [sys.executable, "-m", "scripts.measure_recognition.portal", what, *arguments]
    answer = subprocess.run(command, env=env, check=True, stdout=subprocess.PIPE)
    return json.loads(answer.stdout.splitlines()[-1])


class Pages:
    """The pages that are timed, each as {name: a function that asks for it}."""

    def __init__(self, known, own, port):
        def logged_in(name):
            email = f"{name}@{known['domain']}"
            return Client(port).log_in(known["login"], login=email, password=known["password"])

        office, self.submitter = logged_in("office"), logged_in("submitter")
        owner = Client(port, own["session"])
        self.drafts = iter(known["drafts"])
        self.asks = {
            "queue, office": partial(office.request, known["queue"]),
            "application page, office": partial(office.request, known["detail"]),
            "evidence page of the files that are read": partial(owner.request, own["evidence"]),
        }
        self.saved = "save of a section"

    def time_all(self, taken):
        """Ask for each page once; add the milliseconds to {name: list}."""
        for name, ask in self.asks.items():
            taken.setdefault(name, []).append(_milliseconds(ask))
        address = next(self.drafts)["section"]
        body = self.submitter.form(address, lead_post="班长")
        took = _milliseconds(partial(self.submitter.request, address, body))
        taken.setdefault(self.saved, []).append(took)


def _milliseconds(ask):
    began = time.perf_counter()
    ask()
    return (time.perf_counter() - began) * 1000


def measure(folder):
    """Print how long the reading takes, and what the portal's pages take meanwhile."""
    env = {
        **os.environ,
        "ENVIRONMENT": "local",
        "DEBUG": "false",
        "VAR_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder}/portal.sqlite3",
        "DJANGO_SETTINGS_MODULE": "wsgsite.settings",
        "EMAIL_URL": "dummymail://",
        "S3_BUCKET": "",
    }
    drafts = str(IDLE_ROUNDS + MOST_ROUNDS)
    prepared = [sys.executable, "-m", "scripts.bench.prepare", "200", drafts]
    known = json.loads(subprocess.run(prepared, env=env, check=True, stdout=subprocess.PIPE).stdout)
    own = called("prepare", str(PAGES), env=env)
    os.sched_setaffinity(0, {WEB_CORE})
    server = Server("wsgsite.settings", env)
    os.sched_setaffinity(0, {WORKER_CORE})
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    worker = subprocess.Popen(commands(0)[WORKER], env=env, **quiet)
    os.sched_setaffinity(0, {WEB_CORE})
    database = sqlite3.connect(f"file:{folder}/portal.sqlite3?mode=ro", uri=True)
    try:
        pages, idle, busy = Pages(known, own, server.port), {}, {}
        for _ in range(5):
            pages.time_all({})
        time.sleep(3)
        for _ in range(IDLE_ROUNDS - 5):
            pages.time_all(idle)
        called("register", str(own["pk"]), env=env)
        began = time.monotonic()
        while database.execute(_OPEN, [own["pk"]]).fetchone()[0]:
            pages.time_all(busy)
            time.sleep(0.1)
        wall = time.monotonic() - began
        files, failed, read = database.execute(_DONE, [own["pk"]]).fetchone()
    finally:
        database.close()
        for process in (worker, server.process):
            process.terminate()
            process.wait(30)
    print(
        f"\n{read} pages of {files} files read in {wall:.0f} s on one core "
        f"({failed} not; goal {WALL} s)\n"
    )
    print("| page | idle, ms | while reading, ms | × |\n| --- | --: | --: | --: |")
    for name, times in idle.items():
        rest, work = statistics.median(times), statistics.median(busy[name])
        print(f"| {name} | {rest:.1f} | {work:.1f} | {work / rest:.2f} (goal {SLOWER}) |")


if __name__ == "__main__":
    doing = {
        "prepare": lambda: prepare(int(sys.argv[2])),
        "register": lambda: register(int(sys.argv[2])),
    }
    print(json.dumps(doing[sys.argv[1]]()))
