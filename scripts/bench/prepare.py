"""Fills an empty database and prints, as JSON, the addresses to measure.

Usage: python prepare.py APPLICATIONS DRAFTS, in the environment and the folder of the build that is
measured. An older build runs this file too, with its own `loadmany`: what it lacks has no address.
"""

import json
import sys

import django


def main(applications, drafts):
    from django.core.management import call_command, get_commands, load_command_class
    from django.db import connection

    from accounts.models import User
    from applications.models import Application
    from applications.stages import Stage

    # It did not always stand in the same app.
    loader = load_command_class(get_commands()["loadmany"], "loadmany")
    names = sys.modules[loader.__module__]
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command(loader, applications=applications, drafts=drafts, stdout=sys.stderr)
    with connection.cursor() as cursor:
        # What the server would do by itself in the middle of the run.
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            version = f"SQLite {connection.Database.sqlite_version}"
        else:
            cursor.execute("SHOW server_version")
            version = f"PostgreSQL {cursor.fetchone()[0].split()[0]}"

    def account(role):
        return User.objects.get(email=f"{role}@{names.DOMAIN}")

    def first(**where):
        return Application.objects.filter(**where).order_by("stage_entered_at", "pk")[0]

    waiting = first(stage=Stage.QUALIFYING)
    to_verify = first(
        stage=Stage.RECOMMENDING,
        recommending_unit=account("recommender").recommending_unit_id,
    )
    to_score = first(stage=Stage.PANEL, panel_assignment__isnull=False)
    expert = to_score.panel_assignment.panel.experts.order_by("pk")[0]
    own = Application.objects.filter(applying_unit=account("submitter").applying_unit_id)
    queue = address("review:queue")
    return {
        "database": version,
        "domain": names.DOMAIN,
        "password": names.PASSWORD,
        "expert": expert.email.partition("@")[0],
        "login": address("account_login"),
        "home": address("home"),
        "queue": queue,
        "search": f"{queue}?stage=all&q={waiting.number}",
        "detail": address("review:detail", waiting.pk),
        "verify": address("review:verify", to_verify.pk),
        "sheet": address("review:score", to_score.pk),
        "figures": address("review:dashboard"),
        "drafts": [
            {
                "pk": pk,
                "section": address("applications:section", pk, "lead"),
                "submit": address("applications:submit", pk),
            }
            for pk in own.order_by("pk").values_list("pk", flat=True)
        ],
    }


def address(name, *args):
    """Return the address of a page, or None where this build has no such page."""
    from django.urls import NoReverseMatch, reverse

    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return None


if __name__ == "__main__":
    django.setup()
    json.dump(main(int(sys.argv[1]), int(sys.argv[2])), sys.stdout)
