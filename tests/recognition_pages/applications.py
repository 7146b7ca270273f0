"""The twelve applications, one function each; `applications()` makes them all."""

from dataclasses import replace
from functools import cache

from tests.recognition_pages import papers
from tests.recognition_pages.material import (
    HUBEI_LABOUR,
    WUHAN_LABOUR,
    Claim,
    Maker,
    Paper,
    Person,
    Unit,
    Won,
)

TECHNICIAN, SENIOR, CHIEF = "4", "5", "7"
SHIP = Unit("武汉示例船舶制造有限公司", 1, "卜经理")
LIGHT = Unit("湖北样本光电股份有限公司", 2, "梅老板")
SCHOOL = Unit(
    "武汉虚构职业技术学院",
    3,
    "任校长",
    "培养高等职业技术人才；开展职业培训与技能评价。",
    "12,680万元",
    is_school=True,
)
CAR = Unit("武汉例文汽车零部件有限公司", 4, "贾厂长")
RAIL = Unit("中样（武汉）轨道装备有限公司", 5, "甄总")
FOOD = Unit("武汉样章食品有限责任公司", 6, "米总")
POWER = Unit("湖北虚例电力检修有限公司", 7, "吴主任")
STEEL = Unit("武汉假想钢铁集团有限公司", 8, "任董事")
CRAFT = Unit("武汉无此木雕工艺有限公司", 9, "卜师傅")
CHIP = Unit("武汉样片半导体有限公司", 10, "梅总")
HOTEL = Unit("武汉虚设酒店管理有限公司", 11, "贾总")
BRIDGE = Unit("中例桥梁工程（集团）股份有限公司", 12, "甄董事")


def shipyard():
    """Nothing is wrong; certificates stamped across, photographed, copied."""
    lead = Person("甄示例", "19800512", 17)
    made = Maker("a01", lead, SHIP, "焊工", SENIOR, "一级/高级技师")
    made.identity(Paper("grey"), Paper("clean", stamped=True), Paper("photographed"))
    made.founded(Paper("clean", is_pdf=True), "示船发〔2021〕18号")
    made.opinions(Paper("skewed-3"), Paper("clean"))
    made.won(
        Won(
            Claim("", "湖北省技术能手", "省人社厅", 2018, "PROVINCIAL"),
            papers.honour,
            Paper("clean", instead={"authority": HUBEI_LABOUR}),
        ),
        Won(
            Claim(
                "大型轴承座窄间隙焊接工艺",
                "省科技进步奖",
                "湖北省政府",
                2019,
                "PROVINCIAL",
                "二等奖",
            ),
            papers.prize,
            Paper(
                "photographed",
                instead={"name": "湖北省科学技术进步奖", "authority": "湖北省人民政府"},
            ),
        ),
        Won(
            Claim("技术创新", "武汉五一劳动奖章", "武汉市总工会", 2020),
            papers.honour,
            Paper("clean", stamped=True),
        ),
        Won(
            Claim("第六届职工职业技能大赛焊工比赛", "一等奖", "武汉市总工会", 2017),
            papers.diploma,
            Paper("skewed-6"),
        ),
        Won(
            Claim("一种窄间隙焊枪摆动机构", "发明专利证书", "国家知识产权局", 2021),
            papers.patent,
            Paper("turned-90"),
        ),
        Won(
            Claim(
                "船体分段合拢焊接", "武汉市职工技术创新成果奖", "武汉市总工会", 2022, grade="三等奖"
            ),
            papers.prize,
            Paper("skewed-3", instead={"grade": "三等奖", "holder": "卜知道、甄示例、贾无姓"}),
        ),
    )
    made.photographs(2)
    made.table("技术革新项目效益统计表", Paper("clean", is_pdf=True), ["大型轴承座窄间隙焊接工艺"])
    return made.done()


