"""A recommending unit's 附件1 of a round."""

from django.db import models
from django.utils import timezone

from accounts.models import RecommendingUnit
from applications.rounds import Round


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
