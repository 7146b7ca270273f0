"""附件2 and 申报报告 as Word, read into the form's fields: what is sure, what is not, what is left.

The file is opened by a program of its own (`word_program.py`), which answers with its plain grid;
the rules here and beside it run on that. Nothing is written: `applications.form.word.merging`
takes what a person confirms.
"""

import json
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError

from applications.files import file_kinds, libreoffice, program_pool
from applications.files.limits import FILE_LIMIT, MEGABYTE
from applications.form.completeness import value_problems
from applications.form.definition import ITEM, SECTION
from applications.form.rows import MAX_ROWS
from applications.form.word import report_parts, values
from applications.form.word.cell import UNSURE, Cell
from applications.form.word.document import document_of, lines_of, paragraphs_of
from applications.form.word.form_table import attached_text, find, points_elsewhere
from applications.form.word.labels import BANK, DUTY, EMPLOYER, MEMBERS, PRINCIPAL_MOBILE
from applications.form.word.left_over import left_over
from applications.form.word.row_tables import award_rows, level_of, member_rows, members_in
from applications.models import Application, Award

__all__ = ["Cell", "FormReading", "open_word", "read_form", "read_report"]

OPENING = program_pool.Program("applications.form.word.word_program", wall_seconds=20)
ACCEPT = ".docx,.doc,.wps,.rtf"
TAKEN = "只接受 Word 文件（.docx、.doc、.wps 或 .rtf）"
# The kinds that are read, by the first of their endings; those behind the first are converted.
FORMATS = (".docx", ".doc", ".rtf")
# How the stream is named in which Office keeps a document with a password.
LOCKED = "EncryptedPackage".encode("utf-16-le")
EMPTY = "文件是空的，请重新选择。"
TOO_LARGE = (
    f"文件为 {{size}} MB，超过 {FILE_LIMIT // MEGABYTE} MB 的上限，请删去其中的图片后再上传。"
)
SAVE_ANEW = "请在 Word 或 WPS 中打开，另存为“Word 文档（.docx）”后上传。"
UNREADABLE = f"文件过于复杂，无法在规定时间内读取，{SAVE_ANEW}"
# What `word_program.py` refuses.
REFUSALS = {
    "broken": f"文件已损坏，无法打开，{SAVE_ANEW}",
    "not_word": f"这不是 Word 文件。{TAKEN}。",
    "encrypted": "文件设有密码，请取消密码后上传。",
    "too_complex": UNREADABLE,
    "too_many_cells": "文件中的表格过大，不像是申报表，请核对后上传。",
    "too_long": "文件中的文字过多，不像是申报表，请核对后上传。",
}
NO_FORM = (
    "没有在文件中找到申报表（附件2）的表格，请上传填写好的《武汉市技能大师工作室申报表》；"
    "如果是扫描件或图片，请直接在网页上填写。"
)
NO_REPORT = (
    "没有在文件中找到申报报告的标题。申报报告应有“申报职业（工种）”“成立的必要性和现有优势”"
    "“技能大师简介”“计划目标”四个部分，请核对标题后重新上传，或者直接在网页上填写。"
)
# So many of the form's labels make a table 附件2.
LABELS_OF_A_FORM = 5
# The fields that 附件2 shows.
SHOWN = (
    *SECTION["unit"].fields_for(None),
    "lead_name", "lead_sex", "lead_ethnicity", "lead_birth", "lead_work_start", "lead_politics",
    "lead_id_number", "lead_position", "lead_occupation", "lead_skill_level",
    "studio_occupation", "studio_area", "studio_location", "studio_facilities",
    "achievements",
)  # fmt: skip
# LibreOffice 7.4 lets a row stand that was deleted with tracking in a .doc.
CONVERTED = "文件由旧格式转换后读取，其中的修订和勾选框可能有出入，请逐栏核对。"
CONVERTED_ROW = "由旧格式转换，请核对是否为已删除的行。"
OCCUPIED = "正在转换其他文件，请稍后再试，或另存为 .docx 后上传。"
# What is said of the file as a whole, by the marks of its paragraphs (`docx_text.Paragraph`).
NOTES = {
    "tracked": "文件中有未接受的修订，已按接受修订后的内容读取。",
    "box": "文件中有文本框，其中的文字已一并读取，请核对位置。",
    "hidden": "文件中有隐藏文字，没有读取。",
    "struck": "文件中有带删除线的文字，没有读取。",
    "picture": "文件中有图片，图片里的文字没有读取。",
    "embedded": "文件中有嵌入的对象，其中的内容没有读取。",
    "sign": "文件中有无法识别的符号，请核对。",
}
# The fields of one cell, where that is not the one that it is called by.
OF_KEY = {BANK: {"bank_name", "bank_account"}, PRINCIPAL_MOBILE: set()}
# What stands in one line of the form is shorter; rules that look for several things in a text may
# take the square of its length.
SHORT = 400
MEMBERS_LIMIT = 5000  # sixty members with their trades and levels have half as much
TOO_MUCH = f"这一格的文字过多，只读取了前 {SHORT} 字，请核对。"
# Of what nobody took, so many texts are named, with so many characters.
UNREAD_SHOWN, UNREAD_LENGTH = 8, 24
UNTITLED = "表格上方没有写明是省部级还是其它获奖情况，请核对。"
# Why one field is doubtful, by the same marks.
DOUBTS = {
    "struck": "这一格里有带删除线的文字，没有读取。",
    "picture": "这一格里有图片，没有读取。",
    "sign": "这一格里有无法识别的符号。",
}


