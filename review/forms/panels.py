"""Setting up an expert panel."""

from django import forms

from accounts.forms import PlainFields
from accounts.models import User
from accounts.roles import Role
from review.models import Panel


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
