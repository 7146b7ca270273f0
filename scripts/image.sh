#!/usr/bin/env bash
# `make image`: the image of deploy/Dockerfile, built and run where no registry of images can be
# reached. The two bases that it names are made from Debian's packages and stored under those very
# names; the Dockerfile is built as it stands. Then the round of `make rehearse` goes through two web
# servers and two workers in containers, as confined as deploy/compose.yaml has them: not root, no
# capability, a read-only file system, its limits of memory and processes. nginx, PostgreSQL and the
# bucket stand outside. Needs root. KEEP=1 keeps the images, KEPT=FOLDER uses those again.
source "$(dirname "$0")/common.sh"

SUITE=bookworm
DRIVER=overlay

if [ "${1:-}" != --inside ]; then
  is_root || die "images are built by root alone: sudo make image"
  scripts/setup.sh dev
  command -v mmdebstrap >/dev/null || need_packages "mmdebstrap is" mmdebstrap
  command -v buildah >/dev/null && command -v podman >/dev/null && command -v crun >/dev/null ||
    need_packages "buildah and podman are" buildah podman crun
  command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || need_packages "nginx is" nginx-light
  find_postgres >/dev/null || need_packages "PostgreSQL is" postgresql
  umask 022
  folder=${KEPT:-$(mktemp -d "${TMPDIR:-/tmp}/wsgsite-image.XXXXXX")}
  cleanup() {
    if [ "${KEEP:-}" = 1 ] || [ -n "${KEPT:-}" ]; then
      say "Kept: $folder"
    else
      rm -rf --one-file-system "$folder" 2>/dev/null || { sleep 2 && rm -rf --one-file-system "$folder"; }
    fi
  }
  trap cleanup EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  unshare --mount --fork --kill-child "$0" --inside "$folder"
  exit
fi

folder=$2
storage=(--root "$folder/storage" --runroot "$folder/run" --storage-driver "$DRIVER")
# crun refuses a machine with both kinds of control groups mounted; here the old kind has the limits.
if mountpoint --quiet /sys/fs/cgroup/unified; then umount /sys/fs/cgroup/unified; fi

# base NAME PACKAGES [COMMAND]: a minimal Debian with these, stored as the image of that name.
base() {
  local name=$1 packages=$2 command=${3:-true} container
  say "Making $name from Debian's packages"
  debian_folder "$SUITE" minbase "$packages" "$folder/base"
  chroot "$folder/base" sh -c "$command"
  container=$(buildah "${storage[@]}" from scratch)
  buildah "${storage[@]}" add --quiet "$container" "$folder/base" / >/dev/null
  buildah "${storage[@]}" config --env PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin "$container"
  buildah "${storage[@]}" commit --quiet --rm "$container" "localhost/$name" >/dev/null
  rm -rf --one-file-system "$folder/base"
}

if [ -z "${KEPT:-}" ]; then
  started=$SECONDS
  # Each base that the Dockerfile names, once: node for the assets, Python in /usr/local with its pip.
  for name in $(sed -n 's/^FROM \([^ ]*\) .*/\1/p' deploy/Dockerfile | sort --unique); do
    case $name in
      node:*) base "$name" ca-certificates,nodejs,npm ;;
      python:*) base "$name" ca-certificates,python3,python3-venv \
        "ln -s /usr/bin/python3 /usr/local/bin/python3 && /usr/bin/python3 -m venv /usr/local" ;;
      *) die "deploy/Dockerfile builds on $name, which this script cannot make" ;;
    esac
  done
  say "the bases took $((SECONDS - started)) s"
  started=$SECONDS
  buildah "${storage[@]}" bud --isolation chroot --pull-never --format docker --file deploy/Dockerfile \
    --tag localhost/portal:latest .
  say "the image took $((SECONDS - started)) s"
fi
buildah "${storage[@]}" images

export IMAGE_STORAGE="${storage[*]}"
# In a network of its own, where port 8000, which the image's health check asks at, is free.
unshare --net sh -c 'ip link set dev lo up && exec scripts/with-postgres.sh --durable \
  .venv/bin/python -m scripts.rehearse.run --image localhost/portal:latest'
