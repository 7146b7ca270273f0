"""审定 and 财政会签: the page of what waits for the two bureaus, with the record of each."""

from urllib.parse import urlencode

from django.db.models import Count, Exists, OuterRef, Prefetch, Q
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts.roles import Role, role_required
from applications.models import Application, Opinion
from applications.rounds import Round
from applications.stages import APPROVED, Stage
from applications.workflow.table import TRANSITIONS
from review.publicity.objections.models import Objection
from review.results.models import ResultCorrection
from review.scoring import rankings
from review.shared.bulk_actions import MOST
from review.shared.fields import whole_number

STAGES = (Stage.APPROVING, Stage.COUNTERSIGNING)
# The transitions whose opinions the page shows.
OPINIONS = ("conclude_for", "approve")
# By role: the stage that it decides in, and the transition that consents.
OWN = {
    Role.BUREAU: (Stage.APPROVING, "approve"),
    Role.FINANCE: (Stage.COUNTERSIGNING, "countersign"),
}
COLUMNS = (
    "number",
    "unit_name",
    "lead_name",
    "lead_occupation",
    "stage",
    "rank",
    "recommending_unit__name",
    "panel_assignment__mean",
    "panel_assignment__panel__name",
    "inspection__passed",
    "inspection__visited_on",
)


@require_GET
@role_required(Role.BUREAU, Role.FINANCE)
def approval(request):
    """List a round's applications that wait for a signature, with what is on record of each.

    The bureau gets them by score, with objections; the finance bureau by recommending unit, with
    the bureau's opinion. Both read the mean, which the panel's opinion states.
    """
    user = request.user
    waiting = Application.objects.visible_to(user).filter(stage__in=STAGES)
    rounds = list(
        Round.objects.filter(Exists(waiting.filter(round=OuterRef("pk"))))
        .only("title", "quota")
        .annotate(
            approved=Count("applications", Q(applications__stage__in=APPROVED)),
            awarded=Count("applications", Q(applications__stage=Stage.AWARDED)),
        )
    )
    round_pk = whole_number(request.GET.get("round", ""))
    round_ = next((each for each in rounds if each.pk == round_pk), rounds[0] if rounds else None)
    ranks_by_score = user.role == Role.BUREAU
    rows = []
    if round_:
        applications = _with_record(waiting.filter(round=round_), ranks_by_score)
        if ranks_by_score:
            places = rankings.places(round_, waiting)
            applications = sorted(applications, key=lambda each: places.get(each.pk, len(places)))
        rows = [_row(application, ranks_by_score) for application in applications]
    own, transition = OWN[user.role]
    own_count = sum(1 for row in rows if row["application"].stage == own)
    query = f"stage={own.value}&round={round_.pk}" if round_ else ""
    context = {
        "rounds": rounds,
        "round": round_,
        "rows": rows,
        "ranks_by_score": ranks_by_score,
        "own_count": own_count,
        "queue_url": f"{reverse('review:queue')}?{query}",
        "bulk": TRANSITIONS[transition],
        "bulk_url": reverse("review:bulk", args=[transition]) + "?" + urlencode({"filter": query}),
        "may_decide_all": 1 < own_count <= MOST,
        "corrections": ResultCorrection.objects.waiting_for(user.role)
        .select_related("round")
        .order_by("pk"),
    }
    return render(request, "review/approval/approval.html", context)


def _with_record(applications, ranks_by_score):
    """Return a queryset of applications with what the page shows of each; in the page's order."""
    opinions = Opinion.objects.filter(transition__in=OPINIONS, reverted_at=None).order_by("pk")
    prefetches: list[Prefetch] = [Prefetch("opinions", opinions, to_attr="shown_opinions")]
    if ranks_by_score:
        order = ("pk",)  # ranked by the view
        objections = Objection.objects.only("application_id", "outcome")
        prefetches.append(Prefetch("objections", objections))
    else:
        order = ("recommending_unit__position", "rank", "pk")
    return (
        applications.select_related("recommending_unit", "panel_assignment__panel", "inspection")
        .only(*COLUMNS)
        .prefetch_related(*prefetches)
        .order_by(*order)
    )


def _row(application, ranks_by_score):
    """Return what the page shows of one application; the last of several opinions counts."""
    texts = {opinion.transition: opinion.text for opinion in application.shown_opinions}
    row = {
        "application": application,
        "mean": getattr(application.panel_assignment, "mean", None),
        "conclusion": texts.get("conclude_for", ""),
        "approval": texts.get("approve", ""),
        "inspection": getattr(application, "inspection", None),
    }
    if ranks_by_score:
        outcomes = [objection.get_outcome_display() for objection in application.objections.all()]
        row["objections"] = "、".join(
            f"{outcome} {outcomes.count(outcome)} 件" for outcome in dict.fromkeys(outcomes)
        )
    return row
