"""The folder of twenty scans with which the sixth task applies, and what its form says of them.

Drawn by tests/recognition_pages; names are those that a scanner gives. Nothing is wrong in them.
"""

from dataclasses import dataclass
from pathlib import Path

from tests.recognition_pages import papers
from tests.recognition_pages.applications import SENIOR
from tests.recognition_pages.material import (
    HUBEI_LABOUR,
    WUHAN_LABOUR,
    Claim,
    Maker,
    Paper,
    Person,
    Unit,
    Won,
)

UNIT = Unit("武汉样稿精密机械有限公司", 21, "任经理")
LEAD = Person("卜例稿", "19790314", 219)
UNION, CITY, PROVINCIAL = "武汉市总工会", "武汉市人民政府", "PROVINCIAL"
AWARDS = (
    (Claim("", "湖北省技术能手", HUBEI_LABOUR, 2018, PROVINCIAL), papers.honour, "clean"),
    (
        Claim("精密主轴磨削工艺", "湖北省科学技术进步奖", "湖北省人民政府", 2019, PROVINCIAL),
        papers.prize,
        "skewed-3",
    ),
    (Claim("", "湖北五一劳动奖章", "湖北省总工会", 2021, PROVINCIAL), papers.honour, "grey"),
    (Claim("", "湖北省首席技师", HUBEI_LABOUR, 2022, PROVINCIAL), papers.honour, "jpeg-50"),
    (Claim("", "武汉市技术能手", WUHAN_LABOUR, 2014), papers.honour, "clean"),
    (Claim("职工技能大赛磨工比赛", "一等奖", UNION, 2015), papers.diploma, "skewed-3"),
    (Claim("磨床自动测量改造", "武汉市职工技术创新成果奖", UNION, 2016), papers.prize, "clean"),
    (Claim("一种磨床砂轮修整装置", "发明专利证书", "国家知识产权局", 2017), papers.patent, "clean"),
    (Claim("", "武汉五一劳动奖章", UNION, 2019), papers.honour, "photographed"),
    (Claim("一种主轴夹具", "发明专利证书", "国家知识产权局", 2020), papers.patent, "turned-90"),
    (Claim("", "武汉工匠", CITY, 2021), papers.honour, "clean"),
    (Claim("技能人才培养", "先进个人", WUHAN_LABOUR, 2023), papers.diploma, "grey"),
)


@dataclass(frozen=True)
class Scan:
    """One scan: where it lies, the category it belongs to, the award that it proves, or None."""

    path: Path
    category: str
    award: int | None


def made():
    """Return the `MadeApplication`."""
    maker = Maker("a21", LEAD, UNIT, "磨工", SENIOR, "一级/高级技师")
    maker.identity(Paper("clean"), Paper("skewed-3"), Paper("clean"))
    maker.founded(Paper("clean", is_pdf=True), "样稿发〔2021〕6号")
    maker.opinions(Paper("grey"), Paper("clean"))
    maker.won(*(Won(claim, layout, Paper(condition)) for claim, layout, condition in AWARDS))
    maker.photographs(2)
    return maker.done()


def what_is_typed(application):
    """Return the unit, and the fields of its form and of its awards, as JSON may say them."""
    return {
        "unit": {"name": application.unit.name, "uscc": application.unit.code},
        "fields": {
            "principal": application.unit.principal,
            "lead_name": application.lead.name,
            "lead_sex": "1" if application.lead.is_male else "2",
            "lead_birth": f"{application.lead.birth[:4]}-{application.lead.birth[4:6]}",
            "lead_id_number": application.lead.id_number,
            "lead_occupation": application.occupation,
            "lead_skill_level": application.level,
            "studio_occupation": application.occupation,
            "studio_founding_document": application.founding_document,
        },
        "awards": [
            {
                "level": award.claim.level,
                "project": award.claim.project or "无",
                "name": award.claim.name,
                "authority": award.claim.authority,
                "grade": award.claim.grade or "无",
                "ranking": "1",
                "part": "主持",
                "year": str(award.claim.year),
            }
            for award in application.awards
        ],
    }


def lay_down(application, folder):
    """Write the scans into a folder, and return them as `Scan`s."""
    awards = {award.file: number for number, award in enumerate(application.awards)}
    scans = []
    for number, file in enumerate(application.files):
        path = folder / f"scan{number + 1:04}.{'pdf' if file.is_pdf else 'jpg'}"
        path.write_bytes(file.content)
        scans.append(Scan(path, file.category, awards.get(number)))
    return scans
