"""实地考察: who goes when (`InspectionPlan`), and what was found there (`Inspection`)."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from applications.models import Application
from review.shared.attachments import Attachment


class Item(models.TextChoices):
    """What is looked at on site.

    The notice only says 三室一场现场照片 (section 三, 5). The first four are the field's usual
    reading of it, and the portal's; the rest is what the notice asks of a studio and its host.
    """

    OFFICE = "OFFICE", "办公室（工作室）"
    CLASSROOM = "CLASSROOM", "培训室（教室）"
    WORKSHOP = "WORKSHOP", "研修室（实训室）"
    FIELD = "FIELD", "实操场地"
    EQUIPMENT = "EQUIPMENT", "设备"
    MEMBERS = "MEMBERS", "成员在岗"
    RULES = "RULES", "制度上墙"
    SUPPORT = "SUPPORT", "经费与支持"

    @property
    def guide(self):
        """What to look at, in one line."""
        return GUIDES[self]


# 三室一场.
ROOMS = (Item.OFFICE, Item.CLASSROOM, Item.WORKSHOP, Item.FIELD)
GUIDES = {
    Item.OFFICE: "有专用场所并挂牌，面积与申报表一致。",
    Item.CLASSROOM: "能够集中授课，有教学设施和培训记录。",
    Item.WORKSHOP: "能够开展技术攻关、研修和带徒实训。",
    Item.FIELD: "能够实际操作，安全防护到位。",
    Item.EQUIPMENT: "与申报表的工作室基本设施一致，完好可用。",
    Item.MEMBERS: "领办人和主要成员在岗，与申报表一致。",
    Item.RULES: "管理、带徒、安全等制度已上墙并执行。",
    Item.SUPPORT: "依托单位落实经费、场所和设备，经费使用有记录。",
}


class InspectionPlan(models.Model):
    """考察安排: when and where a studio is visited, and by whom. A plan is no record."""

    application = models.OneToOneField(Application, models.PROTECT, related_name="inspection_plan")
    visit_at = models.DateTimeField("考察时间", db_index=True)
    place = models.CharField("考察地点", max_length=200)
    inspectors = models.ManyToManyField(
        settings.AUTH_USER_MODEL, verbose_name="考察人员", related_name="inspection_plans"
    )
    contact = models.CharField("考察联系人及电话", max_length=100)
    preparation = models.TextField("请申报单位准备", max_length=500)
    planned_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    planned_at = models.DateTimeField("安排时间", auto_now=True)

    class Meta:
        verbose_name = "考察安排"
        ordering = ["visit_at", "pk"]

    def __str__(self):
        return f"{self.visit_at:%Y-%m-%d %H:%M} {self.application}"

    def is_before(self, visited_on):
        """Whether a visit on this day, written down now, is before its time.

        None is a visit whose day is not written yet; on the day itself the hour counts.
        """
        planned = timezone.localdate(self.visit_at)
        if visited_on and visited_on != planned:
            return visited_on < planned
        return timezone.now() < self.visit_at


class Inspection(models.Model):
    """实地考察: the site visit's record, written part by part on the spot.

    `passed` is None until the record is concluded (`record.conclude`); whatever is changed
    afterwards opens it again. A part is a field of `PARTS` or an `Item`; `edits` gives each part
    that was written the key of the `InspectionSave` that wrote it last.
    """

    PARTS = (
        "visited_on",
        "early_reason",
        "inspectors",
        "unit_representative",
        "findings",
        "explanation",
    )

    application = models.OneToOneField(Application, models.PROTECT, related_name="inspection")
    visited_on = models.DateField("考察日期", null=True, blank=True)
    early_reason = models.TextField("早于安排时间考察的理由", max_length=500, blank=True)
    inspectors = models.CharField("考察人员", max_length=200, blank=True)
    unit_representative = models.CharField("申报单位参加人员", max_length=100, blank=True)
    findings = models.TextField("考察情况", max_length=2000, blank=True)
    explanation = models.TextField("有不符合项仍判合格的理由", max_length=500, blank=True)
    passed = models.BooleanField(
        "考察结论", choices=[(True, "合格"), (False, "不合格")], null=True, blank=True
    )
    edits = models.JSONField("各部分的最近保存", default=dict, blank=True, editable=False)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField("记录时间", auto_now=True)

    class Meta:
        verbose_name = "实地考察"

    def __str__(self):
        return f"{self.visited_on or '未完成'} {self.application}"

    @property
    def is_concluded(self):
        """Whether the record is complete and says fit or unfit."""
        return self.passed is not None

    def present_photos(self):
        """Return the photos that were not removed, by item code; uses prefetched `photos`."""
        by_item = {}
        for photo in self.photos.all():
            if photo.removed_at is None:
                by_item.setdefault(photo.code, []).append(photo)
        return by_item


class InspectionItem(models.Model):
    """One item of the checklist, as it was found."""

    class Result(models.TextChoices):
        MET = "MET", "符合"
        MOSTLY = "MOSTLY", "基本符合"
        NOT_MET = "NOT_MET", "不符合"

    inspection = models.ForeignKey(Inspection, models.CASCADE, related_name="items")
    code = models.CharField("项目", max_length=20, choices=Item)
    result = models.CharField("结果", max_length=10, choices=Result, blank=True)
    finding = models.TextField("情况", max_length=500, blank=True)

    class Meta:
        verbose_name = "考察项目"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["inspection", "code"], name="one_finding_per_inspected_item"
            )
        ]

    def __str__(self):
        return f"{self.get_code_display()} {self.get_result_display()}"


class InspectionSave(models.Model):
    """One save of some parts of a record, as it arrived; never changed.

    `key` is made by whoever sends it, so that what is sent again is known. `parts` maps each part
    to its values by field: what one inspector wrote over another's words is not lost.
    """

    key = models.UUIDField(unique=True)
    inspection = models.ForeignKey(Inspection, models.CASCADE, related_name="saves")
    parts = models.JSONField("内容")
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    saved_at = models.DateTimeField("保存时间", default=timezone.now)

    class Meta:
        verbose_name = "考察记录保存"
        ordering = ["pk"]

    def __str__(self):
        return f"{self.saved_at:%Y-%m-%d %H:%M} {self.saved_by}"


def thumbnail_path(photo, filename):
    """A random name, so that nothing about a photo can be guessed from its path."""
    return f"attachments/thumbnails/{uuid.uuid4().hex}.jpg"


class InspectionPhoto(models.Model):
    """One photo of one item. `key` is made by the sender; a removed photo stays on record."""

    key = models.UUIDField(unique=True)
    inspection = models.ForeignKey(Inspection, models.PROTECT, related_name="photos")
    code = models.CharField("项目", max_length=20, choices=Item)
    attachment = models.OneToOneField(Attachment, models.PROTECT, related_name="inspection_photo")
    thumbnail = models.FileField("缩略图", upload_to=thumbnail_path)
    taken_at = models.DateTimeField("拍摄时间", null=True, blank=True)
    removed_at = models.DateTimeField("移除时间", null=True, blank=True)
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = "考察照片"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="a_removed_photo_says_who_and_when",
                condition=Q(removed_at__isnull=True, removed_by__isnull=True)
                | Q(removed_at__isnull=False, removed_by__isnull=False),
            )
        ]

    def __str__(self):
        return f"{self.get_code_display()} {self.attachment}"
