"""The settings of a round in words, for the log of changes and for pages that may be stale."""

from django.utils import timezone

from accounts.chains import sm3
from applications.rounds import Round
from review.scoring.models import Criterion
from review.shared.fields import label_of

ALL_POINTS = 100
# The fields of `Round` that the office sets, by the groups of the page and in their order: key,
# heading, fields.
GROUPS = (
    ("basics", "名称和文号", ("title", "document_number", "year")),
    ("dates", "日期", ("opens_at", "closes_at", "report_deadline", "review_deadline")),
    ("materials", "材料要求", ("most_files", "most_pages")),
    (
        "scoring",
        "评分",
        ("minimum_score", "trim_from", "half_points", "quorum_of", "quorum_out_of"),
    ),
    ("places", "名额、公示和保存", ("quota", "publicity_days", "retention_years")),
    ("notice", "申报通知", ("notice",)),
)
FIELDS = [name for *_, names in GROUPS for name in names]


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
