"""The rows of 附件2: both award tables, and the members in one cell or in a table of their own.

Which column is which, and what stands in it, is told as of a pasted table (`form/pasting.py`).
"""

import re
import unicodedata
from functools import cache

from django.core.exceptions import ValidationError

from accounts.characters import person
from applications.form.cells import stated, year_of
from applications.form.definition import AWARD_FIELDS
from applications.form.pasting import rows_of, skill_level_of
from applications.form.rows import AwardForm, MemberForm
from applications.form.word.cell import READ, UNSURE, Cell
from applications.national_codes import SkillLevel
from applications.recognition.names import is_name
from applications.versions.snapshot import MEMBER_FIELDS

# What stands in a row after the last award.
_END = re.compile("以下空白|此处空白|（?空白）?|以下无正文|无")
_TWO_DIGITS = re.compile(r"'?([0-9]{2})年?度?")
_DETAILS = re.compile(r"^(.*?)\s*[（(]([^（）()]*)[)）]\s*(?:[:：]\s*)?(.*)$")
_LEVEL_WORDS = [level.label for level in SkillLevel]
_COUNT = re.compile(r"(?:共|合计)?\s*[0-9一二三四五六七八九十]+\s*(?:名|人|位)(?:成员)?[:：。]?")
_SERIAL = re.compile(r"^\s*(?:[0-9]{1,2}\s*[.、．)）]|[（(][0-9]{1,2}[)）]|[①-⑳])\s*")
_LEADS = re.compile("领办人|领衔人|负责人|带头人")
_PREFIX = re.compile(r"^(?:工作室)?(?:主要)?(?:成员|人员|组员)(?:名单)?[:：]\s*")


# --- Awards --------------------------------------------------------------------------------------


def award_rows(lines, key):
    """Return (rows of {field: `Cell`}, labels of columns that are not the form's).

    `lines` are the cells of the table's lines, its head among them; `key` that of the block.
    """
    split = []
    for line in lines:
        split += _split(line)
    pasted = rows_of([[_flat(text) for text in line] for line, _ in split], key)
    doubts = {_flat_line(line): why for line, why in split if why}
    rows = []
    for row in pasted.rows:
        row = {name: stated(text) for name, text in row.items()}
        if not any(row.values()) or _is_end(row):
            continue
        why = next((w for line, w in doubts.items() if set(row.values()) - {""} <= set(line)), "")
        rows.append({name: _award_cell(name, row.get(name, ""), why) for name in AWARD_FIELDS})
    return rows, pasted.ignored


def _is_end(row):
    texts = [text for text in row.values() if text]
    return len(texts) == 1 and bool(_END.fullmatch(re.sub(r"\s", "", texts[0])))


def _flat(text):
    """Return a cell as one line; lines that only wrapped have no blank between them."""
    text = re.sub(r"(?<=[\u3000-\u9fff])\s*\n\s*(?=[\u3000-\u9fff])", "", text)
    return re.sub(r"\s+", " ", text).strip()


def _flat_line(line):
    return tuple(_flat(text) for text in line)


def _split(line):
    """Return the lines of a row of the table with a doubt: several where each cell has as many.

    Some write a second award under the first, in the same cells.
    """
    cells = [[part for part in text.split("\n") if part.strip()] for text in line]
    counts = {len(parts) for parts in cells if parts}
    most = max(counts, default=0)
    has_years = any(
        len(parts) == most and all(year_of(part) for part in parts) for parts in cells if parts
    )
    if most < 2 or counts - {1, most} or not has_years:
        return [(line, "")]
    why = "一行里写有多个奖项，已分开，请核对。"
    return [
        ([parts[at] if len(parts) == most else "".join(parts) for parts in cells], why)
        for at in range(most)
    ]


def _award_cell(name, text, why):
    cell = _cleaned(AwardForm, name, text)
    if name == "year" and cell.is_unsure and (match := _TWO_DIGITS.fullmatch(text)):
        cell = Cell(f"20{match[1]}", UNSURE, "年份只写了两位，请核对。", text)
    return cell.doubted(why) if why and text else cell


@cache
def _fields(form_class):
    return dict(form_class.base_fields)


def _cleaned(form_class, name, text):
    """Return the `Cell` of a text as the row's own field takes it."""
    if not text:
        return Cell("", READ, "", "")
    try:
        value = _fields(form_class)[name].clean(text)
    except ValidationError as error:
        return Cell(text, UNSURE, "".join(error.messages), text)
    return Cell("" if value is None else str(value), READ, "", text)


# --- Members -------------------------------------------------------------------------------------


