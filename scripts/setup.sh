#!/usr/bin/env bash
# Makes .venv, node_modules and WeasyPrint's system libraries ready. Usage: setup.sh [demo|dev]
# What is already there for the present lock files is left alone, so a second run takes a second.
source "$(dirname "$0")/common.sh"

kind=${1:-run}
# What reads uploads takes 230 MB; a portal that never will does without (OCR=off scripts/setup.sh).
reading=(requirements-ocr.lock)
[ "${OCR:-on}" != off ] || reading=()
case $kind in
  run) locks=(requirements.lock "${reading[@]}") ;;
  demo) locks=(requirements.lock requirements-demo.lock "${reading[@]}") ;;
  dev) locks=(requirements-dev.lock) ;;
  *) die "usage: setup.sh [demo|dev]" ;;
esac

# --- Programs ---------------------------------------------------------------------------------
python=$(find_python)
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  need_packages "Node.js $NODE_MINIMUM or newer with npm is" nodejs npm
fi
if ! node -e "process.exit(parseInt(process.versions.node) < $NODE_MINIMUM ? 1 : 0)"; then
  die "Node.js $NODE_MINIMUM or newer is needed; $(command -v node) is $(node --version)."
fi

# --- Python packages --------------------------------------------------------------------------
venv_works() { .venv/bin/python -c "import sys, pip; sys.exit(sys.version_info < ($PYTHON_MINIMUM))" 2>/dev/null; }

if ! venv_works; then
  if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    need_packages "Python's venv module is" "python$version-venv"
  fi
  say "Making .venv with $("$python" --version)"
  "$python" -m venv --clear .venv
fi

stamp=.venv/installed
demo="demo $(digest requirements.lock requirements-demo.lock "${reading[@]}")"
dev="dev $(digest requirements-dev.lock)"
# The demo's locks hold the runtime's, and the development lock holds all.
case $kind in
  run) enough=("run $(digest requirements.lock "${reading[@]}")" "$demo" "$dev") ;;
  demo) enough=("$demo" "$dev") ;;
  dev) enough=("$dev") ;;
esac
is_installed() { printf '%s\n' "${enough[@]}" | grep -qxF "$(cat "$stamp" 2>/dev/null || echo nothing)"; }

if ! is_installed; then
  say "Installing Python packages from ${locks[*]}"
  rm -f "$stamp"
  # Wheels only: nothing is compiled here and no package's build script runs. The lock names every
  # package, so pip resolves nothing (older pips take the newest release for `name[extra]`, whatever
  # is pinned, and then refuse it for want of a hash); `pip check` says if one were missing.
  # Unpacked here: a small machine's /tmp may be smaller than what comes.
  mkdir -p .venv/tmp
  TMPDIR="$PWD/.venv/tmp" .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
    --no-deps --require-hashes --only-binary :all: "${locks[@]/#/--requirement=}"
  rm -rf .venv/tmp
  .venv/bin/python -m pip check --quiet --disable-pip-version-check
  say "${enough[0]}" >"$stamp"
fi

# --- Static assets ----------------------------------------------------------------------------
stamp=node_modules/.installed
if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$(digest package-lock.json)" ]; then
  say "Installing npm assets from package-lock.json"
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error </dev/null
  digest package-lock.json >"$stamp"
fi

# --- WeasyPrint's libraries -------------------------------------------------------------------
# harfbuzz-subset is not required by WeasyPrint, but without it a short form takes 8 s, not 0.3 s.
pango_loads() { .venv/bin/python scripts/pango.py; }

if ! pango_loads; then
  need_packages "A library that WeasyPrint makes PDFs with (Pango, HarfBuzz subset) is" \
    libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0
  pango_loads || die "Pango and HarfBuzz subset are installed but do not load."
fi

# --- Fonts of rare characters -----------------------------------------------------------------
# GB 18030's extensions B to F. Without them 附件2 prints the code of such a character.
if [ ! -f /usr/share/fonts/truetype/hanazono/HanaMinB.ttf ]; then
  apt_install fonts-hanazono ||
    loud "Rare characters will print as codes. Install their fonts: $(apt_line fonts-hanazono)"
fi
