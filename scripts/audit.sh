#!/usr/bin/env bash
# `make audit`: known vulnerabilities, unsafe code, licences, SBOM. The reports are in var/audit.
# Its tools have an environment of their own, .venv-audit, from requirements-audit.lock.
source "$(dirname "$0")/common.sh"

[ -x .venv/bin/python ] && [ -d node_modules ] || scripts/setup.sh
python=$(find_python)
lock=requirements-audit.lock
stamp=.venv-audit/installed
if [ "$(cat "$stamp" 2>/dev/null)" != "$(digest $lock)" ]; then
  say "Installing the audit's tools from $lock"
  "$python" -m venv --clear .venv-audit
  .venv-audit/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
    --no-deps --require-hashes --only-binary :all: -r "$lock"
  digest $lock >"$stamp"
fi
exec .venv-audit/bin/python scripts/audit.py
