"""The recommending unit's list (推荐一览表, 附件1) of a round: order, scan and report."""

from itertools import groupby

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Q, prefetch_related_objects
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.characters import compact
from accounts.roles import Role, role_required
from accounts.views.reauthentication import recently_authenticated
from applications.form.definition import ANNEX1_COLUMNS
from applications.models import Application, Event
from applications.rounds import Round
from applications.stages import Stage
from applications.versions.snapshot import GROUP, in_groups
from applications.workflow.guards import before_report_deadline
from applications.workflow.perform import Refused
from applications.workflow.recommendation_list import (
    free_ranks,
    rank_refusal,
    rank_the_only_one,
    ranks_in_words,
    ranks_taken,
    report_list,
    save_ranks,
)
from review.recommending.list_forms import RankingForm, ReporterForm, ScanForm
from review.recommending.list_models import REPORTED, RecommendationList, list_fingerprint, listed
from review.shared.fields import whole_number

RANK_LIMIT = 999
NO_REPORTER = "请先填写填报人和联系电话。"
LOCKED = "没有待上报的申报，已上报的不能再修改；需要修改时，请联系评审办公室退回整张一览表。"
STALE_ORDER = "排序刚由同事改动，您的排序没有保存；请刷新页面，看过新的排序后再调整。"
STALE_LIST = "推荐一览表刚有变化，没有上报；请核对后再办理。"
# So many events of the log of orderings are shown.
LOG_SIZE = 100


@require_GET
@role_required(Role.RECOMMENDER)
def recommendation_lists(request):
    """List the rounds in which the unit has something to report, or has reported."""
    of_unit = Q(applications__recommending_unit=request.user.recommending_unit_id)
    rounds = Round.objects.annotate(
        waiting=Count("applications", of_unit & Q(applications__stage=Stage.RECOMMENDED)),
        reported=Count("applications", of_unit & Q(applications__stage__in=REPORTED)),
    ).filter(Q(waiting__gt=0) | Q(reported__gt=0))
    lists = {
        each.round_id: each
        for each in RecommendationList.objects.filter(
            recommending_unit=request.user.recommending_unit_id
        ).defer("stamped_content")
    }
    rows = [(each, lists.get(each.pk)) for each in rounds]
    return render(request, "review/recommending/recommendation_lists.html", {"rows": rows})


@require_http_methods(["GET", "POST"])
@role_required(Role.RECOMMENDER)
def recommendation_list(request, round_pk):
    """附件1 of the unit in one round: ranking, reporter, preview and stamped scan."""
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
    """Report the whole list at once, after a page that says how much and what follows."""
    round_ = get_object_or_404(Round.objects.published().defer("notice"), pk=round_pk)
    view = _View(request.user, round_)
    if request.method == "POST":
        return _report(request, view)
    if refused := view.unready:
        messages.error(request, refused)
        return redirect("review:recommendation_list", round_.pk)
    return render(request, "review/recommending/list_report.html", view.context())


class _View:
    """The list as its unit sees it: read once, for the page, its checks and the report.

    Raises Http404 for a round in which the unit has nothing to report and has reported nothing.
    """

    def __init__(self, user, round_):
        self.user, self.round = user, round_
        self.listed = list(_listed(user, round_))
        if not self.listed:
            raise Http404
        self.saved = (
            _saved(user, round_)
            .select_related("recommending_unit", "stamped_scan__uploaded_by", "reported_by")
            .first()
        )
        self.waiting = [each for each in self.listed if each.stage == Stage.RECOMMENDED]
        self.reported = [each for each in self.listed if each.stage != Stage.RECOMMENDED]
        self.taken = {each.rank for each in self.reported if each.rank}
        self.content = self.saved.content(self.listed) if self.saved else None
        self.fingerprint = list_fingerprint(self.content) if self.content else ""

    @property
    def unstampable(self):
        """Why 附件1 is not ready for its stamp, or ""."""
        return self._unfilled or self.saved.date_problem or ""

    @property
    def unready(self):
        """Why the list cannot be reported now, or ""."""
        if refused := self._late() or self._unfilled:
            return refused
        is_stamped = self.saved.stamped_fingerprint == self.fingerprint
        refused = None if is_stamped else self.saved.date_problem
        return refused or self.saved.stamp_problem_with(self.content) or ""

    @property
    def _unfilled(self):
        if not self.waiting:
            return LOCKED
        return rank_refusal(self.taken, self.waiting) or ("" if self.saved else NO_REPORTER)

    def _late(self):
        if timezone.now() < self.round.report_deadline:
            return None
        prefetch_related_objects(self.waiting, "events")
        for each in self.waiting:
            each.round = self.round
            if refused := before_report_deadline(each, self.user, None):
                return refused
        return None

    def context(self):
        """What every page of the list shows."""
        saved = self.saved
        return {
            "round": self.round,
            "list": saved,
            "waiting": self.waiting,
            "reported": self.reported,
            "listed": self.listed,
            "fingerprint": self.fingerprint,
            "mark": in_groups(self.fingerprint[: 2 * GROUP]),
            "scan": saved.stamped_scan if saved else None,
            "scan_is_current": bool(saved and saved.stamped_fingerprint == self.fingerprint),
        }


