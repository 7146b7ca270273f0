"""The office's qualification sheet."""

from django import forms
from django.template.loader import render_to_string

from applications.form.patterns import draw, draw_each
from applications.models import LeadCondition
from applications.workflow.guards import LEAD_CONDITION_CODE
from review.qualification.models import QualificationCheck
from review.shared.conditions import conditions
from review.shared.fields import label_of

FOLDER = "review/qualification"
CHOSEN, REFUSED = " checked", " aria-invalid=true"  # what is said of an answer's field


class QualificationForm(forms.Form):
    """The office's judgement of one condition; blank while it has none.

    `check` is the saved judgement of the latest version, `earlier` the last one of a version
    before; that one counts no more, but can be confirmed with a tick. `claimed` is the alternative
    (`LeadCondition`) that the applicant says the lead fulfils.
    """

    again = forms.BooleanField(label="上次结论仍然成立，保存时确认", required=False)
    result = forms.ChoiceField(
        label=label_of(QualificationCheck, "result"),
        choices=[*QualificationCheck.Result.choices, ("", "未审")],
        widget=forms.RadioSelect,
        required=False,
    )
    note = forms.CharField(
        label=label_of(QualificationCheck, "note"),
        max_length=QualificationCheck._meta.get_field("note").max_length,
        required=False,
    )
    fulfils = forms.ChoiceField(
        label=label_of(QualificationCheck, "fulfils"),
        choices=[("", "请选择"), *LeadCondition.choices],
        required=False,
    )
    evidence = forms.TypedMultipleChoiceField(
        label=label_of(QualificationCheck, "evidence"), coerce=int, required=False
    )

    def __init__(self, condition, files, check=None, earlier=None, data=None, claimed=""):
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
        elif not initial:
            # What the applicant claims is where judging begins.
            self.initial["fulfils"] = claimed
        if self.earlier is None:
            del self.fields["again"]

    def clean(self):
        cleaned = super().clean()
        assert cleaned is not None
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

    def drawn(self, number, user):
        """Return the condition, the sheet's `number`th, as its reader gets it to judge it; HTML.

        A field without errors is drawn as crispy draws it, by patterns: as the widgets of six
        fields, it took as long as the rest of the page.
        """
        condition = self.condition
        return draw(
            f"{FOLDER}/_condition.html",
            {
                "number": number,
                "unjudged": "" if self.check else " data-unjudged",
                "text": condition.text,
                "claim": condition.told,
                "section": condition.section,
                "refused": _sentences("_refused", self.non_field_errors()),
                "earlier": self._drawn_earlier(user),
                "faults_of_files": _sentences("_fault", self.errors.get("evidence", ())),
                "files": self._drawn_files(),
                "answers": self._drawn_answers(),
                "faults": _sentences("_fault", self.errors.get("result", ())),
                "alternatives": self._drawn_alternatives(),
                "note": self._drawn_note(),
                "judged": self._drawn_judgement(),
            },
        )

    def _drawn_earlier(self, user):
        if self.earlier is None:
            return ""
        return render_to_string(f"{FOLDER}/_earlier.html", {"form": self, "user": user})

    def _drawn_judgement(self):
        if self.check is None:
            return ""
        return render_to_string(f"{FOLDER}/_judged.html", {"judgement": self.check})

    def _drawn_answers(self):
        """Return the answers as HTML, 未审 last."""
        chosen = self["result"].value() or ""
        refused = REFUSED if "result" in self.errors else ""
        name = self.add_prefix("result")
        return draw_each(
            f"{FOLDER}/_result.html",
            (
                {
                    "name": name,
                    "value": value,
                    "label": label,
                    "state": (CHOSEN if value == chosen else "") + refused,
                }
                for value, label in self.fields["result"].choices
            ),
        )

    def _drawn_note(self):
        field = self["note"]
        if field.errors:
            return render_to_string(f"{FOLDER}/_field.html", {"field": field})
        return draw(
            f"{FOLDER}/_note.html",
            {
                "id": field.auto_id,
                "name": field.html_name,
                "label": field.label,
                "value": field.value() or "",
                "limit": field.field.max_length,
            },
        )

    def _drawn_alternatives(self):
        """Return the conditions of a lead to choose from, for the one condition that has them."""
        if "fulfils" not in self.fields:
            return ""
        field = self["fulfils"]
        if field.errors:
            return render_to_string(f"{FOLDER}/_field.html", {"field": field})
        chosen = field.value() or ""
        alternatives = [
            (value, label, value == chosen) for value, label in self.fields["fulfils"].choices
        ]
        context = {"field": field, "alternatives": alternatives}
        return render_to_string(f"{FOLDER}/_alternatives.html", context)

    def files_to_choose(self):
        """Return the files twice, those usually looked at and the others.

        A list of (key as text, file, is_chosen) each.
        """
        chosen = {str(pk) for pk in self["evidence"].value() or ()}
        near, others = [], []
        for file in self.files:
            key = str(file.pk)
            is_chosen = key in chosen
            is_near = is_chosen or file.category in self.condition.proof
            (near if is_near else others).append((key, file, is_chosen))
        return near, others

    def _drawn_files(self):
        """Return the two lists of files to choose."""
        near, others = self.files_to_choose()
        drawn = draw(f"{FOLDER}/_no_files.html", {})
        if near:
            drawn = draw(f"{FOLDER}/_near_files.html", {"rows": self._rows(near)})
        if others:
            texts = {"number": len(others), "rows": self._rows(others)}
            drawn += draw(f"{FOLDER}/_other_files.html", texts)
        return drawn

    def _rows(self, files):
        name = self.add_prefix("evidence")
        return draw_each(
            f"{FOLDER}/_file_to_choose.html",
            (
                {
                    "name": name,
                    "key": key,
                    "state": CHOSEN if is_chosen else "",
                    "file": file.original_name,
                    "address": file.marked or f"{file.url}#navpanes=0",
                }
                for key, file, is_chosen in files
            ),
        )


def _sentences(template, sentences):
    return draw_each(
        f"{FOLDER}/{template}.html", ({"sentence": sentence} for sentence in sentences)
    )


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
        file.url, file.marked = file.get_absolute_url(), ""
    return [
        QualificationForm(
            condition,
            files,
            saved.get(condition.code),
            earlier.get(condition.code),
            data,
            claimed=application.lead_condition,
        )
        for condition in conditions(application)
    ]