def optics():
    """A year on a certificate that is another, and another person's certificate."""
    lead = Person("贾样本", "19830923", 26)
    made = Maker("a02", lead, LIGHT, "光电设备装调工", SENIOR, "高级技师（一级）")
    made.identity(Paper("photographed"), Paper("skewed-3"), Paper("clean"))
    made.founded(Paper("noisy"), "样光人字〔2020〕7号", 2020, 9, 3)
    made.opinions(Paper("grey"), Paper("turned-180"))
    made.won(
        Won(
            Claim("", "湖北省首席技师", HUBEI_LABOUR, 2021, "PROVINCIAL"),
            papers.honour,
            Paper("jpeg-50"),
        ),
        Won(
            Claim("光纤阵列端面自动检测", "武汉市职工创新成果奖", "武汉市总工会", 2020),
            papers.prize,
            Paper("clean", instead={"year": 2017}, planted="another year on the certificate"),
        ),
        Won(
            Claim("先进生产", "先进个人", "武汉东湖新技术开发区总工会", 2018),
            papers.diploma,
            Paper("coarse", instead={"holder": "梅此仁"}, planted="another person's certificate"),
        ),
        Won(
            Claim("", "武汉工匠", "武汉市人民政府", 2022),
            papers.honour,
            Paper("skewed-6", stamped=True),
        ),
    )
    made.photographs(1)
    return made.done()


def school():
    """A number on the ID copy that differs in one digit; certificates of one PDF."""
    lead = Person("任虚构", "19760217", 31)
    made = Maker("a03", lead, SCHOOL, "数控车工", SENIOR, "一级/高级技师")
    other = replace(lead, order=37).id_number
    made.identity(
        Paper("clean", instead={"other_number": other}, planted="another number on the ID copy"),
        Paper("grey"),
        Paper("skewed-6"),
    )
    made.founded_in_print("武虚职院〔2019〕42号", 2019, 10, 21)
    made.opinions(Paper("clean", also=("lead_id_number",)), Paper("coarse"))
    made.won_in_one(
        Won(
            Claim("数控车床精密加工", "全国技术能手", "人力资源和社会保障部", 2016, "PROVINCIAL"),
            papers.honour,
            Paper("clean", instead={"authority": "中华人民共和国人力资源和社会保障部"}),
        ),
        Won(
            Claim(
                "多轴联动加工教学体系",
                "湖北省教学成果奖",
                "湖北省教育厅",
                2018,
                "PROVINCIAL",
                "一等奖",
            ),
            papers.prize,
            Paper(
                "grey",
                instead={"grade": "一等奖", "holder": "卜老师"},
                planted="another person's certificate",
            ),
        ),
        Won(
            Claim("职业院校技能大赛数控车项目", "优秀指导教师", "湖北省教育厅", 2019, "PROVINCIAL"),
            papers.diploma,
            Paper("faint"),
        ),
        Won(Claim("", "技能大师", WUHAN_LABOUR, 2020), papers.decision, Paper("skewed-3")),
        Won(
            Claim("", "优秀共产党员", "武汉虚构职业技术学院委员会", 2021),
            papers.honour,
            Paper("turned-180"),
        ),
    )
    made.photographs(2)
    return made.done()


def motorworks():
    """The same title in three years; the certificate tells a lower level than the form."""
    lead = Person("米范文", "19880706", 42)
    made = Maker("a04", lead, CAR, "模具工", SENIOR, "一级/高级技师")
    made.identity(
        Paper("skewed-3"),
        Paper(
            "photographed",
            instead={"level": "二级/技师"},
            planted="a lower level on the certificate",
        ),
        Paper("grey"),
    )
    made.founded(Paper("photographed"), "例汽〔2022〕5号", 2022, 2, 28)
    made.opinions(Paper("faint"), Paper("photographed"))
    made.won(
        *(
            Won(Claim("", "优秀员工", CAR.name, year), papers.honour, Paper(condition))
            for year, condition in ((2017, "clean"), (2018, "turned-270"), (2019, "noisy"))
        ),
        Won(
            Claim(
                "热冲压模具寿命提升",
                "全国机械冶金建材系统职工优秀技术创新成果",
                "中国机械冶金建材工会",
                2021,
                "PROVINCIAL",
                "三等奖",
            ),
            papers.prize,
            Paper("clean", instead={"grade": "三等奖"}),
        ),
        Won(
            Claim("模具工项目", "武汉市技术能手", WUHAN_LABOUR, 2016),
            papers.honour,
            Paper("grey", stamped=True),
        ),
    )
    made.photographs(1)
    made.table("模具改进项目统计", Paper("coarse"), ["热冲压模具寿命提升"], 2021)
    return made.done()


