"""The list of applications that a reviewer's work begins with.

It is the page opened most, so it reads few columns of few rows: options and names come from two
small tables, and no row of the page makes a query or builds an address of its own.
"""

from functools import lru_cache
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Q
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET

from accounts.characters import UNPRINTABLE
from accounts.models import RecommendingUnit, User
from accounts.roles import Role, role_required
from applications.models import Application
from applications.rounds import Round
from applications.stages import FROM_PANEL, Stage
from review import bulk, hints
from review.due import shown
from review.forms.fields import SELECTED, whole_number
from review.models import Recusal, ScoreSheet
from review.permissions import CITY, STAFF
from review.views.desk import waiting_desks

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
# Of the office's rows also what is noticed about them.
OFFICE_COLUMNS = tuple(dict.fromkeys((*COLUMNS, *hints.COLUMNS)))
ROUND_COLUMNS = ("title", "closes_at", "report_deadline", "review_deadline")
# What a recommending unit has redirected itself, and waits for; REDIRECTING is what came to it.
SENT = "sent"
RECEIVED_LABEL, SENT_LABEL = "转入，待本单位接收", "转出，待对方接收"
VISIBLE_STAGES = {
    Role.EXPERT: FROM_PANEL,
    Role.FINANCE: (Stage.APPROVING, Stage.COUNTERSIGNING, Stage.AWARDED),
}
# Who sees the applications of one unit, or is not told the units.
WITHOUT_UNITS = (Role.RECOMMENDER, Role.EXPERT)
SCORE_STATES = {"todo": "待我评分", "done": "已提交", "conclude": "待我写评审意见"}


@require_GET
@role_required(*STAFF)
def queue(request):
    """List the applications that the user sees; at first, those that wait for the user's role."""
    user, asked = request.user, request.GET
    rounds, units = options_for(user)
    sees_units = user.role not in WITHOUT_UNITS
    found, chosen = filtered(user, asked, rounds, units)
    page = Paginator(found, PAGE_SIZE).get_page(asked.get("page"))
    if user.role == Role.OFFICE:
        applications = hints.annotated(page.object_list.read(*OFFICE_COLUMNS))
    else:
        applications = page.object_list.read(*COLUMNS)
    query = query_of(chosen)
    stages = [(each.value, each.label) for each in VISIBLE_STAGES.get(user.role, tuple(Stage)[1:])]
    if user.role == Role.RECOMMENDER:
        place = stages.index((Stage.REDIRECTING.value, Stage.REDIRECTING.label))
        stages[place : place + 1] = [
            (Stage.REDIRECTING.value, RECEIVED_LABEL),
            (SENT, SENT_LABEL),
        ]
    context = {
        "page_obj": page,
        "rows": _rows(applications, rounds, units, user, bool(asked.get("select"))),
        "queue_url": reverse("review:queue"),
        "q": chosen["q"],
        "stage_options": _options(
            (("", "待我办理"), (ALL, "全部"), *stages),
            chosen["stage"],
        ),
        "round_options": _options(
            (("", "全部"), *((each.pk, each.title) for each in rounds.values())), chosen["round"]
        ),
        "is_filtered": any(chosen.values()),
        "query": query,
        "saved_filters": list(user.saved_filters.all()),
        "actions": bulk.actions_of(user.role),
        "selected": asked.get("select"),
        "may_select_all": PAGE_SIZE < page.paginator.count <= bulk.MOST,
        "chosen": chosen,
    }
    if sees_units:
        context["unit_options"] = _options((("", "全部"), *units.items()), chosen["unit"])
    if user.role == Role.EXPERT:
        context["desks"] = waiting_desks(user)
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


def query_of(chosen):
    """Return what an address asks as the shortest address that asks the same."""
    return urlencode({name: value for name, value in chosen.items() if value})


def options_for(user):
    """Return the rounds and, by key, the names of the recommending units to choose from."""
    rounds = Round.objects.published().only(*ROUND_COLUMNS).in_bulk()
    if user.role in WITHOUT_UNITS:
        return rounds, {}
    return rounds, dict(RecommendingUnit.objects.values_list("pk", "name"))


