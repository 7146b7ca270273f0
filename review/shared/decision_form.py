"""The form of a decision, and the remarks of a return."""

import datetime

from django import forms
from django.utils import timezone

from accounts import dates
from accounts.dates import DayField, MomentField
from accounts.fields import NameField
from accounts.models import RecommendingUnit
from applications.form.definition import SECTIONS
from applications.models import Application, Evidence, Opinion, Remark
from applications.rounds import PROOFS, EvidenceCategory
from applications.workflow.table import NEEDS
from review.shared.fields import label_of, long_text, whole_number

RETURN_DAYS = 7
REMARK_ROWS, REMARK_LIMIT = 4, 20
CLOSE_OF_BUSINESS = datetime.time(17)


class DecisionForm(forms.Form):
    """What one transition asks for: a field for each of its `needs`, and an optional opinion.

    `application` adds its files to the targets of a return's remarks. Without `data` the form may
    begin with `typed` (a QueryDict that was sent before, shown again without being judged) or with
    `initial`; `remarks` are the rows (dicts of about and text) that a return begins with.
    """

    def __init__(
        self, rule, user, data=None, *, application=None, typed=None, initial=None, remarks=()
    ):
        super().__init__(data, prefix=None, initial=typed.dict() if typed else initial)
        self.rule = rule
        fields = {
            "text": lambda: long_text(label_of(Opinion, "text"), NEEDS["text"]),
            "reason": lambda: long_text("理由", NEEDS["reason"]),
            "deadline": self._deadline,
            "to_unit": lambda: forms.ModelChoiceField(
                RecommendingUnit.objects.filter(is_active=True).exclude(
                    pk=user.recommending_unit_id
                ),
                label="转交到",
                empty_label="请选择",
                error_messages={"required": NEEDS["to_unit"]},
            ),
            "signatory": lambda: NameField(
                label=label_of(Opinion, "signatory"),
                max_length=50,
                initial=user.name,
                error_messages={"required": NEEDS["signatory"]},
            ),
            "signed_on": lambda: DayField(
                dates.DONE,
                label=label_of(Opinion, "signed_on"),
                initial=timezone.localdate,
                error_messages={"required": NEEDS["signed_on"]},
            ),
        }
        if not {"text", "reason"} & set(rule.needs):
            self.fields["text"] = long_text(label_of(Opinion, "text"), "", rows=3)
            self.fields["text"].required = False
        for name, field in fields.items():
            if name in rule.needs:
                self.fields[name] = field()
        if rule.name == "conclude_for" and application:
            self._state_places(application.round)
        if rule.name == "accept_redirect":
            self.fields["whole_unit"] = forms.BooleanField(
                label="该申报单位今后也由本单位推荐", required=False
            )
        self.remarks = None
        if rule.name == "return":
            rows = typed_remarks(typed) if typed else list(remarks)
            self.remarks = RemarkFormSet(
                data,
                prefix="remarks",
                initial=rows,
                form_kwargs={"targets": remark_targets(application)},
            )
            self.remarks.extra = 1 if typed else max(1, REMARK_ROWS - len(rows))

    def _state_places(self, round_):
        """Say how many of the round's places are taken; ask for the reason once all of them are."""
        places = f"本批次入选名额 {round_.quota} 项"
        if round_.number_selected < round_.quota:
            # How far other panels have come is not the leader's to know.
            self.fields["text"].help_text = f"{places}，尚未满额。"
            return
        sentence = "请填写超出入选名额的理由。"
        self.fields["explanation"] = long_text("超出入选名额的理由", sentence, rows=2)
        self.fields[
            "explanation"
        ].help_text = f"{places}，已建议入选 {round_.number_selected} 项，名额已满。"

    def _deadline(self):
        return MomentField(
            dates.COMING,
            label=label_of(Application, "return_deadline"),
            initial=lambda: datetime.datetime.combine(
                timezone.localdate() + datetime.timedelta(days=RETURN_DAYS), CLOSE_OF_BUSINESS
            ),
            error_messages={"required": NEEDS["deadline"]},
        )

    def is_valid(self):
        """Whether the form and its remarks are valid."""
        valid = super().is_valid()
        return valid and (self.remarks is None or self.remarks.is_valid())

    def data_for_perform(self):
        """Return the data of a valid form as `workflow.perform()` takes it."""
        data = dict(self.cleaned_data)
        if self.remarks is not None:
            data["remarks"] = self.remarks.filled_in()
        return data


def typed_remarks(typed):
    """Return the rows of remarks that were sent, also empty ones, as initial data of a form set."""
    total = whole_number(typed.get("remarks-TOTAL_FORMS", "")) or 0
    return [
        {name: typed.get(f"remarks-{number}-{name}", "") for name in ("about", "text")}
        for number in range(min(total, REMARK_LIMIT))
    ]


def remark_targets(application=None):
    """Return the choices of a remark: every section, field and file, grouped by section.

    A target is "section:" or "section:field"; that of a file is "section:file-<its key>".
    """
    files = application.current_evidence() if application else []
    groups: list[tuple[str, str | list[tuple[str, str]]]] = [("", "请选择")]
    for section in SECTIONS:
        parts = [(f"{section.key}:", f"{section.title}（整体）")]
        parts += [(f"{section.key}:{item.name}", item.full_label) for item in section.items]
        if section.rows == "evidence":
            parts += [(f"{section.key}:{category}", category.label) for category in PROOFS]
        parts += [
            (f"{section.key}:file-{row.pk}", f"{row.get_category_display()}：{row.original_name}")
            for row in files
            if section.rows in {"evidence", "stamp"}
            and (row.category == EvidenceCategory.STAMPED) == (section.rows == "stamp")
        ]
        groups.append((section.title, parts))
    return groups


class RemarkForm(forms.Form):
    """One field, section or file that has to be corrected, and how."""

    about = forms.ChoiceField(label=label_of(Remark, "field"), required=False)
    text = forms.CharField(
        label=label_of(Remark, "text"),
        max_length=Remark._meta.get_field("text").max_length,
        required=False,
    )

    def __init__(self, *args, targets, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["about"].choices = targets

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("about") and not cleaned.get("text"):
            self.add_error("text", "请填写修改要求。")
        if cleaned.get("text") and not cleaned.get("about") and "about" not in self.errors:
            self.add_error("about", "请选择栏目。")
        return cleaned


class BaseRemarkFormSet(forms.BaseFormSet):
    """The remarks of a return."""

    def filled_in(self):
        """Return the remarks that are filled in, as `perform()` takes them."""
        remarks = []
        for form in self.forms:
            if text := form.cleaned_data.get("text"):
                section, field = form.cleaned_data["about"].split(":")
                remark = {"section": section, "field": field, "text": text}
                if field.startswith("file-"):
                    file = Evidence.objects.get(pk=field.removeprefix("file-"))
                    remark |= {"field": file.category, "evidence": file}
                remarks.append(remark)
        return remarks

    @property
    def may_grow(self):
        """Whether the user may add another row."""
        return self.total_form_count() < REMARK_LIMIT


RemarkFormSet = forms.formset_factory(
    RemarkForm,
    formset=BaseRemarkFormSet,
    extra=REMARK_ROWS,
    max_num=REMARK_LIMIT,
    absolute_max=REMARK_LIMIT,
)
