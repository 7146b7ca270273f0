"""附件2, the application form, as PDF: same order, labels and cells as the notice prints."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate, pairwise

from django.template.loader import render_to_string
from django.utils import timezone

from accounts.models import ApplyingUnit
from accounts.roles import Role
from applications.form.definition import AWARD_FIELDS, ITEM, NOT_SHOWN, display, members
from applications.form.display import AWARD_LABELS
from applications.models import Application, Award, StudioMember
from applications.permissions import Privacy
from applications.stages import Stage
from applications.versions.snapshot import as_submitted, content_of, fingerprint
from documents.embedded_record import field, record
from documents.form_printing import print_form
from documents.typesetting import chinese_date, clean, cut, line_count, printable

TITLE = "武汉市技能大师工作室申报表"
NOT_SUBMITTED = "未提交"
# What is printed across a form whose content may still change.
MARKS = {
    Stage.DRAFT: "草稿",
    Stage.RETURNED: "修改中",
    Stage.DISCARDED: Stage.DISCARDED.label,
    Stage.LAPSED: Stage.LAPSED.label,
}
STAMPED = "（盖章稿）"

# The main table, row by row: (field, columns of its label, columns of its cell), out of 34.
# "bank" and "members" are cells of the notice that show more than one field.
MAIN_TABLE = (
    (("unit_name", 7, 12), ("unit_nature", 5, 10)),
    (("principal", 7, 12), ("principal_phone", 5, 10)),
    (("contact_name", 7, 6), ("contact_phone", 4, 7), ("contact_mobile", 3, 7)),
    (("email", 7, 12), ("fax", 5, 10)),
    (("address", 7, 12), ("postcode", 5, 10)),
    (("bank", 7, 27),),
    (("lead_name", 7, 6), ("lead_sex", 3, 2), ("lead_ethnicity", 3, 4), ("lead_birth", 4, 5)),
    (("lead_work_start", 7, 6), ("lead_politics", 4, 5), ("lead_id_number", 4, 8)),
    (("lead_position", 7, 27),),
    (("lead_occupation", 7, 12), ("lead_skill_level", 5, 10)),
    (("studio_location", 7, 12), ("studio_area", 5, 10)),
    (("studio_facilities", 7, 12), ("members", 5, 10)),
)
# Where some row has a line between two cells. A table of 34 columns takes three times as long.
EDGES = sorted(
    {
        edge
        for row in MAIN_TABLE
        for edge in accumulate((span for _, *spans in row for span in spans), initial=0)
    }
)
LABELS = {
    "bank": f"{ITEM['bank_name'].label}及{ITEM['bank_account'].label}",
    "members": str(StudioMember._meta.verbose_name),
}
# Cells whose text may grow long: what fits in the heights of annex2.css, as (Chinese characters in
# a line, lines, characters that a paragraph is indented by). What is longer is continued on another
# page (可另附页), as the notice allows.
ROOM = {
    "studio_facilities": (15.2, 9, 0),
    "members": (12.5, 9, 0),
    "achievements": (36.6, 23, 2),
    "unit": (36.6, 6, 2),
    "recommending": (36.6, 8, 2),
    "panel": (36.6, 8, 2),
    "bureau": (36.6, 7, 2),
    "finance": (36.6, 7, 2),
}
AWARD_ROWS = 5  # of each award table at least


@dataclass(frozen=True)
class Medium:
    """What a form is put on: how long its cells may be, and the text that it can show.

    `room` is like `ROOM`; a cell that is not in it takes all of its text.
    """

    room: Mapping[str, tuple]
    text: Callable[[str], str]


PDF = Medium(ROOM, printable)
# Word's cells grow, and what has no glyph in the PDF's fonts may have one in those of a reader.
WORD = Medium({}, clean)


@dataclass(frozen=True)
class Box:
    """One opinion of the form: its label, the words beside its signature, who decides it."""

    key: str
    label: str
    signature: str
    decided_by: tuple[str, ...]
    # Transitions after which an opinion recorded before no longer stands.
    undone_by: tuple[str, ...] = ()
    signs_after: bool = False


# Row by row; the last row of the notice holds the opinions of both bureaus under the first label.
OPINION_ROWS = (
    (Box("unit", "申报单位意见", "(签字盖章)", ("submit",)),),
    (
        Box(
            "recommending",
            "区人力资源（社会保障）部门、市直（中央驻汉）单位意见",
            "(签字盖章)",
            ("recommend", "decline"),
        ),
    ),
    (
        Box(
            "panel",
            "专家组评审意见",
            "专家组组长（签字)：",
            ("conclude_for", "conclude_against"),
            signs_after=True,
        ),
    ),
    (
        Box(
            "bureau",
            "市人力资源和社会保障局审批意见",
            "市人力资源社会保障局(签字盖章)",
            ("approve", "reject"),
            undone_by=("send_back",),
        ),
        Box("finance", "市财政局意见", "市财政局(签字盖章)", ("countersign",)),
    ),
)
BOXES = [box for row in OPINION_ROWS for box in row]
ALL_BOXES = frozenset(box.key for box in BOXES)


def boxes_for(user, application):
    """Return the keys of the opinion boxes that `user` may read.

    Units outside the review read their own and the recommending unit's opinion, and those of the
    bureaus once the result is published; never what the experts wrote (design.md section 4).
    """
    if user.role not in {Role.APPLICANT, Role.RECOMMENDER}:
        return ALL_BOXES
    if application.round.results_published_at:
        return ALL_BOXES - {"panel"}
    return frozenset({"unit", "recommending"})


@dataclass
class Continuation:
    """The continuation page (另附页): the rest of the texts that are longer than their cells."""

    medium: Medium
    entries: list = dataclasses.field(default_factory=list)

    def place(self, key, label, text):
        """Return the cell of a text: the paragraphs that fit, and the anchor of where it goes on.

        The last line of a full cell says where.
        """
        text = "\n".join(_paragraphs(self.medium.text(text)))
        per_line, lines, indent = self.medium.room.get(key, (0, 0, 0))
        if key not in self.medium.room or line_count(text, per_line, indent) <= lines:
            return {"paragraphs": _paragraphs(text), "anchor": ""}
        text, rest = cut(text, per_line, lines - 1, indent)
        self.entries.append(
            {
                "key": key,
                "label": label,
                "paragraphs": _paragraphs(rest),
                "is_mid_paragraph": not rest.startswith("\n"),
            }
        )
        return {"paragraphs": _paragraphs(text), "anchor": key}


def _paragraphs(text):
    return [line.strip() for line in text.split("\n") if line.strip()]


def _cover(application, filled_at, text):
    filled_on = chinese_date(timezone.localtime(filled_at)) if filled_at else ""
    return [
        (ApplyingUnit._meta.verbose_name, text(application.unit_name)),
        (ITEM["studio_occupation"].label, text(application.studio_occupation)),
        ("领办人姓名", text(application.lead_name)),
        ("领办人职业技能等级", display(application, "lead_skill_level")),
        ("填报时间", filled_on),
    ]


def _texts(application, privacy):
    """Return the text of each cell of the main table by its name."""
    texts = {
        name: display(application, name, privacy)
        for row in MAIN_TABLE
        for name, *_ in row
        if name not in LABELS
    }
    return texts | {"members": members(application), "bank": _bank(application, privacy)}


def _label(name):
    return LABELS.get(name) or ITEM[name].label


def _main_table(texts, continuation):
    rows = []
    for row in MAIN_TABLE:
        cells, start = [], 0
        for name, label_span, span in row:
            middle, end = start + label_span, start + label_span + span
            cell = {
                "name": name,
                "label": _label(name),
                "label_span": EDGES.index(middle) - EDGES.index(start),
                "span": EDGES.index(end) - EDGES.index(middle),
            }
            start = end
            if name in ROOM:
                cell |= continuation.place(name, _label(name), texts[name])
            else:
                cell["text"] = continuation.medium.text(texts[name])
            cells.append(cell)
        rows.append(cells)
    return rows


def _bank(application, privacy):
    texts = [display(application, name, privacy) for name in ("bank_name", "bank_account")]
    return NOT_SHOWN if NOT_SHOWN in texts else " ".join(filter(None, texts))


def _award_tables(application, text):
    tables = []
    for level in Award.Level:
        rows = _award_rows(application, level, text)
        blank = [[""] * len(AWARD_FIELDS)] * (AWARD_ROWS - len(rows))
        tables.append({"title": level.label, "rows": rows + blank})
    return tables


def _award_rows(application, level, text=printable):
    return [
        [text(str(getattr(award, name) or "")) for name in AWARD_FIELDS]
        for award in application.awards_of(level)
    ]


def _standing_opinions(application, edition):
    """Return the opinions on an edition, by box: the latest that stands."""
    standing = {}
    if edition.submitted_at is None:
        return standing
    opinions = application.opinions.filter(created_at__gte=edition.submitted_at, reverted_at=None)
    if edition.followed_at is not None:
        opinions = opinions.filter(created_at__lt=edition.followed_at)
    for opinion in opinions.order_by("pk"):
        for box in BOXES:
            if opinion.transition in box.decided_by:
                standing[box.key] = opinion
            elif opinion.transition in box.undone_by:
                standing.pop(box.key, None)
    return standing


def _filled(box, opinion, continuation):
    """Return what one box prints: blank, or the opinion with its signatory, date and outcome."""
    filled = {"key": box.key, "signature": box.signature, "signs_after": box.signs_after}
    if opinion:
        filled |= continuation.place(box.key, box.label, opinion.text)
        filled["signatory"] = continuation.medium.text(opinion.signatory)
        filled["date"] = chinese_date(opinion.signed_on)
        # A submission is no verdict; every other opinion says which way it went.
        filled["outcome"] = "" if box.key == "unit" else opinion.label
    return filled


@dataclass(frozen=True)
class Edition:
    """What of an application is printed, and what every page says about it."""

    content: Application
    fingerprint: str
    version: str
    mark: str = ""  # across every page of a form whose content may still change
    filled_at: datetime | None = None  # 填报时间 on the cover
    submitted_at: datetime | None = None  # from when on opinions are about this version
    followed_at: datetime | None = None  # from when on they are about the next one
    holds_record: bool = True  # as data in the PDF


def edition_of(application, privacy):
    """Return the edition to print.

    A submitted application prints as its latest submission says, whatever changed since. Only its
    owner, who alone reads it in full, prints it as it is while it is being filled in.
    """
    submission = application.submissions.last()
    if submission is None or (application.is_editable and privacy is Privacy.FULL):
        mark = MARKS[application.stage]
        return Edition(application, fingerprint(content_of(application)), mark, mark)
    return edition_of_version(application, submission)


def edition_of_version(application, submission, following=None):
    """Return the edition of one submission; `following` is the next one of the application."""
    # The same day as on the stamped paper, which was printed before it could be submitted.
    printed = application.prints.filter(fingerprint=submission.fingerprint).last()
    return Edition(
        as_submitted(application, submission),
        submission.fingerprint,
        str(submission),
        filled_at=printed.printed_at if printed else submission.submitted_at,
        submitted_at=submission.submitted_at,
        followed_at=following.submitted_at if following else None,
    )


def edition_for_stamp(application, printed):
    """Return the edition that is signed and stamped: a `FormPrint`.

    Of its opinion boxes the unit's own alone is filled in. It comes back as an upload,
    electronically sealed maybe, and no upload may hold a file: its PDF holds no record of itself.
    """
    return Edition(
        as_submitted(application, printed),
        printed.fingerprint,
        f"{printed}{STAMPED}",
        filled_at=printed.printed_at,
        holds_record=False,
    )


def context_of(application, edition, privacy, shown=ALL_BOXES, medium=PDF):
    """Return everything that templates/documents/annex2.html prints, and Word's form says."""
    printed, seal = edition.content, edition.fingerprint
    opinions = _standing_opinions(application, edition)
    if printed.own_opinion:
        opinions["unit"] = printed.own_opinion
    continuation = Continuation(medium)
    # In the order of the form, which is also the order of the continuation page.
    texts = _texts(printed, privacy)
    table = _main_table(texts, continuation)
    achievements = continuation.place(
        "achievements", ITEM["achievements"].label, printed.achievements
    )
    opinion_rows = [
        {
            "key": row[0].key,
            "label": row[0].label,
            "opinions": [
                _filled(box, opinions.get(box.key) if box.key in shown else None, continuation)
                for box in row
            ],
        }
        for row in OPINION_ROWS
    ]
    cover = _cover(printed, edition.filled_at, medium.text)
    return {
        "record": record_of(application, edition, cover, texts, opinions, shown),
        "title": TITLE,
        "number": application.number or NOT_SUBMITTED,
        "version": edition.version,
        "mark": edition.mark,
        "fingerprint": f"{seal[:8]} {seal[8:16]}",
        "cover": cover,
        "columns": [after - before for before, after in pairwise(EDGES)],
        "table": table,
        "award_labels": AWARD_LABELS,
        "award_tables": _award_tables(printed, medium.text),
        "achievements": {"label": ITEM["achievements"].label, **achievements},
        "opinion_rows": opinion_rows,
        "continuation": continuation.entries,
        "unit_name": medium.text(printed.unit_name),
        "lead_name": medium.text(printed.lead_name),
    }