@dataclass
class FormReading:
    """What was read of a Word file.

    `cells` are `Cell`s by field; `awards` rows of {column: `Cell`} by `Award.Level`; `members` rows
    of {column: `Cell`}. `not_found` are the fields that the file should hold and does not, in form
    order; `notes` sentences about the file as a whole.
    """

    cells: dict = field(default_factory=dict)
    awards: dict = field(default_factory=lambda: {level: [] for level in Award.Level})
    members: list = field(default_factory=list)
    not_found: list = field(default_factory=list)
    notes: list = field(default_factory=list)

    def to_json(self):
        """Return all of it as a JSON text; it holds personal data, to be kept encrypted."""
        return json.dumps(
            {
                "cells": {name: cell.to_json() for name, cell in self.cells.items()},
                "awards": {level.value: _plain(rows) for level, rows in self.awards.items()},
                "members": _plain(self.members),
                "not_found": self.not_found,
                "notes": self.notes,
            },
            ensure_ascii=False,
        )

    @classmethod
    def from_json(cls, text):
        """Return the reading that `to_json` wrote."""
        data = json.loads(text)
        return cls(
            {name: Cell(**cell) for name, cell in data["cells"].items()},
            {Award.Level(level): _rows(rows) for level, rows in data["awards"].items()},
            _rows(data["members"]),
            data["not_found"],
            data["notes"],
        )


def _plain(rows):
    return [{name: cell.to_json() for name, cell in row.items()} for row in rows]


def _rows(rows):
    return [{name: Cell(**cell) for name, cell in row.items()} for row in rows]


@dataclass(frozen=True)
class OpenedWord:
    """A Word file as its program tells it: its blocks (`document.document_of`)."""

    blocks: list
    is_converted: bool


def read_form(word):
    """Return what an opened 附件2 says, as `FormReading`; its 申报报告 too, where it holds one.

    Raises ValidationError with a sentence where there is no form in it.
    """
    found = find(word.blocks)
    if len(found.labels) < LABELS_OF_A_FORM:
        raise ValidationError(NO_FORM)
    reading = FormReading(notes=_notes(word))
    parts, before = report_parts.parts_of(found.after)
    if len(parts) > 1:
        _read_report(reading, parts)
    else:
        before = [line.strip() for line in lines_of(found.after)]
    _read_fields(reading, found)
    _read_achievements(reading, found, before)
    _check(reading)
    _read_rows(reading, found, CONVERTED_ROW if word.is_converted else "")
    _tell_left_over(reading, found, parts if len(parts) > 1 else {})
    reading.cells = {name: reading.cells[name] for name in ITEM if name in reading.cells}
    said_nothing = {each.key for each in found.said if values.says_nothing(each.text)}
    reading.not_found = [
        name for name in ITEM if name in SHOWN and name not in {*reading.cells, *said_nothing}
    ]
    return reading


