"""Rows copied from Excel or Word: their text is read here, and each row becomes a form.

Both programs put a table on the clipboard as lines with tabs between the cells. Excel puts a cell
that holds a line break or a tab in quotation marks, and doubles those within.
"""

import re
from dataclasses import dataclass, field
from functools import cache

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.characters import normalized
from applications.form.cells import year_of
from applications.form.definition import AWARD_FIELDS, SECTION
from applications.form.forms import UNPRINTABLE
from applications.form.rows import MAX_ROWS, SECTION_OF_BLOCK, blocks_of
from applications.models import Award, StudioMember
from applications.national_codes import SkillLevel
from applications.versions.snapshot import MEMBER_FIELDS
from applications.workflow.perform import locked

TEXT_LIMIT = 100_000
QUOTED = re.compile(r'"([^"]*(?:""[^"]*)*)"(?=\t|\n|$)')
PLAIN = re.compile(r"[^\t\n]*")
# A table is sometimes copied with its title above its head.
TITLE_LINES = 4
TITLE = re.compile(".{0,10}获奖情况|工作室(?:主要)?成员|.{0,30}(?:一览表|申报表)")
# What people call the columns besides the notice's own labels.
OTHER_LABELS = {
    "项目名称": "project",
    "奖项名称": "name",
    "荣誉名称": "name",
    "颁发单位": "authority",
    "颁奖单位": "authority",
    "授奖单位": "authority",
    "奖励等级": "grade",
    "获奖等级": "grade",
    "级别": "grade",
    "获奖年度": "year",
    "年份": "year",
    "获奖时间": "year",
    "本人排名": "ranking",
    "个人排名": "ranking",
    "获奖排名": "ranking",
    "排序": "ranking",
    "名次": "ranking",
    "主持参与": "part",
    "主持或参与": "part",
    "主持参与情况": "part",
    "本人角色": "part",
    "个人角色": "part",
    "担任角色": "part",
    "承担角色": "part",
    "职业": "occupation",
    "从事职业工种": "occupation",
    "工种": "occupation",
    "职业技能等级": "skill_level",
    "职业资格等级": "skill_level",
}
SERIAL_LABELS = {"序号", "编号"}
# The levels that were numbered before the present eight had names (国家职业资格).
_FROM_FIVE_TO_ONE = (
    SkillLevel.JUNIOR,
    SkillLevel.MIDDLE,
    SkillLevel.SENIOR,
    SkillLevel.TECHNICIAN,
    SkillLevel.SENIOR_TECHNICIAN,
)
NUMBERED_LEVELS = {
    digit: level
    for digits in ("五四三二一", "54321")
    for digit, level in zip(digits, _FROM_FIVE_TO_ONE, strict=True)
}
AROUND_LEVEL = re.compile(r"国家|职业资格|职业技能|技能人才|等级|[\s()/、,-]")
NUMBERED = re.compile("([一二三四五1-5])级")


@dataclass
class Pasted:
    """What was read: rows as dicts of field name to text, and the columns that were not."""

    rows: list = field(default_factory=list)
    ignored: list = field(default_factory=list)


def parse(text, key):
    """Return what a pasted text holds for a block (`Rows.key`), as `Pasted`.

    A line with the notice's labels, in any order, says which column is which; without one the
    columns are the notice's. Raises ValidationError with a sentence when there is too much of it,
    or nothing.
    """
    if len(text) > TEXT_LIMIT:
        raise ValidationError(
            f"粘贴的内容有 {len(text)} 字，超过 {TEXT_LIMIT} 字的上限，请分几次粘贴。"
        )
    pasted = rows_of(cells_of(text), key)
    if not pasted.rows:
        raise ValidationError("没有读到可以加入的行，请把表格中的各行复制后粘贴到这里。")
    if len(pasted.rows) > MAX_ROWS:
        raise ValidationError(
            f"一次最多粘贴 {MAX_ROWS} 行，现有 {len(pasted.rows)} 行，请分几次粘贴。"
        )
    return pasted


def rows_of(lines, key):
    """Return what the lines of a table, each a list of texts, hold for a block, as `Pasted`."""
    lines = [line for line in lines if any(line) and not is_title(line)]
    columns = columns_of(key)
    names = list(columns)
    heads = {at: head for at, line in enumerate(lines) if (head := head_of(line, key))}
    first = min(heads, default=None)
    pasted = Pasted()
    if first is None or first > TITLE_LINES:
        lines = _without_serials([line for at, line in enumerate(lines) if at not in heads], names)
        pasted.rows = [_row(names, line) for line in lines]
        if any(any(line[len(names) :]) for line in lines):
            pasted.ignored = [f"第 {len(names)} 列以后的各列"]
    else:
        for at, line in enumerate(lines[first:], start=first):
            # A second head belongs to a second table, copied with the first.
            if at in heads:
                columns = heads[at]
                pasted.ignored += _unknown(line, columns)
            else:
                pasted.rows.append(_row(columns, line))
    pasted.rows = [row for row in pasted.rows if any(row.values())]
    return pasted


