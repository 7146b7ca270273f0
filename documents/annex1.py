"""附件1, the list of recommended applications: the notice's title, columns and remarks; as Excel.

One sheet a recommending unit, in rank order. A text that is longer than its row is continued on
another sheet (可另附页), so that every row prints whole on A4; both link each other.
"""

import io
import re
from functools import cached_property
from itertools import islice

from django.utils import timezone

from accounts.models import RecommendingUnit
from accounts.roles import Role
from applications.form.definition import ANNEX1_COLUMNS
from applications.models import Application
from applications.rounds import Round
from applications.versions.snapshot import GROUP, in_groups
from documents.typesetting import chinese_date, clean, cut, line_count
from documents.workbook import Column, StreamedSheet, cut_as_excel_counts, lines_in, new_book
from review.recommending.list_models import (
    RecommendationList,
    list_fingerprint,
    list_row,
    listed,
    with_what_rows_read,
)

TITLE = "武汉市技能大师工作室建设项目申报情况一览表"
REMARKS = (
    "备注：1.主要获奖情况必须与佐证材料一致，按照时间先后顺序罗列，无佐证材料奖项不得填入此表；",
    "2.“单位”填写推荐项目所在工作单位；主要成绩、主要荣誉内容较多可另附页；",
    "3.推荐单位应对推荐建设项目进行排序。",
)
CHUNK = 200  # rows that are read at once
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


def _parts(text, per_line):
    """Cut a text into pieces that each fit into one row."""
    while text:
        part, text = cut(text, per_line, ROW_LINES)
        yield part.strip("\n")
        text = text.lstrip("\n")


def head_line(unit, filled):
    """Return the two texts of the line above the table: whose list it is, and of which day."""
    day = chinese_date(filled.filled_on) if filled else "　　年　　月　　日"
    return f"推荐单位（盖章）：{unit.name if unit else ''}", f"填报日期：{day}"


def foot_line(filled):
    """Return the three texts of the line below the table: who filled it in, and two telephones."""
    reporter, office, mobile = (
        (filled.reporter, filled.office_phone, filled.mobile) if filled else ("",) * 3
    )
    return f"填报人：{reporter}", f"联系电话：（办公）{office}", f"（手机）{mobile}"


def _top(sheet, left, right):
    sheet.whole_line("附件1", 18)
    sheet.whole_line(TITLE, 34, "TITLE")
    sheet.line([(1, 9, left, "TEXT"), (10, len(COLUMNS), right, "TEXT RIGHT")], 22)
    sheet.head()


def _bottom(sheet, written, filled=None):
    for _ in range(BLANK_ROWS - written):
        sheet.cells(("",) * len(COLUMNS))
    reporter, office, mobile = foot_line(filled)
    parts = [(1, 4, reporter, "TEXT"), (5, 8, office, "TEXT")]
    sheet.line([*parts, (9, len(COLUMNS), mobile, "TEXT")], 26)
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


def fingerprint_mark(content):
    """Return what the foot of a printed 附件1 says of its content, to compare a scan with.

    The notice's form has no place for it; the foot of the page is not part of the form.
    """
    return f"内容指纹 {in_groups(list_fingerprint(content)[: 2 * GROUP])}"


class Continuation:
    """The sheet of what found no room in its row; there is none until something found none."""

    def __init__(self, book, footer):
        self.book, self.footer = book, footer
        self.sheet = None
        self.written = 0  # texts

    def next_address(self):
        """Return where the next text will begin, as a link names it."""
        if self.sheet is None:
            self.sheet = StreamedSheet(self.book, CONTINUATION, CONTINUATION_COLUMNS)
            self.sheet.whole_line(f"{TITLE}　{CONTINUATION}", 30, "TITLE")
            self.sheet.head()
        return self.sheet.address(self.sheet.row + 1, 1)

    def write(self, number, application, label, text, link):
        """Write the rest of one text; a click on its order leads to the cell it begins in."""
        self.written += 1
        for part in _parts(text, lines_in(CONTINUATION_COLUMNS[-1].width)):
            self.sheet.cells(
                (
                    self.written,
                    application.recommending_unit.name,
                    number,
                    application.unit_name,
                    application.lead_name,
                    f"{label}（续）",
                    part,
                ),
                link,
            )
            link = ""

    def finish(self):
        """Put it behind all other sheets, if there is any."""
        if self.sheet is not None:
            self.sheet.finish(self.footer)
            self.book.move_sheet(CONTINUATION, len(self.book.sheetnames))


class UnitList:
    """The list of one recommending unit, of so many rows, being read; `filled` is what it signed.

    Its rows are read once, in order, before those of the next list.
    """

    def __init__(self, unit, filled, count, applications):
        self.unit, self.filled, self.count = unit, filled, count
        self._applications = applications
        self._read = []

    def __iter__(self):
        """Yield the rows: (number, application, its cells by label)."""
        for number, application in enumerate(self._applications, start=1):
            row = list_row(application)
            if self.filled:
                self._read.append(row)
            yield number, application, row["cells"]

    @property
    def mark(self):
        """What the foot of its pages says of its content, once its rows are read; "" without."""
        return fingerprint_mark(self.filled.content_of(self._read)) if self.filled else ""


