"""Names of employers and units, compared: an expert must not judge the own employer."""

import unicodedata

from applications.stages import PRIVATE

# A company is the same with and without its legal form.
LEGAL_FORMS = ("有限责任公司", "股份有限公司", "有限公司")


def plain_name(name):
    """Return a name for comparison: one width, no spaces, punctuation or legal form."""
    name = unicodedata.normalize("NFKC", name).casefold()
    name = "".join(character for character in name if character.isalnum())
    for form in LEGAL_FORMS:
        if name.endswith(form):
            return name.removesuffix(form)
    return name


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
