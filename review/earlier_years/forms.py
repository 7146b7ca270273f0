"""The office's forms about lists of earlier years."""

import hashlib
import json

from django import forms

from accounts.fields import TextField, form_field
from accounts.forms import PlainFields
from accounts.models import RecommendingUnit
from accounts.numbers import WholeNumberField
from applications.earlier_years.records import EarlierList, EarlierProject, Outcome, units_by_name
from applications.recognition.text_match import compared
from applications.rounds import BOUNDS
from review.earlier_years.reading import FIELDS
from review.earlier_years.upload import ACCEPT

MOST_LETTERS = 26
# Names that nobody knows; where there are more, a column was taken for another.
MOST_UNITS = 50


class EarlierFilterForm(forms.Form):
    """Looks a project of an earlier year up."""

    q = TextField(label="单位、领办人或工种", required=False, max_length=100)


class EarlierUploadForm(PlainFields, forms.Form):
    """Takes the workbook of an earlier year's list."""

    upload = forms.FileField(
        label="一览表或名单",
        widget=forms.ClearableFileInput({"accept": ACCEPT}),
        help_text="Excel 表格（.xlsx 或 .xls），一份不超过 20 MB；WPS 表格请另存为 .xlsx。",
        error_messages={"required": "请选择文件。", "empty": "文件是空的，请重新选择。"},
    )


def column_name(number):
    """Return what Excel calls a column, from 0, of the first hundreds."""
    before, letter = divmod(number, MOST_LETTERS)
    return (chr(ord("A") + before - 1) if before else "") + chr(ord("A") + letter)


class EarlierReadingForm(PlainFields, forms.Form):
    """How an uploaded list is read: year, title, outcome, and for each layout the columns.

    `recommending_units` are {name: how many rows}; those that the portal does not know by that name
    are the office's to explain, as `explained` has it already ({compared name: key of the unit}).
    """

    year = WholeNumberField(
        label="年度",
        min_value=BOUNDS["year"][0],
        max_value=BOUNDS["year"][1],
        help_text="逐行或逐张表写明年度的，以表中为准。",
    )
    title = TextField(label="名单名称", max_length=EarlierList._meta.get_field("title").max_length)
    outcome = forms.ChoiceField(
        label="结果",
        choices=Outcome.choices,
        widget=forms.RadioSelect,
        help_text="表中没有写明结果的行，都记为这一项。入选结果已发文公布，推荐单位和本单位可见；"
        "其他结果只有评审办公室和当年的推荐单位可见。",
    )

    def __init__(self, *args, layouts, recommending_units, explained, **kwargs):
        super().__init__(*args, **kwargs)
        self._add_units(recommending_units, explained)
        self.layouts = layouts
        for number, layout in enumerate(layouts):
            columns = [
                (str(column), f"{column_name(column)} 列　{label or '（无标题）'}")
                for column, label in enumerate(layout.labels)
            ]
            for name, label in FIELDS.items():
                self.fields[f"layout-{number}-{name}"] = forms.ChoiceField(
                    label=label,
                    choices=[("", "没有这一栏"), *columns],
                    required=False,
                    initial=str(layout.columns.get(name, "")),
                    error_messages={"invalid_choice": "请从列出的各列中选择。"},
                )

    def _add_units(self, recommending_units, explained):
        known = units_by_name()
        unknown = {}
        for name, rows in recommending_units.items():
            if (key := compared(name)) and key not in known:
                names, before = unknown.get(key, (name, 0))
                unknown[key] = names, before + rows
        self.unit_names, self.more_units = {}, max(0, len(unknown) - MOST_UNITS)
        units = [(str(pk), name) for pk, name in RecommendingUnit.objects.values_list("pk", "name")]
        for key, (name, rows) in list(unknown.items())[:MOST_UNITS]:
            # Not by its place: an older page may have been read otherwise.
            field = f"unit-{hashlib.sha256(key.encode()).hexdigest()[:16]}"
            self.unit_names[field] = key
            self.fields[field] = forms.ChoiceField(
                label=f"{name}（{rows} 项）",
                choices=[("", "不对应任何推荐单位"), *units],
                required=False,
                initial=str(explained.get(key, "")),
                error_messages={"invalid_choice": "请从列出的推荐单位中选择。"},
            )

    def units(self):
        """Return the bound fields of the names that the portal does not know."""
        return [self[field] for field in self.unit_names]

    def columns_of(self):
        """Yield (layout, its bound fields) for the page."""
        for number, layout in enumerate(self.layouts):
            yield layout, [self[f"layout-{number}-{name}"] for name in FIELDS]

    def choices(self):
        """Return what was chosen, as `EarlierFile.choices`."""
        data = self.cleaned_data
        columns = [
            {
                name: int(data[f"layout-{number}-{name}"])
                for name in FIELDS
                if data[f"layout-{number}-{name}"]
            }
            for number, _ in enumerate(self.layouts)
        ]
        units = {key: int(data[name]) for name, key in self.unit_names.items() if data[name]}
        return {name: data[name] for name in ("year", "title", "outcome")} | {
            "columns": columns,
            "recommending_units": units,
        }


class EarlierProjectForm(PlainFields, forms.ModelForm):
    """Corrects one row of an imported list, of which the page may be an old one.

    The page carries the values that it showed: what nobody typed on it stays as it is stored, and
    what a colleague has corrected meanwhile is changed only by who has been told of it.
    """

    class Meta:
        model = EarlierProject
        fields = EarlierProject.CORRECTABLE
        formfield_callback = form_field

    def __init__(self, data=None, *, instance):
        super().__init__(data, instance=instance)
        self.stored = {name: getattr(instance, name) for name in EarlierProject.CORRECTABLE}
        self._shown = self.stored if data is None else _loads(data.get("shown", ""))

    @property
    def shown(self):
        """What the page is to carry of the values that it shows, as JSON."""
        return json.dumps(self._shown, ensure_ascii=False)

    def clean(self):
        super().clean()
        data = self.cleaned_data
        for name, stored in self.stored.items():
            if name not in data or data[name] == stored:
                continue
            shown = self._shown.get(name)
            if data[name] == shown:
                data[name] = stored
            elif shown != stored:
                words = dict(Outcome.choices).get(stored, stored) or "（空）"
                self.add_error(
                    name, f"这一栏已由他人更正为“{words}”，没有保存。确需更改的请再次提交。"
                )
                self._shown = {**self._shown, name: stored}
        if not data.get("unit") and not data.get("lead") and not self.errors:
            raise forms.ValidationError("单位和领办人至少填写一项。")
        return data


def _loads(text):
    """Return the values that a posted page had shown; whatever else was sent counts as none."""
    try:
        shown = json.loads(text)
    except ValueError:
        return {}
    return shown if isinstance(shown, dict) else {}
