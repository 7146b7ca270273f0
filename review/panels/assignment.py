"""Which panel scores which application: a proposal, as pure functions, and its record.

As few experts as possible meet their own employer. Within that as many applications as possible go
to a panel with an expert of their 工种; within that the panels have as nearly the same number as
they can, and applications of one 工种 stay together. For no 工种 does a panel get more than half
again an even share (`MOST`).
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from applications.workflow.events import record
from review.panels.models import PanelAssignment
from review.panels.recusals import settle

# How much of an even share a panel takes at most. Experts who know the 工种 weigh more than equal
# numbers; without a limit most of a round could wait for one panel.
MOST = Fraction(3, 2)
# Names with so many characters in a row in common are taken for one 工种 under two names
# (光电设备装调工, 激光设备装调工); shorter endings only say of what kind it is (工艺师, 维修工).
ALIKE = 4
# An ending of that length which says no more than that either.
GENERAL = "工程技术人员"


def are_alike(one, other):
    """Whether two names of 工种, neither of them empty, mean the same or nearly the same."""
    if one in other or other in one:
        return True
    one, other = one.removesuffix(GENERAL), other.removesuffix(GENERAL)
    return any(one[at : at + ALIKE] in other for at in range(len(one) - ALIKE + 1))


@dataclass(frozen=True)
class Candidate:
    """An application to be assigned: its key, the lead's 工种, its unit's names, the studio's."""

    pk: int
    occupation: str
    units: frozenset[str] = frozenset()
    studio: str = ""


@dataclass(frozen=True)
class Bench:
    """A panel: its key, how many applications it has, its experts' 工种 and employers."""

    pk: int
    load: int = 0
    occupations: frozenset[str] = frozenset()
    employers: frozenset[str] = frozenset()

    def conflicts_with(self, candidate):
        """Whether one of its experts works for the application's unit."""
        return bool(self.employers & candidate.units)

    def matching(self, candidate):
        """The 工种 of its experts that are like one of the application's, in order."""
        asked = {candidate.occupation, candidate.studio} - {""}
        return sorted(
            own for own in self.occupations if own and any(are_alike(own, each) for each in asked)
        )

    def knows(self, candidate):
        """Whether one of its experts practises a 工种 of the application."""
        return bool(self.matching(candidate))


def propose(candidates, benches):
    """Return the proposed panel of each application: a dict of keys, {} without any panel.

    The same for the same applications and panels, in whatever order they are passed.
    """
    benches = sorted(benches, key=lambda bench: bench.pk)
    candidates = sorted(candidates, key=lambda candidate: candidate.pk)
    if not benches or not candidates:
        return {}
    proposal = _by_occupation(candidates, benches)
    # What it costs, compared in this order: a conflict, a 工种 that nobody knows, the numbers.
    cost = {
        (candidate.pk, bench.pk): (
            int(bench.conflicts_with(candidate)),
            int(not bench.knows(candidate)),
            0,
        )
        for candidate in candidates
        for bench in benches
    }
    while moves := _better_round(proposal, benches, cost):
        proposal.update(moves)
    return proposal


def _even_room(benches, number):
    """Return how many each panel gets when the lightest are filled up evenly, as {key: number}."""
    loads = {bench.pk: bench.load for bench in benches}
    for _ in range(number):
        loads[min(loads, key=lambda pk: (loads[pk], pk))] += 1
    return {bench.pk: loads[bench.pk] - bench.load for bench in benches}


def _by_occupation(candidates, benches):
    """Return a proposal to begin with, even in numbers, that keeps groups of one 工种 whole.

    Those that a panel knows come before the others, larger groups before smaller ones.
    """
    room = _even_room(benches, len(candidates))
    groups = defaultdict(list)
    for candidate in candidates:
        groups[candidate.occupation, candidate.studio].append(candidate)

    def order(item):
        trade, group = item
        return not any(bench.knows(group[0]) for bench in benches), -len(group), trade

    proposal = {}
    for _, waiting in sorted(groups.items(), key=order):
        untried = list(benches)
        while waiting:
            bench = max(
                untried,
                key=lambda bench: (
                    bench.knows(waiting[0]),
                    min(room[bench.pk], len(waiting)),
                    # Among those with room for all of them the fullest: larger gaps stay whole.
                    -room[bench.pk],
                    -bench.pk,
                ),
            )
            untried.remove(bench)
            seated, waiting = waiting[: room[bench.pk]], waiting[room[bench.pk] :]
            room[bench.pk] -= len(seated)
            proposal |= {candidate.pk: bench.pk for candidate in seated}
    return proposal


def _better_round(proposal, benches, cost):
    """Return the moves of a round of changes that costs less than now, or {}.

    In such a round each panel that gives an application away takes another, but for one panel that
    has one less afterwards, and one that has one more. As long as a proposal is not the best there
    is one (a negative cycle in a flow of least cost; Bellman and Ford find it).
    """
    changes = _changes(proposal, benches, cost)
    places = [None, *(bench.pk for bench in benches)]
    least, came = dict.fromkeys(places, (0, 0, 0)), {}
    last = places[0]
    # What still gets cheaper after as many steps as there are places goes round.
    for _ in places:
        is_settled = True
        for (here, there), (gain, _) in changes.items():
            if (sum_ := _sum(least[here], gain)) < least[there]:
                least[there], came[there], last, is_settled = sum_, here, there, False
        if is_settled:
            return {}
    for _ in places:  # back into the circle, if this is only the way to it
        last = came[last]
    moves, there = {}, last
    while True:
        here = came[there]
        pk = changes[here, there][1]
        if pk is not None:
            moves[pk] = there
        there = here
        if there == last:
            return moves


def _changes(proposal, benches, cost):
    """Return {(panel, other panel): (what it costs more, application)} of the cheapest moves.

    To and from None, without an application: that a panel has one more or one less afterwards.
    """
    new = Counter(proposal.values())
    most = ceil(MOST * (sum(bench.load for bench in benches) + len(proposal)) / len(benches))
    seated = defaultdict(list)
    for pk, panel in sorted(proposal.items()):
        seated[panel].append(pk)
    changes = {}
    for bench in benches:
        load = bench.load + new[bench.pk]
        if load < most:
            changes[bench.pk, None] = ((0, 0, load + 1), None)
        if new[bench.pk]:
            changes[None, bench.pk] = ((0, 0, -load), None)
        for other in benches:
            if seated[bench.pk] and other is not bench:
                changes[bench.pk, other.pk] = min(
                    (_difference(cost[pk, other.pk], cost[pk, bench.pk]), pk)
                    for pk in seated[bench.pk]
                )
    return changes


def _sum(one, other):
    return tuple(a + b for a, b in zip(one, other, strict=True))


def _difference(one, other):
    return tuple(a - b for a, b in zip(one, other, strict=True))


def assign_panel(application, panel, user):
    """Assign a held application to a panel of its round; return whether that changed anything.

    Scores given by another panel before do not make this one's mean. Who may not score it is
    recused at once (`recusals.settle`).
    """
    assignment = PanelAssignment.objects.filter(application=application).first()
    if assignment and assignment.panel_id == panel.pk:
        return False
    if assignment is None:
        assignment = PanelAssignment(application=application)
    assignment.panel, assignment.mean = panel, None
    assignment.save()
    record(application, user, "assign", "分配专家组", note=panel.name)
    settle(application, user)
    return True
