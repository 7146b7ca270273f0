"""Drives the bench: fills databases, starts servers, measures, prints one table in Markdown.

For each database (SQLite; PostgreSQL when TEST_DATABASE_URL is set) and each number of
applications, the portal and a bare Django project run side by side on the same database, under
gunicorn as `make demo` starts it. One client measures both in turn: request by request, a page of
the portal and the bare view that it is compared with. A complete run goes into docs/benchmarks.md.
"""

import argparse
import json
import os
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path

import psutil

from scripts.bench.client import CSRF, Client, Unexpected
from scripts.serve import commands

SIZES = [200, 10_000]
WARM_UP, TIMED, CLIENTS, SECONDS = 10, 50, 8, 2.5
# Each draft is posted once: a save undoes the stamp that a submission needs.
DRAFTS = 1 + WARM_UP + TIMED + CLIENTS * 15
POSTED = 3  # pages that post a draft
REPORT = Path("docs/benchmarks.md")
BEGIN, END = "<!-- measured -->\n", "<!-- /measured -->\n"
VIEW, SAVE = "bare view", "bare save"


@dataclass
class Page:
    """One line of the table. `jobs` are (client, url, a function that makes the body or None)."""

    name: str
    server: "Server"
    jobs: list
    beside: "Page | None" = None
    goal: int | None = None
    times: list = field(default_factory=list)
    figures: dict = field(default_factory=dict)

    def __post_init__(self):
        # A page that is read is read again and again; what is posted is posted once.
        self.is_posted = len(self.jobs) > 1
        self.next_job = iter(self.jobs) if self.is_posted else iter(lambda: self.jobs[0], None)

    def ready(self):
        """Return the client and the arguments of the next request, its form read already."""
        client, url, body = next(self.next_job)
        return client, (url, body and body())

    def time_one(self):
        """Make one request; return the milliseconds that it took."""
        client, arguments = self.ready()
        began = time.perf_counter()
        client.request(*arguments)
        return (time.perf_counter() - began) * 1000

    def count(self):
        """Note the queries and the size of one answer."""
        client, arguments = self.ready()
        response, content = client.request(*arguments, {"X-Count-Queries": "1"})
        self.figures |= {"queries": int(response.headers["X-Queries"]), "bytes": len(content)}

    def rate(self):
        """Note the requests a second with several clients, for a while or until all are made."""
        if self.is_posted:
            left = [(client, (url, body())) for client, url, body in self.next_job]
            shares = [left[index::CLIENTS] for index in range(CLIENTS)]
        else:
            shares = [[self.ready()] for _ in range(CLIENTS)]
        done, failures = [], []
        until = time.perf_counter() + SECONDS

        def run(share):
            try:
                while share:
                    for client, arguments in share:
                        client.request(*arguments)
                        done.append(1)
                    if self.is_posted or time.perf_counter() > until:
                        return
            except (Unexpected, OSError) as error:
                failures.append(error)

        threads = [threading.Thread(target=run, args=[share]) for share in shares]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]
        self.figures["rate"] = len(done) / (time.perf_counter() - began)

    def measure(self):
        """Measure the page and, in turn with it, the bare view beside it."""
        pair = (self.beside, self)
        self.count()
        for page in pair * WARM_UP:
            page.time_one()
        taken = {page.name: [] for page in pair}
        for page in pair * TIMED:
            taken[page.name].append(page.time_one())
        self.times = taken[self.name]
        self.beside.times += taken[self.beside.name]
        self.figures["ratio"] = statistics.median(self.times) / statistics.median(
            taken[self.beside.name]
        )
        self.rate()
        self.figures["memory"] = self.server.memory()

    def row(self):
        """Return the cells of the table's line."""
        figures = self.figures
        ratio = f"{figures['ratio']:.1f}" if "ratio" in figures else ""
        return [
            self.name,
            f"{statistics.median(self.times):.1f}",
            f"{statistics.quantiles(self.times, n=20)[-1]:.1f}",
            f"{ratio} (goal {self.goal})" if self.goal else ratio,
            f"{figures['rate']:.0f}",
            str(figures["queries"]),
            f"{figures['bytes']:,}",
            f"{figures['memory']:.0f}",
        ]


