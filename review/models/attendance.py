"""Who sat on a panel: signed in, declared conflicts and gave the pledge, before any material."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from applications.models import Application
from applications.workflow.guards import moment
from review.models.panels import Panel

# What an expert agrees to before any material opens; `Attendance.pledge` keeps it as it was read.
PLEDGE = """\
本人受聘担任{round}{panel}评审专家，郑重承诺：
一、严格按照评选通知规定的条件和评分标准，独立、客观、公正地评审，对本人的评分和意见负责。
二、如实申报与申报单位、工作室领办人及其成员的利害关系，应当回避的主动回避。
三、严守评审秘密，不泄露申报材料、评分、评审意见和评审专家信息，不复制、不留存、不外传评审材料。
四、不接受申报单位及相关人员的宴请、财物或其他可能影响公正评审的安排，遇有请托及时报告评审办公室。
五、遵守评审纪律和时限要求，违反承诺的，愿意承担相应责任。"""


class Attendance(models.Model):
    """签到: one expert's way into one panel, step by step."""

    panel = models.ForeignKey(Panel, models.CASCADE, related_name="attendances")
    expert = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="attendances")
    signed_in_at = models.DateTimeField("签到时间", default=timezone.now)
    declared_at = models.DateTimeField("申报利害关系时间", null=True, blank=True)
    pledged_at = models.DateTimeField("承诺时间", null=True, blank=True)
    # The very text agreed to, with the expert's name and the time.
    pledge = models.TextField("承诺书", blank=True)

    class Meta:
        verbose_name = "签到"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["panel", "expert"], name="one_attendance_per_expert_and_panel"
            ),
            models.CheckConstraint(
                name="a_pledge_is_kept_with_its_time",
                condition=Q(pledged_at__isnull=True, pledge="")
                | (Q(pledged_at__isnull=False, declared_at__isnull=False) & ~Q(pledge="")),
            ),
        ]

    def __str__(self):
        return f"{self.expert}：{self.panel}"

    def declare_none(self, *applications):
        """Declare, now, to have no interest in the applications."""
        self.declared_at = timezone.now()
        self.save(update_fields=["declared_at"])
        Declaration.objects.bulk_create(
            [
                Declaration(attendance=self, application=each, declared_at=self.declared_at)
                for each in applications
            ],
            ignore_conflicts=True,
        )

    def give_pledge(self):
        """Keep the text that the expert agrees to now, with name and time."""
        self.pledged_at = timezone.now()
        self.pledge = (
            f"{pledge_of(self.panel)}\n\n承诺人：{self.expert.name}\n{moment(self.pledged_at)}"
        )
        self.save(update_fields=["pledged_at", "pledge"])


class Declaration(models.Model):
    """申报利害关系: an expert has declared to have none with an application.

    Whoever has one is on record as recused (`Recusal`).
    """

    attendance = models.ForeignKey(Attendance, models.CASCADE, related_name="declarations")
    application = models.ForeignKey(Application, models.CASCADE, related_name="declarations")
    declared_at = models.DateTimeField("申报时间", default=timezone.now)

    class Meta:
        verbose_name = "无利害关系申报"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["attendance", "application"], name="one_declaration_per_application"
            )
        ]

    def __str__(self):
        return f"{self.attendance.expert}与{self.application}无利害关系"


class Replacement(models.Model):
    """更换专家: an alternate takes the seat of an absent expert, for the whole panel."""

    panel = models.ForeignKey(Panel, models.CASCADE, related_name="replacements")
    absent = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    alternate = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reason = models.CharField("更换理由", max_length=300)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField("更换时间", default=timezone.now)

    class Meta:
        verbose_name = "更换专家"
        ordering = ["pk"]

    def __str__(self):
        return f"{self.panel}：{self.alternate} 更换 {self.absent}"


def pledge_of(panel):
    """The text of the pledge, for a panel."""
    return PLEDGE.format(round=panel.round.title, panel=panel.name)