def _listed(user, round_):
    """The unit's applications of the round that are waiting to be reported, or were."""
    return listed(
        Application.objects.visible_to(user).filter(
            round=round_, recommending_unit=user.recommending_unit_id
        )
    )


def _saved(user, round_):
    return RecommendationList.objects.filter(
        round=round_, recommending_unit=user.recommending_unit_id
    )


def _locked(user, round_):
    """Return the saved list, locked like the report locks it, or None; call in a transaction."""
    return _saved(user, round_).order_by("pk").select_for_update().first()


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
    view = _View(request.user, round_)
    typed = typed or {}
    rows = sorted(
        view.waiting,
        key=lambda each: whole_number(typed.get(each.pk, "")) or each.rank or RANK_LIMIT + 1,
    )
    for each in rows:
        each.typed_rank = typed.get(each.pk, "" if each.rank is None else each.rank)
    ranks = free_ranks(view.taken, len(rows))
    is_ranked_before = any(each.rank for each in rows)
    context = {
        **view.context(),
        "rows": rows,
        "was": _order_of(rows),
        "ranks": ranks,
        "ranks_in_words": ranks_in_words(ranks),
        "taken_in_words": ranks_in_words(sorted(view.taken)),
        "columns": [label for label, _ in ANNEX1_COLUMNS],
        "preview": [(each, [read(each) for _, read in ANNEX1_COLUMNS]) for each in view.listed],
        "ranking_form": ranking_form or (RankingForm() if is_ranked_before else None),
        "reporter_form": reporter_form or (_reporter_form(view.saved) if rows else None),
        "scan_form": scan_form or ScanForm(),
        "unstampable": view.unstampable,
        "unready": view.unready,
        "refused": refused,
        "log": _log(view.listed),
    }
    return render(request, "review/recommending/recommendation_list.html", context, status=status)


def _reporter_form(saved):
    """Return the form of what was saved; a date of an earlier report is asked for anew."""
    is_dated = saved is None or saved.date_problem is None
    return ReporterForm(
        instance=saved, initial={} if is_dated else {"filled_on": timezone.localdate()}
    )


# --- Order ---------------------------------------------------------------------------------------


def _order_of(waiting):
    """Return the saved order as a page carries it along, to notice that a colleague changed it."""
    return " ".join(f"{each.pk}:{each.rank or ''}" for each in sorted(waiting, key=lambda a: a.pk))


def _waiting_locked(user, round_):
    """Return what waits to be reported, locked in the order of the report; in a transaction."""
    of_unit = Application.objects.visible_to(user).filter(
        round=round_, recommending_unit=user.recommending_unit_id
    )
    return list(of_unit.filter(stage=Stage.RECOMMENDED).select_for_update().order_by("pk"))


def _ranks_taken(user, round_):
    return ranks_taken(_listed(user, round_).exclude(stage=Stage.RECOMMENDED))


def _rank(request, round_):
    """Save the ranks as far as they can be read; what is not 1 to 999 keeps the saved one."""
    form = RankingForm(request.POST)
    with transaction.atomic():
        waiting = _waiting_locked(request.user, round_)
        if not waiting:
            return _list_page(request, round_, refused=LOCKED, status=409)
        typed, ranks, unreadable = _typed_ranks(request, waiting)
        page = {"ranking_form": form, "typed": typed}
        if request.POST.get("was", order := _order_of(waiting)) != order:
            return _list_page(request, round_, **page, refused=STALE_ORDER, status=409)
        if form.is_valid() and _needs_reason(waiting, ranks) and not form.cleaned_data["reason"]:
            form.add_error("reason", "已保存的排序有改变，请填写调整理由。")
        if form.errors:
            return _list_page(request, round_, **page, status=422)
        save_ranks(request.user, waiting, ranks, form.cleaned_data["reason"])
    if unreadable:
        refused = f"推荐排序须为 1 至 {RANK_LIMIT} 的整数，其余排序已保存。"
        return _list_page(request, round_, typed=typed, refused=refused, status=422)
    if rank_refusal(_ranks_taken(request.user, round_), waiting):
        messages.warning(request, "排序已保存，但有重复或缺号，改正后才能上报。")
    else:
        messages.success(request, "排序已保存。")
    return redirect("review:recommendation_list", round_.pk)


