"""往年名单: who was recommended and chosen in the years before the portal, from the office's files.

These are names that were published, or stood on a list that its recommending unit reported; no ID
number and no telephone is among them. That somebody stands here decides nothing.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts.characters import person
from accounts.models import RecommendingUnit
from accounts.roles import Role
from applications.earlier_years.names import KEY_LENGTH, lead_key, unit_key
from applications.recognition.text_match import compared
from applications.rounds import within


class Outcome(models.TextChoices):
    """What became of an earlier project, as far as its list tells."""

    SELECTED = "SELECTED", "入选"
    NOT_SELECTED = "NOT_SELECTED", "未入选"
    RECOMMENDED = "RECOMMENDED", "推荐（结果未知）"


# Of two lists that name the same project, the one that tells more counts.
TELLING = (Outcome.SELECTED, Outcome.NOT_SELECTED, Outcome.RECOMMENDED)


class EarlierList(models.Model):
    """往年名单: one imported list; its file is not kept."""

    year = models.PositiveSmallIntegerField("年度", validators=within("year"))
    title = models.CharField("名单名称", max_length=100)
    file_name = models.CharField("文件名", max_length=120)
    sha256 = models.CharField("SHA-256", max_length=64, db_index=True)
    imported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="导入人", related_name="+"
    )
    imported_at = models.DateTimeField("导入时间", default=timezone.now)
    # How its file was read, as `EarlierFile.choices`; empty in lists from before this was kept.
    choices = models.JSONField("读取设置", default=dict, blank=True, editable=False)

    class Meta:
        verbose_name = "往年名单"
        ordering = ["-year", "-pk"]

    def __str__(self):
        return (
            f"《{self.title}》"
            if str(self.year) in self.title
            else f"{self.year} 年《{self.title}》"
        )

    def get_absolute_url(self):
        return reverse("review:earlier_list", args=[self.pk])


class EarlierProjectQuerySet(models.QuerySet):
    """Projects of earlier years as each role may know them."""

    def visible_to(self, user):
        """The projects that a user may be told of.

        The office of all; everybody else of those that were chosen, which was published (notice,
        section 二), and a recommending unit of those that it recommended itself.
        """
        if user.role == Role.OFFICE:
            return self
        is_known = Q(outcome=Outcome.SELECTED)
        if user.role == Role.RECOMMENDER:
            is_known |= Q(recommended_by=user.recommending_unit_id)
        elif user.role != Role.APPLICANT:
            return self.none()
        return self.filter(is_known)


class EarlierProject(models.Model):
    """往年项目: one row of an imported list."""

    # What the office may correct, in the order of the notice's 附件1.
    CORRECTABLE = (
        "year", "unit", "lead", "occupation", "level", "recommending_unit", "outcome",
    )  # fmt: skip

    list = models.ForeignKey(EarlierList, models.CASCADE, related_name="projects")
    year = models.PositiveSmallIntegerField("年度", validators=within("year"))
    unit = models.CharField("单位", max_length=100, blank=True)
    lead = models.CharField("领办人", max_length=50, blank=True)
    occupation = models.CharField("工种", max_length=100, blank=True)
    level = models.CharField("技能等级", max_length=50, blank=True)
    recommending_unit = models.CharField("推荐单位", max_length=100, blank=True)
    outcome = models.CharField("结果", max_length=20, choices=Outcome)
    # Where it stands in the file: sheet and row, as Excel shows them.
    place = models.CharField("原表位置", max_length=60, blank=True)
    # The unit of the portal that the office named for `recommending_unit`, or that has its name;
    # as units are added and renamed, `notify` sets it anew.
    recommended_by = models.ForeignKey(
        RecommendingUnit, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # What is compared (`names.py`); a name that is missing has none, and is like no other.
    unit_key = models.CharField(max_length=KEY_LENGTH, null=True, editable=False)  # noqa: DJ001
    lead_key = models.CharField(max_length=KEY_LENGTH, null=True, editable=False)  # noqa: DJ001
    # What the file said before the first correction, by the names of CORRECTABLE; else empty.
    as_read = models.JSONField("原表内容", default=dict, blank=True, editable=False)
    corrected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    corrected_at = models.DateTimeField("更正时间", null=True, blank=True)

    objects = EarlierProjectQuerySet.as_manager()

    class Meta:
        verbose_name = "往年项目"
        ordering = ["-year", "pk"]
        indexes = [
            models.Index(fields=["unit_key", "year"]),
            models.Index(fields=["lead_key", "year"]),
        ]

    def __str__(self):
        return f"{self.year} 年 {self.unit} {self.lead}"

    def make_comparable(self, recommending_units):
        """Set what is compared of the names; `recommending_units` is `units_of_list()`."""
        self.lead = person(self.lead)
        self.unit_key = unit_key(self.unit) or None
        self.lead_key = lead_key(self.lead) or None
        self.recommended_by_id = recommending_units.get(compared(self.recommending_unit))

    def corrections(self):
        """Return (label, what the file said, what it was corrected to) of what was corrected."""
        changed = []
        for name, before in self.as_read.items():
            if before != getattr(self, name):
                label = str(self._meta.get_field(name).verbose_name)
                if name == "outcome":
                    changed.append((label, Outcome(before).label, self.get_outcome_display()))
                else:
                    changed.append((label, before, getattr(self, name)))
        return changed


def units_by_name():
    """Return {its name but for blanks, signs and width: key} of the portal's recommending units.

    Who recommended a project may see what became of it: a name that is only alike is not enough.
    """
    return {compared(name): pk for pk, name in RecommendingUnit.objects.values_list("pk", "name")}


def units_of_list(choices, by_name=None):
    """Return `units_by_name()` with the names that the office explained for a list (`choices`)."""
    by_name = units_by_name() if by_name is None else by_name
    known = set(by_name.values())  # one that is gone is nobody
    explained = choices.get("recommending_units", {})
    return by_name | {name: pk for name, pk in explained.items() if pk in known}


def renew_recommended_by():
    """Give the projects to whoever has their recommending unit's name now; return how many moved.

    What the office said of a name in a list holds. Units are added and renamed in `accounts`, which
    knows nothing of lists.
    """
    by_name, moved = units_by_name(), 0
    units = {
        earlier: units_of_list(choices, by_name)
        for earlier, choices in EarlierList.objects.order_by().values_list("pk", "choices")
    }
    rows = EarlierProject.objects.order_by()
    told = rows.values_list("list", "recommending_unit", "recommended_by").distinct()
    for earlier, name, pk in told:
        now = units[earlier].get(compared(name))
        if now != pk:
            same = rows.filter(list=earlier, recommending_unit=name, recommended_by=pk)
            moved += same.update(recommended_by=now)
    return moved
