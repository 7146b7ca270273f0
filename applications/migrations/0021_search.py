"""What applications are found by, and the index of it."""

from django.db import migrations, models

from applications.search import SHOWN, awards_in, make_index, remove_index, terms_of


def fill(apps, schema_editor):
    alias = schema_editor.connection.alias
    Application, Submission, SearchText = (
        apps.get_model("applications", name).objects.using(alias) for name in ("Application", "Submission", "SearchText")
    )
    latest = Submission.filter(application=models.OuterRef("pk")).order_by("-version").values("content__awards")
    rows = Application.order_by("pk").annotate(awards_submitted=models.Subquery(latest[:1]))
    made = []
    for row in rows.values("pk", "awards_submitted", *SHOWN).iterator(chunk_size=500):
        made.append(SearchText.model(application_id=row["pk"], terms=terms_of(row, awards_in(row["awards_submitted"]))))
        if len(made) == 500:
            SearchText.bulk_create(made)
            made = []
    SearchText.bulk_create(made)


def on(apps, schema_editor):
    make_index(schema_editor.connection)


def off(apps, schema_editor):
    remove_index(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [
        ("applications", "0020_tasks_by_their_rooms"),
    ]

    operations = [
        migrations.CreateModel(
            "SearchText",
            fields=[
                ("application", models.OneToOneField(on_delete=models.CASCADE, primary_key=True, related_name="search_text", serialize=False, to="applications.application")),
                ("terms", models.TextField(verbose_name="检索词")),
            ],
            options={"verbose_name": "检索内容"},
        ),
        # PostgreSQL makes no index while foreign keys of new rows wait to be checked.
        migrations.RunPython(on, off),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
