"""The whole form as people read it: what `templates/applications/form/_reading.html` draws.

One function feeds the applicant's reading page and the reviewers' detail page, so both always show
the same thing.
"""

from functools import cache

from django.db.models import TextField
from django.template.defaultfilters import filesizeformat
from django.template.loader import render_to_string
from django.utils.html import format_html

from accounts.telephones import mobile, readable
from applications.form.definition import AWARD_FIELDS, WITHHELD, is_hidden, reading
from applications.form.patterns import draw, draw_each, fill
from applications.models import Award
from applications.permissions import Privacy
from applications.rounds import EvidenceCategory
from applications.trust.encryption import EncryptedTextField
from applications.workflow.ledger_codes import Verdict

# What a queryset must prefetch so that `form_reading` makes no query of its own.
PREFETCH = ("awards", "members", "evidence")

PHONES = {"principal_phone", "contact_phone", "contact_mobile"}
COLUMNS = 12
LABEL_COLUMNS = 2
STRUCK = format_html(' class="{}"', "is-struck")  # what is said of the row of an award
# A longer text gets its label above it and the full width, as on the printed form.
LONG_TEXT = 1000

AWARD_LABELS = [str(Award._meta.get_field(name).verbose_name) for name in AWARD_FIELDS]


def form_reading(application, privacy, target=""):
    """Return the form section by section, as much of it as `privacy` allows.

    `target` is the name of the frame in which files open, if there is one.

    A list of dicts, one a section, in form order:
    `key`, `title`;
    `head`: its title and the table of its fields, HTML;
    `rows`: what it lists beside its fields (`definition.Section`), or "";
    `award_tables`: in the awards section, a list of (heading, awards, their rows as HTML), each
    row with the proof, if this reader gets it, and with what the recommending unit `judged`, where
    the award says so (`review.shared.access.judge_awards`);
    `members`: in the studio section, the rows of the studio's members as HTML;
    `files`: in the evidence and the stamp section, a list of (category, evidence rows, each with
    its `url`, and `row`, it as HTML), and `withheld`: the sentence on those that this reader does
    not get, or "".

    Reads `awards`, `members` and `evidence` of the application; prefetch them (`PREFETCH`).
    Experts get no file of the categories hidden from them.
    """
    current = application.current_evidence()
    files = [row for row in current if not is_hidden(row.category, privacy)]
    hidden = {row.pk for row in current} - {row.pk for row in files}
    for row in files:
        row.url = row.get_absolute_url()
        with_names = privacy is not Privacy.HIDDEN
        row.signature_lines = row.signature_sentences_for(with_names=with_names)
        row.row = _file_row(row, target)
    sections = []
    for section, texts in reading(application, privacy):
        read = {
            "key": section.key,
            "title": section.title,
            "rows": section.rows,
            "head": _head(section, texts),
        }
        if section.rows == "awards":
            read["award_tables"] = _award_tables(application, files, hidden, target)
        elif section.rows == "members":
            read["members"] = _member_rows(application.members_in_order())
        elif section.rows in {"evidence", "stamp"}:
            read["files"] = _by_category(
                row
                for row in files
                if (row.category == EvidenceCategory.STAMPED) == (section.rows == "stamp")
            )
            read["withheld"] = WITHHELD[section.rows] if privacy is Privacy.HIDDEN else ""
        sections.append(read)
    return sections


def _head(section, texts):
    """Return a section's title and the (item, text) pairs of its fields as a table, HTML."""
    pattern = _pattern(section, tuple(item for item, _ in texts))
    texts = {item.name: _drawn(item.name, text) for item, text in texts}
    return fill(pattern, texts) if texts else pattern


@cache
def _pattern(section, items):
    """Return title and table of a section's items as HTML, {name} in the place of each text.

    Drawn once per process: a template takes its time over each cell.
    """
    context = {"section": section, "rows": _layout(items)}
    return render_to_string("applications/form/_reading_section.html", context)


def _drawn(name, text):
    """Return what stands in a cell: the text, each mobile as a link, or that there is none."""
    if not text:
        return _unfilled()
    if name not in PHONES:
        return text
    return render_to_string("applications/form/_reading_phones.html", {"phones": _phones(text)})


@cache
def _unfilled():
    return render_to_string("applications/form/_reading_phones.html")


