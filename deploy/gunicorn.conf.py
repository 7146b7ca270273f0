"""Gunicorn's settings, the same in containers, under systemd and in the rehearsal.

    gunicorn --config deploy/gunicorn.conf.py wsgsite.wsgi

Everything is read from the environment; docs/deploy.md says how to choose the numbers.
"""

import os
import shutil

import environ

env = environ.Env()


bind = env.str("WEB_BIND", default="127.0.0.1:8000")
# A process has the memory of a whole portal; its threads share it while they wait for the database.
workers = env.int("WEB_WORKERS", default=2)
worker_class = "gthread"
threads = env.int("WEB_THREADS", default=4)
# The longest that a request may take: a slow upload is read by nginx before it comes here.
timeout = env.int("WEB_TIMEOUT", default=120)
# What is under way at a restart is finished first. systemd and compose wait a little longer.
graceful_timeout = env.int("WEB_GRACEFUL_TIMEOUT", default=30)
keepalive = 5
# A process is replaced now and then, not all of them at once: what leaks never adds up.
max_requests = env.int("WEB_MAX_REQUESTS", default=2000)
max_requests_jitter = max_requests // 10
# The sign of life of a process is a file: in memory, because a slow disk would look like a hang.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108 # nosec B108
# Whose X-Forwarded-* is believed: the proxy's address or addresses, separated by commas.
forwarded_allow_ips = env.str("WEB_TRUSTED_PROXIES", default="127.0.0.1")
# No socket beside the portal's own through which it could be commanded.
control_socket_disable = True
preload_app = False
accesslog = None  # nginx writes one, with the request's number
errorlog = "-"
loglevel = env.str("WEB_LOG_LEVEL", default="info")


# Where this is set the processes count together, in files there, from nothing at every start.
def on_starting(server):
    if folder := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)


def child_exit(server, worker):
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(worker.pid)
