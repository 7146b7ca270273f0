"""What the labels of 附件2 are called: by the notice, by other years' forms and by those who type.

A label is compared bare: without blanks, colons, brackets and the marks of must-fields.
"""

import re
import unicodedata
from difflib import get_close_matches
from functools import cache, lru_cache

from applications.form.definition import ITEM
from applications.models import StudioMember

# Cells that hold more than one field, and labels that say nothing without what stands before them.
BANK, MEMBERS, PHONE, MOBILE = "bank", "members", "phone", "mobile"
# What other forms ask for apart, where 附件2 has one cell.
PRINCIPAL_MOBILE, EMPLOYER, DUTY = "principal_mobile", "employer", "duty"
# What is left out, and what is asked of no field.
OPINION, NO_FIELD = "opinion", ""

OTHER_LABELS = {
    "unit_name": "申报单位 单位名称 企业名称 单位全称 申报单位全称 依托单位 依托单位名称 "
    "建设单位 所在单位名称",
    "unit_nature": "企业性质 单位类型 单位类别 企业类型 经济性质",
    "principal": "单位负责人 负责人及职务 法定代表人 法人代表 法人 单位法人 企业负责人 负责人姓名 "
    "法定代表人姓名",
    PHONE: "办公电话 联系电话 电话 固定电话 座机 座机电话 电话号码 办公室电话 办公座机 单位电话",
    "contact_name": "单位联系人 联系人及职务 联系人姓名 经办人 具体联系人 工作联系人",
    MOBILE: "手机号码 手机号 移动电话 联系手机 手机电话",
    "email": "电子邮箱 邮箱 电子邮件 邮箱地址 E-mail地址 email邮箱 电子信箱 电子邮箱地址",
    "fax": "传真号码 传真电话",
    "address": "通讯地址 单位地址 联系地址 地址 详细地址 办公地址 单位通讯地址 单位通信地址",
    "postcode": "邮编 邮政编号",
    BANK: "开户银行及资金账号 开户银行及账号 开户行及账号 开户银行和账号 "
    "开户行及资金账号 银行及账号 "
    "开户银行账号 开户行账号 开户银行资金账号 开户银行及帐号 开户行及帐号 "
    "开户银行及资金帐号 账户信息",
    "bank_name": "开户行 开户行名称 开户银行名称 银行名称",
    "bank_account": "账号 帐号 银行账号 银行帐号 资金帐号 账户号码 银行卡号",
    "lead_name": "领办人姓名 领办人 大师姓名 姓名 技能大师 工作室领办人 领衔人姓名 领衔人",
    "lead_ethnicity": "民族成份",
    "lead_birth": "出生日期 出生时间 出生年月日",
    "lead_work_start": "工作时间 参工时间 参加工作年月 参加工作日期 开始工作时间",
    "lead_id_number": "身份证号码 公民身份号码 公民身份证号 公民身份证号码 居民身份证号码 身份证 "
    "证件号码",
    "lead_position": "所在单位及职务 工作单位和职务 单位及职务 工作单位职务 现工作单位及职务",
    EMPLOYER: "工作单位 现工作单位 所在单位",
    DUTY: "职务 行政职务 职务职称 现任职务 职务或职称",
    "lead_occupation": "职业工种 工种 职业 从事工种 从事职业 申报职业工种",
    "lead_skill_level": "技能等级 职业资格等级 领办人职业技能等级 职业资格技能等级 "
    "职业技能等级职业资格 职业资格 技术等级 职业资格等级职业技能等级",
    "lead_post": "工作岗位 现岗位",
    "studio_occupation": "工作室职业 工作室工种",
    "studio_location": "工作室地址 建设地点 工作室所在地 工作室场所地址 地点",
    "studio_area": "面积 建筑面积 场地面积 工作室场地面积 使用面积 工作室建筑面积",
    "studio_facilities": "基本设施 工作室设施 设施设备 工作室设施设备 工作室基本设施设备 主要设施 "
    "工作室主要设施 工作室设备设施",
    "studio_founding_document": "工作室设立文件 成立文件 设立工作室的行政文件",
    "studio_status": "建设情况 工作室基本情况",
    MEMBERS: "工作室成员 工作室主要成员 主要成员 团队成员 成员 工作室团队成员 成员名单 "
    "工作室成员名单",
    "achievements": "工作业绩 主要工作业绩 技能大师工作业绩 技能大师主要工作业绩",
    "main_results": "主要业绩",
}
# Whoever was named before a telephone has it; of the lead the form asks for none.
PERSONS = ("principal", "contact_name")
OWNERS = {
    PHONE: {"principal": "principal_phone", "contact_name": "contact_phone", None: "contact_phone"},
    MOBILE: {
        "principal": PRINCIPAL_MOBILE, "contact_name": "contact_mobile", None: "contact_mobile",
    },
}  # fmt: skip
# Texts that may go on in the next row or table.
LONG = {"achievements", "studio_facilities", MEMBERS}
_ACHIEVEMENTS = re.compile(
    "(?:技能大师|领办人|大师)?(?:主要)?工作业绩(?:.{0,60}情况)?(?:可另附页|可附页|续)*"
)
_OPINION = re.compile(".{0,45}意见|.{0,10}(?:审批|审核|评审|推荐)(?:结果|结论)")
# What is printed on the form and is asked of no field.
_NO_FIELDS = {
    "填报时间",
    "填报日期",
    "申报时间",
    "照片",
    "贴照片处",
    "备注",
    "年龄",
    "学历",
    "籍贯",
    "文化程度",
}
_IGNORED = re.compile(r"[\s:;*_、,./·\-—()\[\]【】〔〕]")
_BRACKETS = re.compile(r"[（(\[【〔][^）)\]】〕]*[）)\]】〕]")
# Of a label that is nearly one of them, a reader says so.
CLOSENESS = 0.8
_SHORTEST_GUESSED = 4
_LONGEST = 60
# So much of a text is looked at, to tell whether it is a label: blanks between its characters.
_LOOKED_AT = 400


