"""The applicant's forms: lenient while drafting. Labels, help and limits come from the models."""

import re
from dataclasses import dataclass
from functools import cache

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Layout, LayoutObject
from crispy_forms.utils import TEMPLATE_PACK
from django import forms
from django.core.validators import MinValueValidator
from django.db import models
from django.template.loader import render_to_string
from django.utils import timezone

from accounts import dates
from accounts.characters import UNPRINTABLE, compact, person, plain
from accounts.dates import DayField
from accounts.fields import address
from accounts.numbers import DecimalNumberField, WholeNumberField
from accounts.telephones import mobile, telephones
from applications.form.cells import date_doubt, year_of
from applications.form.definition import DATELESS, ITEM, SECTION
from applications.models import Opinion, Remark
from applications.versions.corrections import describe
from applications.versions.snapshot import OPINION_FIELDS
from applications.workflow.guards import truth_declared
from applications.workflow.table import NEEDS

# Not five digits in a row: those are a day as Excel counts it (29342 is in May 1980). Digits of
# other scripts are neither digits here nor what stands between them.
MONTH = re.compile(
    r"([0-9]{4})(?:\D{1,3}(?=[0-9])|(?=[0-9]{2}))([0-9]{1,2})(?:\D{1,3}[0-9]{1,2})?\D?"
)
UNITS = re.compile(r"(?:平方米|平米|㎡|m2|万元|[,，\s])", re.IGNORECASE)


class DraftTextField(forms.CharField):
    """Text as typed, without characters that cannot be printed; a length that can be counted."""

    default_error_messages = {
        "max_length": "最多 %(limit_value)d 字，现有 %(show_value)d 字，请删减后保存。"
    }

    def to_python(self, value):
        text = super().to_python(value)
        # Browsers send a line break as two characters, the reader counts it as one.
        text = UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
        return text if isinstance(self.widget, forms.Textarea) else re.sub(r"\s+", " ", text)

    def widget_attrs(self, widget):
        # A maxlength attribute makes browsers cut off what is pasted without a word.
        attrs = super().widget_attrs(widget)
        if attrs.pop("maxlength", None) and type(self) is DraftTextField:
            # static/js/limits.js counts as `to_python` does, and says what we would say.
            sentence = self.default_error_messages["max_length"]
            attrs |= {"data-limit": self.max_length, "data-limit-sentence": sentence}
        return attrs


class FixedChoiceField(forms.ChoiceField):
    """A choice among what never changes: every form shares the list, where Django copies it.

    Fifty-nine ethnicities, copied tuple by tuple, take longer than the rest of a section's form.
    """

    def __deepcopy__(self, memo):
        # The widget has the list as well: copied first, this way, it is not copied again.
        forms.Widget.__deepcopy__(self.widget, memo)
        return forms.Field.__deepcopy__(self, memo)


class MonthField(DraftTextField):
    """A month in any usual way of writing it, kept as 1980-05; anything else as it was typed."""

    def to_python(self, value):
        text = super().to_python(value)
        match = MONTH.fullmatch(compact(text))
        if match and 1 <= int(match[2]) <= 12:
            return f"{match[1]}-{int(match[2]):02d}"
        return text


class CompactField(DraftTextField):
    """A number kept as text: full-width digits, spaces and brackets are put right."""

    def to_python(self, value):
        return re.sub(r"[()]", "", compact(super().to_python(value)))


class IdNumberField(CompactField):
    """An ID number: as `CompactField`, with a capital X."""

    def to_python(self, value):
        return super().to_python(value).upper()


class PhoneField(DraftTextField):
    """One telephone or several, as they are kept; what is none stays as it was typed."""

    def to_python(self, value):
        text = super().to_python(value)
        return telephones(text) or plain(text)


class MobileField(DraftTextField):
    """A mobile number, kept as 13800000000; what is none stays as it was typed."""

    def to_python(self, value):
        text = super().to_python(value)
        return mobile(text) or plain(text)


