"""Who scores an application, and who concludes it, as conditions of a query on applications.

The rule stands in three forms, because a list is asked in one query and a page has its rows in
memory: `Application.objects.scored_by(expert)`, the subquery and the condition here, and
`PanelAssignment.scorers()` and `.leading`. A test with random panels holds them to one another.
"""

from django.db.models import Exists, OuterRef, Q

from accounts.models import User
from applications.models import Application
from applications.stages import Stage
from review.panels.models import Panel, Recusal


def scorers():
    """Return the experts who have to score an application, as a subquery (`Exists`) on it.

    The same accounts as `PanelAssignment.scorers()`.
    """
    of_panel = Q(panels=OuterRef("panel_assignment__panel"))
    as_alternate = Q(substitutions__application=OuterRef("pk"))
    return User.objects.filter(of_panel | as_alternate).exclude(
        recusals__application=OuterRef("pk")
    )


def concluded_by(expert):
    """Return the condition (`Q`) on applications that `PanelAssignment.leading` is this expert."""
    recusals = Recusal.objects.filter(application=OuterRef("pk"))
    leads = Q(panel_assignment__panel__leader=expert)
    leader_is_recused = Exists(recusals.filter(expert=OuterRef("panel_assignment__panel__leader")))
    members_before = User.objects.filter(
        panels=OuterRef("panel_assignment__panel"), pk__lt=expert.pk
    ).exclude(recusals__application=OuterRef("pk"))
    acts_for_leader = (
        leader_is_recused
        & Q(panel_assignment__panel__in=expert.panels.all())
        & ~Exists(members_before)
    )
    return (leads | acts_for_leader) & ~Exists(recusals.filter(expert=expert))


def undeclared(expert):
    """Return the applications under review that stay closed until an expert declares or pledges."""
    to_score = Application.objects.filter(stage=Stage.PANEL).scored_by(expert)
    return to_score.exclude(pk__in=Application.objects.opened_to(expert).values("pk"))


def panels_of(expert):
    """Return the panels on which an expert sits, or steps in as an alternate for one application.

    Also those from whose applications the expert is recused; a panel may come twice.
    """
    as_alternate = expert.substitutions.values("application__panel_assignment__panel")
    return Panel.objects.filter(pk__in=expert.panels.values("pk")) | Panel.objects.filter(
        pk__in=as_alternate
    )
