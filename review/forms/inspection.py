"""The record of a site visit."""

from django import forms
from django.utils import timezone

from accounts.forms import PlainFields
from review.forms.fields import DateInput, label_of
from review.models import Inspection


class InspectionForm(PlainFields, forms.ModelForm):
    """The record of a site visit."""

    class Meta:
        model = Inspection
        fields = ["visited_on", "inspectors", "unit_representative", "findings", "passed"]
        widgets = {
            "visited_on": DateInput(),
            "findings": forms.Textarea({"rows": 8}),
            "passed": forms.RadioSelect(),
        }
        help_texts = {
            "inspectors": "两人以上，姓名之间用顿号隔开。",
            "findings": "逐项写明三室一场、设备、成员、制度和运行情况。",
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["passed"] = forms.TypedChoiceField(
            label=label_of(Inspection, "passed"),
            choices=Inspection._meta.get_field("passed").choices,
            coerce=lambda value: value == "True",
            widget=forms.RadioSelect(),
            error_messages={"required": "请选择考察结论。"},
        )
        if not self.instance.pk:
            self.initial.pop("passed", None)

    def clean_visited_on(self):
        visited_on = self.cleaned_data["visited_on"]
        if visited_on > timezone.localdate():
            raise forms.ValidationError("考察日期不能晚于今天。")
        return visited_on
