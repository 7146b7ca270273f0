"""Registrations lapse, credit codes are admitted, units corrected.

What nobody confirmed before gives its credit code and its mailbox back, as it would now after a
day. Its account stays, closed: the line of the log about the registration names it.
"""

import datetime

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

DAY = datetime.timedelta(days=1)


def give_back(apps, schema_editor):
    alias = schema_editor.connection.alias
    units = apps.get_model("accounts", "ApplyingUnit").objects.using(alias)
    users = apps.get_model("accounts", "User").objects.using(alias)
    addresses = apps.get_model("account", "EmailAddress").objects.using(alias)
    log = apps.get_model("accounts", "AuditEntry").objects.using(alias)
    old = units.filter(created_at__lt=django.utils.timezone.now() - DAY)
    unverified = addresses.filter(verified=False).values("user")
    for unit in old.filter(users__in=unverified, users__last_login=None).distinct():
        accounts = list(users.filter(applying_unit=unit))
        keys = [account.pk for account in accounts]
        touched = log.filter(
            kind="ACCOUNT", subject__in=[f"账号 {key}" for key in keys]
        ).exclude(data__action="registered")
        if (
            any(account.last_login for account in accounts)
            or addresses.filter(user__in=keys, verified=True).exists()
            # The administrator changed the address, and so vouches for it.
            or touched.exists()
        ):
            continue
        addresses.filter(user__in=keys).delete()
        for account in accounts:
            account.email = f"lapsed-{account.pk}@portal.invalid"
            account.name, account.password, account.is_active = "注册已作废", "!", False
            account.save()
        unit.uscc = f"作废{unit.pk}"
        unit.contact_name = unit.contact_mobile = ""
        unit.save()


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0008_login'),
        ('account', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='AdmittedCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=18, unique=True, verbose_name='统一社会信用代码')),
                ('reason', models.CharField(max_length=300, verbose_name='理由')),
                ('admitted_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='登记时间')),
            ],
            options={
                'verbose_name': '特许的统一社会信用代码',
                'ordering': ['-admitted_at'],
            },
        ),
        migrations.CreateModel(
            name='UnitCorrection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name_before', models.CharField(max_length=100, verbose_name='原单位名称')),
                ('name', models.CharField(max_length=100, verbose_name='单位名称')),
                ('host_kind_before', models.CharField(choices=[('ENTERPRISE', '企业'), ('SCHOOL', '职业院校（高技能人才培训基地）')], max_length=20, verbose_name='原依托单位类别')),
                ('host_kind', models.CharField(choices=[('ENTERPRISE', '企业'), ('SCHOOL', '职业院校（高技能人才培训基地）')], max_length=20, verbose_name='依托单位类别')),
                ('reason', models.CharField(max_length=300, verbose_name='更正理由')),
                ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='更正时间')),
            ],
            options={
                'verbose_name': '单位信息更正',
                'ordering': ['-at', '-pk'],
            },
        ),
        migrations.AddField(
            model_name='applyingunit',
            name='confirm_by',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='验证期限'),
        ),
        migrations.AddIndex(
            model_name='applyingunit',
            index=models.Index(fields=['confirm_by'], name='accounts_ap_confirm_1c2455_idx'),
        ),
        migrations.AddField(
            model_name='admittedcode',
            name='admitted_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='unitcorrection',
            name='applying_unit',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='accounts.applyingunit'),
        ),
        migrations.AddField(
            model_name='unitcorrection',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.RunPython(give_back, migrations.RunPython.noop),
    ]
