"""HTML to PDF through WeasyPrint: the fonts, the style sheets and what may be fetched.

Importing this module loads Pango and takes a second or more; import it where a PDF is made.
"""

import gc
import threading
from contextlib import contextmanager
from functools import lru_cache

import pylopdf_fonts_zh_cn as fonts
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from documents.typesetting import breakable, style_sheets

FONTS = {"font:serif": fonts.serif_path, "font:sans": fonts.sans_path}


class FontsOnly(URLFetcher):
    """Fetches the two fonts, by the names that the style sheets use, and nothing else.

    Besides them only `pictures`, which the document itself names ({address: stored file}): what
    users typed cannot make the portal read a file of its own or call an address.
    """

    def __init__(self, pictures=None):
        super().__init__()
        self.pictures = pictures or {}

    def fetch(self, url, headers=None):
        """Return a font or a picture; raises ValueError for every other address."""
        if url in self.pictures:
            with self.pictures[url].open("rb") as stored:
                return URLFetcherResponse(url, stored.read())
        if url not in FONTS:
            raise ValueError("only the portal's own fonts are fetched")
        return URLFetcherResponse(url, FONTS[url]().read_bytes())


# One for the process: another one each time costs twice the memory.
_fonts = FontConfiguration()
# Web servers run threads, and neither Pango's font map nor the configuration says it may be shared.
_lock = threading.Lock()


@lru_cache(maxsize=32)
def _style_sheet(text):
    return CSS(string=text, font_config=_fonts, url_fetcher=FontsOnly())


def to_pdf(html, style_sheet, pictures=None):
    """Return the PDF (bytes) of an HTML document, styled by the CSS template `style_sheet`.

    `pictures` are the stored files that the document shows, by the addresses that it gives them.
    """
    return typeset(breakable(html), style_sheets(style_sheet), pictures)


def typeset(html, sheets, pictures=None, finish=None):
    """Return the PDF (bytes) of an HTML document, styled by CSS texts; `to_pdf` says the rest.

    `finish(pdf)` adds to the pages as they are laid out, a `pydyf.PDF`.
    """
    with _lock, _no_collection():
        document = HTML(string=html, url_fetcher=FontsOnly(pictures))
        return document.write_pdf(
            font_config=_fonts,
            stylesheets=[_style_sheet(text) for text in sheets],
            finisher=finish and (lambda _, pdf: finish(pdf)),
        )


@contextmanager
def _no_collection():
    """Put off the search for garbage: while a page is laid out there is none, and it takes 12 %."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
