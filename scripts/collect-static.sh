#!/usr/bin/env bash
# For the demo: collects the static files, compressed, digests in their names, unless it was done.
source "$(dirname "$0")/common.sh"

stamp=$VAR_DIR/static/.collected
now=$(find static wsgsite/apps.py -type f -print0 | sort -z | xargs -0 sha256sum | cat - package-lock.json requirements.lock "$0" | digest)
if [ "$(cat "$stamp" 2>/dev/null)" = "$now" ]; then exit; fi

.venv/bin/python manage.py collectstatic --no-input --clear --verbosity 0
say "$now" >"$stamp"
