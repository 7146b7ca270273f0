#!/usr/bin/env bash
# Runs a command beside a throwaway PostgreSQL server, its address in TEST_DATABASE_URL.
# Usage: with-postgres.sh [--durable] [--listen ADDRESS] COMMAND...
# The server listens on a free port, of the loopback network or of this address and whatever is
# beside it, and vanishes with its data when the command ends.
# It does not wait for the disk, unless --durable asks for what production does.
source "$(dirname "$0")/common.sh"

speed=(-c fsync=off -c synchronous_commit=off -c full_page_writes=off)
if [ "${1:-}" = --durable ]; then
  speed=()
  shift
fi
address=127.0.0.1
if [ "${1:-}" = --listen ]; then
  address=$2
  shift 2
fi
bin=$(find_postgres) || die "PostgreSQL's server programs were not found; install them with: $(apt_line postgresql)"

folder=$(mktemp -d /tmp/wsgsite-postgres.XXXXXX)
as_server=()
if is_root; then # the server refuses to run as root
  chown postgres "$folder"
  as_server=(runuser -u postgres --)
fi
run() { (cd "$folder" && ${as_server[@]+"${as_server[@]}"} "$@"); }

cleanup() {
  run "$bin/pg_ctl" --pgdata="$folder/data" --mode=immediate --silent stop >/dev/null 2>&1 || true
  rm -rf "$folder"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

python=$(find_python)
password=$("$python" -c 'import secrets; print(secrets.token_hex(16))')
(umask 077 && say "$password" >"$folder/password")
if is_root; then chown postgres "$folder/password"; fi

run "$bin/initdb" --pgdata="$folder/data" --username=portal --pwfile="$folder/password" \
  --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --no-sync >"$folder/initdb.log" 2>&1 ||
  { cat "$folder/initdb.log" >&2 && die "initdb failed."; }

say "host all all samenet scram-sha-256" >>"$folder/data/pg_hba.conf"

# Another program may take the port between the question and the answer: ask again.
for attempt in 1 2 3; do
  port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  options="-c listen_addresses=$address -c port=$port -c unix_socket_directories=$folder -c max_connections=200 ${speed[*]-}"
  if run "$bin/pg_ctl" --pgdata="$folder/data" --log="$folder/server.log" --options="$options" \
    --wait --timeout=60 --silent start >/dev/null; then
    break
  fi
  [ "$attempt" -lt 3 ] || { tail -n 20 "$folder/server.log" >&2 && die "PostgreSQL did not start."; }
done

export TEST_DATABASE_URL="postgres://portal:$password@$address:$port/postgres"
"$@"
