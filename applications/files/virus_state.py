"""How far the virus check of a stored file is, and whether it may be opened."""

from django.conf import settings
from django.db import models


class Scan(models.TextChoices):
    """How far the virus check of a file is; a file stored while there was no clamd has none."""

    PENDING = "PENDING", "病毒检查中"
    CLEAN = "CLEAN", "未检出病毒"
    QUARANTINED = "QUARANTINED", "已隔离"


def first_state():
    """Return the state of a file that is being stored."""
    return Scan.PENDING if settings.CLAMD_URL else ""


class Scanned(models.Model):
    """A stored file with its virus check."""

    scan = models.CharField("病毒检查", max_length=12, choices=Scan, blank=True)
    # What clamd calls the virus that it found.
    infection = models.CharField("检出的病毒", max_length=200, blank=True)
    scanned_at = models.DateTimeField("检查病毒时间", null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def withheld(self):
        """Why nobody may open it, as a sentence; "" for a file like any other."""
        if self.scan == Scan.PENDING:
            return "文件正在进行病毒检查，通过后才能打开，请稍后再试。"
        if self.scan == Scan.QUARANTINED:
            return "文件检出病毒，已隔离，不能打开；请换用干净的文件。"
        return ""


def withheld_refusal(files):
    """Return why something with these files cannot go on yet, as a sentence, or None."""
    if bad := [file for file in files if file.scan == Scan.QUARANTINED]:
        return f"“{bad[0].original_name}”检出病毒，已隔离，请移除或替换后再提交。"
    if waiting := sum(file.scan == Scan.PENDING for file in files):
        return f"有 {waiting} 份文件正在进行病毒检查，通过后才能提交，请稍后再试。"
    return None
