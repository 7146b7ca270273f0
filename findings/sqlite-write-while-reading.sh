#!/usr/bin/env bash
# SQLite (WAL) and Django's `.iterator()`: writing while the rows of a query are still being fetched.
#
# Guess: with a timeout of 20 seconds a write waits for another process's write, and then goes on.
# Behaviour: an open cursor reads from before the other's write. BEGIN IMMEDIATE on the same
# connection then fails at once, whatever the timeout: "database is locked" (SQLITE_BUSY_SNAPSHOT).
# Django closes the cursor of `for row in queryset` before the first row is given, that of
# `.iterator()` after the last.
#
# Output seen: all rows fetched: written; rows still being fetched: database is locked after 0 s
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 - "$folder/test.sqlite3" <<'PYTHON'
import sqlite3
import sys
import time


def connect():
    connection = sqlite3.connect(sys.argv[1], timeout=20, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    return connection


one, other = connect(), connect()
one.execute("CREATE TABLE numbers (value)")
one.executemany("INSERT INTO numbers VALUES (?)", ((n,) for n in range(1000)))


def written(rows):
    """Fetch one row, let somebody else write, then write; say what became of it."""
    next(rows)
    other.execute("INSERT INTO numbers VALUES (-1)")
    began = time.monotonic()
    try:
        one.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        return f"{error} after {time.monotonic() - began:.0f} s"
    one.execute("ROLLBACK")
    return "written"


query = "SELECT value FROM numbers"
told = [
    f"all rows fetched: {written(iter(one.execute(query).fetchall()))}",
    f"rows still being fetched: {written(one.execute(query))}",
]
print("; ".join(told))
assert told == [
    "all rows fetched: written",
    "rows still being fetched: database is locked after 0 s",
], "the behaviour has changed"
PYTHON
