"""附件2 declared once: its sections, which field is required of whom, and what 附件1 reads.

Labels, help and limits are on the model fields. The editing pages, the completeness check, the
reading view, the snapshot, the PDF and the Excel all read this module.
"""

import re
from dataclasses import dataclass

from django.utils import formats

from accounts.models import HostKind
from applications.files.limits import EVIDENCE_HELP
from applications.form.cells import stated
from applications.models import Application, Award
from applications.permissions import Privacy
from applications.rounds import HIDDEN_FROM_EXPERTS, EvidenceCategory
from applications.workflow.ledger_codes import Verdict, verdict_on, verdicts


@dataclass(frozen=True)
class Item:
    """One field in a section. `width` is its share of 12 columns on a wide screen."""

    name: str
    width: int = 12
    required: bool = True
    only_for: HostKind | None = None
    whose: str = ""  # tells two fields apart that the notice labels alike

    @property
    def model_field(self):
        return Application._meta.get_field(self.name)

    @property
    def label(self):
        """The label as the notice prints it."""
        return str(self.model_field.verbose_name)

    @property
    def full_label(self):
        """The label where it stands alone, outside its place on the form."""
        return f"{self.whose}{self.label}"

    def is_asked_of(self, host_kind):
        """Whether a unit of this host kind is asked for the field at all."""
        return self.only_for is None or self.only_for == host_kind


@dataclass(frozen=True)
class Section:
    """One page of the form. `rows` names what the page lists beside its fields."""

    key: str
    title: str
    guidance: str = ""
    items: tuple[Item, ...] = ()
    rows: str = ""  # "awards", "members", "evidence" or "stamp"

    @property
    def is_typed(self):
        """Whether its page is one form that is typed into; the others take files."""
        return self.rows not in {"evidence", "stamp"}

    def fields_for(self, host_kind):
        """Names of the fields that a unit of this host kind fills in on this page."""
        return [item.name for item in self.items if item.is_asked_of(host_kind)]


SECTIONS = (
    Section(
        "unit",
        "申报单位",
        "与营业执照和开户许可一致。",
        (
            Item("unit_name", 8),
            Item("unit_nature", 4),
            Item("principal", 6),
            Item("principal_phone", 6, whose="负责人"),
            Item("contact_name", 4),
            Item("contact_phone", 4, whose="联系人"),
            Item("contact_mobile", 4),
            Item("email", 6),
            Item("fax", 6, required=False),
            Item("address", 8),
            Item("postcode", 4),
            Item("bank_name", 6),
            Item("bank_account", 6),
        ),
    ),
    Section(
        "lead",
        "领办人（技能大师）",
        "领办人应具有技师或高级技师职业资格，并具备通知规定的三个条件之一。",
        (
            Item("lead_name", 4),
            Item("lead_sex", 4),
            Item("lead_ethnicity", 4),
            Item("lead_birth", 4),
            Item("lead_work_start", 4),
            Item("lead_politics", 4),
            Item("lead_id_number", 6),
            Item("lead_position", 6),
            Item("lead_occupation", 4),
            Item("lead_skill_level", 4),
            Item("lead_post", 4),
            Item("lead_condition"),
            Item("lead_condition_basis"),
            Item("lead_is_fit"),
        ),
    ),
    Section(
        "studio",
        "工作室",
        "工作室成员不含领办人，每人一行。",
        (
            Item("studio_occupation", 6),
            Item("studio_area", 6),
            Item("studio_location"),
            Item("studio_facilities"),
            Item("studio_founding_document"),
            Item("studio_status"),
        ),
        rows="members",
    ),
    Section(
        "awards",
        "获奖情况",
        "每个奖项请在其一行上传或选择佐证材料，并填写所在页；无佐证材料的奖项不得列入一览表。"
        "没有获奖的可以不填。"
        "这里的顺序是申报表上的顺序，一览表会自动按时间先后罗列。",
        rows="awards",
    ),
    Section(
        "achievements",
        "工作业绩",
        "内容较多时，打印的申报表会自动另附页。",
        (Item("achievements"), Item("main_results")),
    ),
    Section(
        "report",
        "申报报告",
        "通知第三条第 3 项，共四部分。",
        (
            Item("report_occupation"),
            Item("report_necessity"),
            Item("report_lead"),
            Item("report_plan"),
        ),
    ),
    Section(
        "talent",
        "高技能人才建设情况",
        "通知第三条第 4 项。",
        (
            Item("talent_status"),
            Item("training_fund", 6, only_for=HostKind.ENTERPRISE),
            Item("training_fund_skilled", 6, only_for=HostKind.ENTERPRISE),
            Item("host_condition_basis"),
        ),
    ),
    Section(
        "evidence",
        "佐证材料",
        EVIDENCE_HELP,
        rows="evidence",
    ),
    Section(
        "stamp",
        "盖章申报表",
        "全部填写完成后打印申报表，签字盖章，再扫描上传。",
        rows="stamp",
    ),
)
SECTION = {section.key: section for section in SECTIONS}
ITEM = {item.name: item for section in SECTIONS for item in section.items}
SECTION_OF = {item.name: section.key for section in SECTIONS for item in section.items}

