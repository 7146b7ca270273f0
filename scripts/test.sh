#!/usr/bin/env bash
# `make test`: the whole suite on SQLite, browser tests included, then what depends on the
# database on PostgreSQL (a throwaway server, or TEST_DATABASE_URL), then the bench in short.
# ARGS= goes to pytest.
source "$(dirname "$0")/common.sh"

SECONDS=0
failed=0
ran=0
summary=()
jobs=${JOBS:-$(nproc 2>/dev/null || echo 2)}
((jobs <= 8)) || jobs=8
read -r -a arguments <<<"${ARGS:-}"

pytest=(.venv/bin/python -m pytest -n "$jobs" --dist worksteal ${arguments[@]+"${arguments[@]}"})

# stage NAME COMMAND...
stage() {
  local name=$1 began=$SECONDS code=0
  shift
  say "" "== $name"
  "$@" || code=$?
  if [ "$code" -eq 0 ]; then
    ran=1
    summary+=("passed   $name, $((SECONDS - began)) s")
  elif [ "$code" -eq 5 ] && [ ${#arguments[@]} -gt 0 ]; then # pytest's: no test was selected
    summary+=("none     $name: ARGS selects no test of it")
  else
    failed=1
    summary+=("FAILED   $name, $((SECONDS - began)) s (exit code $code)")
  fi
}

scripts/setup.sh dev
# Each process would read and rewrite every test again.
unset PYTHONDONTWRITEBYTECODE
# Made by the first stage when it has selected tests of PostgreSQL's (tests/conftest.py): the server
# is not started for nothing.
export SELECTED_FOR_POSTGRES
SELECTED_FOR_POSTGRES=$(mktemp -u)
trap 'rm -f "$SELECTED_FOR_POSTGRES"' EXIT
postgres_url=${TEST_DATABASE_URL:-}
unset TEST_DATABASE_URL

# Playwright's own driver is a Node.js that needs libatomic, which a small system may lack.
browser_works() { find_chromium && .venv/bin/python -m playwright --version; } >/dev/null 2>&1

if browser_works || { apt_install chromium libatomic1 && browser_works; }; then
  stage "SQLite and browser" "${pytest[@]}"
else
  loud "Chromium is missing and could not be installed: BROWSER TESTS ARE SKIPPED (Debian: $(apt_line chromium libatomic1))"
  summary+=("SKIPPED  browser tests: no Chromium")
  stage "SQLite" "${pytest[@]}" -m "not browser"
fi

if [ ${#arguments[@]} -gt 0 ] && ! [ -e "$SELECTED_FOR_POSTGRES" ]; then
  summary+=("none     PostgreSQL: ARGS selects no test of it")
elif [ -n "$postgres_url" ]; then
  TEST_DATABASE_URL=$postgres_url stage "PostgreSQL (TEST_DATABASE_URL)" "${pytest[@]}" -m postgres
elif find_postgres >/dev/null || apt_install postgresql; then
  stage "PostgreSQL (throwaway server)" scripts/with-postgres.sh "${pytest[@]}" -m postgres
else
  loud "PostgreSQL is missing and could not be installed: ITS TESTS ARE SKIPPED (Debian: $(apt_line postgresql), or set TEST_DATABASE_URL)"
  summary+=("SKIPPED  PostgreSQL tests: no server")
fi

# Whoever selects tests does not ask for the bench.
if [ ${#arguments[@]} -eq 0 ]; then
  TEST_DATABASE_URL=$postgres_url stage "bench, in short" env ARGS=--short BASE= scripts/bench.sh
fi

say "" "== Summary"
printf '%s\n' "${summary[@]}" "total    $SECONDS s"
[ "$ran" -eq 1 ] || failed=1
exit "$failed"
