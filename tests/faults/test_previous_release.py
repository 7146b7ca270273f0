"""A database of the previous release, with its data, becomes one of this release.

data/previous_release.sqlite3.gz is what `manage.py loaddemo` made with the code of the previous
release (24c1a53). On PostgreSQL the same rows are put into tables of that release.
"""

import contextlib
import gzip
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
import pytest
from django.conf import settings
from django.db import connection
from psycopg2 import sql

from tests.faults.processes import environment, manage, new_name

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

RELEASE = Path(__file__).parent / "data/previous_release.sqlite3.gz"


@pytest.fixture
def previous(tmp_path):
    """The address of a database of the previous release; it is gone afterwards."""
    path = tmp_path / "portal.sqlite3"
    path.write_bytes(gzip.decompress(RELEASE.read_bytes()))
    if connection.vendor == "sqlite":
        yield f"sqlite:///{path}"
        return
    name = f"previous_{new_name()}"
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    url = urlsplit(os.environ["TEST_DATABASE_URL"])._replace(path=f"/{name}").geturl()
    try:
        copy(path, url)
        yield url
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def copy(path, url):
    """Make the release's tables on PostgreSQL and put the rows of the SQLite file into them."""
    source = sqlite3.connect(path)
    rows = source.execute("SELECT app, max(name) FROM django_migrations GROUP BY app")
    for app, name in rows.fetchall():
        manage("migrate", "--verbosity", "0", app, name, DATABASE_URL=url)
    with contextlib.closing(psycopg2.connect(url)) as line, line, line.cursor() as target:
        columns = {}
        target.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns"
            " WHERE table_schema = 'public' AND table_name <> 'django_migrations'"
        )
        for table, column, kind in target.fetchall():
            columns.setdefault(table, {})[column] = kind
        names = sql.SQL(", ").join(map(sql.Identifier, columns))
        target.execute(sql.SQL("TRUNCATE {} CASCADE").format(names))
        target.execute("SET TIME ZONE 'UTC'")
        for table, kinds in columns.items():
            fill(target, source, table, kinds)


def fill(target, source, table, kinds):
    fields = list(kinds)
    found = source.execute(f'SELECT {", ".join(map(quoted, fields))} FROM "{table}"')
    into = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, fields)),
        sql.SQL(", ").join([sql.Placeholder()] * len(fields)),
    )
    values = [
        [
            bool(value) if kinds[field] == "boolean" and value is not None else value
            for field, value in zip(fields, row, strict=True)
        ]
        for row in found
    ]
    target.executemany(into, values)
    if kinds.get("id") in {"bigint", "integer"}:
        following = sql.SQL(
            "SELECT setval(pg_get_serial_sequence(%s, 'id'),"
            " coalesce((SELECT max(id) FROM {}), 0) + 1, false)"
        )
        target.execute(following.format(sql.Identifier(table)), [table])


def quoted(name):
    return f'"{name}"'


def test_the_previous_release_is_migrated_with_its_data(previous, tmp_path):
    environ = {"DATABASE_URL": previous, "VAR_DIR": str(tmp_path)}
    source = sqlite3.connect(tmp_path / "portal.sqlite3")
    counted = {
        table: source.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        for table in ("applications_application", "applications_event", "applications_submission")
    }
    source.close()
    assert all(counted.values())
    manage("migrate", "--verbosity", "0", **environ)
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.open_pages"],
        cwd=settings.BASE_DIR,
        env=environment(**environ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout)
    assert found["unapplied"] == 0
    assert found["rows"] == list(counted.values())
    assert not found["failed"], (found["failed"], done.stderr[-3000:])
    assert len(found["roles"]) == 7
    assert found["opened"] > 100
