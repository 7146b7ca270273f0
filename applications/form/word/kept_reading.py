"""What was read of a Word file, kept until all is confirmed or a day is over; never the file."""

import datetime
import hashlib

from django.conf import settings
from django.db import models
from django.utils import timezone

from applications.trust.encryption import EncryptedTextField

KEPT = datetime.timedelta(days=1)


class KeptReading(models.Model):
    """读取结果: what an account's latest Word file says, for one application.

    It stands in a table of its own and not in the session: a session is read for every page, this
    can hold thirty thousand characters; and with the record it is encrypted anew when the key
    changes (`key_rotation`). File name and content name the lead and hold the ID number: both are
    encrypted.
    """

    class Kind(models.TextChoices):
        FORM = "form", "申报表"
        REPORT = "report", "申报报告"

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="word_reading"
    )
    application = models.ForeignKey("Application", models.CASCADE, related_name="word_readings")
    kind = models.CharField("内容", max_length=10, choices=Kind)
    file_name = EncryptedTextField("文件名")
    content = EncryptedTextField("读出的内容")  # `FormReading.to_json`
    read_at = models.DateTimeField("读取时间", default=timezone.now)

    class Meta:
        verbose_name = "Word 读取结果"

    def __str__(self):
        return f"{self.application}：{self.get_kind_display()}"

    @property
    def until(self):
        """When it is erased, confirmed or not."""
        return self.read_at + KEPT

    @property
    def mark(self):
        """What a page carries, to be told from one of a later file, or of what is left since."""
        return f"{self._file_mark}-{hashlib.sha256(self.content.encode()).hexdigest()[:16]}"

    @property
    def _file_mark(self):
        return f"{self.read_at.timestamp():.6f}"

    def is_of(self, mark):
        """Whether a page with this mark is of the same file, be it of more than is left now."""
        return str(mark).partition("-")[0] == self._file_mark


def keep(application, user, kind, file_name, content):
    """Keep what was read for a day, in place of what the user's file before said."""
    values = {"application": application, "kind": kind, "file_name": file_name}
    values |= {"content": content, "read_at": timezone.now()}
    KeptReading.objects.update_or_create(user=user, defaults=values)


def _current(user):
    return KeptReading.objects.filter(user=user, read_at__gt=timezone.now() - KEPT)


def kept_by(user):
    """Return the user's `KeptReading`, whatever it is for, or None; with its application."""
    return _current(user).select_related("application").first()


def kept_for(application, user):
    """Return the user's `KeptReading` of an application, or None when there is none any more."""
    return _current(user).filter(application=application).first()


def is_waiting(user):
    """Return the expression for a queryset of applications: whether a reading waits for `user`."""
    return models.Exists(_current(user).filter(application=models.OuterRef("pk")))


def keep_rest(kept, content):
    """Keep what is left after a confirmation, until the same hour as before."""
    kept.content = content
    kept.save(update_fields=["content"])


def forget(kept):
    """Erase what was confirmed or dropped; what a file uploaded since says stays."""
    KeptReading.objects.filter(pk=kept.pk, read_at=kept.read_at).delete()


def forget_lapsed():
    """Erase what nobody confirmed within a day; return how many there were."""
    return KeptReading.objects.filter(read_at__lte=timezone.now() - KEPT).delete()[0]
