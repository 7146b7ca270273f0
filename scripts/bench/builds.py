"""The build in this folder, another one checked out beside it, and the servers of both."""

import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.parse
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
PREPARE = Path(__file__).with_name("prepare.py")
START_SECONDS, STOP_SECONDS = 60, 30
# What says which packages a build runs on: those with the same ones share them.
LOCKS = {".venv": "requirements-dev.lock", "node_modules": "package-lock.json"}


@dataclass(frozen=True)
class Build:
    """One state of the portal: its folder, the Python that it runs on, and its name."""

    root: Path
    python: str
    name: str = ""

    def run(self, arguments, env):
        """Run a program of the build's Python in its folder; return what it printed."""
        done = subprocess.run(
            [self.python, *arguments],
            cwd=self.root,
            env={**env, "PYTHONPATH": str(self.root)},
            stdout=subprocess.PIPE,
            check=True,
        )
        return done.stdout

    def web_server(self, port):
        """Return the command of the build's own web server, as its `make demo` starts it."""
        path = self.root / "scripts/serve.py"
        spec = importlib.util.spec_from_file_location(f"serve_{self.name or 'here'}", path)
        serve = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(serve)
        # The first of them; what it is called has changed.
        _, *arguments = next(iter(serve.commands(port).values()))
        return [self.python, *arguments]

    def fill(self, applications, drafts, env):
        """Fill the database that `env` names; return what prepare.py tells of it."""
        settings = {**env, "DJANGO_SETTINGS_MODULE": "wsgsite.settings"}
        return json.loads(self.run([PREPARE, str(applications), str(drafts)], settings))


HERE = Build(ROOT, sys.executable)


@contextmanager
def checked_out(commit, folder):
    """Check a commit out beside, install what it needs, and yield its Build."""
    root = Path(folder, "base")
    git = ["git", "-C", str(ROOT), "worktree"]
    subprocess.run([*git, "add", "--quiet", "--detach", str(root), commit], check=True)
    try:
        for made, lock in LOCKS.items():
            if (root / lock).read_bytes() == (ROOT / lock).read_bytes():
                (root / made).symlink_to(ROOT / made)
        # As this run was started: nothing of this build's environment is for that one.
        subprocess.run([root / "scripts/setup.sh", "dev"], cwd=root, stdout=sys.stderr, check=True)
        yield Build(root, str(root / ".venv/bin/python"), name=commit[:7])
    finally:
        subprocess.run([*git, "remove", "--force", str(root)], check=False)
        shutil.rmtree(root, ignore_errors=True)


class Server:
    """A build's web server with one of the bench's settings."""

    def __init__(self, build, settings, env):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen(
            build.web_server(self.port),
            cwd=build.root,
            env={**env, "PYTHONPATH": str(build.root), "DJANGO_SETTINGS_MODULE": settings},
        )
        deadline = time.monotonic() + START_SECONDS
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
        self.process.wait(STOP_SECONDS)


def environment(folder, database):
    """Return the environment of a build's programs: files in `folder`, the database's address."""
    return {
        **os.environ,
        "ENVIRONMENT": "local",
        "DEBUG": "false",
        "VAR_DIR": str(folder),
        "DATABASE_URL": database,
        "EMAIL_URL": "dummymail://",
        "S3_BUCKET": "",
    }


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
