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
from applications.form.pasting import head_of, rows_of, skill_level_of, unknown_columns
from applications.form.rows import AwardForm, MemberForm
from applications.form.word.cell import READ, UNSURE, Cell
from applications.form.word.values import in_figures
from applications.models import Award
from applications.national_codes import SkillLevel
from applications.recognition.names import is_name
from applications.versions.snapshot import MEMBER_FIELDS

# What stands in a row after the last award.
_END = re.compile("以下空白|此处空白|（?空白）?|以下无正文|无")
# Words of those who give awards of a province or of the whole country.
_PROVINCIAL = re.compile("全国|国家|国务院|中华|中国|中央|部$|部 |省|厅")
_TWO_DIGITS = re.compile(r"'?([0-9]{2})年?度?")
# 张三（焊工（电焊） 技师）: a trade may have brackets of its own.
_DETAILS = re.compile(r"^(.*?)\s*[（(]((?:[^（）()]|[（(][^（）()]*[)）])*)[)）]\s*(.*)$")
_LEVELS = dict(SkillLevel.choices)
_LEVEL_WORDS = [level.label for level in SkillLevel]
_COUNT = re.compile(
    r"(?:(?:共|合计)\s*)?(?<![{0}])[{0}]+\s*(?:名|人|位)(?:成员)?[:：。]?".format(
        "0-9一二三四五六七八九十"
    )
)
_SERIAL = re.compile(r"^\s*(?:[0-9]{1,2}\s*[.、．)）]|[（(][0-9]{1,2}[)）]|[①-⑳])\s*")
# Each line is a member's, and what is counted within one.
_NUMBERED = re.compile(r"\n|(?=[①-⑳])|(?<![0-9.])(?=[0-9]{1,2}[.、．][\u3400-\u9fff])")
_ROLES = re.compile(r"(?:副?[组队]长|[组队]员|骨干(?:成员)?)\s*[:：]")
_LEADS = re.compile("领办人|领衔人|负责人|带头人")
# What is said of a member in brackets and is no trade.
_NO_TRADES = {
    "无", "无等级", "无职业技能等级", "未定级", "暂无", "学徒", "学徒工", "退休", "返聘",
    "退休返聘", "在职", "在岗", "见习", "实习", "实习生", "试用", "兼职", "外聘", "男", "女",
}  # fmt: skip
# What is said of one member is shorter.
_LONGEST = 120
_PREFIX = re.compile(r"^(?:工作室)?(?:主要)?(?:成员|人员|组员)(?:名单)?[:：]\s*")


# --- Awards --------------------------------------------------------------------------------------


def award_rows(lines, key):
    """Return (rows of {field: `Cell`}, labels of columns that are not the form's).

    `lines` are (texts of the cells, is it a head, why it is doubtful or ""); `key` that of the
    block.
    """
    head, rows, ignored = [], [], []
    for texts, is_head, why in lines:
        if is_head:
            head = [texts]
            continue
        why += _unread(head, texts, key)
        for one, split in _split(texts):
            pasted = rows_of([*head, [_flat(text) for text in one]], key)
            ignored += pasted.ignored
            for row in pasted.rows:
                row = {name: stated(text) for name, text in row.items()}
                if any(row.values()) and not _is_end(row):
                    rows.append(
                        {
                            name: _award_cell(name, row.get(name, ""), why + split)
                            for name in AWARD_FIELDS
                        }
                    )
    return rows, list(dict.fromkeys(ignored))


def _unread(head, texts, key):
    """Return why a row is doubtful some of whose columns are not read, or ""."""
    if not head or not (names := head_of(head[0], key)):
        return ""
    columns = [at for at in unknown_columns(head[0], names) if at < len(texts)]
    said = [f"“{_flat(head[0][at])}”" for at in columns if stated(texts[at].strip())]
    return f"{'、'.join(said)}一栏没有读取，请核对。" if said else ""


def level_of(row):
    """Return whose table an award belongs in, by what it is called and who gave it."""
    told = " ".join(row[name].text for name in ("project", "name", "authority"))
    return Award.Level.PROVINCIAL if _PROVINCIAL.search(told) else Award.Level.OTHER


def _is_end(row):
    texts = [text for text in row.values() if text]
    return len(texts) == 1 and bool(_END.fullmatch(re.sub(r"\s", "", texts[0])))


def _flat(text):
    """Return a cell as one line; lines that only wrapped have no blank between them."""
    text = "\n".join(" ".join(line.split()) for line in text.split("\n") if line.strip())
    return re.sub(r"(?<=[\u3001-\u9fff])\n(?=[\u3001-\u9fff])", "", text).replace("\n", " ")


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
    if name == "year" and cell.is_unsure:
        figures = in_figures(text)
        if match := _TWO_DIGITS.fullmatch(figures):
            cell = Cell(f"20{match[1]}", UNSURE, "年份只写了两位，请核对。", text)
        elif year := year_of(figures):
            cell = Cell(str(year), READ, "", text)
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
    """Return the members of a table of their own, as rows of {field: `Cell`}.

    `lines` are (texts of the cells, why it is doubtful or ""), the first one is the head.
    """
    rows = []
    (head, _), *lines = lines
    for texts, why in lines:
        for row in rows_of([head, [_flat(text) for text in texts]], "members").rows:
            row = {name: stated(text) for name, text in row.items()}
            if row.get("name"):
                name = Cell(row["name"], UNSURE if why else READ, why, row["name"])
                rows.append(_member(name, row.get("occupation", ""), row.get("skill_level", "")))
    return rows