class Server:
    """gunicorn with 2 workers, started as `make demo` starts it."""

    def __init__(self, settings, env):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen(
            commands(self.port)["web server"], env={**env, "DJANGO_SETTINGS_MODULE": settings}
        )
        deadline = time.monotonic() + 60
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"error: the server for {settings} did not start.")
            time.sleep(0.1)

    def memory(self):
        """Return the resident megabytes of the larger worker."""
        workers = psutil.Process(self.process.pid).children()
        return max(worker.memory_info().rss for worker in workers) / 1e6

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


def new_database(database, name, folder):
    """Return the address of a new file, or of an empty database beside TEST_DATABASE_URL."""
    if database == "SQLite":
        return f"sqlite:///{folder}/{name}.sqlite3"
    import psycopg2

    server = os.environ["TEST_DATABASE_URL"]
    connection = psycopg2.connect(server)
    connection.autocommit = True
    connection.cursor().execute(f"DROP DATABASE IF EXISTS {name}")
    connection.cursor().execute(f"CREATE DATABASE {name}")
    connection.close()
    return urllib.parse.urlsplit(server)._replace(path=f"/{name}").geturl()


def pages_of(known, portal, bare):
    """Log in as each role; return the `Page`s to measure, bare ones first."""

    def logged_in(role):
        email = f"{role}@{known['domain']}"
        client = Client(portal.port)
        return client.log_in(known["login"], login=email, password=known["password"])

    anyone = Client(bare.port).log_in(
        "/login/", username=f"office@{known['domain']}", password=known["password"]
    )
    office, recommender = logged_in("office"), logged_in("recommender")
    applicant, submitter = logged_in("applicant"), logged_in("submitter")

    def bare_form(number):
        pk = known["drafts"][number % len(known["drafts"])]["pk"]
        fields = {"pk": pk, "fax": f"027-{number:08d}", "csrfmiddlewaretoken": CSRF}
        return lambda: urllib.parse.urlencode(fields)

    typist = Client(portal.port, submitter.session, {"X-Requested-With": "autosave"})

    def saves(client, drafts):
        return [
            (client, d["section"], partial(submitter.form, d["section"], lead_post=f"班长{n}"))
            for n, d in enumerate(drafts)
        ]

    def submit_form(url):
        today = datetime.now(UTC).date()
        return lambda: submitter.form(
            url, text="同意申报。", signatory="签署某", signed_on=today, truth_declared="on"
        )

    drafts = known["drafts"]
    view = Page(VIEW, bare, [(anyone, "/", None)])
    # It stands beside all pages that post.
    times = DRAFTS + (POSTED - 1) * (WARM_UP + TIMED)
    save = Page(SAVE, bare, [(anyone, "/save/", bare_form(n)) for n in range(times)])
    return [
        view,
        save,
        Page("queue, office", portal, [(office, known["queue"], None)], view, 2),
        Page("queue, recommending unit", portal, [(recommender, known["queue"], None)], view, 2),
        Page("application detail, office", portal, [(office, known["detail"], None)], view, 4),
        Page("home, office", portal, [(office, known["home"], None)], view),
        Page("home, applicant", portal, [(applicant, known["home"], None)], view),
        Page(
            "draft save of a section",
            portal,
            saves(submitter, drafts[:DRAFTS]),
            save,
            2,
        ),
        Page("save while typing", portal, saves(typist, drafts[DRAFTS : 2 * DRAFTS]), save),
        Page(
            "submit",
            portal,
            [(submitter, d["submit"], submit_form(d["submit"])) for d in drafts[2 * DRAFTS :]],
            save,
            4,
        ),
    ]