def bare(text):
    """Return a label as it is compared; of a text that is too long for one, its beginning."""
    return _IGNORED.sub("", unicodedata.normalize("NFKC", text[:_LOOKED_AT])).upper()


@cache
def _keys():
    labels = {bare(item.label): item.name for item in ITEM.values()}
    # The notice has 办公电话 twice, and 手机 of the contact.
    labels |= {bare(ITEM["contact_phone"].label): PHONE, bare(ITEM["contact_mobile"].label): MOBILE}
    labels[bare(str(StudioMember._meta.verbose_name))] = MEMBERS
    for key, others in OTHER_LABELS.items():
        labels |= {bare(other): key for other in others.split()}
    return labels | dict.fromkeys(_NO_FIELDS, NO_FIELD)


@lru_cache(maxsize=4096)
def label_of(text):
    """Return the key that a text as a whole labels, or None.

    A key is a field's name, BANK, MEMBERS, PHONE, MOBILE, OPINION, or NO_FIELD.
    """
    if len(text) > 2 * _LONGEST:
        return None
    labels = _keys()
    for reduced in (bare(text), bare(_BRACKETS.sub("", text))):
        if reduced in labels:
            return labels[reduced]
        # A table that goes on on the next page says so.
        if reduced.endswith("续") and reduced[:-1] in labels:
            return labels[reduced[:-1]]
    reduced = bare(text)
    if not reduced or len(reduced) > _LONGEST:
        return None
    if _ACHIEVEMENTS.fullmatch(reduced):
        return "achievements"
    return OPINION if _OPINION.fullmatch(reduced) else None


def guessed_label(text):
    """Return (key, label) of the label that a text is nearly, or None."""
    reduced = bare(text)
    if not _SHORTEST_GUESSED <= len(reduced) <= _LONGEST:
        return None
    close = get_close_matches(reduced, _keys(), n=1, cutoff=CLOSENESS)
    return (_keys()[close[0]], close[0]) if close else None


@cache
def _inline():
    """Return the pattern of a label with a colon behind it, as it stands within a text."""
    words = {item.label for item in ITEM.values()}
    words |= {word for others in OTHER_LABELS.values() for word in others.split()}
    words -= {"成员", "法人", "职业", "身份证", "地点", "面积"}
    spaced = [
        r"[\s]*".join(map(re.escape, word))
        for word in sorted(words, key=len, reverse=True)
        if len(word) <= _LONGEST // 2
    ]
    hint = r"(?:\s*[（(][^）)\n]{0,12}[）)])?"
    return re.compile(rf"(?<![\w])({'|'.join(spaced)}){hint}\s*[:：]")


def pairs_in(text):
    """Return the labels with a colon in a text and what follows each, as [(key, value)].

    The first pair has the key None: what stands before any label.
    """
    pairs, key, start = [], None, 0
    for match in _inline().finditer(text):
        pairs.append((key, text[start : match.start()].strip()))
        key, start = label_of(match[1]), match.end()
    pairs.append((key, text[start:].strip()))
    return pairs
