"""The pages of a recommending unit's list (推荐一览表, 附件1): order, reporter, scan, report."""

from itertools import groupby

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.characters import compact
from accounts.roles import Role, role_required
from accounts.views.reauthentication import recently_authenticated
from applications.form.definition import ANNEX1_COLUMNS
from applications.form.patterns import draw_each
from applications.models import Event
from applications.rounds import Round
from applications.stages import Stage
from applications.workflow.events import RANK
from applications.workflow.perform import Refused
from applications.workflow.recommendation_list import (
    free_ranks,
    rank_refusal,
    ranks_in_words,
    report_list,
)
from review.recommending.list_forms import RankingForm, ReporterForm, ScanForm
from review.recommending.list_models import LISTED, REPORTED, RecommendationList
from review.recommending.list_scan import list_scan_context
from review.recommending.unit_list import (
    NO_REPORTER,
    RANK_LIMIT,
    UnitList,
    order_of,
    rank_list,
    ranks_of_reported,
    save_reporter,
    stamp_list,
)
from review.shared.fields import whole_number

STALE_LIST = "推荐一览表刚有变化，没有上报；请核对后再办理。"
LOG_SIZE = 100  # events of the log of orderings that are shown


@require_GET
@role_required(Role.RECOMMENDER)
def recommendation_lists(request):
    """List the rounds in which the unit has something to report, or has reported."""
    of_unit = Q(applications__recommending_unit=request.user.recommending_unit_id)
    rounds = Round.objects.filter(of_unit, applications__stage__in=LISTED).annotate(
        waiting=Count("applications", Q(applications__stage=Stage.RECOMMENDED)),
        reported=Count("applications", Q(applications__stage__in=REPORTED)),
    )
    saved = RecommendationList.objects.filter(
        recommending_unit=request.user.recommending_unit_id
    ).defer("stamped_content")
    lists = {saved_list.round_id: saved_list for saved_list in saved}
    rows = [(round_, lists.get(round_.pk)) for round_ in rounds]
    return render(request, "review/recommending/recommendation_lists.html", {"rows": rows})


@require_http_methods(["GET", "POST"])
@role_required(Role.RECOMMENDER)
def recommendation_list(request, round_pk):
    """Show the unit's 附件1 of a round, and save its ranking, its reporter or its stamped scan."""
    round_ = get_object_or_404(Round.objects.published().defer("notice"), pk=round_pk)
    if request.method == "GET":
        return _list_page(request, round_)
    action = {"rank": _rank, "reporter": _reporter, "scan": _scan}.get(request.POST.get("action"))
    if action is None:
        raise Http404
    return action(request, round_)


@require_http_methods(["GET", "POST"])
@role_required(Role.RECOMMENDER)
@recently_authenticated
def list_report(request, round_pk):
    """Report the whole list, after a page that says how many it reports and what follows."""
    round_ = get_object_or_404(Round.objects.published().defer("notice"), pk=round_pk)
    unit_list = UnitList(request.user, round_)
    if request.method == "POST":
        return _report(request, unit_list)
    if refused := unit_list.report_refusal:
        messages.error(request, refused)
        return redirect("review:recommendation_list", round_.pk)
    return render(request, "review/recommending/list_report.html", unit_list.context())


def _list_page(
    request,
    round_,
    *,
    ranking_form=None,
    reporter_form=None,
    scan_form=None,
    refused="",
    typed=None,
    status=200,
):
    unit_list = UnitList(request.user, round_)
    typed = typed or {}
    rows = sorted(
        unit_list.waiting,
        key=lambda each: whole_number(typed.get(each.pk, "")) or each.rank or RANK_LIMIT + 1,
    )
    for application in rows:
        rank = "" if application.rank is None else application.rank
        application.typed_rank = typed.get(application.pk, rank)
    ranks = free_ranks(unit_list.taken, len(rows))
    is_ranked_before = any(application.rank for application in rows)
    context = {
        **unit_list.context(),
        **list_scan_context(unit_list.saved),
        "rows": rows,
        "was": order_of(rows),
        "ranks": ranks,
        "ranks_in_words": ranks_in_words(ranks),
        "taken_in_words": ranks_in_words(sorted(unit_list.taken)),
        "columns": [label for label, _ in ANNEX1_COLUMNS],
        "preview": _preview(unit_list),
        "rank_rows": _rank_rows(rows),
        "ranking_form": ranking_form or (RankingForm() if is_ranked_before else None),
        "reporter_form": reporter_form or (_reporter_form(unit_list.saved) if rows else None),
        "scan_form": scan_form or ScanForm(),
        "stamp_refusal": unit_list.stamp_refusal,
        "report_refusal": unit_list.report_refusal,
        "refused": refused,
        "log": _log(unit_list.listed),
    }
    return render(request, "review/recommending/recommendation_list.html", context, status=status)


