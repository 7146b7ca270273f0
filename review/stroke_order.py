"""姓氏笔画: the order in which names stand on official lists.

The rule followed: by the strokes of the surname, fewest first; among equal numbers by the kinds of
the strokes in the order of writing, 横 竖 撇 点 折 (GB 13000.1); among equal surnames by the given
name, character by character, so that 王一 stands before 王二, and 王一 before 王一丁. A compound
surname goes by its first character, after the single surname written with the same character
(司某 before 司马某).

Strokes are those of the forms used in China (strokes.txt: all of GB 2312). Unicode's order of
strokes (CLDR's "zh-u-co-stroke", through ICU) cannot stand alone: it counts 阝 as three strokes and
艹 as four, as is done elsewhere, and so puts 陈, 郭, 邓, 黄, 蒋, 董 and 苏 one place too late; and
among equal numbers it goes by radical. It serves for what strokes.txt lacks: rare characters such
as 𬱖, 䶮 and 龘, which stand after all others of their number, and what is written quite alike.
"""

from functools import cache
from pathlib import Path

import icu

STROKES = Path(__file__).with_name("strokes.txt")
# Behind every kind of stroke: what is not in `STROKES`.
UNKNOWN = "6"

# 复姓 that occur today; a longer name that begins with one of them bears it.
_COMPOUND = (
    "欧阳 太史 端木 上官 司马 东方 独孤 南宫 万俟 闻人 夏侯 诸葛 尉迟 "
    "公羊 赫连 澹台 皇甫 宗政 濮阳 公冶 太叔 申屠 公孙 慕容 仲孙 钟离 "
    "长孙 宇文 司徒 鲜于 司空 闾丘 子车 亓官 司寇 巫马 公西 颛孙 壤驷 "
    "公良 漆雕 乐正 宰父 谷梁 拓跋 夹谷 轩辕 令狐 段干 百里 呼延 东郭 "
    "南门 羊舌 微生 梁丘 左丘 东门 西门 第五 纳兰 完颜 西陵 南荣 东里 "
    "东宫 褚师 贯丘 聂晁 达奚 侯莫 叶赫 那拉 爱新觉罗"
)
COMPOUND = frozenset(_COMPOUND.split())
LONGEST = max(map(len, COMPOUND))


@cache
def _strokes():
    """Return each known character's strokes as digits, 1 to 5 by kind."""
    lines = STROKES.read_text(encoding="utf-8").splitlines()
    return dict(line.split() for line in lines if not line.startswith("#"))


@cache
def _unicode():
    """Return CLDR's collator by strokes, and the buckets by which it knows their number."""
    locale = icu.Locale("zh-u-co-stroke")
    buckets = icu.AlphabeticIndex(locale).buildImmutableIndex()
    return icu.Collator.createInstance(locale), buckets


def _character_key(character):
    collator, buckets = _unicode()
    strokes = _strokes().get(character)
    if strokes is None:
        # The label of a bucket begins with its number: 48劃. Anything else is no Chinese character.
        label, _ = buckets[buckets.getBucketIndex(character)]
        number = "".join(each for each in label if each.isdecimal())
        return int(number or 0), UNKNOWN, collator.getSortKey(character)
    return len(strokes), strokes, collator.getSortKey(character)


def surname_of(name):
    """Return the surname with which a Chinese name begins."""
    for length in range(min(LONGEST, len(name) - 1), 1, -1):
        if name[:length] in COMPOUND:
            return name[:length]
    return name[:1]


def stroke_key(name):
    """Return a key by which to sort names; spaces in a name do not count."""
    name = "".join(name.split())
    surname = surname_of(name)
    parts = (surname[:1], surname[1:], name[len(surname) :])
    return tuple(tuple(_character_key(each) for each in part) for part in parts)


def in_stroke_order(applications):
    """Return applications as a list by the strokes of their leads' names, then by unit."""
    return sorted(applications, key=lambda each: (stroke_key(each.lead_name), each.unit_name))
