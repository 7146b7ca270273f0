"""审定: what the bureau and the finance bureau decide on, with the record that they decide by."""

from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Prefetch
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts.roles import Role, role_required
from applications.models import Application, Opinion
from applications.rounds import Round
from applications.stages import Stage
from applications.workflow.table import TRANSITIONS
from review.publicity.objections.models import Objection
from review.results.views import open_corrections
from review.scoring import rankings
from review.shared.bulk_actions import MOST
from review.shared.fields import whole_number

STAGES = (Stage.APPROVING, Stage.COUNTERSIGNING)
WORDS = ("conclude_for", "approve")
# Whose stage is whose, and the transition that says yes.
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
    """List a round's applications that wait for a signature, with what was found about each.

    In rank order for the bureau; the finance bureau sees neither scores nor objections, and gets
    them by recommending unit.
    """
    user = request.user
    waiting = Application.objects.visible_to(user).filter(stage__in=STAGES)
    rounds = list(
        Round.objects.filter(Exists(waiting.filter(round=OuterRef("pk")))).only("title", "quota")
    )
    asked = whole_number(request.GET.get("round", ""))
    round_ = next((each for each in rounds if each.pk == asked), rounds[0] if rounds else None)
    sees_scores = user.role == Role.BUREAU
    rows = []
    if round_:
        found = _with_record(waiting.filter(round=round_), sees_scores)
        if sees_scores:
            places = rankings.places(round_, waiting)
            found = sorted(found, key=lambda each: places.get(each.pk, len(places)))
        rows = [_row(each, sees_scores) for each in found]
    own, transition = OWN[user.role]
    own_count = sum(1 for row in rows if row["application"].stage == own)
    queue = reverse("review:queue")
    asked = f"stage={own.value}&round={round_.pk}" if round_ else ""
    context = {
        "rounds": rounds,
        "round": round_,
        "rows": rows,
        "sees_scores": sees_scores,
        "own_count": own_count,
        "queue_url": f"{queue}?{asked}",
        "bulk": TRANSITIONS[transition],
        "bulk_url": reverse("review:bulk", args=[transition]) + "?" + urlencode({"filter": asked}),
        "may_decide_all": 1 < own_count <= MOST,
        "corrections": open_corrections(user.role),
    }
    return render(request, "review/approval/approval.html", context)


def _with_record(applications, sees_scores):
    words = Opinion.objects.filter(transition__in=WORDS, reverted_at=None).order_by("pk")
    wanted = [Prefetch("opinions", words, to_attr="words")]
    if sees_scores:
        order = ("pk",)  # ranked by the view
        wanted.append(Prefetch("objections", Objection.objects.only("application_id", "outcome")))
    else:
        order = ("recommending_unit__position", "rank", "pk")
    return (
        applications.select_related("recommending_unit", "panel_assignment__panel", "inspection")
        .only(*COLUMNS)
        .prefetch_related(*wanted)
        .order_by(*order)
    )


def _row(application, sees_scores):
    """Return what the page shows of one application; the last of several opinions counts."""
    said = {each.transition: each.text for each in application.words}
    row = {
        "application": application,
        "mean": getattr(application.panel_assignment, "mean", None),
        "conclusion": said.get("conclude_for", ""),
        "approval": said.get("approve", ""),
        "inspection": getattr(application, "inspection", None),
    }
    if sees_scores:
        outcomes = [each.get_outcome_display() for each in application.objections.all()]
        row["objections"] = "、".join(
            f"{outcome} {outcomes.count(outcome)} 件" for outcome in dict.fromkeys(outcomes)
        )
    return row
