"""Which words of a text are a person's name: told by their labels, and by the surname.

A name that is told here may contradict the form, so that in doubt none is told. Texts are normal
(`text_match.normal`), with their lines apart.
"""

import re

from applications.surnames import COMPOUND, SINGLE

CHINESE = "\u3400-\u9fff"
LABELS = (
    "姓名",
    "获奖者",
    "获奖人",
    "获奖人员",
    "持证人",
    "完成人",
    "主要完成人",
    "发明人",
    "被授予人",
)
_CALLED_SO = "(?:同志|先生|女士)"
_LABELLED = re.compile(
    f"(?:{'|'.join(LABELS)})[:：]?\n?([{CHINESE}][{CHINESE}·•]{{1,7}}?)"
    f"(?=[^{CHINESE}·•]|性别|出生|民族|工种|职业|身份|单位|$)"
)
_CALLED = re.compile(
    r"(?:(?:^|[：:，。,、])兹?特?(?:授予|表彰|聘任|聘请|奖给|颁给|授|予|给)?|授予|表彰|聘请|奖给|颁给)"
    rf"([{CHINESE}]{{2,4}}?|[{CHINESE}]+[·•][{CHINESE}]+){_CALLED_SO}",
    re.MULTILINE,
)
# 张三（某某公司）, in one line or in two.
_OF_A_UNIT = re.compile(
    rf"^((?:(?![奖证状书章号工师])[{CHINESE}]){{2,4}})\n?"
    rf"\((?:[{CHINESE}]|\([{CHINESE}]+\)){{2,30}}(?:公司|集团|厂|院|校|局|所|中心)",
    re.MULTILINE,
)
# No name has these in it.
_NO_NAME = re.compile(
    "[的等]|单位|工作|排名|名次|人员|人选|称号|表彰|授予|荣誉|获奖|奖励|受奖|完成|姓名|性别|出生|民族|籍贯"
    "|职务|职称|职业|工种|年龄|部门|照片|签名|签字|名称|身份|证件|证书|号码|以下|下列|各位|上述|同志|项目"
    "|公司|集团|学校|学院|中心|车间|班组|支部|党员|先进|优秀|个人|集体|成果|成绩|成员|贡献|全体|全国|武汉"
    "|湖北|黄石|江苏|江西|安徽|时间|日期|金额|高级|高工|经理|方向|应用|平台|安全|时任|曾任|万元|广大"
    "|申请|申报|代表|法人|党委|权利|管理|负责|主任|公章|盖章|简称|联合|支持"
)
# What follows a name and is, by itself, hardly a part of one.
FOLLOWS = frozenset(
    "等的男女汉为在任获荣被同和与及或是以于系兼因从自将已也均先之所由向对给现曾"
    "作完主负担参带率组研被经今其此该个人者们我你他她著编摄绘签章印"
)
_ONE_MORE = re.compile(f"([{CHINESE}])({_CALLED_SO}|[^{CHINESE}·•]|$)")


def is_name(text):
    """Whether a text can be a person's name: it begins with a surname and has no other words in it.

    Of a name with 间隔号 the surname may be any. Four characters without a compound surname are as
    likely the beginnings of two names.
    """
    if _NO_NAME.search(text):
        return False
    if "·" in text:
        return True
    if text[:2] in COMPOUND and 3 <= len(text) <= 4:
        return True
    return 2 <= len(text) <= 3 and text[0] in SINGLE


def names_in(text):
    """Return the names that a text labels as such, as (name, (start, end)), by kind of label.

    张三 of “姓名：张三”, of “授予张三同志” and of “张三（某某公司）”; other names are not told from
    words.
    """
    found = []
    for pattern in (_LABELLED, _CALLED, _OF_A_UNIT):
        for match in pattern.finditer(text):
            name = match[1].replace("•", "·")
            if is_name(name):
                found.append((name, match.span(1)))
    return found


def is_cut(name, before, after):
    """Whether a name with this around it in its line is the beginning of a longer one.

    Of 王伟 it is 王伟民同志, or 王伟民 where no other words stand around it; nobody can
    tell it of 王伟主持 or 王伟李四.
    """
    more = _ONE_MORE.match(after)
    if not more or more[1] in FOLLOWS or not is_name(name + more[1]):
        return False
    return more[2] in {"同志", "先生", "女士"} or not re.search(f"[{CHINESE}]$", before)
