"""Work that waits in the queue is found under the new names of its modules."""

from django.db import migrations

MOVED = {
    "applications.tasks.": "applications.notify.tasks.",
    "applications.examining.": "applications.files.thumbnails.",
    "applications.scanning.": "applications.files.virus_scan.",
    "review.tasks.": "review.publicity.objections.tasks.",
}


def rename(tasks, names):
    for old, new in names.items():
        for path in tasks.filter(task_path__startswith=old).values_list("task_path", flat=True).distinct():
            tasks.filter(task_path=path).update(task_path=new + path.removeprefix(old))


def move(apps, schema_editor):
    rename(apps.get_model("django_tasks_database", "DBTaskResult").objects.order_by(), MOVED)


def move_back(apps, schema_editor):
    names = {new: old for old, new in MOVED.items()}
    rename(apps.get_model("django_tasks_database", "DBTaskResult").objects.order_by(), names)


class Migration(migrations.Migration):
    dependencies = [
        ("applications", "0019_messages_of_work"),
        ("django_tasks_database", "0017_dbtaskresult_metadata"),
    ]

    operations = [migrations.RunPython(move, move_back)]
