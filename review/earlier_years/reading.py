"""Reading an earlier year's list out of the cells of its workbook (`EarlierFile.sheets`).

Bureaus keep them as they grew: a title above the head, a head in two lines, a sheet for each unit
and one of all, the name of a district in a line of its own, cells merged over several rows, whoever
filled it in and the remarks at the end. What is plain is read, what is not is shown as unsure with
the reason, and what is left out is named: nothing goes silently.
"""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import lru_cache

from accounts.characters import person
from applications.earlier_years.names import is_same_name, lead_key, unit_key
from applications.earlier_years.records import TELLING, EarlierList, EarlierProject, Outcome
from applications.form.cells import stated, year_of
from applications.recognition.names import is_name
from applications.rounds import BOUNDS

# What a column is called, without blanks and brackets; the notice's own labels first. The first
# column of a name counts.
LABELS = {
    "unit": (
        "单位 单位名称 申报单位 申报单位名称 所在单位 工作单位 所在工作单位 依托单位 依托单位名称 "
        "建设单位 项目单位 项目建设单位 企业名称 单位全称 申报单位全称 工作室所在单位 "
        "工作室依托单位 领办人单位"
    ),
    "lead": (
        "领办人 领办人姓名 姓名 技能大师 技能大师姓名 大师姓名 领衔人 领衔人姓名 带头人 "
        "工作室领办人 工作室领办人姓名 领办技能大师"
    ),
    "occupation": (
        "工种 领办人工种 职业工种 职业 工作室职业 工作室职业工种 从事职业 申报工种 职业名称 "
        "工种名称 职业工种名称 专业工种 专业 从事职业工种 领办人职业"
    ),
    "level": (
        "技能等级 职业技能等级 等级 职业资格等级 职业等级 资格等级 领办人职业技能等级 "
        "领办人技能等级 职业资格 技能级别 技术等级"
    ),
    "recommending_unit": (
        "推荐单位 推荐单位名称 推荐部门 主管部门 归口单位 所属区 区 区域 申报渠道 推荐渠道 "
        "报送单位 所在区"
    ),
    "outcome": (
        "结果 评审结果 评选结果 是否入选 入选情况 评审结论 结论 是否通过 认定结果 评定结果 "
        "是否认定 最终结果"
    ),
    "year": "年度 年份 评选年度 入选年度 入选年份 评选年份 认定年度 认定年份 批次",
    "studio": "工作室名称 工作室 项目名称 技能大师工作室 技能大师工作室名称",
}
# What a field is called where its column is chosen.
FIELDS = {
    "unit": "单位",
    "lead": "领办人",
    "occupation": "工种",
    "level": "技能等级",
    "recommending_unit": "推荐单位",
    "outcome": "结果",
    "year": "年度",
    "studio": "工作室名称",
}
_BY_LABEL = {label: name for name, labels in LABELS.items() for label in labels.split()}
# The sheet of what found no room in our own 附件1 names unit and lead again.
_CONTINUATION = {"栏目", "内容"}
_FOOTER = re.compile(
    "(?:填报人|填表人|制表人?|经办人|报送人|审核人|审批人|填报单位|填报日期|填表日期|填报时间"
    "|单位负责人|联系人|联系电话|联系方式|办公电话|备注|附注|注|说明)[:：]|[（(](?:盖章|公章|签章)[)）]"
    "|名单指纹|内容指纹"
)
_TOTAL = re.compile("合计|总计|小计|共计|以上共|总共")
_TITLE = re.compile("一览表|名单|汇总表|情况表|统计表|花名册|附件|附表|通知|公示|公告")
_RECOMMENDED = re.compile(r"(?:推荐|报送|填报)(?:单位|部门)(?:\(盖章\))?[:：]?(.*)")
_AFTER_UNIT = re.compile(
    r"\s{2,}.*|(?:填报|填表|报送)(?:日期|时间).*|\d{4}年.*|\(?(?:盖章|公章)\)?.*"
)
_YEAR = re.compile(r"(?<![0-9])((?:19|20)[0-9]{2})\s*年")
_SHEET_YEAR = re.compile(r"(?<![0-9])((?:19|20)[0-9]{2})(?![0-9])")
_GROUP = re.compile(
    r"(?:[一二三四五六七八九十]+[、.．]|\([一二三四五六七八九十0-9]+\)|[0-9]+[、.．])?"
    r"([^0-9:：。，,()]{2,40}?(?:\([^0-9()]{1,10}\))?)(?:\(?共?[0-9一二三四五六七八九十]+[个家项人名]\)?)?"
)
_UNIT_ENDS = (
    *("局", "委", "委员会", "办", "公司", "集团", "院", "校", "学", "区", "中心", "厂", "处"),
    *("会", "部", "所", "站", "总队", "行业", "单位", "社"),
)
_NO_UNIT = re.compile("汇总|总表|一览|附件|附表|名单|续页|推荐|入选|申报|大师|工作室")
_SAME = {"同上", "〃", '"', "''", "″", "”", "同前"}
_STUDIO = re.compile("(.{2,20}?)(?:国家级|省级|市级|首席)?技能大师工作室")
_SELECTED = re.compile("已?(?:入选|当选|认定|立项)(?:名单|项目)?")
_NOT_SELECTED = re.compile("(?:未|不|没有?)予?(?:入选|当选|认定|立项)|落选|淘汰")
# What any office writes of any step: whether it was the last one, the list or the label tells.
_ASSENT = re.compile("已?(?:通过|获批|同意|合格)|是|√|✓")
_DISSENT = re.compile("(?:未|不|没有?)予?(?:通过|获批|同意|合格)|否|×|✗")
_OF_CHOICE = re.compile("入选|认定")
_REMARK = "备注"
HEAD_LINES = 2
# A table without a head that is known has so many rows of so many cells; a label is no longer.
LEAST_LENGTH, LEAST_WIDTH, LABEL_LENGTH = 2, 3, 12
# Of each the office may say which column is which.
MOST_LAYOUTS = 20
MOST_COLUMNS_OF_TITLE = 3


