"""Public notices of the shortlist: publishing, extending, withdrawing."""

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Prefetch, Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.roles import Role, role_required
from accounts.views.reauthentication import recently_authenticated
from applications.models import Application
from applications.rounds import Round
from applications.stages import ENDED, FROM_PANEL, UNDECIDED, Stage
from applications.workflow.events import record
from review.publicity.forms import ExtensionForm, NoticeChangeForm, PublicNoticeForm
from review.publicity.models import NoticeChange, PublicNotice
from review.publicity.objections.models import Objection
from review.publicity.working_days import UnknownYear, working_day_end

LISTED_COLUMNS = ("number", "unit_name", "lead_name", "lead_occupation", "stage")


def _unpublished(round_):
    """The applications of a round that wait for a notice: none stands in which they are."""
    published = PublicNotice.objects.standing().filter(applications=OuterRef("pk"))
    return (
        Application.objects.filter(round=round_, stage=Stage.PUBLICITY)
        .filter(~Exists(published))
        .order_by("recommending_unit__position", "rank", "pk")
    )


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
    published = PublicNotice.objects.standing().filter(applications=OuterRef("applications"))
    rounds = Round.objects.filter(applications__stage__in=(Stage.QUALIFYING, *FROM_PANEL)).annotate(
        unpublished=Count(
            "applications",
            Q(applications__stage=Stage.PUBLICITY) & ~Q(Exists(published)),
            distinct=True,
        ),
        awarded=Count("applications", Q(applications__stage=Stage.AWARDED), distinct=True),
        undecided=Count("applications", Q(applications__stage__in=UNDECIDED), distinct=True),
        unfinished=Count(
            "applications", ~Q(applications__stage__in=(*ENDED, *UNDECIDED)), distinct=True
        ),
    )
    context = {
        "notices": notices,
        "rounds": rounds,
        "pending": Objection.objects.pending().count(),
    }
    return render(request, "review/publicity/publicity_notices.html", context)


@require_http_methods(["GET", "POST"])
@role_required(Role.OFFICE)
@recently_authenticated
def publicity_new(request, round_pk):
    """Publish all applications of a round that passed inspection and are not published yet."""
    round_ = get_object_or_404(Round.objects.published(), pk=round_pk)
    notice = PublicNotice(round=round_, published_by=request.user)
    form = PublicNoticeForm(request.POST or None, instance=notice)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            # Locked, so that none is undone meanwhile; applications come before their round
            # everywhere. Then the round, so that a second click publishes nothing twice.
            locked = Application.objects.filter(round=round_, stage=Stage.PUBLICITY).only("pk")
            held = {each.pk for each in locked.select_for_update().order_by("pk")}
            Round.objects.select_for_update().get(pk=round_.pk)
            shortlist = list(_unpublished(round_).filter(pk__in=held))
            if shortlist:
                form.save()
                notice.applications.set(shortlist)
                note = f"{notice.starts_on} 至 {notice.ends_on}"
                for application in shortlist:
                    record(application, request.user, "publish", "发布公示", note=note)
        if shortlist:
            messages.success(
                request,
                f"已公示 {len(shortlist)} 项，自 {notice.starts_on} 至 {notice.ends_on}。",
            )
            return redirect("review:publicity_notices")
        form.add_error(None, "没有待公示的申报，可能已由他人发布。")
    context = {"form": form, "round": round_, "shortlist": list(_unpublished(round_))}
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
    found = get_object_or_404(
        PublicNotice.objects.select_related("round", "published_by", "end_confirmed_by"), pk=pk
    )
    objections = Prefetch("objections", Objection.objects.only("application_id", "outcome"))
    rows = (
        found.applications.only(*LISTED_COLUMNS)
        .prefetch_related(objections)
        .order_by("recommending_unit__position", "rank", "pk")
    )
    context = {
        "notice": found,
        "rows": [
            {
                "application": each,
                "pending": sum(1 for one in each.objections.all() if not one.outcome),
                "objections": len(each.objections.all()),
                "is_off": any(one.outcome == "UPHELD" for one in each.objections.all()),
            }
            for each in rows
        ],
        "changes": found.changes.select_related("changed_by"),
        "proof_refusal": found.proof_refusal(),
        "change_refusal": _change_refusal(found),
    }
    return render(request, "review/publicity/notice.html", context)


def _change_refusal(notice):
    """Why a notice can no longer be extended or withdrawn, or None."""
    if notice.withdrawn_at:
        return "公示已撤回。"
    if notice.is_over:
        return "公示已结束，不能再延长或撤回。"
    return None


@require_http_methods(["GET", "POST"])
@role_required(Role.OFFICE)
@recently_authenticated
def notice_extend(request, pk):
    """Let a notice run longer."""
    return _change(request, pk, NoticeChange.Kind.EXTENDED, ExtensionForm)


@require_http_methods(["GET", "POST"])
@role_required(Role.OFFICE)
@recently_authenticated
def notice_withdraw(request, pk):
    """Take a notice back; what it listed waits for another one."""
    return _change(request, pk, NoticeChange.Kind.WITHDRAWN, NoticeChangeForm)


def _change(request, pk, kind, form_class):
    with transaction.atomic():
        notices = PublicNotice.objects.select_related("round")
        if request.method == "POST":
            notices = notices.select_for_update(of=("self",))
        found = get_object_or_404(notices, pk=pk)
        change = NoticeChange(
            notice=found, kind=kind, ended_on=found.ends_on, changed_by=request.user
        )
        form = form_class(request.POST or None, instance=change)
        status = 200
        if request.method == "POST":
            status = 422
            refused = _change_refusal(found)
            if refused:
                form.add_error(None, refused)
                status = 409
            elif form.is_valid():
                _apply(request.user, found, form)
                messages.success(request, f"已{change.get_kind_display()}。")
                return redirect("review:notice", pk)
    context = {"notice": found, "form": form, "kind": kind, "label": kind.label}
    return render(request, "review/publicity/notice_change.html", context, status=status)


def _apply(user, notice, form):
    """Save a change of a notice, the notice as it is then, and a line in each history."""
    change = form.save()
    if change.kind == NoticeChange.Kind.EXTENDED:
        notice.ends_on = change.ends_on
        notice.end_note = form.cleaned_data["end_note"]
        notice.end_confirmed_by = user if notice.end_note else None
        note = f"延长至 {change.ends_on}：{change.reason}"
    else:
        notice.withdrawn_at = change.changed_at
        note = change.reason
    notice.save(update_fields=["ends_on", "end_note", "end_confirmed_by", "withdrawn_at"])
    # Each is locked to be written about: in one order, that of everybody else who locks several.
    for application in notice.applications.only("pk").order_by("pk"):
        record(application, user, "publish", change.get_kind_display(), note=note)
