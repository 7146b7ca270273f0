"""附件2 in the grid of a Word document: which cell says what, wherever and however it is labelled.

`Found` is what the rules of values (`values.py`) then turn into fields.
"""

import re
from dataclasses import dataclass, field

from applications.form.pasting import head_of
from applications.form.word.document import Paragraph, Table, lines_of
from applications.form.word.labels import (
    MEMBERS,
    MOBILE,
    NO_FIELD,
    OPINION,
    PERSONS,
    PHONE,
    bare,
    guessed_label,
    label_of,
    pairs_in,
)
from applications.models import Award

# So many of the notice's columns in one row are the head of an award table.
HEAD_COLUMNS = 3
_PROVINCIAL = re.compile(
    "(?:国家级?)?(?:[、和及])?省部?级?以?上?(?:以上)?(?:获奖|奖励|荣誉)|省部级"
)
_OTHER = re.compile("其[它他](?:获奖|奖励|荣誉|情况)")
_AWARDS_TITLE = re.compile(".{0,16}(?:获奖|奖励|荣誉).{0,10}")
# What the form itself prints in the boxes of the opinions.
_OPINION_PRINT = re.compile(
    r"[(（].{0,6}(?:签字|盖章|签章|公章).{0,6}[)）]|[年月日\s_:：]|专家组组长|组长|签字|盖章|公章|签名"
    r"|市人力资源(?:和|（)?社会保障）?局|市财政局|负责人|单位|经办人"
)
# The cover's labels, with blanks between their characters.
_COVER = {
    "申报单位名称": "unit_name",
    "申报单位": "unit_name",
    "工作室职业（工种）": "studio_occupation",
    "工作室职业(工种)": "studio_occupation",
    "工作室职业工种": "studio_occupation",
    "领办人姓名": "lead_name",
    "领办人职业技能等级": "lead_skill_level",
    "领办人职业资格等级": "lead_skill_level",
}
_COVER_LINE = re.compile(
    r"^\s*({})[\s_:：\u3000]*(.*?)[\s_\u3000]*$".format(
        "|".join(
            r"\s*".join(map(re.escape, label)) for label in sorted(_COVER, key=len, reverse=True)
        )
    )
)
# Text that goes on behind the tables.
_ELSEWHERE = re.compile("(?:见|详见|另|后)附(?:页|件|表|后)?|附后")
_ATTACHED = re.compile("(?:附页|另附|附件|工作业绩|业绩(?:材料|情况)?|主要事迹|续页)")


@dataclass
class Said:
    """What one place of the document says for a key of `labels.py`, and why that is doubtful."""

    key: str
    text: str
    marks: frozenset = frozenset()
    why: str = ""
    is_cover: bool = False


@dataclass
class Found:
    """What a document says: by key in reading order, rows of tables, and what is told of it.

    `awards` are lines of cells by level, `member_lines` those of a table of members.
    `after` are the paragraphs behind the last table; `opinions` labels of boxes with an opinion.
    """

    said: list = field(default_factory=list)
    awards: dict = field(default_factory=lambda: {level: [] for level in Award.Level})
    award_marks: set = field(default_factory=set)
    member_lines: list = field(default_factory=list)
    opinions: list = field(default_factory=list)
    after: list = field(default_factory=list)
    labels: set = field(default_factory=set)

    def of(self, key):
        """Return all that was said for a key."""
        return [each for each in self.said if each.key == key]


def find(blocks):
    """Return what a document (`document.document_of`) says, as `Found`."""
    return _Finder().read(blocks)


