"""Expert panels: how they are drawn, who sits, what they score, and who does not score what."""

import json
from itertools import groupby
from operator import attrgetter

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts.chains import sm3
from accounts.roles import Role
from applications.models import Application
from applications.rounds import Round
from applications.workflow.guards import moment
from review.panels import draw
from review.scoring import arithmetic
from review.shared.stroke_order import numbered_key, people_in_order, stroke_key


def in_order(panels):
    """Return panels, which come round by round, as a list: each round's as `numbered_key` says."""
    return [
        panel
        for _, of_round in groupby(panels, attrgetter("round_id"))
        for panel in sorted(of_round, key=lambda panel: numbered_key(panel.name))
    ]


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

    def seated(self, experts=None):
        """Return the panel's experts, or those given, as they are listed: first the leader.

        Uses prefetched `experts`.
        """
        experts = people_in_order(self.experts.all() if experts is None else experts)
        return sorted(experts, key=lambda expert: expert.pk != self.leader_id)

    def in_words(self):
        """Return who is on the panel, as a dict of label → text, for the log of changes."""
        alternates = self.alternates.select_related("expert")
        words = {
            "组长": self.leader.name,
            "专家": "、".join(sorted(self.experts.values_list("name", flat=True), key=stroke_key)),
            "候补": "、".join(alternate.expert.name for alternate in alternates),
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

    def scorers(self, members=None):
        """Return the keys of the experts who have to score the application, as a set.

        The panel's experts and the alternates who step in, without those recused from it.
        `members` are the keys of the panel's experts at another time than now. Reads prefetched
        `experts` of the panel and `recusals` of the application.
        """
        if members is None:
            members = {expert.pk for expert in self.panel.experts.all()}
        recusals = list(self.application.recusals.all())
        alternates = {recusal.alternate_id for recusal in recusals if recusal.alternate_id}
        return (members | alternates) - {recusal.expert_id for recusal in recusals}

    @property
    def leading(self):
        """The key of whoever concludes the application.

        The panel's leader; when the leader is recused, the first of its other experts, by account,
        who is not (代理组长). None when all are recused.
        """
        recused = {recusal.expert_id for recusal in self.application.recusals.all()}
        if self.panel.leader_id not in recused:
            return self.panel.leader_id
        others = {expert.pk for expert in self.panel.experts.all()} - recused
        return min(others, default=None)

    def recompute(self):
        """Set and save the mean anew: submitted sheets count, of those who have to score it.

        Call it with the application locked.
        """
        submitted = self.application.score_sheets.filter(submitted_at__isnull=False)
        totals = submitted.filter(expert__in=self.scorers()).values_list("total", flat=True)
        self.mean = arithmetic.mean(totals, self.application.round.trim_from)
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


# Two alternates stand by, in order.
ALTERNATES = 2


class Draw(models.Model):
    """One draw: seed, pool, exclusions and result; never changed.

    `pool` is a list of {id, name, employer, occupation} in order of id, `exclusions` one of
    {id, name, reason}, `waived` one of {id, name, proposed, reason}: whom the portal proposed to
    exclude, and why the office drew from them all the same; `result` the ids drawn, in order:
    `size` experts, then the alternates. The first one drawn is proposed as leader.
    """

    round = models.ForeignKey(Round, models.PROTECT, verbose_name="评选批次", related_name="draws")
    panel = models.OneToOneField(Panel, models.PROTECT, verbose_name="专家组", related_name="draw")
    seed = models.CharField("种子", max_length=100)
    size = models.PositiveSmallIntegerField("专家人数", validators=[MinValueValidator(1)])
    alternates = models.PositiveSmallIntegerField("候补人数", default=ALTERNATES)
    pool = models.JSONField("专家库")
    exclusions = models.JSONField("排除", default=list)
    waived = models.JSONField("未采纳的排除建议", default=list)
    result = models.JSONField("结果")
    fingerprint = models.CharField("记录指纹", max_length=64, editable=False)
    drawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="经办人", related_name="+"
    )
    drawn_at = models.DateTimeField("抽取时间", default=timezone.now)

    class Meta:
        verbose_name = "抽取记录"
        ordering = ["-drawn_at", "-pk"]

    def __str__(self):
        return f"{self.round} {self.panel}抽取记录"

    def save(self, *args, **kwargs):
        """Save a new record with its fingerprint; raises TypeError for one already saved."""
        if self.pk:
            raise TypeError("A draw is never changed.")
        self.fingerprint = self.print_of_content()
        super().save(*args, **kwargs)

    def get_absolute_url(self):
        return reverse("review:draw", args=[self.pk])

    def delete(self, *args, **kwargs):
        """Raise TypeError: a draw stays on record."""
        raise TypeError("A draw is never deleted.")

    def content(self):
        """Return what the record says, as JSON-ready data."""
        content = {
            "round": self.round_id,
            "panel": self.panel_id,
            "drawn_by": self.drawn_by_id,
            "drawn_at": self.drawn_at.astimezone(timezone.get_default_timezone()).isoformat(),
            **{
                name: getattr(self, name)
                for name in ("seed", "size", "alternates", "pool", "exclusions", "result")
            },
        }
        if self.waived:  # draws from before there were any keep their fingerprints
            content["waived"] = self.waived
        return content

    def print_of_content(self):
        """Return the SM3 fingerprint (64 hex digits) of what the record says now."""
        content = self.content()
        text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return sm3(text.encode())

    def recomputed(self):
        """Return the ids that the recorded seed, pool and exclusions give, in order.

        Raises ValueError when the pool has fewer than were drawn.
        """
        return draw.draw(
            [row["id"] for row in self.pool],
            [row["id"] for row in self.exclusions],
            self.seed,
            self.size + self.alternates,
        )

    def first_difference(self):
        """Return where the record and its recomputation first differ, as a sentence, or None."""
        try:
            again = self.recomputed()
        except ValueError:
            return f"专家库中可抽取的人数不足 {self.size + self.alternates} 人，记录不完整。"
        names = {row["id"]: row["name"] for row in self.pool}
        for number, expected in enumerate(again, start=1):
            recorded = self.result[number - 1] if number <= len(self.result) else None
            if recorded != expected:
                was = names.get(recorded, "无此人" if recorded else "空缺")
                return f"第 {number} 位：记录为{was}，重新计算为{names[expected]}。"
        if len(self.result) > len(again):
            return f"记录了 {len(self.result)} 人，应为 {len(again)} 人。"
        if self.fingerprint != self.print_of_content():
            return "抽取结果与种子相符，但记录的内容与保存时的指纹不符，记录已被改动。"
        return None


