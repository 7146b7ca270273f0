"""The list of applications that a reviewer's work begins with.

It is the page opened most, so it reads few columns of few rows: options and names come from two
small tables, and no row of the page makes a query or builds an address of its own.
"""

from functools import lru_cache

from django.core.paginator import Paginator
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.prepared import PreparedFor
from accounts.roles import Role, role_required
from applications.models import Application
from applications.stages import FROM_PANEL, Stage
from review.permissions import CITY, STAFF
from review.qualification import hints
from review.queue.filters import (
    ALL,
    GROUPS,
    LONGEST_WAITING,
    RECEIVED_LABEL,
    SCORE_STATES,
    SENT,
    SENT_LABEL,
    WITHOUT_UNITS,
    filtered,
    name_of_panel,
    options_for,
    query_of,
)
from review.queue.saved_filters.models import SavedFilter
from review.scoring.desk_views import waiting_desks
from review.scoring.models import ScoreSheet
from review.shared import bulk_actions
from review.shared.due import shown

PAGE_SIZE = 25
EVERY = ("", "全部")
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
# Of the office's rows also what is noticed about them.
OFFICE_COLUMNS = tuple(dict.fromkeys((*COLUMNS, *hints.COLUMNS)))
VISIBLE_STAGES = {
    Role.EXPERT: FROM_PANEL,
    Role.FINANCE: (Stage.APPROVING, Stage.COUNTERSIGNING, Stage.AWARDED),
}


def _read(user, applications):
    """Return the applications of an ordered slice with what rows show of them to the user."""
    if user.role == Role.OFFICE:
        return hints.annotated(applications.read(*OFFICE_COLUMNS))
    return applications.read(*COLUMNS)


# The page as it is opened: nothing filtered, the first rows.
WAITING = PreparedFor(
    lambda user: Application.objects.waiting_for(user).order_by().values_list("pk")
)
FIRST_WAITING = PreparedFor(
    lambda user: _read(
        user, Application.objects.waiting_for(user).order_by(*LONGEST_WAITING)[:PAGE_SIZE]
    )
)
LED_PANELS = PreparedFor(lambda user: user.led_panels.filter(assignments__isnull=False).distinct())
SAVED_FILTERS = PreparedFor(lambda user: SavedFilter.objects.filter(user=user))


@require_GET
@role_required(*STAFF)
def queue(request):
    """List the applications that the user sees; at first, those that wait for the user's role."""
    user, asked = request.user, request.GET
    rounds, units = options_for(user)
    sees_units = user.role not in WITHOUT_UNITS
    found, chosen = filtered(user, asked, rounds, units)
    is_filtered = any(chosen.values())
    paginator = Paginator(found, PAGE_SIZE)
    if not is_filtered:
        paginator.count = WAITING.count(user)
    page = paginator.get_page(asked.get("page"))
    if is_filtered or page.number > 1:
        applications = _read(user, page.object_list)
    else:
        applications = FIRST_WAITING.ask(user)
    query = query_of(chosen)
    stages = [(each.value, each.label) for each in VISIBLE_STAGES.get(user.role, tuple(Stage)[1:])]
    if user.role == Role.RECOMMENDER:
        place = stages.index((Stage.REDIRECTING.value, Stage.REDIRECTING.label))
        stages[place : place + 1] = [
            (Stage.REDIRECTING.value, RECEIVED_LABEL),
            (SENT, SENT_LABEL),
        ]
    stages += [
        (name, label)
        for name, (label, _) in GROUPS.items()
        if user.role in CITY or name == chosen["stage"]
    ]
    actions = bulk_actions.actions_of(user.role)
    selected = asked.get("select")
    rows = _rows(applications, rounds, units, user)
    queue_url = reverse("review:queue")
    for row in rows:
        row["html"] = _row_html(
            queue_url=queue_url,
            is_picked=bool(actions),
            is_selected=bool(selected),
            has_units=sees_units and bool(units),
            has_score=user.role == Role.EXPERT,
            **row,
        )
    context = {
        "page_obj": page,
        "rows": rows,
        "queue_url": queue_url,
        "q": chosen["q"],
        "stages": _options((("", "待我办理"), (ALL, "全部"), *stages), chosen["stage"]),
        "rounds": _options(
            (EVERY, *((pk, round_.title) for pk, round_ in rounds.items())), chosen["round"]
        ),
        "is_filtered": is_filtered,
        "query": query,
        "saved_filters": SAVED_FILTERS.ask(user),
        "actions": actions,
        "selected": selected,
        "may_select_all": PAGE_SIZE < page.paginator.count <= bulk_actions.MOST,
        "chosen": chosen,
    }
    if chosen["panel"]:
        context["panel_name"] = name_of_panel(chosen["panel"])
    if sees_units and units:
        context["units"] = _options((EVERY, *units.items()), chosen["unit"])
    if user.role == Role.EXPERT:
        context["desks"] = waiting_desks(user)
        context["score_states"] = _options((EVERY, *SCORE_STATES.items()), chosen["score"])
        context["led"] = LED_PANELS.ask(user)
    if user.role in CITY and rounds:
        newest = next(iter(rounds.values()))
        context["ranked_round"] = rounds.get(chosen["round"], newest)
    return render(request, "review/queue/queue.html", context)


# What is drawn depends on nothing but the arguments, which name all that is shown: the same row, or
# list of options, is drawn once in a process.
@lru_cache(maxsize=500)
def _row_html(**row):
    return render_to_string("review/queue/_row.html", row)


@lru_cache(maxsize=100)
def _options(options, chosen):
    return render_to_string("components/options.html", {"options": options, "chosen": chosen})


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
                "label": _label(application, user),
                "since": f"{timezone.localtime(application.stage_entered_at):%Y-%m-%d}",
                "due": shown(application.due_at, today),
                "score": states.get(application.pk, "未评分"),
                "tags": tuple(hints.tags(application)) if user.role == Role.OFFICE else (),
            }
        )
    return rows


def _label(application, user):
    """Return the stage as the row names it; to a recommending unit, which way it is redirected."""
    if application.stage == Stage.REDIRECTING and user.role == Role.RECOMMENDER:
        is_here = application.recommending_unit_id == user.recommending_unit_id
        return RECEIVED_LABEL if is_here else SENT_LABEL
    return application.stage_enum.label


def _score_states(applications, user):
    """Return how far the expert is with each of the applications that has a sheet."""
    sheets = ScoreSheet.objects.filter(
        expert=user, application__in=[each.pk for each in applications]
    )
    return {
        application: "已提交" if submitted_at else "草稿"
        for application, submitted_at in sheets.values_list("application", "submitted_at")
    }
