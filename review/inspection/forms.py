"""The plan of a site visit, and the record of it."""

import json
import uuid

from crispy_forms.helper import FormHelper
from django import forms
from django.db import models

from accounts import dates
from accounts.dates import DayField, MomentField
from accounts.fields import TextField
from accounts.forms import PlainFields
from accounts.models import User
from accounts.roles import Role
from review.inspection.models import Inspection, InspectionItem, InspectionPlan, Item
from review.inspection.record import field_of, parts_of
from review.shared.fields import SeveralOf, label_of
from review.shared.stroke_order import people_in_order

PREPARATION = (
    "请备好营业执照、设立工作室的文件、领办人证书原件、规章制度、培训和带徒记录、经费使用凭证；"
    "请领办人和主要成员在场。"
)


# --- The plan ---


class PlanForm(PlainFields, forms.Form):
    """What the visits of one trip have in common: who goes, whom to ask, what to prepare."""

    inspectors = SeveralOf(
        label=label_of(InspectionPlan, "inspectors"),
        queryset=User.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        help_text="从评审办公室和评审专家中选择两人以上。姓名不告知申报单位。",
    )
    contact = TextField(
        label=label_of(InspectionPlan, "contact"),
        max_length=InspectionPlan._meta.get_field("contact").max_length,
        help_text="告知申报单位，例如：评审办公室，83919079。",
    )
    preparation = forms.CharField(
        label=label_of(InspectionPlan, "preparation"),
        max_length=InspectionPlan._meta.get_field("preparation").max_length,
        widget=forms.Textarea({"rows": 4}),
    )

    def __init__(self, *args, applications, **kwargs):
        super().__init__(*args, **kwargs)
        self.applications = applications
        people = User.objects.in_use().filter(role__in=[Role.OFFICE, Role.EXPERT])
        field = self.fields["inspectors"]
        field.queryset = people
        of_office_first = sorted(people_in_order(people), key=lambda user: user.role != Role.OFFICE)
        field.choices = [
            (user.pk, f"{user.name}（{user.get_role_display()}）") for user in of_office_first
        ]

    def clean_inspectors(self):
        inspectors = self.cleaned_data["inspectors"]
        if len(inspectors) < 2:
            raise forms.ValidationError("考察人员须两人以上。")
        chosen = {user.pk: user.name for user in inspectors}
        for application in self.applications:
            for recusal in application.recusals.all():
                if recusal.expert_id in chosen:
                    raise forms.ValidationError(
                        f"{chosen[recusal.expert_id]}须回避“{application.studio_title}”，"
                        "请改选其他人员。"
                    )
        return inspectors


class StopForm(PlainFields, forms.ModelForm):
    """When and where one of the studios is visited."""

    visit_at = MomentField(dates.COMING, label=label_of(InspectionPlan, "visit_at"))

    class Meta:
        model = InspectionPlan
        fields = ["visit_at", "place"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # What was planned may be past when something else of it is changed.
        if self.instance.pk and not (self.is_bound and "visit_at" in self.changed_data):
            self.fields["visit_at"].span = dates.PLANNED


def stop_forms(applications, data=None):
    """Return the `StopForm` of each application, place filled in; uses `inspection_plan`."""
    return [
        StopForm(
            data,
            prefix=str(application.pk),
            instance=getattr(application, "inspection_plan", None)
            or InspectionPlan(application=application, place=application.studio_location),
        )
        for application in applications
    ]


# --- The record ---


def _text(part, rows=None, **options):
    field = Inspection._meta.get_field(part)
    widget = forms.Textarea({"rows": rows}) if rows else forms.TextInput()
    return forms.CharField(
        label=field.verbose_name,
        max_length=field.max_length,
        required=False,
        widget=widget,
        **options,
    )


class InspectionForm(PlainFields, forms.Form):
    """The record as a page sends it: all of its parts or some; no field is required.

    `parts` names the parts that are sent, `loaded` the edits that the page was made from ({part:
    edit}), `key` the save. What is missing for a conclusion, `record.problems` says.
    """

    helper = FormHelper()
    helper.field_template = "review/inspection/_inspection_field.html"
    visited_on = DayField(dates.DONE, label=label_of(Inspection, "visited_on"), required=False)
    early_reason = _text("early_reason", 2, help_text="仅在早于安排的考察时间时填写。")
    inspectors = _text("inspectors", help_text="两人以上，姓名之间用顿号隔开。")
    unit_representative = _text("unit_representative", help_text="姓名和职务，领办人应在场。")
    findings = _text(
        "findings", 5, help_text="总体情况：三室一场、设备、成员、制度和运行是否与申报一致。"
    )
    explanation = _text("explanation", 3, help_text="仅在有不符合项而结论为合格时填写。")
    passed = forms.TypedChoiceField(
        label=label_of(Inspection, "passed"),
        choices=[(str(value), label) for value, label in Inspection.passed.field.choices],
        coerce=lambda value: value == "True",
        empty_value=None,
        required=False,
        widget=forms.RadioSelect({"class": "form-check-input"}),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        finding = InspectionItem._meta.get_field("finding")
        for item in Item:
            self.fields[field_of(item, "result")] = forms.ChoiceField(
                label=item.label,
                choices=InspectionItem.Result.choices,
                required=False,
                widget=forms.RadioSelect({"class": "form-check-input"}),
            )
            self.fields[field_of(item, "finding")] = forms.CharField(
                label="情况",
                max_length=finding.max_length,
                required=False,
                widget=forms.Textarea({"rows": 2}),
            )

    def sent(self):
        """Return {part: (base, value)} of the parts that were sent and are right.

        Call it after `is_valid()`; a part with an error is left out.
        """
        loaded = self.loaded()
        blank = parts_of(None)
        return {
            part: (
                loaded.get(part, 0),
                {
                    name: _one_line_end(self.cleaned_data[field_of(part, name)])
                    for name in blank[part]
                },
            )
            for part in self.data.get("parts", "").split()
            if part in blank
            and all(field_of(part, name) in self.cleaned_data for name in blank[part])
        }

    def loaded(self):
        """Return the edits that the page was made from, {part: edit}, without invalid ones."""
        try:
            loaded = json.loads(self.data.get("loaded") or "{}")
        except (ValueError, RecursionError):  # no JSON, or brackets without end
            return {}
        if not isinstance(loaded, dict):
            return {}
        return {
            part: base
            for part, base in loaded.items()
            if type(base) is int and 0 < base <= models.BigIntegerField.MAX_BIGINT
        }

    @property
    def key(self):
        """The key of this save as the page sent it; a new one when it sent no valid key."""
        return key_from(self.data.get("key")) or uuid.uuid4()


def _one_line_end(value):
    # Browsers send "\r\n" where their own fields have "\n".
    return str(value or "").replace("\r\n", "\n")


def key_from(text):
    """Return the UUID that a page sent, or None."""
    try:
        return uuid.UUID(text or "")
    except ValueError:
        return None


def initial_of(values):
    """Return a form's initial values from those of the parts."""
    return {
        field_of(part, name): text for part, value in values.items() for name, text in value.items()
    }
