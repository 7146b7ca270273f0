"""The whole form as people read it: what `templates/applications/_reading.html` draws.

One function feeds the applicant's reading page and the reviewers' detail page, so both always show
the same thing.
"""

from django.db.models import TextField

from applications.encryption import EncryptedTextField
from applications.form_definition import AWARD_FIELDS, reading
from applications.models import Award
from applications.permissions import Privacy
from applications.rounds import HIDDEN_FROM_EXPERTS, EvidenceCategory

# What a queryset must prefetch so that `form_reading` makes no query of its own.
PREFETCH = ("awards", "members", "evidence")

COLUMNS = 12
LABEL_COLUMNS = 2
# A longer text gets its label above it and the full width, as on the printed form.
LONG_TEXT = 1000

AWARD_LABELS = [str(Award._meta.get_field(name).verbose_name) for name in AWARD_FIELDS]


def form_reading(application, privacy):
    """Return the form section by section, as much of it as `privacy` allows.

    A list of dicts, one a section, in form order:
    `key`, `title`;
    `rows`: table rows, each a list of cells with `name`, `label`, `text`, `label_span`,
    `text_span` (of 12 columns) and `block` (label above a long text);
    `award_tables`: a list of (heading, awards) in the awards section, each award with `cells`
    (texts in the order of AWARD_LABELS) and `proof` (its `Evidence`, or None);
    `members`: the studio's members in the studio section;
    `files`: a list of (category, evidence rows) in the evidence section.

    Reads `awards`, `members` and `evidence` of the application; prefetch them (`PREFETCH`).
    Experts get no file of the categories hidden from them.
    """
    files = [
        row
        for row in application.current_evidence()
        if privacy is not Privacy.HIDDEN or row.category not in HIDDEN_FROM_EXPERTS
    ]
    sections = []
    for section, texts in reading(application, privacy):
        read = {"key": section.key, "title": section.title, "rows": _table(texts)}
        if section.rows == "awards":
            read["award_tables"] = _award_tables(application, files)
        elif section.rows == "members":
            read["members"] = sorted(
                application.members.all(), key=lambda row: (row.position, row.pk or 0)
            )
        elif section.rows == "evidence":
            read["files"] = _by_category(files)
        sections.append(read)
    return sections


def _table(texts):
    """Lay (item, text) pairs out in rows of 12 columns; the last cell of a row takes the rest."""
    rows, used = [], COLUMNS
    for item, text in texts:
        field = item.model_field
        block = (
            isinstance(field, TextField)
            and not isinstance(field, EncryptedTextField)
            and field.max_length >= LONG_TEXT
        )
        width = COLUMNS if block else item.width
        if used + width > COLUMNS:
            _fill(rows, used)
            rows.append([])
            used = 0
        rows[-1].append(
            {
                "name": item.name,
                "label": item.label,
                "text": text,
                "label_span": COLUMNS if block else LABEL_COLUMNS,
                "text_span": COLUMNS if block else width - LABEL_COLUMNS,
                "block": block,
            }
        )
        used += width
    _fill(rows, used)
    return rows


def _fill(rows, used):
    if rows:
        rows[-1][-1]["text_span"] += COLUMNS - used


def _award_tables(application, files):
    by_pk = {row.pk: row for row in files}
    tables = []
    for level in Award.Level:
        awards = application.awards_of(level)
        for award in awards:
            award.cells = ["" if (v := getattr(award, n)) is None else v for n in AWARD_FIELDS]
            award.proof = by_pk.get(award.evidence_id)
        tables.append((level.label, awards))
    return tables


def _by_category(files):
    groups = {}
    for row in files:
        groups.setdefault(row.category, []).append(row)
    return [(EvidenceCategory(category), rows) for category, rows in groups.items()]


def reading_context(application, privacy):
    """Return the context that `_reading.html` needs (see the comment at its top)."""
    return {"sections": form_reading(application, privacy), "award_labels": AWARD_LABELS}