def _layout(items):
    """Return rows of cells, 12 columns a row; the last cell fills its row.

    Of each cell `name`, `label`, `label_span` and `span` (the columns of the label and of the
    text), `is_block` (the label stands above the text) and `place`, which its text takes.
    """
    rows, left = [], 0
    for item in items:
        is_block = _is_block(item)
        width = COLUMNS if is_block else item.width
        if width > left:
            if rows:
                rows[-1][-1]["span"] += left
            rows.append([])
            left = COLUMNS
        left -= width
        label_span = COLUMNS if is_block else LABEL_COLUMNS
        rows[-1].append(
            {
                "name": item.name,
                "label": item.label,
                "label_span": label_span,
                "span": COLUMNS if is_block else width - LABEL_COLUMNS,
                "is_block": is_block,
                "place": f"{{{item.name}}}",
            }
        )
    if rows:
        rows[-1][-1]["span"] += left
    return rows


def _phones(text):
    """Return telephone numbers as [(number, readable)]; readable is "" where none is a mobile."""
    return [(number, readable(number) if mobile(number) else "") for number in text.split("、")]


def _is_block(item):
    """Whether a field is long enough to get its label above it and the full width."""
    field = item.model_field
    is_prose = isinstance(field, TextField) and not isinstance(field, EncryptedTextField)
    return is_prose and field.max_length >= LONG_TEXT


def _member_rows(members):
    return draw_each(
        "applications/form/_reading_member.html",
        (
            {
                "name": member.name,
                "occupation": member.occupation,
                "level": member.get_skill_level_display(),
            }
            for member in members
        ),
    )


def _award_tables(application, files, hidden, target):
    by_pk = {row.pk: row for row in files}
    tables = []
    for level in Award.Level:
        awards = application.awards_of(level)
        texts = [_award_texts(award, by_pk, hidden, target) for award in awards]
        rows = draw_each("applications/form/_reading_award.html", texts)
        tables.append((level.label, awards, rows))
    return tables


def _award_texts(award, by_pk, hidden, target):
    """Return what stands in the places of an award's row."""
    values = [getattr(award, name) for name in AWARD_FIELDS]
    cells = ["" if value is None else value for value in values]
    judged = getattr(award, "judged", None)
    is_struck = judged is not None and judged.verdict == Verdict.STRUCK
    return {
        **dict(zip(AWARD_FIELDS, cells, strict=True)),
        "state": STRUCK if is_struck else "",
        "judged": _judgement(judged, is_struck) if judged else "",
        "proof": _award_proof(award, by_pk.get(award.evidence_id), hidden, target),
    }


def _judgement(judged, is_struck):
    texts = {
        "tone": "seal" if is_struck else "pass",
        "verdict": judged.get_verdict_display(),
        "reason": f" {judged.reason}" if judged.reason else "",
    }
    return draw("applications/form/_reading_award_judged.html", texts)


def _award_proof(award, file, hidden, target):
    """Return the link to an award's proof, or why this reader gets none; HTML."""
    if file is None:
        told = "（不予显示）" if award.evidence_id in hidden else "无"
        return draw("applications/form/_reading_award_unproven.html", {"told": told})
    page, address = "", f"{file.url}#navpanes=0" if target else file.url
    if award.evidence_page:
        page = f" 第 {award.evidence_page} 页"
        address = f"{file.url}#page={award.evidence_page}{'&navpanes=0' if target else ''}"
    texts = {
        "address": address,
        "frame": _frame(target),
        "name": file.original_name,
        "page": page,
    }
    return draw("applications/form/_reading_award_proof.html", texts)


@cache
def _frame(target):
    return format_html(' target="{}"', target) if target else ""


def _file_row(file, target):
    """Return the row of a file with what is told of it, HTML; one that was erased is no link."""
    pages = f"，{file.pages} 页" if file.pages > 1 else ""
    texts = {
        "name": file.original_name,
        "told": f"{filesizeformat(file.size)}{pages}{_signed(file.signature_lines)}",
    }
    if file.erased_at:
        return draw("applications/form/_reading_file_erased.html", texts)
    texts["address"] = f"{file.url}#navpanes=0" if target else file.url
    texts["frame"] = _frame(target)
    return draw("applications/form/_reading_file.html", texts)


def _signed(lines):
    return "。" + "".join(lines) if lines else ""


def _by_category(files):
    groups = {}
    for row in files:
        groups.setdefault(row.category, []).append(row)
    return [(EvidenceCategory(category), rows) for category, rows in groups.items()]


@cache
def _award_head():
    context = {"labels": AWARD_LABELS}
    return render_to_string("applications/form/_reading_award_head.html", context)


def reading_context(application, privacy, target=""):
    """Return the context that `_reading.html` needs (see the comment at its top)."""
    return {
        "sections": form_reading(application, privacy, target),
        "award_head": _award_head(),
    }
