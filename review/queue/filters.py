"""The filters of the queue: what can be chosen, what was chosen, and in words."""

from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q

from accounts.characters import UNPRINTABLE
from accounts.models import RecommendingUnit
from accounts.prepared import Prepared
from accounts.roles import Role
from applications.models import Application
from applications.rounds import Round
from applications.search import Holds, holding, is_in, words_asked
from applications.stages import APPROVED, SELECTED, UNDECIDED, Stage
from review.panels.models import Panel
from review.panels.scorers import concluded_by, scorers
from review.permissions import CITY
from review.recommending.list_models import REPORTED
from review.scoring.models import ScoreSheet
from review.shared.fields import whole_number

ALL = "all"
ROUND_COLUMNS = ("title", "closes_at", "report_deadline", "review_deadline")
PUBLISHED_ROUNDS = Prepared(lambda: Round.objects.published().only(*ROUND_COLUMNS))
NAMES_OF_UNITS = Prepared(lambda: RecommendingUnit.objects.values_list("pk", "name"))
# What a recommending unit has redirected itself, and waits for; REDIRECTING is what came to it.
SENT = "sent"
RECEIVED_LABEL, SENT_LABEL = "转入，待本单位接收", "转出，待对方接收"
# Who sees the applications of one unit, or is not told the units.
WITHOUT_UNITS = (Role.RECOMMENDER, Role.EXPERT)
# Stages that pages count together: how the filter names them, and which they are.
GROUPS = {
    "reviewing": ("推荐单位审核（含转交）", (Stage.RECOMMENDING, Stage.REDIRECTING)),
    "reported": ("已上报", REPORTED),
    "undecided": ("已上报，尚未审定", UNDECIDED),
    "selected": ("已建议入选", SELECTED),
    "approved": ("已审定", APPROVED),
}
LONGEST_WAITING = ("stage_entered_at", "pk")
SCORE_STATES = {"todo": "待我评分", "done": "已提交", "conclude": "待我写评审意见"}


def query_of(chosen):
    """Return what an address asks as the shortest address that asks the same."""
    return urlencode({name: value for name, value in chosen.items() if value})


def options_for(user):
    """Return the rounds and, by key, the names of the recommending units to choose from."""
    rounds = {round_.pk: round_ for round_ in PUBLISHED_ROUNDS.ask()}
    if user.role in WITHOUT_UNITS:
        return rounds, {}
    return rounds, dict(NAMES_OF_UNITS.ask())


def filtered(user, asked, rounds, units):
    """Return the queryset that an address (a `QueryDict`) asks for, and what it asked.

    Nonsense is ignored. The page, its export, saved filters and bulk actions are filtered here,
    and nowhere else.
    """
    chosen = {"q": UNPRINTABLE.sub("", asked.get("q", "")).strip()[:100]}
    known_stages = {ALL, *Stage.values, *GROUPS}
    if user.role == Role.RECOMMENDER:
        known_stages.add(SENT)
    stage = asked.get("stage", "")
    chosen["stage"] = stage if stage in known_stages else ""
    applications = Application.objects
    found = applications.visible_to(user) if chosen["stage"] else applications.waiting_for(user)
    if chosen["stage"] in Stage.values:
        found = found.filter(stage=chosen["stage"])
        if chosen["stage"] == Stage.REDIRECTING and user.role == Role.RECOMMENDER:
            found = found.filter(recommending_unit=user.recommending_unit_id)
    elif chosen["stage"] == SENT:
        found = found.filter(redirected_from=user.recommending_unit_id)
    elif chosen["stage"] in GROUPS:
        found = found.filter(stage__in=GROUPS[chosen["stage"]][1])
    for name, known in (("round", rounds), ("unit", units)):
        number = whole_number(asked.get(name, ""))
        chosen[name] = number if number in known else ""
    if chosen["round"]:
        found = found.filter(round=chosen["round"])
    if chosen["unit"]:
        found = found.filter(recommending_unit=chosen["unit"])
    chosen["panel"] = ""
    if user.role in CITY and (number := whole_number(asked.get("panel", ""))):
        chosen["panel"] = number
        found = found.filter(panel_assignment__panel=number)
    found = searched(found, chosen["q"], units)
    if user.role == Role.EXPERT:
        chosen["score"] = asked.get("score", "") if asked.get("score") in SCORE_STATES else ""
        if chosen["score"]:
            found = found.filter(in_score_state(user, chosen["score"]))
    # Over all stages, where nothing waits, newest first.
    order = ("-pk",) if chosen["stage"] == ALL else LONGEST_WAITING
    return found.order_by(*order), chosen


def searched(applications, text, units):
    """Return those of the applications that hold every word of a text, in any order.

    Each word in what `applications.search` keeps of them or in the name of their recommending unit,
    where the user is told it (`units`, by key).
    """
    elsewhere = []
    for word in words_asked(text):
        if named := [pk for pk, name in units.items() if is_in(name, word)]:
            holds = Q(recommending_unit__in=named) | Q(Holds(word))
            applications = applications.filter(holds)
        else:
            elsewhere.append(word)
    return holding(applications, elsewhere) if elsewhere else applications


def in_words(chosen, rounds, units):
    """Return what was chosen (by `filtered`) as one line of text."""
    stage = chosen["stage"]
    groups = {name: label for name, (label, _) in GROUPS.items()}
    names = {**dict(Stage.choices), SENT: SENT_LABEL, **groups}
    parts = [f"阶段 {names.get(stage, '全部')}"]
    if not stage:
        parts = ["阶段 待我办理"]
    if chosen["round"]:
        parts.append(f"评选批次 {rounds[chosen['round']].title}")
    if chosen["unit"]:
        parts.append(f"推荐单位 {units[chosen['unit']]}")
    if chosen["panel"]:
        parts.append(f"专家组 {name_of_panel(chosen['panel'])}")
    if chosen.get("score"):
        parts.append(f"我的评分 {SCORE_STATES[chosen['score']]}")
    if chosen["q"]:
        parts.append(f"含“{chosen['q']}”")
    return "；".join(parts)


def name_of_panel(pk):
    """Return the name of the panel that a filter asks for; "" if there is none."""
    return Panel.objects.filter(pk=pk).values_list("name", flat=True).first() or ""


def in_score_state(user, state):
    """The condition under which an expert counts an application to one of SCORE_STATES."""
    submitted = ScoreSheet.objects.filter(submitted_at__isnull=False)
    if state == "conclude":
        of_same = submitted.filter(application=OuterRef(OuterRef("pk")))
        missing = scorers().exclude(pk__in=of_same.values("expert"))
        return concluded_by(user) & Q(stage=Stage.PANEL) & ~Exists(missing)
    own = Exists(submitted.filter(application=OuterRef("pk"), expert=user))
    return own if state == "done" else ~own
