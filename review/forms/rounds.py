"""Setting up a round: its dates and rules, evidence requirements and criteria."""

from django import forms
from django.db import transaction

from accounts.forms import PlainFields
from applications.rounds import PROOFS, EvidenceRequirement, Round
from review.forms.fields import DateTimeInput, dress
from review.models import Criterion

ALL_POINTS = 100


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
