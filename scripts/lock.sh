#!/usr/bin/env bash
# `make lock`: pins every package, with hashes and without any index address, from pyproject.toml
# and package.json. ARGS=--upgrade takes newer releases; otherwise only what must change does.
source "$(dirname "$0")/common.sh"

read -r -a arguments <<<"${ARGS:-}"
python=$(find_python)
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
"$python" -m venv "$tools"
"$tools/bin/python" -m pip install --quiet --disable-pip-version-check uv

# Universal: the lock holds for every Python from 3.11 on and every system. Releases of the last week
# wait: not every mirror has them, and what was published by a thief is mostly found out by then.
compile() {
  "$tools/bin/uv" pip compile --quiet --universal --python-version 3.11 \
    --exclude-newer '7 days' --generate-hashes --no-emit-index-url --no-emit-find-links \
    --custom-compile-command "make lock" ${arguments[@]+"${arguments[@]}"} "$@"
}
compile pyproject.toml --output-file requirements.lock
compile pyproject.toml --group dev --constraint requirements.lock --output-file requirements-dev.lock
compile --group demo --constraint requirements-dev.lock --output-file requirements-demo.lock
compile --group ocr --constraint requirements-dev.lock --output-file requirements-ocr.lock
compile --group audit --output-file requirements-audit.lock
if grep -nE '^ *--(index|extra-index|find-links)|https?://' requirements.lock requirements-dev.lock requirements-demo.lock requirements-ocr.lock requirements-audit.lock; then
  die "a lock file names an address; see above."
fi

npm install --package-lock-only --ignore-scripts --no-audit --no-fund --loglevel=error
if grep -n '"resolved"' package-lock.json; then
  die "package-lock.json names an address; see above."
fi
