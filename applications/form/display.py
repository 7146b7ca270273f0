"""The whole form as people read it: what `templates/applications/_reading.html` draws.

One function feeds the applicant's reading page and the reviewers' detail page, so both always show
the same thing.
"""

from functools import cache

from django.db.models import TextField
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from accounts.telephones import mobile, readable
from applications.form.definition import AWARD_FIELDS, WITHHELD, is_hidden, reading
from applications.models import Award
from applications.permissions import Privacy
from applications.rounds import EvidenceCategory
from applications.trust.encryption import EncryptedTextField

# What a queryset must prefetch so that `form_reading` makes no query of its own.
PREFETCH = ("awards", "members", "evidence")

PHONES = {"principal_phone", "contact_phone", "contact_mobile"}
COLUMNS = 12
LABEL_COLUMNS = 2
UNFILLED = mark_safe('<span class="muted">未填</span>')  # nosec B308 - our own words
ROW_ENDS = mark_safe("</tr><tr>")  # nosec B308 - our own words
# A longer text gets its label above it and the full width, as on the printed form.
LONG_TEXT = 1000

AWARD_LABELS = [str(Award._meta.get_field(name).verbose_name) for name in AWARD_FIELDS]


def form_reading(application, privacy):
    """Return the form section by section, as much of it as `privacy` allows.

    A list of dicts, one a section, in form order:
    `key`, `title`;
    `rows`: table rows, each a list of cells with `name`, `opening` (the markup up to the text:
    the label, and the start of its cell) and `text`;
    `table`: those rows as markup, which costs a fraction of a template's loop over 60 cells;
    `award_tables`: a list of (heading, awards) in the awards section, each award with `cells`
    (texts in the order of AWARD_LABELS), `markup` (those as table cells) and `proof` (its
    `Evidence`, or None; `is_proof_withheld` tells that this reader does not get it);
    `members`: the studio's members in the studio section;
    `files`: a list of (category, evidence rows, each with its `url`) in the evidence and the
    stamp section, and `withheld`: what is said of those that this reader does not get, or "".

    Reads `awards`, `members` and `evidence` of the application; prefetch them (`PREFETCH`).
    Experts get no file of the categories hidden from them.
    """
    current = application.current_evidence()
    files = [row for row in current if not is_hidden(row.category, privacy)]
    hidden = {row.pk for row in current} - {row.pk for row in files}
    for row in files:
        row.url = row.get_absolute_url()
    sections = []
    for section, texts in reading(application, privacy):
        rows = _table(texts)
        read = {"key": section.key, "title": section.title, "rows": rows, "table": _markup(rows)}
        if section.rows == "awards":
            read["award_tables"] = _award_tables(application, files, hidden)
        elif section.rows == "members":
            read["members"] = application.members_in_order()
        elif section.rows in {"evidence", "stamp"}:
            read["files"] = _by_category(
                row
                for row in files
                if (row.category == EvidenceCategory.STAMPED) == (section.rows == "stamp")
            )
            read["withheld"] = WITHHELD[section.rows] if privacy is Privacy.HIDDEN else ""
        sections.append(read)
    return sections


def _table(texts):
    """Lay (item, text) pairs out in rows."""
    by_name = {item.name: text for item, text in texts}
    return [
        [{"name": name, "opening": opening, "text": by_name[name]} for name, opening in row]
        for row in _layout(tuple(item for item, _ in texts))
    ]


def _markup(rows):
    return SafeString(  # nosec B703 - the cells are escaped
        "".join(
            f"<tr>{''.join(cell['opening'] + _shown(cell) + '</td>' for cell in row)}</tr>"
            for row in rows
        )
    )


def _shown(cell):
    if not cell["text"]:
        return UNFILLED
    return _phones(cell["text"]) if cell["name"] in PHONES else escape(cell["text"])


def _phones(text):
    """Telephone numbers; a mobile in groups of digits, to be called with a tap."""
    return "、".join(
        format_html('<a href="tel:{}">{}</a>', each, readable(each))
        if mobile(each)
        else escape(each)
        for each in text.split("、")
    )


@cache
def _layout(items):
    """Return rows of (name, markup up to the text), 12 columns each; worked out once per process.

    The last cell of a row takes what is left of it.
    """
    rows, used = [], COLUMNS
    for item in items:
        width = COLUMNS if _is_block(item) else item.width
        if used + width > COLUMNS:
            rows.append([])
            used = 0
        used += width
        rows[-1].append((item, width))
    return [
        [
            (item.name, _opening(item, width + (COLUMNS - sum(w for _, w in row)) * is_last))
            for (item, width), is_last in zip(row, [False] * (len(row) - 1) + [True], strict=True)
        ]
        for row in rows
    ]


def _is_block(item):
    """Whether a field is long enough to get its label above it and the full width."""
    field = item.model_field
    is_prose = isinstance(field, TextField) and not isinstance(field, EncryptedTextField)
    return is_prose and field.max_length >= LONG_TEXT


def _opening(item, width):
    label_span, between, text_span = LABEL_COLUMNS, "", width - LABEL_COLUMNS
    if _is_block(item):
        label_span, between, text_span = COLUMNS, ROW_ENDS, COLUMNS
    return format_html(
        '<th scope="row" colspan="{}">{}</th>{}<td id="cell-{}" class="long" colspan="{}">',
        label_span,
        item.label,
        between,
        item.name,
        text_span,
    )


def _award_tables(application, files, hidden):
    by_pk = {row.pk: row for row in files}
    tables = []
    for level in Award.Level:
        awards = application.awards_of(level)
        for award in awards:
            award.cells = ["" if (v := getattr(award, n)) is None else v for n in AWARD_FIELDS]
            cells = "".join(f"<td>{escape(text)}</td>" for text in award.cells)
            award.markup = SafeString(cells)  # nosec B703 - escaped
            award.proof = by_pk.get(award.evidence_id)
            award.is_proof_withheld = award.evidence_id in hidden
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
