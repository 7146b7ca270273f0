"""The recommending unit's forms."""

from django import forms
from django.utils import timezone

from accounts import dates
from accounts.dates import DayField
from accounts.fields import MobileField, NameField, PhoneField
from accounts.forms import PlainFields
from review.forms.fields import dress, label_of
from review.models import RecommendationList


class ReporterForm(PlainFields, forms.ModelForm):
    """The last line of 附件1: 填报人, both phones and 填报日期."""

    filled_on = DayField(
        dates.DONE,
        label=label_of(RecommendationList, "filled_on"),
        initial=timezone.localdate,
    )

    class Meta:
        model = RecommendationList
        fields = ["reporter", "office_phone", "mobile", "filled_on"]
        field_classes = {
            "reporter": NameField,
            "office_phone": PhoneField,
            "mobile": MobileField,
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        dress(self)
