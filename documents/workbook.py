"""Excel workbooks of the portal: their styles, their page (A4 landscape), text that stays text.

A sheet is written from the top down; its columns say once how wide they are and how they align.
openpyxl is imported where a file is written: it costs a process 24 MB, and most write none.
"""

import io
from copy import copy
from dataclasses import dataclass

from documents.typesetting import clean, line_count

FONT_SIZE = 10
UNITS_PER_CHARACTER = 1.95
LINE_HEIGHT = 14.5
ROW_PADDING = 5
LEAST_LINES = 2  # of a row
FOOTER_LENGTH, FOOTER_SIZE = 90, 9
MARGIN = 0.4  # left and right, in inches


def styles():
    """Return the named styles of a new workbook: by name they are set once, not cell by cell."""
    from openpyxl.styles import Alignment, Border, Font, NamedStyle, Side

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
    # Otherwise editing the cell, without changing anything, would turn it into a formula.
    cell.quotePrefix = text.startswith(_FORMULA)


def column_letters(index):
    """Return what Excel calls a column: A for 1, AA for 27."""
    from openpyxl.utils import get_column_letter

    return get_column_letter(index)


def lines_in(column_width):
    """Return how many Chinese characters fit in one line of a column."""
    return (column_width - 1) / UNITS_PER_CHARACTER


def set_page(sheet, pages_across=1):
    """Set a worksheet to A4 landscape, so many pages wide, numbered at the foot."""
    from openpyxl.worksheet.page import PageMargins
    from openpyxl.worksheet.properties import PageSetupProperties
    from openpyxl.worksheet.worksheet import Worksheet

    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = Worksheet.PAPERSIZE_A4
    # Fitted, with no breaks of our own: a program without the font of the digits has wider columns.
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = pages_across, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_margins = PageMargins(
        left=MARGIN, right=MARGIN, top=0.6, bottom=0.6, header=0.3, footer=0.3
    )
    sheet.oddFooter.right.text = "第 &P 页　共 &N 页"
    sheet.oddFooter.right.size = FOOTER_SIZE


@dataclass(frozen=True)
class Column:
    """One column of a sheet: its head, its width (Excel's units) and the style of its cells."""

    header: str
    width: float
    style: str = "CENTRED"


def new_book(title, *, write_only=False):
    """Return a workbook without sheets, with the portal's styles; `write_only` as in openpyxl."""
    from openpyxl import Workbook

    book = Workbook(write_only=write_only)
    if not write_only:
        book.remove(book.active)
    for style in styles():
        book.add_named_style(style)
    book.properties.title, book.properties.creator = title, "申报与评审平台"
    return book


def content_of(book):
    """Return a workbook as an Excel file (bytes)."""
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


