#!/usr/bin/env bash
# `make rehearse`: the portal for real, without containers: nginx, two web servers, two workers,
# PostgreSQL, a bucket, backup and restore. See scripts/rehearse/run.py.
source "$(dirname "$0")/common.sh"

scripts/setup.sh dev
command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || need_packages "nginx is" nginx-light
find_postgres >/dev/null || need_packages "PostgreSQL is" postgresql
exec scripts/with-postgres.sh --durable .venv/bin/python -m scripts.rehearse.run
