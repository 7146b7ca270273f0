"""What a recommending unit puts on record while it verifies: verdicts on awards, and its ledger.

Each function writes one mark of an application that is locked, and returns the words in which the
record of its steps tells of the mark.
"""

from django.utils import timezone

from applications.stages import Stage
from applications.workflow import ledger_codes
from applications.workflow.events import VERIFY, record
from applications.workflow.perform import Refused
from review.recommending.checklist import AWARD, ORIGINAL, ORIGINAL_WORDS
from review.recommending.models import AwardCheck, Verification
from review.shared.attachments import Attachment
from review.shared.concurrency import hold

# What the record of steps calls a mark.
NOTHING_LEFT = "材料的原件都已有核对结果，没有需要补记的。"
DOUBTFUL_LEFT = "余下的材料电子签名有疑问，请逐份打开核对。"


def put_on_record(user, pk, revision, write):
    """Write a mark of an application that waits for its recommendation; return its words.

    `write` is called with the locked application and the user, and returns the words. Raises
    Refused when the application has moved on since the page was made (`revision`, as it was sent).
    """
    with hold(user, pk, Stage.RECOMMENDING, revision=revision) as application:
        note = write(application, user)
        record(application, user, VERIFY, note)
    return note


def verify_award(application, user, award, verdict, reason):
    """Save the unit's verdict on an award; a reason is only kept when it is struck out."""
    is_struck = verdict == ledger_codes.Verdict.STRUCK
    check = AwardCheck(
        application=application,
        claim=award.claim,
        verdict=verdict,
        reason=reason if is_struck else "",
        by=user,
        at=timezone.now(),
    )
    check.save()
    return f"奖项“{check.title}”{check.get_verdict_display()}{f'，{reason}' if is_struck else ''}"


def verify_original(application, user, evidence, result, note):
    """Save whether a file agrees with its original."""
    kind = ledger_codes.Check.ORIGINAL
    Verification.of(application, user, kind, evidence=evidence, result=result, note=note).save()
    return f"“{evidence.original_name}”的原件{ORIGINAL_WORDS[result]}"


def verify_all_originals(application, user):
    """Save that the originals were seen of all files that have no result yet.

    Not of those whose electronic signatures are in doubt: each is looked at by itself.
    Raises Refused when no file is left.
    """
    kind, passed = ledger_codes.Check.ORIGINAL, ledger_codes.Result.PASSED
    counting = ledger_codes.counting(application)
    unmarked = [file for file in application.current_evidence() if (kind, file.pk) not in counting]
    files = [file for file in unmarked if not file.is_doubtfully_signed]
    if not files:
        raise Refused(DOUBTFUL_LEFT if unmarked else NOTHING_LEFT)
    for file in files:
        Verification.of(application, user, kind, evidence=file, result=passed).save()
    apart = len(unmarked) - len(files)
    left = f"；电子签名有疑问的 {apart} 份请逐份核对" if apart else ""
    return f"{len(files)} 份材料的原件已核{left}"


def save_check(form, user):
    """Save one of the checks about the lead as a valid `VerificationForm` says it, with its file.

    Raises ValidationError when the file cannot be stored.
    """
    store_upload(form, user)
    form.save()
    # Without the result: experts read the record of steps, but no police or discipline papers.
    return f"{form.kind.label}已登记"


def store_upload(form, user):
    """Store the accepted upload of a `VerificationForm`, so that it is kept even if it is refused.

    Raises ValidationError when the file cannot be stored.
    """
    if upload := form.accepted_upload:
        kind, application = Attachment.Kind.VERIFICATION, form.instance.application
        form.keep(Attachment.store(upload, kind, user, application=application))


def mark_item(item, application, user, form):
    """Save the mark that a valid form of a `checklist.Item` asks for."""
    if item.group == AWARD:
        action, note = form.cleaned_data["action"], form.cleaned_data["note"]
        return verify_award(application, user, item.subject, action, note)
    if item.group == ORIGINAL:
        action, note = form.cleaned_data["action"], form.cleaned_data["note"]
        return verify_original(application, user, item.subject, action, note)
    return save_check(form, user)
