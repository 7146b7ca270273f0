"""What arrives at experts, bureau and finance is to be handled, not only reviewed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("applications", "0018_telephones_and_peoples")]

    operations = [
        migrations.AlterField(
            model_name="message",
            name="kind",
            field=models.CharField(
                choices=[
                    ("SUBMITTED", "提交"),
                    ("ARRIVED", "待办理"),
                    ("WITHDRAWN", "撤回"),
                    ("RETURNED", "退回修改"),
                    ("RECOMMENDATION", "推荐结果"),
                    ("REPORTED", "上报"),
                    ("QUALIFICATION", "资格审查"),
                    ("PANEL", "专家评审"),
                    ("PROGRESS", "进展"),
                    ("OBJECTION", "异议"),
                    ("RESULT", "评选结果"),
                    ("REMINDER", "截止提醒"),
                ],
                max_length=20,
                verbose_name="类别",
            ),
        ),
    ]
