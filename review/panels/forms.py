"""Setting up an expert panel by hand."""

from django import forms

from accounts.forms import PlainFields
from accounts.models import User
from accounts.roles import Role
from review.panels.models import ALTERNATES, Panel
from review.panels.set_up import NAME_IS_TAKEN, panel_as_text, save_panel
from review.shared.fields import SeveralOf
from review.shared.stroke_order import people_in_order


class PanelForm(PlainFields, forms.ModelForm):
    """A panel of a round: the leader is one of the experts, and who has scored stays.

    Its alternates are two more people, in order.
    """

    first_alternate = forms.ModelChoiceField(
        User.objects.none(), label="第一候补", required=False, empty_label="无"
    )
    second_alternate = forms.ModelChoiceField(
        User.objects.none(), label="第二候补", required=False, empty_label="无"
    )
    # The panel as the page showed it: a stale page does not overwrite.
    seen = forms.CharField(widget=forms.HiddenInput(), required=False)

    class Meta:
        model = Panel
        fields = ["name", "leader", "experts"]
        widgets = {"experts": forms.CheckboxSelectMultiple()}
        field_classes = {"experts": SeveralOf}

    field_order = ["name", "experts", "leader", "first_alternate", "second_alternate"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        experts = User.objects.filter(role=Role.EXPERT, is_active=True)
        seats = []
        if self.instance.pk:
            experts |= self.instance.experts.all()
            experts |= User.objects.filter(alternate_seats__panel=self.instance)
            seats = list(self.instance.alternates.all())
            self.initial["seen"] = panel_as_text(self.instance.pk)
        experts = experts.distinct()
        choices = [(expert.pk, self._named(expert)) for expert in people_in_order(experts)]
        for name in ("leader", "experts", "first_alternate", "second_alternate"):
            field = self.fields[name]
            field.queryset = experts
            first = {"leader": [("", "请选择")], "experts": []}.get(name, [("", field.empty_label)])
            field.choices = [*first, *choices]
        for name, seat in zip(("first_alternate", "second_alternate"), seats, strict=False):
            self.initial[name] = seat.expert_id

    @staticmethod
    def _named(expert):
        details = "，".join(filter(None, [expert.employer, expert.title, expert.occupation]))
        return f"{expert.name}（{details}）" if details else expert.name

    def clean_name(self):
        name = self.cleaned_data["name"]
        others = Panel.objects.filter(round=self.instance.round, name=name)
        if others.exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(f"{NAME_IS_TAKEN}。")
        return name

    def alternates(self):
        """The chosen alternates, in order."""
        chosen = [self.cleaned_data.get(f"{which}_alternate") for which in ("first", "second")]
        return [expert for expert in chosen if expert][:ALTERNATES]

    def clean(self):
        cleaned = super().clean()
        experts, leader = cleaned.get("experts"), cleaned.get("leader")
        alternates = self.alternates()
        if cleaned.get("second_alternate") and not cleaned.get("first_alternate"):
            self.add_error("first_alternate", "请先选第一候补。")
        if len(set(alternates)) < len(alternates):
            self.add_error("second_alternate", "两位候补不能是同一人。")
        if experts is None:
            return cleaned
        if leader and leader not in experts:
            self.add_error("leader", "组长须是本组专家。")
        for name in ("first_alternate", "second_alternate"):
            if cleaned.get(name) and cleaned[name] in experts:
                self.add_error(name, f"{cleaned[name].name}已是本组专家，不能同时候补。")
        if self.instance.pk:
            self._keep_who_has_scored(experts, alternates)
        return cleaned

    def _keep_who_has_scored(self, experts, alternates):
        of_panel = {"application__panel_assignment__panel": self.instance}
        stepped_in = User.objects.filter(
            **{f"substitutions__{path}": panel for path, panel in of_panel.items()}
        ).distinct()
        remaining = {*experts, *alternates}
        gone = [expert.name for expert in stepped_in if expert not in remaining]
        if gone:
            self.add_error("first_alternate", f"{'、'.join(gone)}已递补评分，不能移出候补。")
        scored = (
            User.objects.filter(
                **{f"score_sheets__{path}": panel for path, panel in of_panel.items()}
            )
            .exclude(pk__in=stepped_in)
            .distinct()
        )
        gone = [expert.name for expert in scored if expert not in experts]
        if gone:
            self.add_error("experts", f"{'、'.join(gone)}已有评分，不能移出专家组。")

    def save(self, user):
        """Save the panel and its alternates; return the panel. Raises Refused (`save_panel`)."""
        save_panel(
            self.instance,
            user,
            experts=self.cleaned_data["experts"],
            alternates=self.alternates(),
            seen=self.cleaned_data["seen"],
        )
        return self.instance
