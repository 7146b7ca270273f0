"""The forms that set a round up: its dates and rules, evidence requirements and criteria."""

from dataclasses import dataclass

from django import forms
from django.utils import timezone

from accounts import dates
from accounts.dates import MomentField
from accounts.fields import form_field
from accounts.forms import PlainFields
from applications.rounds import PROOFS, EvidenceRequirement, Round
from applications.workflow.guards import moment
from review.rounds.frozen import ONLY_LATER, ONLY_MORE, Locks
from review.rounds.settings import FIELDS, GROUPS, digest_of, points_problem, settings_of
from review.scoring import bands
from review.scoring.models import Criterion
from review.shared.fields import label_of

ALL_POINTS = 100
# The unit of each number whose default the page explains.
UNITS = {
    "most_files": "份",
    "most_pages": "页",
    "minimum_score": "分",
    "trim_from": "人",
    "quota": "个",
    "publicity_days": "个工作日",
    "retention_years": "年",
}
QUORUM = ("quorum_out_of", "quorum_of")


@dataclass(frozen=True)
class Group:
    """One group of the page: its fields, those of the quorum apart, and why some are fixed."""

    key: str
    title: str
    fields: list
    reasons: list
    quorum: list

    @property
    def quorum_default(self):
        """The default of the quorum's two numbers, as the page reads them."""
        out_of, of = (Round._meta.get_field(name).default for name in QUORUM)
        return f"{out_of} 分之 {of}"


class RoundForm(PlainFields, forms.ModelForm):
    """The dates and rules of a round. What its `locks` fix is shown with the reason, not read."""

    opens_at = MomentField(dates.ANY, label=label_of(Round, "opens_at"))
    closes_at = MomentField(dates.ANY, label=label_of(Round, "closes_at"))
    report_deadline = MomentField(dates.ANY, label=label_of(Round, "report_deadline"))
    review_deadline = MomentField(
        dates.ANY, label=label_of(Round, "review_deadline"), required=False
    )

    class Meta:
        model = Round
        fields = FIELDS
        formfield_callback = form_field
        widgets = {"notice": forms.Textarea({"rows": 16})}
        help_texts = {
            "document_number": "通知的发文文号，没有的不填。",
            "year": "评选年度，受理编号由此开始。",
            "notice": "公布在首页和本批次页面。一段一行，落款前空一行。",
            "minimum_score": "专家组平均分低于该分的，不能建议入选。",
            "half_points": "不勾选时，各评分项只能打整数分。",
            "quota": "评审名次据此划出名额线。",
            "retention_years": "自结果公布之日起计算，期满后清除证件号码、联系方式和上传的文件，"
            "评审结论和办理记录长期保存。",
            "most_files": "每项申报合计，不含盖章申报表。",
            "most_pages": "每项申报合计，图片按一页计，不含盖章申报表。",
            "publicity_days": "按国务院节假日安排计算，调休计入。",
        }

    def __init__(self, *args, locks=Locks(), **kwargs):  # noqa: B008 - frozen
        super().__init__(*args, **kwargs)
        self.locks = locks
        for name, unit in UNITS.items():
            default = Round._meta.get_field(name).default
            self.fields[name].help_text += f"默认 {default} {unit}。"
        for name in locks.fixed:
            self.fields[name].disabled = True
        self.earliest = {name: getattr(self.instance, name) for name in locks.only_later}
        self.least = {name: getattr(self.instance, name) for name in locks.only_more}

    @property
    def groups(self):
        """The groups of the page with their fields, the quorum's two by themselves."""
        return [
            Group(
                key,
                title,
                [self[name] for name in names if name not in QUORUM],
                self._reasons(names),
                [self[name] for name in QUORUM if name in names],
            )
            for key, title, names in GROUPS
        ]

    def _reasons(self, names):
        """Return (labels, why they are fixed or only grow) of the fields, each reason once."""
        reasons = {name: reason for name, reason in self.locks.fixed.items() if name in names}
        reasons |= {name: ONLY_LATER for name in self.locks.only_later if name in names}
        reasons |= {name: ONLY_MORE for name in self.locks.only_more if name in names}
        by_reason = {}
        for name in names:
            if name in reasons and name != "quorum_out_of":
                label = "评分法定比例" if name == "quorum_of" else str(self.fields[name].label)
                by_reason.setdefault(reasons[name], []).append(label)
        return [("、".join(labels), reason) for reason, labels in by_reason.items()]

    def clean_title(self):
        title = self.cleaned_data["title"]
        if self.instance.pk is None and Round.objects.filter(title=title).exists():
            raise forms.ValidationError(
                "已有同名的评选批次，请先核对；确需另建的，请改用其他名称。"
            )
        return title

    def clean(self):
        cleaned = super().clean()
        assert cleaned is not None
        year, opens_at = cleaned.get("year"), cleaned.get("opens_at")
        if year and opens_at and "year" not in self.locks.fixed:
            opening = timezone.localtime(opens_at).year
            if abs(year - opening) > 1:  # a call may open at the end of the year before
                self.add_error("year", f"年度与申报开始时间（{opening} 年）不符，请核对。")
        for name, before in self.earliest.items():
            if before is None or name in self.errors:
                continue
            typed_before = before.replace(second=0, microsecond=0)  # the page shows no seconds
            if cleaned.get(name) is None or cleaned[name] < typed_before:
                self.add_error(name, f"原定{moment(before)}，{ONLY_LATER}")
            elif cleaned[name] == typed_before:
                cleaned[name] = before
        for name, before in self.least.items():
            if name in cleaned and cleaned[name] < before:
                self.add_error(name, f"原定 {before}，{ONLY_MORE}")
        return cleaned


