"""The record: one application, its awards, members and files.

Rounds are in `rounds.py`; versions, events, opinions and remarks in `records.py`.
"""

import datetime
import uuid
from decimal import Decimal
from functools import lru_cache
from pathlib import PurePosixPath

from django.conf import settings
from django.core.validators import FileExtensionValidator
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts.models import ApplyingUnit, HostKind, RecommendingUnit, UnitNature
from accounts.telephones import readable
from applications.earlier_years.records import EarlierList, EarlierProject  # noqa: F401
from applications.earlier_years.waiting import EarlierFile  # noqa: F401
from applications.files.rendition import STORED_ENDINGS, Shown
from applications.files.signature_words import is_doubtful, sentences_of
from applications.files.virus_state import Scan, Scanned
from applications.form.cells import stated
from applications.form.word.kept_reading import KeptReading  # noqa: F401
from applications.national_codes import ETHNICITIES, POLITICAL_STATUSES, Sex, SkillLevel
from applications.notify.calendar.models import CalendarAddress  # noqa: F401
from applications.notify.channels.models import AllowedHost, Channel, Delivery  # noqa: F401
from applications.notify.inbox import Message  # noqa: F401
from applications.notify.workers import Worker  # noqa: F401
from applications.permissions import ApplicationQuerySet
from applications.recognition.page_terms import PageTerms, PageTrace  # noqa: F401
from applications.recognition.records import FileText, FindingMark, PageText  # noqa: F401
from applications.records import (  # noqa: F401
    VERSIONS,
    Event,
    FormPrint,
    Opinion,
    Remark,
    Submission,
    read_related,
)
from applications.rounds import EvidenceCategory, EvidenceRequirement, Round  # noqa: F401
from applications.search import SHOWN, SearchText, renewal  # noqa: F401
from applications.stages import EDITABLE, PRIVATE, Stage, public_stage
from applications.trust.encryption import BlindIndexField, EncryptedTextField, blind_index


class LeadCondition(models.TextChoices):
    """The three alternatives of the notice, section 一 (一)."""

    TITLE = (
        "TITLE",
        "获得“中华技能大奖”、“全国技术能手”、“国务院特殊津贴”、“省政府特殊津贴”、"
        "“湖北省突出贡献人才”、“武汉工匠”、省市“技能大师”和“首席技师”称号",
    )
    CRAFT = (
        "CRAFT",
        "具有一定的绝技绝活，掌握传统技能、民间绝技，并在积极挖掘和传承传统工艺上作出较大贡献，"
        "在省内具有较高的声誉",
    )
    INNOVATION = (
        "INNOVATION",
        "积极开展技术技能革新，在行业内取得有一定影响的发明创造或革新成果，并产生较大的经济效益",
    )


def title_of_studio(lead_name, unit_name):
    """How a studio is called before it has a name: lead, or unit while there is no lead."""
    if lead_name:
        return f"{lead_name}技能大师工作室"
    return f"{unit_name or '未命名'}（领办人未填）"


