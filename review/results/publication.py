"""公布: how a round ends, what is published of it, and how that is corrected.

Applications are locked before their round, here as everywhere.
"""

from django.db import transaction
from django.utils import timezone

from accounts.audit import AuditEntry, log_entry
from accounts.roles import Role
from applications.models import Application
from applications.notify.tasks import tell_results
from applications.rounds import Round
from applications.stages import ENDED, UNDECIDED, Stage
from applications.trust.verify_chains import check_triggers
from applications.workflow.events import record
from applications.workflow.perform import Refused, perform
from review.results.models import (
    COLUMNS,
    Change,
    ResultCorrection,
    ResultEdition,
    in_published_order,
    row_of,
)

# Of these the office may end each, with a reason; what the bureaus have, they decide.
ENDED_BY_OFFICE = (Stage.QUALIFYING, Stage.PANEL, Stage.INSPECTING, Stage.PUBLICITY)
# Of what the office chose to end, while its page was open.
MOVED_ON = "所选申报中有的已有新的进展，请核对后重新选择。"
# What names an application while it is under way; a draft is shown by its unit's name alone.
UNDER_WAY_COLUMNS = (
    "round",
    "number",
    "stage",
    "stage_entered_at",
    "return_deadline",
    "lead_name",
    "unit_name",
    "applying_unit__name",
    "recommending_unit__name",
)


def locked_round(pk):
    """Lock the applications of a round, then the round, and return it; call it in a transaction.

    No step is taken or undone until the end of the transaction.
    """
    of_round = Application.objects.filter(round=pk).order_by("pk")
    list(of_round.select_for_update().values_list("pk"))
    return Round.objects.select_for_update().get(pk=pk)


# --- The end of the round -------------------------------------------------------------------------


def under_way(round_):
    """Return the applications of a round that have not ended, as (unfinished, undecided) lists.

    Unfinished are those with the units, drafts among them, which the end of the round ends all at
    once; undecided those in review. In the order of the stages.
    """
    order = list(Stage)
    found = sorted(
        round_.applications.exclude(stage__in=ENDED)
        .select_related("applying_unit", "recommending_unit")
        .only(*UNDER_WAY_COLUMNS),
        key=lambda each: (order.index(each.stage), each.number or "", each.pk),
    )
    undecided = [each for each in found if each.stage in UNDECIDED]
    return [each for each in found if each.stage not in UNDECIDED], undecided


def end_refusal(round_):
    """Why the round cannot be ended yet, or None."""
    if ahead := round_.deadline_ahead:
        name, at = ahead
        return f"{name}为 {timezone.localtime(at):%Y-%m-%d %H:%M}，截止后才能结束本批次和公布结果。"
    return None


def end_round(pk, user, ended, reason, *, request=None):
    """End what the units left unfinished in a round, and those of `ended` (keys) in review.

    Each gets its event; returns how many there were. Raises Refused: before the deadlines, without
    a reason, for what is not (any more) in review and the office's to end, or when there is nothing
    to end.
    """
    with transaction.atomic():
        round_ = locked_round(pk)
        if refused := end_refusal(round_):
            raise Refused(refused)
        unfinished, undecided = under_way(round_)
        mine = {each.pk: each for each in undecided if each.stage in ENDED_BY_OFFICE}
        if not set(ended) <= set(mine):
            raise Refused(MOVED_ON)
        chosen = [*unfinished, *(mine[key] for key in sorted(ended))]
        if not chosen:
            raise Refused("没有要结束的申报，可能已经结束，请核对。")
        for each in chosen:
            name = "lapse" if each.stage == Stage.DRAFT else "close"
            perform(each, name, user, reason=reason)
        log_entry(
            AuditEntry.Kind.SETTINGS,
            request,
            user,
            subject=f"{round_.title} 结束本批次",
            round=round_.pk,
            ended=len(chosen),
        )
    return len(chosen)


# --- Publication ----------------------------------------------------------------------------------


