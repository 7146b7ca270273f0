"""Files that the worker makes: dossiers and archives of applications, exports of lists."""

import datetime
import uuid
from pathlib import PurePosixPath

from django.conf import settings
from django.db import models
from django.db.models import Count, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.roles import Role
from applications.models import Application, Evidence

# A build that has not moved for so long was killed: it may be started again.
STALLED = datetime.timedelta(minutes=5)
# One that waits is no dead one: before a deadline many are asked for. Longer than this it is lost.
LOST = datetime.timedelta(hours=1)
# What a package says that was not made because its content had changed when its turn came.
STALE = "材料在排队期间有了变化，请重新生成。"
# So long the file of an export can be downloaded; its record stays.
KEPT = datetime.timedelta(days=1)


class Build(models.Model):
    """One file that the worker makes for somebody, and how far it is."""

    class State(models.TextChoices):
        WAITING = "WAITING", "排队中"
        BUILDING = "BUILDING", "正在生成"
        READY = "READY", "已生成"
        FAILED = "FAILED", "未能生成"

    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    size = models.PositiveBigIntegerField(default=0)
    notes = models.JSONField(default=list)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    # Which asking for it is meant: a task of an earlier one builds nothing.
    run = models.UUIDField(default=uuid.uuid4, editable=False)
    # Whoever builds says with it that the build is theirs: another worker takes over from one that
    # was killed.
    builder = models.UUIDField(null=True, editable=False)
    moved_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    # About how many are built before a waiting one, where it was asked (`with_place`).
    ahead = 0

    class Meta:
        abstract = True

    @property
    def is_ready(self):
        return self.state == self.State.READY

    @property
    def is_stalled(self):
        """Whether nothing has happened for so long that nobody can be building it."""
        patience = LOST if self.state == self.State.WAITING else STALLED
        return timezone.now() - self.moved_at > patience

    @property
    def is_under_way(self):
        """Whether it is waiting or being built, by somebody who is still alive."""
        return self.state in {self.State.WAITING, self.State.BUILDING} and not self.is_stalled

    @property
    def progress(self):
        """How far it is, in words."""
        if self.state == self.State.WAITING:
            place = f"前面约有 {self.ahead} 份" if self.ahead else "等待处理"
            return f"{place}，可以离开本页，稍后再来下载。"
        return f"正在生成，已完成 {self.done} / {self.total}"

    def move(self, **changes):
        """Save what changed if this build is still this process's; return whether it is."""
        changes["moved_at"] = timezone.now()
        mine = type(self).objects.filter(
            pk=self.pk, run=self.run, builder=self.builder, state=self.State.BUILDING
        )
        return bool(mine.update(**changes))


def package_path(package, filename):
    """A random name, so that nothing about a file can be guessed from its path."""
    suffix = PurePosixPath(filename).suffix
    return f"packages/{package.application_id}/{uuid.uuid4().hex}{suffix}"


class Package(Build):
    """材料包: one file made of an application, kept until what goes in changes.

    `key` is the digest of everything that goes in (`Material.key`), so the same content for the
    same readers is made once.
    """

    class Kind(models.TextChoices):
        DOSSIER = "DOSSIER", "材料合订本"
        ARCHIVE = "ARCHIVE", "原件压缩包"

    application = models.ForeignKey(Application, models.CASCADE, related_name="packages")
    kind = models.CharField(max_length=10, choices=Kind)
    audience = models.CharField(max_length=100)
    key = models.CharField(max_length=64)
    file = models.FileField(upload_to=package_path, blank=True)
    pages = models.PositiveIntegerField(null=True, blank=True)
    # Of a dossier: whether it is a PDF for the archive (PDF/A-3), and if not, why.
    archive_note = models.TextField("长期保存格式", blank=True)

    class Meta:
        verbose_name = "材料包"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "kind", "key"], name="one_package_per_content"
            )
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.application}"

    @property
    def is_stale(self):
        """Whether one that is not of the present content was asked for, and not made, for that."""
        return self.state in {self.State.WAITING, self.State.BUILDING} or self.notes == [STALE]


def copy_path(copy, filename):
    """A random name, so that nothing about a file can be guessed from its path."""
    return f"copies/{uuid.uuid4().hex}{PurePosixPath(filename).suffix}"


