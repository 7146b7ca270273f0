"""The program that reads a workbook's cells: its bounds, and what never leaves it."""

import datetime
import io
import json
import zipfile

import pytest
from openpyxl import Workbook

from applications.files.program_bounds import Refused
from review.earlier_years import sheet_program


def workbook(*rows, sheets=1):
    book = Workbook()
    book.remove(book.active)
    for number in range(sheets):
        sheet = book.create_sheet(f"表{number}")
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def texts(*row):
    _, sheets = sheet_program.read({}, workbook(row))
    [[_, [[_, cells]]]] = json.loads(sheets)
    return cells


def test_values_are_what_a_person_reads():
    row = (1.0, 2.5, "  张\n三 ", datetime.date(2023, 5, 6), True, "末")
    assert texts(*row) == ["1", "2.5", "张 三", "2023-05-06", "", "末"]


@pytest.mark.parametrize(
    "number",
    [
        "420102198005120171",
        "42010219800512017x",
        420102198005120171,
        "1380000 0000",
        "6222 0000 1111 2222",
        "６２２２ ００００ １１１１ ２２２２",
        "①③⑧00000000",
        "138-0000-0000",
        "138.0000.0000",
        "138·0000·0000",
        "138—0000—0000",
        "138–0000−0000",
        "138、0000、0000",
        "027)85550000",
        "138\u200b0000\u200d0000",
        "1\u2060380000\xad0000",
        "420102********0171",
        "4201＊＊＊＊＊＊＊＊＊＊＊＊0171",
        "138XXXX0000",
        "138●●●●0000",
        "****0171",
        "85550000",
        "8555-0000",
        "5550000",
    ],
)
def test_long_numbers_are_dropped(number):
    assert texts(number, "末") == ["", "末"]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("武汉虚构机械有限公司１３８００００００００", "武汉虚构机械有限公司"),
        ("张三13800000000，焊工", "张三，焊工"),
        ("虚构机械厂（电话：８５５５００００）", "虚构机械厂（电话：）"),
    ],
)
def test_they_are_dropped_out_of_a_name(text, left):
    assert texts(text, "末") == [left, "末"]


def test_the_name_of_a_sheet_has_none_either():
    cells = sheet_program.Cells()
    cells.add_sheet("青山区 13800000000", [["甲"]])
    assert cells.sheets == [["青山区", [[1, ["甲"]]]]]


def test_what_a_database_refuses_or_nobody_sees_is_no_text():
    content = replaced(workbook(["虚构@机械厂\u202e"]), b"@", b"_x0000_&#x200b;_xD800_")
    _, sheets = sheet_program.read({}, content)
    assert json.loads(sheets) == [["表0", [[1, ["虚构机械厂"]]]]]


@pytest.mark.parametrize(
    "text",
    [
        "武人社发〔2017〕68号",
        "2019-2023",
        "2023-05-06",
        "20230506",
        "2019.05-2023.06",
        "2019年5月—2023年6月",
        "虚构光电（武汉）第3303工厂",
        "填报日期：____年__月__日",
        "******",
    ],
)
def test_short_ones_and_dates_stay(text):
    assert texts(text) == [text]


@pytest.mark.parametrize(
    ("bound", "most", "why"),
    [
        ("SHEET_LIMIT", 2, "sheets"),
        ("ROW_LIMIT", 5, "rows"),
        ("CELL_LIMIT", 20, "cells"),
        ("CHARACTER_LIMIT", 20, "characters"),
        ("UNPACKED_LIMIT", 1000, "bomb"),
    ],
)
def test_more_than_the_bounds_is_refused(monkeypatch, bound, most, why):
    monkeypatch.setattr(sheet_program, bound, most)
    with pytest.raises(Refused, match=why):
        sheet_program.read({}, workbook(*[["虚构机械厂", "张三"]] * 3, sheets=3))


def test_what_stands_far_to_the_right_is_counted():
    told, _ = sheet_program.read({}, workbook(["栏"] * 45))
    assert told["cut"] == 5


def test_a_binary_workbook_is_named():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("xl/workbook.bin", b"")
    with pytest.raises(Refused, match="binary"):
        sheet_program.read({}, out.getvalue())


def replaced(content, one, other):
    """A workbook with some bytes of its parts replaced."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(changed, "w") as new:
        for member in old.namelist():
            new.writestr(member, old.read(member).replace(one, other))
    return changed.getvalue()


def test_a_strict_workbook_is_named():
    transitional = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    content = replaced(workbook(["甲"]), transitional, sheet_program.STRICT)
    with pytest.raises(Refused, match="strict"):
        sheet_program.read({}, content)


def test_what_a_file_writes_for_a_line_break_is_none_of_the_text():
    content = replaced(workbook(["虚构机械@有限公司"]), b"@", b"_x000D_&#10;")
    _, sheets = sheet_program.read({}, content)
    assert json.loads(sheets) == [["表0", [[1, ["虚构机械 有限公司"]]]]]


def test_a_sheet_that_lies_about_its_size_is_read_whole():
    content = workbook(["甲", "乙"], ["丙", "丁"])
    lying = replaced(content, b'<dimension ref="A1:B2"', b'<dimension ref="A1:A1"')
    _, sheets = sheet_program.read({}, lying)
    assert json.loads(sheets) == [["表0", [[1, ["甲", "乙"]], [2, ["丙", "丁"]]]]]
