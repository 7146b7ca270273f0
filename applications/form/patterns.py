"""What stands many times on one page, with other texts each time: its template drawn once.

A template takes its time over every cell. One that only puts texts in places is drawn once per
process with {name} in each place; the texts are filled in, and escaped, by Django's `format_html`.
"""

from functools import cache

from django.template.loader import render_to_string
from django.utils.html import format_html_join


@cache
def pattern_of(template, places):
    """Return what `template` draws with {name} in each of the `places`, names of its variables."""
    return render_to_string(template, {place: f"{{{place}}}" for place in places}).strip()


def draw_each(template, rows):
    """Return what `template` draws of each row, a dict of texts, one after the other; HTML.

    The rows have the same names, and the template asks nothing of them.
    """
    rows = list(rows)
    return format_html_join("", pattern_of(template, tuple(rows[0])), rows) if rows else ""
