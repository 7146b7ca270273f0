"""附件2 in the grid of a Word document: which cell says what, wherever and however it is labelled.

`Found` is what the rules of values (`values.py`) then turn into fields.
"""

import re
from dataclasses import dataclass, field
from itertools import pairwise

from applications.form.pasting import head_of
from applications.form.word.document import Paragraph, Table
from applications.form.word.labels import (
    LONG,
    MEMBERS,
    MOBILE,
    NO_FIELD,
    OPINION,
    OWNERS,
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
ROWS_OF_MAIN_TABLE = 3
COLUMNS_OF_COVER = 4
MOST_COLUMNS = 20  # of a table of awards or members, which has seven and three
LONGEST_LINE = 300  # of the cover
# The form has some forty cells and lines that say something; so many are read.
MOST_SAID = 300
# So many cells without a label are compared with all labels; no form has as many slips.
MOST_GUESSES = 150
_PROVINCIAL = re.compile("国家级|省部|省级")
_OTHER = re.compile("其[它他](?:获奖|奖励|荣誉|情况)|省部?级以下")
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
    r"({})(?:[（(][^）)]{{0,6}}[）)])?(.*)".format(
        "|".join(
            r"\s*".join(map(re.escape, label)) for label in sorted(_COVER, key=len, reverse=True)
        )
    )
)
_CONTINUED = re.compile("[（(]\\s*续")
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


@dataclass
class Line:
    """One line of a table: the texts under its columns, or those of its head."""

    texts: list
    marks: frozenset = frozenset()
    is_head: bool = False
    is_untitled: bool = False  # a head that no title stands above
    is_repeated: bool = False  # a head of as many columns as the table that it follows directly


