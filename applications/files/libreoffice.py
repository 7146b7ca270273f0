"""Documents of Word, Excel and WPS converted by LibreOffice, where it is installed.

It is no part of the portal (docs/deploy.md says how it is added, and what it costs).
`libreoffice_program.py` runs it, one document at a time.
"""

import shutil
import tempfile
import threading

from applications.files import landlock, program_pool

PATH = "/usr/local/bin:/usr/bin:/bin"
# One at a time for one process of the portal, and so long somebody waits for its turn.
PATIENCE_SECONDS = 60
CONVERTING = program_pool.Program(
    "applications.files.libreoffice_program",
    wall_seconds=90,
    turns=threading.BoundedSemaphore(1),
    patience_seconds=PATIENCE_SECONDS,
)
# WPS gives its documents names of its own; they are built as Microsoft's of the same age.
ENDINGS = {".wps": ".doc", ".et": ".xls", ".wpt": ".doc"}
NOT_INSTALLED = "平台没有安装文档转换程序，不能转换这种文件。"
FAILED = "文件转换不成功，可能已损坏、已加密或过于复杂，请在 Word 或 WPS 中另存为 PDF 后上传。"


class Unconverted(Exception):
    """A document could not be converted; the text is a sentence that says why."""


def is_installed():
    """Whether LibreOffice is on this machine, and the kernel can confine it."""
    return landlock.version() > 0 and shutil.which("soffice", path=PATH) is not None


def convert(data, ending, to):
    """Return a document (bytes) as "pdf", "docx" or "xlsx".

    `ending` is that of its content, as ".doc": ".docx", ".doc", ".wps" (as .doc), ".rtf", ".odt",
    ".xlsx", ".xls", ".et" (as .xls), ".ods". Takes seconds, and minutes at worst: it is for the
    worker, or for somebody who has asked for it. Raises Unconverted,
    and program_pool.Busy.
    """
    if not is_installed():
        raise Unconverted(NOT_INSTALLED)
    with tempfile.TemporaryDirectory(prefix="portal-office-") as folder:
        question = {"ending": ENDINGS.get(ending, ending), "to": to, "folder": folder}
        try:
            answer, made = CONVERTING.ask(question, data)
        except program_pool.Unanswered as error:
            raise Unconverted(FAILED) from error
    if "refused" in answer:
        raise Unconverted(FAILED)
    return made