@dataclass(frozen=True)
class Layout:
    """Tables with the same head: `labels` of the columns, `columns` of each field, from 0."""

    labels: tuple[str, ...]
    columns: dict
    sheets: tuple[str, ...] = ()


@dataclass
class Row:
    """One project as it was read; `values` by the names of `EarlierProject.CORRECTABLE`.

    `doubts` are why it is unsure, `outcome_text` is what its outcome says where that was not taken.
    """

    sheet: str
    number: int
    values: dict
    doubts: list[str] = field(default_factory=list)
    outcome_text: str = ""

    @property
    def place(self):
        """Where it stands, as `EarlierProject.place` says."""
        return f"“{self.sheet[:40]}”第 {self.number} 行"

    @property
    def key(self):
        """What tells it from the other rows of the file."""
        return f"{self.number}@{self.sheet}"

    @property
    def outcome(self):
        return Outcome(self.values["outcome"]).label


@dataclass(frozen=True)
class LeftOut:
    """What was not read: where, its text, and why."""

    place: str
    text: str
    reason: str


@dataclass
class Read:
    """A workbook as it was read: rows, what was left out, and the layouts of its tables.

    `years` are the years that its titles, sheets and names tell, `title` its first title, `outcome`
    what its title tells of all its rows.
    """

    rows: list[Row] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    layouts: list[Layout] = field(default_factory=list)
    years: list[int] = field(default_factory=list)
    title: str = ""
    outcome: str = Outcome.RECOMMENDED

    @property
    def sure(self):
        return [row for row in self.rows if not row.doubts]

    @property
    def unsure(self):
        return [row for row in self.rows if row.doubts]

    @property
    def recommending_units(self):
        """Return {its name: how many rows} of the recommending units; "" where none is told."""
        return Counter(row.values["recommending_unit"] for row in self.rows)

    @property
    def by_year(self):
        """Return (year, how many rows) of the rows, the latest first."""
        return sorted(Counter(row.values["year"] for row in self.rows).items(), reverse=True)


@lru_cache(maxsize=4096)
def _bare(text):
    """Return a label without blanks, signs, and what stands in brackets."""
    text = re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
    return re.sub(r"\(.*?\)|[:*、/.,-]", "", text) or re.sub(r"[():*、/.,-]", "", text)


def read(sheets, name="", *, year=None, outcome=None, columns=()):
    """Return what a workbook holds, as `Read`.

    `sheets` is `EarlierFile.sheets`, `name` the file's. `year` and `outcome` are of the rows that
    tell none themselves; a year that all sheets tell gives way to `year`. `columns` are the columns
    of each layout's fields where the office has chosen others than were found.
    """
    result = Read()
    tables = [_Table(sheet, rows) for sheet, rows in sheets]
    _read_titles(tables, name, result)
    result.outcome = _outcome_of_title(result.title) if outcome is None else outcome
    told = {table.year for table in tables if table.heads} - {None}
    # Where sheets are of several years each keeps its own; one year of all is the office's to say.
    of_all = year if len(told) <= 1 else None
    other = year or next(iter(result.years), None)
    layouts = {}
    for table in tables:
        _add_layouts(table, columns, layouts)
        _read_table(table, layouts, result, of_all or table.year or other)
    result.layouts = list(layouts.values())
    _drop_repeats(result)
    return result


