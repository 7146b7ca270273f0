"""The explained score sheet of one application: as much of it as a user may read."""

from django.db.models import prefetch_related_objects

from applications.stages import Stage
from review.permissions import may_see_progress, may_see_ranks, may_see_scores
from review.scoring import rankings
from review.scoring.wording import steps


def explained(user, application):
    """Return what the score sheet shows: a dict, empty for who may not know who has scored.

    `entry` (who has submitted), `scores_open` (whether points may be read) and, where they may:
    `standing`, `ranks_shown`, `steps` (title, sentence) and `conclusion` (the panel's `Opinion`
    that stands, or None). `application` has its panel assignment and round. A constant few queries.
    """
    panel = application.panel_assignment.panel
    panel.round = application.round
    if not may_see_progress(user, application, panel):
        return {}
    if application.stage == Stage.PANEL and application.panel_assignment.leading != user.pk:
        # Nobody else reads points yet: the others' applications need not be read for a rank.
        return {"entry": rankings.of_application(application, panel), "scores_open": False}
    standing = rankings.of_panel(panel)
    entry = standing.of(application.pk)
    if not may_see_scores(user, entry):
        return {"entry": entry, "scores_open": False}
    ranks_shown = may_see_ranks(user, standing)
    return {
        "entry": entry,
        "scores_open": True,
        "standing": standing,
        "ranks_shown": ranks_shown,
        "steps": steps(entry, standing, ranks_shown),
        "conclusion": conclusion_of(application),
    }


def conclusion_of(application):
    """Return the panel's `Opinion` on an application that stands, or None."""
    prefetch_related_objects([application], "opinions")
    opinions = [
        opinion
        for opinion in application.opinions.all()
        if opinion.stage == Stage.PANEL and opinion.reverted_at is None
    ]
    return opinions[-1] if opinions else None
