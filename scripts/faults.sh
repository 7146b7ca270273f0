#!/usr/bin/env bash
# `make faults`: every test of faults in full, on SQLite and PostgreSQL, with its time. `make test`
# runs a part of them: fewer points of a request at which its process is killed, and on SQLite a
# third of the forms that are sent twice.
source "$(dirname "$0")/common.sh"

scripts/setup.sh dev
find_postgres >/dev/null || apt_install postgresql || die "PostgreSQL's server programs are needed."
export FAULTS=all
pytest=(.venv/bin/python -m pytest -q --durations=12 tests/faults tests/applications/workflow/test_concurrency.py)
unset TEST_DATABASE_URL

say "== SQLite"
"${pytest[@]}"
say "== PostgreSQL (throwaway server)"
scripts/with-postgres.sh "${pytest[@]}"
