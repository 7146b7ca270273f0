"""公布: a round is ended, and its list is published, edition by edition.

A published list is corrected in `review.results.corrections`.
"""

from django.utils import timezone

from accounts.audit import AuditEntry, log_entry
from applications.notify.tasks import tell_results
from applications.stages import ENDED, UNDECIDED, Stage
from applications.trust.verify_chains import check_triggers
from applications.workflow.perform import Refused, perform
from review.results.models import COLUMNS, ResultEdition, in_published_order, row_of
from review.shared.concurrency import lock_round

# Of these the office may end each, with a reason; what the bureaus have, they decide.
ENDED_BY_OFFICE = (Stage.QUALIFYING, Stage.PANEL, Stage.INSPECTING, Stage.PUBLICITY)
# Of what the office chose to end, while its page was open.
MOVED_ON = "所选申报中有的已有新的进展，请核对后重新选择。"
# What names an application while it is under way; a draft is listed by its unit's name alone.
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


# --- The end of the round -------------------------------------------------------------------------


def under_way(round_):
    """Return the applications of a round that have not ended, as (unfinished, undecided) lists.

    Unfinished are those with the units, drafts among them, which the end of the round ends all at
    once; undecided those in review. Both stand in the order of the stages.
    """
    order = list(Stage)
    applications = sorted(
        round_.applications.exclude(stage__in=ENDED)
        .select_related("applying_unit", "recommending_unit")
        .only(*UNDER_WAY_COLUMNS),
        key=lambda each: (order.index(each.stage), each.number or "", each.pk),
    )
    undecided = [each for each in applications if each.stage in UNDECIDED]
    return [each for each in applications if each.stage not in UNDECIDED], undecided


def end_refusal(round_):
    """Why the round cannot be ended yet, or None."""
    if deadline := round_.deadline_ahead:
        name, at = deadline
        return f"{name}为 {timezone.localtime(at):%Y-%m-%d %H:%M}，截止后才能结束本批次和公布结果。"
    return None


def end_round(pk, user, chosen, reason, *, request=None):
    """End what the units left unfinished in a round, and the `chosen` applications in review.

    `chosen` are keys. Each application gets its event; returns how many were ended. Raises Refused
    before the deadlines, for a chosen application that is not in review any more or is not the
    office's to end, and when there is nothing to end.
    """
    with lock_round(pk) as round_:
        if refused := end_refusal(round_):
            raise Refused(refused)
        unfinished, undecided = under_way(round_)
        endable = {each.pk: each for each in undecided if each.stage in ENDED_BY_OFFICE}
        if not set(chosen) <= set(endable):
            raise Refused(MOVED_ON)
        applications = [*unfinished, *(endable[key] for key in sorted(chosen))]
        if not applications:
            raise Refused("没有要结束的申报，可能已经结束，请核对。")
        for application in applications:
            name = "lapse" if application.stage == Stage.DRAFT else "close"
            perform(application, name, user, reason=reason)
        log_step(round_, user, "结束本批次", request, ended=len(applications))
    return len(applications)


# --- Publication ----------------------------------------------------------------------------------


def publication_refusal(round_, left=None):
    """Why a round's results cannot be published yet, or None.

    `left` is what `under_way` returned for it, where that has been read already.
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

    Raises Refused with the sentence of `publication_refusal`, and when something was awarded but
    the number or the date of its document is missing.
    """
    with lock_round(pk) as round_:
        if refused := publication_refusal(round_):
            raise Refused(refused)
        rows = in_published_order([row_of(application) for application in awarded_in(round_)])
        if rows and not (document_number and document_date):
            raise Refused("请填写发文文号和发文日期。")
        edition = add_edition(round_, user, document_number, document_date, rows)
        round_.results_published_at = edition.at
        round_.save(update_fields=["results_published_at"])
        tell_results.enqueue(round_.pk)
        log_step(round_, user, "公布结果", request, edition)
    return edition


def add_edition(round_, user, number, date, rows, *, reason="", changes=()):
    """Save and return the next edition of a locked round's list; `rows` stand in their order."""
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


def log_step(round_, user, what, request, edition=None, **data):
    """Write one line of the portal's log: what was done with a round, by number and digest."""
    if edition:
        data |= {"edition": edition.sequence, "digest": edition.digest}
    subject = f"{round_.title} {what}"
    log_entry(AuditEntry.Kind.SETTINGS, request, user, subject=subject, round=round_.pk, **data)


# --- The record -----------------------------------------------------------------------------------


def check_editions(result):
    """Check that no published list was changed; what was is written to `result`.

    `result` is the `Result` of `applications.trust.verify_chains`, which checks events likewise.
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
