"""What `loadmany` writes into each application: fictional content, complete and of usual length."""

import hashlib
from decimal import Decimal

from stdnum.cn import ric

from accounts.models import HostKind
from applications.models import Award, Evidence, StudioMember
from applications.national_codes import Sex, SkillLevel
from applications.rounds import EvidenceCategory
from applications.trust.encryption import blind_index

FILES = (
    EvidenceCategory.CERTIFICATE,
    EvidenceCategory.ID_CARD,
    EvidenceCategory.ACHIEVEMENT,
    EvidenceCategory.HONOUR,
    EvidenceCategory.HONOUR,
    EvidenceCategory.FOUNDING,
    EvidenceCategory.PHOTOS,
    EvidenceCategory.LICENCE,
    EvidenceCategory.STAMPED,  # last
)
AWARDS = (
    (Award.Level.PROVINCIAL, "高效焊接工法的研究与应用", "湖北省技术能手", "湖北省人社厅", 2016),
    (Award.Level.PROVINCIAL, "大型构件变形控制", "湖北省科技进步奖", "湖北省人民政府", 2019),
    (Award.Level.OTHER, "技能竞赛焊工组", "武汉市技术能手", "武汉市人社局", 2014),
)
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨"
TRADES = ("焊工", "钳工", "车工", "电工", "铸造工", "数控铣工", "汽车维修工", "中式烹调师")


def prose(length):
    """Return fictional prose of about `length` characters, in paragraphs."""
    sentence = "长期在生产一线从事技能工作，主持完成多项技术革新，带徒传技，形成了可推广的操作法。"
    paragraph = sentence * 4
    return "\n".join([paragraph] * max(1, length // len(paragraph)))[:length]


def identity_of(number):
    """Return a man's ID number, another one for each number below 840,000."""
    days, place = divmod(number // 60, 28)[::-1]
    body = f"420102{_birth(number)}{1 + days:02d}{place % 500 * 2 + 1:03d}"
    return body + ric.calc_check_digit(f"{body}0")  # it drops the last digit


def _birth(number):
    return f"{1962 + number % 30}{1 + number // 30 % 2 + number % 6 * 2:02d}"


def fields_of(unit, number):
    """Return a value for every field of the form; complete, and another lead for each number."""
    birth, identity = _birth(number), identity_of(number)
    trade = TRADES[number % len(TRADES)]
    school = unit.host_kind == HostKind.SCHOOL
    return {
        "unit_name": unit.name,
        "unit_nature": unit.nature,
        "principal": "负责某",
        "principal_phone": "027-83919079",
        "contact_name": unit.contact_name,
        "contact_phone": "027-83919075",
        "contact_mobile": unit.contact_mobile,
        "email": "unit@bench.invalid",
        "address": unit.address,
        "postcode": "430000",
        "bank_name": "虚构银行武汉江岸支行",
        "bank_account": f"622202{number:013d}",
        "lead_name": f"{SURNAMES[number % len(SURNAMES)]}某{number}",
        "lead_sex": Sex.MALE,
        "lead_ethnicity": "01",
        "lead_birth": f"{birth[:4]}-{birth[4:]}",
        "lead_work_start": f"{int(birth[:4]) + 22}-07",
        "lead_politics": "01",
        "lead_id_number": identity,
        "lead_id_index": blind_index(identity),
        "lead_position": f"{unit.name} 首席技师",
        "lead_occupation": trade,
        "lead_skill_level": SkillLevel.SENIOR_TECHNICIAN,
        "lead_post": f"{trade}班长",
        "lead_condition": "TITLE",
        "lead_condition_basis": "2019年获“武汉工匠”称号。",
        "lead_is_fit": True,
        "studio_occupation": trade,
        "studio_location": f"{unit.address} 3号楼",
        "studio_area": Decimal("120.5"),
        "studio_facilities": prose(150),
        "studio_founding_document": f"关于成立{trade}工作室的通知（虚构〔2020〕{number}号）",
        "studio_status": prose(300),
        "achievements": prose(1500),
        "main_results": prose(200),
        "report_occupation": trade,
        "report_necessity": prose(600),
        "report_lead": prose(500),
        "report_plan": prose(600),
        "talent_status": prose(600),
        "training_fund": None if school else Decimal("100.00"),
        "training_fund_skilled": None if school else Decimal("60.00"),
        "host_condition_basis": prose(200),
    }


def evidence_of(application, user):
    """Return the unsaved evidence of a saved application; no file stands behind it."""
    return [
        Evidence(
            application=application,
            category=category,
            file=f"{application.pk}/bench-{position}.pdf",
            original_name=f"{category.label}.pdf",
            content_type="application/pdf",
            size=480_000 + position,
            sha256=hashlib.sha256(f"{application.pk}-{position}".encode()).hexdigest(),
            pages=2,
            uploaded_by=user,
        )
        for position, category in enumerate(FILES)
    ]


def awards_of(application, files):
    """Return three unsaved awards, each proven by one of the saved `files`."""
    honours = [row for row in files if row.category == EvidenceCategory.HONOUR]
    return [
        Award(
            application=application,
            level=level,
            position=position,
            project=project,
            name=name,
            authority=authority,
            grade="一等奖",
            ranking="1",
            part="主持",
            year=year,
            evidence=honours[position % len(honours)],
        )
        for position, (level, project, name, authority, year) in enumerate(AWARDS)
    ]


def members_of(application):
    """Return four unsaved members of the studio."""
    return [
        StudioMember(
            application=application,
            position=position,
            name=f"成员某{position}",
            occupation=application.lead_occupation,
            skill_level=SkillLevel.TECHNICIAN,
        )
        for position in range(1, 5)
    ]
