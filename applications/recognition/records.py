"""What was read of uploaded files (识别), kept once for each content, whoever uploaded it."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from applications.recognition.page import Page
from applications.trust.encryption import EncryptedTextField


class FileText(models.Model):
    """文件识别: how far one file, known by its digest, has been read."""

    class State(models.TextChoices):
        WAITING = "WAITING", "等待识别"
        READING = "READING", "识别中"
        DONE = "DONE", "已识别"
        FAILED = "FAILED", "未能识别"

    sha256 = models.CharField("SHA-256", max_length=64, primary_key=True)
    pages = models.PositiveIntegerField("页数")
    pages_done = models.PositiveIntegerField("已识别页数", default=0)
    pages_failed = models.PositiveIntegerField("未能识别页数", default=0)
    state = models.CharField("状态", max_length=10, choices=State, default=State.WAITING)
    # What somebody waits for first is read first: 0 before 1.
    rank = models.PositiveSmallIntegerField("顺序", default=2)
    # Red and dark ink is asked about: a stamped form, a stamped list.
    with_ink = models.BooleanField("含印迹", default=False)
    created_at = models.DateTimeField("登记时间", default=timezone.now)
    moved_at = models.DateTimeField("最近进展时间", default=timezone.now)

    class Meta:
        verbose_name = "文件识别"
        ordering = ["rank", "created_at"]
        indexes = [models.Index(fields=["state", "rank", "created_at"])]

    def __str__(self):
        return f"{self.get_state_display()} {self.pages_done}/{self.pages}"

    @property
    def is_finished(self):
        """Whether nothing more will be read of it."""
        return self.state in {self.State.DONE, self.State.FAILED}


class PageText(models.Model):
    """页面文字: what was read on one page; personal data, encrypted."""

    file = models.ForeignKey(FileText, models.CASCADE, related_name="read_pages")
    number = models.PositiveIntegerField("页码")
    # A `recognition.page.Page` as JSON.
    content = EncryptedTextField("内容")

    class Meta:
        verbose_name = "页面文字"
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["file", "number"], name="one_text_per_page")]

    def __str__(self):
        return f"第 {self.number} 页"

    @property
    def page(self):
        """It as a `Page`."""
        return Page.from_json(self.content)


class FindingMark(models.Model):
    """核对标记: what somebody who looked at a finding says of it, for the next reader."""

    class Verdict(models.TextChoices):
        WRONG = "WRONG", "不对"  # the finding is mistaken: claim and proof agree
        CHECKED = "CHECKED", "已核"

    application = models.ForeignKey(
        "applications.Application", models.CASCADE, related_name="finding_marks"
    )
    key = models.CharField("提示", max_length=100)
    # `Finding.digest`: the mark is about this claim beside this proof.
    digest = models.CharField(max_length=16)
    verdict = models.CharField("标记", max_length=10, choices=Verdict)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    marked_at = models.DateTimeField("标记时间", default=timezone.now)

    class Meta:
        verbose_name = "核对标记"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "key", "user"], name="one_mark_of_a_reader"
            )
        ]

    def __str__(self):
        return f"{self.key} {self.get_verdict_display()}"
