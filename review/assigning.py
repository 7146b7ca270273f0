"""Which panel scores which application: one at a time, and many spread evenly."""

from applications.workflow import record
from review.models import PanelAssignment
from review.recusals import settle


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


def spread(occupations, panels, loads):
    """Return {application: panel}: the same number for every panel, each trade kept together.

    `occupations` maps applications to their 工种, `panels` is a list in order, `loads` maps each to
    {工种: how many it has already}. Numbers come first: afterwards no two panels differ by more
    than one, as far as what they have already allows. Within that a trade goes to the panel that
    has most of it, so that like is compared with like. The same input gives the same answer.
    """
    have = {panel: dict(loads.get(panel, {})) for panel in panels}
    size = {panel: sum(trades.values()) for panel, trades in have.items()}
    places = dict.fromkeys(panels, 0)
    for _ in occupations:
        fewest = min(panels, key=lambda panel: size[panel] + places[panel])
        places[fewest] += 1
    by_trade = {}
    for application, trade in sorted(occupations.items()):
        by_trade.setdefault(trade, []).append(application)
    found = {}
    # The largest trades first: they are the hardest to keep together.
    for trade, applications in sorted(by_trade.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        for application in applications:
            panel = max(
                (panel for panel in panels if places[panel]),
                key=lambda panel: (have[panel].get(trade, 0), places[panel]),
            )
            have[panel][trade] = have[panel].get(trade, 0) + 1
            places[panel] -= 1
            found[application] = panel
    return found
