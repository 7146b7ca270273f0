"""形式审查提示: what the system notices about an application; the office judges.

Everything that a row of the queue shows comes from `COLUMNS` and what `annotated()` adds, so that
the queue reads no wide column and asks nothing for a row of its own. Papers and proofs, without
which nothing can be submitted, are looked through on the page of the application alone.
"""

import re
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from accounts.prepared import PreparedFor
from applications.earlier_years.matches import earlier_years_of
from applications.form.completeness import scan_warning, spends_enough
from applications.models import Application, LeadCondition
from applications.national_codes import LEAD_SKILL_LEVELS
from applications.rounds import EvidenceCategory
from applications.stages import ENDED, PRIVATE
from applications.trust.encryption import blind_indexes

# What `tags()` reads of an application besides what `annotated()` adds.
COLUMNS = (
    "unit_name",
    "host_kind",
    "stage",
    "lead_occupation",
    "lead_skill_level",
    "lead_condition",
    "lead_condition_basis",
    "studio_occupation",
    "training_fund",
    "training_fund_skilled",
)
# Notice, section 一, first paragraph: what is encouraged and supported first. Looked for in the
# names of unit and trades: long texts mention everything.
PRIORITIES = {
    "人工智能": ("人工智能", "机器学习", "大模型", "智能机器人"),
    "光芯屏端网": (
        "光芯屏端网",
        "新一代信息技术",
        *("光电", "光纤", "光通信", "激光"),
        *("芯片", "集成电路", "半导体"),
        *("显示面板", "液晶", "新型显示"),
        *("智能终端", "通信终端"),
        *("互联网", "物联网", "通信网", "网络安全", "5G"),
    ),
}
# “优先支持‘武汉工匠’领办武汉市技能大师工作室”: the title as the unit names it.
CRAFTSMAN = "武汉工匠"
MOST_OTHERS = 20


@dataclass(frozen=True)
class Hint:
    """One thing noticed: `tag` for a row of the queue, `text` a sentence for the page.

    `is_priority` marks what speaks for the application. `links` are rows of address ("" for none),
    its text and what is said of it.
    """

    tag: str
    text: str
    is_priority: bool = False
    links: tuple[tuple[str, str, str], ...] = ()


def priorities(application):
    """What the notice wants supported first (section 一)."""
    names = {
        "工作室职业（工种）": application.studio_occupation,
        "领办人职业（工种）": application.lead_occupation,
        "申报单位名称": application.unit_name,
    }
    noticed = []
    for tag, words in PRIORITIES.items():
        for label, text in names.items():
            word = next((word for word in words if word in text), None)
            if word:
                noticed.append(Hint(tag, f"{label}含“{word}”，请核对是否属于{tag}类。", True))
                break
    if (
        application.lead_condition == LeadCondition.TITLE
        and CRAFTSMAN in application.lead_condition_basis
    ):
        noticed.append(
            Hint(f"{CRAFTSMAN}领办", f"领办人填报为“{CRAFTSMAN}”，请核对称号证书。", True)
        )
    return noticed


def doubts(application):
    """What in the form itself asks for a second look."""
    noticed = []
    own, declared = application.lead_occupation, application.studio_occupation
    if own and declared and not is_same_trade(own, declared):
        text = f"领办人证书工种为“{own}”，工作室申报工种为“{declared}”，请核对证书的职业工种页。"
        noticed.append(Hint("工种不一致", text))
    level = application.lead_skill_level
    if level and level not in LEAD_SKILL_LEVELS:
        text = f"领办人职业技能等级为{application.get_lead_skill_level_display()}，低于技师。"
        noticed.append(Hint("低于技师", text))
    if not spends_enough(application):
        text = (
            f"职工教育经费用于高技能人才的占 {application.training_fund_share}%，低于 50%"
            "（通知第一条（二）3）。"
        )
        noticed.append(Hint("经费不足50%", text))
    return noticed


def is_same_trade(one, other):
    """Whether two names of a trade mean the same but for blanks and what stands in brackets."""
    one, other = (re.sub(r"[（(].*?[）)]|\s", "", name) for name in (one, other))
    return one in other or other in one


def unproven(count):
    """Awards without proof do not reach 附件1 (备注1)."""
    if not count:
        return []
    return [Hint("奖项无佐证", f"有 {count} 个奖项没有佐证材料，不得填入一览表。")]


