"""The office judges the conditions of the notice's section 一 (资格审查表)."""

from applications.stages import Stage
from applications.workflow.events import record
from review.shared.concurrency import hold


def judge_conditions(user, pk, forms, revision):
    """Save what valid `forms` (`qualification_forms`) say of an application, on record.

    `revision` is that of the page, as it was sent. Raises Refused when the application is not in
    qualification any more, or has changed since.
    """
    with hold(user, pk, Stage.QUALIFYING, revision=revision) as application:
        saved = [(form.condition, form.save(application, user)) for form in forms]
        lines = [f"{condition.text}——{words}" for condition, words in saved if words]
        if lines:
            note = "\n".join(lines)
            record(application, user, "qualification", "填写资格审查表", note=note)
