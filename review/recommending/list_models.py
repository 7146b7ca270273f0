"""A recommending unit's 附件1 of a round."""

import json
from functools import cached_property

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Prefetch
from django.utils import timezone

from accounts.chains import sm3
from accounts.models import RecommendingUnit
from accounts.telephones import readable
from applications.files.virus_state import withheld_refusal
from applications.form.definition import ANNEX1_COLUMNS, AWARD_FIELDS, NUMBERS
from applications.models import Application, Award
from applications.rounds import Round
from applications.stages import FROM_PANEL, Stage
from review.shared.attachments import Attachment

# The stages of what was reported with its list.
REPORTED = (Stage.QUALIFYING, Stage.DISQUALIFIED, *FROM_PANEL)
# The stages of what 附件1 lists: recommended once, whatever became of it afterwards.
LISTED = (Stage.RECOMMENDED, *REPORTED)
# Long texts that the list does not read.
UNREAD = (
    *NUMBERS,
    "achievements",
    "report_occupation",
    "report_necessity",
    "report_lead",
    "report_plan",
    "talent_status",
    "host_condition_basis",
    "lead_condition_basis",
    "studio_facilities",
    "opinion_text",
)
# The line of 附件1 above the table and that below it, as sentences name them.
LINES = {
    "unit": "推荐单位",
    "filled_on": "填报日期",
    "reporter": "填报人",
    "office_phone": "联系电话（办公）",
    "mobile": "联系电话（手机）",
}
NAMED_CHANGES = 3  # so many changes are named one by one


def listed(applications):
    """Return those of a queryset of applications that 附件1 lists, in its order.

    They stand by recommending unit and rank, those without a rank last. All that a row reads comes
    with them (`with_what_rows_read`).
    """
    return with_what_rows_read(applications.filter(stage__in=LISTED)).order_by(
        "recommending_unit__position",
        "recommending_unit__code",
        F("rank").asc(nulls_last=True),
        "pk",
    )


def with_what_rows_read(applications):
    """Return a queryset of applications with all that a row of 附件1 reads.

    In a few queries, however many rows there are; the long texts that no row reads are left out.
    """
    awards = Award.objects.select_related("evidence").only(
        "application_id", "level", *AWARD_FIELDS, "evidence_page", "evidence__removed_at"
    )
    return (
        applications.select_related("recommending_unit")
        .defer(*UNREAD)
        .prefetch_related(Prefetch("awards", awards), "award_checks", "members")
    )


def list_row(application):
    """Return a row of 附件1 as JSON-ready data."""
    return {
        "number": application.number,
        "title": application.studio_title,
        "cells": {label: read(application) for label, read in ANNEX1_COLUMNS},
    }


