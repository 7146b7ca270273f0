#!/usr/bin/env bash
# `make bench`: the main pages beside a bare Django view, on SQLite and PostgreSQL, in one table.
# BASE=COMMIT measures that build, too, in turn. ARGS="--sizes 200" measures less, ARGS=--short only
# shows that it runs. A complete run is kept in docs/benchmarks.md.
source "$(dirname "$0")/common.sh"

read -r -a arguments <<<"${ARGS:-}"
[ -z "${BASE:-}" ] || arguments+=(--base "$BASE")
scripts/setup.sh dev
use_local_environment
bench=(.venv/bin/python -m scripts.bench.run ${arguments[@]+"${arguments[@]}"})

if [ -n "${TEST_DATABASE_URL:-}" ]; then
  "${bench[@]}"
elif find_postgres >/dev/null || apt_install postgresql; then
  scripts/with-postgres.sh --durable "${bench[@]}"
else
  loud "PostgreSQL is missing and could not be installed: ONLY SQLITE IS MEASURED (Debian: $(apt_line postgresql))"
  "${bench[@]}"
fi
