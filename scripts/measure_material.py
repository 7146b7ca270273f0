"""Measure what opening uploaded files costs: the expert, everybody else, the web process.

Run with the development packages installed:
    python scripts/measure_material.py [FOLDER OF ANOTHER BUILD]
Each build gets a database and a web server (gunicorn, one process, four threads) of its own; with
two builds the requests go to both in turn. Printed: an expert's first and second opening of
scanned documents of 20 pages; a page of somebody else, idle and while the costliest files that are
accepted are uploaded and opened without pause; the peak memory of the web processes.
"""

import http.client
import io
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCANS, PAGES = 12, 20
IDLE, BUSY_SECONDS = 60, 20


def make_files():
    """Return {name: bytes}: ordinary scans, and what costs most of what is accepted."""
    import pikepdf
    from pikepdf import Dictionary, Name, Stream
    from PIL import Image

    from scripts.measure_dossier import SCAN, SCAN_BYTES, jpeg, scanned

    def saved(pdf):
        out = io.BytesIO()
        pdf.save(out)
        return out.getvalue()

    scan = jpeg(SCAN, SCAN_BYTES, 1)
    files = {f"scan{number}.pdf": scanned(number, scan, PAGES) for number in range(SCANS)}
    # 60 pages of a thousand strokes, each with a comment without appearance: drawn anew one by one.
    pdf = pikepdf.new()
    for _ in range(60):
        pdf.add_blank_page(page_size=(595.28, 841.89))
        page = pdf.pages[-1].obj
        page.Contents = Stream(pdf, b"0 0 m 595 841 l S\n" * 1000)
        square = Dictionary(
            Type=Name.Annot, Subtype=Name.Square, Rect=[50, 50, 300, 300], C=[1, 0, 0], F=4
        )
        page.Annots = pikepdf.Array([pdf.make_indirect(square)])
    files["comments.pdf"] = saved(pdf)
    out = io.BytesIO()
    Image.effect_noise((1000, 500), 40).resize((8900, 8900)).convert("RGB").quantize(64).save(
        out, "PNG", compress_level=1
    )
    files["large.png"] = out.getvalue()
    return files


def fill(folder):
    """Make the database of the build in this folder, and say what there is to ask for, as JSON."""
    sys.path.insert(0, os.getcwd())
    import django

    django.setup()
    from django.conf import settings
    from django.core.files.base import ContentFile
    from django.core.management import call_command
    from django.test import Client

    from applications.models import Evidence, Submission
    from applications.stages import Stage
    from tests import factories as make

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    people = make.make_people(make.make_round())
    application = make.make_application(Stage.PANEL, people)
    draft = make.make_application(Stage.DRAFT, people)
    rows = {}
    for path in sorted(Path(folder, "files").iterdir()):
        is_pdf = path.suffix == ".pdf"
        row = Evidence(
            application=application,
            category="OTHER",
            original_name=path.name,
            content_type="application/pdf" if is_pdf else "image/png",
            size=path.stat().st_size,
            sha256=uuid.uuid4().hex * 2,
            uploaded_by=people.applicant,
        )
        row.file.save(f"file{path.suffix}", ContentFile(path.read_bytes()), save=False)
        row.save()
        rows[path.name] = row.pk
    # As if they had been submitted: snapshots are not saved twice.
    latest = application.submissions.last()
    kept = [{"id": pk} for pk in rows.values()]
    content = {**latest.content, "evidence": [*latest.content["evidence"], *kept]}
    Submission.objects.filter(pk=latest.pk).update(content=content)
    cookies = {}
    for name in ("expert", "office", "applicant"):
        client = Client()
        client.force_login(getattr(people, name))
        session = client.session
        session["seen"] = 2**40
        session.save()
        cookies[name] = client.cookies[settings.SESSION_COOKIE_NAME].value
    told = {"rows": rows, "cookies": cookies, "cookie": settings.SESSION_COOKIE_NAME}
    print(json.dumps({**told, "draft": draft.pk}))