def filtered(user, asked, rounds, units):
    """Return the queryset that an address (a `QueryDict`) asks for, and what it asked.

    Nonsense is ignored. The page, its export, saved filters and bulk actions are filtered here,
    and nowhere else.
    """
    found = Application.objects.visible_to(user)
    chosen = {"q": UNPRINTABLE.sub("", asked.get("q", "")).strip()[:100]}
    chosen["stage"] = asked.get("stage", "")
    if chosen["stage"] in Stage.values:
        found = found.filter(stage=chosen["stage"])
        if chosen["stage"] == Stage.REDIRECTING and user.role == Role.RECOMMENDER:
            found = found.filter(recommending_unit=user.recommending_unit_id)
    elif chosen["stage"] == SENT and user.role == Role.RECOMMENDER:
        found = found.filter(redirected_from=user.recommending_unit_id)
    elif chosen["stage"] != ALL:
        chosen["stage"] = ""
        found = Application.objects.waiting_for(user)
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


def in_words(chosen, rounds, units):
    """Return what was chosen (by `filtered`) as one line of text."""
    stage = chosen["stage"]
    names = {**dict(Stage.choices), SENT: SENT_LABEL}
    parts = [f"阶段 {names.get(stage, '全部')}"]
    if not stage:
        parts = ["阶段 待我办理"]
    if chosen["round"]:
        parts.append(f"评选批次 {rounds[chosen['round']].title}")
    if chosen["unit"]:
        parts.append(f"推荐单位 {units[chosen['unit']]}")
    if chosen.get("score"):
        parts.append(f"我的评分 {SCORE_STATES[chosen['score']]}")
    if chosen["q"]:
        parts.append(f"编号、单位或领办人含“{chosen['q']}”")
    return "；".join(parts)


def in_score_state(user, state):
    """The condition under which an expert counts an application to one of SCORE_STATES."""
    submitted = ScoreSheet.objects.filter(submitted_at__isnull=False)
    if state == "conclude":
        # As PanelAssignment.scorers() has it: recused experts do not count, who steps in does.
        of_panel = Q(panels=OuterRef("panel_assignment__panel"))
        due = User.objects.filter(of_panel | Q(substitutions__application=OuterRef("pk")))
        recused = Recusal.objects.filter(application=OuterRef(OuterRef("pk")))
        in_time = submitted.filter(application=OuterRef(OuterRef("pk")))
        missing = due.exclude(pk__in=recused.values("expert")).exclude(
            pk__in=in_time.values("expert")
        )
        return leads(user) & Q(stage=Stage.PANEL) & ~Exists(missing)
    own = Exists(submitted.filter(application=OuterRef("pk"), expert=user))
    return own if state == "done" else ~own


def leads(user):
    """The condition under which an expert concludes (`PanelAssignment.leading`)."""
    recused = Recusal.objects.filter(application=OuterRef("pk"))
    without_leader = Exists(recused.filter(expert=OuterRef("panel_assignment__panel__leader")))
    before = User.objects.filter(panels=OuterRef("panel_assignment__panel"), pk__lt=user.pk)
    of_outer = Recusal.objects.filter(application=OuterRef(OuterRef("pk"))).values("expert")
    is_first = ~Exists(before.exclude(pk__in=of_outer))
    acting = without_leader & Q(panel_assignment__panel__in=user.panels.all()) & is_first
    return Q(panel_assignment__panel__leader=user) | acting


def _rows(applications, rounds, units, user, is_ticked):
    today = timezone.localdate()
    states = _score_states(applications, user) if user.role == Role.EXPERT else {}
    url = reverse("review:queue")
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
                "opening": _opening(application, user, url, is_ticked),
            }
        )
    return rows


def _opening(application, user, url, is_ticked):
    """The cells with which a row begins: the box to tick, and the link with number and hints.

    Drawn at once, without the template's loop: they are most of what the page costs.
    """
    pk, title = application.pk, escape(application.studio_title)
    pick = tags = ""
    if bulk.actions_of(user.role):
        pick = (
            '<td class="pick"><label><input class="form-check-input" type="checkbox" name="pk" '
            f'value="{pk}" form="bulk"{" checked" if is_ticked else ""}>'
            f'<span class="visually-hidden">选择{title}</span></label></td>'
        )
    if user.role == Role.OFFICE:
        tags = "".join(
            f'<span class="tag tag--{"priority" if is_priority else "wait"}">{label}</span>'
            for label, is_priority in hints.tags(application)
        )
        tags = tags and f'<span class="row-tags">{tags}</span>'
    return SafeString(  # nosec B703 - every word is escaped
        f'{pick}<th scope="row"><a class="row-link" href="{url}{pk}/">{title}</a>'
        f"<small>{escape(application.number)}</small>{tags}</th>"
    )


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