def member_rows(lines):
    """Return the members of a table of their own, as rows of {field: `Cell`}."""
    rows = []
    for row in rows_of([[_flat(text) for text in line] for line in lines], "members").rows:
        row = {name: stated(text) for name, text in row.items()}
        if row.get("name"):
            name = Cell(row["name"], READ, "", row["name"])
            rows.append(_member(name, row.get("occupation", ""), row.get("skill_level", "")))
    return rows


def members_in(text):
    """Return the members that one cell names, as rows of {field: `Cell`}.

    Names are separated by 、 or on lines of their own; trade and level stand in brackets or
    behind blanks.
    """
    text = _COUNT.sub("", _PREFIX.sub("", unicodedata.normalize("NFC", text).strip()))
    if not stated(text.strip()):
        return []
    # One a line, each with trade and level: separators within a line are then between those.
    lines = [line for line in text.split("\n") if line.strip(" 、，,；;。")]
    return [row for line in lines for part in _parts(line) if (row := _member_of(part))]


def _parts(line):
    """Return a line cut at its separators, those within brackets aside."""
    if "\t" in line:
        return [line]
    parts, depth = [""], 0
    for letter in line:
        depth += (letter in "（(") - (letter in "）)")
        if letter in "、，,；;/。" and depth <= 0:
            parts.append("")
        else:
            parts[-1] += letter
    parts = [part.strip() for part in parts if part.strip()]
    names = [part for part in parts if is_name(person(_SERIAL.sub("", _bare_name(part))))]
    # 张三，焊工，技师 is one member.
    if len(names) == 1 and len(parts) > 1 and parts[0] == names[0]:
        return [" ".join(parts)]
    # 张 三 李 四 between blanks alone.
    if len(parts) == 1 and not re.search("[（(]", line):
        words = [person(word) for word in re.split(r"\s{1,}", parts[0]) if word]
        if len(words) > 1 and all(is_name(word) for word in words):
            return words
    return parts


def _bare_name(part):
    return re.split(r"[（(]", part)[0]


def _member_of(part):
    said = part.strip()
    part = _SERIAL.sub("", said).strip()
    name, details, rest = part, "", ""
    if match := _DETAILS.match(part):
        name, details, rest = match.groups()
        details = " ".join(filter(None, (details, rest)))
    elif "\t" in part or len(part.split()) > 1:
        words = re.split(r"\t|\s+", part)
        if len(words[0]) == 1 and len(words) > 1 and len(words[1]) == 1:
            words = [words[0] + words[1], *words[2:]]  # 张　三
        name, details = words[0], " ".join(words[1:])
    elif match := re.match(r"^(.{2,4}?)[:：](.+)$", part):
        name, details = match.groups()
    name = person(name.strip(" :："))
    if not name or _LEADS.search(details) or _LEADS.fullmatch(name):
        return None
    occupation, level, why = _trade_and_level(details)
    cell = Cell(name, READ, "", said)
    if not _is_surely_a_name(name, level):
        cell = cell.doubted("请核对姓名。")
    row = _member(cell, occupation, level)
    return {key: each.doubted(why) if why and each.text else each for key, each in row.items()}


def _is_surely_a_name(name, level):
    """Whether a text is one name: it has a surname, or a level of skill behind it."""
    if is_name(name):
        return True
    is_two = any(is_name(name[:at]) and is_name(name[at:]) for at in range(2, len(name) - 1))
    return bool(level) and not is_two and bool(re.fullmatch("[\u3400-\u9fff]{2,4}", name))


def _trade_and_level(details):
    """Return (trade, level as written, doubt) of what is said of a member."""
    details = details.strip()
    words = [word for word in re.split(r"[\s、，,/；;：:\-—]+", details) if word]
    levels = [word for word in words if skill_level_of(word) in dict(SkillLevel.choices)]
    others = [word for word in words if word not in levels]
    if len(levels) == 1:
        return " ".join(others), levels[0], "" if len(others) < 2 else "请核对工种和等级。"
    if not levels:
        for label in sorted(_LEVEL_WORDS, key=len, reverse=True):
            # 焊工高级技师
            if details.endswith(label) and len(details) > len(label):
                return details.removesuffix(label).strip(), label, "请核对工种和等级。"
        return details, "", ""
    return " ".join(others), levels[0], "写有多个等级，请核对。"


def _member(name, occupation, level):
    code = skill_level_of(level) if level else ""
    is_level = not code or code in dict(SkillLevel.choices)
    why = "" if is_level else f"“{level}”不是职业技能等级，请选择。"
    cells = {
        "name": _cleaned(MemberForm, "name", name.text),
        "occupation": _cleaned(MemberForm, "occupation", occupation),
        "skill_level": Cell(code, READ if is_level else UNSURE, why, level),
    }
    if name.is_unsure:
        cells["name"] = cells["name"].doubted(name.why)
    return {key: cells[key] for key in MEMBER_FIELDS}
