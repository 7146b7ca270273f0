"""The recommending unit's forms."""

from django import forms

from accounts.forms import PlainFields
from accounts.models import validate_mobile, validate_phone
from review.forms.fields import DateInput, dress
from review.models import RecommendationCheck, RecommendationList


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
