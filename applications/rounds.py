"""The round: one year's call, and which evidence it requires of whom."""

import datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property

from accounts.dates import FIRST_DAY, LAST_DAY
from accounts.models import HostKind
from accounts.roles import Role
from applications.stages import SELECTED


class EvidenceCategory(models.TextChoices):
    """佐证材料 in the order of the notice, section 三 item 5."""

    CERTIFICATE = "CERTIFICATE", "领办人职业资格（职业技能等级）证书"
    ID_CARD = "ID_CARD", "领办人身份证复印件"
    ACHIEVEMENT = "ACHIEVEMENT", "主要技术技能成果支撑材料"
    HONOUR = "HONOUR", "所获荣誉或奖项的复印件或旁证材料"
    POLICE = "POLICE", "工作室领办人征求公安部门意见材料"
    VETO = "VETO", "党风廉政建设等“一票否决”情况说明"
    FOUNDING = "FOUNDING", "设立工作室的行政文件"
    PHOTOS = "PHOTOS", "技能大师工作室三室一场现场照片"
    LICENCE = "LICENCE", "企业执照（法人证书）"
    OTHER = "OTHER", "其他佐证材料"
    # Not among the notice's item 5: item 2 itself, printed here, stamped and scanned.
    STAMPED = "STAMPED", "盖章申报表"

    @property
    def help_text(self):
        """What exactly the notice asks for."""
        return EVIDENCE_HELP[self]


EVIDENCE_HELP = {
    EvidenceCategory.CERTIFICATE: "须包含照片页、等级页和职业工种页；"
    "也可上传专业技术职务证书或企业自主评价证明文件。",
    EvidenceCategory.ID_CARD: "正反两面。评审专家不会看到此项。",
    EvidenceCategory.ACHIEVEMENT: "专利证书、成果鉴定、经济效益证明等。",
    EvidenceCategory.HONOUR: "每个奖项须有佐证，无佐证的奖项不得列入一览表。",
    EvidenceCategory.POLICE: "由推荐单位征求公安部门意见后取得。",
    EvidenceCategory.VETO: "按干部人事管理权限有关规定出具。",
    EvidenceCategory.FOUNDING: "本单位设立工作室的正式文件。",
    EvidenceCategory.PHOTOS: "三室一场的现场照片。",
    EvidenceCategory.LICENCE: "企业营业执照；院校可上传事业单位法人证书。",
    EvidenceCategory.OTHER: "其他需要说明的材料。",
    EvidenceCategory.STAMPED: "打印的申报表经签字盖章后的扫描件。",
}
# What the applicant uploads as 佐证材料: everything but the stamped form.
PROOFS = tuple(category for category in EvidenceCategory if category != EvidenceCategory.STAMPED)
# Experts see no ID or bank number and no police or discipline papers (design.md section 4).
HIDDEN_FROM_EXPERTS = (
    EvidenceCategory.ID_CARD,
    EvidenceCategory.POLICE,
    EvidenceCategory.VETO,
    EvidenceCategory.STAMPED,
)


# The least and the most of each number of a round; the form and the database hold them.
BOUNDS = {
    "year": (FIRST_DAY.year, LAST_DAY.year),
    "quota": (1, 999),
    "minimum_score": (0, 100),  # criteria add up to 100
    "trim_from": (3, 99),  # of two scores nothing is left without the highest and the lowest
    "quorum_of": (1, 99),
    "quorum_out_of": (1, 99),
    "publicity_days": (1, 60),
    "retention_years": (1, 30),
    "most_files": (1, 300),
    "most_pages": (1, 5000),
}
# The procedure's dates in its order: name of the constraint, earlier, later, whether both may be
# the same, and what is wrong otherwise.
ORDER = (
    (
        "round_opens_before_it_closes",
        "opens_at",
        "closes_at",
        False,
        "申报截止时间须晚于开始时间。",
    ),
    (
        "round_closes_before_the_report_deadline",
        "closes_at",
        "report_deadline",
        True,
        "推荐单位上报截止时间不得早于申报截止时间。",
    ),
    (
        "round_is_reported_before_it_is_scored",
        "report_deadline",
        "review_deadline",
        True,
        "专家评分截止时间不得早于推荐单位上报截止时间。",
    ),
)


