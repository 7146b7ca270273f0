# Shared by the scripts beside it; sourced, never run. Leaves the shell in the repository's root.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# Files and streams are UTF-8, whatever language the machine speaks.
export PYTHONUTF8=1

PYTHON_MINIMUM="3, 11"
# shellcheck disable=SC2034  # for setup.sh
NODE_MINIMUM=18

# What setup, demo and backup print is Chinese: they are the commands of those who run the portal.
# The other scripts are the developers' and print English.
say() { printf '%s\n' "$@"; }
loud() { printf '\n*** %s ***\n\n' "$*" >&2; }
die() {
  printf '*** %s\n' "$*" >&2
  exit 1
}

is_root() { [ "$(id -u)" -eq 0 ]; }

# apt_line PACKAGE...: what to run where root's rights are missing. A new machine knows no packages
# before the update.
apt_line() { printf 'sudo apt-get update && sudo apt-get install -y %s' "$*"; }

# apt_install PACKAGE...: quietly, without questions; fails where there is no apt or no network.
apt_install() {
  command -v apt-get >/dev/null && is_root || return 1
  local get=(apt-get -q -y -o Dpkg::Use-Pty=0)
  local log
  log=$(mktemp)
  say "正在安装 Debian 软件包：$*"
  if DEBIAN_FRONTEND=noninteractive "${get[@]}" install --no-install-recommends "$@" </dev/null >"$log" 2>&1 ||
    { "${get[@]}" update </dev/null >>"$log" 2>&1 &&
      DEBIAN_FRONTEND=noninteractive "${get[@]}" install --no-install-recommends "$@" </dev/null >>"$log" 2>&1; }; then
    rm -f "$log"
  else
    tail -n 15 "$log" >&2
    rm -f "$log"
    return 1
  fi
}

# need_packages WHAT PACKAGE...: install them when root, otherwise name the line to run and stop.
need_packages() {
  local what=$1
  shift
  if ! apt_install "$@"; then
    die "缺少 $what，请执行：$(apt_line "$@")"
  fi
}

# debian_folder SUITE VARIANT PACKAGES FOLDER: a new Debian in a folder, made by root. From this machine
# comes only the way to the registries: apt's sources and proxy, pip's and npm's configuration of all
# users, certificates, resolv.conf.
debian_folder() {
  local suite=$1 variant=$2 packages=$3 base=$4 file sources=() settings
  settings=$(mktemp)
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
    if [ -f "$file" ] && grep -qw "$suite" "$file" && grep -qw main "$file"; then sources+=("$file"); fi
  done
  apt-config dump Acquire >"$settings"
  TMPDIR=${base%/*} mmdebstrap --quiet --mode=root --variant="$variant" --include="$packages" --aptopt="$settings" \
    "$suite" "$base" ${sources[@]+"${sources[@]}"}
  rm -f "$settings"
  for file in /etc/apt/auth.conf /etc/apt/auth.conf.d /etc/pip.conf /etc/npmrc /usr/etc/npmrc \
    /usr/local/etc/npmrc /usr/local/share/ca-certificates; do
    if [ -e "$file" ]; then mkdir -p "$base${file%/*}" && cp -aT "$file" "$base$file"; fi
  done
  cp -L /etc/resolv.conf "$base/etc/resolv.conf"
  chroot "$base" update-ca-certificates >/dev/null 2>&1
}

# find_python: the first interpreter that is new enough. PYTHON= names another one.
find_python() {
  local candidate
  for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
    if command -v "$candidate" >/dev/null &&
      "$candidate" -c "import sys; sys.exit(sys.version_info < ($PYTHON_MINIMUM))" 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  die "需要 Python 3.11 以上版本，未找到。请安装（Debian：$(apt_line python3 python3-venv)），或用 PYTHON=/路径/python3 指明。"
}

# find_postgres: the folder with the newest server programs, if there is one.
find_postgres() {
  local bin
  for bin in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV); do
    if [ -x "$bin/initdb" ]; then
      say "$bin"
      return
    fi
  done
  if command -v pg_config >/dev/null && [ -x "$(pg_config --bindir)/initdb" ]; then
    pg_config --bindir
    return
  fi
  return 1
}

find_chromium() {
  local candidate
  for candidate in ${CHROMIUM:-} chromium chromium-browser google-chrome; do
    if command -v "$candidate"; then return; fi
  done
  return 1
}

digest() { cat "$@" | sha256sum | cut -d ' ' -f 1; }

# Everything that a script here starts uses the local environment and the database named here,
# whatever a .env file says: a demo must never write into a production database or bucket.
use_local_environment() {
  export ENVIRONMENT=local DEBUG=false EMAIL_URL=filemail:// S3_BUCKET="" SENTRY_DSN="" CLAMD_URL=""
  export VAR_DIR="$PWD/var"
  export DATABASE_URL="${1:-sqlite:///$VAR_DIR/portal.sqlite3}"
  mkdir -p "$VAR_DIR"
}
