"""The office's pages of public notices: publishing, extending and withdrawing them."""

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Prefetch, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.roles import Role, role_required
from accounts.views.reauthentication import recently_authenticated
from applications.models import Application
from applications.rounds import Round
from applications.stages import ENDED, FROM_PANEL, UNDECIDED, Stage
from review.publicity.forms import ExtensionForm, NoticeChangeForm, PublicNoticeForm
from review.publicity.models import NoticeChange, PublicNotice
from review.publicity.notices import change_notice, publish_notice, waiting_for_notice
from review.publicity.objections.models import Objection
from review.publicity.working_days import UnknownYear, working_day_end

LISTED_COLUMNS = ("number", "unit_name", "lead_name", "lead_occupation", "stage")


@require_GET
@role_required(Role.OFFICE)
def publicity_notices(request):
    """List the notices, and by round what is still to be published or announced."""
    notices = (
        PublicNotice.objects.select_related("round")
        .annotate(
            number_of_applications=Count("applications", distinct=True),
            number_of_objections=Count("applications__objections", distinct=True),
        )
        .order_by("-starts_on", "-pk")
    )
    # Counted one by one, in an index: joined, every application of every round would be read.
    of_round = Application.objects.filter(round=OuterRef("pk")).order_by()
    published = PublicNotice.objects.standing().filter(applications=OuterRef("pk"))
    unpublished = of_round.filter(~Exists(published), stage=Stage.PUBLICITY)
    rounds = Round.objects.filter(
        Exists(of_round.filter(stage__in=(Stage.QUALIFYING, *FROM_PANEL)))
    ).annotate(
        unpublished=_counted(unpublished),
        awarded=_counted(of_round.filter(stage=Stage.AWARDED)),
        undecided=_counted(of_round.filter(stage__in=UNDECIDED)),
        unfinished=_counted(of_round.exclude(stage__in=(*ENDED, *UNDECIDED))),
    )
    context = {
        "notices": notices,
        "rounds": rounds,
        "pending": Objection.objects.pending().count(),
    }
    return render(request, "review/publicity/publicity_notices.html", context)


def _counted(applications):
    numbers = applications.values("round").annotate(number=Count("pk"))
    return Coalesce(Subquery(numbers.values("number")), 0)


@require_http_methods(["GET", "POST"])
@role_required(Role.OFFICE)
@recently_authenticated
def publicity_new(request, round_pk):
    """Publish all applications of a round that wait for a notice."""
    round_ = get_object_or_404(Round.objects.published(), pk=round_pk)
    notice = PublicNotice(round=round_, published_by=request.user)
    form = PublicNoticeForm(request.POST or None, instance=notice)
    if request.method == "POST" and form.is_valid():
        shortlist = publish_notice(notice)
        if shortlist:
            messages.success(
                request,
                f"已公示 {len(shortlist)} 项，自 {notice.starts_on} 至 {notice.ends_on}。",
            )
            return redirect("review:publicity_notices")
        form.add_error(None, "没有待公示的申报，可能已由他人发布。")
    context = {"form": form, "round": round_, "shortlist": list(waiting_for_notice(round_))}
    if not form.is_bound:
        if not context["shortlist"]:
            raise Http404
        try:
            context["ends_on"] = working_day_end(timezone.localdate(), round_.publicity_days)
        except UnknownYear as error:
            context["unknown_year"] = str(error)
    template = "review/publicity/publicity_new.html"
    return render(request, template, context, status=422 if form.errors else 200)


@require_GET
@role_required(Role.OFFICE, Role.BUREAU)
def notice(request, pk):
    """One notice: its list with the objections, its changes, and its proof once it is over."""
    notice = get_object_or_404(
        PublicNotice.objects.select_related("round", "published_by", "end_confirmed_by"), pk=pk
    )
    objections = Prefetch("objections", Objection.objects.only("application_id", "outcome"))
    applications = (
        notice.applications.only(*LISTED_COLUMNS)
        .prefetch_related(objections)
        .order_by("recommending_unit__position", "rank", "pk")
    )
    context = {
        "notice": notice,
        "rows": [_row(application) for application in applications],
        "changes": notice.changes.select_related("changed_by"),
        "proof_refusal": notice.proof_refusal(),
        "change_refusal": notice.change_refusal(),
    }
    return render(request, "review/publicity/notice.html", context)


def _row(application):
    """Return an application of a notice with what became of the objections against it."""
    outcomes = [objection.outcome for objection in application.objections.all()]
    return {
        "application": application,
        "objections": len(outcomes),
        "pending": outcomes.count(""),
        "is_off": Objection.Outcome.UPHELD in outcomes,
    }


@require_http_methods(["GET", "POST"])
@role_required(Role.OFFICE)
@recently_authenticated
def notice_extend(request, pk):
    """Extend the period of a notice."""
    return _change(request, pk, NoticeChange.Kind.EXTENDED, ExtensionForm)


@require_http_methods(["GET", "POST"])
@role_required(Role.OFFICE)
@recently_authenticated
def notice_withdraw(request, pk):
    """Withdraw a notice; what it listed waits for another one."""
    return _change(request, pk, NoticeChange.Kind.WITHDRAWN, NoticeChangeForm)


def _change(request, pk, kind, form_class):
    with transaction.atomic():
        notices = PublicNotice.objects.select_related("round")
        if request.method == "POST":
            # The form is judged by what a colleague's change has left.
            notices = notices.select_for_update(of=("self",))
        notice = get_object_or_404(notices, pk=pk)
        change = NoticeChange(
            notice=notice, kind=kind, ended_on=notice.ends_on, changed_by=request.user
        )
        form = form_class(request.POST or None, instance=change)
        status = 200
        if request.method == "POST":
            status = 422
            if refused := notice.change_refusal():
                form.add_error(None, refused)
                status = 409
            elif form.is_valid():
                change_notice(change, end_note=form.cleaned_data.get("end_note", ""))
                messages.success(request, f"已{change.get_kind_display()}。")
                return redirect("review:notice", pk)
    context = {"notice": notice, "form": form, "kind": kind, "label": kind.label}
    return render(request, "review/publicity/notice_change.html", context, status=status)
