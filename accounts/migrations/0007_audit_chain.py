"""The lines of the log form chains; what was written before joins them in order of time."""

from ipaddress import ip_address

from django.conf import settings
from django.db import migrations, models

from accounts.chains import follow, protect, unprotect

SEALED = ("sequence", "previous", "at", "kind", "user_id", "actor", "role", "origin", "subject", "data")
CHUNK = 500


def chain(apps, schema_editor):
    entries = apps.get_model("accounts", "AuditEntry").objects.using(schema_editor.connection.alias)
    for user in entries.order_by("user").values_list("user", flat=True).distinct():
        last, key = None, 0
        lines = entries.filter(user=user).order_by("pk")
        while chunk := list(lines.filter(pk__gt=key)[:CHUNK]):
            for entry in chunk:
                entry.origin = ip_address(entry.address).packed.hex() if entry.address else ""
                last = follow(entry, last, SEALED)
            entries.bulk_update(chunk, ["sequence", "previous", "digest", "data"])
            key = chunk[-1].pk


def on(apps, schema_editor):
    protect(schema_editor.connection, apps.get_model("accounts", "AuditEntry"))


def off(apps, schema_editor):
    unprotect(schema_editor.connection, apps.get_model("accounts", "AuditEntry"))


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0006_audit"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField("auditentry", "sequence", models.PositiveIntegerField(default=0, verbose_name="序号"), preserve_default=False),
        migrations.AddField("auditentry", "previous", models.CharField(blank=True, max_length=64, default="", verbose_name="上一条摘要"), preserve_default=False),
        migrations.AddField("auditentry", "digest", models.CharField(max_length=64, default="", verbose_name="摘要"), preserve_default=False),
        migrations.RunPython(chain, migrations.RunPython.noop),
        migrations.AddConstraint(
            "auditentry",
            models.UniqueConstraint(fields=("user", "sequence"), name="one_line_per_place"),
        ),
        migrations.AddConstraint(
            "auditentry",
            models.UniqueConstraint(condition=models.Q(("user", None)), fields=("sequence",), name="one_line_of_nobody"),
        ),
        migrations.RunPython(on, off),
    ]
