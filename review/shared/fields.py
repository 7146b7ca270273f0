"""Widgets and fields that the reviewers' forms share."""

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe

from accounts.numbers import whole_number
from applications.models import Opinion

SELECTED = mark_safe(" selected")  # nosec B308 - our own word


class SeveralOf(forms.ModelMultipleChoiceField):
    """Several rows of a queryset; a key too large for a database is unknown, like any other."""

    def clean(self, value):
        for key in value or ():
            if whole_number(str(key)) is None:
                raise forms.ValidationError(
                    self.error_messages["invalid_choice"],
                    code="invalid_choice",
                    params={"value": str(key)[:20]},
                )
        return super().clean(value)


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


def label_of(model, name):
    return str(model._meta.get_field(name).verbose_name)


def long_text(label, message, rows=4):
    return forms.CharField(
        label=label,
        max_length=Opinion._meta.get_field("text").max_length,
        widget=forms.Textarea({"rows": rows}),
        error_messages={"required": message},
    )
