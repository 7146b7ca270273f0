"""What was ticked as 推荐核验 becomes rows of the ledger; what was not ticked was not done yet."""

from django.db import migrations

NOTE = "由原“推荐核验”转入。"


def to_ledger(apps, schema_editor):
    old = apps.get_model("review", "RecommendationCheck")
    row = apps.get_model("review", "Verification")
    for check in old.objects.select_related("application").order_by("pk").iterator():
        common = {
            "application_id": check.application_id,
            "result": "PASSED",
            "lead_id_index": check.application.lead_id_index,
            "note": f"{NOTE}{check.note}"[:500],
            "checked_by_id": check.checked_by_id,
            "checked_at": check.checked_at,
        }
        rows = []
        if check.police_clear:
            rows.append(row(kind="POLICE", **common))
        if check.veto_clear:
            rows.append(row(kind="VETO", **common))
        start, end = check.publicity_from, check.publicity_to
        if check.publicity_clear and start and end and end >= start:
            rows.append(
                row(
                    kind="PUBLICITY",
                    publicity_from=start,
                    publicity_to=end,
                    place=check.publicity_place,
                    objections="无",
                    **common,
                )
            )
        row.objects.bulk_create(rows)


class Migration(migrations.Migration):
    dependencies = [("review", "0005_verification")]

    operations = [migrations.RunPython(to_ledger, migrations.RunPython.noop)]