class RecommendationList(models.Model):
    """推荐一览表: one recommending unit's 附件1 in one round.

    The scan of the stamped paper belongs to what 附件1 said when it was uploaded. Once that has
    changed, 附件1 has to be stamped again before the list is reported.
    """

    class State(models.TextChoices):
        UNREPORTED = "UNREPORTED", "未上报"
        REPORTED = "REPORTED", "已上报"
        SENT_BACK = "SENT_BACK", "已退回"

    round = models.ForeignKey(Round, models.PROTECT, related_name="recommendation_lists")
    recommending_unit = models.ForeignKey(
        RecommendingUnit, models.PROTECT, related_name="recommendation_lists"
    )
    reporter = models.CharField("填报人", max_length=50)
    office_phone = models.CharField("联系电话（办公）", max_length=60)
    mobile = models.CharField("联系电话（手机）", max_length=11)
    filled_on = models.DateField("填报日期", default=timezone.localdate)
    stamped_scan = models.ForeignKey(
        Attachment,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="盖章扫描件",
        related_name="+",
    )
    stamped_fingerprint = models.CharField("盖章内容指纹", max_length=64, blank=True)
    # What 附件1 said then (`content`), so that a refusal can say what has changed since.
    stamped_content = models.JSONField("盖章内容", default=dict, blank=True)
    reported_at = models.DateTimeField("上报时间", null=True, blank=True)
    reported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    # The last time that the office sent the whole list back; kept when it is reported again.
    returned_at = models.DateTimeField("退回时间", null=True, blank=True)
    returned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    returned_reason = models.TextField("退回理由", max_length=1000, blank=True)

    class Meta:
        verbose_name = "推荐一览表"
        ordering = ["round", "recommending_unit"]
        constraints = [
            models.UniqueConstraint(
                fields=["round", "recommending_unit"], name="one_list_per_unit_and_round"
            ),
            models.CheckConstraint(
                name="a_stamped_list_has_its_scan",
                condition=models.Q(stamped_scan__isnull=True, stamped_fingerprint="")
                | (models.Q(stamped_scan__isnull=False) & ~models.Q(stamped_fingerprint="")),
            ),
        ]

    def __str__(self):
        return f"{self.recommending_unit} {self.round}"

    @property
    def mobile_shown(self):
        """The mobile as people read it."""
        return readable(self.mobile)

    @property
    def state(self):
        """Whether it is reported, sent back since, or neither."""
        if self.reported_at:
            return self.State.REPORTED
        return self.State.SENT_BACK if self.returned_at else self.State.UNREPORTED

    def applications(self):
        """Return the applications that it lists, in order (`listed`)."""
        return listed(
            Application.objects.filter(
                round=self.round_id, recommending_unit=self.recommending_unit_id
            )
        )

    def content(self, applications):
        """Return what 附件1 says as JSON-ready data: its two lines, and its rows in order.

        `applications` are those that it lists (`applications()`).
        """
        return self.content_of([list_row(application) for application in applications])

    def content_of(self, rows):
        """Return `content` of rows that have been read (`list_row`)."""
        return {
            "unit": self.recommending_unit.name,
            "filled_on": self.filled_on.isoformat(),
            "reporter": self.reporter,
            "office_phone": self.office_phone,
            "mobile": self.mobile,
            "rows": rows,
        }

    @property
    def date_problem(self):
        """Why a new 填报日期 is needed before the paper is stamped again, or None.

        The saved one is that of an earlier report. On the very day of that report it may stay.
        """
        last = self.reported_at or self.returned_at
        if last is None:
            return None
        last_day = timezone.localdate(last)
        if self.filled_on > last_day or timezone.localdate() == last_day:
            return None
        return (
            f"填报日期仍为上次上报时的 {self.filled_on:%Y-%m-%d}，"
            "请在“填报信息”中填写本次的填报日期并保存。"
        )

    @cached_property
    def stamp_problem(self):
        """Why it cannot be reported without another stamp, as a sentence; None when it is stamped.

        Worked out once, although the report of a list asks for each of its applications.
        """
        return self.stamp_problem_with(self.content(self.applications()))

    def stamp_problem_with(self, content):
        """Return `stamp_problem` for a `content` that has been read already."""
        if self.stamped_scan_id is None:
            return "请上传盖章后的附件1扫描件。"
        if refused := withheld_refusal([self.stamped_scan]):
            return refused
        if self.stamped_fingerprint == list_fingerprint(content):
            # What was sent back and not changed is reported again on the same paper; what comes
            # after a report is another one.
            return self.date_problem if self.reported_at else None
        changes = describe_changes(self.stamped_content, content)
        named = "、".join(changes[:NAMED_CHANGES])
        more = f"等 {len(changes)} 处" if len(changes) > NAMED_CHANGES else ""
        return f"附件1在上传盖章扫描件后有变化：{named}{more}。请重新下载、盖章并上传扫描件。"

    def stamp(self, upload, content, user):
        """Store the scan of the stamped 附件1 as that of this content.

        Earlier scans stay on record. Raises ValidationError with a sentence when the file is
        refused.
        """
        with transaction.atomic():
            self.stamped_scan = Attachment.store(
                upload,
                Attachment.Kind.LIST_SCAN,
                user,
                recommending_unit=self.recommending_unit,
            )
            self.stamped_content = content
            self.stamped_fingerprint = list_fingerprint(content)
            self.save(update_fields=["stamped_scan", "stamped_content", "stamped_fingerprint"])


def list_fingerprint(content):
    """Return the SM3 digest (64 hex digits) of what a 附件1 says (`RecommendationList.content`)."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sm3(text.encode())


def describe_changes(before, after):
    """Return a list of words, one for each thing that differs between two contents of a 附件1."""
    changes = [label for name, label in LINES.items() if before[name] != after[name]]
    old = {row["number"]: row for row in before["rows"]}
    new = {row["number"]: row for row in after["rows"]}
    changes += [f"新增“{row['title']}”" for number, row in new.items() if number not in old]
    changes += [f"减少“{row['title']}”" for number, row in old.items() if number not in new]
    if [number for number in old if number in new] != [number for number in new if number in old]:
        changes.append("推荐排序")
    for number, row in new.items():
        cells = old.get(number, row)["cells"]
        changes += [
            f"“{row['title']}”的{label}"
            for label, text in row["cells"].items()
            if cells.get(label) != text
        ]
    return changes
