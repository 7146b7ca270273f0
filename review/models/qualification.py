"""The review office's qualification of an application."""

from django.db import models
from django.db.models import Q

from applications.models import Application


class QualificationCheck(models.Model):
    """One eligibility condition of the notice's section 一, as the office judged it."""

    class Result(models.TextChoices):
        MET = "MET", "符合"
        EXPLAINED = "EXPLAINED", "说明后认可"
        NOT_MET = "NOT_MET", "不符合"

    application = models.ForeignKey(
        Application, models.CASCADE, related_name="qualification_checks"
    )
    code = models.CharField("条件", max_length=20)
    result = models.CharField("结论", max_length=10, choices=Result)
    note = models.CharField("说明", max_length=300, blank=True)

    class Meta:
        verbose_name = "资格审查项"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "code"], name="one_result_per_condition"
            ),
            models.CheckConstraint(
                name="an_explained_condition_has_a_note",
                condition=~Q(result="EXPLAINED") | ~Q(note=""),
                violation_error_message="选择“说明后认可”的，请填写说明。",
            ),
        ]

    def __str__(self):
        return f"{self.code} {self.get_result_display()}"
