"""Real evidence files for the demo, drawn with Pillow: PDF pages and JPEG photographs."""

import io
import random
from functools import cache
from pathlib import Path

import pylopdf_fonts_zh_cn
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw, ImageFont

from applications.rounds import EvidenceCategory
from review.recommending.list_models import list_fingerprint

FONT = Path(pylopdf_fonts_zh_cn.__file__).parent / "NotoSansSC-Regular.otf"
PAGE = (827, 1169)  # A4 at 100 dpi
PHOTO = (1200, 800)
STAMP = "演示材料　内容均为虚构"


@cache
def _font(size):
    return ImageFont.truetype(str(FONT), size)


def _paper(title, lines):
    page = Image.new("RGB", PAGE, "white")
    draw = ImageDraw.Draw(page)
    draw.rectangle((50, 50, PAGE[0] - 50, PAGE[1] - 50), outline="#1f2933", width=2)
    draw.text((PAGE[0] / 2, 150), title, font=_font(34), fill="#1f2933", anchor="mm")
    for number, line in enumerate(lines):
        draw.text((110, 260 + number * 56), line, font=_font(24), fill="#1f2933")
    centre = (PAGE[0] - 220, PAGE[1] - 260)
    box = (centre[0] - 90, centre[1] - 90, centre[0] + 90, centre[1] + 90)
    draw.ellipse(box, outline="#b3261e", width=6)
    draw.text(centre, "演示专用章", font=_font(26), fill="#b3261e", anchor="mm")
    draw.text((PAGE[0] / 2, PAGE[1] - 90), STAMP, font=_font(20), fill="#5f6c7b", anchor="mm")
    return page


def _photo(title, seed):
    chance = random.Random(seed)  # nosec B311 - the same demo every time
    photo = Image.new("RGB", PHOTO, "#e7ecf2")
    draw = ImageDraw.Draw(photo)
    draw.rectangle((0, 520, *PHOTO), fill="#b9c2cc")
    for number in range(5):
        left, height = 60 + number * 230, chance.randint(150, 320)
        shade = chance.choice(["#1e4e8c", "#5f6c7b", "#3d6a9e", "#8a97a6"])
        draw.rectangle((left, 560 - height, left + 170, 600), fill=shade)
        draw.rectangle((left + 30, 580 - height, left + 140, 660 - height), fill="#f6f7f9")
    draw.text((40, 40), f"{title}（{STAMP}）", font=_font(34), fill="#1f2933")
    # As large as a photograph has to be to look well in print.
    return photo.resize((PHOTO[0] * 3 // 2, PHOTO[1] * 3 // 2))


def _save(image, name, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    mime = "application/pdf" if kind == "PDF" else "image/jpeg"
    return SimpleUploadedFile(name, out.getvalue(), mime)


def files_for(studio, category, note="兹证明上述情况属实。"):
    """Return the uploads of one category: photographs as JPEG, everything else as PDF.

    `note` is the last line on every paper.
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
    papers = [_paper(label[:20], lines)]
    if category == EvidenceCategory.CERTIFICATE:
        papers += [_paper("证书等级页", lines), _paper("证书职业工种页", lines)]
    return [_save(papers[0], f"{label}.pdf", "PDF", save_all=True, append_images=papers[1:])]


def stamped_list(recommendation_list, content):
    """Return the upload of a stamped 附件1 that says this content."""
    rows = [f"{number}. {row['title']}" for number, row in enumerate(content["rows"], start=1)]
    mark = f"页脚指纹 {list_fingerprint(content)[:16]}"
    lines = [f"推荐单位：{recommendation_list.recommending_unit}", *rows, mark]
    page = _paper("申报情况一览表", lines)
    return _save(page, "盖章附件1.pdf", "PDF")
