"""The forms of public notices: publishing, extending and withdrawing them."""

from django import forms
from django.utils import timezone

from accounts import dates
from accounts.dates import DayField
from accounts.fields import form_field
from accounts.forms import PlainFields
from review.publicity.models import NoticeChange, PublicNotice
from review.publicity.working_days import UnknownYear, working_day_end
from review.shared.fields import label_of

CONTACT = "市技能大师工作室评审委员会办公室，83919079、83919075，whzkc@163.com"
END_UNCHECKED = "请写明结束日期是怎样核对的。"


class PublicNoticeForm(PlainFields, forms.ModelForm):
    """A public notice. Its last day is worked out from its first.

    In a year whose holidays the calendar does not know, the office types the last day and how it
    was checked.
    """

    starts_on = DayField(
        dates.COMING, label=label_of(PublicNotice, "starts_on"), initial=timezone.localdate
    )
    ends_on = DayField(dates.COMING, label=label_of(PublicNotice, "ends_on"), required=False)

    class Meta:
        model = PublicNotice
        fields = ["starts_on", "ends_on", "end_note", "contact"]
        formfield_callback = form_field

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.days = self.instance.round.publicity_days
        self.initial["contact"] = self.instance.contact or CONTACT
        self.initial["ends_on"] = None
        self.fields[
            "ends_on"
        ].help_text = (
            f"留空则自动计算：自开始日期起 {self.days} 个工作日，按国务院公布的放假和调休安排。"
        )
        self.fields[
            "end_note"
        ].help_text = (
            "仅在系统日历没有该年度放假安排时填写，例如：已对照国务院办公厅放假通知逐日核对。"
        )

    def clean(self):
        cleaned = super().clean()
        starts_on, typed = cleaned.get("starts_on"), cleaned.get("ends_on")
        if starts_on is None or "ends_on" in self.errors:
            return cleaned
        try:
            earliest = working_day_end(starts_on, self.days)
        except UnknownYear as error:
            self._judge_typed_end(starts_on, typed, str(error))
            return cleaned
        cleaned["end_note"] = ""
        if typed and typed < earliest:
            self.add_error(
                "ends_on", f"公示不得少于 {self.days} 个工作日，最早到 {earliest:%Y-%m-%d} 结束。"
            )
        cleaned["ends_on"] = typed or earliest
        return cleaned

    def _judge_typed_end(self, starts_on, typed, sentence):
        """Judge a last day that the calendar cannot check; `sentence` asks for it."""
        if typed is None:
            self.add_error("ends_on", sentence)
        elif (typed - starts_on).days + 1 < self.days:  # too short even without a day off
            self.add_error("ends_on", f"公示不得少于 {self.days} 个工作日。")
        if not self.cleaned_data.get("end_note"):
            self.add_error("end_note", END_UNCHECKED)
        self.instance.end_confirmed_by = self.instance.published_by


class NoticeChangeForm(PlainFields, forms.ModelForm):
    """Why a notice is withdrawn."""

    class Meta:
        model = NoticeChange
        fields = ["reason"]
        widgets = {"reason": forms.Textarea({"rows": 3})}
        help_texts = {"reason": "理由将在公示页面公开。"}


class ExtensionForm(NoticeChangeForm):
    """The new last day of a notice, and why it runs longer."""

    class Meta(NoticeChangeForm.Meta):
        fields = ["ends_on", "reason"]

    ends_on = DayField(dates.COMING, label=label_of(NoticeChange, "ends_on"))
    end_note = forms.CharField(
        label=label_of(PublicNotice, "end_note"),
        max_length=PublicNotice._meta.get_field("end_note").max_length,
        required=False,
        help_text="仅在系统日历没有该年度放假安排时填写。",
    )
    field_order = ["ends_on", "end_note", "reason"]

    def clean(self):
        cleaned = super().clean()
        ends_on, notice = cleaned.get("ends_on"), self.instance.notice
        if ends_on is None:
            return cleaned
        if ends_on <= notice.ends_on:
            self.add_error("ends_on", f"新的结束日期须晚于原结束日期 {notice.ends_on:%Y-%m-%d}。")
        try:
            working_day_end(ends_on, 1)
        except UnknownYear:
            if not cleaned.get("end_note"):
                self.add_error("end_note", END_UNCHECKED)
        else:
            cleaned["end_note"] = ""
        return cleaned
