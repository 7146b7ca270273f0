"""What the office does with lists of earlier years: import, correct, remove; each is recorded."""

from django.db import transaction
from django.utils import timezone

from accounts.audit import AuditEntry, log_entry
from applications.earlier_years.records import EarlierList, EarlierProject, units_by_key
from applications.workflow.perform import Refused
from review.earlier_years.models import EarlierFile


def import_list(user, pk, choices, rows, request=None):
    """Make an `EarlierList` of the rows (`reading.Row`) that were read of an `EarlierFile`.

    Raises Refused when somebody has confirmed or dismissed it meanwhile.
    """
    with transaction.atomic():
        file = EarlierFile.objects.select_for_update().filter(pk=pk).first()
        if file is None:
            raise Refused("这份名单刚刚已由他人导入或放弃，请查看往年名单。")
        earlier = EarlierList.objects.create(
            year=choices["year"],
            title=choices["title"],
            file_name=file.name,
            sha256=file.sha256,
            imported_by=user,
        )
        recommending_units = units_by_key()
        projects = [EarlierProject(list=earlier, place=row.place, **row.values) for row in rows]
        for project in projects:
            project.make_comparable(recommending_units)
        EarlierProject.objects.bulk_create(projects, batch_size=500)
        file.delete()
        _log(user, request, "导入往年名单", earlier, rows=len(projects), sha256=earlier.sha256)
    return earlier


def dismiss(file):
    """Forget an uploaded list that is not to be imported."""
    EarlierFile.objects.filter(pk=file.pk).delete()


def correct_project(user, project, changed, request=None):
    """Save a row whose values were `changed` (names of fields); what the file said is kept."""
    with transaction.atomic():
        stored = EarlierProject.objects.select_for_update().get(pk=project.pk)
        if not project.as_read:
            project.as_read = {name: getattr(stored, name) for name in project.CORRECTABLE}
        project.make_comparable(units_by_key())
        project.corrected_by, project.corrected_at = user, timezone.now()
        project.save()
        _log(user, request, "更正往年项目", project.list, project=project.pk, fields=changed)


def remove_list(user, earlier, request=None):
    """Remove an imported list with all its rows."""
    with transaction.atomic():
        count = earlier.projects.count()
        key = earlier.pk
        earlier.delete()
        sha256 = earlier.sha256
        _log(user, request, "移除往年名单", earlier, list=key, rows=count, sha256=sha256)


def _log(user, request, what, earlier, **data):
    subject = f"{what} {earlier.year} 年"
    data = {"list": earlier.pk, **data}
    log_entry(AuditEntry.Kind.SETTINGS, request, user, subject=subject, **data)
