#!/usr/bin/env bash
# `make machines`: nginx, two web servers, two workers, PostgreSQL and an S3 server, each on a machine
# of its own: a network namespace of this one, behind a switch that delays and loses. See
# scripts/machines/run.py. Needs root. Network, mounts and processes end with this script.
source "$(dirname "$0")/common.sh"

if [ "${1:-}" != --inside ]; then
  is_root || die "machines are made by root alone: sudo make machines"
  scripts/setup.sh dev
  command -v ip >/dev/null || need_packages "ip is" iproute2
  command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || need_packages "nginx is" nginx-light
  find_postgres >/dev/null || need_packages "PostgreSQL is" postgresql
  # Made here, where the registries are reached.
  scripts/with-swift.sh true
  exec unshare --mount --net --pid --fork --kill-child --mount-proc "$0" --inside "$@"
fi
shift
mkdir -p /run/netns
mount -t tmpfs tmpfs /run/netns
ip link set dev lo up
.venv/bin/python -m scripts.machines.run "$@"