# The database's bounds of every date of a round, a day wider: it counts in UTC.
DAY = datetime.timedelta(days=1)
BEGIN = datetime.datetime.combine(FIRST_DAY - DAY, datetime.time(), datetime.UTC)
END = datetime.datetime.combine(LAST_DAY + DAY, datetime.time(), datetime.UTC)


def within(name):
    """Return the validators that hold a number of a round to its bounds."""
    least, most = BOUNDS[name]
    return [MinValueValidator(least), MaxValueValidator(most)]


def _in_order(name, earlier, later, may_be_the_same, sentence):
    comparison = "gte" if may_be_the_same else "gt"
    return models.CheckConstraint(
        name=name,
        condition=Q(**{f"{later}__{comparison}": F(earlier)}),
        violation_error_message=sentence,
    )


class RoundQuerySet(models.QuerySet):
    """Named filters of rounds."""

    def published(self):
        """Rounds whose call was published: for everybody but the office there are no others."""
        return self.filter(published_at__isnull=False)

    def visible_to(self, user):
        """Rounds that a user may know of: the office its drafts, too."""
        return self if getattr(user, "role", None) == Role.OFFICE else self.published()

    def open_now(self):
        """Rounds that accept submissions at this moment."""
        now = timezone.now()
        return self.published().filter(opens_at__lte=now, closes_at__gt=now)


