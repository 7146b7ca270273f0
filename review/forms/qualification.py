"""The office's qualification sheet."""

from django import forms

from applications.guards import QUALIFICATION_CODES
from review.forms.fields import Select, TextInput, dress, label_of
from review.models import QualificationCheck


class QualificationForm(forms.Form):
    """The office's judgement of one condition; blank while it has none."""

    result = forms.ChoiceField(
        label=label_of(QualificationCheck, "result"),
        choices=[("", "请选择"), *QualificationCheck.Result.choices],
        required=False,
        widget=Select,
    )
    note = forms.CharField(
        label=label_of(QualificationCheck, "note"),
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
