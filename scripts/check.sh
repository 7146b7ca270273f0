#!/usr/bin/env bash
# `make check`: everything that can be judged without running the tests. All of it is reported.
source "$(dirname "$0")/common.sh"

failed=()

# check NAME COMMAND...
check() {
  local name=$1 output code=0
  shift
  output=$("$@" 2>&1) || code=$?
  if [ "$code" -eq 0 ]; then
    say "ok      $name"
  else
    failed+=("$name")
    say "FAILED  $name"
    sed 's/^/        /' <<<"$output"
  fi
}

scripts/setup.sh dev
bin=.venv/bin
random() { "$bin/python" -c 'import secrets; print(secrets.token_hex(32))'; }

production_check() {
  env ENVIRONMENT=production DEBUG=false SECRET_KEY="$(random)$(random)" ENCRYPTION_KEY="$(random)" \
    ALLOWED_HOSTS=portal.example.org SITE_URL=https://portal.example.org EMAIL_URL=smtp://127.0.0.1 \
    "$bin/python" -W error::DeprecationWarning manage.py check --deploy --fail-level WARNING
}

# Production must refuse to start while one of its secrets is missing, and name it.
production_refuses_without() {
  local name=$1 output
  if output=$(env ENVIRONMENT=production SECRET_KEY="$(random)" ENCRYPTION_KEY="$(random)" \
    ENCRYPTION_KEYS= ALLOWED_HOSTS=portal.example.org "$name=" "$bin/python" manage.py check 2>&1); then
    say "production started without $name"
    return 1
  fi
  grep -q "$name is not set" <<<"$output" || { say "$output" && return 1; }
}

check "ruff" "$bin/python" -m ruff check --quiet --output-format concise .
check "ruff format" "$bin/python" -m ruff format --check --output-format concise .
check "djlint" "$bin/python" -m djlint templates --lint --quiet
check "biome" node_modules/.bin/biome lint --error-on-warnings
check "import contracts" "$bin/lint-imports" --no-cache
check "deployment settings" production_check
for name in SECRET_KEY ENCRYPTION_KEY ALLOWED_HOSTS; do
  check "production refuses to start without $name" production_refuses_without "$name"
done

use_local_environment "sqlite://:memory:"
check "types" "$bin/python" -m mypy
check "missing migrations" "$bin/python" manage.py makemigrations --check --dry-run
check "workflow diagram" "$bin/python" manage.py workflow_diagram --check

if [ ${#failed[@]} -gt 0 ]; then
  say "" "${#failed[@]} failed: $(printf '%s, ' "${failed[@]}" | sed 's/, $//')"
  exit 1
fi
say "" "All checks passed."
