"""What the programs share that open uploaded files: their bounds, and how they are asked.

A program runs in a process of its own (`program_pool.py` starts it) and knows neither Django nor
the portal's secrets. It reads questions from standard input and answers each on standard output; a
question and an answer are two blocks, each after its length (8 bytes, big-endian): a line of JSON,
and bytes. A file that hangs or bursts a decoder ends this process, and nothing else.
"""

import json
import os
import resource
import sys
from contextlib import suppress
from pathlib import Path

MEMORY = 1024**3
# Pages of other people come first: a program gets what processor they leave.
NICE = 10
# Where the memory of all runs out, the system ends a program before it ends the portal.
OOM_SCORE = "1000"


class Refused(Exception):
    """A file is refused. Its text is the key of the reason; `values` fill the reason's sentence."""

    def __init__(self, why, **values):
        super().__init__(why)
        self.values = values


def limit(written=0, memory=MEMORY, of=resource.RLIMIT_AS, nice=NICE):
    """Bound what this process may use, in bytes: `memory`, and `written`, the largest file.

    `of` says which memory is meant: addresses (RLIMIT_AS), or what it alone holds (RLIMIT_DATA),
    for programs whose libraries reserve far more addresses than they use. `nice` is how far the
    process steps back behind others.
    """
    for what, most in (
        (of, memory),
        (resource.RLIMIT_FSIZE, written),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    os.nice(nice)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(OOM_SCORE)


def allow_another(cpu_seconds):
    """Give the next question its share of the processor's time."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = int(used.ru_utime + used.ru_stime) + cpu_seconds
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def serve(answer, *, cpu_seconds, **limits):
    """Answer until there is nothing to read any more; `limits` are those of `limit`.

    `answer(question, data)` gets the JSON and the bytes of a question, and returns those of its
    answer; what it raises as `Refused` is answered as {"refused": the key, and its values}.
    """
    limit(**limits)
    asked, told = sys.stdin.buffer, sys.stdout.buffer
    while head := _block(asked):
        question, data = json.loads(head), _block(asked)
        allow_another(cpu_seconds)
        try:
            verdict, made = answer(question, data)
        except Refused as refused:
            verdict, made = {"refused": str(refused), **refused.values}, b""
        for block in (json.dumps(verdict).encode(), made):
            told.write(len(block).to_bytes(8, "big"))
            told.write(block)
        told.flush()


def _block(stream):
    return stream.read(int.from_bytes(stream.read(8), "big"))
