"""Fields that the reviewers' forms share."""

from django import forms

from accounts.numbers import whole_number
from applications.models import Opinion


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


def label_of(model, name):
    return str(model._meta.get_field(name).verbose_name)


def long_text(label, message, rows=4):
    return forms.CharField(
        label=label,
        max_length=Opinion._meta.get_field("text").max_length,
        widget=forms.Textarea({"rows": rows}),
        error_messages={"required": message},
    )
