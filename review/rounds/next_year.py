"""A round copied to the next year: rules, criteria and evidence, nothing of its applications."""

import re

from applications.rounds import EvidenceRequirement, Round
from review.scoring.models import Criterion

RULES = (
    "quota",
    "minimum_score",
    "trim_from",
    "half_points",
    "quorum_of",
    "quorum_out_of",
    "publicity_days",
    "retention_years",
    "most_files",
    "most_pages",
)
DATES = ("opens_at", "closes_at", "report_deadline", "review_deadline")
# 2024年, 2024-06-30, 2024.6.30; not 〔2024〕, the year of a document that stays what it is.
_YEAR = re.compile(r"(?<!\d)(\d{4})(?=\s*年|[-/.]\d{1,2}[-/.]\d{1,2}(?!\d))")


def moved(text, year):
    """Return a text with its years moved by one, from `year` on; earlier ones are history."""
    return _YEAR.sub(lambda found: str(int(found[1]) + (int(found[1]) >= year)), text)


def a_year_later(moment):
    """Return the same day and hour a year later; the 28th for the 29th of February; None stays."""
    if moment is None:
        return None
    try:
        return moment.replace(year=moment.year + 1)
    except ValueError:
        return moment.replace(year=moment.year + 1, day=28)


def next_year(round):
    """Return an unsaved copy of a round for the next year. It gets a 文号 of its own."""
    return Round(
        title=moved(round.title, round.year),
        year=round.year + 1,
        notice=moved(round.notice, round.year),
        **{name: getattr(round, name) for name in RULES},
        **{name: a_year_later(getattr(round, name)) for name in DATES},
    )


def copy_parts(source, target):
    """Give a saved round the criteria with their bands, and the evidence, of another one."""
    Criterion.objects.bulk_create(
        Criterion(
            round=target,
            **{
                name: getattr(each, name)
                for name in ("name", "description", "points", "bands", "position")
            },
        )
        for each in source.criteria.all()
    )
    EvidenceRequirement.objects.bulk_create(
        EvidenceRequirement(round=target, category=each.category, required_of=each.required_of)
        for each in source.evidence_requirements.all()
    )
