"""Which of a field's choices a cell means: by its word, another word for it, or a ticked box."""

import re
import unicodedata

from accounts.models import UnitNature
from applications.form.definition import ITEM
from applications.form.pasting import skill_level_of
from applications.form.word.symbol_fonts import TICKED, UNTICKED
from applications.national_codes import SkillLevel

# Besides the choices' own words, which are compared without 族, 企业 and the like.
OTHER_WORDS = {
    "lead_sex": {"男性": "男", "女性": "女"},
    "lead_politics": {
        "党员": "中共党员", "共产党员": "中共党员", "中国共产党党员": "中共党员",
        "中国共产党": "中共党员", "中共": "中共党员", "正式党员": "中共党员",
        "中共正式党员": "中共党员", "预备党员": "中共预备党员", "团员": "共青团员",
        "中国共产主义青年团团员": "共青团员", "民革": "民革党员", "民盟": "民盟盟员",
        "民建": "民建会员", "民进": "民进会员", "农工党": "农工党党员", "致公党": "致公党党员",
        "九三": "九三学社社员", "九三学社": "九三学社社员", "台盟": "台盟盟员",
        "无党派": "无党派人士", "普通群众": "群众", "民主党派": "",
    },
    "unit_nature": {
        "国有": "国有企业", "国企": "国有企业", "央企": "国有企业", "中央企业": "国有企业",
        "国有独资": "国有企业", "国有独资企业": "国有企业", "国有控股": "国有企业",
        "国有控股企业": "国有企业", "国有独资公司": "国有企业", "国有控股公司": "国有企业",
        "中央在汉企业": "国有企业", "市属国有企业": "国有企业", "省属国有企业": "国有企业",
        "全民所有制": "国有企业", "全民所有制企业": "国有企业",
        "民营": "民营企业", "民企": "民营企业", "私营": "民营企业", "私营企业": "民营企业",
        "私企": "民营企业", "外资": "外商及港澳台投资企业", "外企": "外商及港澳台投资企业",
        "外资企业": "外商及港澳台投资企业", "外商投资企业": "外商及港澳台投资企业",
        "中外合资": "外商及港澳台投资企业", "中外合资企业": "外商及港澳台投资企业",
        "合资企业": "外商及港澳台投资企业", "外商独资": "外商及港澳台投资企业",
        "外商独资企业": "外商及港澳台投资企业", "港澳台投资企业": "外商及港澳台投资企业",
        "港澳台": "外商及港澳台投资企业", "集体": "集体企业", "集体所有制": "集体企业",
        "集体所有制企业": "集体企业", "事业": "事业单位", "全额事业单位": "事业单位",
        "差额事业单位": "事业单位", "全额拨款事业单位": "事业单位", "其它": "其他",
    },
}  # fmt: skip
# What only makes one likely.
LIKELY = {
    "unit_nature": (
        ("国有|国资|央企", UnitNature.STATE),
        ("外商|外资|合资|港|台", UnitNature.FOREIGN),
        ("民营|私营|自然人", UnitNature.PRIVATE),
        ("集体", UnitNature.COLLECTIVE),
        ("事业|公办|学校|院校|职业学院", UnitNature.INSTITUTION),
    ),
    "lead_politics": (("预备", "02"), ("党员", "01"), ("群众", "13")),
}
_TICKS = "☑√✓✔✅☒■●◉🗹"
_OPEN = "☐□○◯▢◻⬜"
_IN_BRACKETS = re.compile(rf"[（(\[【]\s*([{_TICKS}]?)\s*[）)\]】]")
_SIGNS = re.compile(f"([{TICKED}{UNTICKED}])")
_BETWEEN = re.compile(r"[\s/、，,;；|]+")
_BARE = re.compile(r"[\s:：/、，,;；。.()（）]+")


def choice_of(name, text):
    """Return (code, why it is doubtful or "") of what a cell says; ("", "") where it says nothing.

    What is no choice at all is returned as it stands, with the sentence that says so.
    """
    chosen = ticked(text)
    if chosen is None:
        return _meant(name, text)
    meant = [_meant(name, each) for each in chosen]
    codes = {code for code, _ in meant}
    if not chosen:
        return "", ""
    if len(codes) == 1 and not any(why for _, why in meant):
        why = "用“☒”勾选，请核对。" if "☒" in text else ""
        return meant[0][0], why
    if len(codes) > 1:
        return text, f"勾选了多项：{'、'.join(chosen)}。"
    return meant[0]


def ticked(text):
    """Return the words whose box is ticked, or None where a text has no boxes.

    A box stands before its word, or behind it all along.
    """
    text = _IN_BRACKETS.sub(lambda match: TICKED if match[1] else UNTICKED, text)
    text = re.sub(f"[{_OPEN}]", UNTICKED, re.sub(f"[{_TICKS}]", TICKED, text))
    if TICKED not in text and UNTICKED not in text:
        return None
    if UNTICKED not in text:
        # 男√ 女
        words = [word for word in _BETWEEN.split(text) if word]
        chosen = [
            following if word == TICKED else word.replace(TICKED, "")
            for word, following in zip(words, [*words[1:], ""], strict=True)
            if TICKED in word
        ]
        return [word for word in chosen if word]
    parts = [part for part in _SIGNS.split(text.strip()) if part.strip()]
    if parts[0] in (TICKED, UNTICKED):
        pairs = zip(parts, [*parts[1:], ""], strict=True)
    else:
        pairs = ((sign, word) for word, sign in zip(parts, [*parts[1:], ""], strict=True))
    return [word.strip() for sign, word in pairs if sign == TICKED and word.strip()]


def _meant(name, text):
    if name == "lead_skill_level":
        return _level(text)
    bare = _BARE.sub("", unicodedata.normalize("NFKC", text))
    if not bare:
        return "", ""
    codes = {label: str(code) for code, label in ITEM[name].model_field.flatchoices}
    word = OTHER_WORDS.get(name, {}).get(bare, bare)
    if word in codes:
        return codes[word], ""
    if name == "lead_ethnicity" and f"{word}族" in codes:
        return codes[f"{word}族"], ""
    for pattern, code in LIKELY.get(name, ()):
        if re.search(pattern, bare):
            return str(code), f"Word 中写的是“{text}”，请核对选择的是否正确。"
    return text, f"“{text}”不在可选的范围内，请选择。"


def _level(text):
    code = skill_level_of(text)
    codes = {level.value: level for level in SkillLevel}
    if code in codes:
        return code, ""
    bare = _BARE.sub("", unicodedata.normalize("NFKC", text))
    # 焊工高级技师, 高级技师（焊工）; the longer word before the one that it ends in.
    for level in sorted(SkillLevel, key=lambda each: len(each.label), reverse=True):
        if level.label in bare:
            return level.value, f"Word 中写的是“{text}”，请核对选择的等级。"
    return text, f"“{text}”不是职业技能等级，请选择。"
