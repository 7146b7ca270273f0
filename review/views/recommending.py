"""The recommending unit: its 附件1 of a round."""

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.roles import Role, role_required
from applications.form_definition import ANNEX1_COLUMNS
from applications.models import Application
from applications.rounds import Round
from applications.stages import FROM_PANEL, Stage
from applications.workflow import (
    Refused,
    free_ranks,
    rank_refusal,
    ranks_in_words,
    report_list,
)
from review.forms.fields import whole_number
from review.forms.recommending import ReporterForm
from review.models import RecommendationList

# Where an application stands once its list has been reported.
REPORTED = (Stage.QUALIFYING, Stage.DISQUALIFIED, *FROM_PANEL)
RANK_LIMIT = 999
NO_REPORTER = "请先填写填报人和联系电话。"


@require_GET
@role_required(Role.RECOMMENDER)
def recommendation_lists(request):
    """List the rounds in which the unit has something to report, or has reported."""
    of_unit = Q(applications__recommending_unit=request.user.recommending_unit_id)
    rounds = Round.objects.annotate(
        waiting=Count("applications", of_unit & Q(applications__stage=Stage.RECOMMENDED)),
        reported=Count(
            "applications",
            of_unit & Q(applications__stage__in=REPORTED, applications__rank__isnull=False),
        ),
    ).filter(Q(waiting__gt=0) | Q(reported__gt=0))
    lists = {
        each.round_id: each
        for each in RecommendationList.objects.filter(
            recommending_unit=request.user.recommending_unit_id
        )
    }
    rows = [(each, lists.get(each.pk)) for each in rounds]
    return render(request, "review/recommendation_lists.html", {"rows": rows})


@require_http_methods(["GET", "POST"])
@role_required(Role.RECOMMENDER)
def recommendation_list(request, round_pk):
    """附件1 of the unit in one round: ranking, reporter, preview and report."""
    round_ = get_object_or_404(Round, pk=round_pk)
    if request.method == "GET":
        return _list_page(request, round_)
    action = {"rank": _rank, "reporter": _reporter, "report": _report}.get(
        request.POST.get("action")
    )
    if action is None:
        raise Http404
    return action(request, round_)


def _listed(user, round_):
    """The unit's applications of the round that are waiting to be reported, or were."""
    return (
        Application.objects.visible_to(user)
        .filter(Q(stage=Stage.RECOMMENDED) | Q(stage__in=REPORTED, rank__isnull=False))
        .filter(round=round_)
    )


def _list_page(request, round_, *, reporter_form=None, refused="", typed=None, status=200):
    user = request.user
    listed = list(
        _listed(user, round_)
        .prefetch_related("awards__evidence", "award_checks", "members")
        .order_by("rank", "pk")
    )
    # Without a rank last; databases disagree on where NULL sorts.
    listed.sort(key=lambda each: (each.stage == Stage.RECOMMENDED, each.rank or RANK_LIMIT + 1))
    if not listed:
        raise Http404
    saved = RecommendationList.objects.filter(
        round=round_, recommending_unit=user.recommending_unit_id
    ).first()
    waiting = [each for each in listed if each.stage == Stage.RECOMMENDED]
    taken = {each.rank for each in listed if each.stage != Stage.RECOMMENDED}
    for each in waiting:
        each.typed_rank = (typed or {}).get(each.pk, "" if each.rank is None else each.rank)
    context = {
        "round": round_,
        "list": saved,
        "waiting": waiting,
        "ranks": ranks_in_words(free_ranks(taken, len(waiting))),
        "columns": [label for label, _ in ANNEX1_COLUMNS],
        "preview": [(each, [read(each) for _, read in ANNEX1_COLUMNS]) for each in listed],
        "reporter_form": reporter_form or (ReporterForm(instance=saved) if waiting else None),
        "unready": rank_refusal(taken, waiting) or ("" if saved else NO_REPORTER),
        "refused": refused,
    }
    return render(request, "review/recommendation_list.html", context, status=status)


def _rank(request, round_):
    """Save the ranks as far as they can be read; what is not 1 to 999 stays blank."""
    typed, unreadable = {}, False
    with transaction.atomic():
        waiting = list(
            _listed(request.user, round_)
            .filter(stage=Stage.RECOMMENDED)
            .select_for_update()
            .order_by("pk")
        )
        for application in waiting:
            text = request.POST.get(f"rank-{application.pk}", "").strip()
            typed[application.pk] = text
            rank = whole_number(text)
            is_rank = rank is not None and 1 <= rank <= RANK_LIMIT
            unreadable |= bool(text) and not is_rank
            application.rank = rank if is_rank else None
        Application.objects.bulk_update(waiting, ["rank"])
    if unreadable:
        refused = f"推荐排序须为 1 至 {RANK_LIMIT} 的整数，其余排序已保存。"
        return _list_page(request, round_, refused=refused, typed=typed, status=422)
    reported = _listed(request.user, round_).exclude(stage=Stage.RECOMMENDED)
    if rank_refusal(set(reported.values_list("rank", flat=True)), waiting):
        messages.warning(request, "排序已保存，但有重复或缺号，改正后才能上报。")
    else:
        messages.success(request, "排序已保存。")
    return redirect("review:recommendation_list", round_.pk)


def _reporter(request, round_):
    unit = request.user.recommending_unit_id
    saved = RecommendationList.objects.filter(round=round_, recommending_unit=unit).first()
    form = ReporterForm(request.POST, instance=saved)
    if not form.is_valid():
        return _list_page(request, round_, reporter_form=form, status=422)
    if not _listed(request.user, round_).filter(stage=Stage.RECOMMENDED).exists():
        form.add_error(None, "没有待上报的申报，推荐一览表不能再修改。")
        return _list_page(request, round_, reporter_form=form, status=409)
    RecommendationList.objects.update_or_create(
        round=round_, recommending_unit_id=unit, defaults=form.cleaned_data
    )
    messages.success(request, "填报信息已保存。")
    return redirect("review:recommendation_list", round_.pk)


def _report(request, round_):
    saved = RecommendationList.objects.filter(
        round=round_, recommending_unit=request.user.recommending_unit_id
    ).first()
    if saved is None:
        return _list_page(request, round_, refused=NO_REPORTER, status=409)
    try:
        reported = report_list(saved, request.user)
    except Refused as error:
        return _list_page(request, round_, refused=str(error), status=409)
    messages.success(request, f"已上报 {len(reported)} 项申报，进入资格审查。")
    return redirect("review:recommendation_list", round_.pk)
