"""Processes that open uploaded files (`opening.py`): kept ready, and replaced when one fails.

The web process itself never decodes what was uploaded: a file that hangs or bursts a decoder costs
its own upload, and nothing else.
"""

import atexit
import json
import select
import subprocess
import sys
import time
from pathlib import Path

OPENING = Path(__file__).with_name("opening.py")
WALL_SECONDS = 20
# A process that has opened so many files is replaced, whatever its decoders have kept.
FILES_EACH = 500
IDLE_LIMIT = 4
CHUNK = 1024**2

_idle = []  # (process, files that it has opened)


def read(data):
    """Return (what was found out about a file's bytes, the bytes to keep in its place or b"").

    (None, b"") when it could not be opened in the time and memory that a file has.
    """
    process, opened = _take()
    try:
        found, kept = _ask(process, data)
    except (OSError, EOFError):
        _end(process)
        return None, b""
    if opened + 1 < FILES_EACH and len(_idle) < IDLE_LIMIT:
        _idle.append((process, opened + 1))
    else:
        _end(process)
    return json.loads(found), kept


def _take():
    """Return a process that waits for a file, and how many it has opened."""
    while _idle:
        try:
            process, opened = _idle.pop()
        except IndexError:  # another thread took it
            break
        if process.poll() is None:
            return process, opened
        _end(process)
    return _start(), 0


def _start():
    return subprocess.Popen(
        [sys.executable, "-I", str(OPENING)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},  # the portal's secrets are not its business
        bufsize=0,
    )


def _ask(process, data):
    until = time.monotonic() + WALL_SECONDS
    process.stdin.write(len(data).to_bytes(8, "big"))
    view = memoryview(data)
    while view:
        view = view[process.stdin.write(view) :]
    return _block(process, until), _block(process, until)


def _block(process, until):
    return _bytes(process, int.from_bytes(_bytes(process, 8, until), "big"), until)


def _bytes(process, count, until):
    """Read so many bytes of an answer; raises EOFError, or TimeoutError once the time is over."""
    ready = select.poll()
    ready.register(process.stdout, select.POLLIN)
    parts = []
    while count:
        left = until - time.monotonic()
        if left <= 0 or not ready.poll(left * 1000):
            raise TimeoutError
        part = process.stdout.read(min(count, CHUNK))
        if not part:
            raise EOFError
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def _end(process):
    process.kill()
    process.stdin.close()
    process.stdout.close()
    process.wait()


@atexit.register
def _end_all():
    while _idle:
        _end(_idle.pop()[0])
