"""Accounts and the two kinds of unit they act for."""

import datetime
import re

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from stdnum.cn import uscc

from accounts.audit import AuditEntry  # noqa: F401
from accounts.roles import Role


class UnitNature(models.TextChoices):
    """单位性质 of 附件2."""

    STATE = "STATE", "国有企业"
    PRIVATE = "PRIVATE", "民营企业"
    FOREIGN = "FOREIGN", "外商及港澳台投资企业"
    COLLECTIVE = "COLLECTIVE", "集体企业"
    INSTITUTION = "INSTITUTION", "事业单位"
    OTHER = "OTHER", "其他"


class HostKind(models.TextChoices):
    """依托单位: the kind of unit that hosts the studio (notice, section 一 (二) and (三))."""

    ENTERPRISE = "ENTERPRISE", "企业"
    SCHOOL = "SCHOOL", "职业院校（高技能人才培训基地）"


# 登记管理部门 and 机构类别 may be letters (N2 rural collectives, Y1 others), the six digits of
# the district may not; no letter that looks like a digit or another (GB 32100-2015, 4.2).
CREDIT_CODE = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}", re.ASCII)


def is_credit_code(value):
    """Whether a text is a 统一社会信用代码 with the right check digit (GB 32100-2015).

    `uscc.is_valid` is stricter and wrong here: it wants digits in the first two places.
    """
    return bool(CREDIT_CODE.fullmatch(value)) and uscc.calc_check_digit(value[:17]) == value[17]


def validate_uscc(value):
    """Check a 统一社会信用代码, unless the administrator has admitted this very one.

    Raises ValidationError with a sentence the user can act on.
    """
    if not is_credit_code(value) and not AdmittedCode.objects.filter(code=value).exists():
        raise ValidationError(
            "统一社会信用代码应为 18 位，且校验码须正确，请对照营业执照核对；"
            "确与证照一致仍不能通过的，请与评审办公室联系。"
        )


validate_mobile = RegexValidator(r"^1[3-9]\d{9}$", "请填写 11 位手机号码。")
validate_postcode = RegexValidator(r"^[0-9]{6}$", "邮政编码应为 6 位数字。")


class RecommendingUnit(models.Model):
    """推荐单位: who verifies, ranks and reports (notice, section 二)."""

    class Kind(models.TextChoices):
        DISTRICT = "DISTRICT", "区人社局"
        INDUSTRY = "INDUSTRY", "市直行业主管部门"
        SELF = "SELF", "自行推荐单位"

    code = models.SlugField("代码", max_length=20, unique=True)
    name = models.CharField("名称", max_length=100, unique=True)
    kind = models.CharField("类别", max_length=10, choices=Kind)
    position = models.PositiveSmallIntegerField("顺序", default=0)
    is_active = models.BooleanField("可选", default=True)

    class Meta:
        verbose_name = "推荐单位"
        ordering = ["position", "code"]

    def __str__(self):
        return self.name


class AdmittedCode(models.Model):
    """A 统一社会信用代码 whose check digit is not the standard's, admitted by the administrator."""

    code = models.CharField("统一社会信用代码", max_length=18, unique=True)
    reason = models.CharField("理由", max_length=300)
    admitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    admitted_at = models.DateTimeField("登记时间", default=timezone.now)

    class Meta:
        verbose_name = "特许的统一社会信用代码"
        ordering = ["-admitted_at"]

    def __str__(self):
        return self.code