class Build:
    """A build's web server on a database of its own."""

    def __init__(self, name, root, folder):
        self.name, self.root = name, root
        var = folder / name
        var.mkdir()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.environment = {
            **os.environ,
            "ENVIRONMENT": "local",
            "DEBUG": "false",
            "VAR_DIR": str(var),
            "DATABASE_URL": f"sqlite:///{var}/measure.sqlite3",
            "S3_BUCKET": "",
            "MFA_REQUIRED": "false",
            "DJANGO_SETTINGS_MODULE": "wsgsite.settings",
            "WEB_BIND": f"127.0.0.1:{self.port}",
            "WEB_WORKERS": "1",
            "WEB_THREADS": "4",
        }
        told = self.run(__file__, "fill", str(folder))
        self.__dict__.update(json.loads(told.splitlines()[-1]))
        self.server = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "gunicorn",
                "--config",
                "deploy/gunicorn.conf.py",
                "wsgsite.wsgi",
            ],
            cwd=root,
            env=self.environment,
        )
        for _ in range(100):
            try:
                if self.ask("office", "/")[0]:
                    break
            except OSError:
                time.sleep(0.2)
        self.figures = {}

    def run(self, *arguments):
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.root,
            env=self.environment,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout

    def ask(self, who, path, body=None, headers=()):
        """Return (status, milliseconds, bytes) of a request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        cookie = f"{self.cookie}={self.cookies[who]}; csrftoken={'x' * 32}"
        began = time.perf_counter()
        connection.request(
            "POST" if body else "GET", path, body, {"Cookie": cookie, **dict(headers)}
        )
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, (time.perf_counter() - began) * 1000, content

    def open_file(self, name):
        status, took, _ = self.ask("expert", f"/documents/evidence/{self.rows[name]}/")
        return status, took

    def upload(self, name, content):
        """Upload a file to a draft; return what `ask` does."""
        mark = uuid.uuid4().hex
        part = f"--{mark}\r\nContent-Disposition: form-data; name="
        body = (
            f'{part}"csrfmiddlewaretoken"\r\n\r\n{"x" * 32}\r\n'
            f'{part}"files"; filename="{name}"\r\n\r\n'
        ).encode()
        headers = {
            "Content-Type": f"multipart/form-data; boundary={mark}",
            "Accept": "application/json",
            "Referer": f"http://127.0.0.1:{self.port}/",
        }
        path = f"/applications/{self.draft}/evidence/OTHER/"
        body += content + f"\r\n--{mark}--\r\n".encode()
        return self.ask("applicant", path, body, headers)

    def peak(self):
        """Return the peak megabytes of the web process, that of its programs aside."""
        master = self.server.pid
        children = subprocess.run(
            ["pgrep", "-P", str(master)], stdout=subprocess.PIPE, text=True, check=True
        ).stdout.split()
        peaks = []
        for pid in children:
            status = Path(f"/proc/{pid}/status").read_text()
            peaks.append(int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024)
        return max(peaks)


def measure(builds, files):
    """Print what was measured of each build, and how they compare."""
    opened = {build.name: ([], []) for build in builds}
    for build in builds:  # what a process does once, it has done
        build.open_file("scan0.pdf")
    for name in [name for name in files if name.startswith("scan")][1:]:
        for turn in (0, 1):
            for build in builds:
                status, took = build.open_file(name)
                assert status == 200, (build.name, name, status)
                opened[build.name][turn].append(took)
    idle = {build.name: [] for build in builds}
    for _ in range(IDLE):
        for build in builds:
            idle[build.name].append(build.ask("office", "/")[1])
    for build in builds:
        busy = under_load(build, files)
        first, second = map(statistics.median, opened[build.name])
        rest = statistics.median(idle[build.name])
        compared = builds[-1].name
        base = statistics.median(opened[compared][0])
        print(
            f"{build.name}: first opening {first:.0f} ms ({first / base:.2f} of {compared}'s), "
            f"second {second:.0f} ms ({second / base:.2f}); office's home {rest:.0f} ms, "
            f"under load {statistics.median(busy):.0f} ms ({statistics.median(busy) / rest:.2f}), "
            f"slowest of {len(busy)}: {max(busy):.0f} ms; web process {build.peak():.0f} MB",
            flush=True,
        )


def under_load(build, files):
    """Return the milliseconds of a page while costly files are opened and uploaded."""
    until, taken = time.monotonic() + BUSY_SECONDS, []

    def trouble(name):
        while time.monotonic() < until:
            build.open_file(name)
            # Another file each time: what was made once costs nothing.
            build.upload(name, files[name] + uuid.uuid4().bytes)

    threads = [
        threading.Thread(target=trouble, args=[name]) for name in ("comments.pdf", "large.png")
    ]
    for thread in threads:
        thread.start()
    while time.monotonic() < until:
        taken.append(build.ask("office", "/")[1])
        time.sleep(0.1)
    for thread in threads:
        thread.join()
    return taken


def main():
    if sys.argv[1:2] == ["fill"]:
        fill(sys.argv[2])
        return
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "files").mkdir()
        files = make_files()
        for file, content in files.items():
            (folder / "files" / file).write_bytes(content)
        roots = {"this build": ROOT}
        if sys.argv[1:]:
            roots["the other build"] = Path(sys.argv[1]).resolve()
        builds = [Build(*each, folder) for each in roots.items()]
        try:
            measure(builds, files)
        finally:
            for build in builds:
                build.server.terminate()
                build.server.wait()


if __name__ == "__main__":
    main()
