"""Public notices and objections."""

from django import forms
from django.utils import timezone

from accounts.forms import PlainFields
from review.calendar import UnknownYear, working_day_end
from review.forms.fields import DateInput, label_of
from review.models import Objection, PublicNotice

CONTACT = "市技能大师工作室评审委员会办公室，83919079、83919075，whzkc@163.com"


class PublicNoticeForm(PlainFields, forms.ModelForm):
    """A public notice; its end is worked out, or typed for a year that the calendar lacks."""

    class Meta:
        model = PublicNotice
        fields = ["starts_on", "ends_on", "contact"]
        widgets = {"starts_on": DateInput(), "ends_on": DateInput()}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.days = self.instance.round.publicity_days
        self.initial["contact"] = self.instance.contact or CONTACT
        self.initial["ends_on"] = None
        self.fields["ends_on"].required = False
        self.fields[
            "ends_on"
        ].help_text = (
            f"留空则自动计算：自开始日期起 {self.days} 个工作日，按国务院公布的放假和调休安排。"
        )

    def clean_starts_on(self):
        starts_on = self.cleaned_data["starts_on"]
        if starts_on < timezone.localdate():
            raise forms.ValidationError("公示开始日期不得早于今天。")
        return starts_on

    def clean(self):
        cleaned = super().clean()
        starts_on, typed = cleaned.get("starts_on"), cleaned.get("ends_on")
        if starts_on is None or "ends_on" in self.errors:
            return cleaned
        try:
            earliest = working_day_end(starts_on, self.days)
        except UnknownYear as error:
            if typed is None:
                self.add_error("ends_on", str(error))
            elif (typed - starts_on).days + 1 < self.days:  # too short even without a day off
                self.add_error("ends_on", f"公示不得少于 {self.days} 个工作日。")
            return cleaned
        if typed and typed < earliest:
            self.add_error(
                "ends_on", f"公示不得少于 {self.days} 个工作日，最早到 {earliest:%Y-%m-%d} 结束。"
            )
        cleaned["ends_on"] = typed or earliest
        return cleaned


class ObjectionForm(PlainFields, forms.ModelForm):
    """An objection that the office received."""

    class Meta:
        model = Objection
        fields = ["raised_by", "contact", "received_on", "text"]
        widgets = {"received_on": DateInput(), "text": forms.Textarea({"rows": 6})}

    def clean_received_on(self):
        received_on = self.cleaned_data["received_on"]
        if received_on > timezone.localdate():
            raise forms.ValidationError("收到日期不能晚于今天。")
        return received_on


class ObjectionAnswerForm(PlainFields, forms.ModelForm):
    """How an objection was resolved."""

    class Meta:
        model = Objection
        fields = ["outcome", "answer"]
        widgets = {"outcome": forms.RadioSelect(), "answer": forms.Textarea({"rows": 6})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["outcome"] = forms.ChoiceField(
            label=label_of(Objection, "outcome"),
            choices=Objection.Outcome.choices,
            widget=forms.RadioSelect(),
            error_messages={"required": "请选择处理结论。"},
        )
        self.fields["answer"].required = True
