"""The office's qualification sheet."""

from django import forms
from django.utils.html import escape
from django.utils.safestring import SafeString

from applications.models import LeadCondition
from applications.workflow.guards import LEAD_CONDITION_CODE
from review.qualification.models import QualificationCheck
from review.shared.conditions import conditions
from review.shared.fields import Select, TextInput, dress, label_of


class QualificationForm(forms.Form):
    """The office's judgement of one condition; blank while it has none.

    `check` is the saved judgement of the latest version, `earlier` the last one of a version
    before; that one counts no more, but can be confirmed with a tick.
    """

    again = forms.BooleanField(label="上次结论仍然成立", required=False)
    result = forms.ChoiceField(
        label=label_of(QualificationCheck, "result"),
        choices=[("", "请选择"), *QualificationCheck.Result.choices],
        required=False,
        widget=Select,
    )
    note = forms.CharField(
        label=label_of(QualificationCheck, "note"),
        max_length=QualificationCheck._meta.get_field("note").max_length,
        required=False,
        widget=TextInput,
    )
    fulfils = forms.ChoiceField(
        label=label_of(QualificationCheck, "fulfils"),
        choices=[("", "请选择"), *LeadCondition.choices],
        required=False,
        widget=Select,
    )
    evidence = forms.TypedMultipleChoiceField(
        label=label_of(QualificationCheck, "evidence"), coerce=int, required=False
    )

    def __init__(self, condition, files, check=None, earlier=None, data=None):
        initial = {}
        if check:
            initial = {name: getattr(check, name) for name in ("result", "fulfils", "note")}
            initial["evidence"] = [file.pk for file in check.evidence.all()]
        super().__init__(data, prefix=condition.code, initial=initial)
        self.condition, self.code, self.files = condition, condition.code, files
        self.check, self.earlier = check, None if check else earlier
        self.fields["evidence"].choices = [(file.pk, file.original_name) for file in files]
        if self.code != LEAD_CONDITION_CODE:
            del self.fields["fulfils"]
        if self.earlier is None:
            del self.fields["again"]
        dress(self)

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("again") and not cleaned.get("result"):
            cleaned |= {name: getattr(self.earlier, name) for name in ("result", "fulfils", "note")}
            current = {file.pk for file in self.files}
            cleaned["evidence"] = [
                file.pk for file in self.earlier.evidence.all() if file.pk in current
            ]
        result = cleaned.get("result")
        if result == QualificationCheck.Result.EXPLAINED and not cleaned.get("note"):
            self.add_error("note", "选择“说明后认可”的，请填写说明。")
        if "fulfils" in self.fields:
            if result == QualificationCheck.Result.NOT_MET:
                cleaned["fulfils"] = ""
            elif result and not cleaned.get("fulfils"):
                self.add_error("fulfils", "请认定符合三个条件中的哪一个。")
        return cleaned

    def files_to_choose(self):
        """The files as boxes to tick, in two lists: what is usually looked at, and the others.

        Drawn at once: there are five of these lists on a page that is opened often.
        """
        name = self.add_prefix("evidence")
        chosen = {str(pk) for pk in self["evidence"].value() or ()}
        near, others = [], []
        for file in self.files:
            is_chosen = str(file.pk) in chosen
            row = (
                '<li><label><input class="form-check-input" type="checkbox" '
                f'name="{name}" value="{file.pk}"{" checked" if is_chosen else ""}>'
                f'<span class="visually-hidden">以“{file.shown}”为依据</span></label>'
                f'<a href="{file.url}#navpanes=0" target="proof">{file.shown}</a></li>'
            )
            is_near = is_chosen or file.category in self.condition.proof
            (near if is_near else others).append(row)
        return [SafeString("".join(rows)) for rows in (near, others)]  # nosec B703 - escaped above


def qualification_forms(application, data=None):
    """Return the sheet's forms in the order of the notice; reads `qualification_checks`."""
    version = application.submitted_version()
    saved, earlier = {}, {}
    for check in application.qualification_checks.all():
        if check.version == version:
            saved[check.code] = check
        elif check.code not in earlier or check.version > earlier[check.code].version:
            earlier[check.code] = check
    files = application.current_evidence()
    for file in files:
        file.url, file.shown = file.get_absolute_url(), escape(file.original_name)
    return [
        QualificationForm(
            condition, files, saved.get(condition.code), earlier.get(condition.code), data
        )
        for condition in conditions(application)
    ]
