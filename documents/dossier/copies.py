"""Copies of uploaded files, made by a bounded process (`page_program.py`)."""

from pathlib import Path

from django.core.files.base import File

from applications.files.evidence import local_path
from applications.files.program_pool import Program

# While a reader waits; and in the worker.
MARKING = Program("documents.dossier.page_program", wall_seconds=30)
BINDING = Program("documents.dossier.page_program", wall_seconds=180)
# So long the pages of one file may take to be drawn anew.
MARKING_SECONDS, FITTING_SECONDS = 20, 90

UNSHOWN = "文件不能转换显示"
TOO_COMPLEX = "文件过于复杂，无法在规定时间内处理"


class Uncopied(Exception):
    """A file that no copy could be made of; the text says why, in Chinese."""


class MadeFile(File):
    """A file on disk that was made to be stored: a folder of ours takes it without copying."""

    def temporary_file_path(self):
        """Return its path, as Django's storage asks for it."""
        return self.name


def make(program, action, out, data=b"", **question):
    """Let a program make a copy at the path `out`; return what it says of it.

    Raises Uncopied, and what `Program.ask` raises.
    """
    told, _ = program.ask({"do": action, "out": str(out), **question}, data)
    if "refused" in told:
        raise Uncopied(told["refused"])
    return told


def local_copy(stored, folder, name):
    """Return the path of a stored file: its own, or a copy in `folder` when it is in a bucket.

    Raises FileNotFoundError.
    """
    path = local_path(stored)
    if path is not None:
        path = Path(path)
        if not path.exists():
            raise FileNotFoundError(path)
    else:
        path = folder / name
        with stored.open("rb") as source, path.open("wb") as copy:
            for chunk in File(source).chunks():
                copy.write(chunk)
    return path
