"""名单更正: a published list is corrected: proposed, agreed to, published as the next edition."""

from django.db import transaction
from django.utils import timezone

from accounts.roles import Role
from applications.models import Application
from applications.stages import Stage
from applications.workflow.events import CORRECT_RESULT, record
from applications.workflow.perform import Refused, perform
from review.results.models import COLUMNS, Change, ResultCorrection, in_published_order, row_of
from review.results.publication import add_edition, log_step
from review.shared.concurrency import lock_round


def correction_refusal(round_):
    """Why no correction of a round's list can be proposed now, or None."""
    if round_.results_published_at is None:
        return "结果尚未公布，不需要更正。"
    if round_.result_corrections.open().exists():
        return "已有一项更正正在办理，办结后再提出新的更正。"
    return None


def propose_correction(
    pk, user, reason, *, number, date, added=(), removed=(), texts=None, request=None
):
    """Propose a correction of the published list of the round with this key; return it.

    The list itself does not change yet. `number` and `date` are those of the document, `added` and
    `removed` are applications, `texts` is {key of an application: {column: right text}}. Raises
    Refused while another correction is open, for an application that cannot be added or removed,
    and when nothing would change.
    """
    with lock_round(pk) as round_:
        if refused := correction_refusal(round_):
            raise Refused(refused)
        correction = ResultCorrection.objects.create(
            round=round_,
            reason=reason,
            document_number=number,
            document_date=date,
            texts=texts or {},
            proposed_by=user,
        )
        correction.added.set(added)
        correction.removed.set(removed)
        _, changes = apply_correction(correction)
        if not changes:
            raise Refused("没有任何更正内容。")
        log_step(round_, user, "提出名单更正", request, correction=correction.pk)
    return correction


def apply_correction(correction):
    """Return (rows, changes): the list as a correction would leave it, and what that changes.

    Saves nothing. Changes are as `ResultEdition.data` keeps them. Raises Refused for what does not
    fit the record any more: an application to remove that is not on the list, or one to add that
    has not ended without an award.
    """
    last = correction.round.result_editions.last()
    listed = {row["application"] for row in last.rows}
    removed = set(correction.removed.values_list("pk", flat=True))
    added = list(correction.added.select_related("recommending_unit"))
    changes = []
    if not removed <= listed:
        raise Refused("要移出的项目不在公布的名单上，请核对。")
    for application in added:
        if application.stage != Stage.NOT_SELECTED or application.round_id != correction.round_id:
            raise Refused(f"{application.number} 不是本批次未入选的申报，不能增补。")
    document = {
        "document_number": correction.document_number,
        "document_date": correction.document_date.isoformat() if correction.document_date else "",
    }
    before = {"document_number": last.document_number, "document_date": last.document_day}
    if wrong := {name: text for name, text in before.items() if text != document[name]}:
        changes.append({"kind": Change.DOCUMENT, "row": document, "before": wrong})
    rows = []
    for row in last.rows:
        if row["application"] in removed:
            changes.append({"kind": Change.REMOVED, "row": row, "before": {}})
            continue
        right = {**row, **correction.texts.get(str(row["application"]), {})}
        if wrong := {name: row[name] for name in COLUMNS if row[name] != right[name]}:
            changes.append({"kind": Change.CORRECTED, "row": right, "before": wrong})
        rows.append(right)
    for application in added:
        rows.append(row_of(application))
        changes.append({"kind": Change.ADDED, "row": rows[-1], "before": {}})
    return in_published_order(rows), changes


def consent_to_correction(pk, user, *, request=None):
    """Put a bureau's consent to a correction on record; return the correction.

    The last consent that it needs publishes it as the next edition. Raises Refused when it waits
    for somebody else, or does not fit the record any more.
    """
    round_pk = ResultCorrection.objects.values_list("round", flat=True).get(pk=pk)
    with lock_round(round_pk) as round_:
        correction = ResultCorrection.objects.select_for_update().get(pk=pk)
        correction.round = round_
        if correction.waits_for != user.role:
            raise Refused(_moved_on(correction))
        now = timezone.now()
        if user.role == Role.BUREAU:
            correction.approved_by, correction.approved_at = user, now
        else:
            correction.countersigned_by, correction.countersigned_at = user, now
        # The finance bureau signs for what is paid: for studios that are added.
        if user.role == Role.FINANCE or not correction.added.exists():
            correction.edition = _publish_correction(correction, user, request)
        else:
            log_step(round_, user, "同意名单更正", request, correction=correction.pk)
        correction.save()
    return correction


def _publish_correction(correction, user, request):
    """Move the applications that a correction adds or removes; return its edition of the list."""
    rows, changes = apply_correction(correction)
    for change in changes:
        if change["kind"] != Change.DOCUMENT:
            _record_change(correction, change, user)
    edition = add_edition(
        correction.round,
        correction.proposed_by,
        correction.document_number,
        correction.document_date,
        rows,
        reason=correction.reason,
        changes=changes,
    )
    log_step(correction.round, user, "公布名单更正", request, edition)
    return edition


def _record_change(correction, change, user):
    """Take the step of one changed row, or put its right texts on the application's record."""
    application = Application.objects.get(pk=change["row"]["application"])
    reason, key = correction.reason, correction.pk
    if change["kind"] == Change.REMOVED:
        perform(application, "strike", correction.approved_by, reason=reason, correction=key)
    elif change["kind"] == Change.ADDED:
        perform(application, "add", correction.countersigned_by, reason=reason, correction=key)
    else:
        texts = [
            f"{COLUMNS[name]}：{before} → {change['row'][name]}"
            for name, before in change["before"].items()
        ]
        note = "\n".join([reason, *texts])
        record(application, user, CORRECT_RESULT, note)


def end_correction(pk, user, note, *, request=None):
    """End a correction: refused by the bureau that it waits for, or taken back by the office.

    Raises Refused when it is not open, or waits for somebody else.
    """
    with transaction.atomic():
        correction = ResultCorrection.objects.select_for_update().get(pk=pk)
        if not correction.may_be_ended_by(user):
            raise Refused(_moved_on(correction))
        correction.ended_by, correction.ended_at = user, timezone.now()
        correction.ended_note = note
        correction.save()
        log_step(correction.round, user, "终止名单更正", request, correction=correction.pk)


def _moved_on(correction):
    return f"该更正现为“{correction.state_label}”，请刷新后再操作。"
