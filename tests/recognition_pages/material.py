"""What a made-up application is: claims, the papers that prove them, what is wrong on purpose.

Every person, unit and number is fictional; numbers have valid check digits, their region does not
exist. Awards are called as such awards are called in the province, so that short forms are tried.
"""

import hashlib
import html
import io
from dataclasses import dataclass, field, replace
from functools import cached_property

import pikepdf
import pylopdf_fonts_zh_cn as fonts
from PIL import Image
from stdnum.cn import ric, uscc
from weasyprint import CSS, HTML

from tests.recognition_pages import papers
from tests.recognition_pages.conditions import another, jpeg_of

REGION = "420199"
HUBEI_LABOUR = "湖北省人力资源和社会保障厅"
WUHAN_LABOUR = "武汉市人力资源和社会保障局"


@dataclass(frozen=True)
class Person:
    """A made-up person; `birth` is YYYYMMDD."""

    name: str
    birth: str
    order: int
    address: str = "湖北省武汉市示例区虚构大道118号2栋3单元501室"
    police: str = "武汉市公安局示例分局"
    other_number: str = ""

    @property
    def is_male(self):
        return self.order % 2 == 1

    @property
    def id_number(self):
        body = f"{REGION}{self.birth}{self.order:03}"
        return self.other_number or body + ric.calc_check_digit(f"{body}0")


@dataclass(frozen=True)
class Unit:
    """A made-up enterprise or school."""

    name: str
    order: int
    principal: str
    business: str = (
        "通用设备制造；金属结构制造；技术服务、技术开发、技术咨询；货物进出口。"
        "（依法须经批准的项目，经相关部门批准后方可开展经营活动）"
    )
    capital: str = "伍仟万元整"
    founded: str = "2003年04月18日"
    address: str = "湖北省武汉市示例区样本路36号"
    is_school: bool = False
    other_code: str = ""

    @property
    def code(self):
        body = f"{'12' if self.is_school else '91'}{REGION}MA{self.order:07}"
        return self.other_code or body + uscc.calc_check_digit(body)


@dataclass(frozen=True)
class Claim:
    """An award as its row in the form claims it; `level` is that of `Award.Level`."""

    project: str
    name: str
    authority: str
    year: int
    level: str = "OTHER"
    grade: str = ""


@dataclass(frozen=True)
class MadePage:
    """One page: its paper, the condition it comes in, and what stands on it.

    `fields` is {name of a field: its pieces, each of which stands on one line}.
    """

    id: str
    paper: str
    condition: str
    draw: object = field(repr=False, compare=False)

    @cached_property
    def _made(self):
        """The picture's bytes, and what stands on it."""
        sheet = self.draw()
        return jpeg_of(sheet.image, self.condition, self.id), sheet.fields

    @property
    def content(self):
        return self._made[0]

    @property
    def fields(self):
        return self._made[1]

    def in_another_condition(self, shift):
        """Return the same page in the condition that stands so many places after its own."""
        condition = another(self.condition, shift)
        return replace(self, id=f"{self.id}-{condition}", condition=condition)


@dataclass(frozen=True)
class LayerPage(MadePage):
    """A page of a PDF that bears its own text; `draw` gives (lines, fields)."""

    @cached_property
    def _made(self):
        lines, fields = self.draw()
        return _text_pdf(lines), fields

    def in_another_condition(self, shift):
        return self


@dataclass(frozen=True)
class MadeFile:
    """One uploaded file of a category: a picture, or a PDF of one or more pages."""

    category: str
    name: str
    pages: tuple
    is_pdf: bool = False

    @cached_property
    def content(self):
        if not self.is_pdf:
            return self.pages[0].content
        pdf = pikepdf.new()
        for page in self.pages:
            with pikepdf.open(io.BytesIO(_one_page_pdf(page))) as one:
                pdf.pages.extend(one.pages)
        out = io.BytesIO()
        pdf.save(out, deterministic_id=True)
        return out.getvalue()

    @property
    def media_type(self):
        return "application/pdf" if self.is_pdf else "image/jpeg"

    @property
    def sha256(self):
        return hashlib.sha256(self.content).hexdigest()

    @property
    def digest_of_names(self):
        """A digest that takes no drawing."""
        return hashlib.sha256("".join(page.id for page in self.pages).encode()).hexdigest()


def _one_page_pdf(page):
    if isinstance(page, LayerPage):
        return page.content
    picture = Image.open(io.BytesIO(page.content))
    wide, high = (side * 72 / 200 for side in picture.size)
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=(wide, high))
    image = pikepdf.Stream(
        pdf,
        page.content,
        Type=pikepdf.Name.XObject,
        Subtype=pikepdf.Name.Image,
        Width=picture.width,
        Height=picture.height,
        ColorSpace=pikepdf.Name.DeviceGray if picture.mode == "L" else pikepdf.Name.DeviceRGB,
        BitsPerComponent=8,
        Filter=pikepdf.Name.DCTDecode,
    )
    pdf.pages[0].Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im=image))
    pdf.pages[0].Contents = pikepdf.Stream(pdf, f"q {wide} 0 0 {high} 0 0 cm /Im Do Q".encode())
    out = io.BytesIO()
    pdf.save(out, deterministic_id=True)
    return out.getvalue()


