"""Prints how pages and nightly jobs grow with the database, as tables in Markdown.

Usage: python -m scripts.growth [--only WORD] [--no-jobs] [--no-pages] [SMALL LARGE]

SMALL and LARGE are addresses of databases that `manage.py loadmany` has filled, as DATABASE_URL
takes them. Without them two are made, on SQLite, and on PostgreSQL too when TEST_DATABASE_URL is
set: 200 applications of one round, and 100,000 of ten rounds. Two processes, one a database, answer
the same request in turn, so that both meet the same machine; the job of one database follows that
of the other. Of a page the least CPU time counts (user and system, of the process: SQLite's is in
it, PostgreSQL's is not) and the median time; of a job its CPU time and the most memory that its
process ever had.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

from scripts.bench.run import new_database

# Applications and rounds of the two databases.
SIZES = ((200, 1), (100_000, 10))
DRAFTS = 50
WARM_UP, TIMED = 3, 15
SETTINGS = {
    "ENVIRONMENT": "local",
    "DEBUG": "false",
    "OCR": "off",
    "S3_BUCKET": "",
    "EMAIL_URL": "dummymail://",
    "METRICS_ALLOWED": "127.0.0.0/8",
    "DJANGO_SETTINGS_MODULE": "wsgsite.settings",
}
# What is asked of each page: its name, who asks, and the address, with keys of that database.
PAGES = (
    ("home, office", "office", "/"),
    ("home, recommending unit", "recommender", "/"),
    ("home, applicant", "applicant", "/"),
    ("home, expert", "expert", "/"),
    ("home, bureau", "bureau", "/"),
    ("home, finance", "finance", "/"),
    ("home, administrator", "admin", "/"),
    ("home, visitor", "", "/"),
    ("queue, office", "office", "/review/"),
    ("queue, recommending unit", "recommender", "/review/"),
    ("queue, expert", "expert", "/review/"),
    ("queue, expert, to score", "expert", "/review/?stage=all&score=todo"),
    ("queue, expert, done", "expert", "/review/?stage=all&score=done"),
    ("queue, expert, to conclude", "expert", "/review/?stage=all&score=conclude"),
    ("queue, bureau", "bureau", "/review/"),
    ("queue, finance", "finance", "/review/"),
    ("queue, all", "office", "/review/?stage=all"),
    ("queue, all, last page", "office", "/review/?stage=all&page=9999"),
    ("queue, all, of the unit", "recommender", "/review/?stage=all"),
    ("queue, one stage", "office", "/review/?stage=NOT_RECOMMENDED"),
    ("queue, a group", "office", "/review/?stage=reported"),
    ("queue, one round", "office", "/review/?stage=all&round={round}"),
    ("queue, one unit", "office", "/review/?stage=all&unit={unit}"),
    ("queue, one panel", "office", "/review/?stage=all&panel={panel}"),
    ("search, number", "office", "/review/?stage=all&q={number}"),
    ("search, a lead's name", "office", "/review/?stage=all&q={lead}"),
    ("search, a unit's name", "office", "/review/?stage=all&q={name}"),
    ("search, initials", "office", "/review/?stage=all&q=zm"),
    ("search, a word that all hold", "office", "/review/?stage=all&q=技能大师"),
    ("search, the same in one stage", "office", "/review/?q=技能大师"),
    ("search, two such words", "office", "/review/?stage=all&q=技能大师 制造"),
    ("search, such a word, of the unit", "recommender", "/review/?stage=all&q=技能大师"),
    ("search, nothing", "office", "/review/?stage=all&q=龘龘"),
    ("search, a recommending unit", "office", "/review/?stage=all&q={unit_name}"),
    ("applicant's applications", "applicant", "/applications/"),
    ("application page, office", "office", "/review/{qualifying}/"),
    ("application page, applicant", "applicant", "/applications/{own}/"),
    ("figures, office", "office", "/review/figures/"),
    ("figures, recommending unit", "recommender", "/review/figures/"),
    ("figures, expert", "expert", "/review/figures/"),
    ("list to rank", "recommender", "/review/lists/"),
    ("lists reported", "office", "/review/lists/reported/"),
    ("panels", "office", "/review/panels/"),
    ("experts", "office", "/review/panels/experts/"),
    ("expert's panels", "expert", "/review/desks/"),
    ("expert's panel", "expert", "/review/desks/{panel}/"),
    ("leader's board", "expert", "/review/panels/{panel}/board/"),
    ("ranking of the round", "office", "/review/rounds/{round}/ranking/"),
    ("public notices, office", "office", "/review/publicity/"),
    ("public notices", "", "/publicity/"),
    ("objections", "office", "/review/publicity/objections/"),
    ("approval", "bureau", "/review/approval/"),
    ("rounds", "office", "/review/rounds/"),
    ("applying units", "office", "/review/units/"),
    ("applying units, search", "office", "/review/units/?q={name}"),
    ("accounts", "admin", "/accounts-admin/"),
    ("accounts, search", "admin", "/accounts-admin/?q={name}"),
    ("log", "admin", "/accounts-admin/log/"),
    ("exports", "office", "/documents/exports/"),
    ("record", "office", "/documents/audit/"),
    ("messages", "office", "/messages/"),
    ("metrics", "", "/metrics"),
)
JOBS = (
    ("notify", ["notify"]),
    ("verify_audit", ["verify_audit"]),
    ("retention", ["retention"]),
    ("sweep_files", ["sweep_files"]),
    ("backup", ["backup", "--to", "{folder}"]),
    (
        "export_chain_heads",
        ["export_chain_heads", "--round", "{round}", "--out", "{folder}/h.json"],
    ),
    ("export_annex1", ["export_annex1", "--round", "{round}", "--out", "{folder}/a.xlsx"]),
)


# --- The process of one database --------------------------------------------------------------


def answer():
    """Answer requests that come line by line, as JSON, until there are no more."""
    import django

    django.setup()
    from django.db import connection
    from django.test import Client

    from accounts.adapter import SEEN
    from accounts.models import User
    from demo.management.commands.loadmany import DOMAIN

    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    clients = {"": Client(raise_request_exception=False, headers={"host": "localhost"})}
    out.write(json.dumps({"vendor": connection.vendor, **keys(connection)}) + "\n")
    out.flush()
    for line in sys.stdin:
        role, url = json.loads(line)
        if role not in clients:
            clients[role] = Client(raise_request_exception=False, headers={"host": "localhost"})
            user = User.objects.get(email=f"{role}@{DOMAIN}")
            clients[role].force_login(user)
            session = clients[role].session
            session[SEEN] = time.time()
            session.save()
        count, spent = 0, 0.0

        def counted(execute, *args):
            nonlocal count, spent
            count += 1
            begun = time.perf_counter()
            try:
                return execute(*args)
            finally:
                spent += time.perf_counter() - begun

        cpu, wall = time.process_time(), time.perf_counter()
        with connection.execute_wrapper(counted):
            response = clients[role].get(url)
        size = len(b"".join(response) if response.streaming else response.content)
        told = {
            "status": response.status_code,
            "to": response.headers.get("Location", ""),
            "cpu": (time.process_time() - cpu) * 1000,
            "wall": (time.perf_counter() - wall) * 1000,
            "sql": spent * 1000,
            "queries": count,
            "bytes": size,
            "rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
        out.write(json.dumps(told) + "\n")
        out.flush()


def keys(connection):
    """Return what addresses are made of: keys and names that this database has."""
    from accounts.models import User
    from applications.models import Application, Round
    from applications.stages import Stage
    from demo.management.commands.loadmany import DOMAIN

    of_round = Round.objects.order_by("-opens_at")[0]
    own = User.objects.get(email=f"applicant@{DOMAIN}").applying_unit
    waiting = Application.objects.filter(stage=Stage.QUALIFYING).order_by("stage_entered_at", "pk")
    one = waiting[0]
    expert = User.objects.get(email=f"expert@{DOMAIN}")
    unit = User.objects.get(email=f"recommender@{DOMAIN}").recommending_unit
    return {
        "keys": {
            "round": of_round.pk,
            "unit": unit.pk,
            "unit_name": unit.name,
            "panel": expert.panels.filter(round=of_round)[0].pk,
            "number": one.number,
            "lead": one.lead_name,
            "name": one.unit_name,
            "qualifying": one.pk,
            "own": own.applications.order_by("pk")[0].pk,
        },
        "applications": Application.objects.count(),
        "size": size_of(connection),
    }


def size_of(connection):
    """Return the megabytes of the database, and of its largest tables with their indexes."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_database_size(current_database())")
            (whole,) = cursor.fetchone()
            cursor.execute(
                "SELECT relname, pg_total_relation_size(oid) FROM pg_class WHERE relkind = 'r'"
                " ORDER BY 2 DESC LIMIT 8"
            )
            tables = cursor.fetchall()
        else:
            cursor.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
            (whole,) = cursor.fetchone()
            tables = []
    return {
        "whole": round(whole / 1e6),
        "tables": {name: round(number / 1e6) for name, number in tables},
    }