class Round(models.Model):
    """评选批次: one year's call, with its deadlines and its scoring rules."""

    title = models.CharField("名称", max_length=100)
    document_number = models.CharField("文号", max_length=50, blank=True)
    year = models.PositiveSmallIntegerField("年度", validators=within("year"))
    notice = models.TextField("通知正文", blank=True)
    opens_at = models.DateTimeField("申报开始时间")
    closes_at = models.DateTimeField("申报截止时间")
    report_deadline = models.DateTimeField("推荐单位上报截止时间")
    review_deadline = models.DateTimeField("专家评分截止时间", null=True, blank=True)
    quota = models.PositiveSmallIntegerField("入选名额", default=20, validators=within("quota"))
    minimum_score = models.DecimalField(
        "入选最低分",
        max_digits=5,
        decimal_places=2,
        default=Decimal("60"),
        validators=within("minimum_score"),
    )
    trim_from = models.PositiveSmallIntegerField(
        "去最高分和最低分的最少评分人数",
        default=5,
        help_text="评分人数达到该数时，各去掉一个最高分和最低分。",
        validators=within("trim_from"),
    )
    half_points = models.BooleanField("可打半分", default=True)
    # Of a panel's experts, so many out of so many must have scored an application: 2 of 3.
    quorum_of = models.PositiveSmallIntegerField(
        "评分法定比例（分子）", default=2, validators=within("quorum_of")
    )
    quorum_out_of = models.PositiveSmallIntegerField(
        "评分法定比例（分母）", default=3, validators=within("quorum_out_of")
    )
    publicity_days = models.PositiveSmallIntegerField(
        "公示工作日数", default=5, validators=within("publicity_days")
    )
    # Counted from the publication of the results, or from the end of a round without any.
    retention_years = models.PositiveSmallIntegerField(
        "个人信息保存年限", default=5, validators=within("retention_years")
    )
    # Of the proofs; the stamped form has a room of its own (applications/files/evidence.py).
    most_files = models.PositiveSmallIntegerField(
        "佐证材料最多份数", default=100, validators=within("most_files")
    )
    most_pages = models.PositiveSmallIntegerField(
        "佐证材料总页数上限", default=1500, validators=within("most_pages")
    )
    # Until then it is a draft that nobody but the office sees.
    published_at = models.DateTimeField("发布时间", null=True, blank=True, editable=False)
    results_published_at = models.DateTimeField(
        "结果公布时间", null=True, blank=True, editable=False
    )
    last_number = models.PositiveIntegerField("已用受理序号", default=0, editable=False)

    objects = RoundQuerySet.as_manager()

    class Meta:
        verbose_name = "评选批次"
        ordering = ["-opens_at"]
        constraints = [
            *(_in_order(*row) for row in ORDER),
            models.CheckConstraint(
                name="round_is_of_this_century",
                condition=Q(opens_at__gte=BEGIN, report_deadline__lt=END)
                & (Q(review_deadline__lt=END) | Q(review_deadline__isnull=True)),
            ),
            models.CheckConstraint(
                name="round_keeps_its_numbers_within_bounds",
                condition=Q(**{f"{name}__range": bounds for name, bounds in BOUNDS.items()}),
            ),
            models.CheckConstraint(
                name="only_a_published_round_has_results",
                condition=Q(results_published_at__isnull=True) | Q(published_at__isnull=False),
            ),
            models.CheckConstraint(
                name="a_quorum_is_a_share",
                condition=Q(quorum_of__gte=1, quorum_of__lte=F("quorum_out_of")),
                violation_error_message="评分法定比例须不大于 1，例如 2 / 3。",
            ),
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("round", args=[self.pk])

    def clean(self):
        """Compare the dates; each that is out of order is told at the later of the two."""
        wrong = {}
        for _, earlier, later, may_be_the_same, sentence in ORDER:
            first, then = getattr(self, earlier), getattr(self, later)
            if first and then and (then < first or (then == first and not may_be_the_same)):
                wrong[later] = sentence
        if wrong:
            raise ValidationError(wrong)

    @cached_property
    def number_selected(self):
        """How many of its places are taken; counted once for this object."""
        return self.applications.filter(stage__in=SELECTED).count()

    @property
    def is_draft(self):
        """Whether its call was not published yet."""
        return self.published_at is None

    @property
    def is_open(self):
        """Whether an application can be submitted now."""
        return not self.is_draft and self.opens_at <= timezone.now() < self.closes_at

    @property
    def state(self):
        """How far the round has come, in words."""
        if self.is_draft:
            return "草稿"
        if self.results_published_at:
            return "结果已公布"
        if self.is_open:
            return "申报中"
        return "即将开始" if timezone.now() < self.opens_at else "申报已截止"

    @property
    def deadline_ahead(self):
        """The first of the deadlines until which the units may still act, as (its name, when).

        None once all are past.
        """
        now = timezone.now()
        names = ("closes_at", "report_deadline")
        ahead = [name for name in names if getattr(self, name) > now]
        if not ahead:
            return None
        return str(self._meta.get_field(ahead[0]).verbose_name), getattr(self, ahead[0])

    def quorum(self, experts):
        """How many of a panel's experts must have scored an application, rounded up."""
        return -(-experts * self.quorum_of // self.quorum_out_of)

    def required_categories(self, host_kind):
        """The evidence categories that this round requires of a host kind, in notice order."""
        required = {
            row.category for row in self.evidence_requirements.all() if row.applies_to(host_kind)
        }
        return [category for category in EvidenceCategory if category in required]


class EvidenceRequirement(models.Model):
    """Of whom a round requires one category of evidence."""

    class RequiredOf(models.TextChoices):
        NOBODY = "NOBODY", "选填"
        ALL = "ALL", "全部申报单位"
        ENTERPRISE = HostKind.ENTERPRISE.value, HostKind.ENTERPRISE.label
        SCHOOL = HostKind.SCHOOL.value, HostKind.SCHOOL.label

    round = models.ForeignKey(Round, models.CASCADE, related_name="evidence_requirements")
    category = models.CharField("材料类别", max_length=20, choices=EvidenceCategory)
    required_of = models.CharField("必须提供的单位", max_length=20, choices=RequiredOf)

    class Meta:
        verbose_name = "材料要求"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["round", "category"], name="one_requirement_per_category"
            )
        ]

    def __str__(self):
        return f"{self.get_category_display()}：{self.get_required_of_display()}"

    def applies_to(self, host_kind):
        """Whether a unit of this host kind must provide the category."""
        return self.required_of == self.RequiredOf.ALL or self.required_of == host_kind
