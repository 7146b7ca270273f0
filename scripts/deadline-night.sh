#!/usr/bin/env bash
# `make deadline-night`: the last minutes before a round closes (scripts/deadline_night/run.py).
source "$(dirname "$0")/common.sh"

scripts/setup.sh dev
if [[ " $* " == *" --sqlite "* ]]; then
  exec .venv/bin/python -m scripts.deadline_night.run "$@"
fi
command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || need_packages "nginx is" nginx-light
find_postgres >/dev/null || need_packages "PostgreSQL is" postgresql
exec scripts/with-postgres.sh --durable .venv/bin/python -m scripts.deadline_night.run "$@"