def read_report(word):
    """Return the four parts of an opened 申报报告, as `FormReading`.

    Raises ValidationError with a sentence where there are none in it.
    """
    parts, before = report_parts.parts_of(word.blocks)
    # The cover of a form has words of a part's heading: as in `read_form`, one is none.
    if not parts or (len(parts) == 1 and len(find(word.blocks).labels) >= LABELS_OF_A_FORM):
        raise ValidationError(NO_REPORT)
    reading = FormReading(notes=_notes(word))
    _read_report(reading, parts)
    if len("".join(before)) > 60:
        reading.notes.append("第一个标题之前的文字没有读取。")
    reading.not_found = [name for name in report_parts.PARTS if name not in reading.cells]
    return reading


def open_word(upload):
    """Return an uploaded Word file as `OpenedWord`; one of another kind is converted first.

    Raises ValidationError with a sentence: no Word file, one that cannot be opened.
    """
    if upload.size == 0:
        raise ValidationError(EMPTY)
    if upload.size > FILE_LIMIT:
        raise ValidationError(TOO_LARGE.format(size=f"{upload.size / MEGABYTE:.1f}"))
    upload.seek(0)
    kind = file_kinds.kind_of(file_kinds.sample_of(upload))
    upload.seek(0)
    data = upload.read()
    upload.seek(0)
    if kind is None or kind.endings[0] not in FORMATS:
        what = "无法识别这个文件的格式" if kind is None else f"这是{file_kinds.spaced(kind.name)}"
        raise ValidationError(f"{what}。{TAKEN}。")
    if kind.endings[0] == ".doc" and LOCKED in data:
        raise ValidationError(REFUSALS["encrypted"])
    is_converted = kind.endings[0] != ".docx"
    if is_converted:
        data = _converted(data, kind.endings[0], kind.name)
    try:
        answer, _ = OPENING.ask({}, data)
    except program_pool.Busy as error:
        raise ValidationError(program_pool.BUSY) from error
    except program_pool.Unanswered as error:
        raise ValidationError(UNREADABLE) from error
    if refused := answer.get("refused"):
        raise ValidationError(REFUSALS[refused])
    return OpenedWord(document_of(answer["blocks"]), is_converted)


def _converted(data, ending, name):
    """Return a document of another kind as .docx."""
    name = file_kinds.spaced(name)
    if not libreoffice.is_on():
        raise ValidationError(f"这是{name}，平台没有安装转换程序，不能直接读取，{SAVE_ANEW}")
    try:
        return libreoffice.convert(data, ending, "docx", libreoffice.WAITED_FOR)
    except libreoffice.Occupied as error:
        raise ValidationError(OCCUPIED) from error
    except libreoffice.Unconverted as error:
        raise ValidationError(f"这是{name}，没有转换成功，{SAVE_ANEW}") from error


def _notes(word):
    marks = frozenset().union(*(each.marks for each in paragraphs_of(word.blocks)))
    notes = [note for mark, note in NOTES.items() if mark in marks]
    return [CONVERTED, *notes] if word.is_converted else notes


# --- Fields --------------------------------------------------------------------------------------


def _read_fields(reading, found):
    borrowed = {}
    for said in found.said:
        for name, cell in _cells_of(said, found).items():
            cell = _doubted(cell, said.marks, said.why)
            if name in OF_KEY.get(said.key, {said.key}):
                _keep(reading, name, cell)
            else:
                borrowed.setdefault(name, cell)
    for name, cell in borrowed.items():
        reading.cells.setdefault(name, cell)
    if "lead_position" not in reading.cells:
        _join_position(reading, found)
    if opinions := "".join(f"“{label}”" for label in dict.fromkeys(found.opinions)):
        reading.notes.append(f"{opinions}中的内容没有读取：意见在本系统中填写。")


