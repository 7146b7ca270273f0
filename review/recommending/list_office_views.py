"""The office's pages of the recommending units' lists: all of a round, and sending one back."""

from django.contrib import messages
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import RecommendingUnit
from accounts.roles import Role, role_required
from applications.models import Application
from applications.recognition.reader import is_on
from applications.rounds import Round
from applications.stages import Stage
from applications.workflow.perform import Refused
from applications.workflow.recommendation_list import send_back_list, send_back_refusal
from applications.workflow.table import TRANSITIONS
from review.recommending.list_models import REPORTED, RecommendationList
from review.shared.decision_form import DecisionForm
from review.shared.due import shown
from review.shared.fields import whole_number

State = RecommendationList.State


@require_GET
@role_required(Role.OFFICE)
def lists_reported(request):
    """List the recommending units of a round with what they reported and what still waits."""
    rounds = Round.objects.published().defer("notice").in_bulk()
    chosen = rounds.get(whole_number(request.GET.get("round", "")))
    # The latest comes first (Round.Meta.ordering, which in_bulk does not promise to keep).
    ordered = sorted(rounds.values(), key=lambda round_: round_.opens_at, reverse=True)
    round_ = chosen or next(iter(ordered), None)
    context = {"rounds": ordered, "round": round_, "rows": [], "silent": [], "reads": is_on()}
    if round_ is not None:
        counts = _counts(request.user, round_)
        saved = (
            RecommendationList.objects.filter(round=round_)
            .select_related("stamped_scan", "reported_by")
            .defer("stamped_content")
        )
        lists = {saved_list.recommending_unit_id: saved_list for saved_list in saved}
        for unit in RecommendingUnit.objects.all():
            if unit.pk in counts:
                row = _row(unit, counts[unit.pk], lists.get(unit.pk), round_)
                context["rows"].append(row)
            elif unit.is_active:
                context["silent"].append(unit)
        context["due"] = shown(round_.report_deadline, timezone.localdate())
        context["unreported"] = sum(row["is_owed"] for row in context["rows"])
    return render(request, "review/recommending/lists_reported.html", context)


def _counts(user, round_):
    """Return {recommending unit: {"reviewing", "waiting", "reported", "decided": how many}}."""
    reported = Q(stage__in=REPORTED)
    rows = (
        Application.objects.visible_to(user)
        .filter(round=round_)
        .order_by()
        .values("recommending_unit")
        .annotate(
            reviewing=Count("pk", Q(stage__in=(Stage.RECOMMENDING, Stage.REDIRECTING))),
            waiting=Count("pk", Q(stage=Stage.RECOMMENDED)),
            reported=Count("pk", reported),
            decided=Count("pk", reported & ~Q(stage=Stage.QUALIFYING)),
        )
    )
    return {row["recommending_unit"]: row for row in rows}


def _row(unit, counts, saved, round_):
    state = saved.state if saved else State.UNREPORTED
    is_owed = bool(counts["waiting"] or counts["reviewing"])
    return {
        **counts,
        "unit": unit,
        "list": saved,
        "state": state,
        "tag": {State.REPORTED: "tag--pass", State.SENT_BACK: "tag--seal"}.get(state, "tag--wait"),
        "is_owed": is_owed,
        "is_overdue": is_owed and timezone.now() >= round_.report_deadline,
        "refused": send_back_refusal(counts["reported"], counts["decided"])
        if saved
        else "该推荐单位尚未上报。",
    }


@require_http_methods(["GET", "POST"])
@role_required(Role.OFFICE)
def list_send_back(request, pk):
    """Send a recommending unit's whole list back to it, with a reason."""
    recommendation_list = get_object_or_404(
        RecommendationList.objects.select_related("round", "recommending_unit", "stamped_scan"),
        pk=pk,
    )
    rule = TRANSITIONS["send_list_back"]
    form, status = DecisionForm(rule, request.user, request.POST or None), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                reason = form.cleaned_data["reason"]
                returned = send_back_list(recommendation_list, request.user, reason)
            except Refused as error:
                form.add_error(None, str(error))
                status = 409
            else:
                messages.success(
                    request,
                    f"已退回{recommendation_list.recommending_unit}的推荐一览表，"
                    f"{len(returned)} 项申报回到待上报，推荐单位会收到通知。",
                )
                address = reverse("review:lists_reported")
                return redirect(f"{address}?round={recommendation_list.round_id}")
    applications = Application.objects.visible_to(request.user).filter(
        round=recommendation_list.round_id,
        recommending_unit=recommendation_list.recommending_unit_id,
        stage__in=REPORTED,
    )
    applications = list(
        applications.only("number", "lead_name", "unit_name", "stage", "rank").order_by("rank")
    )
    decided = sum(application.stage != Stage.QUALIFYING for application in applications)
    context = {
        "list": recommendation_list,
        "form": form,
        "rule": rule,
        "applications": applications,
        "refused": send_back_refusal(len(applications), decided),
    }
    return render(request, "review/recommending/list_send_back.html", context, status=status)