class _Finder:
    def __init__(self):
        self.found = Found()
        self.level = None  # whose award table comes next, or goes on
        self.heads: list | None = None  # the cells of the present award table's head
        self.members_head: list | None = None
        self.person = ""  # the person that was named last
        self.last = None  # the long text that may go on in the next table
        self.claimed = set()

    def read(self, blocks):
        blocks = list(_unwrapped(blocks))
        is_form_begun = False
        for block in blocks:
            if isinstance(block, Table):
                self._table(block)
                is_form_begun = is_form_begun or len(self.found.labels) > len(_COVER)
                self.found.after = []
            else:
                self._paragraph(block, is_form_begun)
        return self.found

    # --- Paragraphs outside tables ----------------------------------------------------------

    def _paragraph(self, paragraph, is_form_begun):
        text = paragraph.line.strip()
        if not text:
            return
        self.found.after.append(paragraph)
        if self._title(text):
            return
        if match := _COVER_LINE.match(text):
            key = _COVER[re.sub(r"\s", "", match[1])]
            value = match[2].replace("_", " ").strip()
            if not is_form_begun:
                self.found.said.append(Said(key, value, paragraph.marks, is_cover=True))
                return
        pairs = pairs_in(text)
        # A sentence with a colon is none of the form's lines.
        if len(pairs) > 1 and not pairs[0][1]:
            for key, value in pairs[1:]:
                self._say(key, value, paragraph.marks)
        if not re.fullmatch("[（(]?续表?[）)]?", text):
            self.heads = self.members_head = None

    def _title(self, text):
        """Note whose awards follow, where a text is the title of an award table."""
        reduced = bare(text)
        if len(reduced) > 24 or not _AWARDS_TITLE.fullmatch(reduced):
            return False
        if _OTHER.search(reduced):
            self.level = Award.Level.OTHER
        elif _PROVINCIAL.search(reduced):
            self.level = Award.Level.PROVINCIAL
        else:
            return False
        return True

    # --- Tables -----------------------------------------------------------------------------

    def _table(self, table):
        if self.heads and not self._goes_on(table, self.heads):
            self.heads = None
        for row in table.rows:
            if row:
                self._row(table, row)

    def _goes_on(self, table, heads):
        """Whether a table continues the award table before it: as many columns, no head needed."""
        first = next((row for row in table.rows if row), [])
        return len(first) == len(heads) or bool(self._award_head(first))

    def _row(self, table, row):
        # A title beside its table, merged over the rows.
        titled = [cell for cell in row if len(cell.text) < 40 and self._title_cell(cell, row)]
        for cell in titled:
            self._title(cell.text)
        rest = [cell for cell in row if cell not in titled]
        if not rest:
            self.heads = None
            return
        if self._award_head(rest):
            self.heads, self.members_head = rest, None
            self._award_line(table, rest, is_head=True)
        elif self.heads and not self._ends_awards(rest):
            self._award_line(table, rest)
        elif self._members_head(rest):
            self.heads, self.members_head = None, rest
            self.found.member_lines.append([cell.text for cell in rest])
        elif self.members_head and len(rest) == len(self.members_head) and not self._labels(rest):
            self.found.member_lines.append([cell.text for cell in rest])
        else:
            self.heads = self.members_head = None
            self._main_row(table, rest)

    def _title_cell(self, cell, row):
        reduced = bare(cell.text)
        is_title_text = bool(_AWARDS_TITLE.fullmatch(reduced)) and bool(
            _OTHER.search(reduced) or _PROVINCIAL.search(reduced)
        )
        return is_title_text and (cell is row[0] or len(row) == 1)

    def _award_head(self, row):
        names = head_of([cell.text for cell in row], Award.Level.OTHER.value.lower())
        return bool(names) and sum(name is not None for name in names) >= HEAD_COLUMNS

    def _ends_awards(self, row):
        return any(label_of(cell.text) for cell in row)

    def _award_line(self, table, row, is_head=False):
        heads = self.heads
        if is_head:
            texts = [cell.text for cell in row]
            marks = frozenset()
        else:
            cells = self._under(table, row, heads)
            texts = ["" if cell is None else cell.text for cell in cells]
            marks = frozenset().union(*(cell.marks for cell in cells if cell))
        level = self.level or self._unnamed_level()
        self.found.awards[level].append(texts)
        self.found.award_marks |= marks

    def _unnamed_level(self):
        """A table without a title: the first is 省部级, the second 其它."""
        return Award.Level.OTHER

    @staticmethod
    def _under(table, row, heads):
        """Return the cells of a row as they stand under those of the head, None for no cell."""
        at = row[0].row
        if len(row) == len(heads) and all(cell.height == 1 for cell in row):
            return row
        cells, seen = [], set()
        for head in heads:
            cell = table.at(at, head.column)
            is_wide = cell is not None and id(cell) in seen
            cells.append(None if is_wide else cell)
            if cell is not None:
                seen.add(id(cell))
        return cells

    def _members_head(self, row):
        texts = [cell.text for cell in row]
        if len(row) < 2 or bare(texts[0]) not in {"姓名", "序号", "成员姓名"}:
            return False
        names = head_of(texts, "members")
        return bool(names) and "name" in names

    def _labels(self, row):
        return [cell for cell in row if label_of(cell.text) not in (None, NO_FIELD)]

    def _main_row(self, table, row):
        labels = [label_of(cell.text) for cell in row]
        at = 0
        has_label = False
        while at < len(row):
            key, cell = labels[at], row[at]
            at += 1
            if id(cell) in self.claimed:
                has_label = True
                continue
            doubt = ""
            if key is None:
                guess = guessed_label(cell.text) if at < len(row) and labels[at] is None else None
                if guess is None or self._has(guess[0]):
                    has_label = self._unlabelled(cell) or has_label
                    continue
                key, doubt = guess[0], f"标签为“{cell.text.strip()}”，按“{guess[1]}”读取。"
            has_label = True
            values = []
            while at < len(row) and labels[at] is None and id(row[at]) not in self.claimed:
                values.append(row[at])
                at += 1
                if key != "lead_id_number" and not self._belongs(row, at, labels):
                    break
            if not values:
                below = table.at(cell.row + cell.height, cell.column)
                if below is None or label_of(below.text) is not None or below.column != cell.column:
                    self._say(key, "", cell.marks)
                    continue
                values = [below]
                self.claimed.add(id(below))
            self._value(key, cell, values, doubt)
        if not has_label:
            self._carry_on(row)

    @staticmethod
    def _belongs(row, at, labels):
        """Whether the cells behind a value are a part of it: no label comes to explain them."""
        return at < len(row) and labels[at] is None and len(row[at].text) <= 1

    def _has(self, key):
        return bool(self.found.of(key))

    def _value(self, key, label, values, doubt):
        if key == OPINION:
            texts = " ".join(cell.text for cell in values)
            if _OPINION_PRINT.sub("", texts).strip(" 　:：。，,"):
                self.found.opinions.append(re.sub(r"\s", "", label.text))
            return
        if key == MEMBERS:
            text = "\n".join("\n".join(lines_of(cell.blocks)) for cell in values)
        else:
            is_boxed = len(values) > 2 and all(len(cell.text) <= 1 for cell in values)
            text = ("" if is_boxed else " ").join(cell.text for cell in values).strip()
        marks = frozenset().union(*(cell.marks for cell in values))
        self._say(key, text, marks, doubt)

    def _unlabelled(self, cell):
        """Read a cell that holds a label with a colon, or the long label and its text."""
        pairs = pairs_in(cell.text)
        if len(pairs) > 1:
            for key, value in pairs[1:]:
                self._say(key, value, cell.marks)
            return True
        lines = cell.text.split("\n", 1)
        if len(lines) == 2 and (key := label_of(lines[0])) not in (None, NO_FIELD):
            if key == OPINION:
                if _OPINION_PRINT.sub("", lines[1]).strip(" 　:：。，,"):
                    self.found.opinions.append(re.sub(r"\s", "", lines[0]))
            else:
                self._say(key, lines[1].strip(), cell.marks)
            return True
        return False

    def _carry_on(self, row):
        """Take a row without any label as more of the long text before it."""
        filled = [cell for cell in row if cell.text]
        if self.last is None or len(filled) != 1 or filled[0] is not row[-1]:
            return
        self.last.text = f"{self.last.text}\n{filled[0].text}".strip()
        self.last.marks |= filled[0].marks

    def _say(self, key, text, marks=frozenset(), doubt=""):
        if key is None or key == OPINION:
            return
        self.found.labels.add(key)
        if key == PHONE:
            key = PERSONS.get(self.person, PHONE)
        if key in PERSONS:
            self.person = key
        said = Said(key, text, marks, doubt)
        if key == NO_FIELD:
            self.last = None
            return
        if key == MOBILE:
            said.key = "contact_mobile"
        self.found.said.append(said)
        self.last = said if key in {"achievements", "studio_facilities"} else None


def _unwrapped(blocks):
    """Yield the blocks, the tables within a table's cell in its place where they hold labels."""
    for block in blocks:
        if isinstance(block, Paragraph):
            yield block
            continue
        inner = [
            table
            for row in block.rows
            for cell in row
            for table in cell.blocks
            if isinstance(table, Table) and _label_count(table) >= HEAD_COLUMNS
        ]
        if not inner or _label_count(block) >= HEAD_COLUMNS:
            yield block
            continue
        for row in block.rows:
            for cell in row:
                yield from _unwrapped(cell.blocks)


def _label_count(table):
    return sum(label_of(cell.text) is not None for row in table.rows for cell in row)


def attached_text(found):
    """Return the text behind the tables (可另附页) as (its text without its title, has a title)."""
    paragraphs = [each.line.strip() for each in found.after]
    for at, text in enumerate(paragraphs):
        if len(bare(text)) <= 40 and _ATTACHED.search(bare(text)):
            return "\n".join(paragraphs[at + 1 :]), True
    return "\n".join(paragraphs), False


def points_elsewhere(text):
    """Whether a cell says that its text stands on another page."""
    return len(bare(text)) <= 30 and bool(_ELSEWHERE.search(text))
