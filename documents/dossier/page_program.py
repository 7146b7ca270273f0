"""A program (`applications/files/program_bounds.py`) that copies what was uploaded, page by page.

A question names what to do, the file to read (`source`) and the file to write (`out`); the answer
is what was made, or {"refused": a sentence in Chinese}. See the functions in `ACTIONS`.
"""

import io
import json
from pathlib import Path

import pikepdf

from applications.files import pictures
from applications.files.program_bounds import Refused, serve
from documents.dossier import archive_checks, binding, marks, pages
from documents.dossier.pages import Unreadable
from documents.dossier.picture_pages import picture_page
from documents.dossier.redrawing import make_whole

CPU_SECONDS = 110
# The largest file that is written: a dossier of all that an application may hold, drawn anew.
WRITTEN_LIMIT = 2 * 1024**3
# What may stay of an uploaded document besides its pages: all else may act, or hold other files.
KEPT = {"/Type", "/Pages", "/Outlines", "/Dests", "/PageLabels", "/Lang"}


def mark_pdf(question, stamp):
    """Write an uploaded PDF with a stamp (a PDF of one page) on every page."""
    with (
        pages.opened(Path(question["source"])) as pdf,
        pikepdf.open(io.BytesIO(stamp)) as made,
    ):
        failed = make_whole(pdf, question["seconds"])
        drawing = pdf.copy_foreign(made.pages[0].as_form_xobject())
        drawings = pages.Drawings(pdf)
        for index, page in enumerate(pdf.pages):
            try:
                if index in failed:
                    raise Unreadable(failed[index])
                marks.mark_page(drawings, page, drawing)
            except Unreadable as error:
                failed[index] = str(error)
                marks.note(
                    pdf, page, f"第 {index + 1} 页不能显示（{error}），请联系评审办公室查看原件。"
                )
                marks.draw_stamp(page, drawing)
        if len(failed) == len(pdf.pages):
            raise Unreadable(next(iter(failed.values())))
        for key in set(pdf.Root.keys()) - KEPT:
            del pdf.Root[key]
        pages.disarm(pdf)
        pdf.save(question["out"])
        return {"pages": len(pdf.pages)}


def mark_picture(question, _):
    """Write an uploaded picture as a JPEG with a text all over it."""
    marks.mark_picture(Path(question["source"]), question["text"], question["out"])
    return {"pages": 1}


def fit_pdf(question, _):
    """Write the pages of an uploaded PDF as A4 sheets; `failed` says why some are empty.

    `hindrances` say why they may not stand in a PDF for the archive.
    """
    with pages.opened(Path(question["source"])) as pdf:
        failed = make_whole(pdf, question["seconds"])
        drawings = pages.Drawings(pdf)
        for index, page in enumerate(pdf.pages):
            try:
                pages.fit(drawings, page)
            except Unreadable as error:
                failed.setdefault(index, str(error))
            if index in failed:
                pages.clear(page, pages.A4)
        for key in list(pdf.Root.keys()):
            if key not in {"/Type", "/Pages"}:
                del pdf.Root[key]
        pages.disarm(pdf)
        archive_checks.smooth_nothing(pdf)
        pdf.save(question["out"])
        wide = [
            index for index, page in enumerate(pdf.pages) if page.mediabox[2] > page.mediabox[3]
        ]
        return {
            "pages": len(pdf.pages),
            "wide": wide,
            "failed": sorted(failed.items()),
            "hindrances": archive_checks.hindrances(pdf),
        }


def fit_picture(question, _):
    """Write an uploaded picture as an A4 sheet."""
    is_wide = picture_page(Path(question["source"]), Path(question["out"]))
    with pikepdf.open(question["out"]) as made:
        hindrances = archive_checks.hindrances(made)
    return {"pages": 1, "wide": [0] if is_wide else [], "failed": [], "hindrances": hindrances}


def bind(question, data):
    """Write a dossier of parts that are on disk (`binding.bind`)."""
    return {"pages": binding.bind(json.loads(data), Path(question["out"]))}


ACTIONS = {each.__name__: each for each in (mark_pdf, mark_picture, fit_pdf, fit_picture, bind)}


def answer(question, data):
    """Do what a question asks for; raises Refused."""
    try:
        return ACTIONS[question["do"]](question, data), b""
    except Unreadable as error:
        raise Refused(str(error)) from error
    except MemoryError as error:
        raise Refused("文件过于复杂") from error
    except Exception as error:  # whatever a parser says about hostile bytes
        raise Refused("文件已损坏，无法打开") from error


if __name__ == "__main__":
    pictures.bound()
    serve(answer, cpu_seconds=CPU_SECONDS, written=WRITTEN_LIMIT)
