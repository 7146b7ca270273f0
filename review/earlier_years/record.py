"""What the office does with lists of earlier years: import, correct, remove; each is recorded."""

from django.db import transaction
from django.utils import timezone

from accounts.audit import AuditEntry, log_entry
from applications.earlier_years.records import EarlierList, EarlierProject, units_of_list
from applications.earlier_years.waiting import EarlierFile
from applications.workflow.perform import Refused

GONE = "这份名单刚刚已由他人导入或放弃，请查看往年名单。"
REMOVED = "这份名单刚刚已由他人移除。"


def import_list(user, pk, choices, rows, request=None):
    """Make an `EarlierList` of the rows (`reading.Row`) that were read of an `EarlierFile`.

    Raises Refused when somebody has confirmed or dismissed it meanwhile.
    """
    with transaction.atomic():
        file = EarlierFile.objects.select_for_update().filter(pk=pk).first()
        if file is None:
            raise Refused(GONE)
        earlier = EarlierList.objects.create(
            year=choices["year"],
            title=choices["title"],
            file_name=file.name,
            sha256=file.sha256,
            imported_by=user,
            choices=choices,
        )
        recommending_units = units_of_list(choices)
        projects = [EarlierProject(list=earlier, place=row.place, **row.values) for row in rows]
        for project in projects:
            project.make_comparable(recommending_units)
        EarlierProject.objects.bulk_create(projects, batch_size=500)
        file.delete()
        _log(user, request, "导入往年名单", earlier, rows=len(projects), sha256=earlier.sha256)
    return earlier


def keep_choices(file, choices):
    """Keep how an `EarlierFile` is to be read; raises Refused when it has gone meanwhile."""
    if not EarlierFile.objects.filter(pk=file.pk).update(choices=choices):
        raise Refused(GONE)


def dismiss(user, file, request=None):
    """Forget an uploaded list that is not to be imported.

    Raises Refused when it has gone meanwhile.
    """
    with transaction.atomic():
        number, _ = EarlierFile.objects.filter(pk=file.pk).delete()
        if not number:
            raise Refused(GONE)
        data = {"uploaded_by": file.uploaded_by_id, "sha256": file.sha256}
        log_entry(AuditEntry.Kind.SETTINGS, request, user, subject="放弃往年名单", **data)


def correct_project(user, project, before, request=None):
    """Save a locked row; `before` is what it said, by the names of CORRECTABLE.

    What the file said is kept. Returns the names of what changed.
    """
    changed = [name for name, value in before.items() if value != getattr(project, name)]
    if not changed:
        return changed
    project.as_read = project.as_read or before
    project.make_comparable(units_of_list(project.list.choices))
    project.corrected_by, project.corrected_at = user, timezone.now()
    project.save()
    _log(user, request, "更正往年项目", project.list, project=project.pk, fields=changed)
    return changed


def remove_list(user, earlier, request=None):
    """Remove an imported list with all its rows; raises Refused when it has gone meanwhile."""
    with transaction.atomic():
        stored = EarlierList.objects.select_for_update().filter(pk=earlier.pk).first()
        if stored is None:
            raise Refused(REMOVED)
        count = stored.projects.count()
        stored.delete()
        _log(user, request, "移除往年名单", earlier, rows=count, sha256=earlier.sha256)


def _log(user, request, what, earlier, **data):
    subject = f"{what} {earlier.year} 年"
    data = {"list": earlier.pk, **data}
    log_entry(AuditEntry.Kind.SETTINGS, request, user, subject=subject, **data)
