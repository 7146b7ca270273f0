"""Published lists are kept, edition by edition.

A round that was published before has its first edition built from its awards as they are. It has
one document: the one that most of its awards name, of equally many the latest. What an award says
otherwise, and what was typed in rounds that are not published yet, where the office will be asked,
stays on record as a line of the log.
"""

from collections import Counter

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from accounts.chains import follow, protect, unprotect
from review.shared.stroke_order import stroke_key

SEALED = ("round_id", "sequence", "previous", "at", "user_id", "document_number", "document_day", "data")
LINE_SEALED = ("sequence", "previous", "at", "kind", "user_id", "actor", "role", "origin", "subject", "data")
COLUMNS = ("unit_name", "lead_name", "studio_occupation", "lead_occupation")


def publish(apps, schema_editor):
    alias = schema_editor.connection.alias
    Round, Application = (apps.get_model("applications", name) for name in ("Round", "Application"))
    for round_ in Round.objects.using(alias).order_by("pk"):
        of_round = Application.objects.using(alias).filter(round=round_)
        found = list(
            of_round.exclude(award_document_number="")
            .exclude(award_document_date=None)
            .order_by("pk")
        )
        awarded = [each for each in found if each.stage == "AWARDED"]
        document = (None, None)
        if round_.results_published_at:
            document = main_document(awarded)
            make_edition(apps, alias, round_, awarded, document)
        others = [
            [each.number, each.award_document_number, each.award_document_date.isoformat()]
            for each in found
            if (each.award_document_number, each.award_document_date) != document
        ]
        if others:
            write_line(apps, alias, round_, others)


def main_document(awarded):
    """Return (number, date) of the document that most awards name; of equally many the latest."""
    counts = Counter((each.award_document_number, each.award_document_date) for each in awarded)
    return max(counts, key=lambda each: (counts[each], each[1]), default=("", None))


def make_edition(apps, alias, round_, awarded, document):
    rows = [
        {
            "application": each.pk,
            **{name: getattr(each, name) for name in COLUMNS},
            "recommending_unit": each.recommending_unit.name,
        }
        for each in awarded
    ]
    rows.sort(key=lambda row: (stroke_key(row["lead_name"]), row["unit_name"]))
    lines = apps.get_model("accounts", "AuditEntry").objects.using(alias)
    line = lines.filter(
        kind="SETTINGS", subject=f"{round_.title} 公布结果"[:200], data__round=round_.pk
    ).first()
    number, date = document
    edition = apps.get_model("review", "ResultEdition")(
        round_id=round_.pk,
        at=round_.results_published_at,
        user_id=line.user_id if line else None,
        document_number=number,
        document_date=date,
        data={
            "title": round_.title,
            "call": round_.document_number,
            "rows": rows,
            "changes": [],
            "reason": "",
        },
    )
    edition.document_day = date.isoformat() if date else ""
    follow(edition, None, SEALED)
    edition.save(using=alias)


def write_line(apps, alias, round_, others):
    lines = apps.get_model("accounts", "AuditEntry")
    line = lines(
        at=django.utils.timezone.now(),
        kind="SETTINGS",
        subject=f"{round_.title} 审批时填写的发文文号和日期"[:200],
        data={"round": round_.pk, "documents": others},
    )
    line.origin = ""
    last = lines.objects.using(alias).filter(user=None).order_by("-sequence")
    follow(line, last.values_list("sequence", "digest").first(), LINE_SEALED)
    line.save(using=alias)


def on(apps, schema_editor):
    protect(schema_editor.connection, apps.get_model("review", "ResultEdition"))


def off(apps, schema_editor):
    unprotect(schema_editor.connection, apps.get_model("review", "ResultEdition"))


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0008_login'),
        ('applications', '0014_signed'),
        ('review', '0014_visits_and_draws'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ResultEdition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sequence', models.PositiveIntegerField(verbose_name='序号')),
                ('previous', models.CharField(blank=True, max_length=64, verbose_name='上一条摘要')),
                ('digest', models.CharField(max_length=64, verbose_name='摘要')),
                ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='公布时间')),
                ('document_number', models.CharField(blank=True, max_length=50, verbose_name='发文文号')),
                ('document_date', models.DateField(blank=True, null=True, verbose_name='发文日期')),
                ('data', models.JSONField(verbose_name='内容')),
                ('round', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='result_editions', to='applications.round')),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='经办人')),
            ],
            options={
                'verbose_name': '公布的名单',
                'ordering': ['sequence'],
                'constraints': [models.UniqueConstraint(fields=('round', 'sequence'), name='one_edition_per_place')],
            },
        ),
        migrations.CreateModel(
            name='ResultCorrection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(max_length=300, verbose_name='更正理由')),
                ('document_number', models.CharField(blank=True, max_length=50, verbose_name='发文文号')),
                ('document_date', models.DateField(blank=True, null=True, verbose_name='发文日期')),
                ('texts', models.JSONField(default=dict, verbose_name='更正内容')),
                ('proposed_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='提出时间')),
                ('approved_at', models.DateTimeField(blank=True, null=True, verbose_name='市人社局同意时间')),
                ('countersigned_at', models.DateTimeField(blank=True, null=True, verbose_name='市财政局同意时间')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='终止时间')),
                ('ended_note', models.CharField(blank=True, max_length=300, verbose_name='终止理由')),
                ('added', models.ManyToManyField(related_name='+', to='applications.application')),
                ('approved_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('countersigned_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('ended_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('proposed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('removed', models.ManyToManyField(related_name='+', to='applications.application')),
                ('round', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='result_corrections', to='applications.round')),
                ('edition', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='correction', to='review.resultedition')),
            ],
            options={
                'verbose_name': '名单更正',
                'ordering': ['-pk'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('edition', None), ('ended_at', None)), fields=('round',), name='one_open_correction_per_round')],
            },
        ),
        migrations.RunPython(on, off),
        migrations.RunPython(publish, migrations.RunPython.noop),
    ]