def members_in(text):
    """Return the members that one cell names, as rows of {field: `Cell`}.

    Names are separated by 、 or on lines of their own; trade and level stand in brackets or
    behind blanks.
    """
    text = _ROLES.sub("\n", text)
    text = _COUNT.sub("", _PREFIX.sub("", unicodedata.normalize("NFC", text).strip()))
    if not stated(text.strip()):
        return []
    lines = [_SERIAL.sub("", line) for line in _NUMBERED.split(text)]
    lines = [line for line in lines if line.strip(" 、，,；;。")]
    return [row for line in lines for part in _parts(line) if (row := _member_of(part))]


def _parts(line):
    """Return a line cut into its members, at separators that stand in no brackets."""
    if "\t" in line:
        return [line]
    pieces, depth = [""], 0
    for letter in line:
        depth += (letter in "（(") - (letter in "）)")
        if letter in "、，,；;/。" and depth <= 0:
            pieces.append("")
        else:
            pieces[-1] += letter
    pieces = [piece.strip() for piece in pieces if piece.strip()]
    if len(pieces) == 1 and not re.search("[（(]", line):
        # 张三 李四, but not 张三 焊工
        words = [person(word) for word in pieces[0].split()]
        if len(words) > 1 and all(is_name(word) and not _is_detail(word) for word in words):
            return words
    members = []
    for piece in pieces:
        # 张三，焊工，技师 is one member.
        if members and _is_detail(piece):
            members[-1] += f" {piece}"
        else:
            members.append(piece)
    return members


def _is_detail(text):
    """Whether a text is a trade or a level, and no name: 车 and 高 are surnames, too."""
    return skill_level_of(text) in _LEVELS or bool(re.fullmatch(r"\w{1,8}[工师员手]", text))


def _member_of(part):
    said = part.strip()
    part = re.sub("[:：]", " ", said).strip()
    name, details, rest = part, "", ""
    if len(part) > _LONGEST:
        return _member(Cell(part, UNSURE, "请核对姓名。", said), "", "")
    if match := _DETAILS.match(part):
        name, details, rest = match.groups()
        details = " ".join(filter(None, (details, rest)))
    elif "\t" in part or len(part.split()) > 1:
        words = re.split(r"\t|\s+", part)
        if len(words[0]) == 1 and len(words) > 1 and len(words[1]) == 1:
            words = [words[0] + words[1], *words[2:]]  # 张　三
        name, details = words[0], " ".join(words[1:])
    name = person(name)
    if not name or _LEADS.search(details) or _LEADS.fullmatch(name):
        return None
    words = re.split(r"(?<=[\s、，,/；;：:])|(?=[\s、，,/；;：:])", details)
    foreign = [word for word in words if word in _NO_TRADES]
    details = "".join(word for word in words if word not in foreign).strip(" 、，,/；;：:")
    occupation, level, why = _trade_and_level(details)
    cell = Cell(name, READ, "", said)
    if foreign:
        cell = cell.doubted(f"“{'、'.join(foreign)}”没有读取，请核对。")
    if not _is_surely_a_name(name, level):
        cell = cell.doubted("请核对姓名。")
    row = _member(cell, occupation, level)
    for key in ("occupation", "skill_level"):
        if why and row[key].text:
            row[key] = row[key].doubted(why)
    return row


def _is_surely_a_name(name, level):
    """Whether a text is one name: it has a surname, or a level of skill behind it."""
    if is_name(name):
        return True
    is_two = any(is_name(name[:at]) and is_name(name[at:]) for at in range(2, len(name) - 1))
    is_chinese = bool(re.fullmatch("[\u3400-\u9fff\U00020000-\U000323af]{2,4}", name))
    return bool(level) and not is_two and is_chinese


def _trade_and_level(details):
    """Return (trade, level as written, doubt) of what is said of a member."""
    details = details.strip()
    words = [word for word in re.split(r"[\s、，,/；;：:\-—]+", details) if word]
    levels = [word for word in words if skill_level_of(word) in _LEVELS]
    others = [word for word in words if word not in levels]
    if len({skill_level_of(word) for word in levels}) == 1:
        trade, _, last = details.rpartition(" ")
        if last == levels[0] and not re.search(r"\s", trade.strip()):
            return trade.strip(), last, ""  # as this portal prints it: 车工、铣工 技师
        return " ".join(others), levels[0], "" if len(others) < 2 else "请核对工种和等级。"
    if not levels:
        for label in sorted(_LEVEL_WORDS, key=len, reverse=True):
            # 焊工高级技师
            if details.endswith(label) and len(details) > len(label):
                return details.removesuffix(label).strip(), label, "请核对工种和等级。"
        if match := re.fullmatch("(.+?)([一二三四五]级)", details):
            return match[1], match[2], "请核对工种和等级。"
        return details, "", ""
    return " ".join(others), levels[0], "写有多个等级，请核对。"


def _member(name, occupation, level):
    # Of a table's column it is the code already.
    code = level if level in _LEVELS else skill_level_of(level) if level else ""
    is_level = not code or code in _LEVELS
    why = "" if is_level else f"“{level}”不是职业技能等级，请选择。"
    cells = {
        "name": _cleaned(MemberForm, "name", name.text),
        "occupation": _cleaned(MemberForm, "occupation", occupation),
        "skill_level": Cell(code, READ if is_level else UNSURE, why, level),
    }
    if name.is_unsure:
        cells["name"] = cells["name"].doubted(name.why)
    return {key: cells[key] for key in MEMBER_FIELDS}