def _tell_left_over(reading, found, parts):
    """Name what the file holds and no field, row or opinion has."""
    lines = [*found.member_lines, *(line for lines in found.awards.values() for line in lines)]
    taken = [
        *(said.text for said in found.said),
        *found.known,
        *(text for line in lines for text in line.texts),
        *(cell.said for cell in reading.cells.values()),
        *(text for part in parts.values() for text in (part.line, part.text)),
    ]
    left = left_over(found.blocks, taken)
    if not left:
        return
    for level in Award.Level:
        if level in found.titled and not any(line.is_head for line in found.awards[level]):
            reading.notes.append(f"“{level.label}”下没有读到表格，请核对原件，逐项填写。")
    texts = "、".join(f"“{_shortened(text)}”" for text in left[:UNREAD_SHOWN])
    more = "等" if len(left) > UNREAD_SHOWN else ""
    reading.notes.append(f"有 {len(left)} 处内容没有归入任何一栏，没有读取：{texts}{more}。")


def _shortened(text):
    text = " ".join(text.split())
    return text if len(text) <= UNREAD_LENGTH else f"{text[:UNREAD_LENGTH]}…"


def _check(reading):
    """Doubt what the form's own checks find wrong, or what contradicts the ID number."""
    if birth := reading.cells.get("lead_birth"):
        reading.cells["lead_birth"] = values.settled_birth(
            birth, reading.cells.get("lead_id_number")
        )
    texts = {name: cell.text for name, cell in reading.cells.items() if name != "studio_area"}
    for problem in value_problems(Application(**texts)):
        name = problem.anchor.removeprefix("id_")
        if name in reading.cells:
            reading.cells[name] = reading.cells[name].doubted(problem.message)


def _cells_of(said, found):
    """Return the `Cell`s by field of what one place says: its own, and what it holds besides."""
    key, text = said.key, said.text
    if len(text) > SHORT and not (key in ITEM and values.is_long(key)):
        # Nothing of the form: no rule for what stands together in a cell is tried on it.
        name = key if key in ITEM else "bank_name" if key == BANK else ""
        text = " ".join(text.split())
        return {name: Cell(text[:SHORT], UNSURE, TOO_MUCH, text[:SHORT])} if name else {}
    if key in {"bank_name", "bank_account"} and len(values.bank_cells(text)) < 2:
        cell = values.cell_of(key, text)
        return {key: cell} if cell else {}
    if key in {BANK, "bank_name", "bank_account"}:
        return values.bank_cells(text)
    if key == "address":
        return values.address_cells(text)
    if key == "principal":
        return values.person_cells(key, text, "principal_phone")
    if key == "contact_name":
        return values.person_cells(key, text, "contact_phone", "contact_mobile")
    if key == "contact_phone":
        return values.phone_cells(key, text, "contact_mobile")
    if key in {"principal_phone", PRINCIPAL_MOBILE, "fax"}:
        return values.phone_cells("principal_phone" if key == PRINCIPAL_MOBILE else key, text)
    if key == "contact_mobile":
        return values.mobile_cells(key, text, "contact_phone")
    if key in {MEMBERS, EMPLOYER, DUTY, "achievements"}:
        return {}
    cell = values.cell_of(key, text)
    return {key: cell} if cell else {}


def _doubted(cell, marks, why=""):
    doubt = _doubt(marks, why)
    return cell.doubted(doubt) if doubt else cell


def _doubt(marks, why=""):
    """Return why what has these marks is doubtful, besides `why`; "" if it is not."""
    return "".join(doubt for mark, doubt in DOUBTS.items() if mark in marks) + why


def _keep(reading, name, cell):
    """Keep what was read for a field; where another place says otherwise, with a doubt.

    What stands in the table counts more than the cover, which comes first.
    """
    before = reading.cells.get(name)
    if before is None or before.text == cell.text:
        surer = before if before and not before.is_unsure else cell
        reading.cells[name] = surer
    else:
        reading.cells[name] = cell.doubted(f"另一处写的是“{before.said.strip()}”。")


