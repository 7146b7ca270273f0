"""姓氏笔画: the order in which names stand on official lists.

The rule followed: by the strokes of the surname, fewest first; among equal surnames by the given
name, character by character, so that 王一 stands before 王二 and 王一 before 王一丁. A compound
surname goes by its first character, after the single surname written with the same character
(司某 before 司马某).

Strokes come from Unicode's CLDR through ICU ("zh-u-co-stroke"), which knows every character that a
name may have, 𬱖 and 䶮 among them. Between characters with the same number of strokes CLDR goes
by radical; the official order of characters (GB 13000.1, by 横竖撇点折) goes by the kind of each
stroke. So 丁, 七, 十 stand as 丁 七 十 here and as 丁 十 七 there: the number of strokes is always
right, the order within one number may differ.
"""

from functools import cache

import icu

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
def _collator():
    return icu.Collator.createInstance(icu.Locale("zh-u-co-stroke"))


def surname_of(name):
    """Return the surname with which a Chinese name begins."""
    for length in range(min(LONGEST, len(name) - 1), 1, -1):
        if name[:length] in COMPOUND:
            return name[:length]
    return name[:1]


def stroke_key(name):
    """Return a key by which to sort names; spaces in a name do not count."""
    name = "".join(name.split())
    surname, key = surname_of(name), _collator().getSortKey
    return key(surname[:1]), key(surname[1:]), key(name[len(surname) :])


def in_stroke_order(applications):
    """Return applications as a list by the strokes of their leads' names, then by unit."""
    return sorted(applications, key=lambda each: (stroke_key(each.lead_name), each.unit_name))
