"""Why an expert does not score, and who sits instead."""

from django import forms

from accounts.forms import PlainFields
from accounts.models import User
from review.panels.models import Recusal, Replacement
from review.shared.stroke_order import people_in_order

REASON_LIMIT: int = Recusal._meta.get_field("reason").max_length


class RecusalForm(PlainFields, forms.Form):
    """Why an expert is not to score an application."""

    reason = forms.CharField(
        label=Recusal._meta.get_field("reason").verbose_name,
        max_length=REASON_LIMIT,
        widget=forms.Textarea({"rows": 3}),
        help_text="例如：与领办人有师徒关系。评审办公室和专家组组长会看到这段文字。",
    )


class ExpertField(forms.ModelChoiceField):
    """One of the panel's people, by name and employer."""

    def __init__(self, **kwargs):
        super().__init__(User.objects.none(), empty_label="请选择", **kwargs)

    def label_from_instance(self, expert):
        return f"{expert.name}（{expert.employer}）" if expert.employer else expert.name


class RecusalField(forms.ModelChoiceField):
    """A recusal, by what it is about."""

    def __init__(self, **kwargs):
        super().__init__(Recusal.objects.none(), empty_label="请选择", **kwargs)

    def label_from_instance(self, recusal):
        return f"{recusal.application.number}　{recusal.expert.name}回避"


class SeatForm(PlainFields, forms.Form):
    """Which alternate steps in for a recused expert, and why this one."""

    recusal = RecusalField(label="回避")
    alternate = ExpertField(label="递补专家")
    reason = forms.CharField(label="理由", max_length=REASON_LIMIT)

    def __init__(self, *args, recusals, alternates, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["recusal"].queryset = recusals
        self.fields["alternate"].queryset = alternates


class ReplacementForm(PlainFields, forms.Form):
    """An absent expert, and the alternate who takes the seat for the whole panel."""

    absent = ExpertField(label="缺席的专家")
    alternate = ExpertField(label="接替的候补专家")
    reason = forms.CharField(
        label="更换理由", max_length=Replacement._meta.get_field("reason").max_length
    )

    def __init__(self, *args, experts, alternates, **kwargs):
        super().__init__(*args, **kwargs)
        absent = self.fields["absent"]
        absent.queryset = experts
        listed = [(each.pk, absent.label_from_instance(each)) for each in people_in_order(experts)]
        absent.choices = [("", absent.empty_label), *listed]
        self.fields["alternate"].queryset = alternates
