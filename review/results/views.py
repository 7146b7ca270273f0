"""The pages of a round's end and of its results: publishing the list, and correcting it."""

from django.contrib import messages
from django.db.models import Max
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.roles import Role, role_required
from accounts.views.reauthentication import recently_authenticated
from applications.models import Application, Opinion
from applications.rounds import Round
from applications.stages import Stage
from applications.workflow.perform import Refused
from review.results import corrections, publication
from review.results.forms import CorrectionForm, EndingForm, PublicationForm, RefusalForm
from review.results.models import ResultCorrection, describe_changes, row_of
from review.scoring import rankings
from review.shared.stroke_order import in_stroke_order

COLUMNS = (
    "number",
    "unit_name",
    "lead_name",
    "lead_occupation",
    "studio_occupation",
    "recommending_unit__name",
    "panel_assignment__mean",
)
BY_STROKES, BY_SCORE = "strokes", "score"
READERS = (Role.OFFICE, Role.BUREAU, Role.EXPERT)


@require_GET
@role_required(*READERS)
def results(request, round_pk):
    """The awarded studios by 姓氏笔画 or by score; for the office, what it ends and publishes.

    Experts see those of their own panels, after the publication.
    """
    return _page(request, _round(round_pk))


def _round(pk):
    return get_object_or_404(Round.objects.published().defer("notice"), pk=pk)


def _page(request, round_, *, ending=None, announcement=None, status=200):
    user = request.user
    edition = round_.result_editions.last()
    if user.role == Role.EXPERT and edition is None:
        raise Http404
    awarded = list(
        Application.objects.visible_to(user)
        .filter(round=round_, stage=Stage.AWARDED)
        .select_related("recommending_unit", "panel_assignment")
        .only(*COLUMNS)
        .distinct()
    )
    order = BY_SCORE if request.GET.get("order") == BY_SCORE else BY_STROKES
    if order == BY_SCORE:
        places = rankings.places(round_, Application.objects.visible_to(user))
        awarded.sort(key=lambda application: places.get(application.pk, len(places)))
    else:
        awarded = in_stroke_order(awarded)
    published = {row["application"]: row for row in edition.rows} if edition else {}
    for application in awarded:
        application.row = published.get(application.pk) or row_of(application)
    context = {"round": round_, "awarded": awarded, "order": order, "edition": edition}
    if user.role == Role.OFFICE:
        context |= _tasks(round_, awarded, ending, announcement)
    if user.role in {Role.OFFICE, Role.BUREAU}:
        context["corrections"] = round_.result_corrections.select_related("edition")
    return render(request, "review/results/results.html", context, status=status)


def _tasks(round_, awarded, ending, announcement):
    """Return what the office has to do before it publishes, and the forms to do it with."""
    unfinished, undecided = left = publication.under_way(round_)
    endable = [each for each in undecided if each.stage in publication.ENDED_BY_OFFICE]
    refused = publication.publication_refusal(round_, left)
    if ending is None and (unfinished or endable):
        ending = EndingForm(endable=endable)
    if announcement is None and refused is None:
        announcement = PublicationForm(awarded=awarded, signed_on=_signed_on(round_))
    return {
        "unfinished": unfinished,
        "undecided": undecided,
        "endable": {application.pk for application in endable},
        "refused": refused,
        "end_refused": publication.end_refusal(round_),
        "ending": ending,
        "publication": announcement,
        "correction_refused": corrections.correction_refusal(round_),
    }


def _signed_on(round_):
    """Return the day on which the finance bureau signed last for what is awarded, or None."""
    opinions = Opinion.objects.filter(
        application__round=round_,
        application__stage=Stage.AWARDED,
        transition="countersign",
        reverted_at=None,
    )
    return opinions.aggregate(last=Max("signed_on"))["last"]


