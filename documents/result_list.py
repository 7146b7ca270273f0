"""The list of awarded studios as it is published, as Excel and as PDF: by 姓氏笔画, without scores.

Of the last published edition, or, before the publication, of what would be published now.
"""

from django.template.loader import render_to_string
from django.utils import timezone

from applications.versions.snapshot import in_groups
from documents.embedded_record import record
from documents.typesetting import chinese_date, printable
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


def listed_of(round_):
    """Return what stands on the list of a round, printed or as Excel."""
    edition = round_.result_editions.last()
    if edition:
        rows = edition.rows
        which = f"（第 {edition.sequence} 版）" if edition.sequence > 1 else ""
        announced = f"公布日期：{chinese_date(timezone.localtime(edition.at))}{which}"
    else:
        rows = in_published_order([row_of(each) for each in awarded_in(round_)])
        announced = "公布日期：尚未公布"
    has_document = edition and edition.document_number
    return {
        "title": f"{round_.title}{TITLE}",
        "rows": rows,
        "counted": f"共 {len(rows)} 项，按领办人姓氏笔画排列",
        "announced": announced,
        "document": f"发文：{edition.document_number}（{chinese_date(edition.document_date)}）"
        if has_document
        else "",
        "reason": f"更正理由：{edition.reason}" if edition and edition.reason else "",
        "fingerprint": f"名单指纹（SM3）：{in_groups(edition.digest)}" if edition else "",
    }


def workbook(round_):
    """Return the list of a round as an Excel file (bytes)."""
    listed = listed_of(round_)
    book = new_book(listed["title"])
    sheet = Sheet(book, TITLE, SHEET_COLUMNS)
    sheet.whole_line(listed["title"], 34, "TITLE")
    sheet.line([(1, 3, listed["counted"], "TEXT"), (4, 6, listed["announced"], "TEXT RIGHT")], 22)
    for line in (listed["document"], listed["reason"]):
        if line:
            sheet.whole_line(line, 22, "TEXT")
    sheet.head()
    for number, each in enumerate(listed["rows"], start=1):
        sheet.cells((number, *(each[name] for name in COLUMNS)))
    if listed["fingerprint"]:
        sheet.whole_line(listed["fingerprint"], 22, "TEXT")
    sheet.finish(listed["title"])
    return content_of(book)


def render(round_):
    """Return the list of a round as PDF bytes, for the archive."""
    from documents.pdf import to_pdf  # loads Pango: a second that only a PDF should cost

    listed = listed_of(round_)
    rows = [{name: printable(each[name]) for name in COLUMNS} for each in listed["rows"]]
    told = {name: printable(text) for name, text in listed.items() if name != "rows"}
    html = render_to_string(
        "documents/result_list.html", {**told, "labels": COLUMNS.values(), "rows": rows}
    )
    made = record("result-list", told["title"], labels=COLUMNS, rows=rows, **_said(told))
    return to_pdf(html, "documents/result_list.css", record=made)


def _said(told):
    return {name: text for name, text in told.items() if name != "title"}