def _typed_ranks(request, waiting):
    """Return what was typed and what it means, both by key, and whether any was unreadable."""
    typed, ranks, unreadable = {}, {}, False
    for each in waiting:
        ranks[each.pk] = each.rank
        text = request.POST.get(f"rank-{each.pk}")
        if text is None:
            continue
        typed[each.pk] = compact(text)
        rank = whole_number(typed[each.pk])
        if rank is not None and 1 <= rank <= RANK_LIMIT:
            ranks[each.pk] = rank
        elif typed[each.pk]:
            unreadable = True
        else:
            ranks[each.pk] = None
    return typed, ranks, unreadable


def _needs_reason(waiting, ranks):
    """Whether one that had a rank to itself loses it; doubled ranks were no order yet."""
    saved = [each.rank for each in waiting]
    return any(
        each.rank and saved.count(each.rank) == 1 and ranks[each.pk] != each.rank
        for each in waiting
    )


def _log(applications):
    """Return the orderings, latest first: dicts of at, actor, reason and moves (title, text)."""
    titles = {each.pk: each.studio_title for each in applications}
    events = Event.objects.filter(application__in=titles, action="rank").order_by("-at", "pk")
    log = []
    for (at, actor), group in groupby(events[:LOG_SIZE], lambda event: (event.at, event.actor)):
        notes = [(event.application_id, event.note.partition("：")) for event in group]
        moves = [(titles[pk], move) for pk, (move, _, _) in notes]
        log.append({"at": at, "actor": actor, "reason": notes[0][1][2], "moves": moves})
    return log


# --- Reporter, scan, report ----------------------------------------------------------------------


def _reporter(request, round_):
    with transaction.atomic():
        saved = _locked(request.user, round_)
        form = ReporterForm(request.POST, instance=saved)
        if not form.is_valid():
            return _list_page(request, round_, reporter_form=form, status=422)
        waiting = _waiting_locked(request.user, round_)
        if not waiting:
            form.add_error(None, LOCKED)
            return _list_page(request, round_, reporter_form=form, status=409)
        RecommendationList.objects.update_or_create(
            round=round_,
            recommending_unit_id=request.user.recommending_unit_id,
            defaults=form.cleaned_data,
        )
        # Before 附件1 is printed: its place among those reported before is its line there.
        rank_the_only_one(request.user, waiting, _ranks_taken(request.user, round_))
    messages.success(request, "填报信息已保存。")
    return redirect("review:recommendation_list", round_.pk)


def _scan(request, round_):
    """Store the scan of the stamped 附件1 for what 附件1 says now."""
    form = ScanForm(request.POST, request.FILES)
    if not form.is_valid():
        return _list_page(request, round_, scan_form=form, status=422)
    with transaction.atomic():
        _locked(request.user, round_)
        waiting = _waiting_locked(request.user, round_)
        rank_the_only_one(request.user, waiting, _ranks_taken(request.user, round_))
        view = _View(request.user, round_)
        if refused := view.unstampable:
            form.add_error(None, refused)
            return _list_page(request, round_, scan_form=form, status=409)
        if request.POST.get("fingerprint", view.fingerprint) != view.fingerprint:
            form.add_error(None, "附件1刚有变化，请重新下载、盖章后上传。")
            return _list_page(request, round_, scan_form=form, status=409)
        try:
            view.saved.stamp(form.cleaned_data["scan"], view.content, request.user)
        except ValidationError as error:
            form.add_error("scan", error)
            return _list_page(request, round_, scan_form=form, status=422)
    messages.success(request, "盖章扫描件已上传，请核对后上报。")
    return redirect("review:recommendation_list", round_.pk)


def _report(request, view):
    round_, saved = view.round, view.saved
    if saved is None:
        return _list_page(request, round_, refused=NO_REPORTER, status=409)
    if request.POST.get("fingerprint", view.fingerprint) != view.fingerprint:
        return _list_page(request, round_, refused=STALE_LIST, status=409)
    try:
        reported = report_list(saved, request.user)
    except Refused as error:
        return _list_page(request, round_, refused=str(error), status=409)
    messages.success(request, f"已上报 {len(reported)} 项申报，进入资格审查。")
    return redirect("review:recommendation_list", round_.pk)
