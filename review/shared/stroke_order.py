"""姓氏笔画: the order in which names stand on official lists; panels by the numbers in theirs.

The rule followed: by the strokes of the surname, fewest first, and among equal numbers by the
kinds of the strokes in the order of writing, 横 竖 撇 点 折 (GB 13000.1). Among equal surnames all
given names of one character stand before those of two, and those before longer ones; only among
equally long ones the strokes decide, character by character: 王一, 王霜, 王一丁. A compound surname
goes by its first character, after the single surname written with it (司某 before 司马某).

Source: lists of persons that ministries and provinces publish "按姓氏笔画排序". They put 王霜
before 王小某: of two such lists of 2022, with 205 and 159 names, an order by strokes alone has 99
and 57 names out of place, the length of the given name before its strokes none.

Strokes are those of the forms used in China (strokes.txt). Unicode's order of strokes (CLDR's
"zh-u-co-stroke", through ICU) cannot serve: it counts 阝 as three strokes and 艹 as four, as is
done elsewhere, goes by radical among equal numbers, and gives 48 strokes to whatever it does not
list, 𠮷 among it.
"""

import re
import unicodedata
from functools import cache, lru_cache
from pathlib import Path

STROKES = Path(__file__).with_name("strokes.txt")

# 复姓 that people have today. A longer name that begins with one of them has it as its surname.
# 王孙 is left out: 王孙某 is nearly always 王 followed by the mother's surname.
_COMPOUND = (
    # Those that 公安部 counts in its 《二〇二〇年全国姓名报告》.
    "欧阳 上官 皇甫 令狐 诸葛 司徒 司马 申屠 夏侯 贺兰 完颜 慕容 尉迟 长孙 "
    # Besides, those of somebody in the national register of 2008 (package ChineseNames).
    "宇文 呼延 乐正 鲜于 公玉 南荣 赫连 东方 仲长 宗政 濮阳 段干 闻人 公孙 "
    "谷梁 亓官 端木 公祖 南宫 巫马 公伯 公西 南门 公仲 轩辕 钟离 梁丘 第五 "
    "公良 司空 仲孙 东里 褚师 公山 左丘 西门 公羊 子书 公冶 漆雕 东郭 子桑 "
    "公坚 公上 万俟 澹台 司寇 达奚 公仪 颛孙 子车 "
    # Besides, those of the 《百家姓》.
    "淳于 单于 太叔 闾丘 拓跋 夹谷 宰父 百里 羊舌 微生 东门 壤驷 伯赏 "
    # Besides, those that dictionaries of surnames call living (《中国姓氏大辞典》 and the like).
    "太史 独孤 西陵 东宫 东乡 南郭 北宫 叔孙 公乘 相里 司城 尔朱 屈突 雍门 "
    "毋丘 綦毋 贯丘 侯莫 侯莫陈 纳兰 叶赫 那拉 叶赫那拉 爱新觉罗 "
)
COMPOUND = frozenset(_COMPOUND.split())
LONGEST = max(map(len, COMPOUND))
# What a name counts by: 第十二组 stands after 第二组, and 10 after 9.
NUMERAL = re.compile(r"([0-9０-９]+|[〇零一二两三四五六七八九十百]+)")
_DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")}
_DIGITS |= {"〇": 0, "两": 2}
_UNITS = {"十": 10, "百": 100}
# It stands between the parts of a minority's name, and does not count as a character.
DOT = "·"


@cache
def _table():
    """Return {number of strokes: its characters in their order, as one text}."""
    table = {}
    for line in STROKES.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            number, characters = line.split()
            table[int(number)] = table.get(int(number), "") + characters
    return table


@lru_cache(10_000)
def _character_key(character):
    for number, characters in _table().items():
        if (place := characters.find(character)) >= 0:
            return number, place
    # No Chinese character.
    return 0, ord(character)


def surname_of(name):
    """Return the surname with which a Chinese name begins."""
    for length in range(min(LONGEST, len(name) - 1), 1, -1):
        if name[:length] in COMPOUND:
            return name[:length]
    return name[:1]


def stroke_key(name):
    """Return a key by which to sort names; spaces and the dot of minorities' names do not count."""
    name = unicodedata.normalize("NFC", "".join(name.split()).replace(DOT, ""))
    surname = surname_of(name)
    first, rest, given = (
        tuple(_character_key(character) for character in part)
        for part in (surname[:1], surname[1:], name[len(surname) :])
    )
    return first, rest, len(given), given


def people_in_order(people):
    """Return accounts as a list by the strokes of their names, those of one name by account."""
    return sorted(people, key=lambda person: (stroke_key(person.name), person.pk))


def numbered_key(name):
    """Return a key by which to sort names that count: numerals as numbers, the rest by strokes."""
    parts = NUMERAL.split(unicodedata.normalize("NFC", name))
    return tuple(
        _value_of(part) if index % 2 else tuple(_character_key(character) for character in part)
        for index, part in enumerate(parts)
    )


def _value_of(numeral):
    """Return the number of a numeral: 12, 十二, 一百零三, or 二〇二六 digit by digit."""
    if numeral[0].isdecimal():
        return int(numeral)
    if not any(character in _UNITS for character in numeral):
        return int("".join(str(_DIGITS[character]) for character in numeral))
    total, digit = 0, 0
    for character in numeral:
        if character in _UNITS:
            total += (digit or 1) * _UNITS[character]
            digit = 0
        else:
            digit = _DIGITS[character]
    return total + digit


def in_stroke_order(applications):
    """Return applications as a list by the strokes of their leads' names, then by unit."""
    return sorted(applications, key=lambda each: (stroke_key(each.lead_name), each.unit_name))
