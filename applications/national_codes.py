"""National code lists used by the form's choices."""

from django.db import models


class Sex(models.TextChoices):
    """性别 (GB/T 2261.1)."""

    MALE = "1", "男"
    FEMALE = "2", "女"


# 民族 (GB/T 3304): the 56, code and name, and the standard's two for everybody else: peoples not
# yet identified and foreigners with permanent residence, and naturalised persons.
# fmt: off
ETHNICITIES = [
    (f"{number:02d}", name)
    for number, name in enumerate(
        (
            "汉族", "蒙古族", "回族", "藏族", "维吾尔族", "苗族", "彝族", "壮族",
            "布依族", "朝鲜族", "满族", "侗族", "瑶族", "白族", "土家族", "哈尼族",
            "哈萨克族", "傣族", "黎族", "傈僳族", "佤族", "畲族", "高山族", "拉祜族",
            "水族", "东乡族", "纳西族", "景颇族", "柯尔克孜族", "土族", "达斡尔族", "仫佬族",
            "羌族", "布朗族", "撒拉族", "毛南族", "仡佬族", "锡伯族", "阿昌族", "普米族",
            "塔吉克族", "怒族", "乌孜别克族", "俄罗斯族", "鄂温克族", "德昂族", "保安族", "裕固族",
            "京族", "塔塔尔族", "独龙族", "鄂伦春族", "赫哲族", "门巴族", "珞巴族", "基诺族",
        ),
        start=1,
    )
]
ETHNICITIES += [("97", "其他"), ("98", "外国血统中国籍人士")]

# fmt: on

# 政治面貌 (GB/T 4762): code and name.
POLITICAL_STATUSES = [
    ("01", "中共党员"),
    ("02", "中共预备党员"),
    ("03", "共青团员"),
    ("04", "民革党员"),
    ("05", "民盟盟员"),
    ("06", "民建会员"),
    ("07", "民进会员"),
    ("08", "农工党党员"),
    ("09", "致公党党员"),
    ("10", "九三学社社员"),
    ("11", "台盟盟员"),
    ("12", "无党派人士"),
    ("13", "群众"),
]


class SkillLevel(models.TextChoices):
    """职业技能等级: the eight levels of the 新八级工 system (人社部发〔2022〕14号)."""

    APPRENTICE = "0", "学徒工"
    JUNIOR = "1", "初级工"
    MIDDLE = "2", "中级工"
    SENIOR = "3", "高级工"
    TECHNICIAN = "4", "技师"
    SENIOR_TECHNICIAN = "5", "高级技师"
    SPECIAL_TECHNICIAN = "6", "特级技师"
    CHIEF_TECHNICIAN = "7", "首席技师"


# Notice, section 一 (一): the lead is 技师 or above.
LEAD_SKILL_LEVELS = (
    SkillLevel.TECHNICIAN,
    SkillLevel.SENIOR_TECHNICIAN,
    SkillLevel.SPECIAL_TECHNICIAN,
    SkillLevel.CHIEF_TECHNICIAN,
)
