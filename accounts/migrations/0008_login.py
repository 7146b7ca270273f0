from django.core.management import call_command
from django.db import migrations


def make_table(apps, schema_editor):
    """The cache's table: how often was tried what may be tried so often."""
    call_command("createcachetable", "attempts", database=schema_editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_audit_chain")]

    operations = [
        migrations.RunPython(make_table, migrations.RunPython.noop),
    ]