class Application(models.Model):
    """申报: one studio proposed in one round; every field of 附件2, labelled as printed there.

    Fields are optional in the database so that a draft can always be saved;
    `form/completeness.py` says what a submission needs. Only `workflow.perform()` writes `stage`.
    """

    # --- The record ---
    round = models.ForeignKey(Round, models.PROTECT, related_name="applications")
    applying_unit = models.ForeignKey(ApplyingUnit, models.PROTECT, related_name="applications")
    recommending_unit = models.ForeignKey(
        RecommendingUnit, models.PROTECT, verbose_name="推荐单位", related_name="applications"
    )
    # While it is being redirected: the unit that it comes from.
    redirected_from = models.ForeignKey(
        RecommendingUnit,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="转交单位",
        related_name="+",
    )
    host_kind = models.CharField("依托单位类别", max_length=20, choices=HostKind)
    number = models.CharField("受理编号", max_length=20, unique=True, null=True, editable=False)  # noqa: DJ001 - unique, and a draft has none
    stage = models.CharField("阶段", max_length=20, choices=Stage, default=Stage.DRAFT)
    stage_entered_at = models.DateTimeField("进入本阶段时间", default=timezone.now)
    revision = models.PositiveIntegerField(default=0, editable=False)
    return_deadline = models.DateTimeField("修改期限", null=True, blank=True)
    rank = models.PositiveSmallIntegerField("推荐排序", null=True, blank=True)
    created_at = models.DateTimeField("创建时间", auto_now_add=True)
    edited_at = models.DateTimeField("最后编辑时间", default=timezone.now)
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    # Its personal data was erased, past the round's retention period (`review.rounds.retention`).
    erased_at = models.DateTimeField("个人信息清除时间", null=True, blank=True, editable=False)

    # --- 附件2: the unit ---
    unit_name = models.CharField("申报单位名称", max_length=100, blank=True)
    unit_nature = models.CharField("单位性质", max_length=20, choices=UnitNature, blank=True)
    principal = models.CharField("负责人", max_length=50, blank=True)
    principal_phone = models.CharField(
        "办公电话",
        max_length=60,
        blank=True,
        help_text="负责人的电话，多个号码用“、”隔开。",
    )
    contact_name = models.CharField("联系人", max_length=50, blank=True)
    contact_phone = models.CharField(
        "办公电话",
        max_length=60,
        blank=True,
        help_text="联系人的电话，多个号码用“、”隔开。",
    )
    contact_mobile = models.CharField("手机", max_length=20, blank=True)
    email = models.CharField("E-mail", max_length=100, blank=True)
    fax = models.CharField("传真", max_length=60, blank=True)
    address = models.CharField("通信地址", max_length=200, blank=True)
    postcode = models.CharField("邮政编码", max_length=10, blank=True)
    bank_name = models.CharField(
        "开户银行", max_length=100, blank=True, help_text="填写到支行，例如：某某银行武汉江岸支行。"
    )
    bank_account = EncryptedTextField(
        "资金账号", max_length=40, blank=True, help_text="加密保存，其他人只见前 3 位和后 4 位。"
    )

    # --- 附件2: the lead ---
    lead_name = models.CharField("技能大师姓名", max_length=50, blank=True)
    lead_sex = models.CharField("性别", max_length=1, choices=Sex, blank=True)
    lead_ethnicity = models.CharField(
        "民族",
        max_length=2,
        choices=ETHNICITIES,
        blank=True,
        help_text="未识别民族和持外国人永久居留身份证的，选“其他”；已入籍的，选“外国血统中国籍人士”。",
    )
    lead_birth = models.CharField(
        "出生年月", max_length=20, blank=True, help_text="须与身份证号一致，例如 1980-05。"
    )
    lead_work_start = models.CharField(
        "参加工作时间", max_length=20, blank=True, help_text="年和月，例如 2002-07。"
    )
    lead_politics = models.CharField(
        "政治面貌", max_length=2, choices=POLITICAL_STATUSES, blank=True
    )
    lead_id_number = EncryptedTextField(
        "身份证号",
        max_length=18,
        blank=True,
        help_text="持外国人永久居留身份证的，填写证件上以 9 开头的 18 位号码。"
        "加密保存，其他人只见前 3 位和后 4 位。",
    )
    lead_id_index = BlindIndexField(max_length=64, blank=True, db_index=True, editable=False)
    lead_position = models.CharField("工作单位及职务", max_length=100, blank=True)
    lead_occupation = models.CharField(
        "从事职业（工种）",
        max_length=50,
        blank=True,
        help_text="与职业技能等级证书一致，例如：焊工。",
    )
    lead_skill_level = models.CharField(
        "职业技能等级", max_length=1, choices=SkillLevel, blank=True, help_text="须为技师或以上。"
    )
    lead_post = models.CharField("岗位", max_length=50, blank=True, help_text="列入一览表。")
    lead_condition = models.CharField(
        "符合的领办人条件", max_length=20, choices=LeadCondition, blank=True
    )
    lead_condition_basis = models.TextField(
        "领办人符合条件的说明",
        max_length=500,
        blank=True,
        help_text="写明称号、成果或绝技绝活及其依据。",
    )
    lead_is_fit = models.BooleanField("领办人身体健康，能够承担工作室日常工作", default=False)

    # --- 附件2: the studio ---
    studio_occupation = models.CharField(
        "工作室职业（工种）", max_length=50, blank=True, help_text="印在申报表封面。"
    )
    studio_location = models.CharField("工作室地点", max_length=200, blank=True)
    studio_area = models.DecimalField(
        "工作室面积", max_digits=8, decimal_places=1, null=True, blank=True, help_text="平方米。"
    )
    studio_facilities = models.TextField("工作室基本设施", max_length=500, blank=True)
    studio_founding_document = models.CharField(
        "工作室成立文件", max_length=200, blank=True, help_text="文件名称和文号，列入一览表。"
    )
    studio_status = models.TextField(
        "工作室建设情况", max_length=800, blank=True, help_text="列入一览表。"
    )

    # --- 附件2: achievements ---
    achievements = models.TextField(
        "技能大师工作业绩、获省部级以上奖励或国家专利情况、主要创新发明等情况（可另附页）",
        max_length=6000,
        blank=True,
    )
    main_results = models.TextField(
        "主要成绩", max_length=1000, blank=True, help_text="列入一览表，请概括填写。"
    )

    # --- 附件2: 申报单位意见, given before the form is printed for the stamp ---
    opinion_text = models.TextField("申报单位意见", max_length=1000, blank=True)
    opinion_signatory = models.CharField("签署人", max_length=50, blank=True)
    opinion_signed_on = models.DateField("日期", null=True, blank=True)

    # --- Material 3: 申报报告, in the notice's four parts ---
    report_occupation = models.TextField(
        "申报技能大师工作室职业（工种）", max_length=1000, blank=True
    )
    report_necessity = models.TextField(
        "技能大师工作室成立的必要性和现有优势", max_length=3000, blank=True
    )
    report_lead = models.TextField("技能大师简介", max_length=2000, blank=True)
    report_plan = models.TextField("技能大师工作室计划目标", max_length=3000, blank=True)

    # --- Material 4: 申报单位高技能人才建设情况 ---
    talent_status = models.TextField("申报单位高技能人才建设情况", max_length=3000, blank=True)
    training_fund = models.DecimalField(
        "职工教育经费",
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="上一年度提取总额，万元。",
    )
    training_fund_skilled = models.DecimalField(
        "其中用于高技能人才培养、交流等方面的费用",
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="万元。依托企业建立工作室的，不低于职工教育经费的 50%。",
    )
    host_condition_basis = models.TextField("依托单位符合条件的说明", max_length=1000, blank=True)

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        verbose_name = "申报"
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["stage", "stage_entered_at", "id"]),
            models.Index(fields=["recommending_unit", "stage", "stage_entered_at", "id"]),
            models.Index(fields=["applying_unit", "id"]),
            models.Index(fields=["stage", "return_deadline"]),
            models.Index(fields=["round", "stage", "recommending_unit", "rank"]),
            # What is counted by recommending unit: without it every round is read.
            models.Index(fields=["round", "recommending_unit", "stage"]),
        ]
        constraints = [
            models.CheckConstraint(
                name="only_a_draft_has_no_number",
                condition=Q(stage__in=PRIVATE) | Q(number__isnull=False),
            ),
            models.CheckConstraint(
                name="a_return_has_a_deadline",
                condition=~Q(stage=Stage.RETURNED) | Q(return_deadline__isnull=False),
            ),
            models.CheckConstraint(
                name="only_a_redirected_one_says_from_where",
                condition=Q(stage=Stage.REDIRECTING, redirected_from__isnull=False)
                | (~Q(stage=Stage.REDIRECTING) & Q(redirected_from__isnull=True)),
            ),
            models.CheckConstraint(
                name="an_own_opinion_is_signed_and_dated",
                condition=Q(opinion_text="")
                | (~Q(opinion_signatory="") & Q(opinion_signed_on__isnull=False)),
            ),
        ]

    def __str__(self):
        return f"{self.number or '未提交'} {self.studio_title}"

    def save(self, *args, update_fields=None, **kwargs):
        """Save it; what it is found by follows what rows show of it, once the worker comes."""
        if update_fields is not None and set(SHOWN).isdisjoint(update_fields):
            super().save(*args, update_fields=update_fields, **kwargs)
            return
        with transaction.atomic():
            super().save(*args, update_fields=update_fields, **kwargs)
            renewal.enqueue(self.pk)

    def get_absolute_url(self):
        return reverse("applications:overview", args=[self.pk])

    @property
    def stage_enum(self):
        """The stage as a `Stage`, for its owner and public label."""
        return Stage(self.stage)

    @property
    def public_stage(self):
        """The stage as the applicant and the public may know it; reads the round."""
        return public_stage(self.stage, self.round.results_published_at is not None)

    @property
    def responsible_unit(self):
        """The recommending unit that has it: until a redirection is accepted, the first one."""
        return self.redirected_from or self.recommending_unit

    @property
    def studio_title(self):
        """How the studio is called (`title_of_studio`)."""
        return title_of_studio(self.lead_name, self.unit_name)

    @property
    def own_opinion(self):
        """申报单位意见 as it was given for the print, as an unsaved `Opinion`; None before that."""
        if not self.opinion_text:
            return None
        return Opinion(
            text=self.opinion_text,
            signatory=self.opinion_signatory,
            signed_on=self.opinion_signed_on,
        )

    @property
    def mobile_shown(self):
        """The contact's mobile as people read it."""
        return readable(self.contact_mobile)

    @property
    def is_editable(self):
        """Whether the applicant may change the content now."""
        return self.stage in EDITABLE

    @property
    def due_at(self):
        """When the present stage's work is due, or None."""
        due: dict[str, datetime.datetime | None] = {
            Stage.DRAFT: self.round.closes_at,
            Stage.RETURNED: self.return_deadline,
            Stage.RECOMMENDING: self.round.report_deadline,
            Stage.REDIRECTING: self.round.report_deadline,
            Stage.RECOMMENDED: self.round.report_deadline,
            Stage.PANEL: self.round.review_deadline,
        }
        return due.get(self.stage)

    @property
    def training_fund_share(self):
        """Share of the training fund spent on highly skilled workers, in per cent, or None."""
        if not self.training_fund or self.training_fund_skilled is None:
            return None
        return (self.training_fund_skilled / self.training_fund * 100).quantize(Decimal("0.1"))

    def edit(self, user, **values):
        """Set and save values of the form by field name, and who edited last and when.

        Without values only the latter. Call it with the application locked. The index of the ID
        number is kept in step with the number.
        """
        if "lead_id_number" in values:
            values["lead_id_index"] = blind_index(values["lead_id_number"])
        values |= {"edited_at": timezone.now(), "edited_by": user}
        for name, value in values.items():
            setattr(self, name, value)
        self.save(update_fields=values)

    def follow_unit(self, unit, corrections):
        """Take over what the office corrected of its unit; call it with the application locked."""
        values = {}
        if any(correction.name != correction.name_before for correction in corrections):
            values["unit_name"] = unit.name
        if corrections:
            values |= {"host_kind": unit.host_kind, "edited_at": timezone.now()}
        for name, value in values.items():
            setattr(self, name, value)
        self.save(update_fields=values)

    def submitted_version(self):
        """The number of the latest submission, 0 before the first; reads no snapshot."""
        read_related(self, VERSIONS)
        return max((submission.version for submission in self.submissions.all()), default=0)

    def link_proofs(self):
        """Give each award its `evidence` from the files, so that nobody reads them again.

        Uses prefetched `awards` and `evidence`; an award's proof is a file of its own application.
        """
        files = {row.pk: row for row in self.evidence.all()}
        for award in self.awards.all():
            if award.evidence_id in files:
                award.evidence = files[award.evidence_id]

    def current_evidence(self):
        """Evidence that is not removed, in notice order; uses a prefetched `evidence`."""
        order = list(EvidenceCategory)
        rows = [row for row in self.evidence.all() if row.removed_at is None]
        return sorted(rows, key=lambda row: (order.index(row.category), row.position, row.pk))

    def awards_of(self, level):
        """Awards of one level in the order of the form; uses prefetched `awards`."""
        rows = [award for award in self.awards.all() if award.level == level]
        return sorted(rows, key=lambda award: (award.position, award.pk or 0))

    def members_in_order(self):
        """Members in the order of the form; uses prefetched `members`."""
        return sorted(self.members.all(), key=lambda member: (member.position, member.pk or 0))


