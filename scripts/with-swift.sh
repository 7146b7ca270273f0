#!/usr/bin/env bash
# Runs a command beside a throwaway S3 server that is none of the tests' own: OpenStack Swift with its
# s3api, from Debian, in a folder (/var/cache/wsgsite-swift, made once). Its address and keys are in
# TEST_S3_URL, TEST_S3_KEY and TEST_S3_SECRET. Needs root, as folders of Debian do.
# Usage: with-swift.sh [--listen ADDRESS] COMMAND...
# It listens on a free port of the loopback network, or of this address, and what is stored vanishes
# when the command ends.
source "$(dirname "$0")/common.sh"

address=127.0.0.1
if [ "${1:-}" = --listen ]; then
  address=$2
  shift 2
fi
is_root || die "a folder of Debian is made by root alone."
command -v mmdebstrap >/dev/null || need_packages "mmdebstrap is" mmdebstrap
umask 022
debian=/var/cache/wsgsite-swift
if [ ! -e "$debian/made" ]; then
  say "Making $debian from Debian's packages"
  mkdir -p "${debian%/*}"
  rm -rf --one-file-system "$debian"
  debian_folder bookworm minbase ca-certificates,memcached,swift-account,swift-container,swift-object,swift-proxy "$debian"
  touch "$debian/made"
fi

python=$(find_python)
settings=$(mktemp -d "$debian/tmp/swift.XXXXXX")
inside=${settings#"$debian"}
servers=()
cleanup() {
  [ ${#servers[@]} -eq 0 ] || { kill "${servers[@]}" && wait "${servers[@]}"; } 2>/dev/null || true
  rm -rf "$settings"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

free_port() { "$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
random() { "$python" -c 'import secrets; print(secrets.token_hex(16))'; }
# start NAME COMMAND...: serves inside the folder until the end. Without /proc Swift says that it has
# stored what it has not.
start() {
  unshare --mount sh -c 'mount --rbind /proc "$1/proc" && exec chroot "$@"' sh "$debian" "${@:2}" >>"$settings/$1.log" 2>&1 &
  servers+=($!)
}

mkdir -p "$settings/node/disk"
for kind in account container object; do
  port=$(free_port)
  chroot "$debian" sh -c "cd $inside && { swift-ring-builder $kind.builder create 4 1 1 &&
    swift-ring-builder $kind.builder add r1z1-127.0.0.1:$port/disk 1 &&
    swift-ring-builder $kind.builder rebalance; }" >"$settings/ring.log" 2>&1 ||
    { cat "$settings/ring.log" >&2 && die "Swift's $kind ring was not made."; }
  cat >"$settings/$kind-server.conf" <<END
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = $port
swift_dir = $inside
devices = $inside/node
mount_check = false
user = root
workers = 1
fallocate_reserve = 0
[pipeline:main]
pipeline = $kind-server
[app:$kind-server]
use = egg:swift#$kind
END
  start "$kind" "swift-$kind-server" "$inside/$kind-server.conf" --verbose
done

memory_port=$(free_port)
start memory memcached --user=root --listen=127.0.0.1 --port="$memory_port"

TEST_S3_KEY=test:portal TEST_S3_SECRET=$(random) TEST_S3_URL=http://$address:$(free_port)
export TEST_S3_KEY TEST_S3_SECRET TEST_S3_URL
cat >"$settings/proxy-server.conf" <<END
[DEFAULT]
bind_ip = $address
bind_port = ${TEST_S3_URL##*:}
swift_dir = $inside
user = root
workers = 2
[pipeline:main]
pipeline = catch_errors gatekeeper cache listing_formats s3api tempauth copy slo dlo versioned_writes proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:$memory_port
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
[filter:tempauth]
use = egg:swift#tempauth
user_test_portal = $TEST_S3_SECRET .admin
[filter:copy]
use = egg:swift#copy
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
[filter:versioned_writes]
use = egg:swift#versioned_writes
END
start proxy swift-proxy-server "$inside/proxy-server.conf" --verbose

for _ in {1..600}; do
  if "$python" -c 'import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 1)' \
    "$address" "${TEST_S3_URL##*:}" 2>/dev/null; then
    "$@"
    exit
  fi
  kill -0 "${servers[@]}" 2>/dev/null || break
  sleep 0.2
done
tail -n 20 "$settings"/*.log >&2
die "Swift did not start."
