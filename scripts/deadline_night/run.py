"""The night on which a round closes: everybody types, uploads, prints and submits in two minutes.

    make deadline-night [ARGS="--applicants 300 --seconds 120 --kill --sqlite"]

Through nginx with deploy/'s configuration, two web processes, two workers and PostgreSQL, all
started by the units' own commands; with --sqlite the demo's own server (scripts/serve.py). Every
applicant saves every two seconds, uploads two scans of 0.5 to 8 MB, prints 附件2, uploads the
stamped form and submits: a quarter early, half in the last quarter of the time, some in the very
last second, some after it. Twenty recommending units and the office work beside them. With --kill a
web server and a worker are killed in the middle, and started again two seconds later, as systemd
does.

It ends with 1 when something acknowledged is lost, when anything is answered with 5xx, when who
pressed in time is refused or who was late is accepted, or when the record does not verify. Times
and memory are printed, and fail nothing.
"""

import argparse
import datetime
import hashlib
import http.client
import itertools
import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from pathlib import Path
from urllib.parse import urlsplit

import psutil

ROOT = Path(__file__).resolve().parents[2]
MEGABYTE = 1024 * 1024
RECOMMENDERS, OTHERS = 20, 200
EXPORTS_EVERY = 20  # seconds, of each clerk of the office and of each unit
RESTART_SECONDS = 2  # RestartSec= of the units
SAMPLES_EVERY = 5
# Between the sending and the proxy's clock: of whom nobody can say whether it was in time.
DOUBT = 0.25
START_SECONDS = 60


def _wait_for_port(port):
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 5).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise SystemExit(f"nothing listens at port {port}") from None
            time.sleep(0.1)


class Portal:
    """The portal as deploy/ starts it, on PostgreSQL."""

    host, referer, keeps_alive = "localhost", "https://localhost/", True

    def __init__(self, folder, may_die):
        from scripts.rehearse.machine import Machine

        self.may_die = may_die
        server = os.environ["TEST_DATABASE_URL"]
        self.machine = Machine(folder, urlsplit(server)._replace(path="/portal").geturl())
        self.environment = self.machine.environment
        for name in [name for name in self.environment if name.startswith("S3_")]:
            del self.environment[name]  # the files lie in a folder
        self.environment |= {"WEB_WORKERS": "1", "OCR": "off", "ARRIVAL_HEADER": "X-Arrived-At"}
        self.port = self.machine.tls_port

    def fill(self):
        import psycopg2

        connection = psycopg2.connect(os.environ["TEST_DATABASE_URL"])
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("CREATE DATABASE portal TEMPLATE template0")
        connection.close()
        self.machine.command(
            [sys.executable, "manage.py", "collectstatic", "--no-input", "-v", "0"]
        )
        self.machine.once("portal-migrate")

    def command(self, *words, **changes):
        environment = self.machine.unit("portal-migrate")[1] | changes
        return self.machine.command([sys.executable, "manage.py", *words], environment)

    def start(self):
        for port in self.machine.web_ports:
            self.machine.start_web(port)
        for number in (1, 2):
            self.machine.start(f"portal-worker@{number}")
        self.machine.start_nginx()
        self.tls = ssl.create_default_context(cafile=str(self.machine.certificate))
        _wait_for_port(self.port)

    def connect(self, source, timeout):
        return http.client.HTTPSConnection(
            "localhost", self.port, timeout=timeout, source_address=source, context=self.tls
        )

    def processes(self):
        """Return {part: its processes}."""
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            database = psutil.Process(cursor.fetchone()[0]).parent()
        parts = {"postgres": [database]}
        for name, process in self.machine.running.items():
            part = name.removeprefix("portal-").partition("@")[0]
            parts.setdefault(part, []).append(psutil.Process(process.pid))
        return parts

    def kill(self):
        """Kill one web server and one worker, and start them again as systemd does."""
        names = (f"portal-web@{self.machine.web_ports[0]}", "portal-worker@1")
        for name in names:
            process = self.machine.running.pop(name)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        time.sleep(RESTART_SECONDS)
        for name in names:
            self.machine.start(name)
        return " and ".join(names)

    def stop(self):
        self.machine.stop_all()


