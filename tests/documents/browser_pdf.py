"""A program of its own: draws PDFs as a browser does on a computer that has a Chinese font.

`python browser_pdf.py <pixels of the long side> <PDF>...` writes each page beside its file
(1.pdf: 1.0.png, 1.1.png ...) and tells the sizes of each file's pages (points), as JSON. Of its
own, because PDFium is told where fonts are once, when it is loaded: whichever fonts the system
has, the picture is the same.
"""

import ctypes
import json
import sys
from pathlib import Path

import pylopdf_fonts_zh_cn as fonts
import pypdfium2
import pypdfium2.raw as pdfium


def start():
    """Start PDFium again, with the Chinese fonts of the portal alone."""
    pdfium.FPDF_DestroyLibrary()
    folder = ctypes.create_string_buffer(str(Path(fonts.sans_path()).parent).encode())
    start.paths = (ctypes.POINTER(ctypes.c_char) * 2)(
        ctypes.cast(folder, ctypes.POINTER(ctypes.c_char)), None
    )
    start.folder = folder
    config = pdfium.FPDF_LIBRARY_CONFIG(version=2, m_pUserFontPaths=start.paths)
    pdfium.FPDF_InitLibraryWithConfig(config)


def main():
    start()
    long, *paths = sys.argv[1:]
    sizes = []
    for path in map(Path, paths):
        with pypdfium2.PdfDocument(path) as pdf:
            pdf.init_forms()  # before any page is fetched: PDFium draws no field otherwise
            sizes.append([pdf.get_page_size(number) for number in range(len(pdf))])
            for number in range(len(pdf)):
                page = pdf[number]
                image = page.render(scale=int(long) / max(page.get_size())).to_pil()
                image.convert("RGB").save(path.with_suffix(f".{number}.png"), compress_level=1)
                page.close()
    sys.stdout.write(json.dumps(sizes))


if __name__ == "__main__":
    main()
