"""A QR code of its own on every page of a form: which content it is of, and which page.

The codes are drawn into the finished PDF, because only then it is known how many pages there are;
the style sheet leaves their place blank. A scan of the paper is put in order by them.
"""

from typing import Any

import pydyf
import segno
from django.conf import settings
from django.urls import reverse

# Printer's points.
MILLIMETRE = 72 / 25.4
# Where the foot of annex2.css leaves room: from the left and from the lower edge, and the side.
LEFT, BOTTOM, SIDE = 20 * MILLIMETRE, 8 * MILLIMETRE, 15 * MILLIMETRE


def address_of(fingerprint, page):
    """Return the address that the code of a page opens: the public check of the form.

    The fingerprint stands in capitals, which a code writes in two thirds of the room, so that its
    squares are larger; the check takes either.
    """
    return "".join(_of_page(parts_of(fingerprint), page))


def parts_of(fingerprint):
    """Return the parts of the address of a form's pages; behind the last comes the page."""
    before, after = reverse("applications:verify", args=[fingerprint]).split(fingerprint)
    return f"{settings.SITE_URL}{before}", fingerprint.upper(), f"{after}?p="


def _of_page(parts, page):
    return *parts[:-1], f"{parts[-1]}{page}"


def draw(address, pdf):
    """Draw its code on every page of a form (`pydyf.PDF`), laid out and not yet written.

    `address` is what `parts_of` returns.
    """
    mask = None
    # Three entries a page: object, generation, "R".
    for number, reference in enumerate(pdf.pages["Kids"][::3], start=1):
        # Parts with the mode that suits each; its types know text alone.
        parts: Any = [(part, None, None) for part in _of_page(address, number)]
        code = segno.make(
            parts,
            error="m",
            micro=False,
            mask=mask,
        )
        # To try all masks is most of the work; pages that differ by a digit can share one.
        mask = code.mask
        drawing = pydyf.Stream(_squares(code), compress=True)
        pdf.add_object(drawing)
        page = pdf.objects[reference]
        page["Contents"] = pydyf.Array([drawing.reference, page["Contents"]])


def _squares(code):
    """Return the commands that fill the dark squares of a code, run by run; no part of the text."""
    rows = list(code.matrix_iter(border=0))
    size = SIDE / len(rows)
    commands = ["/Artifact BMC", "q", "0 g"]
    for row, squares in enumerate(rows):
        y = BOTTOM + SIDE - (row + 1) * size
        column = 0
        while column < len(squares):
            end = column
            while end < len(squares) and squares[end]:
                end += 1
            if end > column:
                x = LEFT + column * size
                commands.append(f"{x:.3f} {y:.3f} {(end - column) * size:.3f} {size:.3f} re")
            column = end + 1
    return [*commands, "f", "Q", "EMC"]