def cells_of(text):
    """Return the cells of a copied table as a list of lines, each a list of texts."""
    text = UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    lines, at = [[]], 0
    while at <= len(text):
        quoted = QUOTED.match(text, at)
        # In marks that nobody needed, the marks are what somebody typed.
        if quoted and re.search('[\n\t]|""', quoted[1]):
            cell, at = quoted[1].replace('""', '"'), quoted.end()
        else:
            plain = PLAIN.match(text, at)
            cell, at = plain[0], plain.end()
        lines[-1].append(re.sub(r"\s+", " ", cell).strip())
        if text[at : at + 1] == "\n":
            lines.append([])
        at += 1
    return lines


def columns_of(key):
    """Return the columns of a block in the notice's order, as a dict of field name to label."""
    is_members = SECTION_OF_BLOCK[key] == "studio"
    model, names = (StudioMember, MEMBER_FIELDS) if is_members else (Award, AWARD_FIELDS)
    return {name: str(model._meta.get_field(name).verbose_name) for name in names}


def head_of(line, key):
    """Return the field of each column (None for unknown ones) when a line is a block's head."""
    labels = _labels_of(key)
    names = [labels.get(_bare(cell)) for cell in line]
    return names if sum(name is not None for name in names) >= 2 else None


@cache
def _labels_of(key):
    columns = columns_of(key)
    labels = {_bare(label): name for name, label in columns.items()}
    return labels | {label: name for label, name in OTHER_LABELS.items() if name in columns}


def _unknown(line, columns):
    return [f"“{line[at]}”" for at in unknown_columns(line, columns) if line[at]]


def unknown_columns(head, names):
    """Return which columns of a head are read into no field, those that count the lines aside.

    `names` are the fields of its columns (`head_of`); of two for one field, the first is read.
    """
    return [
        at
        for at, (cell, name) in enumerate(zip(head, names, strict=True))
        if (name is None or name in names[:at]) and _bare(cell) not in SERIAL_LABELS
    ]


def _bare(text):
    return re.sub(r"[\s（）()：:*/／、]", "", text)


def is_title(line):
    """Whether a line is nothing but the title of a table."""
    filled = [cell for cell in line if cell]
    return len(filled) == 1 and bool(TITLE.fullmatch(_bare(filled[0])))


def _without_serials(lines, names):
    """Drop a first column that only counts the lines and is one too many."""
    serials = [line[0].rstrip(".、") for line in lines]
    counts = [str(number) for number in range(1, len(lines) + 1)]
    if serials == counts and any(len(line) > len(names) for line in lines):
        return [line[1:] for line in lines]
    return lines


def _row(columns, line):
    """Return one line as a dict of field name to text, its choices and years put right."""
    row = {}
    for name, cell in zip(columns, line, strict=False):
        if name and not row.get(name):
            row[name] = MEANINGS.get(name, str)(cell)
    return row


def _year(text):
    year = year_of(text)
    return text if year is None else str(year)


def skill_level_of(text):
    """Return the code of a level, however it is written; what is none stays as it is."""
    bare = AROUND_LEVEL.sub("", normalized(text))
    if re.fullmatch(r"\d+", bare, re.ASCII):
        # Our codes are numbers as well, and count the other way: 5 is 高级技师, 五级 初级工.
        return f"数字 {bare}"
    numbered = NUMBERED.search(bare)
    bare = NUMBERED.sub("", bare)
    by_label = {level.label: level.value for level in SkillLevel}
    if bare in by_label:
        return by_label[bare]
    return NUMBERED_LEVELS[numbered[1]].value if numbered and not bare else text


MEANINGS = {"year": _year, "skill_level": skill_level_of}


def preview_form(block, data, prefix, whose):
    """Return the form of a row that is to be added to a block (`Rows`), without its proof.

    Which file proves an award is chosen once the row is in the table. `whose` tells the row in the
    names of its fields.
    """
    form = block.form_class(data, prefix=prefix)
    for name in [name for name in form.fields if name not in columns_of(block.key)]:
        del form.fields[name]
    for cell in form.fields.values():
        cell.widget.attrs["aria-label"] = f"{whose}，{cell.label}"
    return form


def room_in(block):
    """Return how many more rows a block (`Rows`) takes."""
    return max(0, MAX_ROWS - len(block.stored))


def block_of(application, key):
    """Return the stored block (`Rows`) of an application with this key."""
    blocks = blocks_of(application, SECTION[SECTION_OF_BLOCK[key]])
    return next(block for block in blocks if block.key == key)


def append(application, key, rows, user, after=0):
    """Add rows (dicts of values by field name) behind those of a block.

    `after` is the key of the newest row when the page was made: rows newer than that which say
    just the same were added by the same page, sent twice, and nothing is added again.
    Raises ValidationError with a sentence when the block has no room for all of them, or the
    application cannot change any more; nothing is added then.
    """
    with transaction.atomic():
        current = locked(application.pk, user)
        if current is None or not current.is_editable:
            raise ValidationError("申报已提交或已放弃，内容不能再修改。")
        block = block_of(current, key)
        values_of, model = block.form_class.values_of, block.form_class.model
        if [values_of(row) for row in block.stored if row.pk > after] == rows:
            return
        room = room_in(block)
        if len(rows) > room:
            raise ValidationError(
                f"“{block.title}”已有 {len(block.stored)} 行，最多 {MAX_ROWS} 行，"
                f"还能加入 {room} 行，请取消勾选多余的行。"
            )
        first = max((row.position for row in block.stored), default=-1) + 1
        model.objects.bulk_create(
            model(**block.fixed, **values, position=position)
            for position, values in enumerate(rows, start=first)
        )
        current.edit(user)
