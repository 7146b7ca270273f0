"""What a new round starts with: scoring criteria and the evidence that it asks for.

The notice gives no scoring table, so the criteria are an assumption of this portal, which the pages
say (`ASSUMPTION`). The evidence is the list of the notice's section 三 item 5.
"""

from applications.rounds import EvidenceCategory, EvidenceRequirement
from review.scoring.models import Criterion

ASSUMPTION = "通知未规定评分标准，现为默认设置，请按评选办法核对。"

# Name, points, description, bands. The points add up to 100.
CRITERIA = (
    (
        "领办人技能水平与荣誉",
        30,
        "职业技能等级、称号和获奖情况，以佐证材料为准。",
        "27-30 国家级称号或奖项\n22-26 省部级称号或奖项\n16-21 市级称号或奖项\n0-15 其他",
    ),
    (
        "技术创新与成果效益",
        25,
        "技术革新、发明创造、专利和产生的经济社会效益。",
        "22-25 成果突出，效益显著，有发明专利\n17-21 成果较多，效益较好\n0-16 成果一般",
    ),
    (
        "带徒传技",
        20,
        "带徒数量和成效，技艺传承和推广。",
        "18-20 徒弟获得省级以上荣誉或成批成才\n13-17 带徒成效较好\n0-12 带徒较少",
    ),
    (
        "工作室条件与制度",
        15,
        "场地、设备、成员和管理制度，三室一场情况。",
        "13-15 三室一场齐备，制度健全\n9-12 基本具备\n0-8 有欠缺",
    ),
    (
        "单位支持与计划目标",
        10,
        "经费和政策支持，申报报告的计划目标。",
        "9-10 经费落实，目标明确可行\n6-8 有支持，目标较明确\n0-5 支持不足",
    ),
)

_RequiredOf = EvidenceRequirement.RequiredOf
EVIDENCE = {
    EvidenceCategory.CERTIFICATE: _RequiredOf.ALL,
    EvidenceCategory.ID_CARD: _RequiredOf.ALL,
    EvidenceCategory.ACHIEVEMENT: _RequiredOf.ALL,
    EvidenceCategory.HONOUR: _RequiredOf.NOBODY,
    EvidenceCategory.POLICE: _RequiredOf.NOBODY,
    EvidenceCategory.VETO: _RequiredOf.NOBODY,
    EvidenceCategory.FOUNDING: _RequiredOf.ALL,
    EvidenceCategory.PHOTOS: _RequiredOf.ALL,
    EvidenceCategory.LICENCE: _RequiredOf.ALL,
    EvidenceCategory.OTHER: _RequiredOf.NOBODY,
}


def has_default_criteria(criteria):
    """Whether these are the default criteria, by name and points."""
    defaults = [(name, points) for name, points, *_ in CRITERIA]
    return [(criterion.name, criterion.points) for criterion in criteria] == defaults


def set_up(round):
    """Give a saved round, which has none yet, the default criteria and evidence requirements."""
    Criterion.objects.bulk_create(
        Criterion(
            round=round,
            name=name,
            points=points,
            description=description,
            bands=bands,
            position=position,
        )
        for position, (name, points, description, bands) in enumerate(CRITERIA, start=1)
    )
    EvidenceRequirement.objects.bulk_create(
        EvidenceRequirement(round=round, category=category, required_of=required_of)
        for category, required_of in EVIDENCE.items()
    )
