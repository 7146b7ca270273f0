"""Finding a claim in what was read of a page: the one tolerant comparison of texts.

A reader slips: it takes 已 for 己, loses a blank, breaks a line, writes 2019 as 二〇一九. What the
form says is looked for in the lines as they follow one another and as they stand beneath each
other. How much may differ depends on what is claimed: of a title a few characters, but none of its
numbers, of a person's name and of a number nothing but characters that look alike. Texts are
compared without blanks and punctuation, full-width as half-width (NFKC), years in figures.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache

from accounts.characters import normalized
from applications.recognition.names import FOLLOWS, is_cut, names_in
from applications.recognition.page import Box, Page, PageState


class Kind(Enum):
    """What is looked for, and so how much of it may differ."""

    TEXT = "text"  # a title: one character in five
    UNIT = "unit"  # the name of a unit: one character in ten, for many differ in little
    PERSON = "person"  # nothing, but characters that the reader does not know
    NUMBER = "number"  # nothing, but figures and letters that look alike
    ISSUER = "issuer"  # as a text, or in one of its short forms


@dataclass(frozen=True)
class Match:
    """Where a claim is read: `boxes` of the parts of lines, best first; the `text` as it stands.

    `quality` is 1 where every character agrees. `is_approximate` tells a match that holds only
    because characters look alike or cannot be read. `score` is the reader's own for these lines.
    """

    boxes: tuple[Box, ...]
    text: str
    quality: float = 1.0
    is_approximate: bool = False
    score: float = 1.0


# One character in so many may be wrong.
SLIPS = {Kind.TEXT: 5, Kind.ISSUER: 5, Kind.UNIT: 10}
# A title is told from others by its pairs of neighbouring characters: so many are on its page.
LIKELY = 0.45
# A broken line goes on in the next; a title takes three at most.
MOST_LINES = 3
# Below so many characters a page says nothing that could be compared.
LEGIBLE = 8

ALIKE = ("己已巳", "戊戌戍", "未末", "日曰", "土士", "人入", "0o", "1li", "龚䶮")
_ALIKE = str.maketrans({other: group[0] for group in ALIKE for other in group[1:]})
_DIGITS = dict(zip("〇零○一二三四五六七八九", "000123456789", strict=True))
_DIGITS |= {each: each for each in "0123456789"}
_CHINESE_YEAR = re.compile("(?:一九|二[〇零0o])[〇零一二三四五六七八九0o]{2}")
# What tells one thing from another of the same name, and is no slip: 第七届 and 第八届, 二等奖.
_NUMERAL = re.compile(
    "[0-9]+|[〇零一二两三四五六七八九十百千万]+|[甲乙丙丁]|[金银铜](?=[奖牌])|特(?=等)"
)
_DASH = re.compile("[-—–―_]")
YEAR = re.compile(r"(?<![0-9])(?:19[4-9][0-9]|20[0-9]{2})(?![0-9])")
# Long names of offices by their short ones; both sides are compared as the short one.
SHORT_FORMS = {
    "人力资源和社会保障": "人社",
    "人力资源社会保障": "人社",
    "劳动和社会保障": "劳社",
    "经济和信息化委员会": "经信委",
    "经济和信息化": "经信",
    "发展和改革委员会": "发改委",
    "国有资产监督管理委员会": "国资委",
    "住房和城乡建设委员会": "住建委",
    "住房和城乡建设": "住建",
    "城乡建设委员会": "建委",
    "科学技术协会": "科协",
    "科学技术": "科技",
    "市场监督管理": "市监",
    "质量技术监督": "质监",
    "交通运输": "交通",
    "文化和旅游": "文旅",
    "共青团湖北省委员会": "团省委",
    "共青团湖北省委": "团省委",
    "共青团武汉市委员会": "团市委",
    "共青团武汉市委": "团市委",
    "妇女联合会": "妇联",
    "工商业联合会": "工商联",
    "有限责任公司": "公司",
    "股份有限公司": "公司",
    "有限公司": "公司",
    "集团公司": "集团",
    "人民政府": "政府",
    "省总工会": "省总",
    "市总工会": "市总",
}
_LONG = re.compile("|".join(sorted(map(re.escape, SHORT_FORMS), key=len, reverse=True)))
_ISSUER_ENDS = tuple("局厅部会委院校司团所府社处室")
PLACES = ("中华人民共和国", "国家", "湖北", "武汉")
_BETWEEN = re.compile("[、，,;；/]| 和 ")


def normal(text):
    """Return a text as it is searched for: NFKC, without blanks, case folded, figures as typed."""
    return re.sub(r"\s", "", normalized(text)).casefold()


def is_unreadable(character):
    """Whether the reader does not know a character: beyond the BMP, or of extension A.

    A name that holds one is compared with that place open (䶮 excepted: it is read as itself, or
    as 龚).
    """
    code = ord(character)
    return (code > 0xFFFF or 0x3400 <= code <= 0x4DBF) and character != "䶮"


@lru_cache(maxsize=4096)
def _plain(character):
    """Return what is compared of one character: "" of blanks and punctuation."""
    if character in "○◯":
        return "〇"
    text = unicodedata.normalize("NFKC", character).casefold()
    return "".join(each for each in text if each.isalnum())


def _in_figures(year):
    return figure_of(year[0].replace("o", "0"))


def compared(text):
    """Return a text as it is compared: without blanks and punctuation, years in figures."""
    return _CHINESE_YEAR.sub(_in_figures, "".join(map(_plain, text)))


def figure_of(run):
    """Return a number in Chinese figures in Arabic ones: "12" of 十二 and of 一二; to 百."""
    if not set(run) & {"十", "百"}:
        return "".join(_DIGITS.get(each, each) for each in run)
    total = digit = 0
    for each in run:
        if each in "十百":
            total += (digit or 1) * (10 if each == "十" else 100)
            digit = 0
        elif each in _DIGITS:
            digit = int(_DIGITS[each])
        else:
            return run
    return str(total + digit)


@lru_cache(maxsize=4096)
def numerals(text):
    """Return the numbers of a compared text in order, as figures: which of its name it is."""
    return [figure_of(run) for run in _NUMERAL.findall(text)]


@lru_cache(maxsize=4096)
def pairs(text):
    """Return the pairs of neighbouring characters of a compared text."""
    return frozenset(text[at : at + 2] for at in range(len(text) - 1))


@dataclass(frozen=True)
class Stream:
    """Lines that follow one another as one compared text.

    `places` has for each character (number of its line, its place in the line's own text).
    """

    text: str
    places: tuple[tuple[int, int], ...]


@dataclass
class Index:
    """A page made ready for many searches; kept with the page itself."""

    page: Page
    lines: list[Stream]
    streams: list[Stream]  # as the lines follow one another; then each with what is beneath it
    pairs: set[str] = field(default_factory=set)
    folded: list[str] = field(default_factory=list)
    issuers: Stream | None = None
    names: list[tuple[str, frozenset]] | None = None
    found: dict = field(default_factory=dict)

    @property
    def size(self):
        """How many characters of the page can be compared."""
        return len(self.streams[0].text)


def index_of(page):
    """Return the `Index` of a page, made once."""
    index = vars(page).get("_index")
    if index is None:
        index = _make_index(page)
        vars(page)["_index"] = index
    return index


def _make_index(page):
    lines = [_stream_of(number, line.text) for number, line in enumerate(page.lines)]
    streams = [_joined(lines), *(_joined(rows) for rows in _beneath(page, lines))]
    index = Index(page, lines, streams)
    for stream in streams:
        index.pairs |= pairs(stream.text.translate(_ALIKE))
    index.folded = [stream.text.translate(_ALIKE) for stream in streams]
    return index


def _stream_of(number, text):
    kept, places = [], []
    for at, character in enumerate(text):
        for each in _plain(character):
            kept.append(each)
            places.append((number, at))
    # A year keeps its length, and so its places.
    return Stream(_CHINESE_YEAR.sub(_in_figures, "".join(kept)), tuple(places))


def _joined(lines):
    text = _CHINESE_YEAR.sub(_in_figures, "".join(line.text for line in lines))
    return Stream(text, tuple(place for line in lines for place in line.places))


def _beneath(page, lines):
    """Return runs of up to three lines that stand beneath each other, but do not follow so."""
    boxes = [line.box for line in page.lines]
    below: dict[int, int] = {}
    for number, (left, top, right, bottom) in enumerate(boxes):
        height = bottom - top
        nearest = None
        for other, box in enumerate(boxes):
            gap = box[1] - bottom
            if other == number or not -height / 2 < gap < 1.5 * height or box[1] <= top:
                continue
            shared = min(right, box[2]) - max(left, box[0])
            if shared < min(right - left, box[2] - box[0]) / 2:
                continue
            if nearest is None or box[1] < boxes[nearest][1]:
                nearest = other
        if nearest is not None:
            below[number] = nearest
    runs = []
    for number, second in below.items():
        run = [number, second]
        if second in below and below[second] not in run:
            run.append(below[second])
        if run != list(range(number, number + len(run))):
            runs.append([lines[each] for each in run])
    return runs


def likeness(claim, page):
    """Return which share (0 to 1) of the neighbouring characters of a claim a page has at all.

    0 where it has no part of a number of the claim: 第七届 is not like 第八届.
    """
    text = compared(claim or "").translate(_ALIKE)
    wanted, on_page = pairs(text), index_of(page).pairs
    for run in _NUMERAL.finditer(text):
        for at in range(*run.span()):
            around = {text[max(0, at - 1) : at + 1], text[at : at + 2]}
            if not {pair for pair in around if len(pair) > 1} & on_page:
                return 0.0
    return len(wanted & on_page) / len(wanted) if wanted else 0.0


def is_legible(page):
    """Whether enough was read of a page to compare anything with it."""
    return page.state == PageState.READ and index_of(page).size >= LEGIBLE


def find(claim, page, *, kind=Kind.TEXT):
    """Return where a claim is read on a page, as the best `Match`, or None.

    Raises nothing: an empty claim is nowhere.
    """
    index = index_of(page)
    key = (claim, kind)
    if key not in index.found:
        index.found[key] = _find(claim, index, kind)
    return index.found[key]


def find_every(text, page):
    """Return each place on a page where a text is read as it is typed, as `Match`es in order."""
    index, looked_for = index_of(page), compared(text)
    found = []
    if looked_for:
        stream, at = index.streams[0], 0
        while (at := stream.text.find(looked_for, at)) >= 0:
            found.append(_match(index, stream, at, at + len(looked_for)))
            at += len(looked_for)
    return found


def _find(claim, index, kind):
    claim = (claim or "").strip()
    if not claim or not index.lines:
        return None
    if kind is Kind.PERSON:
        return _find_person(claim, index)
    if kind is Kind.ISSUER:
        return _find_issuer(claim, index)
    looked_for = compared(claim)
    if kind is Kind.NUMBER:
        return _find_exactly(looked_for, index)
    return _find_text(looked_for, index, SLIPS[kind])


def _find_exactly(looked_for, index):
    """Return the match of a text of which nothing may differ but what looks alike."""
    if not looked_for:
        return None
    for texts, is_approximate in (
        ([stream.text for stream in index.streams], False),
        (index.folded, True),
    ):
        wanted = looked_for.translate(_ALIKE) if is_approximate else looked_for
        for stream, text in zip(index.streams, texts, strict=True):
            if (at := _whole(wanted, text)) >= 0:
                match = _match(index, stream, at, at + len(wanted), is_approximate=is_approximate)
                if match:
                    return match
    return None


def _whole(number, text):
    """Return where a number stands that is no part of a longer one, or -1."""
    at = text.find(number)
    while at >= 0:
        before, after = text[at - 1 : at], text[at + len(number) : at + len(number) + 1]
        cut = (number[0].isdigit() and before.isascii() and before.isdigit()) or (
            number[-1].isdigit() and after.isascii() and after.isdigit()
        )
        if not cut:
            return at
        at = text.find(number, at + 1)
    return -1


def _find_text(looked_for, index, slips):
    """Return the best match of a text in which one character in `slips` may be wrong."""
    if len(looked_for) < 2:
        return None
    wanted = looked_for.translate(_ALIKE)
    every = pairs(wanted)
    if len(every & index.pairs) < LIKELY * len(every):
        return None
    best = None
    for each in index.streams:
        if (at := each.text.find(looked_for)) >= 0 and (
            match := _match(index, each, at, at + len(looked_for))
        ):
            return match
    most = len(looked_for) // slips
    for each, text in zip(index.streams, index.folded, strict=True):
        for cost, start, end in _nearly(wanted, text, most):
            quality = 1 - cost / len(wanted)
            if best and best.quality >= quality:
                continue
            match = _match(index, each, start, end, quality=quality, is_approximate=not cost)
            if match and (not cost or _has_numerals(wanted, text[start:end], match.text)):
                best = match
    return best


def _has_numerals(wanted, text, as_read):
    """Whether a part of a page has the numbers that are wanted; 一 may be read as a dash."""
    with_dashes = compared(_DASH.sub("一", as_read)).translate(_ALIKE)
    return numerals(wanted) in (numerals(text), numerals(with_dashes))


def _nearly(wanted, text, most):
    """Yield (errors, start, end) of parts of a text that differ from `wanted` in `most` at most.

    With so many errors one of as many pieces and one more stands there unharmed: only around those
    is anything compared.
    """
    length, seen = len(wanted), set()
    for piece in range(most + 1):
        begin, end = piece * length // (most + 1), (piece + 1) * length // (most + 1)
        part = wanted[begin:end]
        at = text.find(part)
        while at >= 0:
            start = max(0, at - begin - most)
            if start not in seen:
                seen.add(start)
                found = _closest(wanted, text[start : at - begin + length + most], most)
                if found:
                    yield found[0], start + found[1], start + found[2]
            at = text.find(part, at + 1)


def _closest(wanted, window, most):
    """Return (errors, start, end) of the part of a short text that is closest, or None.

    The part may begin and end anywhere.
    """
    costs = _distances(wanted, window, is_free=True)
    cost = min(costs)
    if cost > most:
        return None
    end = costs.index(cost)
    # From its end backwards: how long the part is.
    lengths = _distances(wanted[::-1], window[:end][::-1], is_free=False)
    return cost, end - lengths.index(min(lengths)), end


@lru_cache(maxsize=4096)
def _positions(wanted):
    """Return for each character of a text the places where it stands, as bits."""
    bits: dict[str, int] = {}
    for at, character in enumerate(wanted):
        bits[character] = bits.get(character, 0) | 1 << at
    return bits


def _distances(wanted, text, *, is_free):
    """Return the edit distance of `wanted` to what ends after each character of a text, 0 first.

    What is compared begins where it likes if `is_free`, otherwise with the text. A column of the
    table of distances is two integers, the steps up and the steps down in it (Myers, 1999).
    """
    positions, whole = _positions(wanted), (1 << len(wanted)) - 1
    last, up, down, cost = 1 << (len(wanted) - 1), whole, 0, len(wanted)
    costs = [cost]
    for character in text:
        same = positions.get(character, 0)
        across = (((same & up) + up) ^ up) | same
        grows, shrinks = down | ~(across | up), up & across
        if grows & last:
            cost += 1
        elif shrinks & last:
            cost -= 1
        costs.append(cost)
        grows = (grows << 1) | (not is_free)
        same |= down
        up = ((shrinks << 1) | ~(same | grows)) & whole
        down = grows & same & whole
    return costs


def _find_person(claim, index):
    """Return the match of a person's name: in one line, or in parts of one row."""
    characters = [each for each in claim if _plain(each)]
    if len(characters) < 2:
        return None
    known = [not is_unreadable(each) for each in characters]
    if not any(known):
        return None
    if not all(known):
        # What the reader makes of such a character is one of its own choice, seldom none or two.
        gap = r"\w{1,2}" if sum(known) > 1 else r"\w"
        pattern = "".join(
            re.escape(_plain(each).translate(_ALIKE)) if is_known else gap
            for each, is_known in zip(characters, known, strict=True)
        )
        return _find_pattern(re.compile(pattern), index)
    looked_for = "".join(map(_plain, characters))
    for is_approximate in (False, True):
        wanted = looked_for.translate(_ALIKE) if is_approximate else looked_for
        for number, stream in enumerate(index.streams):
            text = index.folded[number] if is_approximate else stream.text
            at = text.find(wanted)
            while at >= 0:
                places = stream.places[at : at + len(wanted)]
                match = _in_one_row(index, stream, at, at + len(wanted), is_approximate)
                if match and not _is_of_longer_name(index, places):
                    return match
                at = text.find(wanted, at + 1)
    return None


def _find_pattern(pattern, index):
    for stream, text in zip(index.streams, index.folded, strict=True):
        for found in pattern.finditer(text):
            if match := _in_one_row(index, stream, *found.span(), is_approximate=True):
                return match
    return None


def _in_one_row(index, stream, start, end, is_approximate=False):
    numbers = {number for number, _ in stream.places[start:end]}
    boxes = [index.page.lines[number].box for number in numbers]
    top, bottom = max(box[1] for box in boxes), min(box[3] for box in boxes)
    if len(boxes) > 1 and bottom - top < min(box[3] - box[1] for box in boxes) / 2:
        return None
    return _match(index, stream, start, end, is_approximate=is_approximate)


def _is_of_longer_name(index, places):
    """Whether a name is the beginning or the end of another one: 王伟 of 王伟民."""
    if index.names is None:
        text, every = written_out(index.page)
        index.names = [(name, frozenset(every[slice(*span)])) for name, span in names_in(text)]
    own = set(places)
    for name, covered in index.names:
        if own < covered and not set(name[len(own) : len(own) + 1]) & FOLLOWS:
            return True
    (first_line, first), (last_line, last) = places[0], places[-1]
    lines = index.page.lines
    name = "".join(lines[number].text[at] for number, at in places)
    return is_cut(name, lines[first_line].text[:first], lines[last_line].text[last + 1 :])


def _find_issuer(claim, index):
    """Return the match of an office: in full, in a short form, or by its first characters."""
    parts = [part for part in map(compared, _BETWEEN.split(claim)) if len(part) > 1]
    if index.issuers is None:
        index.issuers = _shortened(index.streams[0])
    best = None
    for part in parts:
        match = _find_text(part, index, SLIPS[Kind.ISSUER]) or _find_short(part, index)
        if match and (best is None or match.quality > best.quality):
            best = match
    return best


def _find_short(part, index):
    short = _LONG.sub(lambda match: SHORT_FORMS[match[0]], part)
    shorter = short
    for place in PLACES:
        shorter = shorter.removeprefix(place)
    for quality, text in ((0.95, short), (0.85, shorter)):
        if len(text) < 3 and text not in {"省总", "市总", "国资委"}:
            continue
        if (at := index.issuers.text.find(text)) >= 0:
            return _match(index, index.issuers, at, at + len(text), quality=quality)
    # 武钢集团 stands in 武汉钢铁集团: every character in order, the first and the last at the ends.
    if 3 <= len(part) <= 8:
        for line in index.lines:
            text = line.text
            if not text.endswith(_ISSUER_ENDS) or len(text) > 30 or text[0] != part[0]:
                continue
            at, follows = 0, True
            for character in part:
                at = text.find(character, at) + 1
                if not at:
                    follows = False
                    break
            if follows and text[-1] == part[-1]:
                return _match(index, line, 0, len(text), quality=0.7, is_approximate=True)
    return None


def _shortened(stream):
    """Return a stream with long names of offices in their short forms."""
    kept, places, at = [], [], 0
    for match in _LONG.finditer(stream.text):
        start, end = match.span()
        short = SHORT_FORMS[match[0]]
        kept += [stream.text[at:start], short]
        places += stream.places[at:start]
        places += [
            stream.places[start + n * (end - start) // len(short)] for n in range(len(short))
        ]
        # The last character stands for the end of the long name.
        places[-1] = stream.places[end - 1]
        at = end
    kept.append(stream.text[at:])
    places += stream.places[at:]
    return Stream("".join(kept), tuple(places))


def years_of(page):
    """Return the years read on a page in order, as (year, whether it is part of a date, `Match`).

    Of a date is what 年 and a month follow, or what stands as 2019.10 or 2019-10. What stands
    behind 有效期 or 至 is the end of a time, and no year of the paper.
    """
    index = index_of(page)
    if "years" not in index.found:
        index.found["years"] = list(_years(index))
    return index.found["years"]


# After a year, in the line's own text without blanks.
_MONTH_FOLLOWS = re.compile(
    "年[0-9一二三四五六七八九十O〇]{1,3}月|[./-](?:0?[1-9]|1[0-2])(?![0-9])"
)


# Before a year that is the end of a time.
_ENDS = re.compile(
    "(?:有效期[限间]?[:：为自从]*\n?[0-9年月日起./~—–-]*(?:至|到)?|至|截止(?:日期|时间)?[:：]?)\n?$"
)
# 2018—2020年度, 2018年1月至2020年12月; a dash may be read as 一.
_SPAN = re.compile(
    "((?:19|20)[0-9]{2})(?:年度?(?:[0-9]{1,2}月(?:[0-9]{1,2}日)?)?|(?:[.][0-9]{1,2}){1,2})?"
    "[—–―~至到一-]+((?:19|20)[0-9]{2})(?![0-9])"
)


def _dated_text(line):
    """Return a line's own text with its years in figures; its separators tell a date."""
    text = normal(line.text).translate(str.maketrans("○◯", "〇〇"))
    return _CHINESE_YEAR.sub(_in_figures, text)


def _lines_with_years(index):
    return [pair for pair in enumerate(index.lines) if "19" in pair[1].text or "20" in pair[1].text]


def _years(index):
    for number, line in _lines_with_years(index):
        text = _dated_text(index.page.lines[number])
        before = _dated_text(index.page.lines[number - 1]) if number else ""
        from_here = 0
        for found in YEAR.finditer(text):
            year = found[0]
            at = line.text.find(year, from_here)
            if at < 0:
                continue
            from_here = at + 4
            if _ENDS.search(f"{before}\n{text[: found.start()]}"):
                continue
            match = _match(index, line, at, at + 4)
            yield int(year), bool(_MONTH_FOLLOWS.match(text, found.end())), match


def _spans(index):
    """Yield (first year, last year, `Match`) of the spans of years on a page."""
    for number, line in _lines_with_years(index):
        text = _dated_text(index.page.lines[number])
        for found in _SPAN.finditer(text):
            first = line.text.find(found[1])
            last = line.text.find(found[2], first + 4)
            if min(first, last) >= 0 and not _ENDS.search(text[: found.start()]):
                yield int(found[1]), int(found[2]), _match(index, line, first, last + 4)


def find_year(year, page):
    """Return where a year is read on a page, as a `Match`; in a date before anywhere else.

    At last in a span: 2019 in 2018—2020年度.
    """
    matches = [(not is_date, match) for each, is_date, match in years_of(page) if each == year]
    if matches:
        return min(matches, key=lambda pair: pair[0])[1]
    index = index_of(page)
    if "spans" not in index.found:
        index.found["spans"] = list(_spans(index))
    return next((m for first, last, m in index.found["spans"] if first <= year <= last), None)


def _width(text):
    """How much room characters take in a line: a Chinese one as much as two others."""
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)


def written_out(page):
    """Return the lines of a page as one normal text, and the place of each of its characters.

    A place is (number of the line, place in the line's own text).
    """
    found = index_of(page).found
    if "written" not in found:
        found["written"] = _written_out(page)
    return found["written"]


def _written_out(page):
    text, places = [], []
    for number, line in enumerate(page.lines):
        for at, character in enumerate(line.text):
            for each in normal(character):
                text.append(each)
                places.append((number, at))
        text.append("\n")
        places.append((number, len(line.text)))
    return "".join(text), places


def _match(index, stream, start, end, *, quality=1.0, is_approximate=False):
    """Return the `Match` of a part of a stream, or None of one that takes too many lines."""
    return part_of(
        index.page, stream.places[start:end], quality=quality, is_approximate=is_approximate
    )


def part_of(page, places, *, quality=1.0, is_approximate=False):
    """Return the `Match` of characters given as (number of the line, place in it), or None.

    None of nothing, and of what takes too many lines.
    """
    spans: dict[int, list[int]] = {}
    for number, at in places:
        span = spans.setdefault(number, [at, at])
        span[0], span[1] = min(span[0], at), max(span[1], at)
    if not spans or len(spans) > MOST_LINES:
        return None
    lines = page.lines
    parts = [lines[number].text[first : last + 1] for number, (first, last) in spans.items()]
    return Match(
        tuple(_cut(lines[number], first, last + 1) for number, (first, last) in spans.items()),
        "".join(parts),
        round(quality, 3),
        is_approximate,
        min(lines[number].score for number in spans),
    )


def _cut(line, start, end):
    """Return the box of a part of a line, in proportion to its characters."""
    left, top, right, bottom = line.box
    whole = _width(line.text) or 1
    first, last = _width(line.text[:start]) / whole, _width(line.text[:end]) / whole
    if bottom - top > right - left and len(line.text) > 2:  # a column of characters
        height = bottom - top
        return (left, top + height * first, right, top + height * last)
    width = right - left
    return (left + width * first, top, left + width * last, bottom)