class Demo:
    """The demo's own server on SQLite: two web processes and a worker under scripts/serve.py."""

    host, keeps_alive = "127.0.0.1", False

    def __init__(self, folder, may_die):
        from scripts.rehearse.machine import free_port

        self.folder, self.may_die, self.port = Path(folder), may_die, free_port()
        self.referer = f"http://127.0.0.1:{self.port}/"
        self.environment = {
            "ENVIRONMENT": "local",
            "VAR_DIR": f"{self.folder}/var",
            "DATABASE_URL": f"sqlite:///{self.folder}/var/portal.sqlite3",
            "SITE_URL": self.referer.rstrip("/"),
            "OCR": "off",
        }
        (self.folder / "var").mkdir()

    def _all(self, **changes):
        return {**os.environ, **self.environment, **changes}

    def fill(self):
        self.command("migrate", "--verbosity", "0")
        self.command("collectstatic", "--no-input", "--verbosity", "0")

    def command(self, *words, **changes):
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=self._all(**changes),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(
                f"{' '.join(words)} failed:\n{done.stderr[-3000:]}{done.stdout[-2000:]}"
            )
        return done.stdout

    def start(self):
        command = [sys.executable, "scripts/serve.py", str(self.port)]
        with (self.folder / "serve.log").open("ab") as log:
            self.server = subprocess.Popen(
                command, cwd=ROOT, env=self._all(), stdout=log, stderr=log, start_new_session=True
            )
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                connection = self.connect(("127.0.0.1", 0), 5)
                connection.request("GET", "/")
                connection.getresponse().read()
                return
            except OSError:
                if time.monotonic() > until or self.server.poll() is not None:
                    raise SystemExit((self.folder / "serve.log").read_text()[-3000:]) from None
                time.sleep(0.3)

    def connect(self, source, timeout):
        return http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=timeout, source_address=source
        )

    def processes(self):
        parts = {}
        for child in psutil.Process(self.server.pid).children():
            part = "worker" if "db_worker" in child.cmdline() else "web"
            parts.setdefault(part, []).append(child)
        return parts

    def kill(self):
        """Kill one web process; gunicorn starts another."""
        (master,) = self.processes()["web"]
        master.children()[0].kill()
        return "a web process"

    def stop(self):
        self.server.terminate()
        self.server.wait(30)


def django_setup(environment):
    """Let this program look at the portal's database and files, as the portal does."""
    os.environ.update(environment, DJANGO_SETTINGS_MODULE="wsgsite.settings")
    import django

    django.setup()


# --- What is measured beside the answers ---


def busy_seconds(process):
    """Return the processor seconds of a process and of all that it started, ended ones as well."""
    total = 0.0
    try:
        for each in (process, *process.children(recursive=True)):
            total += sum(each.cpu_times()[:4])  # own, and of children that have ended
    except psutil.NoSuchProcess:
        pass
    return total


class Watch(threading.Thread):
    """Samples memory, connections and what waits for the workers, until it is told to end."""

    def __init__(self, place):
        super().__init__(daemon=True)
        self.place, self.ended = place, threading.Event()
        self.memory = defaultdict(list)  # key of a web process: megabytes of its own, in order
        self.waited = Counter()  # kind: the longest seconds
        self.queued = Counter()  # kind: the most that waited
        self.connections = 0
        self.spent, self.last = Counter(), {}

    def run(self):
        while True:
            self.sample()
            if self.ended.wait(SAMPLES_EVERY):
                break
        self.sample()

    def sample(self):
        from django.db import connection
        from django.utils import timezone

        from applications.notify.workers import waiting

        parts = self.place.processes()
        for part, processes in parts.items():
            for process in processes:
                spent = busy_seconds(process)
                # Of a process that was killed what it had spent stays counted.
                self.spent[part] += max(0.0, spent - self.last.get(process.pid, spent))
                self.last[process.pid] = spent
        for master in parts["web"]:
            for process in master.children():
                try:
                    # The second number is what is its own, and its part of what it shares.
                    info = process.memory_full_info()
                    self.memory[process.pid].append((info.uss / MEGABYTE, info.pss / MEGABYTE))
                except psutil.NoSuchProcess:
                    pass
        for each in waiting():
            kind, now = each.kind.rpartition(".")[2], timezone.now()
            self.waited[kind] = max(self.waited[kind], (now - each.since).total_seconds())
            self.queued[kind] = max(self.queued[kind], each.number)
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = 'portal'")
                self.connections = max(self.connections, cursor.fetchone()[0])