def record_of(application, edition, cover, texts, opinions, shown):
    """Return what a form says, as data: what is printed for the same reader, in its order.

    `texts` are those of the main table by name, `opinions` by box, of which `shown` are printed.
    """
    printed = edition.content
    return record(
        "annex2",
        TITLE,
        number=field("number", "受理编号", application.number or NOT_SUBMITTED),
        version=field("version", "版本", edition.version),
        fingerprint=field("fingerprint", "内容指纹（SM3）", edition.fingerprint),
        cover=[{"label": label, "text": text} for label, text in cover],
        fields=[
            field(name, _label(name), printable(texts[name]))
            for row in MAIN_TABLE
            for name, *_ in row
        ]
        + [field("achievements", ITEM["achievements"].label, printable(printed.achievements))],
        awards=[
            {
                "level": level.label,
                "rows": [
                    [field(*each) for each in zip(AWARD_FIELDS, AWARD_LABELS, row, strict=True)]
                    for row in _award_rows(printed, level)
                ],
            }
            for level in Award.Level
        ],
        opinions=[
            {
                **field(box.key, box.label, printable(opinion.text)),
                "outcome": "" if box.key == "unit" else opinion.label,
                "signatory": printable(opinion.signatory),
                "date": chinese_date(opinion.signed_on),
            }
            for box in BOXES
            if box.key in shown and (opinion := opinions.get(box.key))
        ],
    )


def prepared(applications):
    """Return a queryset of applications with all that `render` reads, in a constant few queries."""
    return applications.select_related("round").prefetch_related(
        "awards__evidence", "award_checks", "members", "evidence"
    )


def render(application, privacy, shown=ALL_BOXES):
    """Return 附件2 of an application as PDF bytes.

    `privacy` says how much of the personal numbers is printed, `shown` which opinion boxes are
    filled in (see `boxes_for`).
    """
    edition = edition_of(application, privacy)
    return to_pdf(edition, context_of(application, edition, privacy, shown))


def render_for_stamp(application, printed):
    """Return a `FormPrint` of the application as PDF bytes, in full, for the unit's stamp."""
    edition = edition_for_stamp(application, printed)
    return to_pdf(edition, context_of(application, edition, Privacy.FULL))


def to_pdf(edition, context):
    """Return an edition as PDF bytes; `context` is what `context_of` says of it."""
    html = render_to_string("documents/annex2.html", context)
    record = context["record"] if edition.holds_record else None
    return print_form(html, "documents/annex2.css", edition.fingerprint, record)
