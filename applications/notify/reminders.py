"""Reminders 7, 3 and 1 days before a deadline, to whoever still has something to do."""

import datetime
import math
from collections import Counter, defaultdict

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from applications.form.completeness import problems
from applications.form.definition import SECTION
from applications.form.task_list import with_content
from applications.models import Application
from applications.notify.calendar.deadlines import own_deadline, report_deadline
from applications.notify.inbox import Message
from applications.notify.notifications import LETTERS, REMIND, write
from applications.stages import EDITABLE, Stage
from applications.workflow.guards import moment

DAY = datetime.timedelta(days=1)
DAYS = (7, 3, 1)
BATCH = 100
# What tells whether an application is due for a reminder, of the wide record.
COLUMNS = (
    "applying_unit",
    "stage",
    "stage_entered_at",
    "return_deadline",
    "round__closes_at",
    "round__report_deadline",
    "round__review_deadline",
)


def remind():
    """Save the reminders that are due and not sent yet; return how many."""
    return _remind_applicants() + _remind_recommenders()


def days_before(deadline, since=None):
    """Return which of DAYS a reminder of this deadline is due for now, or None.

    Of several days only the one nearest to the deadline counts: an earlier reminder that was missed
    is not sent any more. Work that began (`since`) after that day is not reminded of either.
    """
    now = timezone.now()
    if now >= deadline:
        return None
    due = [days for days in DAYS if now >= deadline - days * DAY]
    if not due or (since is not None and since > deadline - due[-1] * DAY):
        return None
    return due[-1]


def _key(what, deadline, days):
    return f"reminder:{what}:{deadline.astimezone(datetime.UTC):%Y%m%d%H%M%S}:{days}"


def _near(field):
    now = timezone.now()
    return Q(**{f"{field}__gt": now, f"{field}__lte": now + max(DAYS) * DAY})


def _context(deadline):
    remaining = (deadline - timezone.now()) / DAY
    return {"deadline": deadline, "days": math.ceil(remaining)}


def _untold(wanted, unit):
    """Return {key of a message: the accounts that do not have it yet}.

    `wanted` is {key of a message: the unit that it is for}; `unit` names the field of an account
    that says to which unit it belongs.
    """
    users_of = defaultdict(list)
    of_units = {f"{unit}__in": set(wanted.values())}
    for user in User.objects.in_use().filter(**of_units).order_by("pk"):
        users_of[getattr(user, f"{unit}_id")].append(user)
    pairs = Message.objects.filter(key__in=wanted).values_list("recipient_id", "key")
    told = set(pairs)
    untold = {
        key: [user for user in users_of[pk] if (user.pk, key) not in told]
        for key, pk in wanted.items()
    }
    return {key: users for key, users in untold.items() if users}


# --- Applicants: an unfinished draft or correction ---


def _remind_applicants():
    near = Application.objects.filter(
        Q(stage=Stage.DRAFT) & _near("round__closes_at")
        | Q(stage=Stage.RETURNED) & _near("return_deadline")
    )
    rows = list(near.order_by("pk").select_related("round").only(*COLUMNS))
    return sum(_remind_of(rows[start : start + BATCH]) for start in range(0, len(rows), BATCH))


def _remind_of(rows):
    wanted, about = {}, {}
    for row in rows:
        if days := days_before(row.due_at, since=row.stage_entered_at):
            key = _key(row.pk, row.due_at, days)
            wanted[key], about[key] = row.applying_unit_id, row.pk
    untold = _untold(wanted, "applying_unit")
    unfinished = with_content(Application.objects.filter(stage__in=EDITABLE)).in_bulk(
        {about[key] for key in untold}
    )
    messages = [
        message
        for key, users in untold.items()
        if about[key] in unfinished
        for message in _about_unfinished(unfinished[about[key]], users, key)
    ]
    Message.objects.tell(messages)
    return len(messages)


def _about_unfinished(application, users, key):
    """Return the reminders; they quote nothing of the draft, which the office must not read."""
    missing = Counter(SECTION[problem.section].title for problem in problems(application))
    context = {
        **_context(application.due_at),
        "application": application,
        "is_returned": application.stage == Stage.RETURNED,
        "missing": missing.total(),
        "sections": list(missing.items()),
    }
    words = {"number": application.number, "due": moment(application.due_at)}
    return [
        message
        for letter in LETTERS[REMIND, application.stage]
        for message in write(
            letter,
            users,
            key,
            context,
            reverse(letter.page, args=[application.pk]),
            application=application,
            deadline=own_deadline(application),
            **words,
        )
    ]


# --- Recommending units: what is not reported yet ---


def _remind_recommenders():
    waiting = (
        Application.objects.filter(_near("round__report_deadline"))
        .filter(stage__in=(Stage.RECOMMENDING, Stage.RECOMMENDED))
        .order_by("round_id", "recommending_unit_id")
        .values("round_id", "round__title", "round__report_deadline", "recommending_unit_id")
        .annotate(
            reviewing=Count("pk", Q(stage=Stage.RECOMMENDING)),
            unreported=Count("pk", Q(stage=Stage.RECOMMENDED)),
        )
    )
    wanted, about = {}, {}
    for row in waiting:
        deadline, unit = row["round__report_deadline"], row["recommending_unit_id"]
        if days := days_before(deadline):
            key = _key(f"list:{row['round_id']}:{unit}", deadline, days)
            wanted[key], about[key] = unit, row
    messages = []
    for key, users in _untold(wanted, "recommending_unit").items():
        deadline = about[key]["round__report_deadline"]
        context = {**_context(deadline), "row": about[key]}
        for letter in LETTERS[REMIND, Stage.RECOMMENDING]:
            url = f"{reverse(letter.page)}?round={about[key]['round_id']}"
            due = report_deadline(about[key]["round_id"], deadline)
            messages += write(letter, users, key, context, url, deadline=due, due=moment(deadline))
    Message.objects.tell(messages)
    return len(messages)