def _join_position(reading, found):
    """Put together 工作单位及职务 from a form that asks for the two apart."""
    texts = [said.text[:SHORT] for key in (EMPLOYER, DUTY) for said in found.of(key)]
    parts = list(filter(None, texts))[:2]
    if cell := values.cell_of("lead_position", " ".join(parts)):
        why = "由两格的内容合并，请核对。" if len(parts) > 1 else "单位和职务只读到一项，请核对。"
        reading.cells["lead_position"] = cell.doubted(why)


def _read_achievements(reading, found, behind):
    """Read 工作业绩 from its cell and, as far as that is meant, from the lines behind the form."""
    texts = list(dict.fromkeys(said.text for said in found.of("achievements") if said.text))
    marks = frozenset().union(*(said.marks for said in found.of("achievements")))
    text, why = "\n".join(texts), ""
    attached, is_titled = attached_text(behind)
    if attached.strip() and (is_titled or points_elsewhere(text)):
        if points_elsewhere(text):
            text = ""
        text = f"{text}\n{attached}".strip()
        why = "含有表格后面另附页的内容，请核对。"
    if values.is_blank(text) or values.says_nothing(text):
        return
    cell = values.typed("achievements", values.tidy("achievements", text), text)
    reading.cells["achievements"] = _doubted(cell, marks, why)


# --- Rows ----------------------------------------------------------------------------------------


def _read_rows(reading, found, doubt):
    rows = {level: _award_rows(reading, level, found.awards[level], doubt) for level in Award.Level}
    # A second table without a title is the second one of the form.
    untitled = _tables(found.awards[None])
    are_both = len(untitled) > 1 and not any(found.awards[level] for level in Award.Level)
    for at, lines in enumerate(untitled):
        level = list(Award.Level)[min(at, 1)]
        for row in _award_rows(reading, level, lines, doubt + UNTITLED):
            rows[level if are_both else level_of(row)].append(row)
    for level in Award.Level:
        reading.awards[level] = _at_most(reading, level.label, rows[level])
    lines = [_within_reason(line) for line in found.member_lines]
    members = member_rows(lines) if lines else []
    room = MEMBERS_LIMIT
    for said in found.of(MEMBERS):
        room -= len(said.text)
        if room < 0:
            reading.notes.append("工作室成员一格的文字过多，没有读取。")
            break
        for row in members_in(said.text):
            if row["name"].text:
                members.append(row | {"name": _doubted(row["name"], said.marks)})
    lead = reading.cells.get("lead_name")
    others = [row for row in members if lead is None or row["name"].text != lead.text]
    if len(others) < len(members):
        reading.notes.append("工作室成员中的领办人没有读取：成员不含领办人。")
    reading.members = _at_most(reading, "工作室成员", others)


def _within_reason(line, why=""):
    """Return (the texts of a line's cells, why it is doubtful or ""), long ones cut."""
    if any(len(text) > SHORT for text in line.texts):
        why += TOO_MUCH
    return [text[:SHORT] for text in line.texts], _doubt(line.marks, why)


def _award_rows(reading, level, lines, why):
    told = [(line, *_within_reason(line, why)) for line in lines]
    rows, ignored = award_rows(
        [(texts, line.is_head, doubt) for line, texts, doubt in told], level.value.lower()
    )
    if ignored:
        reading.notes.append(f"{level.label}中的{'、'.join(ignored)}没有读取。")
    return rows


def _tables(lines):
    """Return lines as a list for each table, which begins with its head."""
    tables = []
    for line in lines:
        if line.is_head:
            tables.append([])
        if tables:
            tables[-1].append(line)
    return tables


def _at_most(reading, title, rows):
    if len(rows) > MAX_ROWS:
        reading.notes.append(f"{title}有 {len(rows)} 行，只读取了前 {MAX_ROWS} 行。")
    return rows[:MAX_ROWS]


# --- The report ----------------------------------------------------------------------------------


def _read_report(reading, parts):
    for name, part in parts.items():
        if part.text:
            cell = values.typed(name, values.tidy(name, part.text), part.text)
            reading.cells[name] = _doubted(cell, part.marks, part.why)