def _text_pdf(lines):
    """Return a PDF of A4 with these lines in its text layer, as a word processor prints it."""
    style = CSS(
        string=f"@font-face{{font-family:S;src:url({fonts.serif_path().as_uri()})}}"
        "@page{size:A4;margin:25mm} body{font:15pt/1.7 S} h1{font-size:20pt;text-align:center}"
    )
    first, *rest = (html.escape(line) for line in lines)
    body = f"<h1>{first}</h1>" + "".join(f"<p>{line}</p>" for line in rest)
    return HTML(string=body).write_pdf(stylesheets=[style])


@dataclass(frozen=True)
class Planted:
    """Something wrong on purpose; a finding about one of `abouts` tells of it.

    An about is as of `Finding.about`, or ("award", index of its row). `also` are others that may
    tell of the same.
    """

    what: str
    abouts: tuple
    also: tuple = ()


@dataclass(frozen=True)
class MadeAward:
    """A row of the form, the file and page that prove it (None: it has none), from 0."""

    claim: Claim
    file: int | None
    page: int = 0


@dataclass(frozen=True)
class MadeApplication:
    """An application: its claims, files, awards, and what is wrong with it."""

    key: str
    lead: Person
    unit: Unit
    occupation: str
    level: str  # of `SkillLevel`
    founding_document: str
    files: tuple
    awards: tuple
    planted: tuple

    @property
    def pages(self):
        return [page for file in self.files for page in file.pages]

    def in_other_conditions(self, shift):
        """Return the same application, its pages in other conditions."""
        files = [
            replace(file, pages=tuple(page.in_another_condition(shift) for page in file.pages))
            for file in self.files
        ]
        return replace(self, files=tuple(files))


@dataclass
class Paper:
    """How a paper of an application comes: condition, what is printed instead, what is planted."""

    condition: str = "clean"
    stamped: bool = False
    is_pdf: bool = False
    instead: dict = field(default_factory=dict)
    planted: str = ""
    also: tuple = ()


@dataclass
class Won:
    """An award that an application claims, the layout of its proof and what is printed instead."""

    claim: Claim
    layout: object
    paper: Paper = field(default_factory=Paper)


