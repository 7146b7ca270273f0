"""Which panel scores which application: a balanced proposal, as pure functions, and its record.

Numbers come first: the loads of the panels that get something differ by at most one from the
lightest. Within that as few experts as possible meet their own employer; within that as many
applications as possible go to a panel with an expert of their 工种; and within that those of one
工种 stay together where they can.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass

from applications.workflow import record
from review.models import PanelAssignment
from review.recusals import settle


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
        """The 工种 of its experts that are one of the application's, or named like it, in order."""
        asked = {candidate.occupation, candidate.studio} - {""}
        return sorted(
            own
            for own in self.occupations
            if own and any(each in own or own in each for each in asked)
        )

    def knows(self, candidate):
        """Whether one of its experts practises a 工种 of the application."""
        return bool(self.matching(candidate))


class Seating:
    """Who is placed where so far, and which panels still have room.

    Filled up evenly, the lightest panels reach one level (`base` more for each), and what is left
    over is one more for some of those on the level (`top`): whichever of them suits.
    """

    def __init__(self, benches, number):
        self.benches = benches
        self.proposal = {}
        loads = sorted(bench.load for bench in benches)
        level = 0
        while sum(max(0, level + 1 - load) for load in loads) <= number:
            level += 1
        self.base = {bench.pk: max(0, level - bench.load) for bench in benches}
        self.top = {bench.pk for bench in benches if bench.load <= level}
        self.extras = number - sum(self.base.values())

    def seated(self, pk):
        """The applications of a panel, in order."""
        return sorted(each for each, bench in self.proposal.items() if bench == pk)

    def on_top(self):
        """The panels that have one more than the level."""
        used = Counter(self.proposal.values())
        return [pk for pk in self.base if used[pk] > self.base[pk]]

    def may_go_on_top(self, pk):
        """Whether a panel could have one more than the level, if another has not taken it."""
        return pk in self.top and pk not in self.on_top()

    def room(self, pk):
        """How many more a panel can take now."""
        used = Counter(self.proposal.values())[pk]
        extra = self.may_go_on_top(pk) and len(self.on_top()) < self.extras
        return max(0, self.base[pk] - used) + extra


def propose(candidates, benches):
    """Return the proposed panel of each application: a dict of keys, {} without any panel.

    The same for the same applications and panels, in whatever order they are passed.
    """
    benches = sorted(benches, key=lambda bench: bench.pk)
    candidates = sorted(candidates, key=lambda candidate: candidate.pk)
    if not benches:
        return {}
    seating = Seating(benches, len(candidates))
    _by_occupation(candidates, seating)
    _seat_the_rest(candidates, seating)
    _improve(candidates, seating)
    return seating.proposal


def _by_occupation(candidates, seating):
    """Place whole groups of one 工种, those that a panel knows and the largest first.

    What conflicts stays out for now.
    """
    groups = defaultdict(list)
    for candidate in candidates:
        groups[candidate.occupation, candidate.studio].append(candidate)

    def order(item):
        trade, group = item
        is_known = any(bench.knows(group[0]) for bench in seating.benches)
        return not is_known, -len(group), trade

    for _, group in sorted(groups.items(), key=order):
        waiting, untried = list(group), list(seating.benches)
        while waiting and untried:
            room = {bench.pk: seating.room(bench.pk) for bench in untried}
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
            fitting = [each for each in waiting if not bench.conflicts_with(each)]
            for candidate in fitting[: room[bench.pk]]:
                seating.proposal[candidate.pk] = bench.pk
                waiting.remove(candidate)


def _seat_the_rest(candidates, seating):
    for candidate in candidates:
        if candidate.pk not in seating.proposal:
            seating.proposal[candidate.pk] = next(
                bench.pk for bench in seating.benches if seating.room(bench.pk)
            )


def _improve(candidates, seating):
    """Let applications change places until no change is better: fewest conflicts, then most known.

    A round of changes in which each panel gives one away and takes one keeps every load; where the
    panel with one more changes, so does the place of that one. As long as a proposal is not the
    best, there is such a round that betters it (the negative cycle of a flow of least cost).
    """
    # One conflict weighs more than all the 工种 together.
    weight = len(candidates) + 1
    cost = {
        (candidate.pk, bench.pk): weight * bench.conflicts_with(candidate)
        + (not bench.knows(candidate))
        for candidate in candidates
        for bench in seating.benches
    }
    while moves := _better_round(seating, cost):
        seating.proposal.update(moves)


def _better_round(seating, cost):
    """Return the moves of a round of changes that costs less than now, or {}."""
    panels = [bench.pk for bench in seating.benches]
    changes = _changes(seating, cost)
    # Bellman and Ford: the cheapest way to each panel, from wherever; what still gets cheaper
    # after as many steps as there are panels goes round.
    least, came = dict.fromkeys(panels, 0), {}
    last = None
    for _ in panels:
        last = None
        for (here, there), (gain, _) in changes.items():
            if least[here] + gain < least[there]:
                least[there] = least[here] + gain
                came[there] = here
                last = there
        if last is None:
            return {}
    for _ in panels:  # back into the circle, if this is only the way to it
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


def _changes(seating, cost):
    """Return {(panel, other panel): (what it costs more, application)} of the cheapest moves.

    Without an application it is the place of the one more that goes back, from whoever could have
    it to whoever has it.
    """
    changes = {}
    for bench in seating.benches:
        seated = seating.seated(bench.pk)
        for other in seating.benches:
            if seated and other.pk != bench.pk:
                changes[bench.pk, other.pk] = min(
                    (cost[pk, other.pk] - cost[pk, bench.pk], pk) for pk in seated
                )
    for there in seating.on_top():
        for here in seating.base:
            if seating.may_go_on_top(here) and changes.get((here, there), (1, None))[0] > 0:
                changes[here, there] = (0, None)
    return changes


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
