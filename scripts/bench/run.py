"""Drives the bench: fills databases, starts servers, measures, prints one table in Markdown.

For each database (SQLite; PostgreSQL when TEST_DATABASE_URL is set) and each number of
applications, the bare project and the portal run side by side under gunicorn with the same
settings, and the same client measures both.
"""

import argparse
import http.client
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
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import psutil

CSRF = "b" * 32
WARM_UP, TIMED, CLIENTS, SECONDS = 5, 50, 8, 4
BESIDE = {  # which bare request each page is compared with
    "home": "bare view",
    "queue page": "bare view",
    "application detail": "bare view",
    "draft save of a section": "bare save",
    "submit": "bare save",
}


class FormReader(HTMLParser):
    """Collects what a browser would send from the forms of a page, one dict a form."""

    def __init__(self):
        super().__init__()
        self.forms, self.select, self.area = [], None, None

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "form":
            self.forms.append({"action": given.get("action") or "", "fields": []})
        elif self.forms and "disabled" not in given:
            self.field(tag, given)

    def field(self, tag, given):
        fields = self.forms[-1]["fields"]
        kind = given.get("type", "text")
        if tag == "input" and given.get("name") and kind not in {"file", "submit", "button"}:
            if kind not in {"checkbox", "radio"} or "checked" in given:
                fields.append((given["name"], given.get("value") or ""))
        elif tag == "select":
            self.select = given.get("name")
        elif tag == "option" and self.select and "selected" in given:
            fields.append((self.select, given.get("value") or ""))
        elif tag == "textarea":
            self.area = (given.get("name"), [])

    def handle_data(self, data):
        if self.area:
            self.area[1].append(data)

    def handle_endtag(self, tag):
        if tag == "textarea" and self.area:
            # A browser drops the newline right after the opening tag.
            self.forms[-1]["fields"].append(
                (self.area[0], "".join(self.area[1]).removeprefix("\n"))
            )
            self.area = None
        elif tag == "select":
            self.select = None


class Client:
    """One connection kept alive, as a browser keeps it."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

    def request(self, job, body=None, headers=()):
        sent = {
            "Cookie": f"sessionid={job['session']}; csrftoken={CSRF}",
            "Host": "127.0.0.1",
            "Accept-Language": "zh-CN",
            **dict(headers),
        }
        if body is not None:
            sent |= {"Content-Type": "application/x-www-form-urlencoded", "X-CSRFToken": CSRF}
        self.connection.request("GET" if body is None else "POST", job["url"], body, sent)
        response = self.connection.getresponse()
        content = response.read()
        expected = 200 if body is None else 302
        if response.status != expected:
            Path("var/bench-answer.html").write_bytes(content)
            raise SystemExit(
                f"error: {job['url']} answered {response.status}, not {expected}; "
                "the answer is in var/bench-answer.html"
            )
        return response, content

    def body_for(self, job):
        """What to post, or None for a GET; `form: page` reads the page's form first, untimed."""
        if "data" not in job and "form" not in job:
            return None
        fields = []
        if "form" in job:
            reader = FormReader()
            reader.feed(self.request(job)[1].decode())
            fields = max((form["fields"] for form in reader.forms), key=len)
        extra = job.get("data", {})
        fields = [(name, value) for name, value in fields if name not in extra]
        fields = [
            (name, CSRF if name == "csrfmiddlewaretoken" else value) for name, value in fields
        ]
        return urllib.parse.urlencode([*fields, *extra.items()])


class Server:
    """gunicorn with 2 workers, as `make demo` runs it."""

    def __init__(self, wsgi_settings, root_application, env):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        env = {**env, "DJANGO_SETTINGS_MODULE": wsgi_settings}
        self.process = subprocess.Popen(
            [
                sys.executable, "-m", "gunicorn", root_application,
                "--bind", f"127.0.0.1:{self.port}", "--workers", "2", "--threads", "4",
                "--timeout", "120", "--log-level", "warning", "--no-control-socket",
            ],
            env=env,
        )  # fmt: skip
        deadline = time.monotonic() + 60
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    break
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"error: the server for {wsgi_settings} did not start.")
            time.sleep(0.1)

    def memory(self):
        """Resident megabytes of the larger worker."""
        workers = psutil.Process(self.process.pid).children()
        return max(worker.memory_info().rss for worker in workers) / 1e6

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


def measure(server, jobs, rewind):
    """Return the figures of one page."""
    client = Client(server.port)
    one_shot = len(jobs) > 1
    take = iter(jobs) if one_shot else iter(lambda: jobs[0], None)

    job = next(take)
    headers = {"X-Count-Queries": "1"}
    response, content = client.request(job, client.body_for(job), headers)
    figures = {"queries": int(response.headers["X-Queries"]), "bytes": len(content)}
    for _ in range(WARM_UP):
        job = next(take)
        client.request(job, client.body_for(job))

    times = []
    for _ in range(TIMED):
        job = next(take)
        body = client.body_for(job)
        began = time.perf_counter()
        client.request(job, body)
        times.append((time.perf_counter() - began) * 1000)
    figures["median"] = statistics.median(times)
    figures["p95"] = statistics.quantiles(times, n=20)[-1]

    rewind()
    figures["rate"] = rate(server, jobs)
    rewind()
    figures["memory"] = server.memory()
    return figures


