"""The list of awarded studios as Excel, as it is published: by 姓氏笔画, without scores.

Of the last published edition, or, before the publication, of what would be published now.
"""

from django.utils import timezone

from applications.versions.snapshot import in_groups
from documents.typesetting import chinese_date
from documents.workbook import Column, Sheet, content_of, new_book
from review.results.models import COLUMNS, in_published_order, row_of
from review.results.publication import awarded_in

TITLE = "入选名单"
STYLES = {"unit_name": "LEFT"}
WIDTHS = (40, 14, 26, 22, 36)
SHEET_COLUMNS = [
    Column("序号", 6),
    *(
        Column(label, width, STYLES.get(name, "CENTRED"))
        for (name, label), width in zip(COLUMNS.items(), WIDTHS, strict=True)
    ),
]


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
    book = new_book(f"{round_.title}{TITLE}")
    sheet = Sheet(book, TITLE, SHEET_COLUMNS)
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
        sheet.cells((number, *(each[name] for name in COLUMNS)))
    if edition:
        sheet.whole_line(f"名单指纹（SM3）：{in_groups(edition.digest)}", 22, "TEXT")
    sheet.finish(f"{round_.title}{TITLE}")
    return content_of(book)
