"""What a recommending unit records: its checks, and its 附件1 of a round."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import RecommendingUnit
from applications.models import Application
from applications.rounds import Round


class RecommendationCheck(models.Model):
    """What the recommending unit verified before recommending (notice, section 二)."""

    application = models.OneToOneField(
        Application, models.CASCADE, related_name="recommendation_check"
    )
    police_clear = models.BooleanField("已征求公安部门意见，无异议", default=False)
    veto_clear = models.BooleanField(
        "已审核党风廉政建设等“一票否决”情况说明，无问题", default=False
    )
    publicity_from = models.DateField("单位公示开始日期", null=True, blank=True)
    publicity_to = models.DateField("单位公示结束日期", null=True, blank=True)
    publicity_place = models.CharField("公示地点", max_length=100, blank=True)
    publicity_clear = models.BooleanField("单位公示无异议", default=False)
    note = models.TextField("核验说明", max_length=500, blank=True)
    checked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    checked_at = models.DateTimeField("核验时间", default=timezone.now)

    class Meta:
        verbose_name = "推荐核验"

    def __str__(self):
        return f"{self.application} 推荐核验"


class RecommendationList(models.Model):
    """推荐一览表: one recommending unit's 附件1 in one round."""

    round = models.ForeignKey(Round, models.PROTECT, related_name="recommendation_lists")
    recommending_unit = models.ForeignKey(
        RecommendingUnit, models.PROTECT, related_name="recommendation_lists"
    )
    reporter = models.CharField("填报人", max_length=50)
    office_phone = models.CharField("联系电话（办公）", max_length=30)
    mobile = models.CharField("联系电话（手机）", max_length=11)
    filled_on = models.DateField("填报日期", default=timezone.localdate)
    reported_at = models.DateTimeField("上报时间", null=True, blank=True)

    class Meta:
        verbose_name = "推荐一览表"
        ordering = ["round", "recommending_unit"]
        constraints = [
            models.UniqueConstraint(
                fields=["round", "recommending_unit"], name="one_list_per_unit_and_round"
            )
        ]

    def __str__(self):
        return f"{self.recommending_unit} {self.round}"
