"""A program (`applications/files/program_bounds.py`) that reads the cells of a workbook.

It answers {} and the bytes of an .xlsx or .xls with {"hidden": names of sheets that nobody sees,
"numbers": how many long numbers were left out, "cut": how many columns too many a sheet has} and
the sheets as JSON: [[name, [[number of the row, from 1, [texts of its cells]], ...]], ...], rows
without any text left out; or with {"refused": a key of `upload.REFUSALS`}.

Numbers of seven digits and more (of persons, telephones, accounts) never leave this program,
however they are written; dates and years do.
"""

import datetime
import io
import json
import re
import unicodedata
import zipfile
from functools import lru_cache

from accounts.characters import UNPRINTABLE, visible
from applications.files.program_bounds import Refused, serve

CPU_SECONDS = 20
SHEET_LIMIT = 100
ROW_LIMIT = 5_000  # with something in them, in all sheets
COLUMN_LIMIT = 40
CELL_LIMIT = 1_000_000  # that are looked at
BLANK_LIMIT = 2_000  # rows without anything, one after the other, end a sheet
# All that the file holds, unpacked.
UNPACKED_LIMIT = 100 * 1024**2
TEXT_LIMIT = 120  # characters of a cell; nothing that is kept is longer than 100
CHARACTER_LIMIT = 4_000_000  # of all cells
ZIP, OLE2 = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
STRICT = b"http://purl.oclc.org/ooxml/spreadsheetml/main"
NUMBER_LENGTH = 7
# What stands for a digit that is hidden: 138****0000, 4201**********0171, 138XXXX0000.
_MASK = r"[*●○■□•]|[xX×]{2,}"
# Digits in groups, whatever signs or blanks stand between them; a number of many digits that Excel
# keeps as such has lost its last ones already.
_NUMBER = re.compile(rf"(?:[0-9]|{_MASK})(?:[^\w*●○■□•×]{{0,3}}(?:[0-9]|{_MASK}))*[xX]?")
# 2019-2023, 2023-05-06, 20230506, 2019.05-2023.06
_DATE = "(?:19|20)[0-9]{2}(?:[-./][01]?[0-9](?:[-./][0-3]?[0-9])?|[01][0-9][0-3][0-9])?"
_DATES = re.compile(rf"{_DATE}(?:[^\w]{{1,3}}{_DATE})*")


def without_numbers(text):
    """Return a text without its long numbers, and how many they were."""
    if len(text) < NUMBER_LENGTH or not any(map(str.isdigit, text)):
        return text, 0
    # Character by character, so that each keeps its place: ４ and ④ are 4, － is -.
    plain = "".join(map(_half_width, text))
    left, kept_to, numbers = [], 0, 0
    for match in _NUMBER.finditer(plain):
        number = match[0]
        length = sum(each.isalnum() or each in "*●○■□•×" for each in number)
        # Signs alone are a line to fill in.
        is_number = length >= NUMBER_LENGTH and any(each.isdigit() for each in number)
        if is_number and not _DATES.fullmatch(number):
            left.append(text[kept_to : match.start()])
            kept_to, numbers = match.end(), numbers + 1
    return "".join([*left, text[kept_to:]]), numbers


@lru_cache(maxsize=8192)
def _half_width(character):
    digit = unicodedata.digit(character, None)
    if digit is not None:
        return str(digit)
    plain = unicodedata.normalize("NFKC", character)
    return plain if len(plain) == 1 else character


class Cells:
    """The rows of all sheets, as they are collected; raises Refused where they are too many."""

    def __init__(self):
        self.sheets, self.rows, self.looked_at = [], 0, 0
        self.numbers = self.cut = self.characters = 0

    def add_sheet(self, name, rows):
        """Add a sheet; `rows` yields lists of values, whatever Excel has."""
        if len(self.sheets) >= SHEET_LIMIT:
            raise Refused("sheets")
        kept, blank = [], 0
        for number, values in enumerate(rows, start=1):
            self.looked_at += len(values) + 1
            if self.looked_at > CELL_LIMIT:
                raise Refused("cells")
            texts = [self.text_of(value) for value in values]
            while texts and not texts[-1]:
                texts.pop()
            if not texts:
                blank += 1
                if blank > BLANK_LIMIT:
                    break
                continue
            blank = 0
            self.rows += 1
            if self.rows > ROW_LIMIT:
                raise Refused("rows")
            self.cut = max(self.cut, len(texts) - COLUMN_LIMIT)
            kept.append([number, texts[:COLUMN_LIMIT]])
        self.sheets.append([self.text_of(name)[:60], kept])

    def text_of(self, value):
        """Return the text of a cell as a person reads it."""
        if value is None or isinstance(value, bool):
            return ""
        if isinstance(value, float) and value.is_integer() and abs(value) < 1e18:
            value = int(value)
        if isinstance(value, datetime.datetime | datetime.date):
            value = f"{value:%Y-%m-%d}"
        # Blanks first: a line break is one, and a control character.
        text = re.sub(r"\s+", " ", str(value)[: 20 * TEXT_LIMIT])
        if not text.isprintable():
            # Half a character is none.
            text = UNPRINTABLE.sub("", visible(text.encode(errors="ignore").decode()))
        text, numbers = without_numbers(text)
        self.numbers += numbers
        text = text.strip()[:TEXT_LIMIT]
        self.characters += len(text)
        if self.characters > CHARACTER_LIMIT:
            raise Refused("characters")
        return text


