"""存证: verifications of the record, and chain heads as they were exported to be stamped."""

import json
import time

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.chains import canonical, sm3
from applications.rounds import Round
from applications.trust.verify_chains import Heads, heads_of, verify
from review.results.publication import check_editions


class ChainExport(models.Model):
    """存证单: the heads of a round's chains at one moment; its files are made of `content`."""

    round = models.ForeignKey(Round, models.PROTECT, related_name="chain_exports")
    content = models.JSONField("内容")
    # Of the JSON file; the printed sheet that is stamped bears it.
    digest = models.CharField("摘要", max_length=64)
    made_at = models.DateTimeField("导出时间", default=timezone.now)
    # Nobody: the command.
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        app_label = "documents"  # whose migrations made the table
        verbose_name = "存证单"
        ordering = ["-pk"]

    def __str__(self):
        return f"存证单 {self.pk}（{self.round.year}）"

    @classmethod
    def make(cls, round, user=None):
        """Export the present heads of a round's chains; return the saved export."""
        export = cls.of_now(round, user)
        export.save()
        return export

    @classmethod
    def of_now(cls, round, user=None):
        """Return the present heads of a round's chains as an export that is not saved."""
        now = timezone.now()
        content = {**heads_of(round), "made_at": timezone.localtime(now).isoformat()}
        return cls(
            round=round,
            content=content,
            digest=sm3(canonical(content)),
            made_at=now,
            made_by=user,
        )

    @property
    def file(self):
        """The JSON file (bytes)."""
        return canonical(self.content)

    @property
    def number_of_applications(self):
        """How many applications it is about."""
        return len(self.content["applications"])

    @property
    def number_of_events(self):
        """How many events they had."""
        return sum(row["events"] for row in self.content["applications"])


class AuditCheck(models.Model):
    """记录校验: what one run of `verify_audit` found."""

    started_at = models.DateTimeField("开始时间", default=timezone.now)
    seconds = models.FloatField("用时（秒）")
    counts = models.JSONField("已校验")
    # {about, sequence, problem}; no personal data.
    findings = models.JSONField("问题")
    # The name of the exported file that it was compared with, besides the exports kept here.
    heads = models.CharField("对照的存证文件", max_length=200, blank=True)

    class Meta:
        app_label = "documents"
        verbose_name = "记录校验"
        ordering = ["-pk"]
        indexes = [models.Index(fields=["started_at"])]

    def __str__(self):
        return f"{self.started_at:%Y-%m-%d %H:%M} {len(self.findings)}"


def run(heads_file=None):
    """Verify everything, also against every export kept here; return the saved `AuditCheck`.

    `heads_file` is the path of an export that was kept elsewhere. Raises ValueError when it is
    none, OSError when it cannot be read.
    """
    heads, broken = Heads(), []
    if heads_file is not None:
        heads.add(json.loads(heads_file.read_bytes()))
    exports = ChainExport.objects.select_related("round").order_by("pk").iterator(chunk_size=20)
    for each in exports:
        try:
            is_as_made = sm3(each.file) == each.digest
            heads.add(each.content)
        except (ValueError, TypeError):
            is_as_made = False
        if not is_as_made:
            broken.append((str(each), 0, "内容与摘要不符，已被改动"))
    started_at, clock = timezone.now(), time.monotonic()
    result = verify(heads)
    check_editions(result)
    for each in broken:
        result.find(*each)
    return AuditCheck.objects.create(
        started_at=started_at,
        seconds=round(time.monotonic() - clock, 2),
        counts=result.counts,
        findings=[vars(each) for each in result.findings],
        heads=heads_file.name[:200] if heads_file else "",
    )
