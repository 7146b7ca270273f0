"""Repeated rows of a section's page: awards and members, as typed and as stored."""

from django import forms

from applications.form_definition import AWARD_FIELDS
from applications.forms import draft_field
from applications.models import Award, StudioMember
from applications.rounds import HIDDEN_FROM_EXPERTS
from applications.snapshot import MEMBER_FIELDS

# Rows that a page offers to add; a posted page may have deleted ones besides.
MAX_ROWS = 60
UNSEEN = ("id", "application", "position", "level")


class RowForm(forms.Form):
    """One row of a repeated block. `row` is the stored row, or None for a new one."""

    model = None
    names = ()  # the columns of `model` that the form writes

    def __init__(self, data=None, *, prefix, row=None):
        self.row = row
        super().__init__(data, prefix=prefix, initial=self.values_of(row) if row else {})
        for field in self.fields.values():
            is_select = isinstance(field.widget, forms.Select)
            field.widget.attrs["class"] = "form-select" if is_select else "form-control"

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
    def is_marked(self):
        """Whether the row was marked to go."""
        return bool(self.data.get(f"{self.prefix}-delete"))

    @property
    def is_dropped(self):
        """Whether the row is to go: marked so, or with nothing typed in it."""
        if self.is_marked:
            return True
        return not any(self.data.get(self.add_prefix(name), "").strip() for name in self.fields)


class AwardForm(RowForm):
    """One award; `proofs` are the files that may prove it, as (pk, label) choices."""

    model = Award
    names = (*AWARD_FIELDS, "evidence_id")

    def __init__(self, *args, proofs=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["evidence_id"] = forms.TypedChoiceField(
            label=Award._meta.get_field("evidence").verbose_name,
            choices=[("", "请选择"), *proofs],
            coerce=int,
            empty_value=None,
            required=False,
            widget=forms.Select({"class": "form-select"}),
        )


class MemberForm(RowForm):
    """One member of the studio."""

    model = StudioMember
    names = MEMBER_FIELDS


AwardForm.base_fields = {n: draft_field(Award._meta.get_field(n)) for n in AWARD_FIELDS}
MemberForm.base_fields = {n: draft_field(StudioMember._meta.get_field(n)) for n in MEMBER_FIELDS}


def proofs_of(application):
    """Return (pk, label) of the files that an award may point at; personal papers prove none."""
    return [
        (row.pk, f"{row.get_category_display()}：{row.original_name}")
        for row in application.current_evidence()
        if row.category not in HIDDEN_FROM_EXPERTS
    ]


class Rows:
    """One repeated block of a section's page: an award table, or the members."""

    def __init__(self, key, title, form_class, stored, *, data=None, fixed, **options):
        self.key, self.title, self.form_class = key, title, form_class
        self.stored, self.fixed, self.options = stored, fixed, options
        self.is_posted = data is not None and f"{key}-count" in data
        if self.is_posted:
            by_pk = {str(row.pk): row for row in stored}
            posted = [
                self._form(index, row=by_pk.get(data.get(f"{key}-{index}-pk")), data=data)
                for index in range(_count(data.get(f"{key}-count")))
            ]
            self.dropped = [form for form in posted if form.is_dropped]
            self.forms = [form for form in posted if not form.is_dropped]
        else:
            self.dropped = []
            self.forms = [self._form(index, row=row) for index, row in enumerate(stored)]

    def _form(self, index, row=None, data=None):
        form = self.form_class(data, prefix=f"{self.key}-{index}", row=row, **self.options)
        form.index = index
        return form

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
        return self._form("__n__")

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
        self.forms.sort(key=lambda form: form.index)

    def changes_nothing(self):
        """Whether what was posted is just what is stored."""
        typed = [form.values() for form in self.forms]
        return typed == [self.form_class.values_of(row) for row in self.stored]

    def save(self):
        """Write the posted rows in their order; a row keeps its key as long as it exists."""
        for form in self.dropped:
            if form.row:
                form.row.delete()
        for position, form in enumerate(self.forms):
            row = form.row or self.form_class.model(**self.fixed)
            changed = {
                name: value
                for name, value in {**form.values(), "position": position}.items()
                if row.pk is None or getattr(row, name) != value
            }
            if changed:
                for name, value in changed.items():
                    setattr(row, name, value)
                row.save(update_fields=None if row.pk is None else list(changed))
            form.row = row


def _texts(row):
    """The cells of a stored award or member that are not empty."""
    fields = [field for field in row._meta.concrete_fields if field.name not in UNSEEN]
    values = [
        getattr(row, f"get_{field.name}_display")() if field.choices else getattr(row, field.name)
        for field in fields
    ]
    return [value for value in values if value not in (None, "")]


def _count(text):
    try:
        return min(3 * MAX_ROWS, max(0, int(text)))
    except ValueError:
        return 0
