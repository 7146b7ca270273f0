"""A reader for tests: it ends at the second page, hangs at the third, finds the others empty.

Its argument "never" makes it end whatever it is asked.
"""

import os
import sys
import time

from applications.files.program_bounds import serve
from applications.recognition.page import Page, PageState


def answer(question, data):
    """Answer as `read_program.read` does, or not at all."""
    if question["page"] == 2 or sys.argv[1] == "never":
        os._exit(1)
    if question["page"] == 3:
        time.sleep(60)
    return {"page": Page(question["page"], PageState.BLANK).to_json()}, b""


if __name__ == "__main__":
    serve(answer, cpu_seconds=10)
