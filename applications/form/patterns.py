"""What stands many times on one page, with other texts each time: its template drawn once.

A template takes its time over every cell. One that only puts texts in places is drawn once per
process with {name} in each place; the texts are filled in, and escaped, as by Django's
`format_html`, which takes six times as long over each text.
"""

from functools import cache
from html import escape

from django.template.loader import render_to_string
from django.utils.safestring import SafeString


@cache
def pattern_of(template, places):
    """Return what `template` draws with {name} in each of the `places`, names of its variables."""
    return render_to_string(template, {place: f"{{{place}}}" for place in places}).strip()


def draw(template, texts):
    """Return what `template` draws of a dict of texts, HTML; it asks nothing of them."""
    return fill(pattern_of(template, tuple(texts)), texts)


def fill(pattern, texts):
    """Return a pattern with a text in each {name}: escaped, unless it is HTML (`SafeString`)."""
    filled = {
        name: text if isinstance(text, SafeString) else escape(str(text))
        for name, text in texts.items()
    }
    return SafeString(pattern.format_map(filled))


def draw_each(template, rows):
    """Return what `template` draws of each row, a dict of texts, one after the other; HTML.

    The template asks nothing of them.
    """
    return SafeString("".join([draw(template, row) for row in rows]))
