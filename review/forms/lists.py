"""The forms of a recommending unit's list: why it is ranked anew, and the scan of 附件1."""

from django import forms

from accounts.forms import PlainFields
from applications.files.evidence import ACCEPT, EMPTY
from review.forms.fields import dress


class RankingForm(PlainFields, forms.Form):
    """Why an order that was saved before is changed. The ranks themselves are read leniently."""

    reason = forms.CharField(
        label="调整排序的理由",
        max_length=300,
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text="改变已保存的排序时必填，理由会记入办理记录；首次排序可以不填。",
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        dress(self)


class ScanForm(forms.Form):
    """The scan of the stamped 附件1. Its content is checked by `RecommendationList.stamp`."""

    scan = forms.FileField(
        label="盖章后的附件1扫描件",
        help_text="PDF、JPG 或 PNG，不超过 20 MB；多页请合并为一个 PDF。",
        widget=forms.FileInput({"accept": ACCEPT}),
        error_messages={
            "required": "请选择盖章后的附件1扫描件。",
            "empty": EMPTY,
        },
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        dress(self)