@dataclass
class Found:
    """What a document says: by key in reading order, rows of tables, and what is told of it.

    `awards` are lists of `Line` by level, of tables without a title by None; `member_lines` those
    of a table of members.
    `after` are the blocks behind the form's last table, `blocks` all of the form's; `opinions`
    labels of boxes with an opinion; `known` texts that need not be told: of opinions, titles and
    labels that are nearly one; `titled` the levels of awards whose title was found.
    """

    said: list = field(default_factory=list)
    awards: dict = field(default_factory=lambda: {level: [] for level in (*Award.Level, None)})
    member_lines: list = field(default_factory=list)
    opinions: list = field(default_factory=list)
    known: list = field(default_factory=list)
    titled: set = field(default_factory=set)
    blocks: list = field(default_factory=list)
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
        self.is_titled = False  # whether a title stands above the head that comes next
        self.heads: list | None = None  # the cells of the present award table's head
        self.members_head: list | None = None
        self.person = None  # the key of the person that was named last
        self.last = None  # the long text that may go on in the next table
        self.claimed = set()
        self.guesses = 0
        self.taken = 0  # how many places of the form were found so far

    def read(self, blocks):
        blocks = list(_unwrapped(blocks))
        main = next((at for at, block in enumerate(blocks) if _is_main_table(block)), None)
        start = _start(blocks, main)
        self.found.blocks = blocks[start:]
        for at in range(start, len(blocks)):
            block = blocks[at]
            if isinstance(block, Table):
                if self._table(block):
                    self.found.after = []
                else:
                    self.found.after.append(block)
            else:
                self.found.after.append(block)
                self._paragraph(
                    block, is_before=main is None or at < main, has_table=main is not None
                )
        self._part_untitled()
        return self.found

    def _part_untitled(self):
        """Put what follows a head without a title of its own under no level.

        A table that a page splits has its head twice, and one whose title was deleted looks the
        same. Where both titles stand in the form, what follows directly is the former.
        """
        for level in Award.Level:
            kept, is_kept = [], True
            for line in self.found.awards[level]:
                if line.is_head:
                    is_split = line.is_repeated and self.found.titled == set(Award.Level)
                    is_kept = is_split or not line.is_untitled
                (kept if is_kept else self.found.awards[None]).append(line)
            self.found.awards[level] = kept

    # --- Paragraphs outside tables ----------------------------------------------------------

    def _paragraph(self, paragraph, is_before, has_table):
        text = paragraph.line.strip()
        if not text or self._title(text):
            return
        if re.fullmatch("[（(]?续表?[）)]?", text):
            self.is_titled = True
        else:
            self.heads = self.members_head = self.last = None
        if is_before and len(text) <= LONGEST_LINE and (match := _COVER_LINE.fullmatch(text)):
            key, value = _COVER[re.sub(r"\s", "", match[1])], _value_behind(match[2])
            self.found.said.append(Said(key, value, paragraph.marks))
            return
        # A sentence with a colon is none of the form's lines, nor is what stands before its table.
        pairs = pairs_in(text)
        if (is_before and has_table) or pairs[0][1]:
            return
        doubt = "取自表格以外的文字，请核对。" if has_table else ""
        for key, value in pairs[1:]:
            if value and not (has_table and self._has(key)):
                self._say(key, value, paragraph.marks, doubt)

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
        self.found.titled.add(self.level)
        self.found.known.append(text)
        self.is_titled = True
        self.last = None
        return True

    # --- Tables -----------------------------------------------------------------------------

    def _table(self, table):
        """Read a table; return whether it is any of the form's."""
        before = self.taken
        if self.heads and not self._goes_on(table, self.heads):
            self.heads = None
        for row in table.rows:
            if row:
                self._row(table, row)
        return self.taken > before

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
            is_repeated = self.heads is not None and len(self.heads) == len(rest)
            self.heads, self.members_head = rest, None
            self._award_line(table, rest, is_head=True)
            line = self.found.awards[self.level][-1]
            line.is_untitled, line.is_repeated = not self.is_titled, is_repeated
            self.is_titled = False
        elif self.heads and not self._ends_awards(rest, self.heads):
            self._award_line(table, rest)
        elif head := self._members_head(rest):
            self.heads, self.members_head = None, head
            self._member_line(head)
        elif self.members_head and len(rest) == len(self.members_head) and not self._labels(rest):
            self._member_line(rest)
        else:
            self.heads = self.members_head = None
            self._main_row(table, rest)

    def _title_cell(self, cell, row):
        if cell is not row[0]:
            return False
        reduced = bare(cell.text)
        is_title_text = bool(_AWARDS_TITLE.fullmatch(reduced)) and bool(
            _OTHER.search(reduced) or _PROVINCIAL.search(reduced)
        )
        # Under a head, what stands in a row of its columns is an award, whatever it is called.
        is_apart = len(row) == 1 or cell.height > 1 or self._award_head(row[1:])
        return is_title_text and (is_apart or not self.heads)

    def _award_head(self, row):
        if len(row) > MOST_COLUMNS:
            return False
        names = head_of([cell.text for cell in row], Award.Level.OTHER.value.lower())
        return bool(names) and sum(name is not None for name in names) >= HEAD_COLUMNS

    def _ends_awards(self, row, heads):
        # In other columns a label's word is a value: somebody was 负责人 of a project.
        if label_of(row[0].text) is None or row[0].column > heads[0].column:
            return False
        # A project may be called as a label is; one label and its value follow on another.
        return len(row) != len(heads) or label_of(row[2].text) is not None

    def _award_line(self, table, row, is_head=False):
        cells = row if is_head else self._under(table, row, self.heads)
        texts = ["" if cell is None else cell.text for cell in cells]
        marks = frozenset().union(*(cell.marks for cell in cells if cell))
        self.taken += 1
        self.found.awards[self.level].append(Line(texts, marks, is_head))

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
        """Return the cells of a row that are the head of a table of members, or None."""
        if label_of(row[0].text) == MEMBERS:  # beside its table, merged over the rows
            row = row[1:]
        if not 2 <= len(row) <= MOST_COLUMNS or bare(row[0].text) not in {
            "姓名",
            "序号",
            "成员姓名",
        }:
            return None
        names = head_of([cell.text for cell in row], "members")
        return row if names and "name" in names else None

    def _member_line(self, row):
        self.taken += 1
        marks = frozenset().union(*(cell.marks for cell in row))
        self.found.member_lines.append(Line([cell.text for cell in row], marks))

    def _labels(self, row):
        return [cell for cell in row if label_of(cell.text) not in (None, NO_FIELD)]

    def _main_row(self, table, row):
        labels = [label_of(cell.text) for cell in row]
        if below := self._row_below(table, row, labels):
            for key, label, value in zip(labels, row, below, strict=True):
                self.claimed.add(id(value))
                if key is not None:
                    self._value(key, label, [value], "")
            return
        at, has_label = 0, False
        while at < len(row):
            key, cell = labels[at], row[at]
            at += 1
            if id(cell) in self.claimed:
                has_label = True
                continue
            doubt = ""
            if key is None:
                guess = self._guess(row, at, labels)
                if guess is None or self._has(guess[0]):
                    if self._unlabelled(cell):
                        has_label = True
                    continue
                self.found.known.append(cell.text)
                key, doubt = guess[0], f"标签为“{cell.text.strip()}”，按“{guess[1]}”读取。"
            has_label = True
            values = []
            while at < len(row) and labels[at] is None and id(row[at]) not in self.claimed:
                values.append(row[at])
                at += 1
                if key != "lead_id_number" and not self._belongs(row, at, labels):
                    break
            if not values and key in PERSONS and at < len(row) and bare(row[at].text) == "姓名":
                labels[at] = key  # 联系人 | 姓名 | 王小燕
                continue
            if not values and self._stands_for_a_value(labels, at):
                values, doubt = [row[at]], f"内容“{row[at].text.strip()}”与一栏的名称相同，请核对。"
                at += 1
            if not values:
                self._say(key, "", cell.marks)
                continue
            self._value(key, cell, values, doubt)
        if not has_label:
            self._carry_on(row)

    def _guess(self, row, at, labels):
        """Return (key, label) that the cell before `at` nearly is, where a value stands behind."""
        if at == len(row) or labels[at] is not None or self.guesses == MOST_GUESSES:
            return None
        self.guesses += 1
        return guessed_label(row[at - 1].text)

    def _row_below(self, table, row, labels):
        """Return the row below one of labels alone, whose cells hold their values, or None."""
        if None in labels and not any(one and other for one, other in pairwise(labels)):
            return None
        at = row[0].row + 1
        below = table.rows[at] if at < len(table.rows) else []
        columns = [[(cell.column, cell.width) for cell in each] for each in (row, below)]
        if columns[0] != columns[1] or self._labels(below):
            return None
        return below

    @staticmethod
    def _stands_for_a_value(labels, at):
        """Whether what is called like a label is a value: 工作单位及职务 | 负责人 | 工种 | 焊工.

        In such a row labels and values take turns.
        """
        is_even = len(labels) % 2 == 0 and at % 2 == 1
        others = {label is None for label in labels[1::2]} if len(labels) > 2 else {True}
        return is_even and labels[at] != NO_FIELD and None not in labels[::2] and True in others

    @staticmethod
    def _belongs(row, at, labels):
        """Whether the cells behind a value are a part of it: no label comes to explain them."""
        return at < len(row) and labels[at] is None and len(row[at].text) <= 1

    def _has(self, key):
        return bool(self.found.of(key))

    def _value(self, key, label, values, doubt):
        if key == OPINION:
            self.taken += 1
            self.last = None
            texts = " ".join(cell.text for cell in values)
            self.found.known.append(texts)
            if not is_printed(texts):
                self.found.opinions.append(re.sub(r"\s", "", label.text))
            return
        is_boxed = len(values) > 2 and all(len(cell.text) <= 1 for cell in values)
        text = ("" if is_boxed else " ").join(cell.text for cell in values).strip()
        marks = frozenset().union(*(cell.marks for cell in values))
        before = self.found.of(key)
        if before and _CONTINUED.search(label.text):
            self.taken += 1
            before[-1].text = f"{before[-1].text}\n{text}".strip()
            before[-1].marks |= marks
            return
        # The label once more before its text.
        pairs = pairs_in(text)
        if len(pairs) == 2 and pairs[0][1] == "" and pairs[1][0] == key:
            text = pairs[1][1]
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
                self.found.known.append(cell.text)
                if not is_printed(lines[1]):
                    self.found.opinions.append(re.sub(r"\s", "", lines[0]))
            else:
                self._say(key, lines[1].strip(), cell.marks)
            return True
        return False

    def _carry_on(self, row):
        """Take a row without any label as more of the long text before it, where it is that."""
        filled = [cell for cell in row if cell.text]
        if self.last is None or len(filled) != 1 or filled[0] is not row[-1]:
            return
        self.taken += 1
        self.last.text = f"{self.last.text}\n{filled[0].text}".strip()
        self.last.marks |= filled[0].marks

    def _say(self, key, text, marks=frozenset(), doubt=""):
        self.taken += 1
        if key is None or key == OPINION:
            return
        self.found.labels.add(key)
        if key in {*PERSONS, "lead_name"}:
            self.person = key
        elif key in {PHONE, MOBILE}:
            key = OWNERS[key].get(self.person, NO_FIELD)
        self.last = None
        if key == NO_FIELD:
            return
        if len(self.found.said) == MOST_SAID:
            return
        said = Said(key, text, marks, doubt)
        self.found.said.append(said)
        if key in LONG:
            self.last = said


