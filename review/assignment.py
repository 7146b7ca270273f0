"""Which panel scores which application: a balanced proposal, as pure functions, and its record.

Numbers come first: the loads of the panels that get something differ by at most one from the
lightest. Within that no expert meets the own employer where it can be avoided, and within that
applications of one 工种 stay together, with a panel that knows it where there is one.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass

from applications.workflow import record
from review.models import PanelAssignment
from review.recusals import settle


@dataclass(frozen=True)
class Candidate:
    """An application to be assigned: its key, its 工种 and the names of its unit."""

    pk: int
    occupation: str
    units: frozenset[str] = frozenset()


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

    def knows(self, candidate):
        """Whether one of its experts practises the application's 工种, or one named like it."""
        occupation = candidate.occupation
        return bool(occupation) and any(
            each in occupation or occupation in each for each in self.occupations if each
        )


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
    _step_aside(candidates, seating)
    return seating.proposal


def _by_occupation(candidates, seating):
    """Place whole groups of one 工种, the largest first; what conflicts stays out for now."""
    groups = defaultdict(list)
    for candidate in candidates:
        groups[candidate.occupation].append(candidate)
    for _, group in sorted(groups.items(), key=lambda each: (-len(each[1]), each[0])):
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


def _step_aside(candidates, seating):
    """Place the rest: others step aside for them where that avoids a conflict.

    For each, the shortest chain of moves that ends where there is room (an augmenting path of a
    flow, so the fewest possible stay in conflict). Those for whom there is none fill the room that
    is left.
    """
    by_pk = {candidate.pk: candidate for candidate in candidates}
    waiting = [each for each in candidates if each.pk not in seating.proposal]
    for candidate in waiting:
        seating.proposal.update(_chain(candidate, by_pk, seating))
    for candidate in waiting:
        if candidate.pk not in seating.proposal:
            seating.proposal[candidate.pk] = next(
                bench.pk for bench in seating.benches if seating.room(bench.pk)
            )


def _chain(candidate, by_pk, seating):
    """Return the moves that make room for a candidate, as a dict of application → panel, or {}."""
    # Panel: who moves there (nobody where a panel only gives up its one more), and from which.
    reached = {
        bench.pk: (candidate.pk, None)
        for bench in seating.benches
        if not bench.conflicts_with(candidate)
    }
    queue = list(reached)
    for here in queue:
        if seating.room(here):
            moves = {}
            while here is not None:
                pk, here_from = reached[here]
                if pk is not None:
                    moves[pk] = here
                here = here_from
            return moves
        if seating.may_go_on_top(here):
            for pk in seating.on_top():
                if pk not in reached:
                    reached[pk] = (None, here)
                    queue.append(pk)
        seated = seating.seated(here)
        for bench in seating.benches:
            if bench.pk in reached:
                continue
            free = [pk for pk in seated if not bench.conflicts_with(by_pk[pk])]
            if free:
                mover = max(free, key=lambda pk: (bench.knows(by_pk[pk]), -pk))
                reached[bench.pk] = (mover, here)
                queue.append(bench.pk)
    return {}


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