def _preview(unit_list):
    """Return the rows of the preview of 附件1, HTML."""
    rows = zip(unit_list.listed, unit_list.rows, strict=True)
    return draw_each(
        "review/recommending/_annex1_row.html",
        (
            {
                "pk": application.pk,
                "rank": application.rank or "",
                "place": place,
                "cells": draw_each(
                    "review/recommending/_annex1_cell.html",
                    ({"text": text} for text in row["cells"].values()),
                ),
            }
            for place, (application, row) in enumerate(rows, start=1)
        ),
    )


def _rank_rows(applications):
    """Return the lines in which the order is typed, HTML."""
    address = reverse("review:queue")
    return draw_each(
        "review/recommending/_rank_row.html",
        (
            {
                "pk": application.pk,
                "saved": application.rank or "",
                "typed": application.typed_rank,
                "title": application.studio_title,
                "unit": application.unit_name,
                "number": application.number,
                "address": f"{address}{application.pk}/",
            }
            for application in applications
        ),
    )


def _reporter_form(saved):
    """Return the form with what was saved, and with today's date once the saved one was used."""
    is_dated = saved is None or saved.date_problem is None
    return ReporterForm(
        instance=saved, initial={} if is_dated else {"filled_on": timezone.localdate()}
    )


# --- Order ---------------------------------------------------------------------------------------


def _rank(request, round_):
    form = RankingForm(request.POST)
    typed = {
        whole_number(name.removeprefix("rank-")): compact(text)
        for name, text in request.POST.items()
        if name.startswith("rank-")
    }
    page = {"ranking_form": form, "typed": typed}
    if not form.is_valid():
        return _list_page(request, round_, **page, status=422)
    reason, order = form.cleaned_data["reason"], request.POST.get("was")
    try:
        waiting, is_unreadable = rank_list(request.user, round_, typed, reason, order)
    except Refused as error:
        return _list_page(request, round_, **page, refused=str(error), status=409)
    except ValidationError as error:
        form.add_error("reason", error)
        return _list_page(request, round_, **page, status=422)
    if is_unreadable:
        refused = f"推荐排序须为 1 至 {RANK_LIMIT} 的整数，其余排序已保存。"
        return _list_page(request, round_, typed=typed, refused=refused, status=422)
    if rank_refusal(ranks_of_reported(request.user, round_), waiting):
        messages.warning(request, "排序已保存，但有重复或缺号，改正后才能上报。")
    else:
        messages.success(request, "排序已保存。")
    return redirect("review:recommendation_list", round_.pk)


def _log(applications):
    """Return the orderings, latest first: dicts of at, actor, reason and moves (title, text)."""
    titles = {application.pk: application.studio_title for application in applications}
    events = Event.objects.filter(application__in=titles, action=RANK.name).order_by("-at", "pk")
    log = []
    for (at, actor), group in groupby(events[:LOG_SIZE], lambda event: (event.at, event.actor)):
        notes = [(event.application_id, event.note.partition("：")) for event in group]
        moves = [(titles[pk], move) for pk, (move, _, _) in notes]
        log.append({"at": at, "actor": actor, "reason": notes[0][1][2], "moves": moves})
    return log


# --- Reporter, scan, report ----------------------------------------------------------------------


def _reporter(request, round_):
    form = ReporterForm(request.POST)
    if not form.is_valid():
        return _list_page(request, round_, reporter_form=form, status=422)
    try:
        save_reporter(request.user, round_, form.cleaned_data)
    except Refused as error:
        form.add_error(None, str(error))
        return _list_page(request, round_, reporter_form=form, status=409)
    messages.success(request, "填报信息已保存。")
    return redirect("review:recommendation_list", round_.pk)


def _scan(request, round_):
    form = ScanForm(request.POST, request.FILES)
    if not form.is_valid():
        return _list_page(request, round_, scan_form=form, status=422)
    scan, fingerprint = form.cleaned_data["scan"], request.POST.get("fingerprint")
    try:
        stamp_list(request.user, round_, scan, fingerprint)
    except Refused as error:
        form.add_error(None, str(error))
        return _list_page(request, round_, scan_form=form, status=409)
    except ValidationError as error:
        form.add_error("scan", error)
        return _list_page(request, round_, scan_form=form, status=422)
    messages.success(request, "盖章扫描件已上传，请核对后上报。")
    return redirect("review:recommendation_list", round_.pk)


def _report(request, unit_list):
    round_, saved = unit_list.round, unit_list.saved
    if saved is None:
        return _list_page(request, round_, refused=NO_REPORTER, status=409)
    if request.POST.get("fingerprint", unit_list.fingerprint) != unit_list.fingerprint:
        return _list_page(request, round_, refused=STALE_LIST, status=409)
    try:
        reported = report_list(saved, request.user)
    except Refused as error:
        return _list_page(request, round_, refused=str(error), status=409)
    messages.success(request, f"已上报 {len(reported)} 项申报，进入资格审查。")
    return redirect("review:recommendation_list", round_.pk)
