"""Forms that set up a round and its review: rounds, criteria, evidence, panels, public notices."""

from django import forms
from django.db import transaction
from django.utils import timezone

from accounts.forms import PlainFields
from accounts.models import User
from accounts.roles import Role
from applications.rounds import PROOFS, EvidenceRequirement, Round
from review.calendar import UnknownYear, working_day_end
from review.forms import DateInput, DateTimeInput, dress
from review.models import Criterion, Panel, PublicNotice

ALL_POINTS = 100
CONTACT = "市技能大师工作室评审委员会办公室，83919079、83919075，whzkc@163.com"


class RoundForm(PlainFields, forms.ModelForm):
    """The round itself. What decides scores is locked once scoring has begun."""

    class Meta:
        model = Round
        fields = [
            "title",
            "document_number",
            "year",
            "opens_at",
            "closes_at",
            "report_deadline",
            "review_deadline",
            "quota",
            "minimum_score",
            "trim_from",
            "publicity_days",
            "notice",
        ]
        widgets = {
            name: DateTimeInput()
            for name in ("opens_at", "closes_at", "report_deadline", "review_deadline")
        } | {"notice": forms.Textarea({"rows": 16})}
        help_texts = {"notice": "公布在首页和本批次页面。一段一行，落款前空一行。"}

    def __init__(self, *args, is_scored=False, **kwargs):
        super().__init__(*args, **kwargs)
        if is_scored:
            for name in ("trim_from", "minimum_score"):
                self.fields[name].disabled = True
                self.fields[name].help_text = "评分已经开始，不能再修改。"


class RequirementForm(forms.ModelForm):
    """Of whom one category is required."""

    class Meta:
        model = EvidenceRequirement
        fields = ["required_of"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        dress(self)


class CriterionForm(forms.ModelForm):
    """One criterion; a row whose name is emptied is taken out."""

    class Meta:
        model = Criterion
        fields = ["name", "points", "description"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("name", "points"):
            self.fields[name].required = False
        dress(self)

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("name") and not cleaned.get("points") and "points" not in self.errors:
            self.add_error("points", "请填写满分。")
        typed = cleaned.get("points") or cleaned.get("description")
        if typed and not cleaned.get("name") and not self.instance.pk:
            self.add_error("name", "请填写评分项。")
        return cleaned


class BaseCriterionFormSet(forms.BaseModelFormSet):
    """The criteria of a round: together exactly 100 points."""

    def kept(self):
        """The rows that stay, in order."""
        return [form for form in self.forms if form.cleaned_data.get("name")]

    def clean(self):
        super().clean()
        if any(self.errors):
            return
        total = sum(form.cleaned_data["points"] for form in self.kept())
        if total != ALL_POINTS:
            raise forms.ValidationError(f"各评分项满分合计须为 {ALL_POINTS} 分，现为 {total} 分。")


CriterionFormSet = forms.modelformset_factory(
    Criterion, form=CriterionForm, formset=BaseCriterionFormSet, extra=2, max_num=20
)


class RoundSetup:
    """The page that edits a round: its form, its evidence and its criteria; saved together."""

    def __init__(self, round, data=None):
        self.round = round
        self.is_scored = round.applications.filter(score_sheets__isnull=False).exists()
        self.form = RoundForm(data, instance=round, is_scored=self.is_scored)
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
                ),
            )
            for category in PROOFS
        ]
        # Criteria that experts have scored by are shown, but no longer read from what is posted.
        self.criteria = CriterionFormSet(
            None if self.is_scored else data,
            queryset=Criterion.objects.filter(round=round),
            prefix="criteria",
        )

    @property
    def errors(self):
        """Every error of the page as a list of (field id, sentence)."""
        found = [
            (bound.id_for_label, f"{bound.label}：{error}")
            for form in (self.form, *(form for _, form in self.requirements), *self.criteria.forms)
            for bound in form
            for error in bound.errors
        ]
        found += [("", error) for error in self.form.non_field_errors()]
        found += [("criteria", error) for error in self.criteria.non_form_errors()]
        return found

    def is_valid(self):
        """Judge all parts, so that all errors show at once."""
        parts = [self.form, *(form for _, form in self.requirements)]
        if not self.is_scored:
            parts.append(self.criteria)
        verdicts = [part.is_valid() for part in parts]
        return all(verdicts)

    def save(self):
        """Save everything in one transaction."""
        with transaction.atomic():
            # The form's fields alone: numbers may have been given while it was judged.
            self.round.save(update_fields=self.form.fields)
            for _, form in self.requirements:
                form.save()
            if self.is_scored:
                return
            for form in self.criteria.forms:
                if form.instance.pk and not form.cleaned_data.get("name"):
                    form.instance.delete()
            for position, form in enumerate(self.criteria.kept(), start=1):
                form.instance.round = self.round
                form.instance.position = position
                form.save()


class PanelForm(PlainFields, forms.ModelForm):
    """A panel of a round: the leader is one of the experts, and who has scored stays."""

    class Meta:
        model = Panel
        fields = ["name", "leader", "experts"]
        widgets = {"experts": forms.CheckboxSelectMultiple()}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        experts = User.objects.filter(role=Role.EXPERT, is_active=True)
        if self.instance.pk:
            experts |= self.instance.experts.all()
        experts = experts.distinct().order_by("name", "pk")
        for name in ("leader", "experts"):
            self.fields[name].queryset = experts
            self.fields[name].label_from_instance = self._named
        self.fields["leader"].empty_label = "请选择"

    @staticmethod
    def _named(expert):
        details = "，".join(filter(None, [expert.employer, expert.title]))
        return f"{expert.name}（{details}）" if details else expert.name

    def clean_name(self):
        name = self.cleaned_data["name"]
        others = Panel.objects.filter(round=self.instance.round, name=name)
        if others.exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError("本批次已有同名的专家组。")
        return name

    def clean(self):
        cleaned = super().clean()
        experts, leader = cleaned.get("experts"), cleaned.get("leader")
        if experts is None:
            return cleaned
        if leader and leader not in experts:
            self.add_error("leader", "组长须是本组专家。")
        if self.instance.pk:
            scored = User.objects.filter(
                score_sheets__application__panel_assignment__panel=self.instance
            ).distinct()
            gone = [each.name for each in scored if each not in experts]
            if gone:
                self.add_error("experts", f"{'、'.join(gone)}已有评分，不能移出专家组。")
        return cleaned


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