def _read_titles(tables, name, result):
    """Set the title of a list, and the years that titles, sheets and names tell."""
    titles = [title for table in tables for title in table.titles]
    above = [text for table in tables for text in table.above]
    of_studios = [title for title in titles if "技能大师" in title]
    title = next(iter(of_studios or titles), "") or re.sub(r"\.[A-Za-z]{2,5}$", "", name)
    result.title = title[: EarlierList._meta.get_field("title").max_length]
    texts = (*titles, *(table.sheet for table in tables), name, *above)
    result.years = list(dict.fromkeys(filter(None, map(_year_in, texts))))


def _add_layouts(table, columns, layouts):
    """Add the layouts of a sheet's heads to those of the sheets before."""
    heads = () if table.is_continuation else table.heads
    ends = [head.at for head in heads[1:]] + [len(table.rows)]
    for head, end in zip(heads, ends, strict=False):  # where there is no head, there is nothing
        key = head.labels
        if key not in layouts:
            place = len(layouts)
            if place == MOST_LAYOUTS:
                continue
            layouts[key] = Layout(key, columns[place] if place < len(columns) else head.columns)
        if table.sheet not in layouts[key].sheets:
            layouts[key] = replace(layouts[key], sheets=(*layouts[key].sheets, table.sheet))
        # A column without a label can be chosen as well.
        width = max((len(texts) for _, texts in table.rows[head.at : end]), default=0)
        labels = layouts[key].labels
        if width > len(labels):
            labels = (*labels, *[""] * (width - len(labels)))
            layouts[key] = replace(layouts[key], labels=labels)


def _outcome_of_title(title):
    is_final = re.search("入选|公布|认定|命名|获批", title) and not re.search(
        "拟|推荐|申报|候选", title
    )
    return Outcome.SELECTED if is_final else Outcome.RECOMMENDED


def _year_in(text):
    """Return the year that a title, a sheet's name or a file's name tells, or None."""
    match = _YEAR.search(text) or (_SHEET_YEAR.search(text) if len(text) <= 60 else None)
    first, last = BOUNDS["year"]
    return int(match[1]) if match and first <= int(match[1]) <= last else None


@dataclass(frozen=True)
class _Head:
    at: int  # place among the rows of the sheet
    lines: int
    labels: tuple[str, ...]
    columns: dict


class _Table:
    """A sheet: its titles, its heads, and which of its rows are neither."""

    def __init__(self, sheet, rows):
        self.sheet, self.rows = sheet, rows
        self.heads = self._find_heads() or self._unknown_head()
        first = self.heads[0].at if self.heads else 0
        above = [texts for _, texts in rows[:first]]
        self.titles = [
            text
            for texts in above
            for text in texts
            if _TITLE.search(text) and len(text) > len("附件1") and "日期" not in text
        ]
        self.recommending_unit = next(filter(None, map(_recommending_unit, above)), "")
        # Of what stands above the head, the title tells the year best, the date of filling in last.
        self.above = [text for texts in above for text in texts if text]
        self.is_continuation = any(
            _CONTINUATION.issubset(map(_bare, head.labels)) for head in self.heads
        )

    @property
    def year(self):
        return next(filter(None, map(_year_in, (*self.titles, self.sheet, *self.above))), None)

    def _find_heads(self):
        heads, at = [], 0
        while at < len(self.rows):
            head = self._head_at(at)
            if head:
                heads.append(head)
                at += head.lines
            else:
                at += 1
        return heads

    def _unknown_head(self):
        """Return what may be the head of a table whose labels nobody knows: one, or none.

        It has no columns: the office says which is which.
        """
        wide = [
            at for at, (_, texts) in enumerate(self.rows) if sum(map(bool, texts)) >= LEAST_WIDTH
        ]
        if len(wide) < LEAST_LENGTH:
            return []
        texts = self.rows[wide[0]][1]
        # Where there is no head at all, its first row is one of the table.
        is_row = any(len(text) > LABEL_LENGTH or re.search("[0-9]", text) for text in texts)
        return [_Head(wide[0], 0 if is_row else 1, tuple(texts), {})]

    def _head_at(self, at):
        """Return the head that begins at a row, or None."""
        number, first = self.rows[at]
        one = _Head(at, 1, tuple(first), _columns(first))
        if not one.columns and sum(map(bool, first)) < 2:
            return None
        if at + 1 < len(self.rows) and self.rows[at + 1][0] == number + 1:
            labels = _two_lines(first, self.rows[at + 1][1])
            both = _Head(at, HEAD_LINES, labels, _columns(labels)) if labels else None
            if both and len(both.columns) > len(one.columns) and _is_head(both.columns):
                return both
            if labels and both and _is_head(one.columns) and _is_second_line(self.rows[at + 1][1]):
                return replace(one, lines=HEAD_LINES)
        return one if _is_head(one.columns) else None