# The three conditions of the notice that the host must meet: section 一 (二) and (三).
HOST_CONDITIONS = {
    HostKind.ENTERPRISE: (
        "有符合条件的技能大师，技能人才比较密集",
        "高度重视技能人才队伍建设工作，建立了较为完善的技能人才培养、评价、选拔、使用和激励政策制度",
        "企业职工教育经费用于高技能人才培养、交流等方面的费用不低于50%，能够为技能大师工作室提供"
        "相应的资金支持以及包括场所、设备在内的必要工作条件",
    ),
    HostKind.SCHOOL: (
        "有符合条件的技能大师",
        "高度重视技能人才队伍建设，制定了一系列推进高技能人才队伍建设的制度措施",
        "能够为技能大师工作室提供相应的资金支持以及场地、设备等必要的工作条件",
    ),
}

# The columns of both award tables of 附件2, in order.
AWARD_FIELDS = ("project", "name", "authority", "grade", "ranking", "part", "year")
# Those of them that are never a date.
DATELESS = ("grade", "ranking", "part")

# Shown masked to everybody but the owner; experts see none of them, nor any way to call.
NUMBERS = ("lead_id_number", "bank_account")
CONTACTS = ("principal_phone", "contact_phone", "contact_mobile", "email", "fax", "bank_name")
HIDDEN = frozenset((*NUMBERS, *CONTACTS, *HIDDEN_FROM_EXPERTS))
NOT_SHOWN = "（不予显示）"
# What experts read in place of the files of those categories, by the kind of a section's rows.
WITHHELD = {
    "evidence": f"身份证、公安和廉政材料{NOT_SHOWN}",
    "stamp": f"{EvidenceCategory.STAMPED.label}{NOT_SHOWN}",
}
# Kept as 1980-05, the way a month is typed; people read 1980年5月.
MONTHS = ("lead_birth", "lead_work_start")
_MONTH = re.compile(r"^([0-9]{4})-(0[1-9]|1[0-2])$")
UNITS = {"studio_area": "平方米", "training_fund": "万元", "training_fund_skilled": "万元"}


def mask(value):
    """Return a number with all but its first 3 and last 4 characters starred."""
    return value if len(value) < 8 else f"{value[:3]}{'*' * (len(value) - 7)}{value[-4:]}"


def month_of(text):
    """Return (year, month) of a text like 1980-05, or None."""
    match = _MONTH.match(text or "")
    return (int(match[1]), int(match[2])) if match else None


def is_hidden(name, privacy):
    """Whether readers with this privacy get nothing of a field, or of an evidence category."""
    return privacy is Privacy.HIDDEN and name in HIDDEN


def display(application, name, privacy=Privacy.FULL):
    """Return one field's value as text for people, as much of it as `privacy` allows."""
    value = getattr(application, name)
    if value in (None, ""):
        return ""
    if is_hidden(name, privacy):
        return NOT_SHOWN
    if privacy is Privacy.MASKED and name in NUMBERS:
        return mask(value)
    field = ITEM[name].model_field
    if field.choices:
        return dict(field.flatchoices).get(value, value)
    if isinstance(value, bool):
        return "是" if value else "否"
    if name in MONTHS and (month := month_of(value)):
        return f"{month[0]}年{month[1]}月"
    if name in UNITS:
        return f"{formats.number_format(value.normalize(), use_l10n=False)} {UNITS[name]}"
    return str(value)


def reading(application, privacy):
    """Return the form as read by people: a list of (section, [(item, text)]) in form order."""
    return [
        (
            section,
            [
                (item, display(application, item.name, privacy))
                for item in section.items
                if item.is_asked_of(application.host_kind)
            ],
        )
        for section in SECTIONS
    ]


def honours(application):
    """The 主要荣誉 of 附件1: proven awards in time order (notice, 备注1), one a line.

    What the recommending unit struck out is left out, and a 无 typed for nothing. Prefetch
    `awards__evidence` and `award_checks` where many are read.
    """
    judged = verdicts(application)
    proven = [award for award in application.awards.all() if award.is_proven]
    proven = [award for award in proven if not _is_struck(award, judged)]
    proven.sort(key=lambda award: (award.year or 0, award.level != Award.Level.PROVINCIAL))
    return "\n".join(map(_honour, proven))


def _honour(award):
    year = f"{award.year}年" if award.year else ""
    said = map(stated, (award.authority, award.name, award.grade))
    return " ".join(filter(None, (year, *said)))


def _is_struck(award, judged):
    verdict = verdict_on(award, judged)
    return verdict is not None and verdict.verdict == Verdict.STRUCK


def members(application):
    """The 工作室成员 cell: every member, separated as in a Chinese sentence."""
    return "、".join(str(member) for member in application.members_in_order())


def _shown(name):
    return lambda application: display(application, name)


# 附件1 after 序号: the notice's twelve labels in order, each with what it reads.
ANNEX1_COLUMNS = (
    ("单位", _shown("unit_name")),
    ("领办人", _shown("lead_name")),
    ("工种", _shown("lead_occupation")),
    ("技能等级", _shown("lead_skill_level")),
    ("岗位", _shown("lead_post")),
    ("主要成绩", _shown("main_results")),
    ("主要荣誉", honours),
    ("工作室成立文件", _shown("studio_founding_document")),
    ("工作室建设情况", _shown("studio_status")),
    ("工作室主要成员", members),
    ("工作室地址", _shown("studio_location")),
    (
        "单位联系人",
        lambda application: f"{application.contact_name} {application.contact_mobile}".strip(),
    ),
)
