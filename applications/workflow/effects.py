"""What a transition writes besides stage, opinion and event: the `effect`s of the table's rows.

Each takes (application, user, data, at) and returns a dict with the `note` and the `data` of the
event, where these are not the default (`Transition.effect`).
"""

from django.db.models import F
from django.utils import timezone

from applications.models import Submission
from applications.records import submitted
from applications.rounds import Round
from applications.search import renewal
from applications.versions.snapshot import OPINION_FIELDS, content_of, fingerprint, sealed
from applications.workflow import guards


def give_number(application):
    """Give an application its 受理编号, at its first print or submission, and save it.

    Call it in a transaction, with the application locked.
    """
    if application.number is None:
        year = Round.objects.values_list("year", flat=True).get(pk=application.round_id)
        # A year may have more than one round, but no number twice.
        rounds = Round.objects.select_for_update(no_key=True).filter(year=year).order_by("pk")
        count = max(rounds.values_list("last_number", flat=True)) + 1
        Round.objects.filter(pk=application.round_id).update(last_number=count)
        application.number = f"JNDS{year}-{count:04d}"
        application.save(update_fields=["number"])


def opinion_on_paper(application):
    # The scan is one of the print that bears it, or `guards.stamped` refuses.
    opinion = application.own_opinion
    return {name: getattr(opinion, name) for name in OPINION_FIELDS} if opinion else {}


def submit(application, user, data, at):
    give_number(application)
    deadline = application.return_deadline or application.round.closes_at
    application.return_deadline = None
    # What never moved was never submitted.
    version = application.submissions.count() + 1 if application.revision else 1
    if version > 1:
        _reopen_scores(application)
    content = content_of(application)
    # The guard has found that it came in time.
    came = data.get("arrived_at") if at >= deadline else None
    submission = Submission.objects.create(
        application=application,
        version=version,
        content=sealed(content),
        fingerprint=fingerprint(content),
        submitted_by=user,
        submitted_at=at,
        arrived_at=came,
    )
    renewal.enqueue(application.pk)
    written = {"data": submitted(submission.version, submission.fingerprint, content["evidence"])}
    if came:
        came = timezone.localtime(came)
        written["note"] = f"{data['text']}\n截止前送达系统（{came:%H:%M:%S}），排队后登记。".strip()
    return written


def _reopen_scores(application):
    # When a qualification was undone, the experts may have scored an earlier version. Those sheets
    # become drafts again: nobody is scored for a version that the experts have not read.
    reopened = application.score_sheets.filter(submitted_at__isnull=False).update(
        submitted_at=None, total=None, revision=F("revision") + 1
    )
    if reopened:
        application.panel_assignment.recompute()


def return_to_unit(application, user, data, at):
    rank, application.rank = application.rank, None
    application.return_deadline = data["deadline"]
    # Nothing that was verified is forgotten: of the recommending unit's ledger what did not change
    # still counts (`ledger_codes.counting`), and the office's judgements name the version that they
    # are about.
    return {"data": {"rank": rank}}


def extend(application, user, data, at):
    application.return_deadline = data["deadline"]
    return {"note": f"{data['text']}\n修改期限延长至{guards.moment(data['deadline'])}"}


def redirect(application, user, data, at):
    application.redirected_from = application.recommending_unit
    application.recommending_unit = data["to_unit"]
    units = f"{application.redirected_from} → {application.recommending_unit}"
    return {"note": f"{data['text']}\n转交：{units}"}


def accept_redirect(application, user, data, at):
    application.redirected_from = None
    if not data.get("whole_unit"):
        return {}
    unit = application.applying_unit
    unit.recommending_unit = application.recommending_unit
    unit.save(update_fields=["recommending_unit"])
    return {"note": f"{data['text']}\n{unit}今后由{application.recommending_unit}推荐。".strip()}


def refuse_redirect(application, user, data, at):
    application.recommending_unit = application.redirected_from
    application.redirected_from = None
    return {}


def close(application, user, data, at):
    if application.redirected_from is None:
        return {}
    # Nobody has accepted it: it ends where it came from.
    redirected_to = application.recommending_unit_id
    application.recommending_unit = application.redirected_from
    application.redirected_from = None
    return {"data": {"redirected_to": redirected_to}}
