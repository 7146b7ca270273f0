"""Real processes for the tests of faults: gunicorn, the worker, a PostgreSQL of one's own."""

import contextlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

ROOT = Path(settings.BASE_DIR)
TOKEN = "a" * 32


def wait_until(condition, seconds=30, what="what was waited for"):
    """Return what `condition` returns once that is true; fail when it takes too long."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError(f"{what} did not happen within {seconds} s")


def database_url():
    """The address of the database of the running tests."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlsplit(os.environ["TEST_DATABASE_URL"])._replace(path=f"/{name}").geturl()


def environment(**changes):
    """The environment of a process that works on the database and the files of the tests."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {
        **kept,
        "PYTHONPATH": str(ROOT),
        "ENVIRONMENT": "local",
        "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
        "VAR_DIR": str(settings.VAR_DIR),
        "DATABASE_URL": database_url(),
        "EMAIL_URL": "filemail://",
        "S3_BUCKET": "",
        "SENTRY_DSN": "",
        # Queued once for many uploads: they would not all have the same number of points.
        "OCR": "off",
        # As behind nginx: a socket has no address of its own.
        "TRUSTED_PROXY_COUNT": "1",
        **changes,
    }


class Process:
    """A process in a session of its own, killed with all its children at the end."""

    def __init__(self, command, **environ):
        self.folder = Path(tempfile.mkdtemp(prefix="fault-"))
        self.log = self.folder / "log"
        with self.log.open("wb") as log:
            self.popen = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment(**environ),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self, signum=signal.SIGKILL):
        """Send a signal to the process and its children, as a machine that fails would."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.popen.pid, signum)
        if signum == signal.SIGKILL:
            self.popen.wait()

    def stop(self):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        if error[0]:
            sys.stderr.write(self.log.read_text(errors="replace")[-4000:])
        self.stop()


class Answer:
    """An answer that was read to its end: status, headers, text."""

    def __init__(self, response):
        self.status, self.headers = response.status, response.headers
        self.text = response.read().decode(errors="replace")


class Web(Process):
    """gunicorn on a socket of its own, as scripts/serve.py starts it."""

    def __init__(self, module="wsgsite.wsgi", prefix=(), workers=1, **environ):
        self.socket = Path(tempfile.mkdtemp(prefix="fault-"), "web")
        command = [
            *prefix, sys.executable, "-m", "gunicorn", module,
            "--bind", f"unix:{self.socket}", "--workers", str(workers), "--threads", "4",
            "--timeout", "120", "--log-level", "warning", "--no-control-socket", "--preload",
        ]  # fmt: skip
        super().__init__(command, **environ)
        self.wait()

    def stop(self):
        super().stop()
        shutil.rmtree(self.socket.parent, ignore_errors=True)

    def wait(self):
        """Wait until it answers."""
        wait_until(self.answers, what="the web server's answer")

    def answers(self):
        assert self.popen.poll() is None, self.log.read_text(errors="replace")[-4000:]
        try:
            return self.ask("GET", "/healthz").status == 200
        except (OSError, http.client.HTTPException):
            return False

    def ask(self, method, path, user=None, data=None, files=False, headers=None, timeout=60):
        """Ask as a browser does in which `user` is logged in; redirects are not followed.

        Raises OSError or HTTPException when the process dies before it answers.
        """
        proxied = {"Host": "127.0.0.1", "X-Forwarded-For": "127.0.0.1"}
        headers = {**proxied, "X-CSRFToken": TOKEN, **(headers or {})}
        cookies = {"csrftoken": TOKEN}
        if user is not None:
            client = Client()
            client.force_login(user)
            cookies[settings.SESSION_COOKIE_NAME] = client.cookies["sessionid"].value
        cookies |= getattr(self, "cookies", {})
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        body = None
        if files:
            body = encode_multipart(BOUNDARY, data)
            headers["Content-Type"] = MULTIPART_CONTENT
        elif data is not None:
            body = urlencode(data, doseq=True)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        line = http.client.HTTPConnection("127.0.0.1", timeout=timeout)
        line.sock = socket.socket(socket.AF_UNIX)
        line.sock.settimeout(timeout)
        try:
            line.sock.connect(str(self.socket))
            line.request(method, path, body, headers)
            return Answer(line.getresponse())
        finally:
            line.close()


def worker(lease=1, **environ):
    """Start a worker as scripts/serve.py does, but in a hurry."""
    command = [
        sys.executable, "manage.py", "db_worker", "--queue-name", "*", "--no-reload",
        "--interval", "0.1", "--no-startup-delay",
    ]  # fmt: skip
    return Process(command, WORKER_LEASE=str(lease), **environ)


def manage(*arguments, **environ):
    """Run a command of manage.py to its end; return what it printed."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment(**environ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


class Postgres:
    """A PostgreSQL server of one's own, to be stopped in the middle of things."""

    def __init__(self):
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        self.bin = found[-1].parent if found else Path(shutil.which("initdb")).parent
        self.folder = Path(tempfile.mkdtemp(prefix="fault-postgres-", dir="/tmp"))
        if os.geteuid() == 0:  # the server refuses to run as root
            shutil.chown(self.folder, "postgres")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._run("initdb", "--username=portal", "--auth=trust", "--encoding=UTF8", "--no-sync")
        self.start()

    @property
    def url(self):
        return f"postgres://portal@127.0.0.1:{self.port}/postgres"

    def _run(self, program, *arguments):
        as_server = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        command = [*as_server, str(self.bin / program), f"--pgdata={self.folder}/data", *arguments]
        subprocess.run(
            command,
            cwd=self.folder,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            timeout=60,
        )

    def start(self):
        options = (
            f"-c listen_addresses=127.0.0.1 -c port={self.port} "
            f"-c unix_socket_directories={self.folder} -c fsync=off"
        )
        self._run(
            "pg_ctl", f"--log={self.folder}/log", f"--options={options}", "--wait", "--silent",
            "start",
        )  # fmt: skip

    def stop(self):
        self._run("pg_ctl", "--mode=immediate", "--silent", "stop")

    def __enter__(self):
        return self

    def __exit__(self, *error):
        with contextlib.suppress(subprocess.CalledProcessError):
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def new_name():
    """A name that no test before has used."""
    return uuid.uuid4().hex[:8]
