"""公示 and 异议 as the page of one application shows them."""

from django.db.models import prefetch_related_objects

from accounts.roles import Role
from applications.stages import FROM_PANEL, RESULTS, Stage
from applications.workflow.guards import standing_notice
from review.permissions import CITY

FROM_PUBLICITY = FROM_PANEL[FROM_PANEL.index(Stage.PUBLICITY) :]


def publicity_context(user, application):
    """Return what the page shows of an application's notices and objections.

    It is a dict of context for the office and the bureau, and {} for everybody else.
    """
    role, stage = user.role, application.stage
    if role not in CITY or stage not in FROM_PUBLICITY:
        return {}
    prefetch_related_objects(
        [application],
        "objections__files",
        "objections__steps__by",
        "public_notices",
    )
    notices = list(application.public_notices.all())
    for notice in notices:
        notice.round = application.round  # which its number reads
    is_public = application.round.results_published_at is not None and stage in RESULTS
    return {
        "objections": list(application.objections.all()),
        "notices": notices,
        "standing_notice": standing_notice(application),
        "may_object": role == Role.OFFICE and stage == Stage.PUBLICITY,
        "has_letter": role == Role.OFFICE and is_public,
    }
