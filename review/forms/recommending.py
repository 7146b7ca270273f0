"""The recommending unit's forms."""

from django import forms

from accounts.fields import MobileField, NameField, PhoneField
from accounts.forms import PlainFields
from review.forms.fields import DateInput, dress
from review.models import RecommendationList


class ReporterForm(PlainFields, forms.ModelForm):
    """The last line of 附件1: 填报人, both phones and 填报日期."""

    class Meta:
        model = RecommendationList
        fields = ["reporter", "office_phone", "mobile", "filled_on"]
        field_classes = {
            "reporter": NameField,
            "office_phone": PhoneField,
            "mobile": MobileField,
        }
        widgets = {"filled_on": DateInput()}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        dress(self)
