"""The list of awarded studios as Excel, as it is published: by 姓氏笔画, without scores.

Of the last published edition, or, before the publication, of what would be published now.
"""

import io

from django.utils import timezone
from openpyxl import Workbook

from applications.versions.snapshot import in_groups
from documents.annex1 import Sheet, styles
from documents.typesetting import chinese_date
from review.results.models import COLUMNS, in_published_order, row_of
from review.results.publication import awarded_in

TITLE = "入选名单"
HEADERS = ("序号", *COLUMNS.values())
WIDTHS = (6, 40, 14, 26, 22, 36)
ALIGNMENTS = ["CENTRED", "LEFT", *["CENTRED"] * 4]


def workbook(round_):
    """Return the list of a round as an Excel file (bytes)."""
    edition = round_.result_editions.last()
    if edition:
        rows = edition.rows
        which = f"（第 {edition.sequence} 版）" if edition.sequence > 1 else ""
        announced = f"公布日期：{chinese_date(timezone.localtime(edition.at))}{which}"
    else:
        rows = in_published_order([row_of(each) for each in awarded_in(round_)])
        announced = "公布日期：尚未公布"
    book = Workbook()
    book.remove(book.active)
    for style in styles():
        book.add_named_style(style)
    book.properties.title, book.properties.creator = f"{round_.title}{TITLE}", "申报与评审平台"
    sheet = Sheet(book, TITLE, WIDTHS, HEADERS)
    sheet.whole_line(f"{round_.title}{TITLE}", 34, "TITLE")
    sheet.line(
        [
            (1, 3, f"共 {len(rows)} 项，按领办人姓氏笔画排列", "TEXT"),
            (4, 6, announced, "TEXT RIGHT"),
        ],
        22,
    )
    if edition and edition.document_number:
        document = f"发文：{edition.document_number}（{chinese_date(edition.document_date)}）"
        sheet.whole_line(document, 22, "TEXT")
    if edition and edition.reason:
        sheet.whole_line(f"更正理由：{edition.reason}", 22, "TEXT")
    sheet.head()
    for number, each in enumerate(rows, start=1):
        sheet.cells((number, *(each[name] for name in COLUMNS)), ALIGNMENTS)
    if edition:
        sheet.whole_line(f"名单指纹（SM3）：{in_groups(edition.digest)}", 22, "TEXT")
    sheet.finish(f"{round_.title}{TITLE}")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
