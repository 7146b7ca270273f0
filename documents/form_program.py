"""Lays 附件2 out in a process of its own, which `documents/form_printing.py` asks.

It takes a third of a second of processor time and a hundred and more megabytes: beside it, pages go
on, and a web process stays as small as it was. It knows neither settings nor database.
"""

from functools import partial

from applications.files.program_bounds import serve
from documents import page_codes, pdf

CPU_SECONDS = 60
# Whoever prints waits before the screen; whoever types goes first all the same.
NICE = 5
# WeasyPrint writes the fonts down for Pango.
FONTS_WRITTEN = 100 * 1024**2
MEMORY = 2 * 1024**3


def lay_out(question, data):
    """Return ({}, the PDF) of HTML: with style sheets, the codes on its pages, and its record."""
    codes = partial(page_codes.draw, question["codes"])
    record = question["record"].encode()
    return {}, pdf.typeset(data.decode(), question["sheets"], data=record, finish=codes)


if __name__ == "__main__":
    serve(lay_out, cpu_seconds=CPU_SECONDS, written=FONTS_WRITTEN, memory=MEMORY, nice=NICE)
