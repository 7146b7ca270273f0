"""One unit's 推荐一览表 as it stands, and what the unit writes of it before it is reported."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import prefetch_related_objects
from django.http import Http404
from django.utils import timezone

from accounts.numbers import whole_number
from applications.models import Application
from applications.records import read_all
from applications.stages import Stage
from applications.versions.snapshot import GROUP, in_groups
from applications.workflow.guards import before_report_deadline
from applications.workflow.perform import Refused
from applications.workflow.recommendation_list import (
    rank_refusal,
    rank_the_only_one,
    ranks_taken,
    save_ranks,
)
from review.recommending.list_models import (
    REPORTED,
    RecommendationList,
    list_fingerprint,
    list_row,
    listed,
)

RANK_LIMIT = 999
# What is read of an application: its place, and what the columns of 附件1 say.
COLUMNS = (
    "round_id",
    "recommending_unit",
    "stage",
    "rank",
    "number",
    "unit_name",
    "lead_name",
    "lead_occupation",
    "lead_skill_level",
    "lead_post",
    "main_results",
    "studio_founding_document",
    "studio_status",
    "studio_location",
    "contact_name",
    "contact_mobile",
)
NO_REPORTER = "请先填写填报人和联系电话。"
LOCKED = "没有待上报的申报，已上报的不能再修改；需要修改时，请联系评审办公室退回整张一览表。"
STALE_ORDER = "排序刚由同事改动，您的排序没有保存；请刷新页面，看过新的排序后再调整。"
UNEXPLAINED = "已保存的排序有改变，请填写调整理由。"
STALE_SCAN = "附件1刚有变化，请重新下载、盖章后上传。"


class UnitList:
    """A unit's list of a round: read once, for the page, its checks and the report.

    `waiting` are the applications to be reported, `reported` those that were reported before, and
    `listed` both in the order of 附件1; `rows` are its rows (`list_row`). Raises Http404 when there
    are none.
    """

    def __init__(self, user, round_):
        self.user, self.round = user, round_
        self.listed = read_all(listed(_of_unit(user, round_)).defer(None).only(*COLUMNS))
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
        self.rows = [list_row(application) for application in self.listed]
        self.content = self.saved.content_of(self.rows) if self.saved else None
        self.fingerprint = list_fingerprint(self.content) if self.content else ""

    @property
    def stamp_refusal(self):
        """Why 附件1 is not ready for its stamp, or ""."""
        return self._missing or self.saved.date_problem or ""

    @property
    def report_refusal(self):
        """Why the list cannot be reported now, or ""."""
        if refused := self._deadline_refusal() or self._missing:
            return refused
        is_stamped = self.saved.stamped_fingerprint == self.fingerprint
        refused = None if is_stamped else self.saved.date_problem
        return refused or self.saved.stamp_problem_with(self.content) or ""

    @property
    def _missing(self):
        if not self.waiting:
            return LOCKED
        return rank_refusal(self.taken, self.waiting) or ("" if self.saved else NO_REPORTER)

    def _deadline_refusal(self):
        if timezone.now() < self.round.report_deadline:
            return None
        prefetch_related_objects(self.waiting, "events")
        for application in self.waiting:
            application.round = self.round
            if refused := before_report_deadline(application, self.user, None):
                return refused
        return None

    def context(self):
        """Return what every page of the list shows."""
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


def order_of(waiting):
    """Return the saved order as text, by which a page notices that a colleague changed it."""
    ordered = sorted(waiting, key=lambda each: each.pk)
    return " ".join(f"{application.pk}:{application.rank or ''}" for application in ordered)


def rank_list(user, round_, typed, reason, order):
    """Save the ranks that a unit typed (`typed`: {key: text}), on record.

    Returns what waits to be reported, and whether a text could not be read.
    The rank of an application stays where nothing was sent for it, or no number from 1 to
    RANK_LIMIT. `order` is `order_of` the page, as it was sent, or None. Raises Refused when nothing
    waits or a colleague has changed the order since; ValidationError when a saved order changes
    without a reason.
    """
    with transaction.atomic():
        waiting = lock_waiting(user, round_)
        if not waiting:
            raise Refused(LOCKED)
        if order not in {None, order_of(waiting)}:
            raise Refused(STALE_ORDER)
        ranks, is_unreadable = {}, False
        for application in waiting:
            ranks[application.pk] = application.rank
            text = typed.get(application.pk)
            rank = whole_number(text or "")
            if text == "":
                ranks[application.pk] = None
            elif rank is not None and 1 <= rank <= RANK_LIMIT:
                ranks[application.pk] = rank
            elif text is not None:
                is_unreadable = True
        if not reason and _breaks_order(waiting, ranks):
            raise ValidationError(UNEXPLAINED)
        save_ranks(user, waiting, ranks, reason)
    return waiting, is_unreadable


def _breaks_order(waiting, ranks):
    """Whether a rank changes that only one application had; doubled ranks were no order yet."""
    saved = [each.rank for each in waiting]
    return any(
        each.rank and saved.count(each.rank) == 1 and ranks[each.pk] != each.rank
        for each in waiting
    )


def save_reporter(user, round_, fields):
    """Save the last line of a unit's 附件1 (`fields` of `RecommendationList`).

    Ranks what waits alone, before 附件1 is printed: its place among those reported before is its
    line there. Raises Refused when nothing waits to be reported.
    """
    with transaction.atomic():
        lock_list(user, round_)
        waiting = lock_waiting(user, round_)
        if not waiting:
            raise Refused(LOCKED)
        RecommendationList.objects.update_or_create(
            round=round_, recommending_unit_id=user.recommending_unit_id, defaults=fields
        )
        rank_the_only_one(user, waiting, ranks_of_reported(user, round_))


def stamp_list(user, round_, scan, fingerprint):
    """Store the scan of a unit's stamped 附件1 for what 附件1 says now.

    `fingerprint` is that of the page, as it was sent; None stands for the present one. Raises
    Refused when 附件1 is not ready for its stamp or has changed since, ValidationError when the
    file is refused.
    """
    with transaction.atomic():
        # In a transaction of its own: a scan that is refused because this has moved a line of
        # 附件1 is printed again with that line where it is now.
        lock_list(user, round_)
        rank_the_only_one(user, lock_waiting(user, round_), ranks_of_reported(user, round_))
    with transaction.atomic():
        lock_list(user, round_)
        lock_waiting(user, round_)
        unit_list = UnitList(user, round_)
        if refused := unit_list.stamp_refusal:
            raise Refused(refused)
        if fingerprint not in {None, unit_list.fingerprint}:
            raise Refused(STALE_SCAN)
        unit_list.saved.stamp(scan, unit_list.content, user)


def lock_list(user, round_):
    """Lock the saved list as the report locks it, if there is one; call it in a transaction."""
    _saved(user, round_).order_by("pk").select_for_update().first()


def lock_waiting(user, round_):
    """Lock what waits to be reported, in the report's order; return it. Needs a transaction."""
    waiting = _of_unit(user, round_).filter(stage=Stage.RECOMMENDED)
    return list(waiting.select_for_update().order_by("pk"))


def ranks_of_reported(user, round_):
    """Return the ranks of what the unit reported before."""
    return ranks_taken(_of_unit(user, round_).filter(stage__in=REPORTED))


def _of_unit(user, round_):
    return Application.objects.visible_to(user).filter(
        round=round_, recommending_unit=user.recommending_unit_id
    )


def _saved(user, round_):
    return RecommendationList.objects.filter(
        round=round_, recommending_unit=user.recommending_unit_id
    )
