#!/usr/bin/env bash
# `make demo`: the portal with demo data on http://127.0.0.1:$PORT, until Ctrl-C.
source "$(dirname "$0")/common.sh"

port=${PORT:-8000}
[[ $port =~ ^[0-9]{1,5}$ ]] && ((port >= 1 && port <= 65535)) ||
  die "PORT must be a number from 1 to 65535, not '$port'."
python=$(find_python)
"$python" scripts/serve.py --check-port "$port"

scripts/setup.sh demo
use_local_environment
export SITE_URL="http://127.0.0.1:$port"

manage() { .venv/bin/python manage.py "$@"; }

say "Preparing the database and static files"
manage migrate --verbosity 0
scripts/collect-static.sh
say "Loading the demo (the first time takes a little while)"
manage loaddemo >"$VAR_DIR/demo-accounts.txt" || die "loading the demo failed; see above."

exec .venv/bin/python scripts/serve.py "$port" --then-show "$VAR_DIR/demo-accounts.txt"