def cover_value(line):
    """Return what stands behind a label of the cover in a line, or None where there is none."""
    match = _COVER_LINE.fullmatch(line) if len(line) <= LONGEST_LINE else None
    return match and _value_behind(match[2])


def _value_behind(text):
    return text.replace("_", " ").lstrip(":： \t\u3000").strip()


def is_printed(text):
    """Whether a cell holds but what the form itself prints beside a signature, or nothing."""
    return not _OPINION_PRINT.sub("", text).strip(" 　:：。，,、/—-")


def _is_main_table(block):
    """Whether a block is the form's main table: labels in several rows, 附件1 has them in one."""
    if not isinstance(block, Table):
        return False
    rows = [row for row in block.rows if any(label_of(cell.text) for cell in row)]
    return len(rows) >= ROWS_OF_MAIN_TABLE


def _start(blocks, main):
    """Return where the form with this main table begins: behind 附件1, or the notice itself."""
    for at in range(main or 0, 0, -1):
        before = blocks[at - 1]
        if isinstance(before, Table):
            # A row of many labels: 附件1, or its like. The cover has a label and a text a row.
            if any(len(row) > COLUMNS_OF_COVER for row in before.rows):
                return at
        elif bare(before.line) in {"附件2", "附件二"}:
            return at
    return 0


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


def attached_text(lines):
    """Return the text behind the tables (可另附页) as (the text below its title, has a title)."""
    for at, line in enumerate(lines):
        if len(bare(line)) <= 40 and _ATTACHED.search(bare(line)):
            return "\n".join(lines[at + 1 :]), True
    return "\n".join(lines), False


def points_elsewhere(text):
    """Whether a cell says that its text stands on another page."""
    return len(bare(text)) <= 30 and bool(_ELSEWHERE.search(text))
