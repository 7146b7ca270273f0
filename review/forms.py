"""The reviewers' forms. Rules are in the workflow's guards; forms collect and check what is typed.

Labels come from the models that the data goes to.
"""

import datetime

from django import forms
from django.forms.utils import flatatt
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe

from accounts.forms import PlainFields
from accounts.models import validate_mobile, validate_phone
from applications.form_definition import SECTIONS
from applications.guards import QUALIFICATION_CODES
from applications.models import Application, Opinion, Remark
from applications.rounds import PROOFS
from applications.workflow import NEEDS
from review.models import (
    Inspection,
    Objection,
    QualificationCheck,
    RecommendationCheck,
    RecommendationList,
)

RETURN_DAYS = 7
CLOSE_OF_BUSINESS = datetime.time(17)
SELECTED = mark_safe(" selected")


def whole_number(text):
    """Return what was sent as a number of at most 18 digits, or None."""
    return int(text) if text.isdecimal() and len(text) <= 18 else None


class DateInput(forms.DateInput):
    """The browser's own date field."""

    input_type = "date"

    def __init__(self, **kwargs):
        super().__init__(format="%Y-%m-%d", **kwargs)


class DateTimeInput(forms.DateTimeInput):
    """The browser's own date and time field."""

    input_type = "datetime-local"

    def __init__(self, **kwargs):
        super().__init__(format="%Y-%m-%dT%H:%M", **kwargs)


class Select(forms.Select):
    """A select drawn at once; Django draws each option through two templates of its own.

    For pages with many of them. No groups of options.
    """

    def render(self, name, value, attrs=None, renderer=None):
        chosen = self.format_value(value)
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            (
                (option, SELECTED if str(option) in chosen else "", label)
                for option, label in self.choices
            ),
        )
        attributes = {"name": name, **self.build_attrs(self.attrs, attrs)}
        return format_html("<select{}>{}</select>", flatatt(attributes), options)


class TextInput(forms.TextInput):
    """A one-line field drawn at once, for the same pages."""

    def render(self, name, value, attrs=None, renderer=None):
        attributes = {"type": self.input_type, "name": name, **self.build_attrs(self.attrs, attrs)}
        if value not in (None, ""):
            attributes["value"] = self.format_value(value)
        return format_html("<input{}>", flatatt(attributes))


def dress(form):
    """Give a form's widgets Bootstrap's classes, for pages that draw it with `_fields.html`."""
    for field in form.fields.values():
        widget = field.widget
        if isinstance(widget, forms.CheckboxInput | forms.RadioSelect):
            name = "form-check-input"
        elif isinstance(widget, forms.Select):
            name = "form-select"
        else:
            name = "form-control"
        widget.attrs.setdefault("class", name)


def _label(model, name):
    return str(model._meta.get_field(name).verbose_name)


def _long_text(label, message, rows=4):
    return forms.CharField(
        label=label,
        max_length=Opinion._meta.get_field("text").max_length,
        widget=forms.Textarea({"rows": rows}),
        error_messages={"required": message},
    )