class EmailField(DraftTextField):
    """An e-mail address, with what input methods and copying add put right."""

    def to_python(self, value):
        return address(super().to_python(value))


class NameField(DraftTextField):
    """The name of one person (`accounts.characters.person`)."""

    def to_python(self, value):
        return person(super().to_python(value))


class NumberField(DecimalNumberField):
    """A decimal number; thousands separators and the unit that the label implies are ignored."""

    widget = forms.TextInput
    default_error_messages = {
        "invalid": "请只填写数字，例如 85.5。",
        "max_digits": "数字过大，最多 %(max)s 位。",
        "max_decimal_places": "最多 %(max)s 位小数。",
        "max_whole_digits": "数字过大，整数部分最多 %(max)s 位。",
    }

    def to_python(self, value):
        if value not in self.empty_values:
            value = UNITS.sub("", plain(str(value)))
        return super().to_python(value)

    def widget_attrs(self, widget):
        return {"inputmode": "decimal"}


class YearField(WholeNumberField):
    """A year of four digits, also out of a date: 2021年, 2021年5月, 2021-05-01."""

    widget = forms.TextInput
    default_error_messages = {"invalid": "年度请填写四位数字，例如 2021。"}

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.validators.append(MinValueValidator(1000, self.error_messages["invalid"]))

    def to_python(self, value):
        if value in self.empty_values:
            return None
        year = year_of(compact(str(value)))
        if year is None:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return year

    def widget_attrs(self, widget):
        return {"inputmode": "numeric"}


def refuse_date(text):
    """Refuse a text that Excel has made a date of, with the question what it was."""
    if doubt := date_doubt(text):
        raise forms.ValidationError(doubt)


FIELD_CLASSES = {
    "principal": NameField,
    "principal_phone": PhoneField,
    "contact_name": NameField,
    "contact_phone": PhoneField,
    "contact_mobile": MobileField,
    "email": EmailField,
    "fax": PhoneField,
    "postcode": CompactField,
    "bank_account": CompactField,
    "lead_name": NameField,
    "lead_birth": MonthField,
    "lead_work_start": MonthField,
    "lead_id_number": IdNumberField,
    "year": YearField,
}
ATTRIBUTES = {
    "unit_name": {"autocomplete": "organization"},
    "principal_phone": {"type": "tel", "autocomplete": "off"},
    "contact_phone": {"type": "tel", "autocomplete": "off"},
    "contact_mobile": {"type": "tel", "autocomplete": "off"},
    "fax": {"type": "tel", "autocomplete": "off"},
    "email": {"type": "email", "autocomplete": "email"},
    "address": {"autocomplete": "street-address"},
    "postcode": {"inputmode": "numeric", "autocomplete": "postal-code"},
    "bank_account": {"inputmode": "numeric", "autocomplete": "off"},
    "lead_id_number": {"autocomplete": "off"},
    "lead_birth": {"placeholder": "1980-05"},
    "lead_work_start": {"placeholder": "2002-07"},
}
# Alternatives that are read before one is chosen are all shown.
RADIOS = {"lead_condition"}


