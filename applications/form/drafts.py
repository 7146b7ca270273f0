"""Starting a draft, and saving its sections: what is right is kept, nothing newer overwritten."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import cached_property

from django.db import transaction
from django.utils import timezone

from accounts.models import ApplyingUnit, User
from applications.form.definition import ITEM, display
from applications.form.forms import answer_field, answers_to, section_form
from applications.form.rows import blocks_of
from applications.models import Application
from applications.stages import Stage
from applications.workflow.events import START, record


def start(round, user):
    """Return a new draft of the user's unit, with what the unit registered already filled in.

    A second click opens the draft that the first one made, as long as nothing is typed in it.
    """
    with transaction.atomic():
        unit = ApplyingUnit.objects.select_for_update().get(pk=user.applying_unit_id)
        application = Application.objects.filter(
            applying_unit=unit, round=round, stage=Stage.DRAFT, edited_by=None
        ).first()
        if application is None:
            application = Application.objects.create(
                round=round,
                applying_unit=unit,
                recommending_unit_id=unit.recommending_unit_id,
                host_kind=unit.host_kind,
                unit_name=unit.name,
                unit_nature=unit.nature,
                address=unit.address,
                contact_name=unit.contact_name,
                contact_mobile=unit.contact_mobile,
                email=user.email,
                stage_entered_at=timezone.now(),
                edited_at=timezone.now(),
            )
            record(application, user, START, to_stage=Stage.DRAFT)
    return application


class Verdict(Enum):
    """What becomes of one posted field, or of one posted block of rows."""

    SAME = "stored already"
    MINE = "changed on this page alone: save it"
    THEIRS = "changed elsewhere alone: keep what is stored"
    CONFLICT = "changed on both sides: somebody has to choose"
    WRONG = "cannot be saved as it was typed"


@dataclass(frozen=True)
class Choice:
    """A conflict to be settled: what is stored, and who saved last when it was found."""

    name: str
    label: str
    text: str
    digest: str
    editor: User | None
    edited_at: datetime


class Draft:
    """One section as a page shows it, and as it is saved.

    Made from the stored application alone, or also from posted `data`; then `save` writes it.
    A page carries a digest of each field and each block of rows as it was loaded (`loaded`), so
    that what others saved meanwhile is neither overwritten nor in the way. Where both sides
    changed the same, the next page asks `choice-<name>`: STORED, or the digest of what was shown
    as stored, which means that it may be replaced.
    """

    STORED = "stored"

    def __init__(self, application, section, data=None, *, refused=(), remarks=()):
        """Take what is posted, and what goes with it.

        `data` is changed, as choices are put into it. `refused` are the sentences about files that
        came along, by the name of their field; `remarks` those of the last return about this
        section, which are answered here as well.
        """
        self.answers = answers_to(remarks)
        self.application, self.section = application, section
        self.data, self.loaded = data, _loaded(data)
        form_class = section_form(section.key, application.host_kind)
        self.rows = blocks_of(application, section, self.data)
        if data is not None:
            answers = {name: answer_field(remark) for name, remark in self.answers.items()}
            self._choose(form_class.base_fields | answers)
        self.form = form_class(self.data, application=application, remarks=remarks)
        self.refused = dict(refused)  # left are those whose row is not kept
        for form in self.row_forms:
            for name in form.fields:
                if sentence := self.refused.pop(form.add_prefix(name), None):
                    form.add_error(name, sentence)

    @property
    def row_forms(self):
        """The rows of all blocks, in page order."""
        return [form for block in self.rows for form in block.forms]

    def _choose(self, fields):
        """Put the choices of a conflict into effect."""
        for name in fields:
            choice = self.data.get(f"choice-{name}")
            if choice == self.STORED:
                self._type_stored(name, fields[name])
            elif choice:
                self.loaded[name] = choice
        for index, block in enumerate(self.rows):
            choice = self.data.get(f"choice-{block.key}")
            if choice == self.STORED:
                self.rows[index] = block.as_stored()
            elif choice:
                self.loaded[block.key] = choice

    def _type_stored(self, name, field):
        """Let a field read as if what is stored had been typed."""
        value = field.prepare_value(self._stored(name))
        if value in (None, False):
            self.data.pop(name, None)
        else:
            self.data[name] = str(value)

    def _stored(self, name):
        remark = self.answers.get(name)
        return remark.answer if remark else getattr(self.application, name)

    def digests(self):
        """Return a short digest of each field and each block of rows, as stored, by its name."""
        return {
            **{name: digest(self._stored(name)) for name in self.form.fields},
            **{block.key: digest(block.stored_values()) for block in self.rows},
        }

    @cached_property
    def verdicts(self):
        """The `Verdict` of each field and each block of rows that was posted, by its name."""
        verdicts = {}
        for name, field in self.form.fields.items():
            if name in self.form.errors:
                verdicts[name] = Verdict.WRONG
            elif not field.widget.value_omitted_from_data(self.data, {}, name):
                typed = self.form.cleaned_data[name]
                verdicts[name] = self._verdict(name, typed, self._stored(name))
        for block in self.rows:
            if block.is_posted:
                verdicts[block.key] = self._verdict(
                    block.key, block.values(), block.stored_values()
                )
        return verdicts

    def _verdict(self, name, mine, stored):
        if mine == stored:
            return Verdict.SAME
        base = self.loaded.get(name)
        if base == digest(stored):
            return Verdict.MINE
        return Verdict.THEIRS if base == digest(mine) else Verdict.CONFLICT

    def named(self, *verdicts):
        """Return the names of the fields and blocks with one of these verdicts, in page order."""
        return [name for name, verdict in self.verdicts.items() if verdict in verdicts]

    @property
    def conflicts(self):
        """Names of what was changed here and elsewhere, to different values."""
        return self.named(Verdict.CONFLICT)

    def save(self, user):
        """Write what is right of the posted page; call it with the application locked."""
        mine = self.named(Verdict.MINE)
        if self.conflicts:
            self.last_edit = (self.application.edited_by, self.application.edited_at)
        changes = {name: self.form.cleaned_data[name] for name in mine if name in self.form.fields}
        for name in changes.keys() & self.answers.keys():
            self.answers[name].answer_with(changes.pop(name))
        for block in self.rows:
            if block.key in mine:
                block.save()
            elif self.verdicts.get(block.key) is Verdict.SAME:
                block.recognise()
        if mine:
            self.application.edit(user, **changes)

    def wrong_fields(self):
        """Yield (name on the page, sentence) of each typed field that cannot be saved."""
        for form in (self.form, *self.row_forms):
            for name, errors in form.errors.items():
                for error in errors:
                    yield form.add_prefix(name), error

    def errors(self):
        """Return (anchor, sentence) of everything that could not be saved, in page order."""
        labels = {name: self.form[name].label for name in self.form.fields}
        for block in self.rows:
            for number, form in enumerate(block.forms, start=1):
                where = f"{block.title}第 {number} 行，"
                labels |= {
                    form.add_prefix(name): f"{where}{form[name].label}" for name in form.errors
                }
        return [(f"id_{name}", f"{labels[name]}：{text}") for name, text in self.wrong_fields()]

    def choices(self, stored):
        """Return a `Choice` for each conflict, by its name.

        `stored` is the `Draft` of what is stored now.
        """
        digests, choices = stored.digests(), {}
        for name in self.conflicts:
            if name in self.answers:
                label, text = self.form[name].label, stored.answers[name].answer
            elif name in self.form.fields:
                label = ITEM[name].label
                text = display(stored.application, name)
            else:
                block = next(block for block in self.rows if block.key == name)
                label, text = block.title, "\n".join(block.stored_texts)
            choices[name] = Choice(name, label, text or "（空）", digests[name], *self.last_edit)
        return choices

    def row_keys(self):
        """Return the key of each saved row by its prefix on the page."""
        return {form.prefix: form.row.pk for form in self.row_forms if form.row}

    def elsewhere(self):
        """Return what others changed alone, as name: (text in the field, digest); rows as None."""
        digests, changes = self.digests(), {}
        for name in self.named(Verdict.THEIRS):
            changes[name] = None
            if name in self.form.fields:
                self._type_stored(name, self.form.fields[name])
                changes[name] = (self.data.get(name, ""), digests[name])
        return changes

    def digests_for_page(self, stored):
        """Return the digests for the page that shows this posted section again.

        `stored` is the `Draft` of what is stored now. What is not settled keeps the digest that it
        came with, so that it is compared anew when it comes again.
        """
        unsettled = self.named(Verdict.CONFLICT, Verdict.WRONG)
        return stored.digests() | {name: self.loaded.get(name, "") for name in unsettled}

    def show_theirs(self):
        """Let the page show what others saved where it was changed by them alone."""
        for name in self.named(Verdict.THEIRS):
            if name in self.form.fields:
                self._type_stored(name, self.form.fields[name])
        self.rows = [
            block.as_stored() if self.verdicts.get(block.key) is Verdict.THEIRS else block
            for block in self.rows
        ]


def digest(value):
    """Return a short digest of a field's value, or of the values of a block's rows."""
    text = json.dumps(value, default=_plain, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _plain(value):
    # A decimal reads 85.5 or 85.50 depending on where it comes from.
    return format(value.normalize(), "f")


def _loaded(data):
    """Return the digests that a posted page came with; whatever else was sent counts as none."""
    try:
        digests = json.loads((data or {}).get("loaded", "{}"))
    except (ValueError, RecursionError):
        return {}
    return digests if isinstance(digests, dict) else {}
