"""A scan of a paper that the portal printed: its pages in order, and its seal.

What holds of every such paper, the stamped 附件2 as the stamped 附件1. Pages are known by their
code or by the line at their foot; nothing here knows an application.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from applications.recognition.findings import Agreement, Finding, Place
from applications.recognition.page import INK_COLUMNS, INK_ROWS, WHOLE, Box, Page
from applications.recognition.place_links import address_of, cutting_of
from applications.recognition.text_match import normal

# The address that a code of documents/page_codes.py opens; earlier prints name no page.
_CODE = re.compile(r"/verify/([0-9a-fA-F]{64})/?(?:\?p=([1-9][0-9]{0,2}))?$")
# The foot of a page, blanks left out and full-width as half-width.
_FOOT_PAGE = re.compile("第([1-9][0-9]{0,2})页,?共([1-9][0-9]{0,2})页")
_FOOT_MARK = re.compile(r"指纹(?:\(sm3\))?:?([0-9a-f]{16})(?![0-9a-f])")
# Millimetres of an A4 page, and of the code on it.
A4 = (210.0, 297.0)
CODE_SIDE = 15.0
# A code measures the scale of its page, unless it is itself measured badly.
_LIKELY_SCALE = (0.55, 1.25)
NAMED_PAGES = 8


@dataclass(frozen=True)
class Sheet:
    """One page of a scan, with what it says of itself.

    `file` and `page` are where it was read, `position` its place in the whole scan, from 1.
    `fingerprint` (64 digits) and `box` are of its code, `mark` (16 digits) is read at its foot, ""
    where there is none. `number` of `total` is the printed page, None where it is not known.
    """

    file: int
    position: int
    page: Page
    fingerprint: str = ""
    mark: str = ""
    number: int | None = None
    total: int | None = None
    box: Box = WHOLE

    def place(self, box=None, text=None):
        """Return a `Place` on it; without a box that of its code."""
        text = f"第 {self.position} 页" if text is None else text
        return Place(self.file, self.page.number, box or self.box, text)

    @property
    def millimetre(self):
        """Shares of its width and of its height that are one millimetre of the printed paper."""
        sides = A4[::-1] if self.page.width > self.page.height else A4
        usual = (1 / sides[0], 1 / sides[1])
        if not self.fingerprint:
            return usual
        left, top, right, bottom = self.box
        measured = ((right - left) / CODE_SIDE, (bottom - top) / CODE_SIDE)
        least, most = _LIKELY_SCALE
        if all(least * u <= m <= most * u for u, m in zip(usual, measured, strict=True)):
            return measured
        return usual


def sheets_of(files, pages):
    """Return the `Sheet`s of files in order, or [] while one of them has not been read to its end.

    `pages` is what `texts.pages_of` returns.
    """
    sheets = sheets_so_far(files, pages)
    return sheets if len(sheets) >= sum(file.pages for file in files) else []


def sheets_so_far(files, pages):
    """Return the `Sheet`s of those pages of files, in order, that have been read."""
    sheets, before = [], 0
    for file in files:
        read = pages.get(file.pk, ())
        sheets += [sheet_of(file.pk, before + page.number, page) for page in read]
        before += file.pages
    return sheets


def sheet_of(file, position, page):
    """Return a page of a scan with what its code and its foot say."""
    text = normal(page.text)
    foot = list(_FOOT_PAGE.finditer(text))
    number, total = (int(foot[-1][1]), int(foot[-1][2])) if foot else (None, None)
    mark = _FOOT_MARK.search(text)
    sheet = Sheet(file, position, page, mark=mark[1] if mark else "", number=number, total=total)
    for code in page.codes:
        if match := _CODE.search(code.text):
            return Sheet(
                file,
                position,
                page,
                fingerprint=match[1].lower(),
                mark=sheet.mark,
                number=int(match[2]) if match[2] else number,
                total=total,
                box=code.box,
            )
    return sheet


def listed(sheets):
    """Return the places of pages in the scan as words: 第 3、5 页."""
    return f"第 {numbers(sheet.position for sheet in sheets)} 页"


def numbers(values, most=NAMED_PAGES):
    """Return numbers as words: 1、2、3 等 12."""
    values = list(values)
    named = "、".join(map(str, values[:most]))
    return f"{named} 等 {len(values)}" if len(values) > most else named


# --- Pages --------------------------------------------------------------------------------------


def check_pages(sheets, known, expected):
    """Return the findings about number, order and turn of the pages of one paper.

    `known` are those `Sheet`s that are of the paper; `expected` is how many pages it has, None
    where nobody knows.
    """
    return [
        *_complete(sheets, known, expected),
        *_in_order(known),
        *check_turns(sheets),
    ]


def _complete(sheets, known, expected):
    numbered = [sheet for sheet in known if sheet.number]
    expected = expected or max((sheet.total or 0 for sheet in known), default=0)
    if not expected:
        return []
    claim, label = f"共 {expected} 页", "页数"

    def finding(agreement, sentence="", places=()):
        return [Finding("stamp-pages", "stamp", label, claim, agreement, sentence, tuple(places))]

    if not numbered:
        if len(sheets) == expected:
            return finding(Agreement.FOUND)
        sentence = f"扫描件共 {len(sheets)} 页，打印稿为 {expected} 页，请核对是否缺页。"
        return finding(Agreement.DIFFERS, sentence)
    count = Counter(sheet.number for sheet in numbered)
    missing = [number for number in range(1, expected + 1) if number not in count]
    unplaced = [sheet for sheet in sheets if sheet not in known or not sheet.number]
    sentences, places = [], []
    if missing:
        sentences.append(f"缺打印稿第 {numbers(missing)} 页")
    for number in sorted(number for number, times in count.items() if times > 1):
        same = [sheet for sheet in numbered if sheet.number == number]
        sentences.append(f"打印稿第 {number} 页有 {len(same)} 张（扫描件{listed(same)}）")
        places += [sheet.place() for sheet in same]
    if not sentences:
        return finding(Agreement.FOUND)
    # A page that nobody can name may well be the one that is missed.
    unnamed = [sheet for sheet in unplaced if not sheet.fingerprint]
    if len(sentences) == 1 and missing and len(unnamed) >= len(missing):
        sentence = f"没有识别到打印稿第 {numbers(missing)} 页，请核对扫描件{listed(unnamed)}。"
        return finding(Agreement.NOT_LEGIBLE, sentence, [sheet.place() for sheet in unnamed])
    return finding(Agreement.DIFFERS, f"{'；'.join(sentences)}。", places)


def _in_order(known):
    order = list(dict.fromkeys(sheet.number for sheet in known if sheet.number))
    if order == sorted(order):
        return []
    sentence = f"页序不对，扫描件依次为打印稿第 {numbers(order, 20)} 页。"
    claim = f"第 {numbers(sorted(order), 20)} 页"
    return [Finding("stamp-order", "stamp", "页序", claim, Agreement.DIFFERS, sentence)]


def check_turns(sheets):
    """Return the finding about pages that do not stand upright, [] where all do."""
    turned = [sheet for sheet in sheets if sheet.page.turn]
    upside_down = [sheet for sheet in turned if sheet.page.turn == 180]
    # A table that lies across the paper is scanned along it.
    lying = [s for s in turned if s.page.turn != 180 and s.page.width <= s.page.height]
    parts = [
        f"扫描件{listed(some)}{word}"
        for word, some in (("上下颠倒", upside_down), ("横放", lying))
        if some
    ]
    if not parts:
        return []
    return [
        Finding(
            "stamp-turned",
            "stamp",
            "方向",
            "各页正放",
            Agreement.DIFFERS,
            f"{'；'.join(parts)}，打开后需转正查看。",
            tuple(sheet.place(WHOLE) for sheet in (*upside_down, *lying)),
        )
    ]


# --- Ink ----------------------------------------------------------------------------------------

# A seal's centre stands so many millimetres beside its place at most.
BESIDE = 15.0
# So much red ink in the place, in square millimetres, is a faint seal that has no edge left.
FAINT_SEAL = 30.0


def around(sheet, anchor, left, top, right, bottom):
    """Return the box that reaches so many millimetres from the right end of an anchor's middle.

    Negative ones lie to the left and above; the box ends at the page.
    """
    across, down = sheet.millimetre
    x, y = anchor[2], (anchor[1] + anchor[3]) / 2
    return within(x + left * across, y + top * down, x + right * across, y + bottom * down)


def within(left, top, right, bottom):
    """Return a box as far as it lies on the page."""
    return tuple(round(min(1.0, max(0.0, value)), 4) for value in (left, top, right, bottom))


def seal_finding(key, label, claim, sheet, box, sheets):
    """Return whether red ink like a seal stands near a place: `box` on a page of `sheets`.

    A scan without any colour says that a seal's colour cannot be judged.
    """
    across, down = sheet.millimetre
    near = within(
        box[0] - BESIDE * across,
        box[1] - BESIDE * down,
        box[2] + BESIDE * across,
        box[3] + BESIDE * down,
    )
    cutting = sheet.place(box, "")

    def finding(agreement, sentence="", place=cutting):
        return Finding(key, "stamp", label, claim, agreement, sentence, (place,))

    for seal in sheet.page.seals:
        x, y = (seal[0] + seal[2]) / 2, (seal[1] + seal[3]) / 2
        if near[0] <= x <= near[2] and near[1] <= y <= near[3]:
            return finding(Agreement.FOUND, place=sheet.place(joined(box, seal), "印章"))
    if not any(each.page.is_colour for each in sheets):
        sentence = f"扫描件没有颜色，可能是黑白扫描，无法判断{claim}的印章，请核对原件。"
        return finding(Agreement.NOT_LEGIBLE, sentence)
    if ink_area(sheet, near)[1] >= FAINT_SEAL:
        sentence = f"{claim}有红色印迹，但不能确定是印章，请核对。"
        return finding(Agreement.NOT_LEGIBLE, sentence)
    elsewhere = [each for each in sheets if each.page.seals]
    if elsewhere:
        sentence = f"{claim}未发现印章（扫描件{listed(elsewhere)}别处有红色印章），请核对。"
        return finding(Agreement.NOT_FOUND, sentence)
    return finding(Agreement.NOT_FOUND, f"{claim}未发现印章，请核对。")


def joined(one, other):
    """Return the smallest box around two."""
    pairs = list(zip(one, other, strict=True))
    return (*map(min, pairs[:2]), *map(max, pairs[2:]))


def ink_area(sheet, box, without=()):
    """Return how much dark and how much red ink stands in a box, in square millimetres.

    Counted by the cells of the page's map of ink whose middle lies in the box and that no box of
    `without` meets. (0, 0) where there is no map.
    """
    if not sheet.page.ink:
        return 0.0, 0.0
    across, down = sheet.millimetre
    area = 1 / INK_COLUMNS / across * (1 / INK_ROWS / down)
    dark = red = 0.0
    for row in range(INK_ROWS):
        for column in range(INK_COLUMNS):
            cell = (column / INK_COLUMNS, row / INK_ROWS)
            cell += ((column + 1) / INK_COLUMNS, (row + 1) / INK_ROWS)
            x, y = (cell[0] + cell[2]) / 2, (cell[1] + cell[3]) / 2
            if not (box[0] <= x <= box[2] and box[1] <= y <= box[3]):
                continue
            if any(meets(cell, other) for other in without):
                continue
            at = 2 * (row * INK_COLUMNS + column)
            dark += int(sheet.page.ink[at], 16) / 15 * area
            red += int(sheet.page.ink[at + 1], 16) / 15 * area
    return dark, red


def meets(one, other):
    """Whether two boxes have a part in common."""
    return min(one[2], other[2]) > max(one[0], other[0]) and min(one[3], other[3]) > max(
        one[1], other[1]
    )


# --- What the pages say ------------------------------------------------------------------------


@dataclass(frozen=True)
class StampCheck:
    """What was checked of the scan of a stamped paper, for its tag, its list and its cuttings.

    `paper` is what it was held against: 打印稿第 2 版. `page_address` and `picture_address` say
    where a `Place` is seen.
    """

    findings: tuple[Finding, ...]
    paper: str
    page_address: Callable[[Place], str] = address_of
    picture_address: Callable[[Place], str] = cutting_of

    @property
    def hints(self):
        """What is to be looked at."""
        return [each for each in self.findings if each.agreement != Agreement.FOUND]

    @property
    def words(self):
        """The tag: what was checked and is so, and how much is to be looked at."""
        by_key = {each.key: each.agreement for each in self.findings}
        of_pages = [by_key[key] for key in PAGE_KEYS if key in by_key]
        parts = []
        if all(agreement == Agreement.FOUND for agreement in of_pages):
            parts.append(f"与{self.paper}逐页相符")
        if by_key.get("stamp-seal") == Agreement.FOUND:
            parts.append("已见印章")
        if self.hints:
            parts.append(f"{len(self.hints)} 处建议核对")
        return "，".join(parts)

    @property
    def tone(self):
        """The colour of the tag."""
        return "wait" if self.hints else "pass"

    @property
    def hint_links(self):
        """The hints with the address of the first place of each, "" where it has none."""
        return [
            (each, self.page_address(each.places[0]) if each.places else "") for each in self.hints
        ]

    @property
    def cuttings(self):
        """Where seal, signature and date stand.

        (label, what is said of it, address of the page, address of the picture) each.
        """
        return [
            (
                each.label,
                CUTTING_WORDS[each.agreement],
                self.page_address(place),
                self.picture_address(place),
            )
            for each in self.findings
            if each.key in CUTTING_KEYS
            for place in each.places[:1]
        ]


PAGE_KEYS = ("stamp-print", "stamp-pages", "stamp-order", "stamp-turned", "stamp-rows")
CUTTING_KEYS = ("stamp-seal", "stamp-signature", "stamp-date")
CUTTING_WORDS = {
    Agreement.FOUND: "已见",
    Agreement.NOT_FOUND: "未发现",
    Agreement.NOT_LEGIBLE: "未能识别",
    Agreement.DIFFERS: "请核对",
}
