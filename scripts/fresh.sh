#!/usr/bin/env bash
# `make fresh`: README's first commands on a machine that has nothing yet, a minimal Debian 12 in a
# folder, with a clone of what is committed. Once as root; once as a plain user, for whom root runs
# the lines that the scripts ask for, and nothing else. ARGS=ci has .ci/run follow. Needs root.
# KEEP=1 keeps the folder; PORT= is the demo's, otherwise a free one.
#
# From this machine comes only the way to the registries: apt's sources and proxy, pip's and npm's
# configuration, certificates, resolv.conf. Mounts and processes are in namespaces of their own,
# which end with this script, however it ends.
source "$(dirname "$0")/common.sh"

SUITE=bookworm
# What a person needs for `git clone` and `make`, and what README asks for.
PACKAGES=git,ca-certificates,make,python3,python3-venv,nodejs,npm
VISITOR=visitor
CLONE="git -c advice.detachedHead=false clone --quiet /srv/portal.bundle portal"
LONGEST=900 # seconds until the first page
MOST_LINES=5

# --- Outside: the folder and the namespaces -----------------------------------------------------
if [ "${1:-}" != --inside ]; then
  is_root || die "a machine in a folder is made by root alone: sudo make fresh"
  case ${1:-} in
    "" | ci) ;;
    *) die "usage: make fresh [ARGS=ci]" ;;
  esac
  command -v mmdebstrap >/dev/null || need_packages "mmdebstrap is" mmdebstrap
  umask 022
  folder=$(mktemp -d "${TMPDIR:-/tmp}/wsgsite-fresh.XXXXXX")
  namespaces=
  cleanup() {
    [ -z "$namespaces" ] || { kill -KILL "$namespaces" && wait "$namespaces"; } 2>/dev/null || true
    if [ "${KEEP:-}" = 1 ]; then
      say "Kept: $folder"
    else
      # What was mounted is seen inside alone. Processes that are being ended may still write.
      rm -rf --one-file-system "$folder" 2>/dev/null || { sleep 2 && rm -rf --one-file-system "$folder"; }
    fi
  }
  trap cleanup EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  unshare --mount --pid --fork --kill-child "$0" --inside "$folder" "${1:-}" </dev/null &
  namespaces=$!
  code=0
  wait "$namespaces" || code=$?
  namespaces=
  exit "$code"
fi

# --- Inside: machines ---------------------------------------------------------------------------
folder=$2
python=$(find_python)
port=${PORT:-$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')}
"$python" scripts/serve.py --check-port "$port"
base=$folder/base
configuration=()

make_base() {
  local file
  debian_folder "$SUITE" apt "$PACKAGES" "$base"
  chroot "$base" useradd --create-home --shell /bin/bash "$VISITOR"
  for file in .config/pip .pip .npmrc; do
    if [ -e "$HOME/$file" ]; then
      for home in root "home/$VISITOR"; do
        mkdir -p "$(dirname "$base/$home/$file")" && cp -aT "$HOME/$file" "$base/$home/$file"
      done
    fi
  done
  chroot "$base" chown -R "$VISITOR:" "/home/$VISITOR"
  git bundle create --quiet "$base/srv/portal.bundle" HEAD
}

# carry_environment: what the environment says of registries. A path that a new machine lacks stays here.
carry_environment() {
  local name
  while read -r name; do
    case $name in
      PIP_* | npm_config_* | NPM_CONFIG_* | *_proxy | *_PROXY | SSL_CERT_FILE | SSL_CERT_DIR | NODE_EXTRA_CA_CERTS | REQUESTS_CA_BUNDLE)
        if [[ ${!name} != /* || -e $base${!name} ]]; then configuration+=("$name=${!name}"); fi
        ;;
    esac
  done < <(compgen -e)
}

# new_machine NAME: a copy of the base with its mounts.
new_machine() {
  machine=$folder/$1
  cp -a "$base" "$machine"
  mount -t proc proc "$machine/proc"
  mount -t tmpfs -o mode=1777 tmpfs "$machine/dev/shm"
}

# on_it USER COMMAND: as after a login there: no language, no variable but the registries'.
on_it() {
  local user=$1 home=/root path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  [ "$user" = root ] || { home=/home/$user path=/usr/local/bin:/usr/bin:/bin; }
  exec chroot --userspec="$user" "$machine" env -i HOME="$home" USER="$user" LOGNAME="$user" PATH="$path" \
    ${configuration[@]+"${configuration[@]}"} bash -c "cd && $2"
}

answers() {
  "$python" -c 'import http.client, sys
line = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=10)
line.request("GET", "/")
sys.exit(line.getresponse().status != 200)' "$port" 2>/dev/null
}

# demo USER: `make demo` until its first page answers, then Ctrl-C; what it prints is in $log.
demo() {
  local began=$SECONDS demo code=0
  (on_it "$1" "cd portal && exec make demo PORT=$port") >"$log" 2>&1 </dev/null &
  demo=$!
  until answers; do
    if ! kill -0 "$demo" 2>/dev/null; then code=1 && break; fi
    if ((SECONDS - began > LONGEST)); then code=1 && say "no answer within $LONGEST s" >>"$log" && break; fi
    sleep 0.5
  done
  seconds_to_the_page=$((SECONDS - started))
  if [ "$code" -eq 0 ]; then sleep 5; fi # the accounts are shown, and a worker that dies at once is told of
  kill -TERM "$demo" 2>/dev/null || true
  wait "$demo" || true
  # Folders that pip's configuration here names, and a new machine lacks.
  sed '/^WARNING: Location .* is ignored/d; s/^/    /' "$log"
  if [ "$code" -eq 0 ] && ! grep -q "平台地址：" "$log"; then code=1; fi
  if grep -q "Traceback" "$log"; then code=1; fi
  return "$code"
}

# first_page USER: README's two commands.
first_page() {
  local line last="" lines=0
  new_machine "$1"
  log=$machine.log
  say "" "== As $1: git clone, make demo"
  started=$SECONDS
  (on_it "$1" "$CLONE") </dev/null || return 1
  until demo "$1"; do
    line=$(sed -n "s/.*\($(apt_line '[a-z0-9.+ -]*')\).*/\1/p" "$log" | tail -n 1)
    if [ "$1" = root ] || [ -z "$line" ] || [ "$line" = "$last" ] || ((++lines > MOST_LINES)); then
      say "FAILED  as $1: the demo did not start"
      return 1
    fi
    last=$line
    say "asked for: $line"
    if ! (on_it root "${line//sudo /}") >"$log" 2>&1 </dev/null; then
      sed 's/^/    /' "$log"
      say "FAILED  as $1: what was asked for cannot be done"
      return 1
    fi
  done
  say "ok      as $1: first page after $seconds_to_the_page s; lines to run first: $lines"
}

failed=0
say "Making a minimal Debian ($SUITE) with ${PACKAGES//,/, }"
make_base
carry_environment
for user in root "$VISITOR"; do
  first_page "$user" || failed=1
done
if [ "${3:-}" = ci ]; then
  say "" "== As root: git clone, .ci/run"
  new_machine ci
  (on_it root "$CLONE && cd portal && .ci/run") </dev/null || failed=1
fi
exit "$failed"