def one_size(database, size, folder):
    """Measure every page at one size; return (the database's version, the pages)."""
    env = {
        **os.environ,
        "ENVIRONMENT": "local",
        "DEBUG": "false",
        "VAR_DIR": str(folder),
        "DATABASE_URL": new_database(database, f"bench_{size}", folder),
        "EMAIL_URL": "dummymail://",
        "S3_BUCKET": "",
    }
    print(f"{database}, {size:,}: filling", file=sys.stderr, flush=True)
    prepared = subprocess.run(
        [sys.executable, "-m", "scripts.bench.prepare", str(size), str(POSTED * DRAFTS)],
        env={**env, "DJANGO_SETTINGS_MODULE": "wsgsite.settings"},
        stdout=subprocess.PIPE,
        check=True,
    )
    known = json.loads(prepared.stdout)
    servers = []
    try:
        servers.append(Server("scripts.bench.portal_settings", env))
        servers.append(Server("scripts.bench.bare_settings", env))
        pages = pages_of(known, *servers)
        for page in pages[2:]:
            print(f"{database}, {size:,}: {page.name}", file=sys.stderr, flush=True)
            page.measure()
        for page in pages[:2]:
            page.count()
            page.rate()
            page.figures["memory"] = page.server.memory()
    finally:
        for server in servers:
            server.stop()
    return known["database"], pages


def machine(databases, load):
    """Describe what was measured on."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    memory = psutil.virtual_memory().total / 2**30
    packages = ", ".join(
        f"{name} {version(name)}" for name in ("Django", "gunicorn", "psycopg2-binary")
    )
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {psutil.cpu_count()} cores of "
        f"{models[0] if models else platform.machine()}, {memory:.0f} GiB, "
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}, "
        f"{packages}, {', '.join(databases)}. Load average before the run: {load:.1f}."
    )


def table(head, rows):
    """Return a Markdown table whose first column is text and whose others are figures."""
    rule = ["---"] + ["--:"] * (len(head) - 1)
    return "".join(f"| {' | '.join(row)} |\n" for row in [head, rule, *rows])


def report(results, load):
    """Return what was measured, in Markdown."""
    head = ["page", "median ms", "p95 ms", "× bare", "requests/s", "SQL", "bytes", "MB"]
    text = machine(dict.fromkeys(database for (database, _), _ in results), load) + "\n"
    for (database, size), pages in results:
        text += f"\n**{database}, {size:,} applications**\n\n"
        text += table(head, [page.row() for page in pages])
    sizes = sorted({size for (_, size), _ in results})
    if len(sizes) > 1:
        text += growth(results, sizes[0], sizes[-1])
    return text


def growth(results, least, most):
    """Return how each page's median grows with the number of applications."""
    medians = {
        key: {page.name: statistics.median(page.times) for page in pages} for key, pages in results
    }
    databases = list(dict.fromkeys(database for database, _ in medians))
    rows = [
        [
            name,
            *(
                f"{medians[each, most][name] / medians[each, least][name]:.2f}"
                for each in databases
            ),
        ]
        for name in medians[databases[0], least]
    ]
    title = f"Median at {most:,} applications, as a multiple of that at {least:,}"
    return f"\n**{title}**\n\n" + table(["page", *databases], rows)


def keep(text):
    """Put what was measured between the marks of docs/benchmarks.md."""
    before, _, rest = REPORT.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    REPORT.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    options = parser.parse_args()
    databases = ["SQLite"] + ["PostgreSQL"] * bool(os.environ.get("TEST_DATABASE_URL"))
    load = os.getloadavg()[0]
    folder = Path(tempfile.mkdtemp(prefix="wsgsite-bench-"))
    results = []
    try:
        for database in databases:
            for size in options.sizes:
                name, pages = one_size(database, size, folder)
                results.append(((name, size), pages))
    except Unexpected as error:
        raise SystemExit(f"error: {error}") from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    text = report(results, load)
    print(text)
    if options.sizes == SIZES and len(databases) == 2:
        keep(text)


if __name__ == "__main__":
    main()
