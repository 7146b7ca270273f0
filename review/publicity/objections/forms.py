"""The forms of objections: raised on the public page or entered by the office, then handled."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts import dates
from accounts.dates import DayField
from accounts.fields import form_field
from accounts.forms import PlainFields
from applications.files import evidence
from applications.files.limits import KINDS, MEGABYTE
from review.publicity.objections.models import Objection, ObjectionStep
from review.shared.fields import label_of

FILES_LIMIT = 5
TOTAL_LIMIT = 40 * MEGABYTE
LEAST_FACTS = 10  # characters
NAMED, ANONYMOUS = "named", "anonymous"


class FilesInput(forms.ClearableFileInput):
    """A file field that takes several files."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Up to FILES_LIMIT files, each checked by its content (`evidence.check`)."""

    widget = FilesInput

    def clean(self, data, initial=None):
        files = [super(FilesField, self).clean(file, initial) for file in data or []]
        if len(files) > FILES_LIMIT:
            raise ValidationError(f"最多上传 {FILES_LIMIT} 个文件，请合并后上传。")
        if sum(file.size for file in files) > TOTAL_LIMIT:
            raise ValidationError(
                f"文件合计超过 {TOTAL_LIMIT // MEGABYTE} MB 的上限，请压缩后上传。"
            )
        problems = []
        for file in files:
            try:
                evidence.check(file)
            except ValidationError as error:
                problems += [f"“{evidence.clean_name(file.name)}”：{text}" for text in error]
        if problems:
            raise ValidationError(problems)
        return files


def files_field():
    return FilesField(
        label="证明材料",
        required=False,
        widget=FilesInput({"accept": evidence.ACCEPT}),
        help_text=f"可不上传；{KINDS}，最多 {FILES_LIMIT} 个，"
        f"合计不超过 {TOTAL_LIMIT // MEGABYTE} MB。",
    )


class ObjectionForm(PlainFields, forms.ModelForm):
    """An objection that the office received by letter, phone or in person."""

    received_on = DayField(
        dates.DONE, label=label_of(Objection, "received_on"), initial=timezone.localdate
    )
    files = files_field()

    class Meta:
        model = Objection
        fields = ["raised_by", "contact", "received_on", "text"]
        formfield_callback = form_field
        help_texts = {"contact": "来信来电没有留下的可以不填；不填的，无法答复提出人。"}
        widgets = {"text": forms.Textarea({"rows": 6})}


class PublicObjectionForm(PlainFields, forms.ModelForm):
    """An objection that somebody raises on the public page while the notice runs.

    `named` says whether it is raised under a name; whoever gives a name gives a contact too. Who
    stays anonymous need not leave a contact, but then cannot be asked or answered.
    """

    named = forms.ChoiceField(
        label="提出方式",
        choices=[(NAMED, "实名"), (ANONYMOUS, "匿名")],
        initial=NAMED,
        widget=forms.RadioSelect(),
        help_text="实名提出的，办理情况和结果将向您答复。匿名提出的可以不留联系方式；"
        "不留的，无法向您核实情况，您也不能收到答复，只能凭受理号查询办理情况和结果。",
    )
    files = files_field()
    # Nobody sees this field; only programs fill it in.
    website = forms.CharField(label="网址（请勿填写）", required=False)

    class Meta:
        model = Objection
        fields = ["application", "raised_by", "contact", "text"]
        formfield_callback = form_field
        widgets = {"text": forms.Textarea({"rows": 8})}
        help_texts = {
            "raised_by": "单位提出的填写单位名称。匿名的不用填写。",
            "contact": "手机、固定电话或电子邮箱，实名的必填，匿名的可以不填。"
            "仅供评审办公室核实情况和答复，不会公开，也不会告知申报单位。",
            "text": "请写明具体事实、时间和依据，不超过 2000 字。",
        }

    field_order = ["application", "named", "raised_by", "contact", "text", "files", "website"]

    def __init__(self, data=None, files=None, *, applications, chosen=""):
        super().__init__(data, files)
        field = self.fields["application"]
        field.label, field.empty_label = "反映的项目", "请选择"
        field.error_messages["invalid_choice"] = "请选择公示名单中的项目。"
        field.queryset = applications
        field.label_from_instance = self._named
        self.initial["application"] = chosen
        self.fields["website"].widget.attrs |= {"tabindex": "-1", "autocomplete": "off"}

    @staticmethod
    def _named(application):
        return f"{application.lead_name}（{application.unit_name}，{application.lead_occupation}）"

    def clean_text(self):
        text = self.cleaned_data["text"]
        if len(text) < LEAST_FACTS:
            raise forms.ValidationError(f"请写明具体事实，至少 {LEAST_FACTS} 个字。")
        return text

    def clean_contact(self):
        contact = self.cleaned_data["contact"]
        digits = sum(character.isdecimal() for character in contact)
        if contact and "@" not in contact and digits < 7:
            raise forms.ValidationError("请填写能联系到您的电话号码或电子邮箱。")
        return contact

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("website"):
            self.add_error(None, "没有提交成功，请刷新页面后重新填写。")
        if cleaned.get("named") == NAMED and not cleaned.get("raised_by"):
            self.add_error("raised_by", "实名提出的，请填写姓名或单位名称。")
        if cleaned.get("named") == NAMED and cleaned.get("contact") == "":
            self.add_error("contact", "实名提出的，请填写联系方式，以便答复。")
        if cleaned.get("named") == ANONYMOUS:
            cleaned["raised_by"] = ""
        return cleaned