def evidence_path(evidence, filename):
    """A random name, so that nothing about a file can be guessed from its path."""
    return f"{evidence.application_id}/{uuid.uuid4().hex}{PurePosixPath(filename).suffix}"


def thumbnail_path(evidence, filename):
    """Beside the file itself, under a random name as well."""
    return f"{evidence.application_id}/thumbnails/{uuid.uuid4().hex}.png"


class Evidence(Scanned, Shown):
    """佐证材料: one uploaded file in one category. A removed file is kept, but no longer counts."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="evidence")
    category = models.CharField("材料类别", max_length=20, choices=EvidenceCategory)
    file = models.FileField(
        "文件",
        upload_to=evidence_path,
        validators=[FileExtensionValidator(STORED_ENDINGS)],
    )
    original_name = models.CharField("文件名", max_length=255)
    content_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField("大小")
    sha256 = models.CharField("SHA-256", max_length=64)
    pages = models.PositiveIntegerField("页数", default=1)
    is_signed = models.BooleanField("含电子签章", default=False)
    # What its signatures say (`signed_values.unread`); None until they are read.
    signatures = models.JSONField("电子签名", null=True, blank=True)
    position = models.PositiveSmallIntegerField("顺序", default=0)
    replaces = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="replaced_by"
    )
    # Of a stamped form: the print that was stamped.
    print = models.ForeignKey(
        FormPrint, models.PROTECT, null=True, blank=True, related_name="scans"
    )
    # What the worker found out by looking at it.
    thumbnail = models.FileField("缩略图", upload_to=thumbnail_path, blank=True)
    warning = models.CharField("提示", max_length=200, blank=True)
    examined_at = models.DateTimeField("检查时间", null=True, blank=True)
    uploaded_at = models.DateTimeField("上传时间", auto_now_add=True)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    # The file is no longer stored; the row, with the file's digest, is.
    erased_at = models.DateTimeField("清除时间", null=True, blank=True, editable=False)
    removed_at = models.DateTimeField("移除时间", null=True, blank=True)
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = "佐证材料"
        ordering = ["pk"]
        indexes = [
            models.Index(
                fields=["id"], condition=Q(scan=Scan.PENDING), name="evidence_waiting_for_scan"
            ),
            models.Index(fields=["sha256"], name="evidence_by_content"),
            models.Index(
                fields=["id"],
                condition=Q(is_signed=True, signatures__isnull=True),
                name="evidence_signed_and_unread",
            ),
            models.Index(
                fields=["id"], condition=Q(examined_at__isnull=True), name="evidence_not_examined"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="removed_evidence_says_who_and_when",
                condition=Q(removed_at__isnull=True, removed_by__isnull=True)
                | Q(removed_at__isnull=False, removed_by__isnull=False),
            )
        ]

    def __str__(self):
        return self.original_name

    def get_absolute_url(self):
        return _address_of_file(self.pk)

    @property
    def signature_sentences(self):
        """What its electronic signatures say, a sentence for each; before they are read, that."""
        return self.signature_sentences_for(with_names=True)

    def signature_sentences_for(self, *, with_names):
        """Return `signature_sentences`, for some readers without the names of persons."""
        if not self.is_signed:
            return []
        if self.signatures is None:
            return ["含电子签章。"]
        return sentences_of(self.signatures, with_names=with_names)

    @property
    def is_doubtfully_signed(self):
        """Whether one of its signatures says that something is wrong with the file."""
        return is_doubtful(self.signatures or ())


def archive_path(archive, filename):
    """Beside the files of the application, under a random name as well."""
    return f"{archive.application_id}/archives/{uuid.uuid4().hex}.zip"


class Archive(models.Model):
    """压缩包: an uploaded ZIP of which files are to be chosen; kept for an hour at most."""

    application = models.ForeignKey(Application, models.CASCADE, related_name="archives")
    category = models.CharField("材料类别", max_length=20, choices=EvidenceCategory)
    file = models.FileField("文件", upload_to=archive_path)
    name = models.CharField("文件名", max_length=255)
    # What `files/archive_program.py` listed, as long as it is not taken.
    members = models.JSONField("内容")
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    uploaded_at = models.DateTimeField("上传时间", default=timezone.now)

    class Meta:
        verbose_name = "压缩包"
        indexes = [models.Index(fields=["uploaded_at"], name="archive_by_time")]

    def __str__(self):
        return self.name


@lru_cache(maxsize=10_000)
def _address_of_file(key):
    """Return a file's address: a page of an application asks for each of its files three times."""
    return reverse("applications:evidence_file", args=[key])


