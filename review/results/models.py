"""公布: the published list of a round, edition by edition, and what corrects it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts.chains import Chained
from accounts.roles import Role
from applications.models import Application
from applications.rounds import Round
from review.shared.stroke_order import stroke_key

# What is published of a studio, as printed at the head of the list; never more than this.
COLUMNS = {
    "unit_name": "单位",
    "lead_name": "领办人",
    "studio_occupation": "工作室职业（工种）",
    "lead_occupation": "领办人工种",
    "recommending_unit": "推荐单位",
}


def row_of(application):
    """Return what is published of an awarded application, and its key; reads its unit."""
    row = {name: str(getattr(application, name)) for name in COLUMNS}
    return {"application": application.pk, **row}


def in_published_order(rows):
    """Return rows of the list by the strokes of their leads' names, then by unit."""
    return sorted(rows, key=lambda row: (stroke_key(row["lead_name"]), row["unit_name"]))


class Change(models.TextChoices):
    """What an edition changed of the one before."""

    ADDED = "ADDED", "增补"
    REMOVED = "REMOVED", "移出"
    CORRECTED = "CORRECTED", "更正"
    DOCUMENT = "DOCUMENT", "更正发文"


def describe_changes(changes):
    """Return the changes of an edition as pages show them: dicts of kind, row and texts.

    `kind` is a `Change`, `texts` are (label, before, after) of what was corrected.
    """
    labels = COLUMNS | {
        name: str(ResultEdition._meta.get_field(name).verbose_name)
        for name in ("document_number", "document_date")
    }
    return [
        {
            "kind": Change(change["kind"]),
            "row": change["row"],
            "texts": [
                (labels[name], before, change["row"][name])
                for name, before in change["before"].items()
            ],
        }
        for change in changes
    ]


class ResultEdition(Chained):
    """公布的名单: one edition of it, never changed; the round's editions form a chain.

    `sequence` is the edition's number. The public page, the list as Excel and the letters read the
    last one. `data`: title and call (of the round), rows (`row_of`, in order), reason and changes
    (kind, row, before: the texts that were corrected) of a correction. `digest` is its fingerprint
    (SM3, `accounts.chains`).
    """

    SEALED = (
        "round_id",
        "sequence",
        "previous",
        "at",
        "user_id",
        "document_number",
        "document_day",
        "data",
    )

    round = models.ForeignKey(Round, models.PROTECT, related_name="result_editions")
    at = models.DateTimeField("公布时间", default=timezone.now)
    # Nobody: published before there were editions, by somebody whom no record names.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="经办人",
        related_name="+",
    )
    # Empty where nothing was awarded.
    document_number = models.CharField("发文文号", max_length=50, blank=True)
    document_date = models.DateField("发文日期", null=True, blank=True)
    data = models.JSONField("内容")

    class Meta:
        verbose_name = "公布的名单"
        ordering = ["sequence"]
        constraints = [
            models.UniqueConstraint(fields=["round", "sequence"], name="one_edition_per_place")
        ]

    def __str__(self):
        return f"{self.data['title']}入选名单（第 {self.sequence} 版）"

    def get_absolute_url(self):
        return reverse("result_edition", args=[self.round_id, self.sequence])

    @property
    def document_day(self):
        """The document's date as it is sealed, 2026-03-01; "" for none."""
        return self.document_date.isoformat() if self.document_date else ""

    @property
    def rows(self):
        """The published rows, in order."""
        return self.data["rows"]

    @property
    def reason(self):
        """Why it was corrected; "" of the first."""
        return self.data["reason"]

    @property
    def changes(self):
        """What it changed of the one before, as `describe_changes` returns it."""
        return describe_changes(self.data["changes"])


class ResultCorrectionQuerySet(models.QuerySet):
    """Named filters of corrections."""

    def open(self):
        """Those that are neither published nor ended."""
        return self.filter(edition=None, ended_at=None)

    def waiting_for(self, role):
        """Those that wait for the consent of a role; as `ResultCorrection.waits_for`."""
        is_approved = Q(approved_at__isnull=False)
        return self.open().filter(is_approved if role == Role.FINANCE else ~is_approved)


class ResultCorrection(models.Model):
    """名单更正: what is proposed to change in a published list, and who has agreed to it.

    The office proposes it, the bureau agrees, and, when studios are added, the finance bureau. With
    the last consent it becomes the next `ResultEdition`; until then nothing has changed.
    """

    round = models.ForeignKey(Round, models.PROTECT, related_name="result_corrections")
    reason = models.CharField("更正理由", max_length=300)
    document_number = models.CharField("发文文号", max_length=50, blank=True)
    document_date = models.DateField("发文日期", null=True, blank=True)
    added = models.ManyToManyField(Application, related_name="+")
    removed = models.ManyToManyField(Application, related_name="+")
    # {key of an application: {name of a column: the right text}}
    texts = models.JSONField("更正内容", default=dict)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField("提出时间", default=timezone.now)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_at = models.DateTimeField("市人社局同意时间", null=True, blank=True)
    countersigned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    countersigned_at = models.DateTimeField("市财政局同意时间", null=True, blank=True)
    # Refused by a bureau, or taken back by the office.
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    ended_at = models.DateTimeField("终止时间", null=True, blank=True)
    ended_note = models.CharField("终止理由", max_length=300, blank=True)
    edition = models.OneToOneField(
        ResultEdition, models.PROTECT, null=True, blank=True, related_name="correction"
    )

    objects = ResultCorrectionQuerySet.as_manager()

    class Meta:
        verbose_name = "名单更正"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["round"],
                condition=Q(edition=None, ended_at=None),
                name="one_open_correction_per_round",
            )
        ]

    def __str__(self):
        return f"{self.round} 名单更正"

    def get_absolute_url(self):
        return reverse("review:result_correction", args=[self.pk])

    @property
    def waits_for(self):
        """The role whose consent it waits for, or None: it is published, or was ended."""
        if self.edition_id or self.ended_at:
            return None
        return Role.BUREAU if self.approved_at is None else Role.FINANCE

    def may_be_ended_by(self, user):
        """Whether it is open, and waits for this user's consent or is the office's own."""
        return self.waits_for is not None and user.role in {self.waits_for, Role.OFFICE}

    @property
    def state_label(self):
        """Where it stands, in a word."""
        if self.edition_id:
            return "已公布"
        if self.ended_at:
            return "已终止"
        return "待市人社局审定" if self.waits_for == Role.BUREAU else "待市财政局会签"