def _is_head(columns):
    return len(columns) >= 2 and bool({"lead", "unit", "studio"} & set(columns))


def _is_second_line(texts):
    """Whether a row is made of labels alone, and so belongs to the head."""
    labels = [_bare(text) for text in texts if text]
    return bool(labels) and all(label in _BY_LABEL or label in _SUBORDINATE for label in labels)


# What stands in the second line of a head, and is read by nobody.
_SUBORDINATE = {
    *("性别", "年龄", "出生年月", "民族", "学历", "职务", "岗位", "身份证号", "身份证号码"),
    *("电话", "手机", "办公", "面积", "成员", "地址", "时间", "文号", "名称"),
}


def _two_lines(first, second):
    """Return the labels of a head in two lines, or () when they are none.

    A label of the first line that is merged over several columns stands in the first of them, one
    that is merged over both lines above an empty cell.
    """
    width = max(len(first), len(second))
    upper = [*first, *[""] * (width - len(first))]
    lower = [*second, *[""] * (width - len(second))]
    if _is_head(_columns(second)) and not any(
        not low and _bare(up) in _BY_LABEL for up, low in zip(upper, lower, strict=True)
    ):
        return ()  # what stands above it is no head
    if not any(lower) or any(len(text) > 20 for text in lower):
        return ()
    labels, above = [], ""
    for up, low in zip(upper, lower, strict=True):
        above = up or (above if low else "")
        if not low:
            labels.append(above)
        elif _BY_LABEL.get(_bare(above + low)) or not _BY_LABEL.get(_bare(low)):
            labels.append(above + low)
        else:
            labels.append(low)
    return tuple(labels)


def _columns(labels):
    """Return {name of a field: its column}; what stands in two columns is the first."""
    columns = {}
    for column, label in enumerate(labels):
        name = _BY_LABEL.get(_bare(label))
        if name:
            columns.setdefault(name, column)
    return columns


def _recommending_unit(texts):
    """Return the unit of 推荐单位（盖章）：某局 in a row above the head, or ""."""
    for at, text in enumerate(texts):
        match = _RECOMMENDED.match(re.sub(r"[\s_]", " ", unicodedata.normalize("NFKC", text)))
        if match:
            # Its name may stand in the next cell.
            rest = match[1].strip() or next((each for each in texts[at + 1 :] if each), "")
            return _AFTER_UNIT.sub("", rest).strip(" :_")[:100]
    return ""


def _of_sheet(name):
    """Return the recommending unit that the name of a sheet tells, or ""."""
    name = re.sub(r"[（(].*?[)）]|[0-9.、\s]", "", name)
    return name if name.endswith(_UNIT_ENDS) and not _NO_UNIT.search(name) else ""


NO_COLUMNS = "这一行以下没有读取：没有认出表头，请在“各列的对应关系”中指定各列"


def _read_table(table, layouts, result, year):
    """Add the rows of a sheet, and what of it is left out, to `result`."""
    if not table.heads:
        if table.rows:
            text = " ".join(filter(None, table.rows[0][1]))[:60]
            reason = "没有找到“单位”“领办人”等栏目的表头"
            result.left_out.append(LeftOut(f"“{table.sheet}”整张", text, reason))
        return
    if table.is_continuation:
        reason = "续页，内容较多的栏目另附，单位和领办人已在主表中"
        result.left_out.append(LeftOut(f"“{table.sheet}”整张", "", reason))
        return
    state = _State(table, result, year)
    heads = {head.at: head for head in table.heads}
    at, columns = 0, None
    while at < len(table.rows):
        if head := heads.pop(at, None):
            layout, at = layouts.get(head.labels), at + head.lines
            columns = layout.columns if layout else None
            state.begin(head.labels, columns or {})
            if layout and not columns:
                columns = None
                state.leave_out(table.rows[head.at], NO_COLUMNS)
            if layout is None:
                state.leave_out(table.rows[head.at], f"表头式样超过 {MOST_LAYOUTS} 种，请分开导入")
            continue
        if columns is not None:
            number, texts = table.rows[at]
            state.take(number, texts, columns)
        at += 1


