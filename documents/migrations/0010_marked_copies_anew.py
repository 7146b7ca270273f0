"""Experts' copies from before told who wrote a file and where a photo was taken: made anew.

The rows go; what they named is a file without a row, which `manage.py sweep_files` removes.
"""

from django.db import migrations


def forget(apps, schema_editor):
    apps.get_model("documents", "MarkedCopy").objects.using(schema_editor.connection.alias).delete()


class Migration(migrations.Migration):
    dependencies = [("documents", "0009_archive_notes_and_rounds")]

    operations = [migrations.RunPython(forget, migrations.RunPython.noop, elidable=True)]
