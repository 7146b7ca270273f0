"""The frame of an application's page: its tabs, each at an address of its own, and what is new."""

import datetime
from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone

from accounts.prepared import Prepared
from accounts.roles import Role
from applications.permissions import reveal_refusal
from applications.stages import steps_of
from applications.versions.applicant_view import unit_corrections
from applications.workflow.events import reached_stages
from review.application_page.history import readable_events
from review.application_page.models import Look
from review.shared.due import shown

WORK, RECORD, HISTORY, VERSIONS, FILES, MESSAGES = (
    "detail",
    "record",
    "history",
    "versions",
    "files",
    "messages",
)


@dataclass(frozen=True)
class Tab:
    """One tab: its name, which is that of its address in `review:`, its label, and who has it."""

    name: str
    label: str
    roles: tuple[Role, ...] | None = None  # None: every role of the page


TABS = (
    Tab(WORK, "办理"),
    Tab(RECORD, "意见与评审"),
    Tab(VERSIONS, "版本与改动"),
    Tab(FILES, "材料清单"),
    Tab(HISTORY, "办理记录"),
    Tab(MESSAGES, "消息", (Role.OFFICE,)),
)


# One at most.
LOOK = Prepared(
    lambda user, application: Look.objects.filter(user=user, application=application), int, int
)


def page_frame(user, application, events, submissions, tab):
    """Return the context of review/application_page/frame.html, and note that `tab` was opened.

    `events` and `submissions` of the application in time order; reads the returns' `remarks`. Costs
    one query, and one more to note a look that finds something new. `seen_at` is when the user last
    looked at this tab: what is younger is marked; None for who is here for the first time.
    """
    look = next(iter(LOOK.ask(user.pk, application.pk)), None)
    readable = readable_events(user, application, events, submissions)
    by_others = [event for event in readable if event.user_id != user.pk]
    # When something came that each tab shows.
    arrivals = {
        RECORD: [event.at for event in by_others if event.to_stage],
        VERSIONS: [submission.submitted_at for submission in submissions],
        HISTORY: [event.at for event in by_others],
    }
    seen_at = {each.name: _seen_at(look, each.name) for each in TABS}
    tabs = []
    for each in TABS:
        if each.roles is None or user.role in each.roles:
            since = seen_at[each.name]
            times = arrivals.get(each.name, ())
            tabs.append(
                {
                    "label": each.label,
                    "url": reverse(f"review:{each.name}", args=[application.pk]),
                    "is_current": each.name == tab,
                    "news": sum(at > since for at in times) if since and each.name != tab else 0,
                }
            )
    _note(look, user, application, tab, max((event.at for event in events), default=None))
    return {
        "application": application,
        # Not "steps": the records bring those of the mean.
        "rail": steps_of(application.stage_enum, reached_stages(events)),
        "due": shown(application.due_at, timezone.localdate()),
        "unit_corrections": [(event.at, event.note) for event in unit_corrections(events)],
        "reveal_refused": reveal_refusal(user, application),
        "tabs": tabs,
        "seen_at": seen_at[tab],
        "history": readable,
    }


def _seen_at(look, name):
    """Return when a tab was last looked at, or None for who never opened the page."""
    if look is None:
        return None
    text = look.at_tabs.get(name)
    return datetime.datetime.fromisoformat(text) if text else look.first_at


def _note(look, user, application, name, latest):
    """Keep that a tab was opened now; without anything new since, nothing is written."""
    now = timezone.now()
    if look is None:
        first = Look(
            user=user, application=application, first_at=now, at_tabs={name: now.isoformat()}
        )
        # Two pages of one reader may open at once: one of them is enough.
        Look.objects.bulk_create([first], ignore_conflicts=True)
    elif latest is None or name not in look.at_tabs or _seen_at(look, name) < latest:
        at_tabs = look.at_tabs | {name: now.isoformat()}
        Look.objects.filter(pk=look.pk).update(at_tabs=at_tabs)
