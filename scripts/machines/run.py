"""The portal on seven machines: what happens when one of them, or the way to it, fails.

    make machines                (ARGS="--only database,bucket" for some faults alone)

nginx, two web servers, two workers, PostgreSQL and an S3 server (OpenStack Swift's), each in a
network namespace, started by the units' own commands with the files of deploy/; a millisecond and
a loss of one frame in a thousand lie between any two. The round of `make rehearse` goes through
them. Then twelve people type and upload while one web server's machine is gone, the database's,
and while the bucket is slow; at the end everything that was acknowledged is compared with what is
stored. Ends with 1 when something is lost or refused.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from scripts.machines.load import PEOPLE, Applicant, lost, work
from scripts.machines.machines import Machines
from scripts.rehearse import run as rehearsal

# Each way between a machine and the switch: half a millisecond, one frame in two thousand.
DELAY, LOSS = 0.0005, 0.0005
GONE = 30  # seconds
SLOW = 0.4  # seconds each way to the bucket
BEFORE, AFTER = 5, 25  # seconds of work before a fault and after it
LONGEST_LOCK = 60


def people(machines):
    """Twelve applicants with a draft each, logged in."""
    from django.test import Client

    from accounts.roles import Role
    from scripts.rehearse.visitors import Visitor
    from tests import factories as made

    made_for = made.make_round(year=2031, title="故障演练")
    unit = made.make_recommending_unit()
    for number in range(PEOPLE):
        applicant = made.make_user(Role.APPLICANT, applying_unit=made.make_applying_unit(unit))
        inside = Client()
        inside.force_login(applicant)
        session = inside.session
        session["seen"] = time.time()
        session.save()
        yield Applicant(number, Visitor(machines, inside), made.make_draft(made_for, applicant))


def none(machines):
    time.sleep(GONE)


def web(machines):
    gone(machines, "web1")


def database(machines):
    gone(machines, "database")


def gone(machines, name):
    """Nothing reaches the machine any more, nothing comes from it: as when its power is cut."""
    time.sleep(BEFORE)
    machines.network.set(name, up=False)
    time.sleep(GONE)
    machines.network.set(name, up=True)


def bucket(machines):
    time.sleep(BEFORE)
    machines.network.set("bucket", delay=SLOW)
    time.sleep(GONE)
    machines.network.set("bucket", delay=DELAY)


FAULTS = {
    "none": (none, "nothing fails"),
    "web": (web, f"one web machine gone, {GONE} s"),
    "database": (database, f"database's machine gone, {GONE} s"),
    "bucket": (bucket, f"bucket {2 * SLOW * 1000:.0f} ms away, {GONE} s"),
}


def table(machines, somebody, only):
    """Let each fault happen; print its line; return what was refused."""
    print(
        f"\n{'fault':<34}{'requests':>9}{'answered':>9}{'5xx':>5}{'none':>5}{'again':>6}"
        f"{'nginx again':>12}{'longest':>9}{'until saved':>12}"
    )
    refused = []
    for name, (fault, words) in FAULTS.items():
        if name not in only:
            continue
        seen = len(machines.access_log.read_text().splitlines())
        count = work(somebody, BEFORE + GONE + AFTER, lambda fault=fault: fault(machines))
        lines = machines.access_log.read_text().splitlines()[seen:]
        passed_on = sum("," in json.loads(line)["upstream"] for line in lines)
        print(
            f"{words:<34}{count.requests:>9}{count.answered:>9}{count.failed:>5}"
            f"{count.unanswered:>5}{count.again:>6}{passed_on:>12}"
            f"{count.longest_request:>7.1f} s{count.longest_action:>10.1f} s",
            flush=True,
        )
        refused += count.refused
    return refused


HOLDER = """
import time, django
django.setup()
from django.db import transaction
from applications.models import Application
with transaction.atomic():
    Application.objects.select_for_update().get(pk={})
    print("held", flush=True)
    time.sleep(600)
"""


def locked_row(machines, application):
    """Return the seconds for which a row stays locked when the machine that locked it has gone."""
    from django.db import OperationalError, connection, transaction

    from applications.models import Application

    command = [sys.executable, "-c", HOLDER.format(application.pk)]
    environment = {
        **machines.unit("portal-web@8001")[1],
        "DJANGO_SETTINGS_MODULE": "wsgsite.settings",
    }
    holder = subprocess.Popen(
        machines.there("portal-web@8001", command),
        env=environment,
        cwd=rehearsal.ROOT,
        stdout=subprocess.PIPE,
    )
    holder.stdout.readline()
    machines.network.set("web1", up=False)
    began = time.monotonic()
    try:
        with transaction.atomic():
            connection.cursor().execute(f"SET LOCAL lock_timeout = '{LONGEST_LOCK}s'")
            Application.objects.select_for_update().get(pk=application.pk)
        words = f"free after {time.monotonic() - began:.0f} s"
    except OperationalError:
        words = f"still locked after {LONGEST_LOCK} s"
    machines.network.set("web1", up=True)
    holder.kill()
    holder.wait()
    print(f"\na row that a web machine had locked when it went: {words}")


def tasks_done_once():
    """Wait for the queue; return the number of tasks that more than one worker has begun."""
    from django_tasks_db.models import DBTaskResult

    rehearsal.wait_for_the_queue()
    begun = Counter(len(each.worker_ids) for each in DBTaskResult.objects.all())
    return sum(begun.values()), sum(n for workers, n in begun.items() if workers > 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default=",".join(FAULTS), help="faults, separated by commas")
    parser.add_argument("--no-round", action="store_true", help="leave out the round")
    options = parser.parse_args()
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="machines-") as folder:
        Path(folder).chmod(0o755)
        machines = Machines(folder, delay=DELAY, loss=LOSS)
        try:
            machines.start_database()
            machines.start_store()
            machines.command(
                [sys.executable, "manage.py", "collectstatic", "--no-input", "-v", "0"]
            )
            machines.once("portal-migrate")
            for port in machines.web_ports:
                machines.start_web(port)
            for number in (1, 2):
                machines.start(f"portal-worker@{number}")
            machines.start_nginx()
            for port in machines.web_ports:
                machines.wait_for_web(port, "/readyz")
            print(f"up after {time.perf_counter() - start:.0f} s: {', '.join(machines.running)}\n")
            rehearsal.django_setup(machines.environment)
            if not options.no_round:
                began, busy = time.perf_counter(), machines.processor()
                run = rehearsal.journey(machines)
                rehearsal.downloads(run)
                rehearsal.wait_for_the_queue()
                rehearsal.figures(machines, busy, time.perf_counter() - began)
            somebody = list(people(machines))
            refused = table(machines, somebody, options.only.split(","))
            locked_row(machines, somebody[0].draft)
            tasks, twice = tasks_done_once()
            uploads = sum(len(person.uploads) for person in somebody)
            values = sum(len(person.sent) for person in somebody)
            missing = lost(somebody, stored_object(machines))
            print(
                f"\n{values} values and {uploads} files acknowledged, lost: {len(missing)}; "
                f"{tasks} tasks done, begun by two workers: {twice}; refused: {len(refused)}"
            )
            if missing or refused:
                raise SystemExit(f"lost: {missing}\nrefused: {refused[:5]}")
        finally:
            machines.stop_all()
    print(f"\nEverything as it should be, after {time.perf_counter() - start:.0f} s.")


def stored_object(machines):
    client = machines.bucket_client()

    def read(name):
        return client.get_object(Bucket="portal", Key=name)["Body"].read()

    return read


if __name__ == "__main__":
    main()