def publication_refusal(round_, left=None):
    """Why a round's results cannot be published yet, or None.

    `left` is what `under_way` says of it, if that was asked already.
    """
    if round_.results_published_at is not None:
        return "本批次结果已公布。"
    if refused := end_refusal(round_):
        return refused
    unfinished, undecided = left or under_way(round_)
    if undecided:
        return f"还有 {len(undecided)} 项申报没有审定，审定或逐项结束后再公布结果。"
    if unfinished:
        return f"还有 {len(unfinished)} 项申报没有办结，请先结束本批次。"
    return None


def awarded_in(round_):
    """Return the awarded applications of a round, with what is published of each."""
    columns = [name for name in COLUMNS if name != "recommending_unit"]
    return (
        round_.applications.filter(stage=Stage.AWARDED)
        .select_related("recommending_unit")
        .only(*columns, "round", "stage_entered_at", "recommending_unit__name")
    )


def publish(pk, user, document_number, document_date, *, request=None):
    """Publish a round's results as the first edition of its list, and close it; return the edition.

    Raises Refused with a sentence (`publication_refusal`); so does what was awarded without the
    number and date of its document.
    """
    with transaction.atomic():
        round_ = locked_round(pk)
        if refused := publication_refusal(round_):
            raise Refused(refused)
        rows = in_published_order([row_of(each) for each in awarded_in(round_)])
        if rows and not (document_number and document_date):
            raise Refused("请填写发文文号和发文日期。")
        edition = _add_edition(round_, user, document_number, document_date, rows)
        round_.results_published_at = edition.at
        round_.save(update_fields=["results_published_at"])
        tell_results.enqueue(round_.pk)
        _log(request, user, "公布结果", edition)
    return edition


def _add_edition(round_, user, number, date, rows, *, reason="", changes=()):
    edition = ResultEdition(
        round=round_,
        at=timezone.now(),
        user=user,
        document_number=number,
        document_date=date,
        data={
            "title": round_.title,
            "call": round_.document_number,
            "rows": rows,
            "reason": reason,
            "changes": list(changes),
        },
    )
    last = round_.result_editions.order_by("-sequence")
    edition.follow(last.values_list("sequence", "digest").first())
    edition.save()
    return edition


def _log(request, user, what, edition):
    log_entry(
        AuditEntry.Kind.SETTINGS,
        request,
        user,
        subject=f"{edition.data['title']} {what}",
        round=edition.round_id,
        edition=edition.sequence,
        digest=edition.digest,
    )


# --- Corrections ----------------------------------------------------------------------------------


def correction_refusal(round_):
    """Why no correction of a round's list can be proposed now, or None."""
    if round_.results_published_at is None:
        return "结果尚未公布，不需要更正。"
    if round_.result_corrections.filter(edition=None, ended_at=None).exists():
        return "已有一项更正正在办理，办结后再提出新的更正。"
    return None


def propose(pk, user, reason, *, number, date, added=(), removed=(), texts=None, request=None):
    """Propose a correction of a round's published list; return it. Nothing changes yet.

    `number` and `date` are the document's; `added` and `removed` applications, `texts` the right
    texts by key of the application and column. Raises Refused: while another is open, for an
    application that cannot be added or removed (any more), or when nothing would change.
    """
    with transaction.atomic():
        round_ = locked_round(pk)
        if refused := correction_refusal(round_):
            raise Refused(refused)
        correction = ResultCorrection(
            round=round_,
            reason=reason,
            document_number=number,
            document_date=date,
            texts=texts or {},
            proposed_by=user,
        )
        correction.save()
        correction.added.set(added)
        correction.removed.set(removed)
        if not corrected(correction)[1]:
            raise Refused("没有任何更正内容。")
        log_entry(
            AuditEntry.Kind.SETTINGS,
            request,
            user,
            subject=f"{round_.title} 提出名单更正",
            round=round_.pk,
            correction=correction.pk,
        )
    return correction


