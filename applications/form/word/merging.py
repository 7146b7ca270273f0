"""What a Word file says, beside what a draft says: the preview, and taking what was confirmed.

Taking is saving: what is ticked goes through the `Draft` of its section, as if a page of the form
had been posted with it, and is cleaned, compared with what stands there now, and written alike.
"""

import json
import unicodedata
from dataclasses import dataclass, field, replace
from enum import Enum

from django import forms
from django.db import models, transaction

from applications.form.completeness import is_filled
from applications.form.definition import ITEM, SECTION_OF, SECTIONS, Section, display
from applications.form.drafts import Draft
from applications.form.forms import section_form
from applications.form.pasting import columns_of, preview_form
from applications.form.rows import MAX_ROWS, SECTION_OF_BLOCK
from applications.form.word.cell import READ, UNSURE, Cell
from applications.form.word.form_reading import FormReading
from applications.form.word.kept_reading import forget, keep_rest, kept_for
from applications.models import Application, Award
from applications.permissions import visible_application
from applications.versions.snapshot import read_content
from applications.workflow.events import IMPORT_WORD, record

# The numbers of Word's rows on the page: behind those of all that can be stored.
FIRST_ROW = MAX_ROWS
# By which cells two rows that differ are taken for the same award, or the same member.
ALIKE = {"awards": ("project", "year"), "studio": ("name",)}
# What is counted in one word, by the section whose rows they are.
COUNTED = {"awards": "个奖项", "studio": "名成员"}
# By what a form is told to be that of another application.
IDENTITY = {"lead_name": "领办人", "unit_name": "申报单位"}
BLANK = "没有内容，请填写或者取消勾选。"


class Left(models.TextChoices):
    """Why something that a Word file could have filled in stays as it was."""

    KEPT = "kept", "保留了本申报已有的内容"
    UNTICKED = "unticked", "没有勾选"
    NOT_FOUND = "not_found", "Word 文件中未找到"


class Outcome(Enum):
    """What became of a posted preview."""

    TAKEN = "what was ticked is saved"
    WRONG = "something that is ticked cannot be saved as it stands"
    ASKED = "what was corrected is not ticked, and nobody said yet that it is meant so"
    CHANGED = "others changed meanwhile what was ticked"
    TAKEN_SINCE = "the page shows what was taken of the file since, on another page"
    UPLOADED_SINCE = "the page is of a file in whose place another was uploaded"
    CLOSED = "the application cannot be changed any more"
    GONE = "nothing is kept that could be taken"


SENTENCES = {
    Outcome.CLOSED: "没有填入：申报已提交或已放弃，内容不能再修改。需要的内容请先复制留存。",
    Outcome.WRONG: "还没有填入任何内容，请先改好以下各处，或者取消勾选",
    Outcome.ASKED: (
        "还没有填入任何内容：以下各处改过但没有勾选，需要填入的请勾选；不需要的不必勾选，再次确认即可"
    ),
    Outcome.CHANGED: "还没有填入任何内容：以下各处刚刚在别处改过，请核对后再次确认",
    Outcome.TAKEN_SINCE: (
        "这份文件的内容此前已经确认并填入过一次，没有重复填入。以下是还没有填入的，请核对后再次确认"
    ),
    Outcome.UPLOADED_SINCE: (
        "刚才那一页是您此前上传的 Word 文件，您后来又上传了一份。"
        "没有填入任何内容，请核对后来的这一份。"
    ),
    Outcome.GONE: (
        "从 Word 读出的内容已经填入、删除，或者已超过一天，没有可以填入的了。"
        "需要时请重新上传 Word 文件。"
    ),
}
NOTHING_TICKED = "请至少勾选一项；都不需要的，请点“不填入”。"


