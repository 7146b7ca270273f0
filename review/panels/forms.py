"""Setting up an expert panel by hand."""

from django import forms
from django.db import transaction
from django.utils import timezone

from accounts.forms import PlainFields
from accounts.models import User
from accounts.roles import Role
from applications.notify import notifications
from applications.notify.tasks import post
from applications.workflow.perform import Refused
from review.panels.models import ALTERNATES, Alternate, Panel
from review.panels.recusals import settle_panel
from review.panels.scorers import undeclared
from review.shared.fields import SeveralOf
from review.shared.round_changes import RoundChange


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
            self.initial["seen"] = self._words_now()
        experts = experts.distinct().order_by("name", "pk")
        for name in ("leader", "experts", "first_alternate", "second_alternate"):
            self.fields[name].queryset = experts
            self.fields[name].label_from_instance = self._named
        self.fields["leader"].empty_label = "请选择"
        for name, seat in zip(("first_alternate", "second_alternate"), seats, strict=False):
            self.initial[name] = seat.expert_id

    def _words_now(self):
        words = Panel.objects.get(pk=self.instance.pk).in_words()
        return "；".join(f"{name}：{text}" for name, text in words.items())

    @staticmethod
    def _named(expert):
        details = "，".join(filter(None, [expert.employer, expert.title, expert.occupation]))
        return f"{expert.name}（{details}）" if details else expert.name

    def clean_name(self):
        name = self.cleaned_data["name"]
        others = Panel.objects.filter(round=self.instance.round, name=name)
        if others.exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError("本批次已有同名的专家组。")
        return name

    def alternates(self):
        """The chosen alternates, in order."""
        chosen = [self.cleaned_data.get(f"{which}_alternate") for which in ("first", "second")]
        return [each for each in chosen if each][:ALTERNATES]

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
        here = {*experts, *alternates}
        gone = [each.name for each in stepped_in if each not in here]
        if gone:
            self.add_error("first_alternate", f"{'、'.join(gone)}已递补评分，不能移出候补。")
        scored = (
            User.objects.filter(
                **{f"score_sheets__{path}": panel for path, panel in of_panel.items()}
            )
            .exclude(pk__in=stepped_in)
            .distinct()
        )
        gone = [each.name for each in scored if each not in experts]
        if gone:
            self.add_error("experts", f"{'、'.join(gone)}已有评分，不能移出专家组。")

    def save(self, user):
        """Save the panel, its alternates and what changed; return the panel.

        Raises Refused when somebody else has changed it since the page was made.
        """
        with transaction.atomic():
            before = {}
            if self.instance.pk:
                held = Panel.objects.select_for_update().get(pk=self.instance.pk)
                before = held.in_words()
                if self._words_now() != self.cleaned_data["seen"]:
                    raise Refused("专家组刚由他人修改，没有保存，请刷新后再操作。")
            seated = set(self.instance.experts.all()) if self.instance.pk else set()
            panel = super().save()
            panel.alternates.all().delete()
            Alternate.objects.bulk_create(
                Alternate(panel=panel, expert=expert, position=position)
                for position, expert in enumerate(self.alternates(), start=1)
            )
            settle_panel(panel, user)
            after = Panel.objects.get(pk=panel.pk).in_words()
            RoundChange.write(panel.round, user, before, after)
            self._tell_who_joined(panel, seated)
        return panel

    @staticmethod
    def _tell_who_joined(panel, seated):
        """Tell those of a panel's experts who were not `seated` before what waits for them."""
        for expert in panel.experts.exclude(pk__in=[each.pk for each in seated]):
            if number := undeclared(expert).filter(panel_assignment__panel=panel).count():
                key = f"join:{panel.pk}:{timezone.now():%Y%m%d%H%M%S%f}"
                post(notifications.about_seat("join_panel", panel, expert, key, number))