def corrected(correction):
    """Return the rows of the list as a correction would leave them, and its changes.

    Changes are as `ResultEdition.data` keeps them. Raises Refused for what no longer fits the
    record: an application that is not on the list any more, or has not ended without an award.
    """
    last = correction.round.result_editions.last()
    by_key = {row["application"]: row for row in last.rows}
    removed = set(correction.removed.values_list("pk", flat=True))
    added = list(correction.added.select_related("recommending_unit"))
    changes = []
    if not removed <= set(by_key):
        raise Refused("要移出的项目不在公布的名单上，请核对。")
    for each in added:
        if each.stage != Stage.NOT_SELECTED or each.round_id != correction.round_id:
            raise Refused(f"{each.number} 不是本批次未入选的申报，不能增补。")
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
    for each in added:
        rows.append(row_of(each))
        changes.append({"kind": Change.ADDED, "row": rows[-1], "before": {}})
    return in_published_order(rows), changes


def consent(pk, user, *, request=None):
    """Note a bureau's consent to a correction; with the last one it is published as an edition.

    Returns the correction. Raises Refused when it waits for somebody else, or no longer fits.
    """
    with transaction.atomic():
        round_ = locked_round(ResultCorrection.objects.values_list("round", flat=True).get(pk=pk))
        correction = ResultCorrection.objects.select_for_update().get(pk=pk)
        correction.round = round_
        if correction.waits_for != user.role:
            raise Refused(f"该更正现为“{correction.state_label}”，请刷新后再操作。")
        now = timezone.now()
        if user.role == Role.BUREAU:
            correction.approved_by, correction.approved_at = user, now
        else:
            correction.countersigned_by, correction.countersigned_at = user, now
        # Finance signs for what is paid: for what is added.
        if user.role == Role.FINANCE or not correction.added.exists():
            correction.edition = _correct(correction, request, user)
        else:
            log_entry(
                AuditEntry.Kind.SETTINGS,
                request,
                user,
                subject=f"{round_.title} 同意名单更正",
                round=round_.pk,
                correction=correction.pk,
            )
        correction.save()
    return correction


def _correct(correction, request, user):
    """Move what a correction moves, and publish the list as it is then; return the edition."""
    rows, changes = corrected(correction)
    steps = {Change.REMOVED: "strike", Change.ADDED: "add"}
    by = {"strike": correction.approved_by, "add": correction.countersigned_by}
    for change in changes:
        if change["kind"] == Change.DOCUMENT:
            continue
        application = Application.objects.get(pk=change["row"]["application"])
        if name := steps.get(change["kind"]):
            perform(application, name, by[name], reason=correction.reason, correction=correction.pk)
        else:
            texts = [
                f"{COLUMNS[name]}：{before} → {change['row'][name]}"
                for name, before in change["before"].items()
            ]
            note = "\n".join([correction.reason, *texts])
            record(application, user, "correct_result", "更正公布的名单", note)
    edition = _add_edition(
        correction.round,
        correction.proposed_by,
        correction.document_number,
        correction.document_date,
        rows,
        reason=correction.reason,
        changes=changes,
    )
    _log(request, user, "公布名单更正", edition)
    return edition


def end_correction(pk, user, note, *, request=None):
    """Refuse a correction (whose consent it waits for) or take it back (the office).

    Raises Refused when it is not open, or waits for somebody else.
    """
    with transaction.atomic():
        correction = ResultCorrection.objects.select_for_update().get(pk=pk)
        if correction.waits_for is None or user.role not in {correction.waits_for, Role.OFFICE}:
            raise Refused(f"该更正现为“{correction.state_label}”，请刷新后再操作。")
        correction.ended_by, correction.ended_at = user, timezone.now()
        correction.ended_note = note
        correction.save()
        log_entry(
            AuditEntry.Kind.SETTINGS,
            request,
            user,
            subject=f"{correction.round.title} 终止名单更正",
            round=correction.round_id,
            correction=correction.pk,
        )


# --- The record -----------------------------------------------------------------------------------


def check_editions(result):
    """Check the published lists as `applications.trust.verify_chains` checks the chains of events.

    `result` is its `Result`; nothing that was published may have changed.
    """
    check_triggers(result, [ResultEdition])
    last, round_pk = None, None
    for edition in ResultEdition.objects.order_by("round", "sequence"):
        if edition.round_id != round_pk:
            last, round_pk = None, edition.round_id
        if broken := edition.broken(last):
            result.find(f"{edition}", *broken)
        last = edition.sequence, edition.digest
        result.count("公布的名单")