class DecisionForm(forms.Form):
    """What one transition asks for: a field for each of its `needs`, and an optional opinion."""

    def __init__(self, rule, user, data=None):
        super().__init__(data, prefix=None)
        self.rule = rule
        fields = {
            "text": lambda: _long_text(_label(Opinion, "text"), NEEDS["text"]),
            "reason": lambda: _long_text("理由", NEEDS["reason"]),
            "deadline": self._deadline,
            "document_number": lambda: forms.CharField(
                label=_label(Application, "award_document_number"),
                max_length=50,
                error_messages={"required": NEEDS["document_number"]},
            ),
            "document_date": lambda: forms.DateField(
                label=_label(Application, "award_document_date"),
                initial=timezone.localdate,
                widget=DateInput(),
                error_messages={"required": NEEDS["document_date"]},
            ),
            "signatory": lambda: forms.CharField(
                label=_label(Opinion, "signatory"),
                max_length=50,
                initial=user.name,
                error_messages={"required": NEEDS["signatory"]},
            ),
            "signed_on": lambda: forms.DateField(
                label=_label(Opinion, "signed_on"),
                initial=timezone.localdate,
                widget=DateInput(),
                error_messages={"required": NEEDS["signed_on"]},
            ),
        }
        if not {"text", "reason"} & set(rule.needs):
            self.fields["text"] = _long_text(_label(Opinion, "text"), "", rows=3)
            self.fields["text"].required = False
        for name, field in fields.items():
            if name in rule.needs:
                self.fields[name] = field()
        if rule.name == "conclude_for":
            self.fields["explanation"] = _long_text("超出入选名额的理由", "", rows=2)
            self.fields["explanation"].required = False
            self.fields["explanation"].help_text = "仅在入选名额已满时填写。"
        dress(self)
        self.remarks = None
        if rule.name == "return":
            self.remarks = RemarkFormSet(data, prefix="remarks")

    def _deadline(self):
        return forms.DateTimeField(
            label=_label(Application, "return_deadline"),
            initial=lambda: datetime.datetime.combine(
                timezone.localdate() + datetime.timedelta(days=RETURN_DAYS), CLOSE_OF_BUSINESS
            ),
            widget=DateTimeInput(),
            error_messages={
                "required": NEEDS["deadline"],
                "invalid": "请按“年-月-日 时:分”填写修改期限。",
            },
        )

    def is_valid(self):
        """Judge the remarks together with the form."""
        valid = super().is_valid()
        return valid and (self.remarks is None or self.remarks.is_valid())

    def clean_signed_on(self):
        signed_on = self.cleaned_data["signed_on"]
        if signed_on > timezone.localdate():
            raise forms.ValidationError("日期不能晚于今天。")
        return signed_on

    def clean_deadline(self):
        deadline = self.cleaned_data["deadline"]
        if deadline <= timezone.now():
            raise forms.ValidationError("修改期限须晚于现在。")
        return deadline

    def data_for_perform(self):
        """What `workflow.perform()` gets."""
        data = dict(self.cleaned_data)
        if self.remarks is not None:
            data["remarks"] = self.remarks.given()
        return data


def remark_targets():
    """The choices of a remark: every section and field of the form, grouped by section."""
    groups = [("", "请选择")]
    for section in SECTIONS:
        parts = [(f"{section.key}:", f"{section.title}（整体）")]
        parts += [(f"{section.key}:{item.name}", item.full_label) for item in section.items]
        if section.rows == "evidence":
            parts += [(f"{section.key}:{each}", each.label) for each in PROOFS]
        groups.append((section.title, parts))
    return groups