class Award(models.Model):
    """获奖: one row of 省部级获奖情况 or 其它获奖情况."""

    class Level(models.TextChoices):
        PROVINCIAL = "PROVINCIAL", "省部级获奖情况"
        OTHER = "OTHER", "其它获奖情况"

    application = models.ForeignKey(Application, models.CASCADE, related_name="awards")
    level = models.CharField("类别", max_length=12, choices=Level)
    position = models.PositiveSmallIntegerField(default=0)
    project = models.CharField("获奖项目名称", max_length=100, blank=True)
    name = models.CharField("奖励名称", max_length=100, blank=True)
    authority = models.CharField("授予单位", max_length=100, blank=True)
    grade = models.CharField("等级", max_length=30, blank=True)
    ranking = models.CharField("排名", max_length=20, blank=True)
    part = models.CharField("角色", max_length=30, blank=True)
    year = models.PositiveSmallIntegerField("年度", null=True, blank=True)
    evidence = models.ForeignKey(
        Evidence, models.SET_NULL, null=True, blank=True, verbose_name="佐证", related_name="awards"
    )
    evidence_page = models.PositiveSmallIntegerField("佐证页码", null=True, blank=True)

    class Meta:
        verbose_name = "获奖"
        ordering = ["level", "position", "pk"]

    def __str__(self):
        return f"{self.year or ''} {self.name}".strip()

    @property
    def is_proven(self):
        """Whether evidence stands behind it: without it 附件1 leaves the award out (备注1)."""
        return self.evidence is not None and self.evidence.removed_at is None

    @property
    def claim(self):
        """What the recommending unit judges, as JSON-ready list: level, cells, proof and page.

        The cells are those of AWARD_FIELDS; proof is the key of the `Evidence` behind it, or None.
        """
        proof = (self.evidence_id, self.evidence_page) if self.is_proven else (None, None)
        cells = (self.project, self.name, self.authority, self.grade, self.ranking, self.part)
        return [str(self.level), *cells, self.year, *proof]


_SKILL_LEVELS = dict(SkillLevel.choices)


class StudioMember(models.Model):
    """工作室成员: one member of the studio besides its lead."""

    application = models.ForeignKey(Application, models.CASCADE, related_name="members")
    position = models.PositiveSmallIntegerField(default=0)
    name = models.CharField("姓名", max_length=50)
    occupation = models.CharField("职业（工种）", max_length=50, blank=True)
    skill_level = models.CharField("技能等级", max_length=1, choices=SkillLevel, blank=True)

    class Meta:
        verbose_name = "工作室成员"
        ordering = ["position", "pk"]

    def __str__(self):
        # As `get_skill_level_display()`, which makes a table of the levels each time.
        level = _SKILL_LEVELS.get(self.skill_level, self.skill_level)
        parts = [stated(self.occupation), level]
        details = " ".join(filter(None, parts))
        return f"{self.name}（{details}）" if details else self.name
