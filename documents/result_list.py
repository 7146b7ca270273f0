"""The list of awarded studios as Excel, as it is published: by 姓氏笔画, without scores."""

import io

from django.utils import timezone
from openpyxl import Workbook

from documents.annex1 import Sheet, styles
from documents.typesetting import chinese_date
from review.stroke_order import in_stroke_order

TITLE = "入选名单"
HEADERS = (
    "序号",
    "单位",
    "领办人",
    "工作室职业（工种）",
    "领办人工种",
    "推荐单位",
    "发文文号",
    "发文日期",
)
WIDTHS = (6, 36, 12, 22, 18, 28, 22, 16)
ALIGNMENTS = ["CENTRED", "LEFT", *["CENTRED"] * 6]
COLUMNS = (
    "unit_name",
    "lead_name",
    "studio_occupation",
    "lead_occupation",
    "award_document_number",
    "award_document_date",
    "recommending_unit__name",
)


def workbook(round_, awarded):
    """Return the list as an Excel file (bytes); `awarded` is a queryset of applications."""
    book = Workbook()
    book.remove(book.active)
    for style in styles():
        book.add_named_style(style)
    book.properties.title, book.properties.creator = f"{round_.title}{TITLE}", "申报与评审平台"
    rows = in_stroke_order(awarded.select_related("recommending_unit").only(*COLUMNS))
    published = round_.results_published_at
    announced = chinese_date(timezone.localtime(published)) if published else "尚未公布"
    sheet = Sheet(book, TITLE, WIDTHS, HEADERS)
    sheet.whole_line(f"{round_.title}{TITLE}", 34, "TITLE")
    sheet.line(
        [
            (1, 4, f"共 {len(rows)} 项，按领办人姓氏笔画排列", "TEXT"),
            (
                5,
                8,
                f"公布日期：{announced}",
                "TEXT RIGHT",
            ),
        ],
        22,
    )
    sheet.head()
    for number, each in enumerate(rows, start=1):
        sheet.cells(
            (
                number,
                each.unit_name,
                each.lead_name,
                each.studio_occupation,
                each.lead_occupation,
                each.recommending_unit.name,
                each.award_document_number,
                chinese_date(each.award_document_date),
            ),
            ALIGNMENTS,
        )
    sheet.finish(f"{round_.title}{TITLE}")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
