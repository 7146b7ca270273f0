"""Fills a database for the bench and prints, as JSON, the requests to measure.

Runs inside one of the two projects: `python -m scripts.bench.prepare bare|portal SIZE`.
`rewind` puts the submitted applications back, so that they can be submitted again.
"""

import json
import sys

import django
from django.core.management import call_command

OPENED = 50 + 8  # drafts to save and submit: the timed ones and some to warm up with


def session_of(user):
    """The session key of a logged-in user."""
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(user, settings.AUTHENTICATION_BACKENDS[0])
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def bare(size):
    from django.contrib.auth.models import User

    from scripts.bench.models import Row

    call_command("migrate", run_syncdb=True, verbosity=0)
    owners = User.objects.bulk_create(User(username=f"user{n}") for n in range(8))
    rows = Row.objects.bulk_create(
        [Row(owner=owners[n % 8].pk, title=f"Row {n}") for n in range(size)], batch_size=1000
    )
    session = session_of(owners[0])
    forms = [
        {"session": session, "url": "/save/", "data": {"row": row.pk, "title": "Saved"}}
        for row in rows[: OPENED * 8 : 8]
    ]
    return {
        "bare view": [{"session": session, "url": "/"}],
        "bare save": (forms * OPENED)[:OPENED],
    }


def portal(size):
    from django.urls import reverse

    from accounts.models import User
    from accounts.roles import Role
    from applications.models import Application
    from applications.stages import Stage

    call_command("migrate", verbosity=0)
    call_command("loadmany", str(size), stdout=sys.stderr)
    office = session_of(User.objects.filter(role=Role.OFFICE).first())
    seen = Application.objects.filter(stage=Stage.QUALIFYING).first()
    drafts = Application.objects.filter(stage=Stage.DRAFT).order_by("pk")[:OPENED]
    sessions = {}
    for draft in drafts:
        unit = draft.applying_unit_id
        if unit not in sessions:
            sessions[unit] = session_of(User.objects.filter(applying_unit=unit).first())

    def on_drafts(name, *args, **extra):
        return [
            {
                "session": sessions[draft.applying_unit_id],
                "url": reverse(name, args=[draft.pk, *args]),
                **extra,
            }
            for draft in drafts
        ]

    return {
        "home": [{"session": office, "url": reverse("home")}],
        "queue page": [{"session": office, "url": reverse("applications:queue")}],
        "application detail": [{"session": office, "url": seen.get_absolute_url()}],
        "draft save of a section": on_drafts("applications:section", "lead", form="page"),
        "submit": on_drafts(
            "applications:submit",
            form="page",
            data={
                "text": "同意申报。",
                "signatory": "压测甲",
                "signed_on": "2026-01-05",
                "truth_declared": "on",
            },
        ),
    }


def rewind():
    from applications.models import Application
    from applications.stages import Stage
    from applications.workflow import perform

    for application in Application.objects.filter(stage=Stage.RECOMMENDING, number__isnull=False):
        if application.submissions.count() == 0:
            continue
        last = application.submissions.last()
        perform(application, "withdraw", last.submitted_by)


if __name__ == "__main__":
    django.setup()
    if sys.argv[1] == "rewind":
        rewind()
    else:
        json.dump({"bare": bare, "portal": portal}[sys.argv[1]](int(sys.argv[2])), sys.stdout)
