"""The list of applications that a reviewer's work begins with.

It is the page opened most, so it reads few columns of few rows: options and names come from two
small tables, and no row of the page makes a query or builds an address of its own.
"""

from functools import lru_cache

from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Q
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET

from accounts.models import RecommendingUnit, User
from accounts.roles import Role, role_required
from applications.models import Application
from applications.permissions import work_stages
from applications.rounds import Round
from applications.stages import FROM_PANEL, Stage
from review.due import shown
from review.forms.fields import whole_number
from review.models import ScoreSheet
from review.permissions import CITY, STAFF

PAGE_SIZE = 25
ALL = "all"
# What a row shows, and nothing else of the wide record.
COLUMNS = (
    "number",
    "lead_name",
    "unit_name",
    "lead_occupation",
    "stage",
    "stage_entered_at",
    "return_deadline",
    "round_id",
    "recommending_unit_id",
)
ROUND_COLUMNS = ("title", "closes_at", "report_deadline", "review_deadline")
VISIBLE_STAGES = {
    Role.EXPERT: FROM_PANEL,
    Role.FINANCE: (Stage.APPROVING, Stage.COUNTERSIGNING, Stage.AWARDED),
}
SELECTED = mark_safe(" selected")
SCORE_STATES = {"todo": "待我评分", "done": "已提交", "conclude": "待我写评审意见"}


@require_GET
@role_required(*STAFF)
def queue(request):
    """List the applications that the user sees; at first, those that wait for the user's role."""
    user, asked = request.user, request.GET
    rounds = Round.objects.only(*ROUND_COLUMNS).in_bulk()
    sees_units = user.role not in {Role.RECOMMENDER, Role.EXPERT}
    units = dict(RecommendingUnit.objects.values_list("pk", "name")) if sees_units else {}
    found, chosen = _filtered(user, asked, rounds, units)
    page = Paginator(found, PAGE_SIZE).get_page(asked.get("page"))
    stages = VISIBLE_STAGES.get(user.role, tuple(Stage)[1:])
    context = {
        "page_obj": page,
        "rows": _rows(page.object_list.read(*COLUMNS), rounds, units, user),
        "queue_url": reverse("review:queue"),
        "q": chosen["q"],
        "stage_options": _options(
            (("", "待我办理"), (ALL, "全部"), *((each.value, each.label) for each in stages)),
            chosen["stage"],
        ),
        "round_options": _options(
            (("", "全部"), *((each.pk, each.title) for each in rounds.values())), chosen["round"]
        ),
        "is_filtered": any(chosen.values()),
    }
    if sees_units:
        context["unit_options"] = _options((("", "全部"), *units.items()), chosen["unit"])
    if user.role == Role.EXPERT:
        context["score_options"] = _options((("", "全部"), *SCORE_STATES.items()), chosen["score"])
        context["led"] = user.led_panels.filter(assignments__isnull=False).distinct()
    if user.role in CITY and rounds:
        newest = next(iter(rounds.values()))
        context["ranked_round"] = rounds.get(chosen["round"], newest)
    return render(request, "review/queue.html", context)


@lru_cache(maxsize=128)
def _options(pairs, chosen):
    """Return a select's options. Kept by what they say, so nothing kept is ever out of date."""
    return format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        ((value, SELECTED if value == chosen else "", label) for value, label in pairs),
    )


def _filtered(user, asked, rounds, units):
    """Return the queryset that the address asks for, and what it asked; nonsense is ignored."""
    found = Application.objects.visible_to(user)
    chosen = {"q": asked.get("q", "").replace("\0", "").strip()[:100]}
    chosen["stage"] = asked.get("stage", "")
    if chosen["stage"] in Stage.values:
        found = found.filter(stage=chosen["stage"])
    elif chosen["stage"] != ALL:
        chosen["stage"] = ""
        found = found.filter(stage__in=work_stages(user.role))
    for name, known in (("round", rounds), ("unit", units)):
        number = whole_number(asked.get(name, ""))
        chosen[name] = number if number in known else ""
    if chosen["round"]:
        found = found.filter(round=chosen["round"])
    if chosen["unit"]:
        found = found.filter(recommending_unit=chosen["unit"])
    if chosen["q"]:
        text = chosen["q"]
        found = found.filter(
            Q(number__icontains=text) | Q(unit_name__icontains=text) | Q(lead_name__icontains=text)
        )
    if user.role == Role.EXPERT:
        chosen["score"] = asked.get("score", "") if asked.get("score") in SCORE_STATES else ""
        if chosen["score"]:
            found = found.filter(in_score_state(user, chosen["score"]))
    # Longest waiting first; over all stages, where nothing waits, newest first.
    order = ("-pk",) if chosen["stage"] == ALL else ("stage_entered_at", "pk")
    return found.order_by(*order), chosen


def in_score_state(user, state):
    """The condition under which an expert counts an application to one of SCORE_STATES."""
    submitted = ScoreSheet.objects.filter(submitted_at__isnull=False)
    if state == "conclude":
        of_panel = User.objects.filter(panels=OuterRef("panel_assignment__panel"))
        in_time = submitted.filter(application=OuterRef(OuterRef("pk")))
        missing = of_panel.exclude(pk__in=in_time.values("expert"))
        return Q(panel_assignment__panel__leader=user, stage=Stage.PANEL) & ~Exists(missing)
    own = Exists(submitted.filter(application=OuterRef("pk"), expert=user))
    return own if state == "done" else ~own


def _rows(applications, rounds, units, user):
    today = timezone.localdate()
    states = _score_states(applications, user) if user.role == Role.EXPERT else {}
    rows = []
    for application in applications:
        application.round = rounds[application.round_id]
        rows.append(
            {
                "pk": str(application.pk),
                "title": application.studio_title,
                "number": application.number,
                "unit": application.unit_name,
                "occupation": application.lead_occupation,
                "recommending_unit": units.get(application.recommending_unit_id),
                "stage": application.stage,
                "label": application.stage_enum.label,
                "since": f"{timezone.localtime(application.stage_entered_at):%Y-%m-%d}",
                "due": shown(application.due_at, today),
                "score": states.get(application.pk, "未评分"),
            }
        )
    return rows


def _score_states(applications, user):
    """Return how far the expert is with each of the applications that has a sheet."""
    sheets = ScoreSheet.objects.filter(
        expert=user, application__in=[each.pk for each in applications]
    )
    return {
        application: "已提交" if submitted_at else "草稿"
        for application, submitted_at in sheets.values_list("application", "submitted_at")
    }
