"""The ledger of checks and the verdicts on awards, as other pages show them."""

from collections import Counter

from django.db.models import prefetch_related_objects

from accounts.roles import Role
from applications.records import read_related
from applications.stages import Stage
from review.recommending import checklist


def ledger_context(user, application):
    """Return what review/recommending/_ledger.html shows of an application; {} for experts."""
    if user.role == Role.EXPERT:
        return {}
    read_related(application, *checklist.PREFETCH)
    prefetch_related_objects([application], "awards__evidence")
    items = checklist.work_list(application)
    done, total = checklist.count_marks(items)
    of_group = {
        group: [item for item in items if item.group == group] for group in checklist.GROUPS
    }
    return {
        "ledger": {
            "items": items,
            "checks": of_group[checklist.CHECK],
            "tallies": [
                ("奖项核实", _tally(of_group[checklist.AWARD])),
                ("原件核对", _tally(of_group[checklist.ORIGINAL])),
            ],
            # What the unit is changing now is not submitted yet: nothing is counted of it.
            "is_counted": application.stage != Stage.RETURNED,
            "done": done,
            "total": total,
            "may_write": user.role == Role.RECOMMENDER and application.stage == Stage.RECOMMENDING,
            "may_open": user.role == Role.RECOMMENDER,
            "hides_files": user.role == Role.FINANCE,
        }
    }


def _tally(items):
    """Return how many items are in each state, in words."""
    numbers = Counter(item.state for item in items)
    return "，".join(f"{state} {number}" for state, number in numbers.items()) or "没有填报"
