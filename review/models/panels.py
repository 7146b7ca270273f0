"""Expert panels, what they are assigned, and who does not score what."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.roles import Role
from applications.models import Application
from applications.rounds import Round
from review import scoring


class Panel(models.Model):
    """专家组: experts with a leader, scoring the applications assigned to them."""

    round = models.ForeignKey(Round, models.PROTECT, related_name="panels")
    name = models.CharField("名称", max_length=50)
    leader = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name="组长",
        related_name="led_panels",
        limit_choices_to={"role": Role.EXPERT},
    )
    experts = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        verbose_name="专家",
        related_name="panels",
        limit_choices_to={"role": Role.EXPERT},
        help_text="组长也须列入。",
    )

    class Meta:
        verbose_name = "专家组"
        ordering = ["round", "name"]
        constraints = [
            models.UniqueConstraint(fields=["round", "name"], name="one_panel_per_name_and_round")
        ]

    def __str__(self):
        return self.name

    def in_words(self):
        """Return who is on the panel, as a dict of label → text, for the log of changes."""
        alternates = self.alternates.select_related("expert")
        words = {
            "组长": self.leader.name,
            "专家": "、".join(self.experts.order_by("pk").values_list("name", flat=True)),
            "候补": "、".join(each.expert.name for each in alternates),
        }
        return {f"{self.name}{label}": text for label, text in words.items()}


class Alternate(models.Model):
    """候补专家: who steps in, in order, when one of a panel's experts is recused or absent."""

    panel = models.ForeignKey(Panel, models.CASCADE, related_name="alternates")
    expert = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="alternate_seats"
    )
    position = models.PositiveSmallIntegerField("候补顺序")

    class Meta:
        verbose_name = "候补专家"
        ordering = ["panel", "position"]
        constraints = [
            models.UniqueConstraint(fields=["panel", "expert"], name="one_seat_per_alternate"),
            models.UniqueConstraint(
                fields=["panel", "position"], name="one_alternate_per_position"
            ),
        ]

    def __str__(self):
        return f"{self.expert}（候补 {self.position}）"


class PanelAssignment(models.Model):
    """Which panel scores an application."""

    application = models.OneToOneField(Application, models.CASCADE, related_name="panel_assignment")
    panel = models.ForeignKey(Panel, models.PROTECT, related_name="assignments")
    # Kept here by `recompute()`, so that lists can be ordered by it.
    mean = models.DecimalField("平均分", max_digits=5, decimal_places=2, null=True, editable=False)

    class Meta:
        verbose_name = "专家组分配"

    def __str__(self):
        return f"{self.panel}：{self.application}"

    def scorers(self):
        """Return the keys of the experts who have to score the application.

        The panel's experts, but for those recused from it; with the alternates who step in.
        """
        recusals = list(self.application.recusals.all())
        recused = {each.expert_id for each in recusals}
        stepped_in = {each.alternate_id for each in recusals if each.alternate_id}
        experts = {expert.pk for expert in self.panel.experts.all()}
        return (experts | stepped_in) - recused

    @property
    def leading(self):
        """The key of whoever concludes the application.

        The panel's leader; when the leader is recused, the first of its other experts, by account,
        who is not (代理组长). None when all are recused.
        """
        recused = {each.expert_id for each in self.application.recusals.all()}
        if self.panel.leader_id not in recused:
            return self.panel.leader_id
        rest = {expert.pk for expert in self.panel.experts.all()} - recused
        return min(rest, default=None)

    def recompute(self):
        """Set and save the mean anew: submitted sheets count, of those who have to score it.

        Call it with the application locked.
        """
        submitted = self.application.score_sheets.filter(submitted_at__isnull=False)
        totals = submitted.filter(expert__in=self.scorers()).values_list("total", flat=True)
        self.mean = scoring.mean(totals, self.application.round.trim_from)
        self.save(update_fields=["mean"])


class Recusal(models.Model):
    """回避: an expert who must not see or score an application, and who steps in instead."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="recusals")
    expert = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="recusals")
    reason = models.CharField("回避理由", max_length=300)
    is_automatic = models.BooleanField("由系统判定", default=False)
    alternate = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="递补专家",
        related_name="substitutions",
    )
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField("记录时间", default=timezone.now)

    class Meta:
        verbose_name = "回避"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "expert"], name="one_recusal_per_expert_and_application"
            )
        ]

    def __str__(self):
        return f"{self.expert}回避：{self.application}"