class MarkedCopy(models.Model):
    """评审用件: one expert's copy of an uploaded file, with the expert's name on every page.

    Made at the first opening and kept: the second costs nothing.
    """

    evidence = models.ForeignKey(Evidence, models.CASCADE, related_name="marked_copies")
    expert = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    text = models.CharField("标注", max_length=200)
    content_type = models.CharField(max_length=50)
    file = models.FileField("文件", upload_to=copy_path)
    made_at = models.DateTimeField("生成时间", default=timezone.now)

    class Meta:
        verbose_name = "评审用件"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["evidence", "expert"], name="one_copy_of_a_file_for_an_expert"
            )
        ]

    def __str__(self):
        return self.text


def form_path(form, filename):
    """A random name, so that nothing about a file can be guessed from its path."""
    return f"forms/{uuid.uuid4().hex}.sealed"


class KeptForm(models.Model):
    """留存的申报表: 附件2 as it was last printed for those readers who see the same of it.

    `readers` is how much of the form they see, or which print for the stamp it is; `key` is the
    digest of everything that is printed (`kept_forms.py`). Never changed: another takes its place.
    """

    application = models.ForeignKey(Application, models.CASCADE, related_name="kept_forms")
    readers = models.CharField(max_length=100)
    key = models.CharField(max_length=64)
    file = models.FileField("文件", upload_to=form_path)
    made_at = models.DateTimeField("生成时间", default=timezone.now)

    class Meta:
        verbose_name = "留存的申报表"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "readers"], name="one_kept_form_for_the_same_readers"
            )
        ]

    def __str__(self):
        return f"{self.application} {self.readers}"


def export_path(export, filename):
    """A random name, so that nothing about a file can be guessed from its path."""
    return f"exports/{uuid.uuid4().hex}{PurePosixPath(filename).suffix}"


class ExportRecord(Build):
    """导出记录: who took what out of the portal, by which filter, how many rows.

    The record stays for good. A file that the worker made is its requester's alone, for a day.
    Of 附件1 there is a record when the worker makes it; `asked` has the keys of round and unit. Of
    a whole round (operations/round_export) `asked` has its key, and the rows are its applications.
    """

    class Kind(models.TextChoices):
        LIST = "LIST", "申报清单"
        ANNEX1 = "ANNEX1", "附件1"
        ANNEX1_WORD = "ANNEX1WORD", "附件1（Word 版）"
        ROUND = "ROUND", "批次档案"

    kind = models.CharField("种类", max_length=10, choices=Kind, default=Kind.LIST)

    # The account's role then: a file with more columns is not for what it has become since.
    role = models.CharField("角色", max_length=20, choices=Role)
    asked = models.JSONField("筛选参数", default=dict)
    filter_text = models.CharField("筛选条件", max_length=400)
    rows = models.PositiveIntegerField("行数", default=0)
    file = models.FileField(upload_to=export_path, blank=True)

    class Meta:
        verbose_name = "导出记录"
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["requested_by", "-id"]),
            models.Index(fields=["finished_at"]),
        ]

    def __str__(self):
        return f"{self.filter_text}（{self.rows} 行）"

    @property
    def suffix(self):
        """The ending of its file's name."""
        if self.kind == self.Kind.ROUND:
            return ".zip"
        return ".docx" if self.kind == self.Kind.ANNEX1_WORD else ".xlsx"

    @property
    def has_file(self):
        """Whether its file can still be downloaded."""
        if not (self.is_ready and self.file):
            return False
        assert self.finished_at is not None
        return timezone.now() < self.finished_at + KEPT


def with_place(builds):
    """Annotate a queryset of builds with how many files were asked for before each: `ahead`.

    About so many are made before it: those who asked take turns (applications/notify/workers.py).
    """
    return builds.annotate(ahead=sum(_before(model) for model in (Package, ExportRecord)))


def _before(model):
    """Count what is being built, and what waits and was asked for earlier."""
    now = timezone.now()
    waiting = Q(moved_at__lt=OuterRef("moved_at"), moved_at__gt=now - LOST)
    counted = (
        model.objects.filter(
            Q(state=Build.State.BUILDING, moved_at__gt=now - STALLED)
            | Q(waiting, state=Build.State.WAITING)
        )
        .order_by()
        .annotate(every=Value(1))  # one group
        .values("every")
        .annotate(number=Count("pk"))
        .values("number")
    )
    return Coalesce(Subquery(counted), 0)
