"""What was read of an uploaded list of an earlier year, until the office confirms it."""

import datetime
import json

from django.conf import settings
from django.db import models
from django.utils import timezone

from applications.trust.encryption import EncryptedTextField

KEPT = datetime.timedelta(days=30)


class EarlierFile(models.Model):
    """待确认的往年名单: the cells of one workbook, and how the office reads them.

    It goes when it is confirmed or dismissed, or after a month. Long numbers are not among the
    cells (`sheet_program.py`), but everything else that a bureau wrote of people: they are
    encrypted, and encrypted anew when the key changes (`key_rotation`).
    """

    name = models.CharField("文件名", max_length=120)
    sha256 = models.CharField("SHA-256", max_length=64)
    # JSON: [[sheet, [[number of the row, [texts]], ...]], ...]
    content = EncryptedTextField("内容")
    hidden = models.JSONField("隐藏的工作表", default=list)
    numbers = models.PositiveIntegerField("未读取的号码", default=0)
    columns_cut = models.PositiveIntegerField("未读取的列", default=0)
    # What the office says of it: year, title, outcome, for each layout of columns which is which,
    # and the keys of the recommending units that it calls by other names ({compared name: key});
    # empty until the first time.
    choices = models.JSONField("读取设置", default=dict)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="上传人", related_name="+"
    )
    uploaded_at = models.DateTimeField("上传时间", default=timezone.now)

    class Meta:
        verbose_name = "待确认的往年名单"
        ordering = ["-pk"]

    def __str__(self):
        return self.name

    @property
    def sheets(self):
        """The cells, as `review.earlier_years.reading.read` takes them."""
        return json.loads(self.content)


def forget_lapsed():
    """Erase what nobody confirmed within a month; return how many there were."""
    return EarlierFile.objects.filter(uploaded_at__lte=timezone.now() - KEPT).delete()[0]