def railway():
    """A code on the licence that is another company's; a founding document of another number."""
    lead = Person("卜存在", "19790430", 53)
    made = Maker("a05", lead, RAIL, "维修电工", CHIEF, "首席技师")
    made.identity(
        Paper("turned-90"),
        Paper("skewed-6"),
        Paper(
            "clean",
            instead={"other_code": replace(RAIL, order=55).code},
            planted="another code on the licence",
        ),
    )
    made.founded(
        Paper(
            "grey",
            instead={"number": "中样武轨〔2018〕61号"},
            planted="another number of the founding document",
        ),
        "中样武轨〔2018〕16号",
        2018,
        6,
        12,
    )
    made.opinions(Paper("clean", stamped=True), Paper("grey"))
    made.won(
        Won(
            Claim("", "湖北五一劳动奖章", "湖北省总工会", 2019, "PROVINCIAL"),
            papers.honour,
            Paper("photographed"),
        ),
        Won(
            Claim(
                "城轨车辆牵引系统故障诊断技术研究与应用",
                "中国城市轨道交通协会科技进步奖",
                "中国城市轨道交通协会",
                2020,
                "PROVINCIAL",
                "二等奖",
            ),
            papers.prize,
            Paper("skewed-3", instead={"project": "城轨车辆牵引系统故障诊断"}),
        ),
        Won(
            Claim("一种受电弓在线检测装置", "实用新型专利证书", "国家知识产权局", 2018),
            papers.patent,
            Paper("clean", stamped=True),
        ),
        Won(
            Claim("", "湖北省技术能手", HUBEI_LABOUR, 2014, "PROVINCIAL"),
            papers.decision,
            Paper("grey"),
        ),
        Won(
            Claim("", "安全生产先进集体", "武汉市应急管理局", 2022),
            papers.honour,
            Paper("clean", instead={"holder": RAIL.name}),
        ),
    )
    made.photographs(1)
    return made.done()


def bakery():
    """The police's opinion is on somebody else; a photograph that is a table."""
    lead = Person("梅此仁", "19900115", 64)
    made = Maker("a06", lead, FOOD, "糕点面包烘焙工", TECHNICIAN, "二级/技师")
    made.identity(
        Paper("coarse"),
        Paper(
            "turned-90",
            instead={"level": "三级/高级工"},
            planted="a lower level on the certificate",
        ),
        Paper("noisy"),
    )
    made.founded(Paper("turned-180"), "样章食办〔2023〕3号", 2023, 1, 9)
    stranger = Person("甄无关", "19910222", 71)
    made.opinions(
        Paper(
            "clean",
            instead={"person": stranger},
            planted="the police's opinion is on somebody else",
        ),
        Paper("skewed-6"),
    )
    made.won(
        Won(
            Claim("中式糕点赛项", "金奖", "湖北省烹饪酒店行业协会", 2019, "PROVINCIAL"),
            papers.diploma,
            Paper("clean"),
        ),
        Won(Claim("", "江岸工匠", "武汉市江岸区总工会", 2021), papers.honour, Paper("coarse")),
        Won(
            Claim("汉味糕点制作技艺", "非物质文化遗产代表性传承人", "武汉市文化和旅游局", 2018),
            papers.scroll,
            Paper("clean"),
        ),
    )
    made.photographs(
        1,
        Paper("clean", planted="a photograph that is a table"),
        lambda: papers.dense_table("设备台账", FOOD, 2023, []),
    )
    return made.done()


def power():
    """Rare characters; another award's certificate as proof; another year."""
    lead = Person("甄喆翀", "19851101", 75)
    made = Maker("a07", lead, POWER, "变电设备检修工", SENIOR, "一级/高级技师")
    made.identity(Paper("clean"), Paper("coarse"), Paper("turned-270"))
    made.founded(Paper("skewed-6"), "虚电人资〔2020〕88号", 2020, 12, 30)
    made.opinions(Paper("photographed"), Paper("noisy"))
    made.won(
        Won(
            Claim(
                "变压器带电检修机器人",
                "全国电力职工技术成果奖",
                "中国电力企业联合会",
                2022,
                "PROVINCIAL",
                "一等奖",
            ),
            papers.prize,
            Paper("grey", instead={"grade": "一等奖"}),
        ),
        Won(
            Claim("", "湖北工匠", "湖北省总工会", 2020, "PROVINCIAL"),
            papers.honour,
            Paper(
                "clean",
                instead={"name": "湖北省优秀志愿者"},
                planted="another award on the certificate",
            ),
        ),
        Won(
            Claim("", "武汉市劳动模范", "武汉市人民政府", 2015),
            papers.honour,
            Paper(
                "skewed-3",
                instead={"year": 2005, "month": 4},
                planted="another year on the certificate",
            ),
        ),
        Won(
            Claim("一种隔离开关拆装工具", "实用新型专利证书", "国家知识产权局", 2019),
            papers.patent,
            Paper("photographed"),
        ),
    )
    made.photographs(1)
    return made.done()


