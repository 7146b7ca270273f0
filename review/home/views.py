"""The home page: for visitors the public one, for each role its own work."""

import datetime

from django.contrib.auth.decorators import login_not_required
from django.db.models import Count, Exists, F, OuterRef, Q
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.lockout import locked_accounts, locked_addresses
from accounts.models import User
from accounts.prepared import PreparedFor
from accounts.roles import Role
from applications.models import Application, Event, title_of_studio
from applications.permissions import work_stages
from applications.rounds import Round
from applications.stages import Stage
from applications.workflow.events import KINDS
from review.inspection.plan import inspections_due
from review.public import views as public_views
from review.publicity.models import PublicNotice
from review.publicity.objections.models import Objection
from review.queue.filters import SCORE_STATES, in_score_state
from review.scoring.desk_views import waiting_desks
from review.shared.due import shown

OLDEST, DUE, RECENT = 5, 6, 6
# What is further away than this is not 即将到期.
SOON = datetime.timedelta(days=30)
# What the latest events leave out: a dozen of one sort would hide everything else.
MINOR = [kind.name for kind in KINDS.values() if kind.is_minor]
COLUMNS = (
    "number",
    "lead_name",
    "unit_name",
    "stage",
    "stage_entered_at",
    "return_deadline",
    "round_id",
)
ROUND_COLUMNS = (
    "title",
    "published_at",
    "opens_at",
    "closes_at",
    "report_deadline",
    "review_deadline",
)
# Whose work each deadline of a round is.
DEADLINES = (
    ("closes_at", "申报截止", (Role.APPLICANT, Role.RECOMMENDER, Role.OFFICE, Role.ADMIN)),
    ("report_deadline", "推荐单位上报截止", (Role.RECOMMENDER, Role.OFFICE, Role.ADMIN)),
    ("review_deadline", "专家评分截止", (Role.OFFICE, Role.EXPERT, Role.ADMIN)),
)

# What the page asks at every visit.
ROUNDS = PreparedFor(lambda user: Round.objects.visible_to(user).only(*ROUND_COLUMNS))
WAITING_BY_STAGE = PreparedFor(
    lambda user: (
        Application.objects.waiting_for(user)
        .order_by()
        .values_list("stage")
        .annotate(number=Count("pk"))
    )
)
OLDEST_WAITING = PreparedFor(
    lambda user: (
        Application.objects.waiting_for(user)
        .order_by("stage_entered_at", "pk")[:OLDEST]
        .read(*COLUMNS)
    )
)
# Of experts: what waits for their scores, and for their conclusion.
EXPERTS_WAITING = PreparedFor(
    lambda user: (
        Application.objects.waiting_for(user)
        .order_by()
        .values_list("stage")
        .annotate(
            todo=Count("pk", filter=Q(in_score_state(user, "todo"))),
            conclude=Count("pk", filter=Q(in_score_state(user, "conclude"))),
        )
    )
)
EXPERTS_OLDEST = PreparedFor(
    lambda user: (
        Application.objects.waiting_for(user)
        .filter(in_score_state(user, "todo") | in_score_state(user, "conclude"))
        .order_by("stage_entered_at", "pk")[:OLDEST]
        .read(*COLUMNS)
    )
)
RETURNED = PreparedFor(
    lambda user, now: (
        Application.objects.visible_to(user)
        .filter(stage=Stage.RETURNED, return_deadline__gt=now)
        .only(*COLUMNS)
        .order_by("return_deadline", "pk")[:DUE]
    ),
    datetime.datetime,
)
PENDING_OBJECTIONS = PreparedFor(
    lambda user: (
        Objection.objects.pending()
        .filter(application__in=Application.objects.visible_to(user).values("pk"))
        .order_by()
        .values_list("pk")
    )
)
LATE_LISTS = PreparedFor(
    lambda user, now: (
        Application.objects.visible_to(user)
        .filter(stage=Stage.RECOMMENDED, round__report_deadline__lte=now)
        .order_by()
        .values_list("round", "recommending_unit")
        .distinct()
    ),
    datetime.datetime,
)
RUNNING_NOTICES = PreparedFor(
    lambda user, today: (
        PublicNotice.objects.standing().filter(ends_on__gte=today).order_by("ends_on")[:DUE]
    ),
    datetime.date,
)


def _own_events(user):
    seen = Application.objects.visible_to(user).filter(pk=OuterRef("application"))
    return (
        Event.objects.filter(user=user)
        .exclude(action__in=MINOR)
        .order_by("-at", "-pk")
        .only("at", "label", "application_id")
        .annotate(
            lead_name=F("application__lead_name"),
            unit_name=F("application__unit_name"),
            is_seen=Exists(seen),
        )[:RECENT]
    )


OWN_EVENTS = PreparedFor(_own_events)


@require_safe
@login_not_required
def home(request):
    """Show the public home to visitors and three blocks to users: work, due dates, own events."""
    user = request.user
    if not user.is_authenticated:
        return public_views.home(request)
    rounds = {round_.pk: round_ for round_ in ROUNDS.ask(user)}
    context = {
        "counts": [],
        "oldest": [],
        "due": _round_deadlines(user.role, rounds),
    }
    if user.role == Role.ADMIN:
        context |= {"counts": _locked_out(), "events": _recent_accounts()}
    else:
        context |= {"events": _recent_events(user), **_work(user, rounds)}
        context["due"] += _own_deadlines(user, rounds)
    if user.role == Role.APPLICANT:
        context["open_rounds"] = [round_ for round_ in rounds.values() if round_.is_open]
    today = timezone.localdate()
    due = [
        {"due": shown(deadline["at"], today), **deadline}
        for deadline in sorted(context["due"], key=lambda deadline: deadline["at"])
    ]
    soon = [row for row in due if timezone.localdate(row["at"]) <= today + SOON]
    context |= {"due": soon[:DUE], "soon": SOON.days, "next_due": [] if soon else due[:1]}
    return render(request, "review/home/home.html", context)


