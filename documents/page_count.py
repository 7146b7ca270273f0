"""How many pages a PDF has that the portal itself has just made."""

import io

import pikepdf


def page_count(content):
    """Return how many pages a PDF (bytes) has."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        return len(pdf.pages)
