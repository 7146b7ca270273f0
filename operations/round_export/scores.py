"""Scores, means and ranks of a round, and the rules by which they come of one another.

No more than the reader may read: nothing of what a panel has not concluded (review/permissions.py).
"""

import json

from applications.models import Opinion
from applications.workflow.events import CONCLUDE_FOR
from review.panels.models import Panel, in_order
from review.permissions import may_see_ranks, may_see_scores
from review.scoring import bands, rankings

ABOUT = {
    "trim_from": "评分专家达到此数（且不少于3人）时，去掉一个最高分和一个最低分",
    "half_points": "是否可打半分",
    "minimum_score": "最低分数线",
    "quota": "入选名额",
}


def _rules(round_):
    return {
        "trim_from": round_.trim_from,
        "half_points": round_.half_points,
        "minimum_score": str(round_.minimum_score),
        "quota": round_.quota,
    }


def _criterion(criterion):
    return {
        "name": criterion.name,
        "points": criterion.points,
        "description": criterion.description,
        "bands": [
            {
                "points": band.points,
                "text": band.text,
                "from": str(band.limits[0]) if band.limits else None,
                "to": str(band.limits[1]) if band.limits else None,
            }
            for band in bands.read(criterion.bands)
        ],
    }


def _card(seat):
    return {
        "expert": seat.expert.name,
        "person": seat.expert.pk,
        "replaces": seat.replaces.name if seat.replaces else "",
        "points": [str(points) for points in seat.points],
        "total": str(seat.total),
        "comment": seat.sheet.comment,
    }


def _application(entry, proposed, *, is_open, has_rank):
    """Return what is told of an application; without cards where scores are not open."""
    return {
        "number": entry.application.number,
        "stage": entry.application.stage,
        "is_concluded": not entry.is_open,
        "was_proposed": entry.application.pk in proposed,
        "cards": [_card(seat) for seat in entry.scored] if is_open else [],
        "mean": str(entry.result.mean) if is_open and entry.result.number else None,
        "rank": entry.place.rank if has_rank and entry.place else None,
        "is_tied": bool(has_rank and entry.place and entry.place.is_tied),
    }


def _proposed(scope):
    """Return the keys of what panels proposed, as their opinions that stand say."""
    opinions = scope.of(Opinion, transition=CONCLUDE_FOR.name, reverted_at=None)
    return set(opinions.values_list("application", flat=True))


def write_scores(folder, scope):
    """Write scores/scores.json: the rules, each panel's applications, and the round's ranks."""
    user, round_ = scope.user, scope.round
    proposed, panels = _proposed(scope), []
    of_round = Panel.objects.filter(round=round_).select_related("round", "leader")
    for panel in in_order(of_round.prefetch_related("experts")):
        standing = rankings.of_panel(panel)
        has_rank = may_see_ranks(user, standing)
        panels.append(
            {
                "name": panel.name,
                "ranks_are_final": has_rank,
                "applications": [
                    _application(
                        entry,
                        proposed,
                        is_open=may_see_scores(user, entry),
                        has_rank=has_rank,
                    )
                    for entry in standing.ranked
                ],
            }
        )
    ranking = [
        {"number": entry.application.number, "rank": entry.place.rank}
        for entry in rankings.of_round(round_, scope.applications)
        if entry.place
    ]
    made = {
        "rules": _rules(round_),
        "about": ABOUT,
        "criteria": [_criterion(each) for each in round_.criteria.all()],
        "panels": panels,
        "ranking": ranking,
    }
    folder.add("scores/scores.json", [json.dumps(made, ensure_ascii=False, indent=1).encode()])
