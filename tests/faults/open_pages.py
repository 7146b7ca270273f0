"""Opens every page of every application for each role that sees it; prints what it found as JSON.

Run on a database that was migrated: `python -m tests.faults.open_pages`.
"""

import json
import sys

import django

django.setup()

from django.db import connection  # noqa: E402
from django.db.migrations.executor import MigrationExecutor  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402

from accounts.models import User  # noqa: E402
from accounts.roles import Role  # noqa: E402
from applications.form.definition import SECTIONS  # noqa: E402
from applications.models import Application, Event, Submission  # noqa: E402
from applications.rounds import Round  # noqa: E402
from wsgsite.context import NAVIGATION  # noqa: E402

TABS = tuple(
    f"review:{name}" for name in ("detail", "record", "versions", "files", "history", "messages")
)
# What exists at some stages only may say that it does not exist; nothing may fail.
FINE = {200, 302, 404}
OF_APPLICATION = {
    Role.APPLICANT: ("applications:overview", "applications:read", "applications:receipt"),
    Role.EXPERT: (*TABS, "review:score"),
}
STAFF = (*TABS, "review:timeline")
OF_ROUND = ("review:round_edit", "review:assign_panels", "review:results", "review:ranking")


def addresses(user):
    """Yield the addresses of the user's pages, those of each application among them."""
    for _, name, *_ in NAVIGATION[user.role]:
        yield reverse(name)
    yield reverse("applications:messages")
    rounds = Round.objects.values_list("pk", flat=True)
    if user.role in {Role.OFFICE, Role.BUREAU}:
        for name in OF_ROUND:
            yield from (reverse(name, args=[pk]) for pk in rounds)
    if user.role == Role.RECOMMENDER:
        yield from (reverse("review:recommendation_list", args=[pk]) for pk in rounds)
    visible = Application.objects.visible_to(user).only("stage")
    for pk, is_editable in [(each.pk, each.is_editable) for each in visible]:
        for name in OF_APPLICATION.get(user.role, STAFF):
            yield reverse(name, args=[pk])
        if user.role == Role.APPLICANT and is_editable:
            for section in SECTIONS:
                yield reverse("applications:section", args=[pk, section.key])
        if user.role == Role.RECOMMENDER:
            yield reverse("review:verify", args=[pk])


def main():
    opened, failed, roles = 0, [], {}
    for user in User.objects.in_use():
        client = Client(raise_request_exception=False)
        client.force_login(user)
        # Seen this moment, for as long as it takes: no login by form has said so.
        session = client.session
        session["seen"] = 2**40
        session.save()
        seen = set()
        for url in addresses(user):
            response = client.get(url)
            if response.streaming:
                list(response.streaming_content)
            if response.status_code not in FINE:
                failed.append(f"{response.status_code} {user.role} {url}")
            if response.status_code == 200:
                opened += 1
                seen.add(url)
        roles[user.role] = roles.get(user.role, 0) + len(seen)
    executor = MigrationExecutor(connection)
    found = {
        "opened": opened,
        "failed": failed,
        "roles": roles,
        "rows": [model.objects.count() for model in (Application, Event, Submission)],
        "unapplied": len(executor.migration_plan(executor.loader.graph.leaf_nodes())),
    }
    json.dump(found, sys.stdout)


main()
