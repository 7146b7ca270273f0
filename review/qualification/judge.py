"""The office judges the conditions of the notice's section 一 (资格审查表)."""

from django.utils import timezone

from applications.stages import Stage
from applications.workflow.events import JUDGE_CONDITIONS, record
from review.panels.assignment import assign_panel
from review.qualification.models import QualificationCheck
from review.shared.concurrency import hold


def judge_conditions(user, pk, forms, revision, panel=None):
    """Save what valid `forms` (`qualification_forms`) say of an application, on record.

    A `panel` of its round will score it from now on; without one that stays as it is. `revision` is
    that of the page, as it was sent. Raises Refused when the application is not in qualification
    any more, or has changed since.
    """
    with hold(user, pk, Stage.QUALIFYING, revision=revision) as application:
        changes = [
            (form.condition, _save_judgement(application, user, form.code, form.cleaned_data))
            for form in forms
        ]
        lines = [f"{condition.text}——{words}" for condition, words in changes if words]
        if lines:
            note = "\n".join(lines)
            record(application, user, JUDGE_CONDITIONS, note=note)
        if panel is not None:
            assign_panel(application, panel, user)


def _save_judgement(application, user, code, typed):
    """Save, change or withdraw the judgement of one condition of a locked application.

    `typed` is the cleaned data of its form. Returns the judgement in words, "" when nothing
    changed.
    """
    version = application.submitted_version()
    of_version = QualificationCheck.objects.filter(
        application=application, version=version, code=code
    )
    if not typed["result"]:
        return "撤回结论" if of_version.delete()[0] else ""
    saved = of_version.prefetch_related("evidence").first()
    values = {name: typed.get(name, "") for name in ("result", "fulfils", "note")}
    files = set(typed["evidence"])
    if (
        saved
        and files == {file.pk for file in saved.evidence.all()}
        and all(getattr(saved, name) == value for name, value in values.items())
    ):
        return ""
    check, _ = QualificationCheck.objects.update_or_create(
        application=application,
        version=version,
        code=code,
        defaults={**values, "judged_by": user, "judged_at": timezone.now()},
    )
    check.evidence.set(files)
    return "：".join(filter(None, [check.get_result_display(), check.note]))