@dataclass
class Offer:
    """One field that Word says something of which the draft does not say already.

    `field` is the bound form field that holds it, `stored` what the draft says, in words.
    """

    field: forms.BoundField
    cell: Cell
    stored: str
    is_taken: bool
    errors: list

    @property
    def name(self):
        return self.field.name

    @property
    def label(self):
        return ITEM[self.name].full_label

    @property
    def is_short(self):
        """Whether two stand in one line of a wide screen."""
        return ITEM[self.name].width <= 6 and not self.is_conflict

    @property
    def is_unsure(self):
        """Whether somebody has to look at it before it is taken."""
        return self.cell.is_unsure or bool(self.errors)

    @property
    def is_sure(self):
        """Whether it is taken unless somebody says otherwise."""
        return not (self.is_conflict or self.is_unsure) and self.field.value() != ""

    @property
    def is_conflict(self):
        """Whether the draft says something else."""
        return bool(self.stored)

    @property
    def anchor(self):
        return f"offer-{self.name}"


@dataclass
class RowOffer:
    """One row of a table of Word's that the draft does not have; `number` is its place there."""

    form: forms.Form
    cells: dict
    number: int
    is_taken: bool
    alike: str  # the stored row that may be the same one, in words

    @property
    def doubts(self):
        """Return (label, `Cell`) of what somebody has to look at."""
        return [
            (self.form[name].label, cell)
            for name, cell in self.cells.items()
            if cell.is_unsure and name in self.form.fields
        ]

    @property
    def errors(self):
        """Return (label, sentence) of what cannot be saved as it stands."""
        return [
            (self.form[name].label, error)
            for name, errors in self.form.errors.items()
            for error in errors
        ]

    @property
    def fields(self):
        """Return each field of the row, and whether somebody has to look at it."""
        doubtful = {name for name, cell in self.cells.items() if cell.is_unsure}
        return [(field, field.name in doubtful or bool(field.errors)) for field in self.form]

    @property
    def is_unsure(self):
        return bool(self.doubts or self.alike or self.form.errors)

    @property
    def anchor(self):
        return f"offer-{self.form.prefix}"


@dataclass
class BlockOffer:
    """One table: what stands in the draft (`block`, a `Rows`), and what Word adds to it.

    `same` are the stored rows that Word has as well, by Word's number of the row.
    """

    block: object
    rows: list
    same: dict
    is_replacing: bool

    @property
    def key(self):
        return self.block.key

    @property
    def title(self):
        return self.block.title

    @property
    def columns(self):
        return columns_of(self.key)

    @property
    def taken(self):
        return [row for row in self.rows if row.is_taken]

    @property
    def sure(self):
        """The rows that nobody has to look at."""
        return [row for row in self.rows if not row.is_unsure]

    @property
    def unsure(self):
        """The rows that somebody has to look at."""
        return [row for row in self.rows if row.is_unsure]

    def tick_sure(self):
        """Choose what nobody has to look at, as far as there is room."""
        room = MAX_ROWS - len(self.block.stored) - len(self.taken)
        for row in self.sure:
            if not row.is_taken and room > 0:
                row.is_taken, room = True, room - 1

    @property
    def replaced(self):
        """The stored rows that go when Word's take their place."""
        kept = {row.pk for row in self.same.values()}
        return [row for row in self.block.stored if row.pk not in kept]

    @property
    def problem(self):
        """What is wrong with the rows that are ticked, taken together, or ""."""
        if self.is_replacing and not self.taken:
            return "选择了替换，请至少勾选一行。"
        stays = len(self.same) if self.is_replacing else len(self.block.stored)
        if (count := stays + len(self.taken)) > MAX_ROWS:
            return f"最多 {MAX_ROWS} 行，填入后将有 {count} 行，请取消勾选多余的行。"
        return ""


@dataclass
class SectionOffer:
    """One section of the form: what Word offers it, says just the same of, and does not say."""

    section: Section
    offers: list
    same: list = field(default_factory=list)  # labels
    missing: list = field(default_factory=list)  # (`Item`, whether the draft says something of it)
    blocks: list = field(default_factory=list)

    @property
    def taken(self):
        return [offer for offer in self.offers if offer.is_taken]

    @property
    def is_taken(self):
        return bool(self.taken or any(block.taken for block in self.blocks))