class Sheet:
    """One sheet, written from the top down; `columns` are `Column`s, `row` the last one written."""

    def __init__(self, book, title, columns):
        self.sheet = book.create_sheet(title)
        self.columns = columns
        self.row = 0
        self._styled = {}  # by its name, what openpyxl keeps of a style in a cell
        for index, column in enumerate(columns, start=1):
            self.sheet.column_dimensions[column_letters(index)].width = column.width
        set_page(self.sheet)

    def line(self, parts, height):
        """Write a line without borders: (first column, last column, text, style) each."""
        self._put({first: (text, style) for first, _, text, style in parts}, height)
        for first, last, _, _ in parts:
            self._merge(first, last)

    def whole_line(self, text, height, style="TEXT"):
        """Write one text across all columns, without borders."""
        self.line([(1, len(self.columns), text, style)], height)

    def head(self, groups=(), frozen=0):
        """Write the column heads; they are repeated on every page and stay in view.

        `groups` are heads above them, (first column, last column, text); so many first columns stay
        in view as `frozen` says.
        """
        first_row = self.row + 1
        columns = range(1, len(self.columns) + 1)
        if groups:
            texts = {first: text for first, _, text in groups}
            heads = {column: (texts.get(column, ""), "HEAD") for column in columns}
            self._put(heads, LINE_HEIGHT + 2 * ROW_PADDING)
        for first, last, _ in groups:
            self._merge(first, last)
        lines = max(line_count(each.header, lines_in(each.width)) for each in self.columns)
        self._write(((column.header, "HEAD") for column in self.columns), lines)
        self.sheet.print_title_rows = f"{first_row}:{self.row}"
        self.sheet.freeze_panes = f"{column_letters(frozen + 1)}{self.row + 1}"

    def cells(self, values, link="", lines=None):
        """Write one bordered row of texts and whole numbers, as high as its longest text needs.

        That are so many `lines`, where they have been counted. A click on its first cell leads to
        `link`, a cell of the workbook (`address`).
        """
        if lines is None:
            lines = max(
                line_count(clean(value), lines_in(column.width)) if isinstance(value, str) else 1
                for value, column in zip(values, self.columns, strict=True)
            )
        styles = (column.style for column in self.columns)
        self._write(zip(values, styles, strict=True), lines, link)

    def _write(self, values, lines, link=""):
        height = max(lines, LEAST_LINES) * LINE_HEIGHT + ROW_PADDING
        self._put(dict(enumerate(values, start=1)), height, link)

    def heading(self, text):
        """Write a bordered heading across all columns."""
        cells = dict.fromkeys(range(1, len(self.columns) + 1), ("", "GROUP"))
        self._put(cells | {1: (text, "GROUP")}, 18)
        self._merge(1, len(self.columns))

    def address(self, row, column):
        """Return how a link names a cell of the sheet."""
        title = self.sheet.title.replace("'", "''")
        return f"'{title}'!{column_letters(column)}{row}"

    def _put(self, cells, height, link=""):
        """Write a row of cells, (text or whole number, style) by column; `link` is its first's."""
        self.row += 1
        self.sheet.row_dimensions[self.row].height = height
        for column, (value, style) in cells.items():
            _fill(self._styled_cell(self.sheet.cell(self.row, column), style), value)
        if link:
            _link(self.sheet.cell(self.row, 1), link)

    def _styled_cell(self, cell, style):
        """Return a cell in a style: looked up by its name once, copied from then on."""
        if style in self._styled:
            cell._style = copy(self._styled[style])
        else:
            cell.style = style
            self._styled[style] = copy(cell._style)
        return cell

    def _merge(self, first, last):
        self.sheet.merge_cells(
            start_row=self.row, end_row=self.row, start_column=first, end_column=last
        )

    def finish(self, footer, mark=""):
        """Say what the foot of every page says; `mark` is its middle. Nothing is written after."""
        sheet = self.sheet
        sheet.print_options.horizontalCentered = True
        sheet.print_area = f"A1:{column_letters(len(self.columns))}{self.row}"
        # "&" begins a code in a footer; a footer longer than 255 makes Excel repair the file.
        sheet.oddFooter.left.text = cut_as_excel_counts(clean(footer), FOOTER_LENGTH).replace(
            "&", "&&"
        )
        sheet.oddFooter.center.text = mark
        for part in (sheet.oddFooter.left, sheet.oddFooter.center):
            part.size = FOOTER_SIZE


class StreamedSheet(Sheet):
    """A sheet of a `write_only` book: a row is on disk once it is written, however many there are.

    What stands above the heads waits for them: the beginning of the file says what stays in view.
    """

    def __init__(self, book, title, columns):
        super().__init__(book, title, columns)
        self._above = []

    def head(self, groups=(), frozen=0):
        super().head(groups, frozen)
        above, self._above = self._above, None
        for number, (row, height) in enumerate(above, start=1):
            self._append(number, row, height)

    def _put(self, cells, height, link=""):
        self.row += 1
        row = [None] * max(cells)
        for column, (value, style) in cells.items():
            row[column - 1] = self._cell(value, style)
        if link:
            _link(row[0], link)
        if self._above is None:
            self._append(self.row, row, height)
        else:
            self._above.append((row, height))

    def _cell(self, value, style):
        from openpyxl.cell import WriteOnlyCell

        cell = self._styled_cell(WriteOnlyCell(self.sheet), style)
        _fill(cell, value)
        return cell

    def _append(self, number, row, height):
        self.sheet.row_dimensions[number].height = height
        self.sheet.append(row)
        del self.sheet.row_dimensions[number]

    def _merge(self, first, last):
        area = f"{column_letters(first)}{self.row}:{column_letters(last)}{self.row}"
        self.sheet.merged_cells.add(area)

    def finish(self, footer, mark=""):
        super().finish(footer, mark)
        self.sheet.close()


def _fill(cell, value):
    if isinstance(value, int):
        cell.value = value
    elif value:
        write_text(cell, value)


def _link(cell, address):
    """Make a click on a cell lead to another cell of the workbook."""
    from openpyxl.worksheet.hyperlink import Hyperlink

    cell.hyperlink = Hyperlink(ref="", location=address)


def cut_as_excel_counts(text, most):
    """Return the beginning of a text, as long as Excel counts: a rare character is two."""
    return text.encode("utf-16-le")[: 2 * most].decode("utf-16-le", "ignore")
