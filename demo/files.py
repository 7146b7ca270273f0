"""Real evidence files for the demo, drawn with Pillow: PDF pages and JPEG photographs.

They say what the form says, as true papers do, so that their reading has something to find;
what does not agree is meant (`Studio.other_year`).
"""

import io
import random
from functools import cache
from pathlib import Path

import pylopdf_fonts_zh_cn
import pypdfium2
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageChops, ImageDraw, ImageFont

from applications.national_codes import ETHNICITIES, Sex, SkillLevel
from applications.rounds import EvidenceCategory
from demo.typed import FOUNDING_NUMBER, awards_of, credit_code, id_number
from review.recommending.list_models import list_fingerprint

FONT = Path(pylopdf_fonts_zh_cn.__file__).parent / "NotoSansSC-Regular.otf"
PAGE = (827, 1169)  # A4 at 100 dpi
PHOTO = (1800, 1200)  # as large as a photograph has to be to look well in print
STAMP = "演示材料　内容均为虚构"
RED = (190, 38, 30)


@cache
def _font(size):
    return ImageFont.truetype(str(FONT), size)


def _sealed(page, centre, radius=90, words="演示专用章"):
    """Put a red seal on a page and return it; what is black under its ink stays black."""
    x, y = centre
    corner = (x - radius, y - radius)
    size = 2 * radius + 1
    ink = Image.new("RGB", (size, size), "white")
    draw = ImageDraw.Draw(ink)
    draw.ellipse((0, 0, size - 1, size - 1), outline=RED, width=6)
    draw.text((radius, radius), words, font=_font(radius * 2 // 7), fill=RED, anchor="mm")
    place = (*corner, corner[0] + size, corner[1] + size)
    page.paste(ImageChops.multiply(page.crop(place), ink), corner)
    return page


def _paper(title, lines):
    page = Image.new("RGB", PAGE, "white")
    draw = ImageDraw.Draw(page)
    draw.rectangle((50, 50, PAGE[0] - 50, PAGE[1] - 50), outline="#1f2933", width=2)
    draw.text((PAGE[0] / 2, 150), title, font=_font(34), fill="#1f2933", anchor="mm")
    for number, line in enumerate(lines):
        draw.text((110, 260 + number * 56), line, font=_font(24), fill="#1f2933")
    draw.text((PAGE[0] / 2, PAGE[1] - 90), STAMP, font=_font(20), fill="#5f6c7b", anchor="mm")
    return _sealed(page, (PAGE[0] - 220, PAGE[1] - 260))


def _photo(title, seed):
    chance = random.Random(seed)  # nosec B311 - the same demo every time
    photo = Image.new("RGB", PHOTO, "#e7ecf2")
    draw = ImageDraw.Draw(photo)
    draw.rectangle((0, 780, *PHOTO), fill="#b9c2cc")
    for number in range(5):
        left, top = 90 + number * 345, 840 - chance.randint(150, 320) * 3 // 2
        shade = chance.choice(["#1e4e8c", "#5f6c7b", "#3d6a9e", "#8a97a6"])
        draw.rectangle((left, top, left + 255, 900), fill=shade)
        draw.rectangle((left + 45, top + 30, left + 210, top + 150), fill="#f6f7f9")
    draw.text((60, 60), f"{title}（{STAMP}）", font=_font(51), fill="#1f2933")
    return photo


def _save(image, name, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    mime = "application/pdf" if kind == "PDF" else "image/jpeg"
    return SimpleUploadedFile(name, out.getvalue(), mime)


def _award(studio, award):
    """Return the page of one award, as it was given."""
    _, project, name, authority, grade, *_, year = award
    shown = year - 1 if studio.other_year and name == "湖北省科技进步奖" else year
    return _paper(
        "荣 誉 证 书",
        [
            f"{studio.lead} 同志：",
            f"在“{project}”中成绩突出，荣获",
            f"{name}{grade}。",
            "特发此证，以资鼓励。",
            "",
            "",
            f"　　　　　　　　　　　{authority}",
            f"　　　　　　　　　　　{shown}年12月",
        ],
    )


def _certificate(studio):
    level, trade = SkillLevel(studio.level).label, studio.occupation
    holder = [f"姓　　名：{studio.lead}", f"性　　别：{Sex(studio.sex).label}"]
    return [
        _paper("职业技能等级证书", [*holder, f"证件号码：{id_number(studio)}"]),
        _paper("职业技能等级证书", [*holder, f"职业技能等级：{level}"]),
        _paper("职业技能等级证书", [*holder, f"职业名称（工种）：{trade}"]),
    ]


def _id_card(studio):
    year, month = studio.birth.split("-")
    nation = dict(ETHNICITIES)[studio.ethnicity].removesuffix("族")
    return [
        _paper(
            "居民身份证（复印件）",
            [
                f"姓名　{studio.lead}",
                f"性别　{Sex(studio.sex).label}　民族　{nation}",
                f"出生　{year}年{int(month)}月12日",
                "住址　武汉市虚构大道88号",
                f"公民身份号码　{id_number(studio)}",
                "",
                "签发机关　武汉市公安局江岸分局",
                "有效期限　2016.05.01-2036.05.01",
            ],
        )
    ]


def _licence(studio, note):
    return [
        _paper(
            "营 业 执 照",
            [
                f"统一社会信用代码　{credit_code(studio)}",
                f"名　　称　{studio.unit}",
                "住　　所　武汉市虚构大道88号",
                f"备　　注　{note}",
            ],
        )
    ]


def _founding(studio):
    return [
        _paper(
            f"{studio.unit}文件",
            [
                FOUNDING_NUMBER,
                "关于设立技能大师工作室的通知",
                f"经研究，决定设立{studio.lead}技能大师工作室，",
                f"由{studio.lead}领办，从事{studio.occupation}技艺传承。",
                "",
                f"　　　　　　　　　　　{studio.unit}",
                "　　　　　　　　　　　2021年3月1日",
            ],
        )
    ]


def _veto(studio):
    return [
        _paper(
            "关于有关情况的说明",
            [
                f"{studio.unit}及{studio.lead}同志",
                "近三年未发生党风廉政建设、安全生产、计划生育、",
                "社会治安综合治理等“一票否决”情形。",
                "",
                f"　　　　　　　　　　　{studio.unit}",
            ],
        )
    ]


def files_for(studio, category, note="兹证明上述情况属实。"):
    """Return the uploads of one category: photographs as JPEG, everything else as PDF.

    `note` is the last line on papers that have no words of their own. The awards are one file, a
    page each.
    """
    label = EvidenceCategory(category).label
    if category == EvidenceCategory.PHOTOS:
        rooms = ("培训室", "研发室", "资料室", "实训场")
        return [
            _save(_photo(f"{studio.unit} {room}", f"{studio.login}{room}"), f"{room}.jpg", "JPEG")
            for room in rooms
        ]
    lines = [
        f"单位：{studio.unit}",
        f"姓名：{studio.lead}",
        f"职业（工种）：{studio.occupation}",
        note,
    ]
    papers = {
        EvidenceCategory.CERTIFICATE: lambda: _certificate(studio),
        EvidenceCategory.ID_CARD: lambda: _id_card(studio),
        EvidenceCategory.HONOUR: lambda: [_award(studio, award) for award in awards_of(studio)],
        EvidenceCategory.FOUNDING: lambda: _founding(studio),
        EvidenceCategory.VETO: lambda: _veto(studio),
        EvidenceCategory.LICENCE: lambda: _licence(studio, note),
    }.get(category, list)() or [_paper(label[:20], lines)]
    return [_save(papers[0], f"{label}.pdf", "PDF", save_all=True, append_images=papers[1:])]


def stamped_form(print_pdf):
    """Return the upload of a scan of a printed 附件2 (PDF bytes), signed and stamped."""
    pages, scale = [], 110 / 72
    with pypdfium2.PdfDocument(print_pdf) as document:
        for page in document:
            picture = page.render(scale=scale).to_pil().convert("RGB")
            textpage = page.get_textpage()
            place = textpage.search("(签字盖章)").get_next()
            is_own = "申报单位意见" in textpage.get_text_range()
            if place and is_own and not any(was_signed for _, was_signed in pages):
                left, bottom, *_ = textpage.get_charbox(place[0])
                at = (int(left * scale), int((page.get_height() - bottom) * scale))
                picture = _sealed(picture, (at[0] + 40, at[1] - 40), 88, "演示单位公章")
                pen = ImageDraw.Draw(picture)
                strokes = [(0, 0), (26, -22), (18, 6), (52, -16), (44, 10), (84, -12)]
                pen.line([(at[0] - 210 + x, at[1] + y) for x, y in strokes], "#1c2a6b", 4)
                pages.append((picture, True))
            else:
                pages.append((picture, False))
            textpage.close()
            page.close()
    pictures = [picture for picture, _ in pages]
    options = {"save_all": True, "append_images": pictures[1:], "resolution": 110}
    return _save(pictures[0], "盖章申报表.pdf", "PDF", **options)


def stamped_list(recommendation_list, content):
    """Return the upload of a stamped 附件1 that says this content."""
    rows = [f"{number}. {row['title']}" for number, row in enumerate(content["rows"], start=1)]
    mark = f"页脚指纹 {list_fingerprint(content)[:16]}"
    lines = [f"推荐单位：{recommendation_list.recommending_unit}", *rows, mark]
    page = _paper("申报情况一览表", lines)
    return _save(page, "盖章附件1.pdf", "PDF")
