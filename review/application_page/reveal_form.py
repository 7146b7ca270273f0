"""Why a number is to be shown in full."""

import re

from django import forms

from accounts.forms import PlainFields
from applications.form.definition import ITEM, NUMBERS


class RevealForm(PlainFields, forms.Form):
    """Which of the two numbers, and why; what is given as the reason goes on record."""

    number = forms.ChoiceField(
        label="查看的号码",
        choices=[(name, ITEM[name].label) for name in NUMBERS],
    )
    reason = forms.CharField(
        label="查看理由",
        max_length=200,
        widget=forms.Textarea({"rows": 2}),
        help_text="写明办理什么事项，例如：与身份证复印件核对。理由会记入办理记录，请勿填写号码。",
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reason"].error_messages["required"] = "请填写查看理由。"

    def clean_reason(self):
        reason = self.cleaned_data["reason"]
        if re.search(r"\d{8,}", re.sub(r"[\s-]", "", reason)):
            raise forms.ValidationError("理由会长期保存，请删去其中的号码，只写办理的事项。")
        return reason
