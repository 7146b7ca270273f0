"""Documents of Word, Excel and WPS converted by LibreOffice, where it is installed.

It is no part of the portal (docs/deploy.md says how it is added, and what it costs).
`libreoffice_program.py` runs it, one document at a time.
"""

import os
import shutil
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from applications.files import landlock, program_pool

PATH = "/usr/local/bin:/usr/bin:/bin"
PROGRAM = "applications.files.libreoffice_program"
# One at a time for one process of the portal.
TURN = threading.BoundedSemaphore(1)
CONVERTING = program_pool.Program(PROGRAM, wall_seconds=90, turns=TURN, patience_seconds=60)
# While somebody waits for the page: all that reading takes stays well under the proxy's 130 s.
WAITED_FOR = program_pool.Program(PROGRAM, wall_seconds=45, turns=TURN, patience_seconds=3)
PREFIX = "portal-office-"
# What LibreOffice makes, whatever it is told; and how old what nobody removed has to be.
SOCKETS = "/tmp/OSL_PIPE_*"  # noqa: S108
FORGOTTEN_AFTER = 3600  # seconds
NOT_INSTALLED = "平台没有安装文档转换程序，不能转换这种文件。"
FAILED = "文件转换不成功，可能已损坏、已加密或过于复杂，请在 Word 或 WPS 中另存为 PDF 后上传。"


class Unconverted(Exception):
    """A document could not be converted; the text is a sentence that says why."""


class Occupied(Unconverted):
    """Another document is being converted, and is not done soon."""


def is_on():
    """Whether documents of Word, Excel and WPS are converted: it is wanted, and there."""
    return settings.LIBREOFFICE and is_installed()


def is_installed():
    """Whether LibreOffice is on this machine, and the kernel can confine it."""
    return landlock.version() > 0 and shutil.which("soffice", path=PATH) is not None


def convert(data, ending, to, program=None):
    """Return a document (bytes) as "pdf", "docx" or "xlsx".

    `ending` is that of its content: ".docx", ".doc" (also of WPS), ".rtf", ".odt", ".xlsx", ".xls",
    ".ods". Takes seconds, and minutes at worst: it is for the worker; where somebody waits for the
    page, `program` is WAITED_FOR. Raises Unconverted, and Occupied.
    """
    if not is_installed():
        raise Unconverted(NOT_INSTALLED)
    remove_forgotten()
    with tempfile.TemporaryDirectory(prefix=PREFIX) as folder:
        question = {"ending": ending, "to": to, "folder": folder}
        try:
            answer, made = (program or CONVERTING).ask(question, data)
        except program_pool.Busy as error:
            raise Occupied(program_pool.BUSY) from error
        except program_pool.Unanswered as error:
            raise Unconverted(FAILED) from error
    if "refused" in answer:
        raise Unconverted(FAILED)
    return made


def remove_forgotten():
    """Remove what conversions left behind whose process was killed: it holds personal data."""
    before = time.time() - FORGOTTEN_AFTER
    sockets = Path(SOCKETS)
    for path in (
        *Path(tempfile.gettempdir()).glob(f"{PREFIX}*"),
        *sockets.parent.glob(sockets.name),
    ):
        with suppress(OSError):
            about = path.lstat()
            if about.st_uid == os.getuid() and about.st_mtime < before:
                if path.is_dir():
                    shutil.rmtree(path)
                else:
                    path.unlink()