# --- The run ----------------------------------------------------------------------------------


class Portal:
    """A process that answers for one database."""

    def __init__(self, url):
        self.env = {**os.environ, **SETTINGS, "DATABASE_URL": url}
        self.env.setdefault("VAR_DIR", tempfile.mkdtemp(prefix="wsgsite-growth-"))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "scripts.growth", "--answer"],
            env=self.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.about = json.loads(self.process.stdout.readline())

    def ask(self, role, url):
        self.process.stdin.write(json.dumps([role, url.format(**self.about["keys"])]) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def run(self, words, folder):
        """Run a command of manage.py; return its seconds of CPU and of time, and its most MB."""
        words = [word.format(folder=folder, **self.about["keys"]) for word in words]
        begun = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "manage.py", *words],
            env=self.env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _, status, usage = os.wait4(process.pid, 0)
        return {
            "cpu": usage.ru_utime + usage.ru_stime,
            "wall": time.perf_counter() - begun,
            "rss": usage.ru_maxrss / 1024,
            "code": os.waitstatus_to_exitcode(status),
        }


def row(cells):
    print(f"| {' | '.join(cells)} |", flush=True)


def pages(portals, only):
    """Print the table of the pages."""
    row(
        [
            "page",
            "CPU ms",
            "at most",
            "×",
            "median ms",
            "at most",
            "×",
            "SQL ms",
            "",
            "queries",
            "KB",
        ]
    )
    row(["---", *["--:"] * 10])
    for name, role, url in PAGES:
        if only not in name:
            continue
        told = [[portal.ask(role, url) for portal in portals] for _ in range(WARM_UP)]
        told = [[portal.ask(role, url) for portal in portals] for _ in range(TIMED)]
        small, large = zip(*told, strict=True)
        if any(each["status"] != 200 for each in told[0]):
            row([name, f"{told[0][0]['status']} {told[0][1]['status']} {told[0][0]['to']}"])
            continue
        cpu = [min(each["cpu"] for each in of_one) for of_one in (small, large)]
        wall = [statistics.median(each["wall"] for each in of_one) for of_one in (small, large)]
        sql = [min(each["sql"] for each in of_one) for of_one in (small, large)]
        row(
            [
                name,
                f"{cpu[0]:.1f}",
                f"{cpu[1]:.1f}",
                f"{cpu[1] / cpu[0]:.2f}",
                f"{wall[0]:.1f}",
                f"{wall[1]:.1f}",
                f"{wall[1] / wall[0]:.2f}",
                f"{sql[0]:.1f}",
                f"{sql[1]:.1f}",
                " ".join(str(each[0]["queries"]) for each in (small, large)),
                " ".join(f"{each[0]['bytes'] / 1000:.0f}" for each in (small, large)),
            ]
        )


