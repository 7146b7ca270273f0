"""附件: files that reviewers, or the public, add to the record; the applicant's are `Evidence`."""

import uuid
from pathlib import PurePosixPath

from django.conf import settings
from django.core.validators import FileExtensionValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts.models import RecommendingUnit
from accounts.roles import Role
from applications.files import evidence
from applications.files.rendition import STORED_ENDINGS, Shown
from applications.files.virus_scan import scan_once_committed
from applications.files.virus_state import Scan, Scanned
from applications.models import Application
from applications.recognition.reader import is_read, read_once_committed


def attachment_path(attachment, filename):
    """Return a random name, so that nothing about a file can be guessed from its path."""
    return f"attachments/{uuid.uuid4().hex}{PurePosixPath(filename).suffix}"


class AttachmentQuerySet(models.QuerySet):
    """Attachments as each role may see them."""

    def visible_to(self, user):
        """Return the attachments that exist for this user.

        These are the kinds that its role reads (`READERS`), of applications that it sees; of a
        recommending unit also its own scans of 附件1. A file that was not found free of viruses
        exists only for whoever uploaded it.
        """
        withheld = Q(scan__in=[Scan.PENDING, Scan.QUARANTINED]) & ~Q(uploaded_by=user.pk)
        return self.known_to(user).filter(~withheld)

    def known_to(self, user):
        """Return the attachments that this user may know of, whatever the virus check says."""
        kinds = [kind for kind, roles in READERS.items() if user.role in roles]
        of_visible = Q(application__in=Application.objects.visible_to(user).values("pk"))
        of_units = Q(application__isnull=True)
        if user.role == Role.RECOMMENDER:
            of_units = Q(recommending_unit=user.recommending_unit_id)
        return self.filter(of_visible | of_units, kind__in=kinds)


class Attachment(Scanned, Shown):
    """One file on the record: never changed, and kept when another file replaces it.

    It belongs to an application, or (a scan of 附件1) only to a recommending unit.
    """

    class Kind(models.TextChoices):
        VERIFICATION = "VERIFICATION", "核验文件"
        LIST_SCAN = "LIST_SCAN", "推荐一览表盖章扫描件"
        INSPECTION = "INSPECTION", "考察照片"
        OBJECTION = "OBJECTION", "异议材料"

    kind = models.CharField("类别", max_length=20, choices=Kind)
    application = models.ForeignKey(
        Application, models.PROTECT, null=True, blank=True, related_name="attachments"
    )
    recommending_unit = models.ForeignKey(
        RecommendingUnit, models.PROTECT, null=True, blank=True, related_name="attachments"
    )
    file = models.FileField(
        "文件",
        upload_to=attachment_path,
        validators=[FileExtensionValidator(STORED_ENDINGS)],
    )
    original_name = models.CharField("文件名", max_length=255)
    content_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField("大小")
    sha256 = models.CharField("SHA-256", max_length=64)
    pages = models.PositiveIntegerField("页数", default=1)
    # None: somebody without an account, who objected to a published shortlist.
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    uploaded_at = models.DateTimeField("上传时间", default=timezone.now)
    # The file is not stored any more; the row with its digest stays.
    erased_at = models.DateTimeField("清除时间", null=True, blank=True, editable=False)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = "附件"
        ordering = ["pk"]
        indexes = [
            models.Index(
                fields=["id"], condition=Q(scan=Scan.PENDING), name="attachment_waiting_for_scan"
            ),
            models.Index(fields=["sha256"], name="attachment_by_content"),
        ]

    def __str__(self):
        return self.original_name

    def get_absolute_url(self):
        return reverse("review:attachment", args=[self.pk])

    @classmethod
    def store(cls, upload, kind, user=None, *, application=None, recommending_unit=None):
        """Check an uploaded file by its content, store it and return the saved `Attachment`.

        Raises ValidationError with a sentence when the file is refused (`evidence.check`) or the
        storage fails. When the row cannot be saved, the file is removed again.
        """
        checked = evidence.check(upload)
        attachment = cls(
            kind=kind,
            application=application,
            recommending_unit=recommending_unit,
            uploaded_by=user,
            uploaded_at=timezone.now(),
        )
        evidence.store_checked(attachment, checked, upload.name)
        try:
            attachment.save()
            if attachment.scan:
                scan_once_committed(attachment)  # read once it is clean
            elif is_read(attachment):
                read_once_committed(attachment)
        except BaseException:
            attachment.delete_stored()
            raise
        return attachment


_Kind = Attachment.Kind
# The roles that read each kind.
READERS = {
    _Kind.VERIFICATION: (Role.RECOMMENDER, Role.OFFICE, Role.BUREAU),
    _Kind.LIST_SCAN: (Role.RECOMMENDER, Role.OFFICE, Role.BUREAU),
    _Kind.INSPECTION: (Role.OFFICE, Role.BUREAU, Role.FINANCE),
    _Kind.OBJECTION: (Role.OFFICE, Role.BUREAU),
}
