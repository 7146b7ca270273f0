"""抽取记录: how a panel's experts were drawn, so that it can be recomputed years later."""

import json

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone

from accounts.chains import sm3
from applications.rounds import Round
from review import drawing
from review.models.panels import Panel

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

    def print_of_content(self):
        """Return the SM3 fingerprint (64 hex digits) of what the record says now."""
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
        text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return sm3(text.encode())

    def recomputed(self):
        """Return the ids that the recorded seed, pool and exclusions give, in order.

        Raises ValueError when the pool has fewer than were drawn.
        """
        return drawing.draw(
            [each["id"] for each in self.pool],
            [each["id"] for each in self.exclusions],
            self.seed,
            self.size + self.alternates,
        )

    def first_difference(self):
        """Return where the record and its recomputation first differ, as a sentence, or None."""
        try:
            again = self.recomputed()
        except ValueError:
            return f"专家库中可抽取的人数不足 {self.size + self.alternates} 人，记录不完整。"
        names = {each["id"]: each["name"] for each in self.pool}
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
