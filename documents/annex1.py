"""附件1, the list of recommended applications, as Excel: the notice's title, columns and remarks.

One sheet a recommending unit, in rank order. A text that is longer than its row is continued on
another sheet (可另附页), so that every row prints whole on A4; both link each other.
"""

import io
import re
from dataclasses import dataclass, field

from django.utils import timezone
from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, NamedStyle, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.page import PageMargins
from openpyxl.worksheet.properties import PageSetupProperties

from applications.form.definition import ANNEX1_COLUMNS
from applications.models import Application
from applications.versions.snapshot import GROUP, in_groups
from documents.typesetting import chinese_date, clean, cut, line_count
from review.recommending.list_models import RecommendationList, list_fingerprint, listed

TITLE = "武汉市技能大师工作室建设项目申报情况一览表"
REMARKS = (
    "备注：1.主要获奖情况必须与佐证材料一致，按照时间先后顺序罗列，无佐证材料奖项不得填入此表；",
    "2.“单位”填写推荐项目所在工作单位；主要成绩、主要荣誉内容较多可另附页；",
    "3.推荐单位应对推荐建设项目进行排序。",
)
HEADERS = ("序号", *(label for label, _ in ANNEX1_COLUMNS))
BLANK_ROWS = 5  # as many as the notice prints
SUMMARY, CONTINUATION = "汇总", "续页"

# --- Measures: Excel's column units, points, and Chinese characters of the 10-point text ---------
WIDTHS = (5, 13, 9, 9, 9, 9, 21, 22, 13, 19, 16, 13, 13)
CONTINUATION_HEADERS = ("续页序号", "推荐单位", "序号", "单位", "领办人", "栏目", "内容")
CONTINUATION_WIDTHS = (6, 16, 6, 20, 10, 13, 97)
FONT_SIZE = 10
UNITS_PER_CHARACTER = 1.95
LINE_HEIGHT = 14.5
ROW_PADDING = 5
# A row is never higher than this: it has to fit on one page (Excel's own limit is 409 points).
ROW_LINES = 27
FOOTER_LENGTH = 90

LONG_TEXT = {"主要成绩", "主要荣誉", "工作室建设情况", "工作室主要成员"}
ALIGNMENTS = ["LEFT" if label in LONG_TEXT else "CENTRED" for label in HEADERS]


def styles():
    """Return the named styles of a new workbook: by name they are set once, not cell by cell."""
    line = Side(style="thin", color="000000")
    border = Border(left=line, right=line, top=line, bottom=line)
    body = Font(name="宋体", size=FONT_SIZE)
    head = Font(name="黑体", size=FONT_SIZE)
    text = Font(name="宋体", size=11)
    centre = Alignment(horizontal="center", vertical="center", wrap_text=True)
    left = Alignment(horizontal="left", vertical="center", wrap_text=True)
    right = Alignment(horizontal="right", vertical="center")
    return (
        NamedStyle("CENTRED", font=body, border=border, alignment=centre),
        NamedStyle("LEFT", font=body, border=border, alignment=left),
        NamedStyle("HEAD", font=head, border=border, alignment=centre),
        NamedStyle("GROUP", font=head, border=border, alignment=left),
        NamedStyle("TITLE", font=Font(name="黑体", size=18), alignment=centre),
        NamedStyle("TEXT", font=text, alignment=left),
        NamedStyle("TEXT RIGHT", font=text, alignment=right),
    )


_FORMULA = ("=", "+", "-", "@", "\t")


def write_text(cell, text):
    """Put text into a cell as text: never a formula, never a character that Excel refuses."""
    cell.value = text = clean(text)
    cell.data_type = "s"
    if text.startswith(_FORMULA):
        # Otherwise editing the cell, without changing anything, would turn it into a formula.
        cell.quotePrefix = True


def lines_in(column_width):
    """Return how many Chinese characters fit in one line of a column."""
    return (column_width - 1) / UNITS_PER_CHARACTER


