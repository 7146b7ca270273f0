"""What of the fields of a made-up page was read, letter for letter."""

import re
import unicodedata


def plain(text):
    """Return what is compared of a text: its letters and digits, as NFKC writes them."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in folded if character.isalnum())


def missed_fields(page, lines):
    """Return the names of the fields of a `MadePage` of which a piece is not in the lines' text.

    Characters beyond the BMP are known to no reader: whatever one character stands in their place.
    """
    text = plain("".join(lines))
    return [
        name
        for name, pieces in page.fields.items()
        if not all(_stands_in(text, plain(piece)) for piece in pieces)
    ]


def _stands_in(text, piece):
    if all(ord(character) <= 0xFFFF for character in piece):
        return piece in text
    parts = (re.escape(c) if ord(c) <= 0xFFFF else ".?" for c in piece)
    return re.search("".join(parts), text) is not None