class Merge:
    """The preview of a reading: made from the stored application, or also from its posted page.

    A page names a field as the form does, and a row `<block>-<number>-<column>`; `take-<name>` and
    `<row>-take` say what is ticked, `<block>-mode` whether Word's rows replace the stored ones.
    `loaded` carries the digests of what was stored when the page was made (`Draft`).
    """

    def __init__(self, application, reading, data=None):
        read_content(application)
        self.application, self.reading, self.data = application, reading, data
        self.strangers = _strangers(application, reading)
        self.tables = {level.value.lower(): reading.awards.get(level, []) for level in Award.Level}
        self.tables["members"] = reading.members
        self.digests = {}
        self.changed = []  # (anchor, sentence) of what others changed meanwhile
        keys = {SECTION_OF[name] for name in (*reading.cells, *reading.not_found)}
        keys |= {SECTION_OF_BLOCK[key] for key, rows in self.tables.items() if rows}
        self.sections = [self._section(each) for each in SECTIONS if each.key in keys]

    # --- What is offered ---

    def _section(self, section):
        stored = Draft(self.application, section)
        self.digests |= stored.digests()
        form_class = section_form(section.key, self.application.host_kind)
        cells = {
            name: _choosable(each, self.reading.cells[name])
            for name, each in form_class.base_fields.items()
            if name in self.reading.cells
        }
        posted = self.data or {}
        typed = {name: posted.get(name, cell.text) for name, cell in cells.items()}
        form = form_class(typed, application=self.application)
        as_read = form
        if posted:
            texts = {name: cell.text for name, cell in cells.items()}
            as_read = form_class(texts, application=self.application)
        offered = SectionOffer(section, [])
        for name, cell in cells.items():
            told = _beside(cell, as_read.errors.get(name, ()))
            is_blank = typed[name] == ""
            if not is_blank and self._is_stored(form, name):
                offered.same.append(ITEM[name].full_label)
            elif not cell.is_taken and (not is_blank or told.is_unsure or name in posted):
                offered.offers.append(self._offer(form[name], told))
        offered.missing = [
            (ITEM[name], is_filled(self.application, name))
            for name in self.reading.not_found
            if name in form_class.base_fields
        ]
        offered.blocks = [self._block(block) for block in stored.rows if self.tables[block.key]]
        return offered

    def _is_stored(self, form, name):
        if form.errors.get(name):
            return False
        return form.cleaned_data[name] == getattr(self.application, name)

    def _offer(self, bound, cell):
        name, text, errors = bound.name, bound.value(), list(bound.errors)
        is_taken = self.data is not None and bool(self.data.get(f"take-{name}"))
        if is_taken and not str(text).strip():
            errors = [BLANK]
        is_select = isinstance(bound.field.widget, forms.Select)
        look = "form-select" if is_select else "form-control"
        bound.field.widget.attrs |= {"class": look, "aria-describedby": f"said-{name}"}
        offer = Offer(bound, cell, display(self.application, name), is_taken, errors)
        if self.data is None:
            offer.is_taken = offer.is_sure and not self.strangers
        return offer

    def _block(self, block):
        offered = BlockOffer(block, [], {}, False)
        columns = columns_of(block.key)
        unmatched = list(block.stored)
        for number, cells in enumerate(self.tables[block.key], start=1):
            prefix = f"{block.key}-{FIRST_ROW + number - 1}"
            fields = block.form_class.base_fields
            cells = {name: _choosable(fields[name], cell) for name, cell in cells.items()}
            read = {f"{prefix}-{name}": cell.text for name, cell in cells.items()}
            posted = self.data if self._is_posted(prefix, cells) else read
            form, as_read = (
                preview_form(block, data, prefix, f"第 {number} 行") for data in (posted, read)
            )
            cells = {
                name: _beside(cell, as_read.errors.get(name, ())) for name, cell in cells.items()
            }
            values = form.values()
            said = {name: values[name] for name in columns}
            same = next((row for row in unmatched if _says(row, said)), None)
            if same and not form.errors:
                unmatched.remove(same)
                offered.same[number] = same
            elif _is_left(cells) and (any(said.values()) or form.errors):
                offered.rows.append(RowOffer(form, cells, number, False, ""))
        for row in offered.rows:
            row.alike = _alike(block, row.form, unmatched)
            for each, is_unsure in row.fields:
                if is_unsure:
                    each.field.widget.attrs["aria-describedby"] = f"said-{row.form.prefix}"
        self._tick(offered)
        return offered

    def _is_posted(self, prefix, cells):
        return self.data is not None and any(f"{prefix}-{name}" in self.data for name in cells)

    def _tick(self, offered):
        block = offered.block
        if self.data is not None:
            offered.is_replacing = (
                bool(block.stored) and self.data.get(f"{block.key}-mode") == "replace"
            )
            for row in offered.rows:
                row.is_taken = bool(self.data.get(f"{row.form.prefix}-take"))
        elif not self.strangers:
            offered.tick_sure()

    # --- What the page says of all ---

    @property
    def loaded(self):
        """What the page carries of what is stored, as JSON."""
        return json.dumps(self.digests)

    @property
    def offers(self):
        """The fields that are offered, in page order."""
        return [offer for section in self.sections for offer in section.offers]

    @property
    def blocks(self):
        """The tables that Word has rows for, in page order."""
        return [block for section in self.sections for block in section.blocks]

    @property
    def rows(self):
        """The rows that are offered, in page order."""
        return [row for block in self.blocks for row in block.rows]

    @property
    def unsure(self):
        """Return (anchor, label) of everything that somebody has to look at."""
        return [(each.anchor, each.label) for each in self.offers if each.is_unsure] + [
            (row.anchor, f"{block.title}第 {row.number} 行")
            for block in self.blocks
            for row in block.rows
            if row.is_unsure
        ]

    @property
    def conflicts(self):
        """The fields of which draft and Word say different things."""
        return [offer for offer in self.offers if offer.is_conflict]

    @property
    def counts(self):
        """Return how many fields and rows are new, doubtful, there already, and not found."""
        return {
            "read": len(self.offers) + len(self.rows),
            "unsure": len(self.unsure),
            "same": sum(len(each.same) for each in [*self.sections, *self.blocks]),
            "missing": sum(len(section.missing) for section in self.sections),
        }

    def use_word(self):
        """Choose Word's where the draft says something else, but for what has to be looked at.

        Returns how many are chosen, and how many are not.
        """
        for offer in self.conflicts:
            offer.is_taken = offer.is_taken or not offer.is_unsure
        chosen = sum(offer.is_taken for offer in self.conflicts)
        return chosen, len(self.conflicts) - chosen

    def tick_sure(self):
        """Choose all that nobody has to look at and the draft does not have."""
        for offer in self.offers:
            offer.is_taken = offer.is_taken or offer.is_sure
        for block in self.blocks:
            block.tick_sure()

    @property
    def open_doubts(self):
        """How many of what somebody has to look at are not ticked."""
        return sum(each.is_unsure and not each.is_taken for each in [*self.offers, *self.rows])

    @property
    def undecided(self):
        """What is offered, but for fields that the draft fills and of which Word is sure.

        Of those the draft's stays: not to tick Word's is an answer.
        """
        offers = [each for each in self.offers if each.is_unsure or not each.is_conflict]
        return [*offers, *self.rows]

    def rest(self):
        """Return the `FormReading` with what is ticked marked as taken, in the words of the page.

        Rows keep their numbers.
        """
        cells = self.reading.cells | {
            offer.name: self.reading.cells[offer.name].confirmed(str(offer.field.value()))
            for section in self.sections
            for offer in section.taken
        }
        tables = {key: list(rows) for key, rows in self.tables.items()}
        for block in self.blocks:
            for row in block.taken:
                tables[block.key][row.number - 1] = row.cells | {
                    name: row.cells.get(name, Cell("")).confirmed(row.form[name].value() or "")
                    for name in row.form.fields
                }
        awards = {level: tables[level.value.lower()] for level in Award.Level}
        return replace(self.reading, cells=cells, awards=awards, members=tables["members"])

    def problems(self):
        """Return (anchor, sentence) of what is wrong with what is ticked."""
        problems = [] if self.is_ticked else [("offers", NOTHING_TICKED)]
        for section in self.sections:
            problems += [
                (f"id_{offer.name}", f"{offer.label}：{error}")
                for offer in section.taken
                for error in offer.errors
            ]
            for block in section.blocks:
                problems += [
                    (
                        row.form[name].id_for_label,
                        f"{block.title}第 {row.number} 行，{row.form[name].label}：{error}",
                    )
                    for row in block.taken
                    for name, errors in row.form.errors.items()
                    for error in errors
                ]
                if block.problem:
                    problems.append((f"offer-{block.key}", f"{block.title}：{block.problem}"))
        return problems

    @property
    def corrected(self):
        """Return (anchor, sentence) of what the page has otherwise than it was read, unticked.

        Without JavaScript nothing ticks what somebody corrects.
        """
        offers = [
            (f"id_{offer.name}", offer.label)
            for offer in self.offers
            if not offer.is_taken and _differs(offer.field.value(), offer.cell)
        ]
        return offers + [
            (row.anchor, f"{block.title}第 {row.number} 行")
            for block in self.blocks
            for row in block.rows
            if not row.is_taken
            and any(
                _differs(row.form[name].value(), cell)
                for name, cell in row.cells.items()
                if name in row.form.fields
            )
        ]

    @property
    def is_ticked(self):
        return any(section.is_taken for section in self.sections)

    # --- Taking ---

    def save(self, user):
        """Write what is ticked; return whether others changed none of it meanwhile.

        Call it with the application locked, and without `problems`. Nothing is written otherwise.
        """
        taken = [section for section in self.sections if section.is_taken]
        drafts = [Draft(self.application, each.section, self._page(each)) for each in taken]
        changed = {name for draft in drafts for name in draft.conflicts}
        if changed:
            self._show_changed(changed)
            return False
        for draft in drafts:
            draft.save(user)
        return True

    def _page(self, offered):
        """Return what the section's own page would send to save what is ticked of it."""
        page = {"loaded": self.data.get("loaded", "{}")}
        form_class = section_form(offered.section.key, self.application.host_kind)
        for name, each in form_class.base_fields.items():
            # A box that is not sent is an empty one.
            if isinstance(each, forms.BooleanField) and getattr(self.application, name):
                page[name] = "on"
        page |= {offer.name: offer.field.value() for offer in offered.taken}
        for block in offered.blocks:
            if block.taken:
                page |= self._rows_page(block)
        return page

    def _rows_page(self, offered):
        key, stored = offered.key, offered.block.stored
        index = {row.pk: number for number, row in enumerate(stored)}
        taken = {row.number: row for row in offered.taken}
        order, page = [], {}
        if offered.is_replacing:
            for number in sorted([*taken, *offered.same]):
                is_new = number in taken
                order.append(FIRST_ROW + number - 1 if is_new else index[offered.same[number].pk])
        else:
            order = [*index.values(), *(FIRST_ROW + number - 1 for number in taken)]
        dropped = {row.pk for row in offered.replaced} if offered.is_replacing else set()
        for row in stored:
            page |= self._stored_row(f"{key}-{index[row.pk]}", row, offered.block)
            if row.pk in dropped:
                page[f"{key}-{index[row.pk]}-delete"] = "1"
        for row in offered.taken:
            names = [row.form.add_prefix(name) for name in row.form.fields]
            page |= {name: row.form.data.get(name, "") for name in names}
        count = FIRST_ROW + MAX_ROWS
        return page | {f"{key}-count": str(count), f"{key}-order": " ".join(map(str, order))}

    def _stored_row(self, prefix, row, block):
        values = block.form_class.values_of(row)
        page = {f"{prefix}-pk": str(row.pk)}
        for name, value in values.items():
            page[f"{prefix}-{name}"] = "" if value is None else str(value)
        return page

    def _show_changed(self, names):
        """Leave what others changed as they saved it, and say so."""
        for offer in self.offers:
            if offer.name in names:
                offer.is_taken = False
                now = f"刚刚在别处改成了“{offer.stored or '（空）'}”"
                self.changed.append((offer.anchor, f"{offer.label}：{now}，请重新选择。"))
        for block in self.blocks:
            if block.key in names:
                now = f"刚刚在别处改过，现有 {len(block.block.stored)} 行"
                self.changed.append((f"offer-{block.key}", f"{block.title}：{now}，请核对。"))

    # --- What is told of it afterwards ---

    @property
    def summary(self):
        """What is ticked, in words, without what it says; "" when that is nothing."""
        fields = sum(len(section.taken) for section in self.sections)
        rows = {}
        for block in self.blocks:
            what = COUNTED[SECTION_OF_BLOCK[block.key]]
            rows[what] = rows.get(what, 0) + len(block.taken)
        counts = {"栏内容": fields, **rows}
        return "、".join(f"{count} {what}" for what, count in counts.items() if count)

    def outcome(self):
        """Return what was taken and left, by name and number alone, for the record."""
        left = {
            item.name: Left.NOT_FOUND.value
            for section in self.sections
            for item, is_there in section.missing
            if not is_there
        }
        for offer in self.offers:
            if not offer.is_taken:
                left[offer.name] = (Left.KEPT if offer.is_conflict else Left.UNTICKED).value
        return {
            "taken": [offer.name for offer in self.offers if offer.is_taken],
            "left": left,
            "rows": {
                block.key: {
                    "taken": len(block.taken),
                    "left": len(block.rows) - len(block.taken),
                    "replaced": len(block.replaced) if block.is_replacing else 0,
                }
                for block in self.blocks
            },
        }


