"""实地考察: the site visit."""

from django.conf import settings
from django.db import models

from applications.models import Application


class Inspection(models.Model):
    """实地考察: the site visit's record."""

    application = models.OneToOneField(Application, models.PROTECT, related_name="inspection")
    visited_on = models.DateField("考察日期")
    inspectors = models.CharField("考察人员", max_length=200)
    unit_representative = models.CharField("申报单位参加人员", max_length=100)
    findings = models.TextField("考察情况", max_length=2000)
    passed = models.BooleanField("考察结论", choices=[(True, "合格"), (False, "不合格")])
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField("记录时间", auto_now=True)

    class Meta:
        verbose_name = "实地考察"

    def __str__(self):
        return f"{self.visited_on} {self.application}"