class RemarkForm(forms.Form):
    """One field or section that has to be mended, and how."""

    about = forms.ChoiceField(label=_label(Remark, "field"), required=False)
    text = forms.CharField(
        label=_label(Remark, "text"),
        max_length=Remark._meta.get_field("text").max_length,
        required=False,
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["about"].choices = remark_targets()
        dress(self)

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("about") and not cleaned.get("text"):
            self.add_error("text", "请填写修改要求。")
        if cleaned.get("text") and not cleaned.get("about") and "about" not in self.errors:
            self.add_error("about", "请选择栏目。")
        return cleaned


class BaseRemarkFormSet(forms.BaseFormSet):
    """The remarks given with a return."""

    def given(self):
        """Return the filled-in remarks as `perform()` takes them."""
        rows = [form.cleaned_data for form in self.forms if form.cleaned_data.get("text")]
        return [
            dict(zip(("section", "field"), row["about"].split(":"), strict=True), text=row["text"])
            for row in rows
        ]


RemarkFormSet = forms.formset_factory(
    RemarkForm, formset=BaseRemarkFormSet, extra=6, max_num=20, absolute_max=20
)


# --- Recommending unit ---


class RecommendationCheckForm(forms.ModelForm):
    """What the recommending unit verified. May be saved before everything is clear."""

    class Meta:
        model = RecommendationCheck
        fields = [
            "police_clear",
            "veto_clear",
            "publicity_from",
            "publicity_to",
            "publicity_place",
            "publicity_clear",
            "note",
        ]
        widgets = {
            "publicity_from": DateInput(),
            "publicity_to": DateInput(),
            "note": forms.Textarea({"rows": 2}),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        dress(self)

    def clean(self):
        cleaned = super().clean()
        start, end = cleaned.get("publicity_from"), cleaned.get("publicity_to")
        if start and end and end < start:
            self.add_error("publicity_to", "单位公示结束日期不得早于开始日期。")
        if cleaned.get("publicity_clear") and not (start and end):
            self.add_error("publicity_clear", "请填写单位公示的开始和结束日期。")
        return cleaned


class ReporterForm(PlainFields, forms.ModelForm):
    """The last line of 附件1: 填报人, both phones and 填报日期."""

    class Meta:
        model = RecommendationList
        fields = ["reporter", "office_phone", "mobile", "filled_on"]
        widgets = {"filled_on": DateInput()}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["office_phone"].validators.append(validate_phone)
        self.fields["mobile"].validators.append(validate_mobile)
        dress(self)


# --- Review office ---


class QualificationForm(forms.Form):
    """The office's judgement of one condition; blank while it has none."""

    result = forms.ChoiceField(
        label=_label(QualificationCheck, "result"),
        choices=[("", "请选择"), *QualificationCheck.Result.choices],
        required=False,
        widget=Select,
    )
    note = forms.CharField(
        label=_label(QualificationCheck, "note"),
        max_length=QualificationCheck._meta.get_field("note").max_length,
        required=False,
        widget=TextInput,
    )

    def __init__(self, code, check=None, data=None):
        initial = {"result": check.result, "note": check.note} if check else None
        super().__init__(data, prefix=code, initial=initial)
        self.code = code
        dress(self)

    def clean(self):
        cleaned = super().clean()
        explained = QualificationCheck.Result.EXPLAINED
        if cleaned.get("result") == explained and not cleaned.get("note"):
            self.add_error("note", "选择“说明后认可”的，请填写说明。")
        return cleaned


def qualification_forms(checks, data=None):
    """Return the sheet's forms in the order of the notice; `checks` are the saved rows."""
    saved = {check.code: check for check in checks}
    return [QualificationForm(code, saved.get(code), data) for code in QUALIFICATION_CODES]


class InspectionForm(PlainFields, forms.ModelForm):
    """The record of a site visit."""

    class Meta:
        model = Inspection
        fields = ["visited_on", "inspectors", "unit_representative", "findings", "passed"]
        widgets = {
            "visited_on": DateInput(),
            "findings": forms.Textarea({"rows": 8}),
            "passed": forms.RadioSelect(),
        }
        help_texts = {
            "inspectors": "两人以上，姓名之间用顿号隔开。",
            "findings": "逐项写明三室一场、设备、成员、制度和运行情况。",
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["passed"] = forms.TypedChoiceField(
            label=_label(Inspection, "passed"),
            choices=Inspection._meta.get_field("passed").choices,
            coerce=lambda value: value == "True",
            widget=forms.RadioSelect(),
            error_messages={"required": "请选择考察结论。"},
        )
        if not self.instance.pk:
            self.initial.pop("passed", None)

    def clean_visited_on(self):
        visited_on = self.cleaned_data["visited_on"]
        if visited_on > timezone.localdate():
            raise forms.ValidationError("考察日期不能晚于今天。")
        return visited_on


class ObjectionForm(PlainFields, forms.ModelForm):
    """An objection that the office received."""

    class Meta:
        model = Objection
        fields = ["raised_by", "contact", "received_on", "text"]
        widgets = {"received_on": DateInput(), "text": forms.Textarea({"rows": 6})}

    def clean_received_on(self):
        received_on = self.cleaned_data["received_on"]
        if received_on > timezone.localdate():
            raise forms.ValidationError("收到日期不能晚于今天。")
        return received_on


class ObjectionAnswerForm(PlainFields, forms.ModelForm):
    """How an objection was resolved."""

    class Meta:
        model = Objection
        fields = ["outcome", "answer"]
        widgets = {"outcome": forms.RadioSelect(), "answer": forms.Textarea({"rows": 6})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["outcome"] = forms.ChoiceField(
            label=_label(Objection, "outcome"),
            choices=Objection.Outcome.choices,
            widget=forms.RadioSelect(),
            error_messages={"required": "请选择处理结论。"},
        )
        self.fields["answer"].required = True