def _strangers(application, reading):
    """Return sentences of how a file names another lead or another unit than the draft does."""
    return [
        f"Word 中的{label}“{cell.text.strip()}”与本申报“{stored}”不同。"
        for name, label in IDENTITY.items()
        if (stored := getattr(application, name))
        and (cell := reading.cells.get(name))
        and cell.text.strip()
        and not cell.is_taken
        and _bare(cell.text) != _bare(stored)
    ]


def _bare(name):
    """Return a name without spaces, however wide its letters and brackets are."""
    return "".join(unicodedata.normalize("NFKC", name).split())


def _choosable(field, cell):
    """Return a cell, without its text where the field chooses among values of which it is none."""
    if not isinstance(field, forms.ChoiceField) or field.valid_value(cell.text):
        return cell
    return replace(cell, text="").doubted("不是可选的内容，请选择。")


def _differs(typed, cell):
    """Whether a page has another text than what was read, whatever its line breaks are."""
    return " ".join(str(typed or "").split()) != " ".join(cell.text.split())


def _beside(cell, errors):
    """Return a cell without the doubts that are the form's own errors, which are told anyway."""
    why = cell.why
    for error in errors:
        why = why.replace(str(error), "")
    return cell if why == cell.why else Cell(cell.text, UNSURE if why else READ, why, cell.said)


