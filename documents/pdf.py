"""HTML to PDF through WeasyPrint: the fonts, the style sheets and what may be fetched.

Importing this module loads Pango and takes a second or more; import it where a PDF is made.
"""

import gc
import io
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache, lru_cache
from importlib.resources import files

import pylopdf_fonts_zh_cn as fonts
from weasyprint import CSS, HTML, Attachment
from weasyprint.css import ColorProfile
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from documents import archive_marks, embedded_record
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


def to_pdf(html, style_sheet, pictures=None, record=None):
    """Return the PDF (bytes) of an HTML document, styled by the CSS template `style_sheet`.

    `pictures` are the stored files that the document shows, by the addresses that it gives them.
    It is one for the archive, PDF/A-3a; `record` is what it holds of itself as data
    (`embedded_record`).
    """
    data = embedded_record.packed(record) if record else None
    return typeset(breakable(html), style_sheets(style_sheet), pictures, data)


def to_drawing(html, style_sheet):
    """Return a PDF (bytes) as `to_pdf` does, of which other documents take over what it draws."""
    with _lock, _no_collection():
        document = HTML(string=breakable(html), url_fetcher=FontsOnly())
        return document.write_pdf(**_styled(style_sheets(style_sheet)))


def typeset(html, sheets, pictures=None, data=None, finish=lambda pdf: None):
    """Return the PDF (bytes) of an HTML document, styled by CSS texts; `to_pdf` says the rest.

    `data` is a record, packed. `finish(pdf)` adds to the pages as they are laid out, a `pydyf.PDF`.
    """

    def finisher(_, pdf):
        archive_marks.mend(pdf)
        finish(pdf)
        archive_marks.pack(pdf)

    with _lock, _no_collection():
        styled = _styled(sheets)
        document = HTML(string=html, url_fetcher=FontsOnly(pictures)).render(**styled)
        document.metadata.created = datetime.now(UTC).isoformat(timespec="seconds")
        document.color_profiles["screen"] = _screen_colours()
        return document.write_pdf(
            finisher=finisher,
            pdf_variant=archive_marks.VARIANT,
            output_intent="screen",  # WeasyPrint's own leaves its file open, every time
            attachments=[_attachment(data)] if data else None,
        )


@cache
def _screen_colours():
    """Return what is meant by red, green and blue: sRGB, as WeasyPrint brings it."""
    profile = (files("weasyprint.pdf") / "sRGB2014.icc").read_bytes()
    components = (["r"], ["g"], ["b"])
    return ColorProfile(io.BytesIO(profile), "sRGB2014.icc", "relative-colorimetric", components)


def _styled(sheets):
    return {"font_config": _fonts, "stylesheets": [_style_sheet(text) for text in sheets]}


def _attachment(data):
    return Attachment(
        string=data,
        name=embedded_record.NAME,
        description=embedded_record.DESCRIPTION,
        relationship="Data",
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
