"""发文文号 and date are the round's: `review` keeps them with the list that it publishes.

Drafts and what is under way can end with their round.
"""

from django.conf import settings
from django.db import migrations, models
from django.utils import timezone


def give_back(apps, schema_editor):
    """Write the round's document beside each award again; what is not published has none yet."""
    alias = schema_editor.connection.alias
    Application = apps.get_model("applications", "Application").objects.using(alias)
    Edition = apps.get_model("review", "ResultEdition").objects.using(alias)
    last = {each.round_id: each for each in Edition.order_by("sequence")}
    for each in Application.filter(stage="AWARDED").only("round_id", "stage_entered_at"):
        edition = last.get(each.round_id)
        each.award_document_number = edition.document_number if edition else "未发文"
        each.award_document_date = edition.document_date if edition else timezone.localdate(each.stage_entered_at)
        each.save(update_fields=["award_document_number", "award_document_date"])


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0008_login'),
        ('applications', '0014_signed'),
        # Which builds the first editions from what is removed here.
        ('review', '0015_result_editions'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='application',
            name='an_award_has_its_document',
        ),
        migrations.RemoveConstraint(
            model_name='application',
            name='only_a_draft_has_no_number',
        ),
        migrations.RunPython(migrations.RunPython.noop, give_back),
        migrations.RemoveField(
            model_name='application',
            name='award_document_date',
        ),
        migrations.RemoveField(
            model_name='application',
            name='award_document_number',
        ),
        migrations.AlterField(
            model_name='application',
            name='stage',
            field=models.CharField(choices=[('DRAFT', '填报中'), ('DISCARDED', '已放弃'), ('LAPSED', '逾期未提交'), ('RETURNED', '退回修改'), ('RECOMMENDING', '推荐单位审核'), ('REDIRECTING', '转交中'), ('RECOMMENDED', '待上报'), ('NOT_RECOMMENDED', '不予推荐'), ('QUALIFYING', '资格审查'), ('DISQUALIFIED', '资格审查不通过'), ('PANEL', '专家评审'), ('INSPECTING', '实地考察'), ('PUBLICITY', '公示'), ('APPROVING', '审定'), ('COUNTERSIGNING', '财政会签'), ('AWARDED', '入选'), ('NOT_SELECTED', '未入选'), ('CLOSED', '批次结束未办结')], default='DRAFT', max_length=20, verbose_name='阶段'),
        ),
        migrations.AlterField(
            model_name='event',
            name='from_stage',
            field=models.CharField(blank=True, choices=[('DRAFT', '填报中'), ('DISCARDED', '已放弃'), ('LAPSED', '逾期未提交'), ('RETURNED', '退回修改'), ('RECOMMENDING', '推荐单位审核'), ('REDIRECTING', '转交中'), ('RECOMMENDED', '待上报'), ('NOT_RECOMMENDED', '不予推荐'), ('QUALIFYING', '资格审查'), ('DISQUALIFIED', '资格审查不通过'), ('PANEL', '专家评审'), ('INSPECTING', '实地考察'), ('PUBLICITY', '公示'), ('APPROVING', '审定'), ('COUNTERSIGNING', '财政会签'), ('AWARDED', '入选'), ('NOT_SELECTED', '未入选'), ('CLOSED', '批次结束未办结')], max_length=20, verbose_name='原阶段'),
        ),
        migrations.AlterField(
            model_name='event',
            name='to_stage',
            field=models.CharField(blank=True, choices=[('DRAFT', '填报中'), ('DISCARDED', '已放弃'), ('LAPSED', '逾期未提交'), ('RETURNED', '退回修改'), ('RECOMMENDING', '推荐单位审核'), ('REDIRECTING', '转交中'), ('RECOMMENDED', '待上报'), ('NOT_RECOMMENDED', '不予推荐'), ('QUALIFYING', '资格审查'), ('DISQUALIFIED', '资格审查不通过'), ('PANEL', '专家评审'), ('INSPECTING', '实地考察'), ('PUBLICITY', '公示'), ('APPROVING', '审定'), ('COUNTERSIGNING', '财政会签'), ('AWARDED', '入选'), ('NOT_SELECTED', '未入选'), ('CLOSED', '批次结束未办结')], max_length=20, verbose_name='新阶段'),
        ),
        migrations.AlterField(
            model_name='opinion',
            name='stage',
            field=models.CharField(choices=[('DRAFT', '填报中'), ('DISCARDED', '已放弃'), ('LAPSED', '逾期未提交'), ('RETURNED', '退回修改'), ('RECOMMENDING', '推荐单位审核'), ('REDIRECTING', '转交中'), ('RECOMMENDED', '待上报'), ('NOT_RECOMMENDED', '不予推荐'), ('QUALIFYING', '资格审查'), ('DISQUALIFIED', '资格审查不通过'), ('PANEL', '专家评审'), ('INSPECTING', '实地考察'), ('PUBLICITY', '公示'), ('APPROVING', '审定'), ('COUNTERSIGNING', '财政会签'), ('AWARDED', '入选'), ('NOT_SELECTED', '未入选'), ('CLOSED', '批次结束未办结')], max_length=20, verbose_name='阶段'),
        ),
        migrations.AddConstraint(
            model_name='application',
            constraint=models.CheckConstraint(condition=models.Q(('stage__in', ('DRAFT', 'DISCARDED', 'LAPSED')), ('number__isnull', False), _connector='OR'), name='only_a_draft_has_no_number'),
        ),
    ]