@require_POST
@role_required(Role.OFFICE)
@recently_authenticated
def end_round(request, round_pk):
    """End what is under way in a round: all that the units have, and what is chosen in review."""
    round_ = _round(round_pk)
    _, undecided = publication.under_way(round_)
    form = EndingForm(request.POST, endable=undecided)
    if not form.is_valid():
        return _page(request, round_, ending=form, status=422)
    try:
        ended = publication.end_round(
            round_pk,
            request.user,
            [application.pk for application in form.cleaned_data["ended"]],
            form.cleaned_data["reason"],
            request=request,
        )
    except Refused as error:
        form.add_error(None, str(error))
        return _page(request, round_, ending=form, status=409)
    messages.success(request, f"已结束 {ended} 项申报，每项均已记入办理记录并告知申报单位。")
    return redirect("review:results", round_pk)


@require_POST
@role_required(Role.OFFICE)
@recently_authenticated
def publish_results(request, round_pk):
    """Make the round's results public; that nothing was awarded has to be confirmed."""
    round_ = _round(round_pk)
    if refused := publication.publication_refusal(round_):
        messages.error(request, refused)
        return redirect("review:results", round_pk)
    awarded = publication.awarded_in(round_)
    form = PublicationForm(request.POST, awarded=awarded.exists(), signed_on=_signed_on(round_))
    if not form.is_valid():
        return _page(request, round_, announcement=form, status=422)
    try:
        edition = publication.publish(
            round_pk,
            request.user,
            form.cleaned_data["document_number"],
            form.cleaned_data["document_date"],
            request=request,
        )
    except Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"结果已公布，共入选 {len(edition.rows)} 项。")
    return redirect("review:results", round_pk)


# --- Corrections ----------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@role_required(Role.OFFICE)
@recently_authenticated
def correct_results(request, round_pk):
    """Propose a correction of the published list."""
    round_ = _round(round_pk)
    edition = round_.result_editions.last()
    if edition is None:
        raise Http404
    if refused := corrections.correction_refusal(round_):
        messages.error(request, refused)
        return redirect("review:results", round_pk)
    form = CorrectionForm(request.POST or None, edition=edition)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                correction = corrections.propose_correction(
                    round_pk,
                    request.user,
                    form.cleaned_data["reason"],
                    **form.proposal(),
                    request=request,
                )
            except Refused as error:
                form.add_error(None, str(error))
                status = 409
            else:
                messages.success(request, "更正已提出，待市人社局审定后公布。")
                return redirect(correction)
    context = {"round": round_, "edition": edition, "form": form}
    return render(request, "review/results/correct_results.html", context, status=status)


@require_http_methods(["GET", "POST"])
@role_required(Role.OFFICE, Role.BUREAU, Role.FINANCE)
@recently_authenticated
def result_correction(request, pk):
    """One correction: what it changes; the bureaus agree to it or refuse, the office withdraws."""
    correction = get_object_or_404(
        ResultCorrection.objects.select_related(
            "round", "edition", "proposed_by", "approved_by", "countersigned_by", "ended_by"
        ),
        pk=pk,
    )
    user, form, status = request.user, RefusalForm(), 200
    if request.method == "POST":
        try:
            if request.POST.get("action") == "consent":
                correction = corrections.consent_to_correction(pk, user, request=request)
                messages.success(request, f"已同意，现为“{correction.state_label}”。")
                return redirect(correction)
            form, status = RefusalForm(request.POST), 422
            if form.is_valid():
                corrections.end_correction(pk, user, form.cleaned_data["note"], request=request)
                messages.success(request, "已终止该项更正，公布的名单不变。")
                return redirect(correction)
        except Refused as error:
            messages.error(request, str(error))
            return redirect(correction)
    refused = None
    if correction.edition:
        changes = correction.edition.changes
    else:
        try:
            changes = describe_changes(corrections.apply_correction(correction)[1])
        except Refused as error:
            changes, refused = [], str(error)
    context = {
        "correction": correction,
        "changes": changes,
        "refused": refused,
        "form": form,
        "may_consent": refused is None and correction.waits_for == user.role,
        "may_end": correction.may_be_ended_by(user),
    }
    return render(request, "review/results/result_correction.html", context, status=status)
