"""附件1, the list of recommended applications, as Excel: the notice's title, columns and remarks.

One sheet a recommending unit, in rank order. A text that is longer than its row is continued on
another sheet (可另附页), so that every row prints whole on A4; both link each other.
"""

import re
from dataclasses import dataclass, field

from django.utils import timezone

from applications.form.definition import ANNEX1_COLUMNS
from applications.models import Application
from applications.versions.snapshot import GROUP, in_groups
from documents.typesetting import chinese_date, clean, cut, line_count
from documents.workbook import Column, Sheet, content_of, cut_as_excel_counts, lines_in, new_book
from review.recommending.list_models import RecommendationList, list_fingerprint, listed

TITLE = "武汉市技能大师工作室建设项目申报情况一览表"
REMARKS = (
    "备注：1.主要获奖情况必须与佐证材料一致，按照时间先后顺序罗列，无佐证材料奖项不得填入此表；",
    "2.“单位”填写推荐项目所在工作单位；主要成绩、主要荣誉内容较多可另附页；",
    "3.推荐单位应对推荐建设项目进行排序。",
)
BLANK_ROWS = 5  # as many as the notice prints
SUMMARY, CONTINUATION = "汇总", "续页"

# --- Measures: Excel's column units, points, and Chinese characters of the 10-point text ---------
WIDTHS = (5, 13, 9, 9, 9, 9, 21, 22, 13, 19, 16, 13, 13)
LONG_TEXT = {"主要成绩", "主要荣誉", "工作室建设情况", "工作室主要成员"}
HEADERS = ("序号", *(label for label, _ in ANNEX1_COLUMNS))
COLUMNS = [
    Column(label, width, "LEFT" if label in LONG_TEXT else "CENTRED")
    for label, width in zip(HEADERS, WIDTHS, strict=True)
]
CONTINUATION_COLUMNS = [
    Column("续页序号", 6),
    Column("推荐单位", 16),
    Column("序号", 6),
    Column("单位", 20),
    Column("领办人", 10),
    Column("栏目", 13),
    Column("内容", 97, "LEFT"),
]
# A row is never higher than this: it has to fit on one page (Excel's own limit is 409 points).
ROW_LINES = 27


@dataclass
class Continued:
    """A text that is longer than its cell: what the cell says of it, and the rest of it.

    `order` is the rest's number on the continuation sheet.
    """

    order: int
    number: int
    application: Application
    label: str
    beginning: str
    rest: str
    cells: list = field(default_factory=list)  # that it begins in

    def __str__(self):
        return f"{self.beginning}\n（余见{CONTINUATION}第{self.order}项）"


class Entries:
    """The rows of one workbook: each application's texts, and what goes to the continuation."""

    def __init__(self):
        self.continued = []

    def of(self, number, application):
        """Return an application's row in column order: texts, or `Continued` for the long ones."""
        row = [number]
        for (label, read), column in zip(ANNEX1_COLUMNS, COLUMNS[1:], strict=True):
            text, per_line = clean(read(application)), lines_in(column.width)
            if line_count(text, per_line) > ROW_LINES:
                order = len(self.continued) + 1
                # The narrowest column needs two lines to say where the rest is.
                parts = (part.strip("\n") for part in cut(text, per_line, ROW_LINES - 2))
                text = Continued(order, number, application, label, *parts)
                self.continued.append(text)
            row.append(text)
        return row

    def write_continuation(self, book, footer):
        """Write the sheet of what found no room in the rows, if there is any."""
        if not self.continued:
            return
        sheet = Sheet(book, CONTINUATION, CONTINUATION_COLUMNS)
        sheet.whole_line(f"{TITLE}　{CONTINUATION}", 30, "TITLE")
        sheet.head()
        for each in self.continued:
            application, first = each.application, sheet.row + 1
            for part in _parts(each.rest, lines_in(CONTINUATION_COLUMNS[-1].width)):
                sheet.cells(
                    (
                        each.order,
                        application.recommending_unit.name,
                        each.number,
                        application.unit_name,
                        application.lead_name,
                        f"{each.label}（续）",
                        part,
                    )
                )
            heading = sheet.sheet.cell(first, 1)
            for cell in each.cells:
                # From 序号, to the first of the row's: LibreOffice draws a linked text as one line.
                order = cell.parent.cell(cell.row, 1)
                if order.hyperlink is None:
                    _link(order, heading)
            _link(heading, each.cells[-1])
        sheet.finish(footer)


def _link(cell, target):
    """Make a click on a cell lead to another cell of the workbook."""
    from openpyxl.worksheet.hyperlink import Hyperlink

    title = target.parent.title.replace("'", "''")
    cell.hyperlink = Hyperlink(ref=cell.coordinate, location=f"'{title}'!{target.coordinate}")


