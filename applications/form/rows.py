"""Repeated rows of a section's page: awards and members, as typed and as stored.

A posted page names its rows `<block>-<index>-<field>`, with `-pk` and `-delete` besides. The block
itself has `<block>-count`, one more than the highest index, and `<block>-order`, the indexes as
the rows now stand, with spaces between; without it they stand as they are numbered.
"""

import re
from itertools import groupby

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import prefetch_related_objects
from django.forms.utils import flatatt
from django.urls import reverse
from django.utils.html import format_html

from accounts.characters import compact
from accounts.numbers import WholeNumberField, whole_number
from applications.files.evidence import ACCEPT
from applications.form.cells import NOTHING, stated
from applications.form.completeness import page_problem
from applications.form.definition import AWARD_FIELDS
from applications.form.forms import NameField, draft_field
from applications.models import Award, StudioMember
from applications.rounds import HIDDEN_FROM_EXPERTS, EvidenceCategory
from applications.versions.snapshot import MEMBER_FIELDS

# Rows that a page offers to add; a posted page may have deleted ones besides.
MAX_ROWS = 60
UNSEEN = ("id", "application", "position", "level")


class LineInput(forms.TextInput):
    """A line of text, drawn as Django draws it, without the three templates of each: a page with
    twenty awards has 180 lines.
    """

    def render(self, name, value, attrs=None, renderer=None):
        widget = self.get_context(name, value, attrs)["widget"]
        attributes = {"value": widget["value"], **widget["attrs"]}
        return format_html(
            '<input type="{}" name="{}"{}>', widget["type"], widget["name"], flatatt(attributes)
        )


class RowForm(forms.Form):
    """One row of a repeated block. `row` is the stored row, or None for a new one."""

    model = None
    names = ()  # the columns of `model` that the form writes
    summary = ()  # what a folded row shows: names of fields, "a b" for b where a is empty
    apart: tuple[str, ...] = ()  # fields that are not drawn among the others
    notes = ()  # what is said of the row as a whole (`applications.form.forms.Note`)
    is_open = False  # whether its fields are seen at once
    takes_proof = False  # whether a file stands behind it

    def __init__(self, data=None, *, prefix, row=None):
        self.row = row
        super().__init__(data, prefix=prefix, initial=self.values_of(row) if row else {})

    @classmethod
    def values_of(cls, row):
        """Return the values of a stored row, as `values` returns those typed."""
        return {name: getattr(row, name) for name in cls.names}

    def values(self):
        """Return what was typed and is right; where it is wrong, what was there before."""
        self.errors  # noqa: B018 - cleans the form
        before = self.values_of(self.row or self.model())
        return {name: self.cleaned_data.get(name, before[name]) for name in self.names}

    @property
    def anchor(self):
        """The id of the row on its page."""
        kind = self.model._meta.model_name.removeprefix("studio")
        return f"{kind}-{self.row.pk}" if self.row else self.prefix

    @property
    def cells(self):
        """The fields that are drawn one after another."""
        return [self[name] for name in self.fields if name not in self.apart]

    @property
    def summarised(self):
        """What a folded row shows, as (names of the fields, text)."""
        return [(names, self._text_of(names.split())) for names in self.summary]

    def _text_of(self, names):
        for name in names:
            value = self[name].value()
            if stated(str(value or "")):
                choices = dict(getattr(self.fields[name], "choices", ()))
                return choices.get(value, value)
        return ""

    @property
    def is_marked(self):
        """Whether the row was marked to go."""
        return bool(self.data.get(f"{self.prefix}-delete"))

    @property
    def is_dropped(self):
        """Whether the row is to go: marked so, or with nothing typed in it."""
        if self.is_marked:
            return True
        return not any(self.data.get(self.add_prefix(name), "").strip() for name in self.fields)


class PageField(WholeNumberField):
    """A page of a file; 第 3 页 is understood."""

    widget = forms.TextInput
    default_error_messages = {"invalid": "页码请填写整数，例如 3。"}

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        # What the column can hold; no file has as many pages.
        message = self.error_messages["invalid"]
        self.validators += [MinValueValidator(1, message), MaxValueValidator(32767, message)]

    def to_python(self, value):
        if value not in self.empty_values:
            value = re.sub("[第页]", "", compact(str(value)))
        return super().to_python(value)

    def widget_attrs(self, widget):
        return {"inputmode": "numeric"}