# What an expert agrees to before any material opens; `Attendance.pledge` keeps it as it was read.
PLEDGE = """\
本人受聘担任{round}{panel}评审专家，郑重承诺：
一、严格按照评选通知规定的条件和评分标准，独立、客观、公正地评审，对本人的评分和意见负责。
二、如实申报与申报单位、工作室领办人及其成员的利害关系，应当回避的主动回避。
三、严守评审秘密，不泄露申报材料、评分、评审意见和评审专家信息，不复制、不留存、不外传评审材料。
四、不接受申报单位及相关人员的宴请、财物或其他可能影响公正评审的安排，遇有请托及时报告评审办公室。
五、遵守评审纪律和时限要求，违反承诺的，愿意承担相应责任。"""


class Attendance(models.Model):
    """签到: one expert's way into one panel, step by step."""

    panel = models.ForeignKey(Panel, models.CASCADE, related_name="attendances")
    expert = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="attendances")
    signed_in_at = models.DateTimeField("签到时间", default=timezone.now)
    declared_at = models.DateTimeField("申报利害关系时间", null=True, blank=True)
    pledged_at = models.DateTimeField("承诺时间", null=True, blank=True)
    # The very text agreed to, with the expert's name and the time.
    pledge = models.TextField("承诺书", blank=True)

    class Meta:
        verbose_name = "签到"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["panel", "expert"], name="one_attendance_per_expert_and_panel"
            ),
            models.CheckConstraint(
                name="a_pledge_is_kept_with_its_time",
                condition=Q(pledged_at__isnull=True, pledge="")
                | (Q(pledged_at__isnull=False, declared_at__isnull=False) & ~Q(pledge="")),
            ),
        ]

    def __str__(self):
        return f"{self.expert}：{self.panel}"

    def declare_none(self, *applications):
        """Declare, now, to have no interest in the applications."""
        self.declared_at = timezone.now()
        self.save(update_fields=["declared_at"])
        Declaration.objects.bulk_create(
            [
                Declaration(attendance=self, application=application, declared_at=self.declared_at)
                for application in applications
            ],
            ignore_conflicts=True,
        )

    def give_pledge(self):
        """Keep the text that the expert agrees to now, with name and time."""
        self.pledged_at = timezone.now()
        self.pledge = (
            f"{pledge_of(self.panel)}\n\n承诺人：{self.expert.name}\n{moment(self.pledged_at)}"
        )
        self.save(update_fields=["pledged_at", "pledge"])


class Declaration(models.Model):
    """申报利害关系: an expert has declared to have none with an application.

    Whoever has one is on record as recused (`Recusal`).
    """

    attendance = models.ForeignKey(Attendance, models.CASCADE, related_name="declarations")
    application = models.ForeignKey(Application, models.CASCADE, related_name="declarations")
    declared_at = models.DateTimeField("申报时间", default=timezone.now)

    class Meta:
        verbose_name = "无利害关系申报"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["attendance", "application"], name="one_declaration_per_application"
            )
        ]

    def __str__(self):
        return f"{self.attendance.expert}与{self.application}无利害关系"


class Replacement(models.Model):
    """更换专家: an alternate takes the seat of an absent expert, for the whole panel."""

    panel = models.ForeignKey(Panel, models.CASCADE, related_name="replacements")
    absent = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    alternate = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reason = models.CharField("更换理由", max_length=300)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField("更换时间", default=timezone.now)

    class Meta:
        verbose_name = "更换专家"
        ordering = ["pk"]

    def __str__(self):
        return f"{self.panel}：{self.alternate} 更换 {self.absent}"


def pledge_of(panel):
    """The text of the pledge, for a panel."""
    return PLEDGE.format(round=panel.round.title, panel=panel.name)
