"""Public notices of the shortlist, objections against it, and publication of the results."""

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.roles import Role, role_required
from applications.models import Application
from applications.rounds import Round
from applications.stages import FROM_PANEL, Stage
from applications.tasks import tell_results
from applications.workflow import Refused, record
from review.calendar import UnknownYear, working_day_end
from review.forms.publicity import ObjectionAnswerForm, ObjectionForm, PublicNoticeForm
from review.models import Objection, PublicNotice
from review.views import detail
from review.views.records import hold

# Reported, and still on the way to a result.
UNDECIDED = (
    Stage.QUALIFYING,
    Stage.PANEL,
    Stage.INSPECTING,
    Stage.PUBLICITY,
    Stage.APPROVING,
    Stage.COUNTERSIGNING,
)


def _unpublished(round_):
    return Application.objects.filter(
        round=round_, stage=Stage.PUBLICITY, public_notices__isnull=True
    ).order_by("recommending_unit__position", "rank", "pk")


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
    rounds = Round.objects.filter(applications__stage__in=(Stage.QUALIFYING, *FROM_PANEL)).annotate(
        unpublished=Count(
            "applications",
            Q(applications__stage=Stage.PUBLICITY, applications__public_notices__isnull=True),
            distinct=True,
        ),
        awarded=Count("applications", Q(applications__stage=Stage.AWARDED), distinct=True),
        undecided=Count("applications", Q(applications__stage__in=UNDECIDED), distinct=True),
    )
    context = {"notices": notices, "rounds": rounds}
    return render(request, "review/publicity_notices.html", context)


@require_http_methods(["GET", "POST"])
@role_required(Role.OFFICE)
def publicity_new(request, round_pk):
    """Publish all applications of a round that passed inspection and are not published yet."""
    round_ = get_object_or_404(Round, pk=round_pk)
    notice = PublicNotice(round=round_, published_by=request.user)
    form = PublicNoticeForm(request.POST or None, instance=notice)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            # Locked, so that a second click publishes nothing twice.
            Round.objects.select_for_update().get(pk=round_.pk)
            shortlist = list(_unpublished(round_))
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
    return render(request, "review/publicity_new.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@role_required(Role.OFFICE)
def objection_new(request, pk):
    """Enter an objection that the office received."""
    application = detail.find(request.user, pk)
    if request.method == "GET" and application.stage != Stage.PUBLICITY:
        raise Http404
    form = ObjectionForm(
        request.POST or None, instance=Objection(application=application, recorded_by=request.user)
    )
    return _objection_page(request, application, form, "登记异议")


@require_http_methods(["GET", "POST"])
@role_required(Role.OFFICE)
def objection(request, pk):
    """Resolve an objection, or correct how it was resolved."""
    found = get_object_or_404(
        Objection.objects.filter(application__in=Application.objects.visible_to(request.user)),
        pk=pk,
    )
    application = detail.find(request.user, found.application_id)
    if request.method == "GET" and application.stage != Stage.PUBLICITY:
        raise Http404
    form = ObjectionAnswerForm(request.POST or None, instance=found)
    if request.method == "POST":
        found.resolved_by, found.resolved_at = request.user, timezone.now()
    return _objection_page(request, application, form, "处理异议")


def _objection_page(request, application, form, label):
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                with hold(request.user, application.pk, Stage.PUBLICITY) as held:
                    form.save()
                    record(held, request.user, "objection", label)
            except Refused as error:
                form.add_error(None, str(error))
                status = 409
            else:
                messages.success(request, f"已{label}。")
                return redirect(f"{detail.url_of(application.pk)}#objections")
    context = {"application": application, "form": form, "label": label}
    return render(request, "review/objection.html", context, status=status)


@require_POST
@role_required(Role.OFFICE)
def publish_results(request, round_pk):
    """Make the round's results public."""
    with transaction.atomic():
        round_ = get_object_or_404(Round.objects.select_for_update(), pk=round_pk)
        awarded = round_.applications.filter(stage=Stage.AWARDED).count()
        undecided = round_.applications.filter(stage__in=UNDECIDED).count()
        if undecided:
            messages.error(request, f"还有 {undecided} 项申报没有审定，审定后再公布结果。")
        elif not awarded:
            messages.error(request, "本批次没有入选的申报，不能公布结果。")
        elif round_.results_published_at is None:
            round_.results_published_at = timezone.now()
            round_.save(update_fields=["results_published_at"])
            tell_results.enqueue(round_.pk)
            messages.success(request, f"结果已公布，共入选 {awarded} 项。")
    return redirect("review:publicity_notices")
