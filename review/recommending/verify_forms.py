"""The recommending unit's forms: a check of the ledger, a verdict on an award, its templates."""

from django import forms

from accounts import dates
from accounts.dates import DayField
from accounts.forms import PlainFields
from applications.files.evidence import ACCEPT, check
from applications.files.limits import FILE_HELP
from applications.workflow import ledger_codes
from review.recommending.checklist import PAPER_OF
from review.recommending.models import AwardCheck, OpinionTemplate, Verification
from review.shared.attachments import Attachment
from review.shared.fields import label_of, whole_number

NO_REASON = "请填写划去的理由。"
PUBLICITY_FIELDS = ("place", "publicity_from", "publicity_to", "objections")


class VerificationForm(PlainFields, forms.ModelForm):
    """One of the three checks about the lead, with issuer, date, result and file.

    When the form is refused for something else, an accepted upload is stored all the same, and
    `attachment` names it. `last` is the row that counts so far, with which the form begins.
    """

    document_date = DayField(dates.DOCUMENT, label=label_of(Verification, "document_date"))
    publicity_from = DayField(dates.DOCUMENT, label=label_of(Verification, "publicity_from"))
    publicity_to = DayField(dates.ENDING, label=label_of(Verification, "publicity_to"))
    upload = forms.FileField(
        label="上传文件",
        required=False,
        widget=forms.FileInput({"accept": ACCEPT}),
        help_text=f"{FILE_HELP}。",
    )

    class Meta:
        model = Verification
        fields = [
            # In pairs, as they stand beside one another.
            "issuer",
            *PUBLICITY_FIELDS,
            "document_date",
            "result",
            "evidence",
            "attachment",
            "upload",
            "note",
        ]
        widgets = {
            "attachment": forms.HiddenInput(),
            "note": forms.Textarea({"rows": 2}),
        }

    def __init__(self, kind, application, user, data=None, files=None, last=None):
        row = Verification.of(application, user, kind)
        initial = {name: getattr(last, name) for name in self.Meta.fields if hasattr(last, name)}
        super().__init__(data, files, instance=row, initial=initial)
        self.kind = kind
        for name in ("issuer", "result"):
            self.fields[name].required = True
        if kind == ledger_codes.Check.PUBLICITY:
            for name in PUBLICITY_FIELDS:
                self.fields[name].required = True
            self.fields["issuer"].label = "公示单位"
            self.fields["document_date"].label = "公示情况说明的日期"
            self.fields["objections"].help_text = "没有异议的填写“无”。"
        else:
            for name in PUBLICITY_FIELDS:
                del self.fields[name]
        copies = application.current_evidence()
        papers = [file for file in copies if file.category == PAPER_OF.get(kind)]
        evidence = self.fields["evidence"]
        evidence.queryset = application.evidence.filter(pk__in=[file.pk for file in copies])
        evidence.empty_label = "不使用"
        evidence.label_from_instance = lambda row: (
            f"{row.get_category_display()}：{row.original_name}"
        )
        if papers and last is None:
            self.initial["evidence"] = papers[-1].pk
        self.fields["attachment"].queryset = application.attachments.filter(
            kind=Attachment.Kind.VERIFICATION
        )
        self.fields["result"].choices = [("", "请选择"), *ledger_codes.Result.choices]
        self.fields["note"].help_text = "结果为“不通过”的须说明。"

    @property
    def kept(self):
        """The `Attachment` that the form names, or None."""
        key = whole_number(str(self["attachment"].value() or ""))
        return self.fields["attachment"].queryset.filter(pk=key).first() if key else None

    def clean_upload(self):
        upload = self.cleaned_data["upload"]
        if upload:
            check(upload)
        return upload

    def clean(self):
        cleaned = super().clean()
        start, end = cleaned.get("publicity_from"), cleaned.get("publicity_to")
        if start and end and end < start:
            self.add_error("publicity_to", "公示结束日期不得早于开始日期。")
        if cleaned.get("result") == ledger_codes.Result.FAILED and not cleaned.get("note"):
            self.add_error("note", "结果为“不通过”的，请填写说明。")
        files = [cleaned.get(name) for name in ("upload", "attachment", "evidence")]
        if not any(files) and "upload" not in self.errors:
            self.add_error("upload", "请上传证明文件，或选择申报单位提供的材料。")
        return cleaned

    @property
    def accepted_upload(self):
        """The uploaded file that was accepted and is not stored yet, or None."""
        return getattr(self, "cleaned_data", {}).get("upload")

    def keep(self, attachment):
        """Name the stored `attachment` instead of the upload, also on the page shown again."""
        self.instance.attachment = attachment
        self.data = self.data.copy()
        self.data["attachment"] = str(attachment.pk)
        self.cleaned_data["upload"] = None


class OriginalForm(forms.Form):
    """Whether a file agrees with its original."""

    action = forms.ChoiceField(choices=ledger_codes.Result.choices)
    note = forms.CharField(
        label="不符之处",
        max_length=Verification._meta.get_field("note").max_length,
        required=False,
    )

    def __init__(self, item, data=None):
        super().__init__(data)
        self.item = item

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("action") == ledger_codes.Result.FAILED and not cleaned.get("note"):
            self.add_error("note", "请说明与原件不符之处。")
        return cleaned


class AwardForm(forms.Form):
    """Whether an award is true, or struck out and why."""

    action = forms.ChoiceField(choices=ledger_codes.Verdict.choices)
    note = forms.CharField(
        label="划去理由",
        max_length=AwardCheck._meta.get_field("reason").max_length,
        required=False,
    )

    def __init__(self, item, data=None):
        initial = {} if item.is_provable else {"note": ledger_codes.UNPROVEN}
        super().__init__(data, initial=initial)
        self.item = item

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("action") == ledger_codes.Verdict.VERIFIED and not self.item.is_provable:
            self.add_error(
                None, f"该奖项没有佐证材料，只能划去（通知附件1：{ledger_codes.UNPROVEN}）。"
            )
        if cleaned.get("action") == ledger_codes.Verdict.STRUCK and not cleaned.get("note"):
            self.add_error("note", NO_REASON)
        return cleaned


class OpinionTemplateForm(PlainFields, forms.ModelForm):
    """A recommending unit's own text for opinions."""

    class Meta:
        model = OpinionTemplate
        fields = ["title", "text"]
        widgets = {"text": forms.Textarea({"rows": 5})}

    def clean_title(self):
        title = self.cleaned_data["title"]
        own = OpinionTemplate.objects.filter(recommending_unit=self.instance.recommending_unit_id)
        if own.filter(title=title).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError("已有同名的模板，请换一个名称。")
        return title
