"""A round is copied to the next year: its rules, criteria and evidence, but no applications."""

import re

from applications.rounds import EvidenceRequirement, Round
from review.rounds.settings import FIELDS
from review.scoring.models import Criterion

DATES = ("opens_at", "closes_at", "report_deadline", "review_deadline")
# Of these the copy has its own.
OWN = ("title", "document_number", "year", "notice", *DATES)
# 2024年, 2024-06-30, 2024.6.30; not 〔2024〕, the year of a document that stays what it is.
_YEAR = re.compile(r"(?<!\d)(\d{4})(?=\s*年|[-/.]\d{1,2}[-/.]\d{1,2}(?!\d))")


def move_years(text, year):
    """Return a text in which each year from `year` on is the next one; earlier ones stay."""
    return _YEAR.sub(lambda match: str(int(match[1]) + (int(match[1]) >= year)), text)


def a_year_later(moment):
    """Return the same time a year later (on 28 February for the 29th), or None for None."""
    if moment is None:
        return None
    try:
        return moment.replace(year=moment.year + 1)
    except ValueError:
        return moment.replace(year=moment.year + 1, day=28)


def next_year(round):
    """Return an unsaved copy of a round for the next year, without a 文号."""
    return Round(
        title=move_years(round.title, round.year),
        year=round.year + 1,
        notice=move_years(round.notice, round.year),
        **{name: getattr(round, name) for name in FIELDS if name not in OWN},
        **{name: a_year_later(getattr(round, name)) for name in DATES},
    )


def copy_parts(source, target):
    """Give a saved round the criteria with their bands, and the evidence, of another one."""
    Criterion.objects.bulk_create(
        Criterion(
            round=target,
            **{
                name: getattr(criterion, name)
                for name in ("name", "description", "points", "bands", "position")
            },
        )
        for criterion in source.criteria.all()
    )
    EvidenceRequirement.objects.bulk_create(
        EvidenceRequirement(round=target, category=row.category, required_of=row.required_of)
        for row in source.evidence_requirements.all()
    )