def _parts(text, per_line):
    """Cut a text into pieces that each fit into one row."""
    while text:
        part, text = cut(text, per_line, ROW_LINES)
        yield part.strip("\n")
        text = text.lstrip("\n")


def _write_rows(sheet, rows):
    for row in rows:
        texts = [str(value) if isinstance(value, Continued) else value for value in row]
        for value, cell in zip(row, sheet.cells(texts), strict=True):
            if isinstance(value, Continued):
                value.cells.append(cell)


def _top(sheet, left, right):
    sheet.whole_line("附件1", 18)
    sheet.whole_line(TITLE, 34, "TITLE")
    sheet.line([(1, 9, left, "TEXT"), (10, len(COLUMNS), right, "TEXT RIGHT")], 22)
    sheet.head()


def _bottom(sheet, written, reporter, office_phone, mobile):
    _write_rows(sheet, [("",) * len(COLUMNS)] * (BLANK_ROWS - written))
    sheet.line(
        [
            (1, 4, f"填报人：{reporter}", "TEXT"),
            (5, 8, f"联系电话：（办公）{office_phone}", "TEXT"),
            (9, len(COLUMNS), f"（手机）{mobile}", "TEXT"),
        ],
        26,
    )
    for remark in REMARKS:
        sheet.whole_line(remark, 16)


def _sheet_title(name, taken):
    """Return a sheet name that Excel accepts: short, without its special characters, unique."""
    base = re.sub(r"[\[\]:*?/\\']", " ", clean(name)).strip() or "推荐单位"
    title, count = cut_as_excel_counts(base, 31), 2
    while title.casefold() in taken:
        suffix = f"（{count}）"
        title, count = cut_as_excel_counts(base, 31 - len(suffix)) + suffix, count + 1
    taken.add(title.casefold())
    return title


def fingerprint_mark(filled, applications):
    """Return what the foot of a printed 附件1 says of its content, to compare a scan with.

    The notice's form has no place for it; the foot of the page is not part of the form.
    """
    digest = list_fingerprint(filled.content(applications))
    return f"内容指纹 {in_groups(digest[: 2 * GROUP])}"


def workbook(round_, applications, unit=None):
    """Return 附件1 of a round as an Excel file (bytes).

    `applications` is a queryset of what the reader may see of the round; those that were
    recommended are listed. With a recommending unit its one sheet; without, a summary and one
    sheet for each unit that recommended any.
    """
    groups = {}
    for application in listed(applications):
        groups.setdefault(application.recommending_unit, []).append(application)
    if unit is not None:
        groups = {unit: groups.get(unit, [])}
    lists = {
        row.recommending_unit_id: row
        for row in RecommendationList.objects.select_related("recommending_unit").filter(
            round=round_, recommending_unit__in=list(groups)
        )
    }
    book = new_book(f"{round_.title} {TITLE}")
    entries = Entries()
    rows = {
        each: [entries.of(number, application) for number, application in enumerate(group, 1)]
        for each, group in groups.items()
    }
    taken = {SUMMARY.casefold(), CONTINUATION.casefold()}
    if unit is None:
        _write_summary(book, round_, rows)
    for each, written in rows.items():
        filled = lists.get(each.pk)
        sheet = Sheet(book, _sheet_title(each.name, taken), COLUMNS)
        _top(
            sheet,
            f"推荐单位（盖章）：{each.name}",
            f"填报日期：{chinese_date(filled.filled_on) if filled else '　　年　　月　　日'}",
        )
        _write_rows(sheet, written)
        signed = (filled.reporter, filled.office_phone, filled.mobile) if filled else ("",) * 3
        _bottom(sheet, len(written), *signed)
        sheet.finish(
            f"{round_.title}　{each.name}", fingerprint_mark(filled, groups[each]) if filled else ""
        )
    entries.write_continuation(book, round_.title)
    return content_of(book)


def _write_summary(book, round_, rows):
    total = sum(map(len, rows.values()))
    sheet = Sheet(book, SUMMARY, COLUMNS)
    _top(
        sheet,
        f"{round_.title}　推荐单位 {len(rows)} 家，推荐项目 {total} 个",
        f"汇总日期：{chinese_date(timezone.localdate())}",
    )
    for unit, written in rows.items():
        sheet.heading(f"{unit.name}（{len(written)} 个）")
        _write_rows(sheet, written)
    _bottom(sheet, total, "", "", "")
    sheet.finish(f"{round_.title}　{SUMMARY}")
