"""Rehearse the portal for real: everything that deploy/ starts, all at once, on this machine.

    make rehearse
    make image        (the portal's part in containers)

nginx with TLS in front of two gunicorn instances, two workers, one PostgreSQL server and one
S3-compatible store, in production settings, started by the units' own commands. A unit registers;
a round goes from submission to publication, through a restart of one web server; 附件1, 附件2 and a
dossier are downloaded; a backup is made while all of it runs, and another is restored into an empty
database and bucket, and compared. Ends with 1 and one line when a step fails.

Two things are not as on a real day: the public notice is dated back instead of waiting for its
end, and most people are logged in without their password.
"""

import argparse
import datetime
import hashlib
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
APPLICATIONS, UNITS, PANELS, EXPERTS, POOL, QUOTA = 20, 4, 2, 5, 20, 20
DOSSIER_SECONDS = 120


def django_setup(environment):
    """Let this program look at the portal's database and bucket, as the portal does."""
    os.environ.update(environment, DJANGO_SETTINGS_MODULE="wsgsite.settings")
    import django

    django.setup()
    from django.conf import settings
    from django.test.utils import setup_test_environment

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    setup_test_environment()


def databases():
    """Make two empty databases on the server that TEST_DATABASE_URL names; return their URLs."""
    import psycopg2

    server = os.environ["TEST_DATABASE_URL"]
    connection = psycopg2.connect(server)
    connection.autocommit = True
    with connection.cursor() as cursor:
        for name in ("portal", "restored"):
            cursor.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    connection.close()
    return [urlsplit(server)._replace(path=f"/{name}").geturl() for name in ("portal", "restored")]


def journey(machine):
    """Take everything from registration to publication; return the round."""
    from scripts.rehearse.visitors import OverHttps
    from scripts.whole_round import steps

    for name in ("UNITS", "PANELS", "EXPERTS", "POOL", "QUOTA"):
        setattr(steps, name, globals()[name])
    run = OverHttps(APPLICATIONS, machine)
    print(f"{'step':<26}{'count':>6}{'time':>11}")
    run.phase("people and drafts", run.prepare)
    run.phase("register, confirm, log in", run.register)
    run.phase("upload (files)", run.upload)
    run.phase("submit", run.submit)
    run.phase("return, decline, redirect", run.send_round)
    run.phase("correct, submit again", run.correct)
    run.phase("verify and recommend", run.verify)
    run.phase("rank and report (units)", run.report)
    run.phase("draw (panels)", run.draw)
    run.phase("qualify and assign", run.qualify)
    first = machine.web_ports[0]
    took = machine.stop(f"portal-web@{first}")
    print(f"stopped portal-web@{first} in {took:.1f} s; the other goes on alone")
    run.phase("sit down (experts)", run.sit_down)
    machine.start_web(first)
    print(f"started portal-web@{first} again")
    print(machine.once("portal-notify")[0].strip())
    run.phase("score (sheets)", run.score)
    said, took = machine.once("portal-backup")
    print(f"backup while all of it runs, {took:.1f} s: {said.splitlines()[0]}")
    run.phase("conclude", run.conclude)
    run.phase("inspect", run.inspect)
    run.phase("notice and objections", run.publish_notice)
    date_back_the_notice()
    run.phase("clear, approve, publish", run.approve)
    return run


def date_back_the_notice():
    from django.utils import timezone

    from review.publicity.models import PublicNotice

    notice = PublicNotice.objects.get()
    long = notice.ends_on - notice.starts_on
    ends = timezone.localdate() - datetime.timedelta(days=1)
    PublicNotice.objects.update(starts_on=ends - long, ends_on=ends)


def downloads(run):
    """附件1, 附件2, a dossier and an archive by signed links; the published page."""
    from django.urls import reverse

    from applications.models import Application

    office = run.client(run.office)
    page = run.anybody().get(reverse("results", args=[run.round.pk])).text
    awarded = list(Application.objects.filter(stage="AWARDED").order_by("pk"))
    missing = [each.number for each in awarded if each.lead_name not in page]
    if missing or not awarded:
        raise SystemExit(f"not on the published page: {missing or 'nobody is awarded'}")
    print(f"{len(awarded)} are on the public page of results")

    def got(what, url, start_bytes, by_link):
        began = time.perf_counter()
        content, was_linked = office.file(url)
        took = (time.perf_counter() - began) * 1000
        if content[: len(start_bytes)] != start_bytes or was_linked != by_link:
            raise SystemExit(f"{what} is not what was asked for: {content[:40]!r}")
        how = "by signed link" if by_link else "from the web server"
        print(f"{what:<22}{len(content) / 1024:>8.0f} KB{took:>8.0f} ms  {how}")

    one = Application.objects.filter(applying_unit=run.registered.applying_unit).get()
    got("附件1 (Excel)", reverse("documents:annex1", args=[run.round.pk]), b"PK", False)
    got("附件2 (PDF)", reverse("documents:annex2", args=[one.pk]), b"%PDF-", False)
    proof = one.evidence.filter(content_type="image/jpeg").latest("pk")
    got("evidence", proof.get_absolute_url(), b"\xff\xd8", True)
    got(
        "its thumbnail", reverse("applications:evidence_thumbnail", args=[proof.pk]), b"\x89P", True
    )
    for kind, begins in (("DOSSIER", b"%PDF-"), ("ARCHIVE", b"PK")):
        wait_for_package(office, one, kind)
        got(kind.lower(), reverse("documents:package", args=[one.pk, kind]), begins, True)


