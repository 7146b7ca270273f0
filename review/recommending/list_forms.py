"""The forms of a recommending unit's list: its last line, why its order changed, its scan."""

from django import forms
from django.utils import timezone

from accounts import dates
from accounts.dates import DayField
from accounts.fields import MobileField, NameField, PhoneField
from accounts.forms import PlainFields
from applications.files.evidence import ACCEPT, EMPTY
from applications.files.limits import FILE_HELP
from review.recommending.list_models import RecommendationList
from review.shared.fields import label_of


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


class RankingForm(PlainFields, forms.Form):
    """Why a saved order is changed. The view reads the ranks, as far as they can be read."""

    reason = forms.CharField(
        label="调整排序的理由",
        max_length=300,
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text="改变已保存的排序时必填，理由会记入办理记录；首次排序可以不填。",
    )


class ScanForm(forms.Form):
    """The scan of the stamped 附件1. Its content is checked by `RecommendationList.stamp`."""

    scan = forms.FileField(
        label="盖章后的附件1扫描件",
        help_text=f"{FILE_HELP}；多页请合并为一个 PDF。",
        widget=forms.FileInput({"accept": ACCEPT}),
        error_messages={
            "required": "请选择盖章后的附件1扫描件。",
            "empty": EMPTY,
        },
    )
