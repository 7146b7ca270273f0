"""附件2 as PDF: laid out beside the portal's own processes, one form at a time for each of them."""

import threading

from applications.files.program_pool import Program
from documents.embedded_record import packed
from documents.page_codes import parts_of
from documents.typesetting import breakable, style_sheets

PRINTING = Program(
    "documents.form_program",
    wall_seconds=90,
    # Before a deadline everybody prints: the others wait in their browsers (`waits_for_its_turn`),
    # not in threads that those who save and submit need.
    turns=threading.BoundedSemaphore(1),
    patience_seconds=1,
)


def print_form(html, style_sheet, fingerprint, record):
    """Return the PDF (bytes) of a form, each page with the code of its fingerprint.

    `style_sheet` is a CSS template; `record` is what it holds of itself as data, or None. Raises
    `program_pool.Unanswered` and `program_pool.Busy`.
    """
    question = {
        "sheets": style_sheets(style_sheet),
        "codes": parts_of(fingerprint),
        "record": packed(record).decode() if record else "",
    }
    _, made = PRINTING.ask(question, breakable(html).encode())
    return made
