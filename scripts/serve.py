"""Run the web server and the worker until Ctrl-C, TERM or the end of either; then stop both.

Every ten minutes it has the reminders and the mails that failed sent, as cron does elsewhere.
Used by `make demo`. `--check-port` only says whether the port is free.
"""

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

HOST = "127.0.0.1"
START_SECONDS = 60
STOP_SECONDS = 10
NOTIFY_SECONDS = 600
WEB, WORKER = "网页服务", "后台任务进程"
WORKER_LOG = Path(os.environ.get("VAR_DIR", "var"), "worker.log")

stop_requested = False


def port_is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError:
            sys.exit(f"*** 端口 {port} 需要 root 权限，请换一个：make demo PORT=8001")
        except OSError:
            return False
    return True


def commands(port):
    python = sys.executable
    return {
        WEB: [
            python, "-m", "gunicorn", "wsgsite.wsgi",
            "--bind", f"{HOST}:{port}", "--workers", "2", "--threads", "4",
            "--timeout", "120", "--log-level", "warning", "--no-control-socket",
        ],
        WORKER: [python, "manage.py", "db_worker", "--queue-name", "*", "--no-reload"],
    }  # fmt: skip


def start(name, command):
    # Each task is a line of the worker's: kept apart, so that the accounts stay on the screen.
    # A session of its own: Ctrl-C reaches only this program, which then stops both in order.
    if name != WORKER:
        return subprocess.Popen(command, start_new_session=True)
    WORKER_LOG.write_bytes(b"")
    with WORKER_LOG.open("ab") as log:
        return subprocess.Popen(command, start_new_session=True, stdout=log, stderr=log)


def notify():
    with WORKER_LOG.open("ab") as log:
        command = [sys.executable, "manage.py", "notify"]
        subprocess.run(command, start_new_session=True, stdout=log, stderr=log, check=False)


def ended(processes):
    return next((name for name, process in processes.items() if process.poll() is not None), None)


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=10):  # nosec B310 - the own address
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False


def stop(processes):
    for process in processes.values():
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for process in processes.values():
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_until_it_answers(url, processes):
    deadline = time.monotonic() + START_SECONDS
    while not stop_requested and not ended(processes):
        if answers(url):
            return
        if time.monotonic() > deadline:
            sys.exit(f"*** {url} 在 {START_SECONDS} 秒内没有响应（见上）。")
        time.sleep(0.2)


def serve(port, shown_at_the_end):
    url = f"http://{HOST}:{port}/"
    processes = {}
    try:
        for name, command in commands(port).items():
            processes[name] = start(name, command)
        wait_until_it_answers(url, processes)
        if not stop_requested and not ended(processes):
            if shown_at_the_end:
                print(f"\n{shown_at_the_end.read_text(encoding='utf-8').rstrip()}")
            print(f"\n后台任务日志：{WORKER_LOG}")
            print(f"平台地址：{url}（按 Ctrl-C 停止）", flush=True)
        notified_at = None
        while not stop_requested and not ended(processes):
            if notified_at is None or time.monotonic() - notified_at > NOTIFY_SECONDS:
                notified_at = time.monotonic()
                notify()
            time.sleep(0.3)
        casualty = None if stop_requested else ended(processes)
    finally:
        stop(processes)
    if casualty:
        code = processes[casualty].returncode
        if casualty == WORKER:
            print(WORKER_LOG.read_text(encoding="utf-8", errors="replace")[-2000:], file=sys.stderr)
        print(f"*** {casualty}自行退出（返回码 {code}）。", file=sys.stderr)
        return code if 0 < code < 128 else 1
    print("已停止。")
    return 0


def request_stop(signum, frame):
    global stop_requested
    stop_requested = True


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("--check-port", action="store_true")
    parser.add_argument("--then-show", type=Path)
    options = parser.parse_args()
    if not port_is_free(options.port):
        other = options.port + 1 if options.port < 65535 else 8000
        sys.exit(
            f"*** {HOST} 的端口 {options.port} 已被占用，请停止占用它的程序，"
            f"或换一个端口：make demo PORT={other}"
        )
    if options.check_port:
        return 0
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, request_stop)
    return serve(options.port, options.then_show)


if __name__ == "__main__":
    sys.exit(main())
