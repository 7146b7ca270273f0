"""盖章申报表: the form printed for the stamp, and whether the stamped paper still says the same.

What is stamped is what 附件2 says: every field, award and member, and the unit's opinion. Files are
stamped one by one (notice, section 三), so another photograph does not ask for another stamp.
"""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from applications.form.completeness import problems
from applications.form.task_list import with_content
from applications.models import Application, FormPrint
from applications.versions.comparison import form_changes
from applications.versions.snapshot import as_submitted, content_of, fingerprint, sealed
from applications.workflow.effects import give_number
from applications.workflow.events import PRINT, record
from applications.workflow.perform import locked


def print_refusal(application, known_problems=None):
    """Return why the form cannot be printed for the stamp yet, or None; it has to be complete.

    `known_problems` are the application's problems, for a caller that has worked them out.
    """
    if known_problems is None:
        known_problems = problems(application)
    missing = sum(problem.section != "stamp" for problem in known_problems)
    if missing:
        return f"申报内容还差 {missing} 项，补充完整后才能打印盖章稿。"
    return None


def print_form(application, user, **opinion):
    """Print the present content for the stamp; return its `FormPrint`.

    `opinion` are the fields of 申报单位意见 (opinion_text, opinion_signatory, opinion_signed_on)
    that go into its box; those given for an earlier print stay when none are. The application gets
    its 受理编号, which is printed on every page. What has been printed before and has not changed
    since is not printed anew.
    Raises ValidationError with a sentence while the form is incomplete or the opinion missing, or
    when it cannot change; nothing is kept then.
    """
    with transaction.atomic():
        if locked(application.pk, user) is None:
            raise ValidationError("没有找到该申报。")
        current = with_content(Application.objects).get(pk=application.pk)
        if not current.is_editable:
            raise ValidationError("申报已提交或已放弃，不能再打印盖章稿。")
        if refused := print_refusal(current):
            raise ValidationError(refused)
        if opinion:
            current.edit(user, **opinion)
        if current.own_opinion is None:
            raise ValidationError("请先填写申报单位意见，再生成打印稿。")
        give_number(current)
        content = content_of(current)
        seal = fingerprint(content)
        latest = current.prints.last()
        if latest and latest.fingerprint == seal:
            return latest
        version = current.submissions.count() + 1
        record(current, user, PRINT, f"第 {version} 版，指纹 {seal[:16]}")
        return FormPrint.objects.create(
            application=current,
            version=version,
            content=sealed(content),
            fingerprint=seal,
            printed_by=user,
            printed_at=timezone.now(),
        )


def changes_since(printed, application):
    """Return the changes (`comparison.Change`) of the form since it was printed."""
    return form_changes(as_submitted(application, printed), application)