def papers(files):
    """What is missing among the files (`Evidence`), or was noticed when they were looked at."""
    noticed = []
    if not any(file.category == EvidenceCategory.STAMPED for file in files):
        noticed.append(Hint("缺盖章件", "没有签字盖章的申报表扫描件。"))
    if sentence := scan_warning(files):
        noticed.append(Hint("盖章件页数不符", sentence))
    warned = [file for file in files if file.warning]
    if warned:
        links = tuple(
            (f"{file.get_absolute_url()}#navpanes=0", str(file), file.warning) for file in warned
        )
        noticed.append(Hint("材料待核", f"有 {len(warned)} 份材料请打开核对：", links=links))
    return noticed


def same_lead(application, others):
    """The same person (`Application.lead_id_index`) leads `others`, in this round or before."""
    of_round = [other for other in others if other.round_id == application.round_id]
    before = [other for other in others if other.round_id != application.round_id]
    noticed = []
    for rows, words, is_here in ((of_round, "本批次另有", True), (before, "其他批次有", False)):
        if rows:
            links = tuple(
                (
                    reverse("review:detail", args=[other.pk]),
                    other.number,
                    f"{other.unit_name}，{'' if is_here else f'{other.round}，'}"
                    f"{other.get_stage_display()}",
                )
                for other in rows
            )
            text = f"同一领办人在{words} {len(rows)} 项申报："
            noticed.append(Hint("同一领办人", text, links=links))
    return noticed


def earlier_years(application, user, others=()):
    """What lists and rounds of earlier years have of the same unit, or a lead of that name.

    Names of lists are only compared; what is among `others` is told by `same_lead`. One query.
    """
    projects, is_cut = earlier_years_of(application, user, told=[other.pk for other in others])
    if not projects:
        return []
    links = []
    for project in projects:
        title = f"{project.year} 年{project.outcome}"
        studio = "，".join(filter(None, (project.unit, project.lead, project.occupation)))
        links += [
            (address, title, f"{studio}（{project.match}），见{words}")
            for words, address in project.sources[:1]
        ]
        links += [(address, "又见", words) for words, address in project.sources[1:]]
    text = (
        f"往年{'至少' if is_cut else ''}有 {len(projects)} 项的单位或领办人与本申报相同或相近。"
        "按名称比对，可能只是同名；是否影响本次申报，请核对后按本批次通知判断："
    )
    return [Hint("往年记录", text, links=tuple(links))]


# The latest applications of one lead, one more than are told of.
OF_LEAD = PreparedFor(
    lambda user, index: (
        Application.objects.visible_to(user)
        .filter(lead_id_index=index)
        .select_related("round")
        .only("number", "unit_name", "stage", "round_id", "round__title")
        .order_by("-pk")[: MOST_OTHERS + 1]
    ),
    str,
)


def others_of(application, user):
    """Return the other applications of the same lead that the user may see, latest first."""
    if not application.lead_id_index:
        return []
    # By each key of the ring: while keys are being changed, some rows have the earlier one's.
    of_lead = [
        other
        for index in blind_indexes(application.lead_id_number)
        for other in OF_LEAD.ask(user, index)
        if other.pk != application.pk
    ]
    return sorted(of_lead, key=lambda other: -other.pk)[:MOST_OTHERS]


def hints(application, user):
    """Return every `Hint` of a submitted application; reads prefetched `awards` and `evidence`."""
    others = others_of(application, user)
    files = application.current_evidence()
    proofs = {file.pk for file in files}
    missing = sum(award.evidence_id not in proofs for award in application.awards.all())
    return [
        *unproven(missing),
        *papers(files),
        *same_lead(application, others),
        *earlier_years(application, user, others),
        *doubts(application),
        *priorities(application),
    ]


def annotated(rows):
    """Add to applications what `tags()` asks of others."""
    others = Application.objects.filter(lead_id_index=OuterRef("lead_id_index"))
    others = others.exclude(Q(lead_id_index="") | Q(stage__in=PRIVATE) | Q(pk=OuterRef("pk")))
    return rows.annotate(has_same_lead=Exists(others))


def tags(application):
    """Return the (tag, is_priority) pairs of a row of the queue; see `annotated`.

    None while the unit is changing the form: what it types now is its own. None once it has ended.
    """
    if application.is_editable or application.stage in ENDED:
        return []
    pairs = [("同一领办人", False)] if application.has_same_lead else []
    rest = (*doubts(application), *priorities(application))
    return pairs + [(hint.tag, hint.is_priority) for hint in rest]
