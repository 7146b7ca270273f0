"""A program as those that open uploads: it tells of itself, for `test_program_pool.py`."""

import os
import resource
import sys
import time
from pathlib import Path

from applications.files.program_bounds import serve


def answer(question, data):
    """Do what the question says."""
    if question["do"] == "die":
        os._exit(1)
    if question["do"] == "sleep":
        time.sleep(60)
    if question["do"] == "echo":
        return question, data
    return {
        "pid": os.getpid(),
        "environment": sorted(os.environ),
        "modules": sorted(sys.modules),
        "memory": resource.getrlimit(resource.RLIMIT_AS)[0],
        "written": resource.getrlimit(resource.RLIMIT_FSIZE)[0],
        "nice": os.nice(0),
        "oom_score": Path("/proc/self/oom_score_adj").read_text().strip(),
    }, b""


if __name__ == "__main__":
    serve(answer, cpu_seconds=20)