class ApplyingUnit(models.Model):
    """申报单位: an enterprise or a school that proposes a studio."""

    # So many people of one unit may work on its applications.
    ACCOUNT_LIMIT = 10

    name = models.CharField("单位名称", max_length=100)
    uscc = models.CharField(
        "统一社会信用代码", max_length=18, unique=True, validators=[validate_uscc]
    )
    nature = models.CharField("单位性质", max_length=20, choices=UnitNature)
    host_kind = models.CharField("依托单位类别", max_length=20, choices=HostKind)
    recommending_unit = models.ForeignKey(
        RecommendingUnit, models.PROTECT, verbose_name="推荐单位", related_name="applying_units"
    )
    address = models.CharField("通信地址", max_length=200)
    contact_name = models.CharField("联系人", max_length=50)
    contact_mobile = models.CharField("手机", max_length=11, validators=[validate_mobile])
    created_at = models.DateTimeField("注册时间", auto_now_add=True)
    # Until when somebody has to confirm the address that was typed at the registration; empty for
    # units that others vouch for. After that it holds nothing (`accounts.registration`).
    confirm_by = models.DateTimeField("验证期限", null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "申报单位"
        ordering = ["name"]
        indexes = [models.Index(fields=["confirm_by"])]

    def __str__(self):
        return self.name

    @property
    def first_account(self):
        """The account in use that was there first: it invites and removes colleagues."""
        return self.users.in_use().order_by("pk").first()


class UnitCorrection(models.Model):
    """更正: what the office put right in a unit's registration, and why; never changed."""

    applying_unit = models.ForeignKey(ApplyingUnit, models.PROTECT, related_name="corrections")
    name_before = models.CharField("原单位名称", max_length=100)
    name = models.CharField("单位名称", max_length=100)
    host_kind_before = models.CharField("原依托单位类别", max_length=20, choices=HostKind)
    host_kind = models.CharField("依托单位类别", max_length=20, choices=HostKind)
    reason = models.CharField("更正理由", max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField("更正时间", default=timezone.now)

    class Meta:
        verbose_name = "单位信息更正"
        ordering = ["-at", "-pk"]

    def __str__(self):
        changes = []
        if self.name != self.name_before:
            changes.append(f"单位名称由“{self.name_before}”更正为“{self.name}”")
        if self.host_kind != self.host_kind_before:
            changes.append(
                f"依托单位类别由“{self.get_host_kind_before_display()}”"
                f"更正为“{self.get_host_kind_display()}”"
            )
        return "，".join(changes)


class UserManager(BaseUserManager):
    """Makes users whose login name is their e-mail address."""

    def create_user(self, email, password=None, **fields):
        """Save and return a user; without a password nobody can log in until one is set."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email, password=None, **fields):
        """Save and return an administrator."""
        return self.create_user(email, password, **{"role": Role.ADMIN, **fields})

    def in_use(self):
        """Active accounts whose owner has set a password, and so has proved the address."""
        return self.filter(is_active=True).exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX)


class User(AbstractUser):
    """An account. Its one role says what it may do; its unit says for whom."""

    # What an account is looked up by.
    FOUND_BY = ("name", "email", "applying_unit__name", "recommending_unit__name")

    username = None
    first_name = None
    last_name = None
    email = models.EmailField("电子邮箱", unique=True)
    name = models.CharField("姓名", max_length=50)
    role = models.CharField("角色", max_length=20, choices=Role, default=Role.APPLICANT)
    applying_unit = models.ForeignKey(
        ApplyingUnit,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="申报单位",
        related_name="users",
    )
    recommending_unit = models.ForeignKey(
        RecommendingUnit,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="推荐单位",
        related_name="users",
    )
    # For experts only; printed on the panel's list, never shown to applicants.
    employer = models.CharField("工作单位", max_length=100, blank=True)
    title = models.CharField("职称", max_length=50, blank=True)
    occupation = models.CharField("专业工种", max_length=100, blank=True)
    invited_at = models.DateTimeField("最近邀请时间", null=True, blank=True, editable=False)
    # Kept by `Message.objects`, so that the top bar of every page shows it without a query.
    unread_messages = models.PositiveIntegerField("未读消息数", default=0, editable=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]
    objects = UserManager()

    class Meta:
        verbose_name = "账号"
        ordering = ["role", "name"]
        indexes = [
            models.Index(fields=["role", "name"]),
            # The accounts made last, on the administrator's home page.
            models.Index(fields=["date_joined", "id"]),
        ]
        constraints = [
            models.CheckConstraint(
                name="applicant_has_applying_unit",
                condition=Q(role=Role.APPLICANT, applying_unit__isnull=False)
                | (~Q(role=Role.APPLICANT) & Q(applying_unit__isnull=True)),
                violation_error_message="申报单位账号须且只能属于一个申报单位。",
            ),
            models.CheckConstraint(
                name="recommender_has_recommending_unit",
                condition=Q(role=Role.RECOMMENDER, recommending_unit__isnull=False)
                | (~Q(role=Role.RECOMMENDER) & Q(recommending_unit__isnull=True)),
                violation_error_message="推荐单位账号须且只能属于一个推荐单位。",
            ),
        ]

    def __str__(self):
        return self.name or self.email

    def save(self, *args, **kwargs):
        """Save, but for the number of unread messages: it may have changed since it was read."""
        if not self._state.adding and kwargs.get("update_fields") is None:
            kept_out = {self._meta.pk.name, "unread_messages", *self.get_deferred_fields()}
            kwargs["update_fields"] = [
                field.name
                for field in self._meta.concrete_fields
                if field.name not in kept_out and field.attname not in kept_out
            ]
        super().save(*args, **kwargs)

    def set_active(self, is_active):
        """Open or close the account; closing it ends its sessions (`IdleMiddleware`)."""
        self.is_active = is_active
        self.save(update_fields=["is_active"])

    def mark_invited(self, pause):
        """Write down that an invitation is sent now; return False if one was sent within `pause`.

        The condition is the update's own: of two clicks at once one gets True.
        """
        now = timezone.now()
        waited = User.objects.filter(pk=self.pk).exclude(invited_at__gt=now - pause)
        return bool(waited.update(invited_at=now))

    def get_full_name(self):
        return self.name

    def get_short_name(self):
        return self.name

    @property
    def unit_name(self):
        """The name of the body the user acts for, as shown in the top bar and on opinions."""
        unit = self.applying_unit or self.recommending_unit
        return unit.name if unit else self.get_role_display()

    @property
    def is_invited(self):
        """Whether the account still waits for its owner to set the first password."""
        return self.is_active and not self.has_usable_password()

    @property
    def is_invitation_over(self):
        """Whether the link of the last invitation no longer works, unused."""
        lasts = datetime.timedelta(days=settings.INVITATION_DAYS)
        return self.is_invited and (
            self.invited_at is None or self.invited_at + lasts < timezone.now()
        )