class Maker:
    """Puts one application together."""

    def __init__(self, key, lead, unit, occupation, level, level_words):
        self.key, self.lead, self.unit = key, lead, unit
        self.occupation, self.level, self.level_words = occupation, level, level_words
        self.files, self.awards, self.planted = [], [], []
        self.founding_document = ""

    def page(self, kind, paper, draw):
        number = sum(len(file.pages) for file in self.files)
        return MadePage(
            f"{self.key}-{number:02}-{kind}-{paper.condition}", kind, paper.condition, draw
        )

    def add(self, category, name, paper, kind, draw):
        page = self.page(kind, paper, draw)
        self.files.append(MadeFile(category, name, (page,), paper.is_pdf))

    def plant(self, paper, *abouts):
        if paper.planted:
            self.planted.append(Planted(paper.planted, abouts, paper.also))

    def identity(self, id_card, certificate, licence):
        person = replace(self.lead, **id_card.instead)
        self.add(
            "ID_CARD",
            "身份证.jpg",
            id_card,
            "id",
            lambda: papers.id_card(person, stamped=id_card.stamped),
        )
        self.plant(id_card, "lead_id_number", "lead_name", "ID_CARD")
        shown = {
            "person": self.lead,
            "occupation": self.occupation,
            "level": self.level_words,
            "number": "S000042019906210" + f"{self.unit.order % 1000:03}",
            "authority": "湖北样本技能评价有限公司",
            "date": "2018年11月26日",
            **certificate.instead,
        }
        self.add(
            "CERTIFICATE",
            "职业资格证书.jpg",
            certificate,
            "skill",
            lambda: papers.skill_certificate(**shown, stamped=certificate.stamped),
        )
        self.plant(certificate, "lead_name", "lead_occupation", "lead_skill_level", "CERTIFICATE")
        unit = replace(self.unit, **licence.instead)
        self.add(
            "LICENCE",
            "营业执照.jpg",
            licence,
            "licence",
            lambda: papers.licence(unit, stamped=licence.stamped),
        )
        self.plant(licence, "unit_name", "LICENCE", "uscc")

    def founded(self, paper, number, year=2021, month=5, day=18):
        title = f"关于设立{self.lead.name}技能大师工作室的通知"
        self.founding_document = f"{title}（{number}）"
        shown = {
            "unit": self.unit,
            "number": number,
            "title": title,
            "year": year,
            "month": month,
            "day": day,
            **paper.instead,
        }
        body = (
            f"为充分发挥高技能人才的示范引领作用，加快技能人才队伍建设，经公司研究，决定设立{self.lead.name}"
            f"技能大师工作室，由{self.lead.name}同志任工作室领办人。",
            "工作室主要承担技术攻关、技能传承、带徒培训等任务，所需经费从职工教育经费中列支。",
            "请各部门认真贯彻执行。",
        )
        name = f"工作室成立文件.{'pdf' if paper.is_pdf else 'jpg'}"
        self.add(
            "FOUNDING",
            name,
            paper,
            "founding",
            lambda: papers.founding(**shown, body=body, stamped=paper.stamped),
        )
        self.plant(paper, "studio_founding_document", "FOUNDING")

    def founded_in_print(self, number, year=2021, month=5, day=18):
        """The same as a PDF with its own text."""
        title = f"关于设立{self.lead.name}技能大师工作室的通知"
        self.founding_document = f"{title}（{number}）"
        date = f"{year}年{month}月{day}日"
        lines = (
            title,
            number,
            "各部门、各车间：",
            f"经研究，决定设立{self.lead.name}技能大师工作室，由{self.lead.name}同志任工作室领办人。",
            self.unit.name,
            date,
        )
        fields = {
            "title": (title,),
            "number": (number,),
            "unit": (self.unit.name,),
            "date": (date,),
        }
        count = sum(len(file.pages) for file in self.files)
        page = LayerPage(
            f"{self.key}-{count:02}-founding-layer", "founding", "layer", lambda: (lines, fields)
        )
        self.files.append(MadeFile("FOUNDING", "工作室成立文件.pdf", (page,), True))

    def opinions(self, police, veto):
        shown = {
            "person": self.lead,
            "unit": self.unit,
            "office": self.lead.police,
            "date": "2026年3月12日",
            **police.instead,
        }
        self.add(
            "POLICE",
            "公安意见.jpg",
            police,
            "police",
            lambda: papers.police(**shown, stamped=police.stamped),
        )
        self.plant(police, "POLICE", "lead_name")
        said = {"person": self.lead, "unit": self.unit, "date": "2026年3月16日", **veto.instead}
        self.add(
            "VETO",
            "一票否决说明.jpg",
            veto,
            "veto",
            lambda: papers.veto(**said, stamped=veto.stamped),
        )
        self.plant(veto, "VETO", "lead_name")

    def _draw_award(self, won):
        shown = {
            "project": won.claim.project,
            "name": won.claim.name,
            "authority": won.claim.authority,
            "year": won.claim.year,
            "holder": self.lead.name,
            "unit": self.unit.name,
            "stamped": won.paper.stamped,
        }
        return lambda: won.layout(**{**shown, **won.paper.instead})

    def won(self, *rows):
        """Awards, each with a file of its own."""
        for won in rows:
            self.plant(won.paper, ("award", len(self.awards)))
            self.awards.append(MadeAward(won.claim, len(self.files)))
            name = f"获奖{len(self.awards)}.{'pdf' if won.paper.is_pdf else 'jpg'}"
            category = "ACHIEVEMENT" if won.layout is papers.patent else "HONOUR"
            self.add(category, name, won.paper, won.layout.__name__, self._draw_award(won))

    def won_in_one(self, *rows):
        """Awards whose certificates are one PDF, a page each, an empty back after the first."""
        pages = []
        for won in rows:
            self.plant(won.paper, ("award", len(self.awards)))
            self.awards.append(MadeAward(won.claim, len(self.files), len(pages)))
            page = self.page(won.layout.__name__, won.paper, self._draw_award(won))
            pages.append(replace(page, id=f"{page.id}-{len(pages)}"))
            if len(pages) == 1:
                back = self.page("blank", Paper(), lambda: papers.blank_back(self.key))
                pages.append(replace(back, id=f"{back.id}-1"))
        self.files.append(MadeFile("HONOUR", "荣誉证书汇总.pdf", tuple(pages), True))

    def photographs(self, count, paper=None, draw=None):
        for number in range(count):
            paper_ = Paper("jpeg-50" if number % 2 else "clean")
            seed = f"{self.key}{number}"
            self.add(
                "PHOTOS",
                f"现场照片{number + 1}.jpg",
                paper_,
                "photograph",
                lambda seed=seed: papers.photograph(seed),
            )
        if paper:
            self.add("PHOTOS", "现场照片.jpg", paper, "table", draw)
            self.plant(paper, "PHOTOS")

    def table(self, title, paper, projects=(), year=2022):
        self.add(
            "ACHIEVEMENT",
            f"{title}.pdf",
            paper,
            "table",
            lambda: papers.dense_table(title, self.unit, year, projects),
        )

    def done(self):
        return MadeApplication(
            self.key,
            self.lead,
            self.unit,
            self.occupation,
            self.level,
            self.founding_document,
            tuple(self.files),
            tuple(self.awards),
            tuple(self.planted),
        )
