"""申报报告 as Word: its four parts (notice, section 三, 3), told by their headings.

However they are numbered, and in words near to the notice's. A heading is short, and numbered, set
as a heading or bold; those below it in rank belong to its part.
"""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from applications.form.definition import ITEM, SECTION
from applications.form.word.document import Paragraph, lines_of, paragraphs_of
from applications.form.word.labels import bare

PARTS = tuple(item.name for item in SECTION["report"].items)
# Words that make a heading one of a part, the particular first.
_WORDS = {
    "report_necessity": re.compile(
        "必要性|(?:现有|成立|具备)的?.{0,4}优势|优势.{0,4}必要|成立.{0,4}(?:理由|意义|背景)"
    ),
    "report_lead": re.compile(
        "(?:技能大师|领办人|大师|领衔人)(?:个人|基本|本人)?(?:简介|情况|介绍|简历|事迹)|个人简介|大师简介"
    ),
    "report_plan": re.compile(
        "计划(?:与|和|及)?目标|目标计划|(?:建设|发展|工作|预期|总体)的?(?:计划|目标|规划)|目标(?:和|与|及)?(?:计划|任务)|规划"
    ),
    "report_occupation": re.compile(
        "(?:申报|工作室|从事).{0,10}(?:职业|工种)|^职业工种$|^(?:职业|工种)"
    ),
}
# Material 4 of the notice, often written behind the report.
_OTHER_MATERIAL = re.compile(
    "(?:申报单位|我单位|公司|企业|学校|本单位)?高技能人才(?:队伍)?建设情况"
)
_NUMBERS = (
    ("chapter", re.compile("第[一二三四五六七八九十0-9０-９]+(?:部分|章|篇|节)[、:：.．\\s]*")),
    ("one", re.compile("[一二三四五六七八九十]{1,3}[、.．，,:：\\s]\\s*")),
    ("bracket", re.compile("[（(][一二三四五六七八九十]{1,3}[）)][、.．\\s]*")),
    ("digit", re.compile("[0-9０-９]{1,2}(?:[、.．，,]|\\s(?=\\D))(?![0-9０-９])\\s*")),
    (
        "digit bracket",
        re.compile("[（(][0-9０-９]{1,2}[）)][、.．\\s]*|[0-9０-９]{1,2}[）)]\\s*|[①-⑳]\\s*"),
    ),
)
_LONGEST = 44
# How near a heading's words are to the notice's when nothing else tells it.
_NEAR = 0.75


@dataclass(frozen=True)
class Heading:
    """A paragraph that may begin a part: its place, rank, words, and the text behind a colon."""

    at: int
    rank: str
    words: str
    rest: str
    part: str | None
    nearness: float


@dataclass(frozen=True)
class Part:
    """The text of one part, why it is doubtful or "", and what its lines are marked by."""

    text: str
    why: str
    heading: str
    marks: frozenset
    line: str  # the heading's own, as it stands


def parts_of(blocks):
    """Return {name of the field: `Part`} of the report in a document, and the lines before it."""
    lines = _lines(blocks)
    headings = [heading for at, line in enumerate(lines) if (heading := _heading(at, line))]
    starts = _starts(headings)
    if not starts:
        return {}, []
    rank = starts[0].rank
    parts = {}
    for start, following in zip(starts, [*starts[1:], None], strict=True):
        end = following.at if following else len(lines)
        foreign = [
            each
            for each in headings
            if start.at < each.at < end and each.rank == rank and rank and each not in starts
        ]
        if stop := next((each for each in foreign if _OTHER_MATERIAL.search(each.words)), None):
            end = stop.at
            foreign = [each for each in foreign if each.at < end]
        text = "\n".join([start.rest, *(line.line.strip() for line in lines[start.at + 1 : end])])
        why = ""
        if start.nearness < _NEAR:
            why = f"标题为“{start.words}”，按“{ITEM[start.part].label}”读取，请核对。"
        if foreign:
            why += f"其中含有“{foreign[0].words}”一节，请核对。"
        text = re.sub(r"\n\s*\n+", "\n", text).strip()
        marks = frozenset().union(*(line.marks for line in lines[start.at : end]))
        parts[start.part] = Part(text, why, start.words, marks, lines[start.at].line)
    before = [line.line.strip() for line in lines[: starts[0].at] if line.line.strip()]
    return parts, before


def _lines(blocks):
    """Return the paragraphs of a document; a table as paragraphs of its lines."""
    lines = []
    for block in blocks:
        if isinstance(block, Paragraph):
            # A soft line break after a heading parts it from its text.
            texts = block.text.split("\n")
            lines.append(
                Paragraph(texts[0], block.number, block.heading, block.is_bold, block.marks)
            )
            lines += [Paragraph(text, marks=block.marks) for text in texts[1:]]
        else:
            marks = frozenset().union(*(each.marks for each in paragraphs_of([block])))
            lines += [Paragraph(text, marks=marks) for text in lines_of([block])]
    return lines


def _heading(at, paragraph):
    line = paragraph.line.strip()
    rank, words = "", line
    for name, pattern in _NUMBERS:
        if match := pattern.match(line):
            rank, words = name, line[match.end() :].strip()
            break
    if paragraph.heading and not rank:
        rank = f"heading {paragraph.heading}"
    rest = ""
    # 三、技能大师简介：张三，男…
    match = re.match("([^:：。]+)[:：。](.*)", words, re.DOTALL)
    if match and len(match[1]) > 2 * _LONGEST:
        return None
    if match and (words[match.end(1)] != "。" or _part(match[1])[0]):
        words, rest = match.groups()
    words = words.strip(" 　。.;；、:：")
    if not words or len(words) > 2 * _LONGEST or len(bare(words)) > _LONGEST:
        return None
    part, nearness = _part(words)
    is_marked = bool(rank) or paragraph.is_bold
    if not is_marked and nearness < _NEAR:
        return None
    return Heading(
        at, rank or ("bold" if paragraph.is_bold else ""), words, rest.strip(), part, nearness
    )


@lru_cache(maxsize=4096)
def _part(words):
    """Return the part that a heading's words mean, or None, and how near they are to its label."""
    reduced = bare(words)
    nearness = {
        name: SequenceMatcher(None, reduced, bare(ITEM[name].label)).ratio() for name in PARTS
    }
    best = max(nearness, key=lambda name: nearness[name])
    if nearness[best] >= _NEAR:
        return best, nearness[best]
    for name, pattern in _WORDS.items():
        if pattern.search(reduced):
            # All of its words, and few besides.
            return name, _NEAR if nearness[name] > 0.5 else nearness[name]
    return None, 0.0


def _starts(headings):
    """Return the headings that begin the parts: one each, of one rank, in their order."""
    ranks = {}
    for heading in headings:
        if heading.part:
            ranks.setdefault(heading.rank, {}).setdefault(heading.part, []).append(heading)
    if not ranks:
        return []
    # The rank that tells most parts; of equal ones, that which comes first.
    chosen = max(
        ranks.values(),
        key=lambda parts: (len(parts), -min(each.at for found in parts.values() for each in found)),
    )
    starts = [max(found, key=lambda each: (each.nearness, -each.at)) for found in chosen.values()]
    return sorted(starts, key=lambda each: each.at)
