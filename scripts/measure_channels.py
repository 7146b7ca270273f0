"""Measure what telling channels costs: processor time and memory, beside bare Apprise.

Run with the development packages installed: python scripts/measure_channels.py
A server on loopback takes everything. Printed: the first and every later message of each way, in
milliseconds of processor time; the memory of the process that sends; and what a process that only
asks it (a worker) grows by.
"""

import json
import os
import resource
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MESSAGES = 200
TEXT = "【技能大师工作室申报】有事项临近截止。请登录查看：https://portal.example.invalid/"
# What somebody writes who has only Apprise: no door, no bounds, every plug-in.
BARE = """
import json, resource, sys, time
def used():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
url, number, text = sys.argv[1], int(sys.argv[2]), sys.argv[3]
import apprise
target = apprise.Apprise()
target.add(url)
assert target.notify(body=text)
first = used()
for _ in range(number):
    assert target.notify(body=text)
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([first, (used() - first) / number, memory]))
"""


class Taking(BaseHTTPRequestHandler):
    """Takes everything and says so in every service's way."""

    protocol_version = "HTTP/1.0"

    def do_POST(self):
        """Answer as 企业微信 does when it has taken a message."""
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"errcode": 0, "errmsg": "ok"}')

    def log_message(self, *args):
        """Say nothing."""


def status_of(pid):
    """Return the peak memory (MB) and the processor time (s) of a running process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    peak = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return peak / 1024, (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def own_memory():
    """Return what this process holds, in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def by_program(question):
    """Return the seconds of the first message and of each later one, and the program's memory."""
    from applications.files import program_pool

    program = program_pool.Program("applications.notify.channels.send_program", wall_seconds=20)
    assert program.ask(question)[0] == {"sent": True}
    [(process, _)] = program._idle
    _, first = status_of(process.pid)
    for _ in range(MESSAGES):
        assert program.ask(question)[0] == {"sent": True}
    peak, after = status_of(process.pid)
    program.end()
    return first, (after - first) / MESSAGES, peak


def bare(url):
    """Return the same of bare Apprise, in a process of its own."""
    command = [sys.executable, "-c", BARE, url, str(MESSAGES), TEXT]
    made = subprocess.run(command, capture_output=True, check=True, text=True)
    first, each, kilobytes = json.loads(made.stdout)
    return first, each, kilobytes / 1024


def main():
    """Measure and print one line a way."""
    sys.path.insert(0, str(ROOT))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_port
    common = {
        "hosts": [("127.0.0.1", port, True)],
        "gateway": {},
        "text": TEXT,
        "is_trial": False,
        "url": f"http://127.0.0.1:{port}/hook?key=k",
    }
    before = own_memory()
    ways = {
        "企业微信, directly": by_program({**common, "service": "WECOM"}),
        "webhook, by Apprise": by_program({**common, "service": "WEBHOOK"}),
        "webhook, bare Apprise": bare(f"json://127.0.0.1:{port}/hook?redirect=no"),
    }
    for name, (first, each, peak) in ways.items():
        print(f"{name:24} first {first * 1000:5.0f} ms  each {each * 1000:5.1f} ms  {peak:4.0f} MB")
    print(f"the process that asks grew by {own_memory() - before:.1f} MB")
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(f"and used {(usage.ru_utime + usage.ru_stime) * 1000:.0f} ms, the server's part included")
    server.shutdown()


if __name__ == "__main__":
    main()
