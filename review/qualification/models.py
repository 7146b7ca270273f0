"""The review office's qualification of an application."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from applications.models import Application, Evidence, LeadCondition
from applications.workflow.guards import LEAD_CONDITION_CODE


class QualificationCheck(models.Model):
    """One eligibility condition of the notice's section 一, as the office judged it.

    It is about the `version` of the submission that was read. After a return and resubmission it
    stays on record, and the new version is judged anew.
    """

    class Result(models.TextChoices):
        MET = "MET", "符合"
        EXPLAINED = "EXPLAINED", "说明后认可"
        NOT_MET = "NOT_MET", "不符合"

    application = models.ForeignKey(
        Application, models.CASCADE, related_name="qualification_checks"
    )
    version = models.PositiveSmallIntegerField("提交版本", default=1)
    code = models.CharField("条件", max_length=20)
    result = models.CharField("结论", max_length=10, choices=Result)
    # The office's own finding, which may differ from what the unit claims.
    fulfils = models.CharField("认定符合的条件", max_length=20, choices=LeadCondition, blank=True)
    note = models.CharField("说明", max_length=300, blank=True)
    evidence = models.ManyToManyField(
        Evidence, blank=True, verbose_name="依据的佐证材料", related_name="+"
    )
    judged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    judged_at = models.DateTimeField("审查时间", null=True)

    class Meta:
        verbose_name = "资格审查项"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "version", "code"],
                name="one_result_per_condition_and_version",
            ),
            models.CheckConstraint(
                name="an_explained_condition_has_a_note",
                condition=~Q(result="EXPLAINED") | ~Q(note=""),
                violation_error_message="选择“说明后认可”的，请填写说明。",
            ),
            models.CheckConstraint(
                name="only_the_leads_condition_names_which",
                condition=Q(fulfils="") | Q(code=LEAD_CONDITION_CODE),
            ),
            models.CheckConstraint(
                name="a_judgement_says_who_and_when",
                condition=Q(judged_by=None, judged_at=None)
                | Q(judged_by__isnull=False, judged_at__isnull=False),
            ),
        ]

    def __str__(self):
        return f"{self.code} {self.get_result_display()}"