def steelworks():
    """The name on the ID copy is another; the founding document another unit's and day's."""
    lead = Person("吴䶮", "19720808", 81)
    made = Maker("a08", lead, STEEL, "轧钢工", SENIOR, "一级/高级技师")
    made.identity(
        Paper(
            "clean",
            instead={"name": "吴奕"},
            planted="another name on the ID copy",
            also=("contradiction",),
        ),
        Paper("clean"),
        Paper("skewed-3"),
    )
    made.founded(Paper("clean", stamped=True), "假钢〔2017〕33号", 2017, 3, 15)
    made.opinions(Paper("skewed-6"), Paper("clean", stamped=True))
    made.won(
        Won(
            Claim(
                "热连轧板形控制", "冶金科学技术奖", "中国钢铁工业协会", 2018, "PROVINCIAL", "二等奖"
            ),
            papers.prize,
            Paper("turned-90"),
        ),
        Won(
            Claim("", "全国五一劳动奖章", "中华全国总工会", 2021, "PROVINCIAL"),
            papers.honour,
            Paper("photographed"),
        ),
        Won(
            Claim("", "武汉市首席技师", "市人社局", 2019),
            papers.honour,
            Paper("grey", instead={"authority": WUHAN_LABOUR}),
        ),
        Won(
            Claim("安全生产", "安全标兵", STEEL.name, 2016),
            papers.diploma,
            Paper("clean", instead={"year": 2013}, planted="another year on the certificate"),
        ),
    )
    made.photographs(1)
    return made.done()


def woodcarver():
    """A name with a character of extension A; certificates in columns; another trade."""
    lead = Person("贾㛃", "19681224", 90)
    made = Maker("a09", lead, CRAFT, "木雕工", TECHNICIAN, "二级/技师")
    made.identity(
        Paper("noisy"),
        Paper(
            "clean",
            instead={"occupation": "汽车维修工"},
            planted="another trade on the certificate",
        ),
        Paper("coarse"),
    )
    made.founded(Paper("coarse"), "无此字〔2024〕2号", 2024, 7, 1)
    made.opinions(Paper("clean"), Paper("skewed-3"))
    made.won(
        Won(
            Claim("第十届工艺美术精品展", "金奖", "湖北省工艺美术行业协会", 2018, "PROVINCIAL"),
            papers.scroll,
            Paper("photographed"),
        ),
        Won(
            Claim("木雕船模制作", "湖北省工艺美术大师", "湖北省经济和信息化厅", 2020, "PROVINCIAL"),
            papers.honour,
            Paper("clean", instead={"year": 2016}, planted="another year on the certificate"),
        ),
        Won(
            Claim("黄鹤楼木雕", "百花杯金奖", "中国工艺美术协会", 2019, "PROVINCIAL"),
            papers.diploma,
            Paper("photographed", stamped=True),
        ),
    )
    made.photographs(2)
    return made.done()


def chips():
    """A name with a character beyond the BMP; the veto statement is on somebody else."""
    lead = Person("任𬱖", "19930318", 93)
    made = Maker("a10", lead, CHIP, "半导体芯片制造工", TECHNICIAN, "技师（二级）")
    made.identity(Paper("skewed-6"), Paper("clean"), Paper("photographed", stamped=True))
    made.founded(
        Paper(
            "clean",
            instead={"number": "样芯〔2023〕11号", "year": 2023},
            planted="another year of the founding document",
        ),
        "样芯〔2022〕11号",
        2022,
        8,
        22,
    )
    made.opinions(
        Paper("clean"),
        Paper(
            "clean",
            instead={"person": Person("卜相干", "19940101", 13)},
            planted="the statement is on somebody else",
        ),
    )
    made.won(
        Won(
            Claim(
                "晶圆键合良率提升",
                "湖北省优秀质量管理成果奖",
                "湖北省质量协会",
                2023,
                "PROVINCIAL",
                "一等奖",
            ),
            papers.prize,
            Paper("clean", instead={"grade": "一等奖"}),
        ),
        Won(
            Claim("", "武汉市技术能手", WUHAN_LABOUR, 2022), papers.decision, Paper("photographed")
        ),
        Won(
            Claim("", "光谷工匠", "武汉东湖新技术开发区管理委员会", 2023),
            papers.honour,
            Paper("skewed-3"),
        ),
    )
    made.photographs(1)
    return made.done()


