#!/usr/bin/env bash
# `make demo`: the portal with demo data on http://127.0.0.1:$PORT, until Ctrl-C.
source "$(dirname "$0")/common.sh"

port=${PORT:-8000}
[[ $port =~ ^[0-9]{1,5}$ ]] && ((port >= 1 && port <= 65535)) ||
  die "PORT 应为 1 至 65535 的数字，现为 $port。"
python=$(find_python)
"$python" scripts/serve.py --check-port "$port"

scripts/setup.sh start
use_local_environment
export SITE_URL="http://127.0.0.1:$port"

# However this ends before the portal is there, what runs beside it ends, too.
trap "jobs -p | sed 's/^/-/' | xargs -r kill -- 2>/dev/null || true" EXIT
# Migrations make 9,000 model classes, and the demo's story as many rows. Python's collector would walk
# through them for a quarter of the time; without it a command takes up to 700 MB for a moment.
manage() {
  .venv/bin/python -c 'import gc, runpy; gc.disable(); runpy.run_path("manage.py", run_name="__main__")' "$@"
}

# Two things at a time: what reads uploads comes while the tables are made, and must be there when
# the demo's files are stored; the static files are compressed meanwhile.
say "正在准备数据库和静态文件"
setsid scripts/setup.sh demo &
reading=$!
manage migrate --verbosity 0 || die "数据库未能建立（见上）。"
wait "$reading" || exit 1
setsid scripts/collect-static.sh &
static=$!
say "正在载入演示数据（首次约需半分钟）"
manage loaddemo >"$VAR_DIR/demo-accounts.txt" || die "演示数据未能载入（见上）；可删除 var 目录后重试。"
wait "$static" || die "静态文件未能收集（见上）。"

exec .venv/bin/python scripts/serve.py "$port" --then-show "$VAR_DIR/demo-accounts.txt"
