"""Which panel scores which application: a proposal, as pure functions, and its record.

As few experts as possible meet their own employer. Within that as many applications as possible go
to a panel with an expert of their 工种; within that the panels have as nearly the same number as
they can, and applications of one 工种 stay together. For no 工种 does a panel get more than half
again an even share (`MOST`).
"""

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from math import ceil

from applications.workflow.events import ASSIGN_PANEL, record
from review.panels.models import PanelAssignment
from review.panels.recusals import update_recusals

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
        wanted = {candidate.occupation, candidate.studio} - {""}
        return sorted(
            own
            for own in self.occupations
            if own and any(are_alike(own, occupation) for occupation in wanted)
        )

    def knows(self, candidate):
        """Whether one of its experts practises a 工种 of the application."""
        return bool(self.matching(candidate))


def propose(candidates, benches):
    """Return the proposed panel of each application: a dict of keys, {} without any panel.

    The same applications and panels give the same proposal, in whatever order they are passed.
    """
    benches = sorted(benches, key=lambda bench: bench.pk)
    groups = defaultdict(list)
    for candidate in sorted(candidates, key=lambda candidate: candidate.pk):
        conflicts = tuple(bench.conflicts_with(candidate) for bench in benches)
        groups[candidate.occupation, candidate.studio, conflicts].append(candidate)
    if not benches or not groups:
        return {}
    flow = _cheapest_flow(groups, benches)
    proposal = {}
    for group, members in groups.items():
        waiting = iter(members)
        for bench in benches:
            share = islice(waiting, flow[group][bench.pk][0])
            proposal |= {candidate.pk: bench.pk for candidate in share}
    return proposal


def _cheapest_flow(groups, benches):
    """Return how many of each group go to each panel at the least cost, as networkx gives it.

    `flow[group][panel][0]` is that number. What is one group costs the same everywhere, so that it
    is divided among panels only where that is cheaper: hence applications of one 工种 stay
    together. An edge from a panel to the end is one place of it, and costs what the panel has
    already: so even numbers are the cheapest.
    """
    # A quarter of a second and 21 MB, which only this page should cost.
    from networkx import MultiDiGraph, network_simplex

    number = sum(map(len, groups.values()))
    total = number + sum(bench.load for bench in benches)
    most = ceil(MOST * total / len(benches))
    # One of these costs more than all that is less important taken together. The least: of equal
    # proposals each group prefers its own panels, in turn, so that it stays together.
    uneven = number * len(benches)
    unknown = number * most * uneven
    conflict = (number + 1) * unknown
    graph = MultiDiGraph()
    graph.add_node("end", demand=number)
    for turn, (group, members) in enumerate(groups.items()):
        graph.add_node(group, demand=-len(members))
        for place, bench in enumerate(benches):
            weight = (place - turn) % len(benches)
            weight += conflict * bench.conflicts_with(members[0])
            weight += unknown * (not bench.knows(members[0]))
            graph.add_edge(group, bench.pk, weight=weight)
    for bench in benches:
        for load in range(bench.load, most):
            graph.add_edge(bench.pk, "end", weight=load * uneven, capacity=1)
    _, flow = network_simplex(graph)
    return flow


def assign_panel(application, panel, user):
    """Assign a held application to a panel of its round; return whether that changed anything.

    Scores given by another panel before do not make this one's mean. Who may not score it is
    recused at once (`recusals.update_recusals`).
    """
    assignment = PanelAssignment.objects.filter(application=application).first()
    if assignment and assignment.panel_id == panel.pk:
        return False
    if assignment is None:
        assignment = PanelAssignment(application=application)
    assignment.panel, assignment.mean = panel, None
    assignment.save()
    record(application, user, ASSIGN_PANEL, note=panel.name)
    update_recusals(application, user)
    return True
