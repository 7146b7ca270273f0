"""The settings of a round in words, for the log of changes and for pages that may be stale."""

from django.utils import timezone

from accounts.chains import sm3
from applications.rounds import Round
from review.scoring.models import Criterion
from review.shared.fields import label_of

ALL_POINTS = 100
# The fields of `Round` that the office sets, in the order of the page.
FIELDS = [
    "title",
    "document_number",
    "year",
    "opens_at",
    "closes_at",
    "report_deadline",
    "review_deadline",
    "quota",
    "minimum_score",
    "half_points",
    "trim_from",
    "quorum_of",
    "quorum_out_of",
    "publicity_days",
    "retention_years",
    "most_files",
    "most_pages",
    "notice",
]


def settings_of(round):
    """Return every setting of a saved round in words, as {label: text}."""
    settings = {label_of(Round, name): _in_words(round, name) for name in FIELDS}
    settings |= {
        f"材料要求：{row.get_category_display()}": row.get_required_of_display()
        for row in round.evidence_requirements.all()
    }
    for criterion in Criterion.objects.filter(round=round):
        lines = [f"{criterion.points} 分", criterion.description, criterion.bands]
        settings[f"评分项：{criterion.name}"] = "\n".join(filter(None, lines))
    return settings


def digest_of(settings):
    """Return a digest of what `settings_of` returned, which tells whether a page is stale."""
    return sm3(repr(sorted(settings.items())).encode())


def points_problem(points):
    """Why the points of a round's criteria are wrong, or "": together they are exactly 100."""
    total = sum(points)
    return "" if total == ALL_POINTS else f"各评分项满分合计须为 {ALL_POINTS} 分，现为 {total} 分。"


def _in_words(round, name):
    value = getattr(round, name)
    if isinstance(value, bool):
        return "是" if value else "否"
    if hasattr(value, "tzinfo"):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
    return "" if value is None else str(value)