class Sheet:
    """One sheet of 附件1, written from the top down."""

    def __init__(self, book, title, widths, headers):
        self.sheet = book.create_sheet(title)
        self.widths = widths
        self.headers = headers
        self.columns = len(widths)
        self.row = 0
        for index, width in enumerate(widths, start=1):
            self.sheet.column_dimensions[get_column_letter(index)].width = width

    def line(self, parts, height):
        """Write a line without borders: (first column, last column, text, style) each."""
        self.row += 1
        self.sheet.row_dimensions[self.row].height = height
        for first, last, text, style in parts:
            self._merge(first, last)
            cell = self.sheet.cell(self.row, first)
            cell.style = style
            write_text(cell, text)

    def whole_line(self, text, height, style="TEXT"):
        """Write one text across all columns, without borders."""
        self.line([(1, self.columns, text, style)], height)

    def head(self):
        """Write the column heads; they are repeated on every page and stay in view."""
        self.cells(self.headers, ["HEAD"] * self.columns)
        self.sheet.print_title_rows = f"{self.row}:{self.row}"
        self.sheet.freeze_panes = self.sheet.cell(self.row + 1, 1)

    def cells(self, texts, cell_styles):
        """Write one bordered row, as high as its longest text needs."""
        self.row += 1
        most = 2
        for column, (text, style) in enumerate(zip(texts, cell_styles, strict=True), start=1):
            cell = self.sheet.cell(self.row, column)
            cell.style = style
            if isinstance(text, int):
                cell.value = text
                continue
            if isinstance(text, Continued):
                text.cells.append(cell)
                text = str(text)
            if text:
                write_text(cell, text)
                most = max(most, line_count(cell.value, lines_in(self.widths[column - 1])))
        self.sheet.row_dimensions[self.row].height = most * LINE_HEIGHT + ROW_PADDING

    def heading(self, text):
        """Write a bordered heading across all columns."""
        self.row += 1
        for column in range(1, self.columns + 1):
            self.sheet.cell(self.row, column).style = "GROUP"
        write_text(self.sheet.cell(self.row, 1), text)
        self._merge(1, self.columns)
        self.sheet.row_dimensions[self.row].height = 18

    def _merge(self, first, last):
        self.sheet.merge_cells(
            start_row=self.row, end_row=self.row, start_column=first, end_column=last
        )

    def finish(self, footer, mark=""):
        """Set the page: A4 landscape, one page wide, numbered; `mark` is the middle of its foot."""
        sheet = self.sheet
        sheet.page_setup.orientation = "landscape"
        sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
        sheet.page_setup.fitToWidth = 1
        sheet.page_setup.fitToHeight = 0
        sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
        sheet.page_margins = PageMargins(
            left=0.4, right=0.4, top=0.6, bottom=0.6, header=0.3, footer=0.3
        )
        sheet.print_options.horizontalCentered = True
        sheet.print_area = f"A1:{get_column_letter(self.columns)}{self.row}"
        # "&" begins a code in a footer; a footer longer than 255 makes Excel repair the file.
        sheet.oddFooter.left.text = _cut(clean(footer), FOOTER_LENGTH).replace("&", "&&")
        sheet.oddFooter.center.text = mark
        sheet.oddFooter.right.text = "第 &P 页　共 &N 页"
        for part in (sheet.oddFooter.left, sheet.oddFooter.center, sheet.oddFooter.right):
            part.size = 9


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
        for (label, read), width in zip(ANNEX1_COLUMNS, WIDTHS[1:], strict=True):
            text, per_line = clean(read(application)), lines_in(width)
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
        sheet = Sheet(book, CONTINUATION, CONTINUATION_WIDTHS, CONTINUATION_HEADERS)
        sheet.whole_line(f"{TITLE}　{CONTINUATION}", 30, "TITLE")
        sheet.head()
        for each in self.continued:
            application, first = each.application, sheet.row + 1
            for part in _parts(each.rest, lines_in(CONTINUATION_WIDTHS[-1])):
                sheet.cells(
                    (
                        each.order,
                        application.recommending_unit.name,
                        each.number,
                        application.unit_name,
                        application.lead_name,
                        f"{each.label}（续）",
                        part,
                    ),
                    ["CENTRED"] * 6 + ["LEFT"],
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
    title = target.parent.title.replace("'", "''")
    cell.hyperlink = Hyperlink(ref=cell.coordinate, location=f"'{title}'!{target.coordinate}")


def _parts(text, per_line):
    """Cut a text into pieces that each fit into one row."""
    while text:
        part, text = cut(text, per_line, ROW_LINES)
        yield part.strip("\n")
        text = text.lstrip("\n")


def _rows(sheet, rows):
    for texts in rows:
        sheet.cells(texts, ALIGNMENTS)


def _top(sheet, left, right):
    sheet.whole_line("附件1", 18)
    sheet.whole_line(TITLE, 34, "TITLE")
    sheet.line([(1, 9, left, "TEXT"), (10, sheet.columns, right, "TEXT RIGHT")], 22)
    sheet.head()


def _bottom(sheet, written, reporter, office_phone, mobile):
    _rows(sheet, [("",) * sheet.columns] * (BLANK_ROWS - written))
    sheet.line(
        [
            (1, 4, f"填报人：{reporter}", "TEXT"),
            (5, 8, f"联系电话：（办公）{office_phone}", "TEXT"),
            (9, sheet.columns, f"（手机）{mobile}", "TEXT"),
        ],
        26,
    )
    for remark in REMARKS:
        sheet.whole_line(remark, 16)


def _cut(text, most):
    """Return the beginning of a text, as long as Excel counts: a rare character is two."""
    return text.encode("utf-16-le")[: 2 * most].decode("utf-16-le", "ignore")


def _sheet_title(name, taken):
    """Return a sheet name that Excel accepts: short, without its special characters, unique."""
    base = re.sub(r"[\[\]:*?/\\']", " ", clean(name)).strip() or "推荐单位"
    title, count = _cut(base, 31), 2
    while title.casefold() in taken:
        suffix = f"（{count}）"
        title, count = _cut(base, 31 - len(suffix)) + suffix, count + 1
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
    book = Workbook()
    book.remove(book.active)
    for style in styles():
        book.add_named_style(style)
    book.properties.title, book.properties.creator = f"{round_.title} {TITLE}", "申报与评审平台"
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
        sheet = Sheet(book, _sheet_title(each.name, taken), WIDTHS, HEADERS)
        _top(
            sheet,
            f"推荐单位（盖章）：{each.name}",
            f"填报日期：{chinese_date(filled.filled_on) if filled else '　　年　　月　　日'}",
        )
        _rows(sheet, written)
        signed = (filled.reporter, filled.office_phone, filled.mobile) if filled else ("",) * 3
        _bottom(sheet, len(written), *signed)
        sheet.finish(
            f"{round_.title}　{each.name}", fingerprint_mark(filled, groups[each]) if filled else ""
        )
    entries.write_continuation(book, round_.title)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _write_summary(book, round_, rows):
    total = sum(map(len, rows.values()))
    sheet = Sheet(book, SUMMARY, WIDTHS, HEADERS)
    _top(
        sheet,
        f"{round_.title}　推荐单位 {len(rows)} 家，推荐项目 {total} 个",
        f"汇总日期：{chinese_date(timezone.localdate())}",
    )
    for unit, written in rows.items():
        sheet.heading(f"{unit.name}（{len(written)} 个）")
        _rows(sheet, written)
    _bottom(sheet, total, "", "", "")
    sheet.finish(f"{round_.title}　{SUMMARY}")