def jobs(portals, only):
    """Print the table of the jobs."""
    row(["job", "CPU s", "at most", "time s", "at most", "MB", "at most", "exit codes"])
    row(["---", *["--:"] * 7])
    for name, words in JOBS:
        if only not in name:
            continue
        told = []
        for portal in portals:
            with tempfile.TemporaryDirectory() as folder:
                told.append(portal.run(words, folder))
        cells = [f"{each[key]:.1f}" for key in ("cpu", "wall") for each in told]
        cells += [f"{each['rss']:.0f}" for each in told]
        row([name, *cells, " ".join(str(each["code"]) for each in told)])


def fill(database, folder):
    """Make two databases (SQLite or PostgreSQL) and fill them; return their addresses."""
    urls = []
    for number, rounds in SIZES:
        url = new_database(database, f"growth_{number}", folder)
        env = {**os.environ, **SETTINGS, "DATABASE_URL": url, "VAR_DIR": str(folder)}
        loading = ["loadmany", "--applications", str(number), "--rounds", str(rounds)]
        begun, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        for words in (["migrate"], [*loading, "--drafts", str(DRAFTS)], ["collectstatic"]):
            flags = ["--no-input"] if words[0] != "loadmany" else []
            command = [sys.executable, "manage.py", *words, *flags, "--verbosity", "0"]
            subprocess.run(command, env=env, check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        print(
            f"{database}, {number:,}: filled in {time.perf_counter() - begun:.0f} s,"
            f" {cpu:.0f} s of CPU without the server's",
            flush=True,
        )
        urls.append(url)
    return urls


def compare(urls, options):
    """Print the tables of two databases."""
    portals = [Portal(url) for url in urls]
    for portal in portals:
        about = portal.about
        print(f"{about['vendor']}, {about['applications']:,} applications: {about['size']} MB")
    if not options.no_pages:
        pages(portals, options.only)
    if not options.no_jobs:
        jobs(portals, options.only)
    for portal in portals:
        portal.process.stdin.close()
        portal.process.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("databases", nargs="*", metavar="DATABASE_URL")
    parser.add_argument("--only", default="", help="pages and jobs with this in their name")
    parser.add_argument("--no-jobs", action="store_true")
    parser.add_argument("--no-pages", action="store_true")
    parser.add_argument("--answer", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.answer:
        answer()
    elif options.databases:
        compare(options.databases, options)
    else:
        for database in ["SQLite"] + ["PostgreSQL"] * bool(os.environ.get("TEST_DATABASE_URL")):
            with tempfile.TemporaryDirectory(prefix="wsgsite-growth-") as folder:
                os.environ["VAR_DIR"] = folder
                compare(fill(database, folder), options)


if __name__ == "__main__":
    main()
