"""推荐一览表 of a year before the portal, as a bureau keeps it. Every name is fictional."""

from django.core.files.uploadedfile import SimpleUploadedFile

from documents.annex1 import HEADERS, TITLE
from documents.workbook import content_of, new_book

YEAR = 2023
# By recommending unit: unit, lead, trade, level, outcome.
LISTED = {
    "江岸区人社局": (
        ("虚构江城重型机械厂", "王某辰", "焊工", "高级技师", "入选"),
        ("虚构大智路电器厂", "张䶮", "维修电工", "高级技师", "未入选"),
        ("虚构汉口精工有限公司", "李 㛃", "数控车工", "技师", "入选"),
    ),
    "武汉东湖新技术开发区人社局": (
        ("虚构光谷激光有限公司", "周某巳", "激光设备装调工", "高级技师", "入选"),
        ("虚构光谷生物制药厂", "周某乙", "药物制剂工", "技师", "未入选"),
    ),
    "市经信局": (("虚构汉阳造船厂", "杨某丑", "船体装配工", "高级技师", "未入选"),),
}


def earlier_list():
    """Return the list as an uploaded .xlsx: a sheet for each recommending unit."""
    book = new_book(f"{YEAR}年一览表")
    for unit, rows in LISTED.items():
        sheet = book.create_sheet(unit)
        sheet.append([f"{YEAR}年{TITLE}"])
        sheet.append([f"推荐单位（盖章）：{unit}"])
        sheet.append([*HEADERS[:5], "评审结果"])
        for number, (*cells, outcome) in enumerate(rows, start=1):
            sheet.append([number, *cells, outcome])
        sheet.append(["填报人：填报某"])
    return SimpleUploadedFile(f"{YEAR}年一览表.xlsx", content_of(book))
