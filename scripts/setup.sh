#!/usr/bin/env bash
# Makes .venv, node_modules and WeasyPrint's system libraries ready. Usage: setup.sh [start|demo|dev]
# What is already there for the present lock files is left alone, so a second run takes a second.
# `start` is what the demo needs to begin with: all but what reads uploads, which `demo` adds.
source "$(dirname "$0")/common.sh"

kind=${1:-run}
# What reads uploads takes 230 MB; a portal that never will does without (OCR=off scripts/setup.sh).
reading=(requirements-ocr.lock)
[ "${OCR:-on}" != off ] || reading=()
case $kind in
  run) locks=(requirements.lock "${reading[@]}") ;;
  start) locks=(requirements.lock requirements-demo.lock) ;;
  demo) locks=(requirements.lock requirements-demo.lock "${reading[@]}") ;;
  dev) locks=(requirements-dev.lock) ;;
  *) die "用法：setup.sh [start|demo|dev]" ;;
esac

# --- Programs ---------------------------------------------------------------------------------
python=$(find_python)
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  need_packages "Node.js（$NODE_MINIMUM 以上，含 npm）" nodejs npm
fi
if ! node -e "process.exit(parseInt(process.versions.node) < $NODE_MINIMUM ? 1 : 0)"; then
  die "需要 Node.js $NODE_MINIMUM 以上版本，$(command -v node) 为 $(node --version)，请升级后重试。"
fi

# --- Static assets ----------------------------------------------------------------------------
# Beside what follows: npm waits for the network while Python unpacks.
npm_stamp=node_modules/.installed
npm_ci=
if [ ! -f "$npm_stamp" ] || [ "$(cat "$npm_stamp")" != "$(digest package-lock.json)" ]; then
  say "正在按 package-lock.json 安装前端资源"
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error </dev/null >/dev/null &
  npm_ci=$!
  trap 'kill "$npm_ci" 2>/dev/null || true' EXIT
fi

# --- Python packages --------------------------------------------------------------------------
venv_works() { .venv/bin/python -c "import sys, pip; sys.exit(sys.version_info < ($PYTHON_MINIMUM))" 2>/dev/null; }

if ! venv_works; then
  if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    need_packages "Python 的 venv 模块" "python$version-venv"
  fi
  say "正在用 $("$python" --version) 建立 .venv"
  "$python" -m venv --clear .venv
fi

stamp=.venv/installed
start="start $(digest requirements.lock requirements-demo.lock)"
demo="demo $(digest requirements.lock requirements-demo.lock "${reading[@]}")"
dev="dev $(digest requirements-dev.lock)"
# The demo's locks hold the runtime's, and the development lock holds all.
case $kind in
  run) enough=("run $(digest requirements.lock "${reading[@]}")" "$demo" "$dev") ;;
  start) enough=("$start" "$demo" "$dev") ;;
  demo) enough=("$demo" "$dev") ;;
  dev) enough=("$dev") ;;
esac
is_installed() { printf '%s\n' "${enough[@]}" | grep -qxF "$(cat "$stamp" 2>/dev/null || echo nothing)"; }

if ! is_installed; then
  say "正在安装 Python 软件包（${locks[*]}）"
  rm -f "$stamp"
  # Wheels only: nothing is compiled here and no package's build script runs. The lock names every
  # package, so pip resolves nothing (older pips take the newest release for `name[extra]`, whatever
  # is pinned, and then refuse it for want of a hash); `pip check` says if one were missing.
  # Unpacked here: a small machine's /tmp may be smaller than what comes. pip would compile 9,000
  # modules, one after the other; Python compiles the 2,000 that are imported when they are.
  mkdir -p .venv/tmp
  TMPDIR="$PWD/.venv/tmp" .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
    --no-deps --require-hashes --only-binary :all: --no-compile "${locks[@]/#/--requirement=}"
  rm -rf .venv/tmp
  .venv/bin/python -m pip check --quiet --disable-pip-version-check
  say "${enough[0]}" >"$stamp"
fi
# The portal's own account may not write into a release, so there Python would compile at each start.
# Some packages have files that are no Python of this version.
if [ "$kind" = run ]; then .venv/bin/python -m compileall -qq -j 0 .venv/lib || true; fi

if [ -n "$npm_ci" ]; then
  wait "$npm_ci" || die "前端资源未能安装（见上），请检查网络或 npm 的软件源设置后重试。"
  trap - EXIT
  digest package-lock.json >"$npm_stamp"
fi

# --- WeasyPrint's libraries -------------------------------------------------------------------
# harfbuzz-subset is not required by WeasyPrint, but without it a short form takes 8 s, not 0.3 s.
pango_loads() { .venv/bin/python scripts/pango.py; }

if ! pango_loads; then
  need_packages "WeasyPrint 生成 PDF 所用的系统库（Pango、harfbuzz-subset）" \
    libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0
  pango_loads || die "Pango 和 harfbuzz-subset 已安装但无法加载，请用 ldconfig -p 检查系统库。"
fi

# --- Fonts of rare characters -----------------------------------------------------------------
# GB 18030's extensions B to F. Without them 附件2 prints the code of such a character.
if [ ! -f /usr/share/fonts/truetype/hanazono/HanaMinB.ttf ]; then
  apt_install fonts-hanazono ||
    loud "生僻字将打印为编码；如需显示，请安装字体：$(apt_line fonts-hanazono)"
fi