def wait_for_package(office, application, kind):
    from django.urls import reverse

    began = time.perf_counter()
    office.post(reverse("documents:dossier", args=[application.pk]), {"kind": kind})
    while (
        kind
        in office._send("GET", reverse("documents:dossier_progress", args=[application.pk])).json()
    ):
        if time.perf_counter() - began > DOSSIER_SECONDS:
            raise SystemExit(f"no worker has built the {kind} within {DOSSIER_SECONDS} s")
        time.sleep(0.3)
    print(f"built by a worker in {time.perf_counter() - began:.1f} s: {kind.lower()}")


def wait_for_the_queue():
    """Return {worker: tasks done}, once nothing waits any more."""
    from django_tasks_db.models import DBTaskResult

    deadline = time.monotonic() + 120
    while (left := DBTaskResult.objects.filter(status__in=("READY", "RUNNING"))).exists():
        if time.monotonic() > deadline:
            raise SystemExit(f"{left.count()} tasks are not done after two minutes")
        time.sleep(0.5)
    failed = DBTaskResult.objects.filter(status="FAILED")
    if failed.exists():
        raise SystemExit(
            f"tasks failed: {[(each.task_path, each.exception_class_path) for each in failed]}"
        )
    return Counter(worker for each in DBTaskResult.objects.all() for worker in each.worker_ids)


def figures(machine, busy, seconds):
    """Print what nginx saw, and what the processes took."""
    lines = [json.loads(line) for line in machine.access_log.read_text().splitlines()]
    times = sorted(each["seconds"] for each in lines)
    statuses = Counter(each["status"] // 100 for each in lines)
    servers = Counter(each["upstream"].rsplit(":", 1)[-1] for each in lines if each["upstream"])
    numbers = {each["request_id"] for each in lines}
    print(
        f"\n{len(lines)} requests through nginx: "
        + ", ".join(f"{count} × {status}xx" for status, count in sorted(statuses.items()))
        + f"; median {statistics.median(times) * 1000:.0f} ms, "
        f"95 % within {times[int(len(times) * 0.95)] * 1000:.0f} ms"
    )
    print("by web server: " + ", ".join(f"{port}: {n}" for port, n in sorted(servers.items())))
    if len(numbers) != len(lines) or statuses[5]:
        raise SystemExit("a request has no number of its own, or failed")
    memory, processor = machine.memory(), machine.processor()
    print(f"{'process group':<22}{'memory':>10}{'processor':>12}   over {seconds:.0f} s")
    for name in machine.running:
        spent = processor[name] - busy.get(name, 0)
        print(f"{name:<22}{memory[name]:>7.0f} MB{spent:>10.1f} s")


def restored(machine, second):
    """Restore the last backup into the empty database and bucket, and compare row by row."""
    backup = sorted(Path(machine.environment["BACKUP_DIR"]).iterdir())[-1]
    place = {**machine.unit("portal-migrate")[1], "DATABASE_URL": second, "S3_BUCKET": "restored"}
    python = sys.executable
    began = time.perf_counter()
    said = machine.command([python, "manage.py", "restore", str(backup)], place)
    print(f"restored in {time.perf_counter() - began:.1f} s: {said.splitlines()[0]}")
    first = machine.environment["DATABASE_URL"]
    rows = [dump(url) for url in (first, second)]
    if rows[0] != rows[1]:
        raise SystemExit("the restored database differs")
    client = machine.bucket_client()
    named = set(json.loads((backup / "manifest.json").read_text())["files"])
    objects = [digests(client, name, named) for name in ("portal", "restored")]
    if objects[0] != objects[1] or set(objects[1]) != named:
        raise SystemExit("the restored bucket differs")
    print(f"equal to the original: {len(rows[0])} lines of SQL, {len(named)} files")


def dump(url):
    command = ["pg_dump", "--data-only", "--inserts", "--no-owner", f"--dbname={url}"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return sorted(line for line in text.splitlines() if not re.match(r"\\|--|$", line))


def digests(client, bucket, named):
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    keys = {each["Key"] for page in pages for each in page.get("Contents", ())}
    return {
        key: hashlib.sha256(client.get_object(Bucket=bucket, Key=key)["Body"].read()).hexdigest()
        for key in keys & named
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--image", help="run web servers and workers as containers of this image")
    image = parser.parse_args().image
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="rehearsal-") as folder:
        Path(folder).chmod(0o755)
        from scripts.rehearse.containers import Containers
        from scripts.rehearse.machine import Machine

        first, second = databases()
        machine = Containers(folder, first, image) if image else Machine(folder, first)
        try:
            machine.start_store()
            machine.command([sys.executable, "manage.py", "check", "--deploy"])
            machine.command([sys.executable, "manage.py", "collectstatic", "--no-input", "-v", "0"])
            machine.once("portal-migrate")
            for port in machine.web_ports:
                machine.start_web(port)
            for number in (1, 2):
                machine.start(f"portal-worker@{number}")
            machine.start_nginx()
            for port in machine.web_ports:
                machine.wait_for_web(port, "/readyz")
            print(f"up after {time.perf_counter() - start:.0f} s: {', '.join(machine.running)}\n")
            django_setup(machine.environment)
            began, busy = time.perf_counter(), machine.processor()
            run = journey(machine)
            downloads(run)
            workers = wait_for_the_queue()
            print("tasks by worker: " + ", ".join(f"{n}" for n in workers.values()))
            if len(workers) < 2:
                raise SystemExit("only one worker has worked")
            machine.once("portal-housekeeping")
            figures(machine, busy, time.perf_counter() - began)
            for name in [name for name in machine.running if name.startswith("portal-")]:
                machine.stop(name)
            said, took = machine.once("portal-backup")
            print(f"\nbackup in {took:.1f} s: {said.splitlines()[0]}")
            restored(machine, second)
        finally:
            machine.stop_all()
    print(f"\nEverything as it should be, after {time.perf_counter() - start:.0f} s.")


if __name__ == "__main__":
    main()