def rate(server, jobs):
    """Requests a second with CLIENTS clients: for a while, or until every one-shot job is done."""
    clients = [Client(server.port) for _ in range(CLIENTS)]
    shares = [jobs[n::CLIENTS] if len(jobs) > 1 else jobs for n in range(CLIENTS)]
    prepared = [
        [(job, client.body_for(job)) for job in share]
        for client, share in zip(clients, shares, strict=True)
    ]
    done = []
    began = time.perf_counter()

    def run(client, share):
        if len(jobs) > 1:
            for job, body in share:
                client.request(job, body)
                done.append(1)
        else:
            while time.perf_counter() - began < SECONDS:
                client.request(*share[0])
                done.append(1)

    threads = [
        threading.Thread(target=run, args=pair) for pair in zip(clients, prepared, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(done) / (time.perf_counter() - began)


def prepare(settings, env, *arguments):
    output = subprocess.run(
        [sys.executable, "-m", "scripts.bench.prepare", *map(str, arguments)],
        env={**env, "DJANGO_SETTINGS_MODULE": settings},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    ).stdout
    return json.loads(output) if output else None


def new_database(name, folder):
    """The address of an empty database beside TEST_DATABASE_URL, or of a file."""
    server = os.environ.get("TEST_DATABASE_URL") if folder is None else None
    if server is None:
        return f"sqlite:///{folder}/{name}.sqlite3"
    import psycopg2

    connection = psycopg2.connect(server)
    connection.autocommit = True
    connection.cursor().execute(f"DROP DATABASE IF EXISTS {name}")
    connection.cursor().execute(f"CREATE DATABASE {name}")
    connection.close()
    return urllib.parse.urlsplit(server)._replace(path=f"/{name}").geturl()


def one_size(database, size, folder):
    """Measure both projects at one size; yield (page, figures)."""
    projects = {
        "bare": ("scripts.bench.bare_settings", "django.core.wsgi:get_wsgi_application()"),
        "portal": ("scripts.bench.portal_settings", "django.core.wsgi:get_wsgi_application()"),
    }
    for project, (settings, application) in projects.items():
        files = folder if database == "SQLite" else None
        env = {
            **os.environ,
            "ENVIRONMENT": "local",
            "VAR_DIR": str(folder / f"{project}-{size}"),
            "DATABASE_URL": new_database(f"bench_{project}_{size}", files),
            "EMAIL_URL": "dummymail://",
            "S3_BUCKET": "",
        }
        Path(env["VAR_DIR"]).mkdir(exist_ok=True)
        print(f"{database}, {size}: filling the {project} database", file=sys.stderr)
        if project == "portal":
            subprocess.run(
                [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity=0"],
                env=env,
                check=True,
            )
        pages = prepare(settings, env, project, size)
        server = Server(settings, application, env)
        try:
            for page, jobs in pages.items():
                print(f"{database}, {size}: {page}", file=sys.stderr)

                def rewind(page=page, settings=settings, env=env):
                    if page == "submit":
                        prepare(settings, env, "rewind")

                yield page, measure(server, jobs, rewind)
        finally:
            server.stop()


def machine():
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{psutil.cpu_count()} cores of {model}, {memory:.0f} GiB, {platform.system()} "
        f"{platform.release()}, Python {platform.python_version()}; "
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[200, 10_000])
    options = parser.parse_args()
    databases = ["SQLite"] + ["PostgreSQL"] * bool(os.environ.get("TEST_DATABASE_URL"))
    folder = Path(tempfile.mkdtemp(prefix="wsgsite-bench-"))
    lines = [
        machine(),
        "",
        f"Median and p95 of {TIMED} requests one after another; requests/s with {CLIENTS} clients; "
        "memory of the larger of 2 gunicorn workers afterwards.",
        "",
        "| database | applications | page | median ms | p95 ms | × bare | requests/s | SQL "
        "| bytes | MB |",
        "|---|--:|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    try:
        for database in databases:
            for size in options.sizes:
                found = {}
                for page, figures in one_size(database, size, folder):
                    found[page] = figures
                    bare = found.get(BESIDE.get(page))
                    times = f"{figures['median'] / bare['median']:.1f}" if bare else ""
                    lines.append(
                        f"| {database} | {size:,} | {page} | {figures['median']:.1f} "
                        f"| {figures['p95']:.1f} | {times} | {figures['rate']:.0f} "
                        f"| {figures['queries']} | {figures['bytes']:,} | {figures['memory']:.0f} |"
                    )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print("\n".join(lines))


if __name__ == "__main__":
    main()
