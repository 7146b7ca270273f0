"""Whose calendar holds what: what each role still has to do until when; what is done is gone."""

from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from applications.models import Application
from applications.notify.calendar.deadlines import (
    OWN,
    Deadline,
    own_deadline,
    report_deadline,
    score_deadline,
)
from applications.rounds import Round
from applications.stages import Stage
from review.home.views import DEADLINES
from review.inspection.models import InspectionPlan
from review.publicity.models import PublicNotice
from review.queue.filters import in_score_state
from review.scoring.desk_views import waiting_desks

# More of a kind no calendar holds.
MOST = 200
REPORTED = (Stage.RECOMMENDING, Stage.REDIRECTING, Stage.RECOMMENDED)
COLUMNS = ("number", "stage", "stage_entered_at", "return_deadline", "round__closes_at")


def deadlines_of(user):
    """Return the user's `Deadline`s that are still to come, in a constant few queries."""
    now = timezone.now()
    of_role = {
        Role.APPLICANT: _of_applicant,
        Role.RECOMMENDER: _of_recommender,
        Role.EXPERT: _of_expert,
        Role.OFFICE: _of_office,
        Role.ADMIN: _of_rounds,
    }
    found = of_role[user.role](user, now) if user.role in of_role else []
    return [deadline for deadline in found if deadline and deadline.at > now]


def _of_applicant(user, now):
    own = Application.objects.visible_to(user)
    unfinished = own.filter(stage__in=OWN).select_related("round").only(*COLUMNS)
    # A draft of a round that is not published yet, or has closed, is nobody's work.
    drafts = [own_deadline(application) for application in unfinished.order_by("pk")[:MOST]]
    return drafts + _visits(own, "applications:overview", now)


def _of_recommender(user, now):
    visible = Application.objects.visible_to(user)
    waiting = visible.filter(
        recommending_unit=user.recommending_unit_id,
        stage__in=REPORTED,
        round__report_deadline__gt=now,
    )
    rounds = waiting.order_by("round").values_list("round", "round__report_deadline").distinct()
    lists = [report_deadline(pk, at) for pk, at in rounds[:MOST]]
    own = visible.filter(recommending_unit=user.recommending_unit_id)
    return lists + _visits(own, "review:detail", now)


def _of_expert(user, now):
    todo = in_score_state(user, "todo") | in_score_state(user, "conclude")
    waiting = Application.objects.waiting_for(user).filter(todo)
    rounds = Round.objects.filter(pk__in=waiting.order_by().values("round"))
    by_key = {round_.pk: round_ for round_ in rounds.defer("notice")[:MOST]}
    by_key |= {panel.round_id: panel.round for panel in waiting_desks(user)}
    return [*map(score_deadline, by_key.values()), *_visits_by(user, now)]


def _of_office(user, now):
    notices = PublicNotice.objects.standing().filter(ends_on__gte=timezone.localdate())
    path = reverse("review:publicity_notices")
    ends = [
        Deadline(f"notice-{notice.pk}", "公示期满", notice.ends_at, path)
        for notice in notices.order_by("ends_on")[:MOST]
    ]
    return [*_of_rounds(user, now), *ends, *_visits_by(user, now)]


def _of_rounds(user, now):
    """The dates of every round that has begun, as the home page shows them."""
    rounds = Round.objects.published().filter(opens_at__lte=now, results_published_at=None)
    return [
        Deadline(f"{name.replace('_', '-')}-{round_.pk}", label, at, round_.get_absolute_url())
        for round_ in rounds.defer("notice").order_by("pk")[:MOST]
        for name, label, roles in DEADLINES
        if user.role in roles and (at := getattr(round_, name))
    ]


def _visits(applications, page, now):
    """The visits to these applications; not where: the message tells it."""
    plans = InspectionPlan.objects.filter(application__in=applications.order_by().values("pk"))
    return _as_visits(plans, page, now)


def _visits_by(user, now):
    """The visits on which the user goes."""
    return _as_visits(InspectionPlan.objects.filter(inspectors=user), "review:detail", now)


def _as_visits(plans, page, now):
    coming = plans.filter(visit_at__gt=now, application__stage=Stage.INSPECTING)
    rows = coming.order_by("visit_at", "pk").values_list(
        "application", "application__number", "visit_at"
    )
    return [
        Deadline(f"visit-{pk}", "实地考察", at, reverse(page, args=[pk]), number, is_visit=True)
        for pk, number, at in rows[:MOST]
    ]
