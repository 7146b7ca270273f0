"""The events of each application form a chain; what was written before joins it in order of time.

The event of a submission then says what was submitted, so that the chain seals that too.
"""

from django.db import migrations, models

from accounts.chains import canonical, follow, protect, sm3, unprotect

SEALED = ("application_id", "sequence", "previous", "at", "user_id", "actor", "role", "action", "label", "from_stage", "to_stage", "note", "data")


def chain(apps, schema_editor):
    alias = schema_editor.connection.alias
    Application, Event, Submission = (
        apps.get_model("applications", name) for name in ("Application", "Event", "Submission")
    )
    for key in Application.objects.using(alias).order_by("pk").values_list("pk", flat=True):
        events = list(Event.objects.using(alias).filter(application=key).order_by("at", "pk"))
        versions = Submission.objects.using(alias).filter(application=key)
        by_moment = {each.submitted_at: each for each in versions}
        last = None
        for event in events:
            submission = by_moment.get(event.at)
            if event.action == "submit" and submission:
                event.data = {
                    "version": submission.version,
                    "fingerprint": submission.fingerprint,
                    "files": sm3(canonical(submission.content["evidence"])),
                }
            last = follow(event, last, SEALED)
        Event.objects.using(alias).bulk_update(
            events, ["sequence", "previous", "digest", "data"], batch_size=200
        )


def on(apps, schema_editor):
    protect(schema_editor.connection, apps.get_model("applications", "Event"))


def off(apps, schema_editor):
    unprotect(schema_editor.connection, apps.get_model("applications", "Event"))


class Migration(migrations.Migration):

    dependencies = [
        ("applications", "0008_publicity"),
    ]

    operations = [
        migrations.AddField("event", "sequence", models.PositiveIntegerField(default=0, verbose_name="序号"), preserve_default=False),
        migrations.AddField("event", "previous", models.CharField(blank=True, max_length=64, default="", verbose_name="上一条摘要"), preserve_default=False),
        migrations.AddField("event", "digest", models.CharField(max_length=64, default="", verbose_name="摘要"), preserve_default=False),
        migrations.RunPython(chain, migrations.RunPython.noop),
        migrations.AddConstraint(
            "event",
            models.UniqueConstraint(fields=("application", "sequence"), name="one_event_per_place"),
        ),
        migrations.RunPython(on, off),
    ]
