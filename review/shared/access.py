"""One application on a reviewer's page: how it is found, its address, and what is read of it."""

from functools import wraps

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse

from accounts.prepared import PreparedFor
from accounts.roles import Role
from applications.form.definition import is_hidden
from applications.form.display import reading_context
from applications.models import Application, Event
from applications.permissions import Privacy, privacy_for
from applications.records import read_related
from applications.stages import Stage
from applications.workflow import ledger_codes
from applications.workflow.events import WITHDRAW
from applications.workflow.guards import moment

# The frame beside the form in which files open.
PROOF = "proof"


def _found(user, key):
    # What every page asks for. Each further table costs PostgreSQL as long to plan as one page in
    # ten needs to read it: the site visit is read when asked for. All columns, the round's notice
    # too: to leave one out costs more than to read it.
    visible = Application.objects.visible_to(user).order_by().filter(pk=key)
    return visible.select_related(
        "round", "applying_unit", "recommending_unit", "panel_assignment__panel"
    )


FOUND = PreparedFor(_found, int)
WITH_VISIT = PreparedFor(
    lambda user, key: _found(user, key).select_related("inspection", "inspection_plan"), int
)


def find(user, pk, *relations, visit=False):
    """Return the application with what every page about it reads, and its rows of `relations`.

    `visit` reads plan and record of the site visit with it.

    Raises Http404 when it does not exist for the user.
    """
    application = next(iter((WITH_VISIT if visit else FOUND).ask(user, pk)), None)
    if application is None:
        raise Http404
    read_related(application, *relations)
    if {"awards", "evidence"} <= application._prefetched_objects_cache.keys():
        application.link_proofs()
    return application


def url_of(pk):
    """Return the address of an application's page."""
    return reverse("review:detail", args=[pk])


def told_if_withdrawn(view):
    """Tell a recommending unit why the application that it was working on is not there any more.

    What was withdrawn exists for the applying unit alone, and what was redirected for the other
    recommending unit alone. Whoever had it open is told what became of it instead of getting 404.
    """

    @wraps(view)
    def wrapped(request, pk, *args, **kwargs):
        try:
            return view(request, pk, *args, **kwargs)
        except Http404:
            sentence = _why_gone(request.user, pk) if request.method == "POST" else None
            if sentence is None:
                raise
            messages.error(request, sentence)
            return redirect("review:queue")

    return wrapped


def _why_gone(user, pk):
    """Return why an application does not exist for a recommending unit any more, or None."""
    unit = user.recommending_unit_id
    if unit is None or Application.objects.visible_to(user).filter(pk=pk).exists():
        return None
    own = Application.objects.filter(pk=pk, stage=Stage.DRAFT, recommending_unit=unit)
    if taken_back := own.filter(events__action=WITHDRAW.name).first():
        return f"{taken_back.number} 已由申报单位撤回，刚才的操作没有办理。"
    moves = Event.objects.filter(application=pk).exclude(to_stage="").select_related("application")
    last = moves.order_by("at", "pk").last()
    if last is not None and last.user_id == user.pk:
        # The user's own step, sent twice, has moved it to somebody else.
        number = last.application.number
        return f"{number} 已由您于{moment(last.at)}办理“{last.label}”，没有重复办理。"
    return None


def material(user, application):
    """Return the context of the form with its evidence, as much of it as the user may read."""
    privacy = privacy_for(user, application)
    judge_awards(application)
    return {**reading_context(application, privacy, PROOF), **viewer(user, application)}


def viewer(user, application):
    """Return the context of review/shared/_viewer.html: what the files are that it may open.

    `proof_names` maps the address of each to its name, category and number of pages, what is said
    of its signatures and its rendition, and the address of its original where that is another file
    and may be had; `has_proofs` says whether there is any. Reads `evidence`; prefetch it.
    """
    privacy = privacy_for(user, application)
    with_names = privacy is not Privacy.HIDDEN
    files = [
        row
        for row in application.current_evidence()
        if not row.erased_at and not is_hidden(row.category, privacy)
    ]
    names = {
        row.get_absolute_url(): [
            row.original_name,
            row.get_category_display(),
            row.pages,
            "".join([*row.signature_sentences_for(with_names=with_names), row.rendition_note]),
            reverse("applications:evidence_original", args=[row.pk])
            if row.has_original and user.role != Role.EXPERT
            else "",
        ]
        for row in files
    }
    return {"proof_target": PROOF, "has_proofs": bool(files), "proof_names": names}


def judge_awards(application):
    """Set `judged` on each award of an application, or of a copy as submitted.

    It is the recommending unit's `AwardCheck` that counts, or None.
    """
    read_related(application, "awards", "award_checks")
    verdicts = ledger_codes.verdicts(application)
    for award in application.awards.all():
        award.judged = ledger_codes.verdict_on(award, verdicts)
