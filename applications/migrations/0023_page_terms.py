"""What pages that were read are found by, and the index of it."""

from django.db import migrations, models

from applications.recognition.page_terms import make_index, remove_index


def on(apps, schema_editor):
    make_index(schema_editor.connection)


def off(apps, schema_editor):
    remove_index(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [
        ("applications", "0022_recognition"),
    ]

    operations = [
        migrations.CreateModel(
            "PageTerms",
            fields=[
                ("page", models.OneToOneField(on_delete=models.CASCADE, primary_key=True, related_name="terms", serialize=False, to="applications.pagetext")),
                ("terms", models.TextField(verbose_name="检索词")),
            ],
            options={"verbose_name": "页面检索词"},
        ),
        migrations.CreateModel(
            "PageTrace",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("trace", models.BigIntegerField(verbose_name="特征")),
                ("page", models.ForeignKey(on_delete=models.CASCADE, related_name="traces", to="applications.pagetext")),
            ],
            options={
                "verbose_name": "页面特征",
                "constraints": [models.UniqueConstraint(fields=("trace", "page"), name="one_trace_of_a_page_once")],
            },
        ),
        # PostgreSQL makes no index while foreign keys of new rows wait to be checked.
        migrations.RunPython(on, off),
    ]