def kitchen():
    """Another unit on the licence; another person's certificate; certificates of one PDF."""
    lead = Person("欧阳例文", "19810619", 108)
    made = Maker("a11", lead, HOTEL, "中式烹调师", SENIOR, "一级/高级技师")
    made.identity(
        Paper("grey"),
        Paper("turned-180"),
        Paper(
            "clean",
            instead={"name": "武汉虚设餐饮管理有限公司"},
            planted="another name on the licence",
            also=("contradiction",),
        ),
    )
    made.founded(Paper("skewed-3"), "虚设酒〔2021〕9号", 2021, 11, 5)
    made.opinions(Paper("coarse"), Paper("faint"))
    made.won_in_one(
        Won(
            Claim(
                "全国烹饪技能竞赛湖北赛区", "特金奖", "湖北省烹饪酒店行业协会", 2017, "PROVINCIAL"
            ),
            papers.diploma,
            Paper("skewed-6"),
        ),
        Won(
            Claim("", "湖北省技术能手", HUBEI_LABOUR, 2018, "PROVINCIAL"),
            papers.honour,
            Paper("clean", instead={"holder": "甄大厨"}, planted="another person's certificate"),
        ),
        Won(
            Claim("", "荆楚工匠", "湖北省总工会", 2019, "PROVINCIAL"), papers.honour, Paper("noisy")
        ),
        Won(
            Claim("楚菜创新", "楚菜大师", "湖北省商务厅", 2020, "PROVINCIAL"),
            papers.honour,
            Paper("photographed", stamped=True),
        ),
    )
    made.photographs(1)
    return made.done()


def bridges():
    """A certificate of the month after its year, which is right; another inventor, another year."""
    lead = Person("甄明例", "19750703", 115)
    made = Maker("a12", lead, BRIDGE, "起重装卸机械操作工", SENIOR, "一级/高级技师")
    made.identity(Paper("photographed"), Paper("noisy"), Paper("turned-180"))
    made.founded(Paper("turned-90"), "中例桥人〔2019〕120号", 2019, 4, 8)
    made.opinions(Paper("turned-270"), Paper("clean"))
    made.won(
        Won(
            Claim(
                "大跨度钢桁梁整体吊装",
                "中国公路学会科学技术奖",
                "中国公路学会",
                2020,
                "PROVINCIAL",
                "特等奖",
            ),
            papers.prize,
            Paper("photographed", stamped=True, instead={"grade": "特等奖"}),
        ),
        Won(
            Claim("", "全国技术能手", "人社部", 2018, "PROVINCIAL"),
            papers.honour,
            Paper("clean", instead={"authority": "中华人民共和国人力资源和社会保障部", "month": 1}),
        ),
        Won(
            Claim("桥梁吊装", "中国建筑大工匠", "中国海员建设工会", 2021, "PROVINCIAL"),
            papers.diploma,
            Paper("grey"),
        ),
        Won(
            Claim("一种缆索吊机防摆装置", "发明专利证书", "国家知识产权局", 2022),
            papers.patent,
            Paper(
                "skewed-3", instead={"holder": "甄别人"}, planted="another inventor on the patent"
            ),
        ),
        Won(
            Claim("", "武汉市五一劳动奖章", "武汉市总工会", 2012),
            papers.honour,
            Paper("faint", instead={"year": 2022}, planted="another year on the certificate"),
        ),
    )
    made.photographs(2)
    made.table("吊装工法应用统计表", Paper("grey", is_pdf=True), ["大跨度钢桁梁整体吊装"], 2020)
    return made.done()


MAKERS = (
    shipyard,
    optics,
    school,
    motorworks,
    railway,
    bakery,
    power,
    steelworks,
    woodcarver,
    chips,
    kitchen,
    bridges,
)


@cache
def applications(shift=0):
    """Return the twelve `MadeApplication`s; pages are drawn when their content is asked for.

    With a `shift` each page comes in another condition: rules that were mended until the first set
    was read are tried on another.
    """
    return tuple(make().in_other_conditions(shift) if shift else make() for make in MAKERS)