class StepForm(PlainFields, forms.Form):
    """One step of the office in the handling of an objection.

    `step()` of a subclass returns (kind, changes) as `record.take_step` takes them.
    """


def long_field(label, **attributes):
    return forms.CharField(
        label=label,
        max_length=ObjectionStep._meta.get_field("text").max_length,
        widget=forms.Textarea({"rows": 6}),
        **attributes,
    )


class AcceptanceForm(StepForm):
    """Whether the office accepts an objection, and why."""

    label = "受理审查"
    consequence = "受理后进行调查；不予受理的，理由即为给提出人的答复。"
    decision = forms.ChoiceField(
        label="是否受理",
        choices=[("ACCEPTED", "受理"), ("DECLINED", "不予受理")],
        widget=forms.RadioSelect(),
    )
    text = long_field("理由", required=False, help_text="不予受理的须写明理由，提出人可以看到。")

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("decision") == "DECLINED" and not cleaned.get("text"):
            self.add_error("text", "不予受理的，请填写理由。")
        return cleaned

    def step(self):
        text = self.cleaned_data["text"]
        if self.cleaned_data["decision"] == "ACCEPTED":
            return ObjectionStep.Kind.ACCEPTED, {"text": text}
        declined = Objection.Outcome.DECLINED
        return ObjectionStep.Kind.DECLINED, {"outcome": declined, "answer": text}


class InvestigationForm(StepForm):
    """What an investigation found, and who investigated."""

    label = "登记调查情况"
    consequence = "调查情况仅供内部存档，不向提出人公开；登记后填写答复。"
    investigators = forms.CharField(
        label="调查人员",
        max_length=ObjectionStep._meta.get_field("investigators").max_length,
        help_text="两人以上，姓名之间用顿号隔开。",
    )
    text = long_field("调查情况")

    def step(self):
        return ObjectionStep.Kind.INVESTIGATED, dict(self.cleaned_data)


class AnswerForm(StepForm):
    """The outcome of an objection, and the answer to the objector."""

    label = "答复"
    consequence = "结论为“成立”的，该项目立即从公示名单中去除；答复内容提出人凭受理号可以看到。"
    outcome = forms.ChoiceField(
        label=label_of(Objection, "outcome"),
        choices=[
            (outcome.value, outcome.label)
            for outcome in (Objection.Outcome.DISMISSED, Objection.Outcome.UPHELD)
        ],
        widget=forms.RadioSelect(),
    )
    answer = long_field("给提出人的答复", help_text="不要写出其他提出人的姓名和联系方式。")

    def step(self):
        return ObjectionStep.Kind.ANSWERED, dict(self.cleaned_data)


class CorrectionForm(AnswerForm):
    """Corrects the outcome or the answer; the earlier one stays on record."""

    label = "更正答复"


# The form of the office's next step, by the state of the objection (`Objection.state`).
NEXT = {
    ObjectionStep.Kind.RECEIVED: AcceptanceForm,
    ObjectionStep.Kind.ACCEPTED: InvestigationForm,
    ObjectionStep.Kind.INVESTIGATED: AnswerForm,
    ObjectionStep.Kind.ANSWERED: CorrectionForm,
    ObjectionStep.Kind.DECLINED: AcceptanceForm,
}
