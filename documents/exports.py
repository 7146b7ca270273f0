"""A filtered list of applications as Excel: what the queue shows, with the columns of the role.

Rows and filter are the queue's own (`review/queue/filters.py`); nobody gets a column here that they
may not read on the application's page.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from django.db.models import Case, F, OuterRef, Subquery, When
from django.utils import timezone
from django.utils.functional import cached_property

from accounts.roles import Role
from applications.form.definition import display
from applications.models import Application
from applications.stages import Stage
from documents.typesetting import line_count
from documents.workbook import (
    LINE_HEIGHT,
    MARGIN,
    ROW_PADDING,
    column_letters,
    lines_in,
    new_book,
    set_page,
    write_text,
)
from review.permissions import CITY, STAFF
from review.queue.filters import filtered, in_words, options_for
from review.recommending.list_models import UNREAD
from review.results.models import ResultEdition
from review.scoring.models import ScoreSheet
from review.scoring.rankings import CONCLUDED

TITLE = "申报清单"
# More rows than this are written by the worker.
AT_ONCE = 300
CHUNK = 200
HEAD_ROW = 3
# --- The page: A4 landscape, in points; a column's unit is a digit of 7 pixels, 96 to the inch ---
ROOM = 297 / 25.4 * 72 - 2 * MARGIN * 72 - 12  # a little is left over for programs that round up
POINTS_PER_UNIT = 7 * 72 / 96
# At the least scale that is printed (percent) the text of 10 points is 8.
LEAST_SCALE = 80

WITH_UNITS = (Role.OFFICE, Role.BUREAU, Role.FINANCE)
WITH_CONTACTS = (Role.RECOMMENDER, *CITY)
WITH_RANK = (Role.RECOMMENDER, *CITY)


@dataclass(frozen=True)
class Column:
    """One column: its head, width (Excel's units), how a row is read and which roles get it.

    `decimals` is how many of them a number is shown with.
    """

    label: str
    width: int
    read: Callable
    roles: Collection[Role] = STAFF
    decimals: int = 0


def _field(name):
    return lambda row: display(row, name)


def _when(moment):
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}" if moment else ""


def _mean(row):
    return row.mean if row.stage_enum in CONCLUDED else None


def _own_score(row):
    if row.own_submitted_at is None:
        return "草稿" if row.own_sheet else "未评分"
    return row.own_total


# What says which application a row is: these stand first, and on every printed page.
IDENTIFYING = 3
# By weight: those that matter are on the first page across, the rest on those after it.
COLUMNS = (
    Column("受理编号", 15, lambda row: row.number),
    Column("申报单位", 22, _field("unit_name")),
    Column("领办人", 9, _field("lead_name")),
    Column("推荐单位", 18, lambda row: row.recommending_unit.name, WITH_UNITS),
    Column("推荐排序", 6, lambda row: row.rank, WITH_RANK),
    Column("阶段", 11, lambda row: row.stage_enum.label),
    Column("进入本阶段", 11, lambda row: f"{timezone.localtime(row.stage_entered_at):%Y-%m-%d}"),
    Column("办理期限", 17, lambda row: _when(row.due_at)),
    Column("平均分", 8, _mean, CITY, decimals=2),
    Column("我的评分", 9, _own_score, (Role.EXPERT,), decimals=1),
    Column("工种", 11, _field("lead_occupation")),
    Column("技能等级", 9, _field("lead_skill_level")),
    Column("单位性质", 9, _field("unit_nature")),
    Column("依托单位类别", 9, lambda row: row.get_host_kind_display()),
    Column("专家组", 11, lambda row: row.panel_name, CITY),
    Column("联系人", 9, _field("contact_name"), WITH_CONTACTS),
    Column("联系人办公电话", 14, _field("contact_phone"), WITH_CONTACTS),
    Column("联系人手机", 13, _field("contact_mobile"), WITH_CONTACTS),
    Column("E-mail", 20, _field("email"), WITH_CONTACTS),
    Column("发文文号", 17, lambda row: row.document_number, WITH_UNITS),
    Column("评选批次", 20, lambda row: row.round.title),
)


class Listing:
    """The rows of one filtered list, as one user may see them, ready to be written.

    `asked` is what the queue's address asks for: stage, round, unit, q, score.
    """

    def __init__(self, user, asked):
        self.user = user
        rounds, units = options_for(user)
        found, self.chosen = filtered(user, asked, rounds, units)
        self.filter_text = in_words(self.chosen, rounds, units)
        self.found = found
        self.columns = [column for column in COLUMNS if user.role in column.roles]
        self.per_line = [lines_in(column.width) for column in self.columns]

    @cached_property
    def keys(self):
        """The rows' keys in order, read once: the number told above them is that of the rows."""
        return list(self.found.values_list("pk", flat=True))

    def __len__(self):
        return len(self.keys)

    def _rows(self):
        """Yield the rows in order, a chunk of them at a time."""
        for start in range(0, len(self.keys), CHUNK):
            keys = self.keys[start : start + CHUNK]
            found = self._annotated().in_bulk(keys)
            # What has left the user's sight meanwhile is not told any more.
            yield from (found[key] for key in keys if key in found)

    def _annotated(self):
        rows = Application.objects.visible_to(self.user).select_related(
            "round", "recommending_unit"
        )
        # Long texts that no column reads; the round's notice would come with every row.
        rows = rows.defer("round__notice", "main_results", "studio_status", *UNREAD)
        editions = ResultEdition.objects.filter(round=OuterRef("round")).order_by("-sequence")
        rows = rows.annotate(
            document_number=Case(
                When(stage=Stage.AWARDED, then=Subquery(editions.values("document_number")[:1]))
            )
        )
        if self.user.role in CITY:
            rows = rows.annotate(
                panel_name=F("panel_assignment__panel__name"),
                mean=F("panel_assignment__mean"),
            )
        elif self.user.role == Role.EXPERT:
            own = ScoreSheet.objects.filter(application=OuterRef("pk"), expert=self.user)
            rows = rows.annotate(
                own_sheet=Subquery(own.values("pk")[:1]),
                own_submitted_at=Subquery(own.values("submitted_at")[:1]),
                own_total=Subquery(own.values("total")[:1]),
            )
        return rows

    def write(self, out, at, progress=lambda steps: None):
        """Write the workbook to a path or file; calls `progress` with the rows written since."""
        book = new_book(TITLE, write_only=True)
        sheet = book.create_sheet(TITLE)
        heading = self.heading(at)
        _set_page(sheet, self.columns, heading, len(self))
        sheet.append([_cell(sheet, TITLE, "TITLE")])
        sheet.append([_cell(sheet, heading, "TEXT")])
        head = [_cell(sheet, column.label, "HEAD", column.decimals) for column in self.columns]
        self._append(sheet, HEAD_ROW, head)
        # A row is written when it is appended: one row of cells, styled once, serves for all.
        cells = [_cell(sheet, "", "LEFT") for _ in self.columns]
        for number, row in enumerate(self._rows(), start=1):
            for cell, column in zip(cells, self.columns, strict=True):
                _fill(cell, column.read(row), column.decimals)
            self._append(sheet, HEAD_ROW + number, cells)
            if number % CHUNK == 0:
                progress(CHUNK)
        book.save(out)

    def _append(self, sheet, number, cells):
        """Write one row, as high as its longest text needs."""
        lines = max(
            line_count(cell.value, per_line) if isinstance(cell.value, str) else 1
            for cell, per_line in zip(cells, self.per_line, strict=True)
        )
        sheet.row_dimensions[number].height = lines * LINE_HEIGHT + ROW_PADDING
        sheet.append(cells)

    def heading(self, at):
        """What stands above the table: filter, number of rows, who and when."""
        return (
            f"筛选条件：{self.filter_text}　共 {len(self)} 行　"
            f"导出人：{f'{self.user.unit_name} {self.user.name}'.strip()}　导出时间：{_when(at)}"
        )


def _set_page(sheet, columns, heading, rows):
    """Set the page: A4 landscape at a scale that can be read, heads frozen and with filters.

    What finds no room across follows on further pages, each with the heads and with what says which
    application a row is.
    """
    last, (_, ends) = column_letters(len(columns)), pages_across(columns)
    for index, column in enumerate(columns, start=1):
        sheet.column_dimensions[column_letters(index)].width = column.width
    # What is repeated on a further page is whole there: a wider line would be cut off.
    across = len(columns) if len(ends) == 1 else IDENTIFYING
    width = sum(column.width for column in columns[:across])
    for row, height in ((1, 30), (2, 18 * line_count(heading, lines_in(width)))):
        sheet.merged_cells.add(f"A{row}:{column_letters(across)}{row}")
        sheet.row_dimensions[row].height = height
    sheet.freeze_panes = f"A{HEAD_ROW + 1}"
    sheet.print_title_rows = f"{HEAD_ROW}:{HEAD_ROW}"
    sheet.print_title_cols = f"A:{column_letters(IDENTIFYING)}"
    sheet.auto_filter.ref = f"A{HEAD_ROW}:{last}{HEAD_ROW + rows}"
    set_page(sheet, len(ends))


def pages_across(columns):
    """Return the scale (percent) and how many columns are printed up to the end of each page.

    As few pages as the least scale takes, at the greatest scale that takes no more.
    """
    fewest = len(_ends(columns, LEAST_SCALE))
    scales = range(100, LEAST_SCALE - 1, -1)
    return next((scale, ends) for scale in scales if len(ends := _ends(columns, scale)) == fewest)


def _ends(columns, scale):
    room = ROOM / POINTS_PER_UNIT * 100 / scale
    repeated = sum(column.width for column in columns[:IDENTIFYING])
    ends, used = [], 0
    for index, column in enumerate(columns):
        if used + column.width > room:
            ends.append(index)
            used = repeated
        used += column.width
    return [*ends, len(columns)]


def _cell(sheet, value, style, decimals=0):
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet)
    cell.style = style
    _fill(cell, value, decimals)
    return cell


def _fill(cell, value, decimals=0):
    """Put a value into a cell, which may hold that of the row before."""
    value = None if value == "" else value
    if isinstance(value, str):
        write_text(cell, value)
    else:
        cell.value = value
        cell.quotePrefix = False
    if decimals:
        cell.number_format = "General" if value is None else f"0.{'0' * decimals}"
