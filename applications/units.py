"""What the office puts right in a unit's registration: drafts follow, submitted ones say so."""

from django.db import transaction
from django.utils import timezone

from accounts.models import ApplyingUnit, UnitCorrection
from applications.models import Application
from applications.records import CORRECTED
from applications.stages import Stage
from applications.workflow.events import record
from applications.workflow.perform import Refused


def correct(unit, user, *, name, host_kind, reason):
    """Correct a unit's name or kind of host, with a reason; return the `UnitCorrection`.

    Each of its applications has an event that says so, before the deadline or after the result.
    Those that the unit can change take the correction over (`Application.follow_unit`); what was
    submitted stays as it was stamped. Raises Refused when there is nothing to correct.
    """
    with transaction.atomic():
        unit = ApplyingUnit.objects.select_for_update().get(pk=unit.pk)
        if (unit.name, unit.host_kind) == (name, host_kind):
            raise Refused("单位名称和依托单位类别都没有改动，无需更正。")
        correction = UnitCorrection.objects.create(
            applying_unit=unit,
            name_before=unit.name,
            name=name,
            host_kind_before=unit.host_kind,
            host_kind=host_kind,
            reason=reason,
            by=user,
            at=timezone.now(),
        )
        unit.name, unit.host_kind = name, host_kind
        unit.save(update_fields=["name", "host_kind"])
        affected = Application.objects.select_for_update().filter(applying_unit=unit)
        for application in affected.exclude(stage=Stage.DISCARDED).order_by("pk"):
            if application.is_editable:
                application.follow_unit(unit, [correction])
            note = f"{correction}。理由：{reason.rstrip('。')}。"
            record(application, user, CORRECTED, "更正单位信息", note, at=correction.at)
    return correction