def draft_field(field, form_class=None):
    """Return the lenient form field of a model field, of a class of its own if there is one."""
    attributes = dict(ATTRIBUTES.get(field.name, {}))
    common = {"label": field.verbose_name, "help_text": field.help_text, "required": False}
    if field.name in DATELESS:
        common["validators"] = [refuse_date]
    if field.choices:
        blank = [] if field.name in RADIOS else [("", "请选择")]
        widget = forms.RadioSelect if field.name in RADIOS else forms.Select
        return FixedChoiceField(
            choices=[*blank, *field.choices], widget=widget(attributes), **common
        )
    if isinstance(field, models.BooleanField):
        return forms.BooleanField(**common)
    if isinstance(field, models.DecimalField):
        return NumberField(
            max_digits=field.max_digits, decimal_places=field.decimal_places, **common
        )
    form_class = form_class or FIELD_CLASSES.get(field.name, DraftTextField)
    if form_class is YearField:
        return YearField(**common)
    widget = forms.TextInput(attributes)
    if isinstance(field, models.TextField) and form_class is DraftTextField:
        assert field.max_length is not None
        widget = forms.Textarea({"rows": min(16, max(3, field.max_length // 150))})
        common["help_text"] = f"{field.help_text}最多 {field.max_length} 字。"
    elif isinstance(field, models.EmailField) or field.name == "email":
        widget = forms.EmailInput(attributes)
    return form_class(max_length=field.max_length, widget=widget, **common)


def answer_field(remark, **options):
    """Return the field for what the unit says to one remark of a return, if it wants to."""
    limit = Remark._meta.get_field("answer").max_length
    return DraftTextField(
        label=f"修改说明（选填）：{describe(remark).where}",
        help_text=f"最多 {limit} 字。",
        max_length=limit,
        required=False,
        initial=remark.answer,
        widget=forms.Textarea({"rows": 2}),
        **options,
    )


class SectionForm(forms.Form):
    """The fields of one section, and an answer to each of the `remarks` that a return made on it.

    What is right in it is saved even while something is wrong. `answers` are the remarks by the
    names of their fields.
    """

    def __init__(self, data=None, *, application, remarks=()):
        names = self.base_fields
        super().__init__(data, initial={name: getattr(application, name) for name in names})
        self.answers = answers_to(remarks)
        for name, remark in self.answers.items():
            self.fields[name] = answer_field(remark)


def answers_to(remarks):
    """Return the remarks by the names that their answers have on the page of a section."""
    return {f"answer_{remark.pk}": remark for remark in remarks}


@dataclass(frozen=True)
class Note:
    """A sentence under a field: what is wrong, missing, asked for by a return, or known before."""

    kind: str  # "error", "hint", "remark" or "earlier"
    text: str


class Notes(LayoutObject):
    """The notes of one field, drawn after it by crispy; a script may fill them in later."""

    def __init__(self, name, notes):
        self.name, self.notes = name, notes

    def render(self, form, context, **kwargs):
        return render_to_string(
            "applications/form/_notes.html", {"name": self.name, "notes": self.notes}
        )


class Onward(LayoutObject):
    """The way from the answer to a remark to what is asked next."""

    def render(self, form, context, **kwargs):
        return render_to_string("applications/form/_onward.html")


class Conflict(LayoutObject):
    """A field that was changed here and elsewhere: both, side by side, to choose from."""

    def __init__(self, name, choice):
        self.fields, self.choice = [name], choice

    def render(self, form, context, template_pack=TEMPLATE_PACK, **kwargs):
        mine = self.get_rendered_fields(form, context, template_pack)
        return render_to_string(
            "applications/form/_conflict.html",
            {"choice": self.choice, "mine": mine, "user": context["user"]},
        )


def layout(form, notes, conflicts):
    """Return the crispy helper of a section form, with `notes` (a list by field name) in it.

    `conflicts` are the fields to choose in, by name. Each field can be reached by #id_<name>, also
    where that is a group of buttons.
    """
    helper = FormHelper(form)
    helper.form_tag, helper.disable_csrf = False, True
    # Errors are notes like the others, so that a script can write them as well.
    helper.form_show_errors = False
    blocks = {"": Div(css_class="answers-beside")}  # first what is asked of the whole section
    for name, field in form.fields.items():
        described = [f"id_{name}_helptext"] if field.help_text else []
        field.widget.attrs["aria-describedby"] = " ".join([*described, f"note_{name}"])
        drawn = [
            Conflict(name, conflicts[name]) if name in conflicts else name,
            Notes(name, notes.get(name, [])),
        ]
        if name in form.answers:
            # Beside the field that it is about.
            place = form.answers[name].field
            blocks[place if place in blocks else ""].fields += [*drawn, Onward()]
            continue
        is_group = isinstance(field.widget, forms.RadioSelect)
        # What takes a third of a line on paper is short on the page as well.
        look = "field field--short" if ITEM[name].width <= 4 else "field"
        anchor = f"id_{name}" if is_group else None
        blocks[name] = Div(*drawn, css_class=look, css_id=anchor)
    helper.layout = Layout(*(block for block in blocks.values() if block.fields))
    return helper


@cache
def section_form(key, host_kind):
    """Return the form class of a section for one kind of host, made from the model's fields."""
    fields = {}
    for name in SECTION[key].fields_for(host_kind):
        fields[name] = draft_field(ITEM[name].model_field)
        if not ITEM[name].required:
            fields[name].label = f"{ITEM[name].label}（选填）"
    return type(f"{key.title()}SectionForm", (SectionForm,), fields)


class UnitOpinionForm(forms.Form):
    """申报单位意见, printed into its box of 附件2; whoever answers for the unit signs beside it."""

    text = DraftTextField(
        label="申报单位意见",
        max_length=Opinion._meta.get_field("text").max_length,
        widget=forms.Textarea({"rows": 4}),
        initial="材料真实有效，同意申报。",
        error_messages={"required": NEEDS["text"]},
    )
    signatory = NameField(
        label=Opinion._meta.get_field("signatory").verbose_name,
        max_length=Opinion._meta.get_field("signatory").max_length,
        help_text="申报单位负责人或其授权人。",
        error_messages={"required": NEEDS["signatory"]},
    )
    signed_on = DayField(
        dates.DONE,
        label=Opinion._meta.get_field("signed_on").verbose_name,
        initial=timezone.localdate,
        error_messages={"required": NEEDS["signed_on"]},
    )

    def __init__(self, data=None, *, application=None):
        super().__init__(data)
        if application is not None:
            self.initial["signatory"] = application.principal


class PrintForm(UnitOpinionForm):
    """The opinion as it is printed for the stamp: what was given before, and today's date."""

    def __init__(self, data=None, *, application, printed=None):
        """`printed` is the latest `FormPrint`, whose principal may not be today's."""
        super().__init__(data, application=application)
        if opinion := application.own_opinion:
            self.initial["text"] = opinion.text
            if printed is None or opinion.signatory != printed.content["fields"]["principal"]:
                self.initial["signatory"] = opinion.signatory

    def opinion(self):
        """Return what was typed, as the fields of the application."""
        return {f"opinion_{name}": value for name, value in self.cleaned_data.items()}


class SubmitForm(UnitOpinionForm):
    """The declaration of truth; the opinion as well where the print bears none."""

    truth_declared = forms.BooleanField(
        label="本单位已审核原件，承诺所填内容和所交材料真实、准确，复印件与原件一致，"
        "并对此承担责任。",
        error_messages={"required": truth_declared(None, None, {})},
    )

    def __init__(self, data=None, *, application=None):
        super().__init__(data, application=application)
        self.asks_opinion = application is None or application.own_opinion is None
        if not self.asks_opinion:
            for name in OPINION_FIELDS:
                del self.fields[name]


class AnswersForm(forms.Form):
    """修改说明: an answer to each of the remarks, if the unit wants to give one.

    What a colleague answered since the page was made is not overwritten unseen: the form is
    refused once, with their words, and then takes what is typed.
    """

    def __init__(self, data=None, *, remarks):
        super().__init__(data)
        self.remarks = {f"answer-{remark.pk}": remark for remark in remarks}
        for name, remark in self.remarks.items():
            self.fields[name] = answer_field(remark, show_hidden_initial=True)

    def clean(self):
        for name, remark in self.remarks.items():
            key = self[name].html_initial_name
            loaded = self.fields[name].to_python(self.data.get(key, ""))
            typed = self.cleaned_data.get(name)
            if name in self.changed_data and remark.answer not in {loaded, typed}:
                # The page shown next has seen it.
                self.data = self.data.copy()
                self.data[key] = remark.answer
                self.add_error(
                    name,
                    f"刚刚在别处改成了“{remark.answer}”。核对后再次保存，将以本页的内容为准。",
                )

    def save(self):
        """Write the answers that were changed on the page."""
        for name in self.changed_data:
            self.remarks[name].answer_with(self.cleaned_data[name])