# --- The night ---


def plan(number, seconds, after):
    """Return when each presses 提交, as seconds after the deadline; negative ones are before."""
    moments = []
    for position in range(number):
        share, within = position / number, (position * 0.618) % 1
        if share < 0.25:
            moments.append(-seconds * (0.25 + 0.35 * within))
        elif share < 0.75:
            moments.append(-seconds * 0.25 * within - 2)
        elif share < 0.87:
            moments.append(-2 * within - 0.05)
        elif share < 0.92:
            moments.append(2 * within + 0.02)
        else:
            moments.append(2 + after * 0.5 * within)
    return moments


def night(place, options):
    """Let everybody come; return (`Record`, `Watch`, the deadline as time.time(), seconds of this
    program's processor)."""
    from django.utils import timezone

    from scripts.deadline_night import people, prepare

    record, watch = people.Record(), Watch(place)
    scans = prepare.Scans()
    applicants = prepare.applicants(options.applicants)
    clerks = prepare.clerks(options.recommenders)
    after = min(60, options.seconds / 2)
    deadline = time.time() + options.seconds + 1
    prepare.close_at(datetime.datetime.fromtimestamp(deadline, tz=datetime.UTC))
    moments = plan(len(applicants), options.seconds, after)
    own = sum(os.times()[:2])
    everybody = [
        people.Applicant(
            people.Browser(place, record, desk.session),
            desk,
            scans,
            deadline + moment,
            options.seconds,
        )
        for desk, moment in zip(applicants, moments, strict=True)
    ]
    everybody += [
        people.Clerk(
            people.Browser(place, record, desk.session), desk, deadline + after, EXPORTS_EVERY
        )
        for desk in clerks
    ]
    print(f"{timezone.localtime():%H:%M:%S} everybody comes; it closes in {options.seconds} s")
    watch.start()
    threads = [threading.Thread(target=each.run, daemon=True) for each in everybody]
    for thread in threads:
        thread.start()
    if options.kill:
        time.sleep(max(0, deadline - options.seconds / 2 - time.time()))
        print(f"killed and started again: {place.kill()}")
    until = deadline + after + 120
    for thread in threads:
        thread.join(max(0, until - time.time()))
    if left := sum(thread.is_alive() for thread in threads):
        record.faults.append(f"{left} people were still waiting two minutes after the end")
    watch.ended.set()
    watch.join()
    return record, watch, deadline, sum(os.times()[:2]) - own


# --- What came of it ---


def judge(place, record, deadline):
    """Compare what was acknowledged with what is there; return the faults as sentences."""
    from applications.models import Application, Evidence, Submission

    faults = list(record.faults)
    texts = dict(Application.objects.filter(pk__in=record.saved).values_list("pk", "achievements"))
    lost = [pk for pk, text in record.saved.items() if texts[pk].replace("\r\n", "\n") != text]
    faults += [f"application {pk}: what was saved last is not there" for pk in lost]
    print(f"saved texts compared: {len(record.saved)}, lost {len(lost)}")

    files = {(row.application_id, row.sha256): row for row in Evidence.objects.exclude(size=None)}
    missing = 0
    for digest, pk in record.uploads.items():
        row, there = files.get((pk, digest)), b""
        if row:
            with row.file.open("rb") as stored:
                there = stored.read()
        if hashlib.sha256(there).hexdigest() != digest:
            missing += 1
            faults.append(f"application {pk}: an upload is not there, byte for byte")
    print(f"uploads compared byte for byte: {len(record.uploads)}, lost {missing}")

    submitted = set(Submission.objects.values_list("application", flat=True))
    refused_wrongly = late = doubtful = 0
    for pk, _, pressed, accepted in record.pressed:
        if accepted != (pk in submitted):
            faults.append(f"application {pk}: told {accepted}, but the record says otherwise")
        if not accepted and pressed < deadline:
            if pressed > deadline - DOUBT or not place.may_tell_arrival:
                doubtful += 1
            else:
                refused_wrongly += 1
                faults.append(
                    f"application {pk} is refused, pressed {deadline - pressed:.3f} s before"
                )
        if accepted and pressed >= deadline:
            late += 1
            faults.append(f"application {pk} is accepted, pressed {pressed - deadline:.3f} s late")
    in_time = sum(pressed < deadline for _, _, pressed, _ in record.pressed)
    delayed = sum(planned < deadline <= pressed for _, planned, pressed, _ in record.pressed)
    last = [deadline - pressed for _, _, pressed, accepted in record.pressed if accepted]
    print(
        f"pressed in time {in_time}, late {len(record.pressed) - in_time} "
        f"({delayed} of them because the portal had been slow); "
        f"refused though in time {refused_wrongly} (in the last {DOUBT} s or without a proxy that "
        f"tells: {doubtful}), accepted though late {late}; "
        f"the last accepted one was sent {min(last, default=0):.2f} s before"
    )
    return faults


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def line(label, values):
    shown = [percentile(values, 0.5), percentile(values, 0.95), max(values)]
    return f"{label:<30}{len(values):>7}" + "".join(f"{each:>9.2f}" for each in shown)


