"""Fills an empty database and prints, as JSON, the addresses to measure.

Usage: python -m scripts.bench.prepare APPLICATIONS DRAFTS, in the portal's environment.
"""

import json
import sys

import django


def main(applications, drafts):
    from django.core.management import call_command
    from django.db import connection
    from django.urls import reverse

    from accounts.models import User
    from applications.models import Application
    from applications.stages import Stage
    from demo.management.commands.loadmany import DOMAIN, PASSWORD

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("loadmany", applications=applications, drafts=drafts, stdout=sys.stderr)
    with connection.cursor() as cursor:
        # What the server would do by itself in the middle of the run.
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            version = f"SQLite {connection.Database.sqlite_version}"
        else:
            cursor.execute("SHOW server_version")
            version = f"PostgreSQL {cursor.fetchone()[0].split()[0]}"
    submitter = User.objects.get(email=f"submitter@{DOMAIN}")
    waiting = Application.objects.filter(stage=Stage.QUALIFYING).order_by("stage_entered_at", "pk")
    return {
        "database": version,
        "domain": DOMAIN,
        "password": PASSWORD,
        "login": reverse("account_login"),
        "home": reverse("home"),
        "queue": reverse("review:queue"),
        "detail": reverse("review:detail", args=[waiting[0].pk]),
        "drafts": [
            {
                "pk": pk,
                "section": reverse("applications:section", args=[pk, "lead"]),
                "submit": reverse("applications:submit", args=[pk]),
            }
            for pk in Application.objects.filter(applying_unit=submitter.applying_unit_id)
            .order_by("pk")
            .values_list("pk", flat=True)
        ],
    }


if __name__ == "__main__":
    django.setup()
    json.dump(main(int(sys.argv[1]), int(sys.argv[2])), sys.stdout)