def _page_of(user):
    """Where the user's applications are listed, and the prefix of an application's own page."""
    name = "applications:mine" if user.role == Role.APPLICANT else "review:queue"
    return reverse(name)


def _work(user, rounds):
    """Return how many applications wait in each of the role's stages, and the oldest of them."""
    link = _page_of(user)
    if user.role == Role.EXPERT:
        # One row for the one stage, or none.
        [(_, *totals)] = EXPERTS_WAITING.ask(user) or [("", 0, 0)]
        counts = [
            (total, SCORE_STATES[state], f"{link}?score={state}")
            for state, total in zip(("todo", "conclude"), totals, strict=True)
        ]
        oldest = EXPERTS_OLDEST.ask(user)
    else:
        by_stage = dict(WAITING_BY_STAGE.ask(user))
        oldest = OLDEST_WAITING.ask(user)
        counts = [
            (
                by_stage.get(stage, 0),
                stage.label,
                link if user.role == Role.APPLICANT else f"{link}?stage={stage.value}",
            )
            for stage in work_stages(user.role)
        ]
    if user.role == Role.OFFICE:
        counts += _beside_the_stages(user)
    today = timezone.localdate()
    rows = []
    for application in oldest:
        application.round = rounds[application.round_id]
        rows.append(
            {
                "url": f"{link}{application.pk}/",
                "title": application.studio_title,
                "number": application.number,
                "due": shown(application.due_at, today),
                "since": application.stage_entered_at,
            }
        )
    return {
        "counts": counts,
        "oldest": rows,
        "queue_url": link,
        "desks": waiting_desks(user) if user.role == Role.EXPERT else (),
    }


def _beside_the_stages(user):
    """What waits for the office and is no application's stage: objections and overdue lists."""
    objections = PENDING_OBJECTIONS.count(user)
    lists = LATE_LISTS.count(user, timezone.now())
    counts = [
        (objections, "待处理的异议", reverse("review:objections")),
        (lists, "逾期未上报的一览表", reverse("review:lists_reported")),
    ]
    return [count for count in counts if count[0]]


def _locked_out():
    """What waits for an administrator: who cannot log in. No application."""
    locks = reverse("accounts:locks")
    counts = [
        (len(locked_accounts()), "被锁定的账号", locks),
        (len(locked_addresses()), "被锁定的网络地址", locks),
    ]
    return [count for count in counts if count[0]]


def _recent_accounts():
    """The accounts made last, in the shape of `_recent_events`."""
    return [
        {
            "at": account.date_joined,
            "label": "创建账号",
            "title": f"{account.name}，{account.get_role_display()}",
            "url": reverse("accounts:staff_edit", args=[account.pk]),
        }
        for account in User.objects.order_by("-date_joined", "-pk")[:RECENT]
    ]


def _round_deadlines(role, rounds):
    """The coming deadlines of all rounds that matter to a role, and the opening of its drafts."""
    now = timezone.now()
    drafts = [
        {
            "title": "批次尚未发布，应于此时开始申报",
            "note": round_.title,
            "at": round_.opens_at,
            "url": reverse("review:round_edit", args=[round_.pk]),
        }
        for round_ in rounds.values()
        if round_.is_draft and round_.closes_at > now
    ]
    return drafts + [
        {"title": label, "note": round_.title, "at": at, "url": round_.get_absolute_url()}
        for round_ in rounds.values()
        if not round_.is_draft
        for name, label, roles in DEADLINES
        if role in roles and (at := getattr(round_, name)) and at > now and round_.opens_at <= now
    ]


def _own_deadlines(user, rounds):
    """Deadlines of single applications: of returned ones and, for the office, of 公示."""
    due = []
    if user.role in {Role.APPLICANT, Role.RECOMMENDER, Role.OFFICE}:
        link = _page_of(user)
        due += [
            {
                "title": f"{application.studio_title}修改期限",
                "note": application.number,
                "at": application.return_deadline,
                "url": f"{link}{application.pk}/",
            }
            for application in RETURNED.ask(user, timezone.now())
        ]
    if user.role == Role.OFFICE:
        due += inspections_due(DUE)
        due += [
            {
                "title": "公示期满",
                "note": rounds[notice.round_id].title,
                "at": notice.ends_at,
                "url": reverse("review:publicity_notices"),
            }
            for notice in RUNNING_NOTICES.ask(user, timezone.localdate())
        ]
    return due


def _recent_events(user):
    """The user's own last events; an application is named only while the user may see it."""
    link = _page_of(user)
    return [
        {
            "at": event.at,
            "label": event.label,
            "title": title_of_studio(event.lead_name, event.unit_name) if event.is_seen else "",
            "url": f"{link}{event.application_id}/" if event.is_seen else "",
        }
        for event in OWN_EVENTS.ask(user)
    ]