def read(question, data):
    """Return what `serve` answers; raises Refused."""
    cells, hidden = Cells(), []
    try:
        if data.startswith(ZIP):
            _read_xlsx(data, cells, hidden)
        elif data.startswith(OLE2):
            _read_xls(data, cells, hidden)
        else:
            raise Refused("no_workbook")
    except Refused:
        raise
    except Exception as error:  # whatever a reader says about hostile bytes, it cannot be read
        raise Refused("broken") from error
    told = {"hidden": hidden, "numbers": cells.numbers, "cut": max(0, cells.cut)}
    return told, json.dumps(cells.sheets, ensure_ascii=False).encode()


def _read_xlsx(data, cells, hidden):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        # A member never gives more than it says here.
        if sum(member.file_size for member in archive.infolist()) > UNPACKED_LIMIT:
            raise Refused("bomb")
        names = archive.namelist()
        if any(name.startswith("xl/workbook.bin") for name in names):
            raise Refused("binary")
        if "xl/workbook.xml" not in names:
            raise Refused("no_workbook")
        # openpyxl finds no sheet in such a workbook, and says nothing (findings/).
        if STRICT in archive.read("xl/workbook.xml"):
            raise Refused("strict")
    # Not above: the portal, which never reads a workbook, imports the bounds.
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible":
            hidden.append(cells.text_of(sheet.title)[:60])
            continue
        # What it says of its own size is wrong in many a file.
        sheet.reset_dimensions()
        cells.add_sheet(sheet.title, _values(sheet))


def _values(sheet):
    from openpyxl.utils.escape import unescape

    for row in sheet.iter_rows():
        values = [None if cell.data_type == "e" else cell.value for cell in row]
        # openpyxl leaves _x000D_ and its like in a text (findings/).
        yield [unescape(each) if isinstance(each, str) else each for each in values]


def _read_xls(data, cells, hidden):
    import xlrd

    try:
        book = xlrd.open_workbook(
            file_contents=data, logfile=io.StringIO(), on_demand=True, ragged_rows=True
        )
    except xlrd.XLRDError as error:
        if "encrypted" in str(error):
            raise Refused("encrypted") from error
        # A document of Word, or a sheet of WPS in WPS's own way.
        is_other = "workbook" in str(error).lower()
        raise Refused("no_workbook" if is_other else "broken") from error
    for number in range(book.nsheets):
        sheet = book.sheet_by_index(number)
        if sheet.visibility:
            hidden.append(cells.text_of(sheet.name)[:60])
        else:
            cells.add_sheet(sheet.name, _values_of_xls(book, sheet, xlrd))
        book.unload_sheet(number)


def _values_of_xls(book, sheet, xlrd):
    for row in range(sheet.nrows):
        values = []
        for column in range(sheet.row_len(row)):
            kind, value = sheet.cell_type(row, column), sheet.cell_value(row, column)
            if kind in {xlrd.XL_CELL_ERROR, xlrd.XL_CELL_BOOLEAN}:
                value = None
            elif kind == xlrd.XL_CELL_DATE:
                value = _date(value, book.datemode, xlrd)
            values.append(value)
        yield values


def _date(value, mode, xlrd):
    """Return a date as Excel shows it; a number that can be none stays one."""
    try:
        return xlrd.xldate_as_datetime(value, mode)
    except (xlrd.xldate.XLDateError, OverflowError, ValueError):
        return value


if __name__ == "__main__":
    serve(read, cpu_seconds=CPU_SECONDS)