class Annex1:
    """附件1 of a round, ready to be written: of one recommending unit, or of all that have any.

    `applications` is a queryset of what the reader may see of the round; those that were
    recommended are listed. With a recommending unit its one sheet; without, a summary and one
    sheet for each unit. Rows are read and written a chunk at a time, each to all its sheets.
    """

    def __init__(self, round_, applications, unit=None):
        self.round = round_
        self.applications = applications
        self.unit = unit

    @cached_property
    def keys(self):
        """The applications' keys in order, by that of their unit: what is counted is written."""
        keys = {} if self.unit is None else {self.unit.pk: []}
        for unit, key in listed(self.applications).values_list("recommending_unit", "pk"):
            keys.setdefault(unit, []).append(key)
        return keys

    def __len__(self):
        return sum(map(len, self.keys.values()))

    def _read(self):
        """Yield the applications in order, a chunk of them at a time."""
        keys = [key for of_unit in self.keys.values() for key in of_unit]
        for start in range(0, len(keys), CHUNK):
            chunk = keys[start : start + CHUNK]
            found = with_what_rows_read(Application.objects).in_bulk(chunk)
            yield from (found[key] for key in chunk)

    def lists(self):
        """Yield the `UnitList` of each recommending unit, in order."""
        units = RecommendingUnit.objects.in_bulk(list(self.keys))
        lists = {
            row.recommending_unit_id: row
            for row in RecommendationList.objects.select_related("recommending_unit").filter(
                round=self.round, recommending_unit__in=list(self.keys)
            )
        }
        applications = self._read()
        for key, of_unit in self.keys.items():
            rows = islice(applications, len(of_unit))
            yield UnitList(units[key], lists.get(key), len(of_unit), rows)

    def write(self, out, at, progress=lambda steps: None):
        """Write the workbook to a path or file; calls `progress` with the rows written since.

        `at` is the moment that the summary bears.
        """
        book = new_book(f"{self.round.title} {TITLE}", write_only=True)
        summary = self._summary(book, at) if self.unit is None else None
        continuation = Continuation(book, self.round.title)
        taken = {SUMMARY.casefold(), CONTINUATION.casefold()}
        for rows in self.lists():
            if summary:
                summary.heading(f"{rows.unit.name}（{rows.count} 个）")
            sheet = StreamedSheet(book, _sheet_title(rows.unit.name, taken), COLUMNS)
            _top(sheet, *head_line(rows.unit, rows.filled))
            for number, application, cells in rows:
                _write_row(number, application, cells, sheet, summary, continuation)
                progress(1)
            _bottom(sheet, rows.count, rows.filled)
            sheet.finish(f"{self.round.title}　{rows.unit.name}", rows.mark)
        if summary:
            _bottom(summary, len(self))
            summary.finish(f"{self.round.title}　{SUMMARY}")
        continuation.finish()
        book.save(out)

    def content(self):
        """Return the workbook as an Excel file (bytes), made now."""
        out = io.BytesIO()
        self.write(out, timezone.now())
        return out.getvalue()

    def _summary(self, book, at):
        sheet = StreamedSheet(book, SUMMARY, COLUMNS)
        _top(
            sheet,
            f"{self.round.title}　推荐单位 {len(self.keys)} 家，推荐项目 {len(self)} 个",
            f"汇总日期：{chinese_date(timezone.localdate(at))}",
        )
        return sheet


def readable_by(user, round_, unit):
    """Return the `Annex1` that a user may read; None when it is that of another unit's.

    A recommending unit gets its own list alone.
    """
    if user.role == Role.RECOMMENDER and unit != user.recommending_unit:
        return None
    applications = Application.objects.visible_to(user).filter(round=round_)
    if unit is not None:
        applications = applications.filter(recommending_unit=unit)
    return Annex1(round_, applications, unit)


def asked_for(user, asked):
    """Return the `Annex1` that the keys of a round and a unit ask for; None when there is none."""
    round_ = Round.objects.published().filter(pk=asked["round"]).first()
    unit = RecommendingUnit.objects.filter(pk=asked["unit"]).first()
    if round_ is None or (unit is None and asked["unit"] is not None):
        return None
    return readable_by(user, round_, unit)


def _write_row(number, application, cells, sheet, summary, continuation):
    """Write an application's row, and what is too long for it; both link each other."""
    texts, rests, most = [number], [], 1
    for column, (label, text) in enumerate(cells.items(), start=2):
        text, per_line = clean(text), lines_in(COLUMNS[column - 1].width)
        lines = line_count(text, per_line)
        if lines > ROW_LINES:
            # The narrowest column needs two lines to say where the rest is.
            text, rest = (part.strip("\n") for part in cut(text, per_line, ROW_LINES - 2))
            rests.append((column, label, rest))
            text = f"{text}\n（余见{CONTINUATION}第{continuation.written + len(rests)}项）"
            lines = line_count(text, per_line)
        texts.append(text)
        most = max(most, lines)
    # From 序号: LibreOffice draws a linked text as one line.
    link = continuation.next_address() if rests else ""
    for each in (sheet, summary) if summary else (sheet,):
        each.cells(texts, link, most)
    for column, label, rest in rests:
        begun = sheet.address(sheet.row, column)
        continuation.write(number, application, label, rest, begun)