def report(record, watch, deadline, own, options):
    """Print what it took."""
    print(f"\n{'seconds':<30}{'count':>7}{'p50':>9}{'p95':>9}{'max':>9}")
    kinds = defaultdict(list)
    for kind, began, took, _ in record.answers:
        kinds[kind].append((began - deadline, took))
    for kind, rows in sorted(kinds.items()):
        print(line(kind, [took for _, took in rows]))
    print(f"\n{'by seconds from the deadline':<30}{'count':>7}{'p50':>9}{'p95':>9}{'max':>9}")
    edges = sorted(
        {-options.seconds - 1, -options.seconds / 2, -30, -10, -5, -1, 0, 1, 10, 60, 200}
    )
    edges = [edge for edge in edges if edge >= -options.seconds - 1]
    for kind in ("save", "upload", "submit"):
        for first, end in itertools.pairwise(edges):
            values = [took for at, took in kinds[kind] if first <= at < end]
            if values:
                print(line(f"{kind} {first:.0f} to {end:.0f}", values))
    answers = Counter(status // 100 for *_, status in record.answers)
    print(f"\nanswers: {', '.join(f'{key}xx {number}' for key, number in sorted(answers.items()))}")
    lost = Counter(f"{kind}: {why}" for kind, _, why in record.died)
    print(f"without an answer, sent again: {sum(lost.values())} {dict(lost) or ''}")
    spent = watch.spent | {"this program": own}
    total = sum(spent.values())
    print(
        "processor seconds: "
        + ", ".join(f"{part} {used:.0f} ({used / total:.0%})" for part, used in spent.items())
        + f"; {os.cpu_count()} cores"
    )
    print(f"most connections to the database: {watch.connections}")
    for pid, samples in watch.memory.items():
        own_first, own_last = samples[0][0], samples[-1][0]
        most = [max(each) for each in zip(*samples, strict=True)]
        print(
            f"web process {pid}: its own {own_first:.0f} MB at first, {own_last:.0f} at the end, "
            f"most {most[0]:.0f}; with its part of what is shared, most {most[1]:.0f}"
        )
    for kind, seconds in watch.waited.most_common():
        print(f"queue: {kind} waited at most {seconds:.0f} s, {watch.queued[kind]} at once")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--applicants", type=int, default=300)
    parser.add_argument("--seconds", type=int, default=120, help="from the first to the deadline")
    parser.add_argument("--recommenders", type=int, default=RECOMMENDERS)
    parser.add_argument("--sqlite", action="store_true", help="the demo's own server")
    parser.add_argument(
        "--kill", action="store_true", help="a web server and a worker, in the middle"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="deadline-night-") as folder:
        Path(folder).chmod(0o755)
        place = (Demo if options.sqlite else Portal)(folder, options.kill)
        place.may_tell_arrival = not options.sqlite
        try:
            place.fill()
            sizes = ("--applications", str(OTHERS), "--drafts", str(options.applicants))
            place.command("loadmany", *sizes, ENVIRONMENT="local")
            django_setup(place.environment)
            place.start()
            record, watch, deadline, own = night(place, options)
            faults = judge(place, record, deadline)
            print(f"record: {place.command('verify_audit').strip().splitlines()[-1]}")
            report(record, watch, deadline, own, options)
        finally:
            place.stop()
    for fault in faults[:40]:
        print(f"FAULT {fault}")
    if faults:
        raise SystemExit(f"{len(faults)} faults")
    print("Nothing lost, nothing refused that was in time, nothing accepted that was late.")


if __name__ == "__main__":
    main()