class _State:
    """What is known while the rows of one sheet are read from the top down."""

    def __init__(self, table, result, year):
        self.sheet, self.result, self.year = table.sheet, result, year
        self.group = table.recommending_unit or _of_sheet(table.sheet)
        self.last, self.in_footer = None, False
        self.outcome_label, self.remark = "", None

    def begin(self, labels, columns):
        """A head begins a table: nothing of the rows before is continued."""
        self.last, self.in_footer = None, False
        bare = [_bare(label) for label in labels]
        column = columns.get("outcome")
        self.outcome_label = "" if column is None else "".join(bare[column : column + 1])
        # The column that may tell an outcome where no other does.
        has_remark = column is None and _REMARK in bare
        self.remark = bare.index(_REMARK) if has_remark else None

    def leave_out(self, row, reason):
        """Name a row of the sheet that is not read."""
        number, texts = row
        text = " ".join(filter(None, texts))[:80]
        self.result.left_out.append(LeftOut(f"“{self.sheet}”第 {number} 行", text, reason))

    def take(self, number, texts, columns):
        """Read one row, or say why it is left out."""
        cells = {
            name: stated(texts[column].strip()) if column < len(texts) else ""
            for name, column in columns.items()
        }
        filled = [text for text in texts if text]
        names = [cells.get(name, "") for name in ("unit", "lead", "studio")]
        is_project = bool(cells.get("lead") or cells.get("studio")) or (
            bool(cells.get("unit")) and len(filled) > 2
        )
        if not is_project and (recommending := _recommending_unit(texts)):
            self.group = recommending
            self.leave_out((number, texts), "推荐单位行")
            return
        if _FOOTER.search(filled[0]) and not is_project:
            self.in_footer = True
        if self.in_footer and not (is_project and len(filled) > 2):
            self.leave_out((number, texts), "填报人、备注等表尾")
            return
        self.in_footer = False
        if all(text.isdigit() for text in filled):
            return  # a blank line of the form, numbered
        if _TOTAL.match(_bare(filled[0])) or (len(filled) <= 2 and _TOTAL.search("".join(filled))):
            self.leave_out((number, texts), "合计行")
        elif len(set(filled)) == 1 and self._is_group(texts, filled[0]):
            return
        elif len(filled) <= MOST_COLUMNS_OF_TITLE and _TITLE.search(filled[0]) and not any(names):
            self.leave_out((number, texts), "标题行")
        elif not any(names):
            self.leave_out((number, texts), "续行，没有单位和领办人")
        elif not is_project and self._continue_unit(cells, texts):
            return
        else:
            remark = self.remark
            has_remark = remark is not None and remark < len(texts)
            self._add(number, cells, texts[remark] if has_remark else "")

    def _is_group(self, texts, text):
        """Whether a row names the recommending unit of those beneath it; it is kept then."""
        match = _GROUP.fullmatch(unicodedata.normalize("NFKC", re.sub(r"\s", "", text)))
        name = re.sub(r"\(.*", "", match[1]) if match else ""
        if not texts[0] or not name.endswith(_UNIT_ENDS):
            return False
        self.group, self.last = match[1], None
        return True

    def _continue_unit(self, cells, texts):
        """Whether a row is the rest of the last unit's name; it is put behind it then."""
        has_serial = texts[0].rstrip(".、").isdigit()
        if self.last is None or has_serial or not cells.get("unit"):
            return False
        joined = self.last.values["unit"] + cells["unit"]
        self.last.values["unit"] = joined[:100]
        self.last.doubts.append(f"单位名称分在两行，合并为“{joined[:100]}”")
        return True

    def _add(self, number, cells, remark):
        doubts, values = [], {}
        for name in ("unit", "lead", "occupation", "level", "recommending_unit"):
            text = cells.get(name, "")
            most = EarlierProject._meta.get_field(name).max_length or 0
            if len(text) > most:
                doubts.append(f"{FIELDS[name]}超过 {most} 字，只取前面")
            values[name] = text[:most]
        if not values["lead"]:
            self._lead_of_studio(cells.get("studio", ""), values, doubts)
        self._fill_from_above(values, doubts)
        values["lead"] = person(values["lead"])
        if not values["recommending_unit"]:
            values["recommending_unit"] = self.group
        values["year"] = self._year(cells.get("year", ""), doubts)
        values["outcome"], outcome_text = self._outcome(cells.get("outcome", ""), remark, doubts)
        doubts += _doubts_of_names(values)
        self.last = Row(self.sheet, number, values, doubts, outcome_text)
        self.result.rows.append(self.last)

    def _lead_of_studio(self, studio, values, doubts):
        """Take the lead out of the name of the studio, where there is no other."""
        match = _STUDIO.search(studio)
        if not match:
            return
        name = re.sub(r"[（(].*?[)）]", "", match[1])
        # 某公司王某技能大师工作室: the name is what stands last and can be one.
        for length in (4, 3, 2, len(name)):
            if is_name(name[-length:]):
                values["lead"] = name[-length:]
                if values["lead"] != name:
                    doubts.append(f"领办人取自工作室名称“{studio[:40]}”")
                return

    def _fill_from_above(self, values, doubts):
        above = self.last.values if self.last else {}
        if values["unit"] in {"", *_SAME} and above.get("unit"):
            values["unit"] = above["unit"]
            doubts.append("单位为空，按合并单元格沿用上一行")
        for name in ("occupation", "level", "recommending_unit"):
            if values[name] in _SAME or (name == "recommending_unit" and not values[name]):
                values[name] = above.get(name, "")

    def _outcome(self, text, remark, doubts):
        """Return what a row says of its outcome, and its words where they were not taken.

        What may be of another step is only a doubt.
        """
        of_list, bare = self.result.outcome, _bare(text)
        for outcome, words, weak in (
            (Outcome.NOT_SELECTED, _NOT_SELECTED, _DISSENT),
            (Outcome.SELECTED, _SELECTED, _ASSENT),
        ):
            if words.fullmatch(bare) or (weak.fullmatch(bare) and self._tells_choice()):
                return outcome, ""
            if any(each.fullmatch(_bare(remark)) for each in (words, weak)):
                doubts.append(
                    f"备注写有“{remark[:20]}”，没有作为结果；确是结果的，请将“结果”选为备注一列"
                )
                return Outcome.RECOMMENDED, text
        # In a list of who was chosen, 待定 is no 入选 without somebody's look.
        if bare and (
            of_list == Outcome.SELECTED or _ASSENT.fullmatch(bare) or _DISSENT.fullmatch(bare)
        ):
            doubts.append(f"“{text[:20]}”未必是评选结果，按“{Outcome(of_list).label}”读入")
        return of_list, text

    def _tells_choice(self):
        """Whether 是 or 通过 says that a project was chosen, not that it was put forward."""
        is_final = self.result.outcome == Outcome.SELECTED
        return is_final or bool(_OF_CHOICE.search(self.outcome_label))

    def _year(self, text, doubts):
        year = year_of(text) or _year_in(text)
        first, last = BOUNDS["year"]
        if year and first <= year <= last:
            return year
        if text:
            doubts.append(f"年度“{text[:20]}”无法识别")
        return self.year


