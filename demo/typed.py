"""What the demo's people type: fields, rows and opinions."""

from stdnum.cn import ric, uscc

from accounts.models import HostKind
from applications.national_codes import SkillLevel
from applications.rounds import EvidenceCategory
from demo.studios import AWARDS, MAIL_DOMAIN, MEMBERS, NECESSITY, PARAGRAPH, PHONE, PLAN, TALENT

FOUNDING_NUMBER = "虚构〔2021〕6号"


def credit_code(studio):
    """Return a valid fictional 统一社会信用代码."""
    number = int("".join(filter(str.isdigit, studio.login)))
    body = f"91420100MA4D{number:05d}"
    return body + uscc.calc_check_digit(body)


def id_number(studio):
    """Return a valid fictional ID number of the studio's lead."""
    # Odd for a man; another one for each lead.
    number = int("".join(filter(str.isdigit, studio.login)))
    order = f"{2 * number + (studio.sex == '1'):03d}"
    body = f"420102{studio.birth.replace('-', '')}12{order}"
    return body + ric.calc_check_digit(f"{body}0")


def awards_of(studio):
    """Return the studio's awards: (level, project, name, authority, grade, ranking, part, year)."""
    awards = []
    for number in range(studio.awards):
        level, project, *rest, after = AWARDS[number % len(AWARDS)]
        year = 2010 + after + number // len(AWARDS)
        awards.append((level, project.format(studio.occupation), *rest, year))
    return awards


def basis(studio):
    """Return by what the lead fulfils the condition."""
    if not studio.awards:
        return f"掌握{studio.occupation}传统技艺三十余年，在省内享有较高声誉，见佐证材料。"
    title = "武汉工匠" if studio.awards > 3 or studio.level == SkillLevel.CHIEF_TECHNICIAN else ""
    return f"2019年获“{title or '省技能大师'}”称号（虚构），见佐证材料。"


def answers(studio):
    """Return what is typed into every field of the form."""
    year, month = studio.birth.split("-")
    paragraph = PARAGRAPH.format(studio.occupation)
    text = {
        "unit_name": studio.unit,
        "unit_nature": studio.nature,
        "principal": "负责某",
        "principal_phone": PHONE,
        "contact_name": "联系某",
        "contact_phone": "027-83919075",
        "contact_mobile": "13800000000",
        "email": f"{studio.login}@{MAIL_DOMAIN}",
        "fax": "",
        "address": "武汉市虚构大道88号",
        "postcode": "430000",
        "bank_name": "虚构银行武汉江岸支行",
        "bank_account": "6222020000001234567",
        "lead_name": studio.lead,
        "lead_sex": studio.sex,
        "lead_ethnicity": studio.ethnicity,
        "lead_birth": studio.birth,
        "lead_work_start": f"{int(year) + 21}-{month}",
        "lead_politics": "01",
        "lead_id_number": id_number(studio),
        "lead_position": f"{studio.unit} 首席{studio.occupation}",
        "lead_occupation": studio.occupation,
        "lead_skill_level": studio.level,
        "lead_post": f"{studio.occupation}班组长",
        "lead_condition": "TITLE" if studio.awards else "CRAFT",
        "lead_condition_basis": basis(studio),
        "lead_is_fit": "on",
        "studio_occupation": studio.occupation,
        "studio_location": "武汉市虚构大道88号3号楼2层",
        "studio_area": "186.5",
        "studio_facilities": studio.facilities
        or "培训室、研发室、资料室和实训场各一，专用设备二十台套。",
        "studio_founding_document": f"关于设立技能大师工作室的通知（{FOUNDING_NUMBER}）",
        "studio_status": "2021年3月设立，三室一场齐备，制度健全，每年专项经费三十万元。",
        "achievements": "\n".join([paragraph] * (16 if studio.long else 2)),
        "main_results": studio.results
        or "主持技术攻关四十余项，节约成本六百余万元，获发明专利两项。",
        "report_occupation": studio.occupation,
        "report_necessity": NECESSITY.format(studio.occupation),
        "report_lead": f"{studio.lead}，{paragraph}",
        "report_plan": PLAN,
        "talent_status": TALENT,
        "host_condition_basis": "建立了技能人才培养、评价、选拔、使用和激励制度，"
        "提供场所、设备和专项经费。",
    }
    if studio.host_kind == HostKind.ENTERPRISE:
        text |= {"training_fund": "260.00", "training_fund_skilled": "156.50"}
    return text


def rows(studio, application):
    """Return what is typed into the award tables and the list of members."""
    data = {"members-count": len(MEMBERS)}
    for number, (name, level) in enumerate(MEMBERS):
        data |= {
            f"members-{number}-name": name,
            f"members-{number}-occupation": studio.occupation,
            f"members-{number}-skill_level": level,
        }
    honours = [
        row.pk for row in application.current_evidence() if row.category == EvidenceCategory.HONOUR
    ]
    counts = {"PROVINCIAL": 0, "OTHER": 0}
    for page, award in enumerate(awards_of(studio), start=1):
        level, project, name, authority, grade, ranking, part, year = award
        prefix = f"{level.lower()}-{counts[level]}"
        counts[level] += 1
        data |= {
            f"{prefix}-project": project,
            f"{prefix}-name": name,
            f"{prefix}-authority": authority,
            f"{prefix}-grade": grade,
            f"{prefix}-ranking": ranking,
            f"{prefix}-part": part,
            f"{prefix}-year": year,
            f"{prefix}-evidence_id": honours[0] if honours else "",
            f"{prefix}-evidence_page": page if honours else "",
        }
    return data | {f"{level.lower()}-count": count for level, count in counts.items()}


def opinion(step):
    """Return the opinion, or the reason, given with a step."""
    texts = {
        "submit": "材料真实有效，经公示无异议，同意申报。",
        "recommend": "经审核，申报材料真实、准确，符合条件，同意推荐。",
        "conclude_for": "经专家组综合评审，技能水平高、成果突出，建议入选。",
        "conclude_against": "经专家组综合评审，综合得分较低，不建议入选。",
        "approve": "同意。",
        "countersign": "同意。",
    }
    reasons = {
        "return": "部分栏目填写不够具体，请按修改要求补充。",
        "redirect": "该单位注册地在东湖高新区，请按属地受理。",
        "decline": "工作室成立时间较短，带徒传技成效不足，本次不予推荐。",
        "disqualify": "领办人所持证书工种与申报工种不一致。",
    }
    return {"text": texts.get(step, ""), "reason": reasons.get(step, "")}
