#!/usr/bin/env bash
# `make backup` and `make restore FROM=...`, for the portal that .env or the environment names, or
# else for the demo in var/. Usage: backup.sh backup|restore [ARGUMENT...]
source "$(dirname "$0")/common.sh"

[ -x .venv/bin/python ] || scripts/setup.sh
if [ -z "${ENVIRONMENT:-}" ] && [ ! -f .env ]; then
  folder=${VAR_DIR:-$PWD/var}
  use_local_environment "sqlite:///$folder/portal.sqlite3"
  export VAR_DIR="$folder"
  say "没有 .env 文件，按演示数据处理：$VAR_DIR"
fi
exec .venv/bin/python manage.py "$@"
