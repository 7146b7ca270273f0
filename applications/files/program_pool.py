"""Processes that open uploaded files: kept ready, and replaced when one fails.

What they may use is in `program_bounds.py`. The portal's own processes never decode what was
uploaded: a file that hangs or bursts a decoder costs its own request, and nothing else.
"""

import atexit
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# A process that has answered so often is replaced, whatever its decoders have kept.
ANSWERS_EACH = 500
IDLE_LIMIT = 2
CHUNK = 1024**2
# So many at once for one process of the portal: its other threads are there for pages.
AT_ONCE = 2
# So long a request waits for its turn.
PATIENCE_SECONDS = 10
BUSY = "正在处理的文件较多，请稍后再试。"

_turns = threading.BoundedSemaphore(AT_ONCE)


class Unanswered(Exception):
    """The file could not be opened in the time and memory that a file has."""


class Busy(Exception):
    """Too many files are being opened at this moment; `BUSY` says so."""


class Program:
    """A program that opens uploaded files, and the processes of it that wait for the next one.

    `module` is its dotted name; `wall_seconds` is how long an answer may take. `arguments` returns
    the words of its command line, asked for when a process starts. `turns` is a semaphore: as many
    may be asked at once; whoever waits `patience_seconds` for it gets Busy.
    """

    def __init__(self, module, wall_seconds, arguments=list, turns=_turns, patience_seconds=None):
        self.module, self.wall_seconds, self.arguments = module, wall_seconds, arguments
        self.turns, self.patience_seconds = turns, patience_seconds
        self._idle = []  # (process, how often it has answered)
        atexit.register(self.end)

    def ask(self, question, data=b""):
        """Return the answer to a question (a dictionary, bytes) as the same two.

        Raises Unanswered, and Busy.
        """
        if not self.turns.acquire(timeout=self.patience_seconds or PATIENCE_SECONDS):
            raise Busy
        try:
            return self._ask(question, data)
        finally:
            self.turns.release()

    def _ask(self, question, data):
        process, answered = self._take()
        until = time.monotonic() + self.wall_seconds
        try:
            for block in (json.dumps(question).encode(), data):
                _send(process, block, until)
            found, made = _block(process, until), _block(process, until)
        except (OSError, EOFError) as error:
            _end(process)
            raise Unanswered from error
        if answered + 1 < ANSWERS_EACH and len(self._idle) < IDLE_LIMIT:
            self._idle.append((process, answered + 1))
        else:
            _end(process)
        return json.loads(found), made

    def _take(self):
        """Return a process that waits for a question, and how often it has answered."""
        while self._idle:
            try:
                process, answered = self._idle.pop()
            except IndexError:  # another thread took it
                break
            if process.poll() is None:
                return process, answered
            _end(process)
        return self._start(), 0

    def _start(self):
        process = subprocess.Popen(
            # Neither the user's packages nor the environment's: the portal's own.
            [sys.executable, "-E", "-s", "-m", self.module, *self.arguments()],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},  # the portal's secrets are not its business
            bufsize=0,
            start_new_session=True,  # what stops the portal at a terminal is not for it
        )
        os.set_blocking(process.stdin.fileno(), False)
        return process

    def end(self):
        """End the processes that wait; the next question starts one."""
        while self._idle:
            _end(self._idle.pop()[0])


def _send(process, block, until):
    ready = select.poll()
    ready.register(process.stdin, select.POLLOUT)
    view = memoryview(len(block).to_bytes(8, "big") + block)
    while view:
        left = until - time.monotonic()
        if left <= 0 or not ready.poll(left * 1000):
            raise TimeoutError
        view = view[process.stdin.write(view) or 0 :]


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
    """End a process with all that it has started."""
    if process.returncode is None:  # nobody has waited for it: the number is still its own
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.stdin.close()
    process.stdout.close()
    process.wait()
