"""The forms of a round's end, of the publication of its results, and of its corrections."""

from django import forms

from accounts import dates
from accounts.dates import DayField
from accounts.fields import TextField
from applications.models import Application
from applications.stages import Stage
from review.results.models import COLUMNS, ResultCorrection, ResultEdition
from review.results.publication import MOVED_ON
from review.shared.fields import SeveralOf, label_of

REASON_LENGTH = ResultCorrection._meta.get_field("reason").max_length
# The fields of a row are named by one of these and the key of its application.
REMOVE, TEXT = "remove", "text"


class EndingForm(forms.Form):
    """Which of the applications in review end with the round, and why.

    What is still with the units ends with it anyway.
    """

    ended = SeveralOf(
        Application.objects.none(),
        label="结束的申报",
        required=False,
        error_messages={"invalid_choice": MOVED_ON},
    )
    reason = TextField(
        label="说明",
        max_length=REASON_LENGTH,
        widget=forms.Textarea({"rows": 3}),
        help_text="会告知各申报单位，并记入每项申报的办理记录。",
        error_messages={"required": "请填写说明。"},
    )
    confirmed = forms.BooleanField(
        label="已逐项核对，上述申报不再办理",
        error_messages={"required": "请核对后勾选。"},
    )

    def __init__(self, data=None, *, endable=()):
        super().__init__(data, prefix="end", initial={"reason": "申报和上报已截止，结束本批次。"})
        self.fields["ended"].queryset = Application.objects.filter(
            pk__in=[application.pk for application in endable]
        )

    @property
    def chosen(self):
        """The keys, as texts, of the applications that are ticked on the page that was sent."""
        return set(self.data.getlist(self.add_prefix("ended"))) if self.is_bound else set()


class DocumentForm(forms.Form):
    """发文文号 and date of a round's results, as they are published.

    `signed_on` is the day on which the finance bureau signed last: the document is not older.
    """

    document_number = TextField(
        label=label_of(ResultEdition, "document_number"),
        max_length=ResultEdition._meta.get_field("document_number").max_length,
        error_messages={"required": "请填写发文文号。"},
    )
    document_date = DayField(
        dates.DOCUMENT,
        label=label_of(ResultEdition, "document_date"),
        error_messages={"required": "请填写发文日期。"},
    )

    def __init__(self, data=None, *, signed_on=None, **kwargs):
        super().__init__(data, **kwargs)
        self.signed_on = signed_on

    def clean_document_date(self):
        date = self.cleaned_data["document_date"]
        if date and self.signed_on and date < self.signed_on:
            raise forms.ValidationError(
                f"发文日期不能早于市财政局会签日期 {self.signed_on:%Y-%m-%d}。"
            )
        return date


class PublicationForm(DocumentForm):
    """The document of a round's results; where nothing was awarded, that has to be confirmed."""

    none_awarded = forms.BooleanField(
        label="确认本批次没有入选项目，仍公布结果",
        error_messages={"required": "本批次没有入选的申报，请勾选确认后再公布结果。"},
    )

    def __init__(self, data=None, *, awarded, **kwargs):
        super().__init__(data, **kwargs)
        if awarded:
            del self.fields["none_awarded"]
        else:
            for name in ("document_number", "document_date"):
                self.fields[name].required = False


class CorrectionForm(DocumentForm):
    """A correction of a published list: the rows to remove, right texts, the document."""

    added = TextField(
        label="增补项目的受理编号",
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text="每行一个，须为本批次未入选的申报；增补须市人社局审定、市财政局会签。",
    )
    reason = TextField(
        label="更正理由",
        max_length=REASON_LENGTH,
        widget=forms.Textarea({"rows": 3}),
        help_text="将在结果页面公开，请不要写入个人隐私。",
        error_messages={"required": "请填写更正理由。"},
    )
    field_order = ["document_number", "document_date", "added", "reason"]

    def __init__(self, data=None, *, edition, **kwargs):
        initial = {
            "document_number": edition.document_number,
            "document_date": edition.document_date,
        }
        super().__init__(data, initial=initial, **kwargs)
        self.edition = edition
        if not edition.rows:
            for name in ("document_number", "document_date"):
                self.fields[name].required = False
        for row in edition.rows:
            key = row["application"]
            self.fields[f"{REMOVE}-{key}"] = forms.BooleanField(label="移出名单", required=False)
            for name, label in COLUMNS.items():
                self.fields[f"{TEXT}-{key}-{name}"] = TextField(
                    label=label,
                    max_length=100,
                    initial=row[name],
                    error_messages={"required": f"请填写{label}。"},
                )

    @property
    def about_list(self):
        """The fields that are about the whole list."""
        return [self[name] for name in ("document_number", "document_date", "added", "reason")]

    @property
    def rows(self):
        """The rows as dicts of row, remove, texts (fields), is_open (whether texts show)."""
        return [
            {
                "row": row,
                "remove": self[f"{REMOVE}-{row['application']}"],
                "texts": [self[f"{TEXT}-{row['application']}-{name}"] for name in COLUMNS],
                "is_open": any(
                    self[f"{TEXT}-{row['application']}-{name}"].errors
                    or self[f"{TEXT}-{row['application']}-{name}"].value() != row[name]
                    for name in COLUMNS
                ),
            }
            for row in self.edition.rows
        ]

    def clean_added(self):
        numbers = dict.fromkeys(self.cleaned_data["added"].split())
        not_selected = Application.objects.filter(
            round=self.edition.round_id, stage=Stage.NOT_SELECTED
        )
        applications = {
            application.number: application
            for application in not_selected.filter(number__in=list(numbers)[:500])
        }
        if unknown := [number for number in numbers if number not in applications]:
            raise forms.ValidationError(
                f"本批次未入选的申报中没有 {'、'.join(unknown[:3])[:80]}，请核对受理编号。"
            )
        return list(applications.values())

    def proposal(self):
        """Return what a valid form proposes, as keyword arguments of `propose_correction`."""
        cleaned = self.cleaned_data
        removed, texts = [], {}
        for row in self.edition.rows:
            key = row["application"]
            if cleaned[f"{REMOVE}-{key}"]:
                removed.append(key)
                continue
            right = {name: cleaned[f"{TEXT}-{key}-{name}"] for name in COLUMNS}
            if changed := {name: text for name, text in right.items() if text != row[name]}:
                texts[str(key)] = changed
        return {
            "number": cleaned["document_number"],
            "date": cleaned["document_date"],
            "added": cleaned["added"],
            "removed": removed,
            "texts": texts,
        }


class RefusalForm(forms.Form):
    """Why a correction is refused or taken back."""

    note = TextField(
        label="理由",
        max_length=ResultCorrection._meta.get_field("ended_note").max_length,
        widget=forms.Textarea({"rows": 2}),
        error_messages={"required": "请填写理由。"},
    )