class RequirementForm(forms.ModelForm):
    """Who has to provide one category; after a submission the requirement is only loosened."""

    class Meta:
        model = EvidenceRequirement
        fields = ["required_of"]

    def __init__(self, *args, locks=Locks(), **kwargs):  # noqa: B008 - frozen
        super().__init__(*args, **kwargs)
        field = self.fields["required_of"]
        allowed = locks.requirements(self.instance.required_of)
        field.choices = [(choice.value, choice.label) for choice in allowed]
        field.disabled = len(allowed) == 1
        field.error_messages["invalid_choice"] = "请从所列的选项中选择。"


class CriterionForm(forms.ModelForm):
    """One criterion; a row whose name is emptied is taken out."""

    class Meta:
        model = Criterion
        fields = ["name", "points", "description", "bands"]
        formfield_callback = form_field
        widgets = {"bands": forms.Textarea({"rows": 3})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("name", "points"):
            self.fields[name].required = False

    def clean_bands(self):
        return bands.tidy(self.cleaned_data["bands"])

    def clean(self):
        cleaned = super().clean()
        points = cleaned.get("points")
        if cleaned.get("name") and not points and "points" not in self.errors:
            self.add_error("points", "请填写满分。")
        typed = points or cleaned.get("description") or cleaned.get("bands")
        if typed and not cleaned.get("name") and not self.instance.pk:
            self.add_error("name", "请填写评分项。")
        if cleaned.get("bands") and points and cleaned.get("name"):
            problem = bands.problem(cleaned["bands"], points)
            if problem:
                self.add_error("bands", problem)
        return cleaned


class BaseCriterionFormSet(forms.BaseModelFormSet):
    """The criteria of a round: together exactly 100 points."""

    def kept(self):
        """Return the forms of the criteria that stay, in order."""
        return [form for form in self.forms if form.cleaned_data.get("name")]

    def clean(self):
        super().clean()
        if any(self.errors):
            return
        if problem := points_problem(form.cleaned_data["points"] for form in self.kept()):
            raise forms.ValidationError(problem)


CriterionFormSet = forms.modelformset_factory(
    Criterion, form=CriterionForm, formset=BaseCriterionFormSet, extra=2, max_num=20
)


class RoundSetup:
    """All forms of the page that edits a round; `record.save_setup` saves them together."""

    def __init__(self, round, data=None):
        self.round = round
        self.locks = Locks.of(round)
        self.form = RoundForm(data, instance=round, locks=self.locks)
        # The settings as the page showed them: it must not overwrite later changes.
        self.seen = digest_of(settings_of(round)) if data is None else data.get("seen", "")
        saved = {row.category: row for row in round.evidence_requirements.all()}
        nobody = EvidenceRequirement.RequiredOf.NOBODY
        self.requirements = [
            (
                category,
                RequirementForm(
                    data,
                    prefix=category.value,
                    instance=saved.get(category)
                    or EvidenceRequirement(round=round, category=category, required_of=nobody),
                    locks=self.locks,
                ),
            )
            for category in PROOFS
        ]
        # Criteria that experts have scored by are shown, but no longer read from what is posted.
        self.criteria = CriterionFormSet(
            None if self.locks.is_scored else data,
            queryset=Criterion.objects.filter(round=round),
            prefix="criteria",
        )

    @property
    def errors(self):
        """Every error of the page as a list of (field id, sentence)."""
        errors = [
            (bound.id_for_label, f"{bound.label}：{error}")
            for form in (self.form, *(form for _, form in self.requirements), *self.criteria.forms)
            for bound in form
            for error in bound.errors
        ]
        errors += [("", error) for error in self.form.non_field_errors()]
        errors += [("criteria", error) for error in self.criteria.non_form_errors()]
        return errors

    def is_valid(self):
        """Judge all parts, so that all errors show at once."""
        parts: list[forms.BaseForm | forms.BaseFormSet] = [
            self.form,
            *(form for _, form in self.requirements),
        ]
        if not self.locks.is_scored:
            parts.append(self.criteria)
        verdicts = [part.is_valid() for part in parts]
        return all(verdicts)
