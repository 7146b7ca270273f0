"""A recommending unit's whole list (附件1): ranks, reported at once, sent back at once."""

from itertools import count as counting
from itertools import islice

from django.db import transaction as database
from django.utils import timezone

from applications.models import Application
from applications.notify.tasks import tell_list, tell_list_sent_back
from applications.stages import Stage
from applications.workflow.events import RANK, record
from applications.workflow.perform import Refused, perform

UNRANKED = "未排序"


def free_ranks(taken, count):
    """Return the lowest `count` ranks that are not `taken` by what was reported before."""
    return list(islice((rank for rank in counting(1) if rank not in taken), count))


def ranks_in_words(ranks):
    """Return ascending ranks as a sentence names them: 1 至 3, or 2、4."""
    if len(ranks) > 1 and ranks[-1] - ranks[0] == len(ranks) - 1:
        return f"{ranks[0]} 至 {ranks[-1]}"
    return "、".join(map(str, ranks))


def rank_refusal(taken, waiting):
    """Return why applications waiting to be reported are not ranked well, or None.

    Together with the ranks reported before (`taken`), a unit's ranks must be 1..n (附件1, 备注3).
    An application that waits alone is not judged: `rank_the_only_one` gives it its rank.
    """
    free = free_ranks(taken, len(waiting))
    if len(waiting) == 1 or sorted(application.rank or 0 for application in waiting) == free:
        return None
    before = f"已上报的占 {ranks_in_words(sorted(taken))}，" if taken else ""
    return (
        f"{before}{'本次的' if taken else ''}推荐排序须为 {ranks_in_words(free)}，"
        "不能重复或缺号，请先保存排序。"
    )


def save_ranks(user, waiting, ranks, reason):
    """Give locked applications their `ranks` (by key, None for no rank), each on record."""
    at = timezone.now()
    for application in waiting:
        before, application.rank = application.rank, ranks[application.pk]
        if before != application.rank:
            note = f"{before or UNRANKED} → {application.rank or UNRANKED}"
            note = f"{note}：{reason}" if reason else note
            record(application, user, RANK, note, at=at)
    Application.objects.bulk_update(waiting, ["rank"])


def ranks_taken(reported):
    """Return the ranks of a queryset of applications that were reported before."""
    return set(reported.filter(rank__isnull=False).values_list("rank", flat=True))


def rank_the_only_one(user, waiting, taken):
    """Rank the application that waits alone (a list of locked ones); there is one place for it."""
    [rank] = free_ranks(taken, 1)
    if len(waiting) == 1 and waiting[0].rank != rank:
        save_ranks(user, waiting, {waiting[0].pk: rank}, "本次只有一项，不需要排序。")


def report_list(recommendation_list, user):
    """Report a recommending unit's whole list at once (上报); return the applications.

    Raises Refused, and reports nothing, when the list is empty, the ranks are not 1..n
    (`rank_refusal`) or any application is refused.
    """
    with database.atomic():
        # Read anew under the lock: what a colleague has changed since counts.
        recommendation_list = (
            type(recommendation_list)
            .objects.select_for_update(of=("self",))
            .select_related("recommending_unit")
            .get(pk=recommendation_list.pk)
        )
        of_unit = Application.objects.visible_to(user).filter(
            round_id=recommendation_list.round_id,
            recommending_unit_id=recommendation_list.recommending_unit_id,
        )
        # Locked in the order in which ranking locks them: neither waits for the other for ever.
        waiting = list(of_unit.filter(stage=Stage.RECOMMENDED).select_for_update().order_by("pk"))
        if not waiting:
            raise Refused("没有待上报的申报。")
        taken = ranks_taken(of_unit.exclude(stage=Stage.RECOMMENDED))
        rank_the_only_one(user, waiting, taken)
        if sentence := rank_refusal(taken, waiting):
            raise Refused(sentence)
        waiting.sort(key=lambda application: application.rank)
        # One moment for all: by it `notifications.untold` knows the events of one list.
        at = timezone.now()
        reported = [
            perform(application, "report", user, at=at, recommendation_list=recommendation_list)
            for application in waiting
        ]
        recommendation_list.reported_at = at
        recommendation_list.reported_by = user
        recommendation_list.save(update_fields=["reported_at", "reported_by"])
        tell_list.enqueue([application.pk for application in reported])
    return reported


def send_back_refusal(reported, decided):
    """Return why a list with so many reported and decided on cannot be sent back, or None."""
    if decided:
        return (
            f"其中 {decided} 项已作出资格审查决定，不能整表退回；可逐项退回修改，"
            "或先撤销已作的决定。"
        )
    return None if reported else "该推荐一览表没有等待资格审查的申报。"


def send_back_list(recommendation_list, user, reason):
    """Send a recommending unit's whole list back to it; return the applications.

    Raises Refused, and sends nothing back, when nothing of it waits for qualification or when the
    office has already decided on a part of it.
    """
    with database.atomic():
        recommendation_list = (
            type(recommendation_list).objects.select_for_update().get(pk=recommendation_list.pk)
        )
        reported = (
            Application.objects.visible_to(user)
            .filter(
                round_id=recommendation_list.round_id,
                recommending_unit_id=recommendation_list.recommending_unit_id,
                rank__isnull=False,
            )
            .exclude(stage=Stage.RECOMMENDED)
        )
        reported = list(reported.select_for_update().order_by("pk"))
        decided = sum(application.stage != Stage.QUALIFYING for application in reported)
        if sentence := send_back_refusal(len(reported), decided):
            raise Refused(sentence)
        at = timezone.now()
        returned = [
            perform(application, "send_list_back", user, at=at, reason=reason)
            for application in reported
        ]
        recommendation_list.reported_at = recommendation_list.reported_by = None
        recommendation_list.returned_at, recommendation_list.returned_by = at, user
        recommendation_list.returned_reason = reason.strip()
        recommendation_list.save(
            update_fields=[
                "reported_at",
                "reported_by",
                "returned_at",
                "returned_by",
                "returned_reason",
            ]
        )
        tell_list_sent_back.enqueue([application.pk for application in returned])
    return returned
