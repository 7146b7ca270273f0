"""What is typed about score sheets besides points, and about who scores."""

from django import forms

from accounts.forms import PlainFields


class ReopenForm(PlainFields, forms.Form):
    """Why the leader gives a sheet back."""

    reason = forms.CharField(
        label="退回理由",
        max_length=300,
        widget=forms.Textarea({"rows": 3}),
        help_text="该专家会收到这段文字，请写明需要重新考虑的评分项，不要写出其他专家的分数。",
    )