class AwardForm(RowForm):
    """One award; `proofs` are the files (`Evidence`) that may prove it.

    A file that is sent with the row stands in `proof_file`; applications/form/proofs.py takes it.
    """

    model = Award
    names = (*AWARD_FIELDS, "evidence_id", "evidence_page")
    summary = ("grade", "project name", "year")
    apart = ("evidence_id", "evidence_page", "proof_file")
    takes_proof = True

    def __init__(self, *args, proofs=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.proofs = proofs
        self.fields["evidence_id"] = forms.TypedChoiceField(
            label=Award._meta.get_field("evidence").verbose_name,
            choices=[("", "请选择"), *_choices(proofs)],
            coerce=int,
            empty_value=None,
            required=False,
            widget=forms.Select({"class": "form-select"}),
        )
        # The page stands beside its file, and a new file below.
        for name in ("evidence_page", "proof_file"):
            self.fields[name] = self.fields.pop(name)

    def clean(self):
        values = super().clean()
        chosen = [file for file in self.proofs if file.pk == values.get("evidence_id")]
        if chosen and (problem := page_problem(values.get("evidence_page"), chosen[0])):
            self.add_error("evidence_page", problem)
        return values

    @property
    def proof(self):
        """The file that is chosen, as typed or stored, or None."""
        chosen = str(self["evidence_id"].value() or "")
        return next((file for file in self.proofs if str(file.pk) == chosen), None)


def _choices(proofs):
    """Return the files for a list of choices, each category under its name."""
    return [
        (EvidenceCategory(category).label, [(file.pk, described(file)) for file in files])
        for category, files in groupby(proofs, lambda file: file.category)
    ]


def described(file):
    """Return a file's name and how many pages it has, where that is more than one."""
    return f"{file.original_name}（{file.pages} 页）" if file.pages > 1 else file.original_name


class MemberForm(RowForm):
    """One member of the studio."""

    model = StudioMember
    names = MEMBER_FIELDS
    summary = ("name", "occupation", "skill_level")


AwardForm.base_fields = {
    **{n: draft_field(Award._meta.get_field(n)) for n in AWARD_FIELDS},
    "evidence_page": PageField(
        label=Award._meta.get_field("evidence_page").verbose_name, required=False
    ),
    "proof_file": forms.FileField(
        label="上传新的佐证文件", required=False, widget=forms.FileInput({"accept": ACCEPT})
    ),
}
MemberForm.base_fields = {n: draft_field(StudioMember._meta.get_field(n)) for n in MEMBER_FIELDS}
MemberForm.base_fields["name"] = draft_field(StudioMember._meta.get_field("name"), NameField)
MemberForm.base_fields["skill_level"].error_messages["invalid_choice"] = (
    "“%(value)s”不是职业技能等级，请从列表中选择。"
)
for field in (*AwardForm.base_fields.values(), *MemberForm.base_fields.values()):
    if type(field.widget) is forms.TextInput:
        field.widget = LineInput(field.widget.attrs)
    is_select = isinstance(field.widget, forms.Select)
    field.widget.attrs["class"] = "form-select" if is_select else "form-control"


def proofs_of(application):
    """Return the files that an award may point at, those of awards first.

    Personal papers prove none.
    """
    return sorted(
        (row for row in application.current_evidence() if row.category not in HIDDEN_FROM_EXPERTS),
        key=lambda row: row.category != EvidenceCategory.HONOUR,
    )


def _follow_replacements(data, application):
    """Let a file that a posted page names as proof mean the one that has taken its place since."""
    successors = {
        str(row.replaces_id): str(row.pk) for row in application.evidence.all() if row.replaces_id
    }
    for name in [name for name in data if name.endswith("-evidence_id")]:
        while data[name] in successors:
            data[name] = successors[data[name]]


# The section that each block stands in.
SECTION_OF_BLOCK = {level.value.lower(): "awards" for level in Award.Level} | {"members": "studio"}


def blocks_of(application, section, data=None):
    """Return the `Rows` on a section's page (a `Section`), as posted when there is `data`.

    `data` can be changed: a proof that was replaced since is put right in it.
    """
    if section.rows == "awards":
        prefetch_related_objects([application], "evidence")
        if data is not None:
            _follow_replacements(data, application)
        proofs = proofs_of(application)
        return [
            Rows(
                level.value.lower(),
                level.label,
                AwardForm,
                application.awards_of(level),
                data=data,
                fixed={"application": application, "level": level},
                proofs=proofs,
            )
            for level in Award.Level
        ]
    if section.rows == "members":
        stored = application.members_in_order()
        fixed = {"application": application}
        return [Rows("members", "工作室成员", MemberForm, stored, data=data, fixed=fixed)]
    return []


class Rows:
    """One repeated block of a section's page: an award table, or the members."""

    max_rows = MAX_ROWS
    nothing = NOTHING

    def __init__(self, key, title, form_class, stored, *, data=None, fixed, **options):
        self.key, self.title, self.form_class = key, title, form_class
        self.stored, self.fixed, self.options = stored, fixed, options
        self.is_posted = data is not None and f"{key}-count" in data
        self.moved = None  # the row that a button of the posted page is about
        if self.is_posted:
            # Two rows cannot be the same stored one, whatever was sent.
            by_pk = {str(row.pk): row for row in stored}
            posted = [
                self._form(index, row=by_pk.pop(data.get(f"{key}-{index}-pk"), None), data=data)
                for index in _order(data.get(f"{key}-count"), data.get(f"{key}-order"))
            ]
            for place, form in enumerate(posted):
                form.place = place
            self.dropped = [form for form in posted if form.is_dropped]
            self.forms = [form for form in posted if not form.is_dropped]
            self._arrange(data.get("action", ""))
        else:
            self.dropped = []
            self.forms = [self._form(index, row=row) for index, row in enumerate(stored)]

    def _form(self, index, row=None, data=None):
        form = self.form_class(data, prefix=f"{self.key}-{index}", row=row, **self.options)
        form.index = index
        return form

    def _arrange(self, action):
        """Do what a button of a page without scripts asks for: move a row, or sort them all.

        One that uploads a row's file, or takes one, has done so; the page comes back to that row.
        """
        if action == f"sort-{self.key}" and self.has_years:
            self.forms.sort(key=_year)
        for at, form in enumerate(self.forms):
            row = f"{self.key}-{form.index}"
            if action == f"upload-{row}" or action.startswith(f"take-{row}-"):
                self.moved = form
            steps = {f"up-{self.key}-{form.index}": -1, f"down-{self.key}-{form.index}": 1}
            if action in steps:
                self.moved = self.forms.pop(at)
                self.forms.insert(max(0, at + steps[action]), self.moved)
                return

    def landing(self, action):
        """Return the address where the button `action` leads, or "" for a button of other parts.

        Call it once the rows are saved.
        """
        pk = self.fixed["application"].pk
        here = reverse("applications:section", args=[pk, SECTION_OF_BLOCK[self.key]])
        if action == f"add-{self.key}":
            return f"{here}?add={self.key}#{self.key}-{len(self.forms)}"
        if action == f"sort-{self.key}":
            return f"{here}#{self.key}"
        if action == f"paste-{self.key}":
            return reverse("applications:paste", args=[pk, self.key])
        return f"{here}#{self.moved.anchor}" if self.moved else ""

    @property
    def has_years(self):
        """Whether the rows can be sorted by time."""
        return "year" in self.form_class.names

    @property
    def order(self):
        """The indexes as the rows stand, as a page posts them."""
        return " ".join(str(form.index) for form in self.forms)

    @property
    def count(self):
        """One more than the highest index on the page."""
        return max((form.index for form in self.forms), default=-1) + 1

    @property
    def is_full(self):
        """Whether no further row is offered."""
        return len(self.forms) >= MAX_ROWS

    @property
    def blank(self):
        """The row that a script copies to add another."""
        form = self._form("__n__")
        form.is_open = True
        return form

    @property
    def stored_texts(self):
        """The stored rows in words, to lay beside those typed."""
        return ["　".join(str(value) for value in texts) for texts in map(_texts, self.stored)]

    def add_blank(self):
        """Append an empty row, unless the block is full."""
        if not self.is_full:
            self.forms.append(self._form(self.count))

    def show_dropped(self):
        """Let stored rows that were marked to go stay on the page, for nothing was saved."""
        self.forms += [form for form in self.dropped if form.row]
        self.forms.sort(key=lambda form: form.place)

    def values(self):
        """Return the values of each row as typed, in their order."""
        return [form.values() for form in self.forms]

    def stored_values(self):
        """Return the values of each row as stored, in their order."""
        return [self.form_class.values_of(row) for row in self.stored]

    def as_stored(self):
        """Return the same block as it is stored, whatever was posted."""
        return Rows(
            self.key,
            self.title,
            self.form_class,
            self.stored,
            fixed=self.fixed,
            **self.options,
        )

    def recognise(self):
        """Tie the posted rows to the stored ones, which have the same values."""
        for form, row in zip(self.forms, self.stored, strict=True):
            form.row = row

    def save(self):
        """Write the posted rows in their order; a row keeps its key as long as it exists."""
        rows = self.form_class.model.objects
        if gone := [form.row.pk for form in self.dropped if form.row]:
            rows.filter(pk__in=gone).delete()
        new = []
        for position, form in enumerate(self.forms):
            row = form.row or self.form_class.model(**self.fixed)
            changed = {
                name: value
                for name, value in {**form.values(), "position": position}.items()
                if row.pk is None or getattr(row, name) != value
            }
            for name, value in changed.items():
                setattr(row, name, value)
            if row.pk is None:
                new.append(row)
            elif changed:
                row.save(update_fields=list(changed))
            form.row = row
        rows.bulk_create(new)


def _texts(row):
    """The cells of a stored award or member that are not empty."""
    fields = [field for field in row._meta.concrete_fields if field.name not in UNSEEN]
    values = [
        getattr(row, f"get_{field.name}_display")() if field.choices else getattr(row, field.name)
        for field in fields
    ]
    return [value for value in values if value not in (None, "")]


def _order(count, order):
    """Return the indexes of the posted rows in their order, whatever was sent for it."""
    indexes = range(min(3 * MAX_ROWS, whole_number(count or "") or 0))
    named = [int(text) for text in re.findall(r"\b\d{1,4}\b", order or "", re.ASCII)]
    return list(dict.fromkeys([*(index for index in named if index in indexes), *indexes]))


def _year(form):
    """Sort by year, the earliest first (notice, 备注1), what has none last."""
    year = form.values()["year"]
    return (year is None, year or 0)
