"""PDFium with the Chinese fonts that the portal carries, and none of the system's.

A page whose fonts are not in its file comes out the same on every machine. The fonts are chosen
when the library starts, so this module stands before every use of pypdfium2 in its process; it is
for the programs that open uploaded files (`program_bounds.py`).
"""

import ctypes
from pathlib import Path

import pylopdf_fonts_zh_cn as fonts
import pypdfium2_raw


def _start():
    folder = str(Path(fonts.sans_path()).parent).encode()
    # A list of folders, ended by NULL. The library reads it whenever it looks for a font.
    folders = (ctypes.c_char_p * 2)(folder, None)
    config = pypdfium2_raw.FPDF_LIBRARY_CONFIG(version=2)
    config.m_pUserFontPaths = ctypes.cast(folders, type(config.m_pUserFontPaths))
    pypdfium2_raw.FPDF_InitLibraryWithConfig(config)
    return folders


_folders = _start()

import pypdfium2  # noqa: E402 - its own start finds the library started


def opened(data):
    """Open a PDF (bytes), its form fields drawn as well; raises as pdfium does."""
    pdf = pypdfium2.PdfDocument(data)
    pdf.init_forms()
    return pdf


def picture(pdf, index, pixels):
    """Return a page as viewers show it, upright: an RGB image, so many pixels on its long side."""
    page = pdf[index]
    try:
        return page.render(scale=pixels / max(page.get_size())).to_pil().convert("RGB")
    finally:
        page.close()
