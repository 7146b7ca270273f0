"""Experts' employers beside the units that apply: an expert must not judge the own employer."""

import unicodedata

from applications.stages import PRIVATE


def plain_name(name):
    """Return a unit's name as it is compared: no spaces, full-width characters put right."""
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()


def names_of(application):
    """Return the compared names of an application's unit: as registered, and as typed."""
    names = (application.unit_name, application.applying_unit.name)
    return frozenset(plain_name(name) for name in names if name.strip())


def units_of(round):
    """Return the compared names of all units with an application submitted in a round."""
    rows = round.applications.exclude(stage__in=PRIVATE).values_list(
        "unit_name", "applying_unit__name"
    )
    return {plain_name(name) for row in rows for name in row if name.strip()}