def _is_left(cells):
    """Whether a row was not taken on an earlier confirmation."""
    return not any(cell.is_taken for cell in cells.values())


def _says(row, values):
    return all(getattr(row, name) == value for name, value in values.items())


def _alike(block, form, stored):
    """Return a stored row that may be the same one as a row of Word's, in words, or ""."""
    names, values = ALIKE[SECTION_OF_BLOCK[block.key]], form.values()
    if not all(values[name] for name in names):
        return ""
    return next((str(row) for row in stored if _says(row, {n: values[n] for n in names})), "")


def take(pk, user, data):
    """Take what is ticked on a posted preview; return (`Outcome`, `Merge` or None).

    In one transaction, with the application locked. What was taken is erased of what was kept, or
    all of it where nothing else is left to decide: a second click takes nothing twice. Nothing is
    taken while anything is wrong. Raises Application.DoesNotExist when the user may not see the
    application.
    """
    with transaction.atomic():
        application = visible_application(user, pk, lock=True)
        if application is None:
            raise Application.DoesNotExist
        kept = kept_for(application, user)
        if kept is None:
            return Outcome.GONE, None
        reading = FormReading.from_json(kept.content)
        if not kept.is_of(data.get("reading")):
            return Outcome.UPLOADED_SINCE, Merge(application, reading)
        merge = Merge(application, reading, data)
        if not application.is_editable:
            return Outcome.CLOSED, merge
        if data.get("reading") != kept.mark:
            return Outcome.TAKEN_SINCE, merge
        if merge.problems():
            return Outcome.WRONG, merge
        if merge.corrected and not data.get("asked"):
            return Outcome.ASKED, merge
        if not merge.save(user):
            return Outcome.CHANGED, merge
        note = f"从 Word {kept.get_kind_display()}填入了 {merge.summary}。"
        record(application, user, IMPORT_WORD, note, data=merge.outcome(), is_locked=True)
        if all(each.is_taken for each in merge.undecided):
            forget(kept)
        else:
            keep_rest(kept, merge.rest().to_json())
    return Outcome.TAKEN, merge