def _doubts_of_names(values):
    doubts = []
    lead, unit = values["lead"], values["unit"]
    if not lead:
        doubts.append("没有领办人")
    elif not is_name(re.sub(r"[（(].*?[)）]", "", lead)):
        doubts.append("领办人不像一个人的姓名")
    if not unit:
        doubts.append("没有单位")
    elif len(unit) < 3 or unit.isdigit():
        doubts.append("单位名称过短")
    return doubts


def _drop_repeats(result):
    """Keep each project once; what another row of it tells besides is kept with it."""
    by_names, kept = {}, []
    for row in result.rows:
        values = row.values
        names = (values["year"], unit_key(values["unit"]), lead_key(values["lead"]))
        first = by_names.get(names)
        if first is None or not names[2] or not is_same_name(values["unit"], first.values["unit"]):
            by_names.setdefault(names, row)
            kept.append(row)
            continue
        for name in ("occupation", "level", "recommending_unit"):
            first.values[name] = first.values[name] or values[name]
        first.values["outcome"] = min(
            first.values["outcome"], values["outcome"], key=list(TELLING).index
        )
        text = f"{values['unit']} {values['lead']}，同{first.place}"
        result.left_out.append(LeftOut(row.place, text, "同一项目在别处已读到"))
    result.rows = kept
    result.left_out.sort(key=lambda each: each.reason)
