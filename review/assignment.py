"""Which panel scores which application: a balanced proposal, as pure functions.

Numbers come first: the loads of the panels that get something differ by at most one from the
lightest. Within that no expert meets the own employer where it can be avoided, and within that
applications of one 工种 stay together, with a panel that knows it where there is one.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass


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


def places(benches, number):
    """Return how many of `number` applications each panel gets: a dict by key.

    One by one to the panel with the lightest load; of equals, to the first.
    """
    loads = {bench.pk: bench.load for bench in benches}
    given = dict.fromkeys(loads, 0)
    for _ in range(number):
        lightest = min(loads, key=loads.get)
        loads[lightest] += 1
        given[lightest] += 1
    return given


def propose(candidates, benches):
    """Return the proposed panel of each application: a dict of keys, {} without any panel.

    The same for the same applications and panels, in whatever order they are passed.
    """
    benches = sorted(benches, key=lambda bench: bench.pk)
    candidates = sorted(candidates, key=lambda candidate: candidate.pk)
    if not benches:
        return {}
    room = places(benches, len(candidates))
    proposal = _by_occupation(candidates, benches, room)
    _step_aside(candidates, benches, room, proposal)
    return proposal


def _by_occupation(candidates, benches, room):
    """Place whole groups of one 工种, the largest first; what conflicts stays out for now."""
    groups = defaultdict(list)
    for candidate in candidates:
        groups[candidate.occupation].append(candidate)
    left, proposal = dict(room), {}
    for _, group in sorted(groups.items(), key=lambda each: (-len(each[1]), each[0])):
        waiting = list(group)
        tried = set()
        while waiting and len(tried) < len(benches):
            bench = max(
                (bench for bench in benches if bench.pk not in tried),
                key=lambda bench: (
                    bench.knows(waiting[0]),
                    min(left[bench.pk], len(waiting)),
                    # Among those with room for all of them the fullest: larger gaps stay whole.
                    -left[bench.pk],
                    -bench.pk,
                ),
            )
            tried.add(bench.pk)
            fitting = [each for each in waiting if not bench.conflicts_with(each)]
            for candidate in fitting[: left[bench.pk]]:
                proposal[candidate.pk] = bench.pk
                left[bench.pk] -= 1
                waiting.remove(candidate)
    return proposal


def _step_aside(candidates, benches, room, proposal):
    """Place the rest: others step aside for them where that avoids a conflict.

    For each, the shortest chain of moves that ends where there is room (an augmenting path of a
    matching, so the fewest possible stay in conflict). Those for whom there is none fill the room
    that is left.
    """
    by_pk = {candidate.pk: candidate for candidate in candidates}
    used = Counter(proposal.values())
    for candidate in candidates:
        if candidate.pk in proposal:
            continue
        chain = _chain(candidate, by_pk, benches, room, used, proposal)
        if chain:
            used[chain[-1][1]] += 1
        for pk, bench in chain:
            proposal[pk] = bench
    for candidate in candidates:
        if candidate.pk not in proposal:
            bench = next(bench.pk for bench in benches if used[bench.pk] < room[bench.pk])
            proposal[candidate.pk] = bench
            used[bench] += 1


def _chain(candidate, by_pk, benches, room, used, proposal):
    """Return moves as (application, panel) pairs that make room for a candidate, or []."""
    reached = {}  # panel: who moves there, and from which panel
    queue = []
    for bench in benches:
        if not bench.conflicts_with(candidate):
            reached[bench.pk] = (candidate.pk, None)
            queue.append(bench.pk)
    for here in queue:
        if used[here] < room[here]:
            moves = []
            while here is not None:
                pk, origin = reached[here]
                moves.append((pk, here))
                here = origin
            return moves[::-1]
        seated = sorted(pk for pk, bench in proposal.items() if bench == here)
        for bench in benches:
            if bench.pk in reached:
                continue
            free = [pk for pk in seated if not bench.conflicts_with(by_pk[pk])]
            if free:
                mover = max(free, key=lambda pk: (bench.knows(by_pk[pk]), -pk))
                reached[bench.pk] = (mover, here)
                queue.append(bench.pk)
    return []
