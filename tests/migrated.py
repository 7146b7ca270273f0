"""The migrated database of the tests: made once for the same migrations, and copied from then on.

Migrating takes half a minute of a processor, for every process and every run; a copy a second. It
lies in .pytest_cache, under a digest of all that makes it, until `make clean` or other migrations.
"""

import fcntl
import gc
import hashlib
import importlib.util
import os
import re
import shutil
import sqlite3
import subprocess
from contextlib import closing, contextmanager
from pathlib import Path

import django
from django.apps import apps
from django.conf import settings
from django.core.management.commands.migrate import Command
from django.db import connection

FOLDER = Path(settings.BASE_DIR, ".pytest_cache", "migrated")
IMPORTED = re.compile(r"^\s*(?:from|import) ([\w.]+)", re.MULTILINE)


@contextmanager
def copied():
    """While the block runs, `migrate` copies what it made before, if nothing has changed since."""
    migrate = Command.handle

    def copy_or_migrate(command, *arguments, **options):
        kept = FOLDER / f"{connection.vendor}-{digest()}"
        FOLDER.mkdir(parents=True, exist_ok=True)
        with (FOLDER / f"{connection.vendor}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not kept.exists():
                # The models of each state refer to each other: collecting them takes a third of
                # the time.
                gc.disable()
                migrate(command, *arguments, **options)
                gc.enable()
                keep(kept)
                return
        restore(kept)

    Command.handle = copy_or_migrate
    try:
        yield
    finally:
        Command.handle = migrate


def digest():
    """Return a digest of the migrations, of the models and of the programs that work on both."""
    files = set()
    for config in apps.get_app_configs():
        files.update(Path(config.path, "migrations").glob("*.py"))
    ours = {config.path for config in apps.get_app_configs() if is_ours(config.path)}
    for path in [path for path in files if str(path.parent.parent) in ours]:
        for name in IMPORTED.findall(path.read_text(encoding="utf-8")):
            files.update(sources_of(name))
    models = sorted(model._meta.label for model in apps.get_models())
    whole = hashlib.sha256(repr((django.VERSION, version_of_database(), models)).encode())
    for path in sorted(files):
        whole.update(f"{path}".encode())
        whole.update(path.read_bytes())
    return whole.hexdigest()[:32]


def is_ours(path):
    return Path(path).is_relative_to(settings.BASE_DIR) and ".venv" not in Path(path).parts


def sources_of(name):
    """Return the files of a module of the portal, of a package all of them; none of another's."""
    origin = importlib.util.find_spec(name).origin
    if origin is None or not is_ours(origin):
        return []
    path = Path(origin)
    return path.parent.rglob("*.py") if path.name == "__init__.py" else [path]


def version_of_database():
    if connection.vendor == "sqlite":
        return sqlite3.sqlite_version
    connection.ensure_connection()
    return connection.pg_version


def keep(path):
    """Put a copy of the database at `path`, instead of those of other migrations."""
    unfinished = path.with_suffix(".unfinished")
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(unfinished)) as target:
            connection.connection.backup(target)
    elif not run_on_postgres("pg_dump", "--no-owner", f"--file={unfinished}"):
        return  # no such program, or one that is older than the server
    for other in FOLDER.glob(f"{connection.vendor}-*"):
        if other != unfinished:
            other.unlink()
    unfinished.rename(path)


def restore(path):
    """Make the empty database what the copy at `path` is."""
    connection.close()
    if connection.vendor == "sqlite":
        shutil.copy(path, connection.settings_dict["NAME"])
    else:
        psql = ("psql", "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", f"--file={path}")
        assert run_on_postgres(*psql), "see above"


def run_on_postgres(program, *arguments):
    """Run a program of PostgreSQL on the database; return whether it is there and did its work."""
    if not shutil.which(program):
        return False
    asked = connection.get_connection_params()
    place = {f"PG{name.upper()}": f"{asked[name]}" for name in ("host", "port", "user", "password")}
    database = connection.settings_dict["NAME"]
    command = [program, *arguments, f"--dbname={database}"]
    return (
        subprocess.run(command, env=os.environ | place, stdout=subprocess.DEVNULL).returncode == 0
    )
