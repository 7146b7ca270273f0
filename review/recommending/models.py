"""核验台账: what a recommending unit checked before it recommends, and its verdicts on awards."""

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import RecommendingUnit
from applications.models import Application, Evidence
from applications.trust.encryption import BlindIndexField
from applications.workflow import ledger_codes
from review.shared.attachments import Attachment


class AppendOnly(models.Model):
    """A row of the record: saved once, and never changed or deleted."""

    class Meta:
        abstract = True

    def save(self, *args, **kwargs):
        """Save a new row; raises TypeError for one that is already saved."""
        if self.pk:
            raise TypeError("A row of the ledger is never changed; add another.")
        super().save(*args, **kwargs)


class Verification(AppendOnly):
    """One check on record (notice, sections 二 and 三); `ledger_codes.counting` says which counts.

    `evidence` is the file whose original was seen, or for the other checks the applicant's own
    paper, where that is the proof. `attachment` is the recommending unit's own file.
    """

    Kind = ledger_codes.Check
    Result = ledger_codes.Result

    application = models.ForeignKey(Application, models.PROTECT, related_name="verifications")
    kind = models.CharField("核验事项", max_length=10, choices=ledger_codes.Check)
    evidence = models.ForeignKey(
        Evidence,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="申报单位提供的材料",
        related_name="verifications",
    )
    attachment = models.ForeignKey(
        Attachment,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="本单位上传的文件",
        related_name="verifications",
    )
    issuer = models.CharField("出具单位", max_length=100, blank=True)
    document_date = models.DateField("文件日期", null=True, blank=True)
    result = models.CharField("结果", max_length=10, choices=ledger_codes.Result)
    note = models.CharField("说明", max_length=500, blank=True)
    publicity_from = models.DateField("公示开始日期", null=True, blank=True)
    publicity_to = models.DateField("公示结束日期", null=True, blank=True)
    place = models.CharField("公示地点", max_length=100, blank=True)
    objections = models.CharField("异议情况", max_length=500, blank=True)
    # About which person it was: `Application.lead_id_index` at the time.
    lead_id_index = BlindIndexField(max_length=64, blank=True, editable=False)
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="核验人", related_name="+"
    )
    checked_at = models.DateTimeField("核验时间", default=timezone.now)

    class Meta:
        verbose_name = "核验记录"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="an_original_belongs_to_a_copy",
                condition=~Q(kind="ORIGINAL") | Q(evidence__isnull=False),
            ),
            models.CheckConstraint(
                name="a_units_publicity_has_its_time",
                condition=~Q(kind="PUBLICITY")
                | Q(publicity_from__isnull=False, publicity_to__gte=F("publicity_from")),
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()}：{self.get_result_display()}"

    @property
    def file(self):
        """The `Attachment` or `Evidence` behind it, or None."""
        return self.attachment or self.evidence

    @classmethod
    def of(cls, application, user, kind, **fields):
        """Return a new, unsaved row about the application as it is now."""
        index = "" if kind == ledger_codes.Check.ORIGINAL else application.lead_id_index
        fields.setdefault("checked_at", timezone.now())
        return cls(
            application=application, kind=kind, lead_id_index=index, checked_by=user, **fields
        )


class AwardCheck(AppendOnly):
    """The unit's verdict on one claimed award; `ledger_codes.verdicts` says which counts."""

    Verdict = ledger_codes.Verdict

    application = models.ForeignKey(Application, models.PROTECT, related_name="award_checks")
    claim = models.JSONField("所填内容")  # what was judged: `Award.claim`
    verdict = models.CharField("核实结果", max_length=10, choices=ledger_codes.Verdict)
    reason = models.CharField("划去理由", max_length=200, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="核实人", related_name="+"
    )
    at = models.DateTimeField("核实时间", default=timezone.now)

    class Meta:
        verbose_name = "奖项核实"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="a_struck_award_has_a_reason",
                condition=~Q(verdict="STRUCK") | ~Q(reason=""),
            )
        ]

    def __str__(self):
        return f"{self.get_verdict_display()}：{self.title}"

    @property
    def title(self):
        """The award as it was claimed, in words."""
        _, *cells, _, _ = self.claim
        return " ".join(str(cell) for cell in cells if cell)


class OpinionTemplate(models.Model):
    """意见模板: a recommending unit's own text for its opinions."""

    LIMIT = 20  # of one unit

    recommending_unit = models.ForeignKey(
        RecommendingUnit, models.PROTECT, related_name="opinion_templates"
    )
    title = models.CharField("名称", max_length=30)
    text = models.TextField("意见内容", max_length=1000)

    class Meta:
        verbose_name = "意见模板"
        ordering = ["title", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["recommending_unit", "title"], name="one_opinion_template_per_title"
            )
        ]

    def __str__(self):
        return self.title

    def add(self):
        """Save a new template of a unit; return False, and save nothing, when it has LIMIT."""
        with transaction.atomic():
            # Counted under a lock: two colleagues would both see the last place free.
            unit = RecommendingUnit.objects.select_for_update().get(pk=self.recommending_unit_id)
            has_room = unit.opinion_templates.count() < self.LIMIT
            if has_room:
                self.save()
        return has_room
