"""What is written about objections: one is raised or entered, and the office takes its steps."""

from django.db import transaction

from applications.models import Application
from applications.stages import Stage
from applications.workflow.events import ENTER_OBJECTION, HANDLE_OBJECTION, record
from applications.workflow.perform import Refused
from review.publicity.models import PublicNotice
from review.publicity.objections.models import Objection, ObjectionStep
from review.publicity.objections.tasks import tell_objection
from review.shared.attachments import Attachment
from review.shared.concurrency import hold

NOTICE_OVER = "公示已结束，不再接受异议；如有情况反映，请按公示的方式联系评审办公室。"
NOT_LISTED = "该项目已不在公示名单中，不需要再提出异议。"
SAME_ANSWER = "结论和答复与现有的相同，没有保存；不需要更正的，请点“取消”。"
TAKEN_MEANWHILE = "这件异议已由他人办理，没有保存，请刷新后再操作。"


def raise_objection(objection, files, notice):
    """Save an objection that somebody raised on the public page, and tell the office of it.

    Returns it, or the same objection if that was saved before: a second click finds what the first
    one left. Raises Refused when the notice is over, or the application is not on it any more;
    ValidationError when a file cannot be stored.
    """
    with transaction.atomic():
        # Locked: a decision on the application waits for this, or this for the decision.
        Application.objects.select_for_update().only("pk").get(pk=objection.application_id)
        running = PublicNotice.objects.running().filter(pk=notice.pk).first()
        if running is None:
            raise Refused(NOTICE_OVER)
        listed = running.listed().filter(pk=objection.application_id, stage=Stage.PUBLICITY)
        if not listed.exists():
            raise Refused(NOT_LISTED)
        if same := Objection.objects.same_as(objection):
            return same
        _save(objection, files)
        tell_objection.enqueue(objection.pk)
    return objection


def enter_objection(objection, files, user):
    """Save an objection that the office received, and put it on the application's record.

    Raises Refused when it is there already, word for word, or the application is not in publicity
    any more; ValidationError when a file cannot be stored.
    """
    with hold(user, objection.application_id, Stage.PUBLICITY) as application:
        if same := Objection.objects.same_as(objection):
            raise Refused(f"这份异议已经登记，受理号 {same.number}，没有重复登记。")
        _save(objection, files, user)
        record(application, user, ENTER_OBJECTION)


def _save(objection, files, user=None):
    """Save a new objection with its files and its first step; all of it or nothing."""
    objection.save()
    objection.take_step(ObjectionStep.Kind.RECEIVED, user)
    stored = []
    try:
        for upload in files:
            kind = Attachment.Kind.OBJECTION
            stored.append(Attachment.store(upload, kind, user, application=objection.application))
        objection.files.set(stored)
    except BaseException:
        # The transaction takes the rows back, but not the files.
        for attachment in stored:
            attachment.delete_stored()
        raise


def take_step(objection, user, kind, changes, steps):
    """Take the office's next step about an objection, on record; return the `ObjectionStep`.

    `changes` is what else `Objection.take_step` takes; `steps` how many steps the page showed, as
    it was sent. Raises Refused when a colleague has taken one since, when the answer stands
    already, or when the application is not in publicity any more.
    """
    with hold(user, objection.application_id, Stage.PUBLICITY) as application:
        objection = Objection.objects.prefetch_related("steps").get(pk=objection.pk)
        if steps != str(len(objection.steps.all())):
            raise Refused(TAKEN_MEANWHILE)
        if objection.has_answer(changes.get("outcome"), changes.get("answer")):
            raise Refused(SAME_ANSWER)
        step = objection.take_step(kind, user, **changes)
        # At the moment of the step: the timeline tells by it what the step says.
        kind = HANDLE_OBJECTION.labelled(step=step.get_kind_display())
        record(application, user, kind, at=step.at)
    return step
