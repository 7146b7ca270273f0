"""The demo's people and texts. Every name, number and document is fictional."""

from dataclasses import dataclass

from accounts.models import HostKind, UnitNature
from accounts.roles import Role
from applications.national_codes import Sex, SkillLevel
from applications.stages import Stage

PASSWORD = "wuhan-demo-2026"
MAIL_DOMAIN = "demo.invalid"
PHONE = "027-83919079"
SELF_UNIT = ("ZX01", "虚构长江重工集团有限公司（自行推荐）")


@dataclass(frozen=True)
class Person:
    """One staff account: the local part of its e-mail address, role, name, unit or employer."""

    login: str
    role: Role
    name: str
    recommending_unit: str = ""  # its code
    employer: str = ""
    title: str = ""
    occupation: str = ""


STAFF = (
    Person("tuijian.ja", Role.RECOMMENDER, "江岸推荐员", "JA"),
    Person("tuijian.dhgx", Role.RECOMMENDER, "东湖高新推荐员", "DHGX"),
    Person("tuijian.jxj", Role.RECOMMENDER, "经信推荐员", "SJXJ"),
    Person("tuijian.zx", Role.RECOMMENDER, "集团推荐员", "ZX01"),
    Person("office", Role.OFFICE, "评审办经办"),
    Person("office2", Role.OFFICE, "评审办复核"),
    Person(
        "expert1",
        Role.EXPERT,
        "专家甲",
        employer="虚构职业技术大学",
        title="教授",
        occupation="焊工",
    ),
    Person(
        "expert2",
        Role.EXPERT,
        "专家乙",
        employer="虚构机械研究院",
        title="正高级工程师",
        occupation="数控车工",
    ),
    Person(
        "expert3",
        Role.EXPERT,
        "专家丙",
        employer="虚构技师学院",
        title="高级技师",
        occupation="维修电工",
    ),
    Person(
        "expert4",
        Role.EXPERT,
        "专家丁",
        employer="虚构光电研究所",
        title="研究员",
        occupation="光电设备装调工",
    ),
    Person(
        "expert5",
        Role.EXPERT,
        "专家戊",
        employer="虚构行业协会",
        title="特级技师",
        occupation="模具工",
    ),
    Person(
        "expert6",
        Role.EXPERT,
        "专家己",
        employer="虚构汽车研究所",
        title="高级技师",
        occupation="汽车维修工",
    ),
    Person(
        "expert7",
        Role.EXPERT,
        "专家庚",
        employer="虚构船舶学院",
        title="副教授",
        occupation="焊工",
    ),
    Person(
        "expert8",
        Role.EXPERT,
        "专家辛",
        employer="虚构铸造学会",
        title="正高级工程师",
        occupation="铸造工",
    ),
    Person(
        "expert9",
        Role.EXPERT,
        "专家壬",
        employer="虚构轻工学院",
        title="教授",
        occupation="糕点制作工",
    ),
    Person(
        "expert10",
        Role.EXPERT,
        "专家癸",
        employer="虚构电力研究院",
        title="高级技师",
        occupation="维修电工",
    ),
    Person(
        "expert11",
        Role.EXPERT,
        "专家子",
        employer="虚构非遗中心",
        title="研究员",
        occupation="陶瓷工艺师",
    ),
    Person(
        "expert12",
        Role.EXPERT,
        "专家丑",
        employer="虚构数控研究所",
        title="特级技师",
        occupation="数控车工",
    ),
    Person(
        "expert13",
        Role.EXPERT,
        "专家寅",
        employer="虚构武汉技师学院",
        title="高级讲师",
        occupation="模具工",
    ),
    Person(
        "expert14",
        Role.EXPERT,
        "专家卯",
        employer="虚构信息产业协会",
        title="高级工程师",
        occupation="人工智能训练师",
    ),
    Person("bureau", Role.BUREAU, "人社局审批员"),
    Person("finance", Role.FINANCE, "财政局会签员"),
    Person("admin", Role.ADMIN, "系统管理员"),
)


@dataclass(frozen=True)
class Studio:
    """One application of the demo and the stage that it is walked to."""

    login: str
    unit: str
    recommending_unit: str
    lead: str
    occupation: str
    stage: Stage
    sex: str = Sex.MALE
    birth: str = "1980-05"
    ethnicity: str = "01"
    level: str = SkillLevel.SENIOR_TECHNICIAN
    nature: str = UnitNature.STATE
    host_kind: str = HostKind.ENTERPRISE
    facilities: str = ""
    results: str = ""
    long: bool = False
    awards: int = 3
    points: int = 88  # of 100, from the first expert; the others differ a little
    corrected: bool = False  # returned once, and submitted again
    other_year: bool = False  # one certificate is of another year than the form says


# In the open round: every stage has at least one.
STUDIOS = (
    Studio("qiye01", "虚构江城重型机械厂", "JA", "王龘", "焊工", Stage.DRAFT, birth="1979-03"),
    Studio(
        "qiye02",
        "虚构汉口精工有限公司",
        "JA",
        "李㛃",
        "数控车工",
        Stage.RETURNED,
        sex=Sex.FEMALE,
        nature=UnitNature.PRIVATE,
        birth="1985-11",
    ),
    Studio(
        "qiye03",
        "虚构大智路电器厂",
        "JA",
        "张䶮",
        "维修电工",
        Stage.RECOMMENDING,
        other_year=True,
        facilities="=1+1 号实训间；示波器 6 台；=SUM(A1:A3) 型编号设备 2 套。",
        results="=1+1\n累计完成技术革新 42 项，节约成本 380 万元。",
        corrected=True,
    ),
    Studio(
        "qiye18",
        "虚构光谷北路阀门厂",
        "JA",
        "何某卯",
        "钳工",
        Stage.REDIRECTING,
        nature=UnitNature.PRIVATE,
    ),
    Studio(
        "yuanxiao04",
        "虚构武汉技师学院",
        "JA",
        "赵𬱖",
        "模具工",
        Stage.RECOMMENDED,
        nature=UnitNature.INSTITUTION,
        host_kind=HostKind.SCHOOL,
        birth="1976-08",
    ),
    Studio(
        "qiye05",
        "虚构老字号糕点厂",
        "JA",
        "孙某甲",
        "糕点制作工",
        Stage.NOT_RECOMMENDED,
        level=SkillLevel.TECHNICIAN,
        awards=0,
    ),
    Studio(
        "qiye06",
        "虚构光谷激光股份有限公司",
        "DHGX",
        "周某乙",
        "激光设备装调工",
        Stage.QUALIFYING,
        nature=UnitNature.PRIVATE,
        long=True,
        awards=12,
    ),
    Studio(
        "qiye07",
        "虚构芯片封装有限公司",
        "DHGX",
        "吴某丙",
        "半导体封装工",
        Stage.DISQUALIFIED,
        nature=UnitNature.FOREIGN,
        birth="1990-01",
        level=SkillLevel.TECHNICIAN,
    ),
    Studio(
        "qiye08",
        "虚构智能网联汽车公司",
        "DHGX",
        "郑某丁",
        "汽车装调工",
        Stage.PANEL,
        ethnicity="15",
        birth="1983-06",
    ),
    Studio(
        "yuanxiao09",
        "虚构光电职业学院",
        "DHGX",
        "冯某戊",
        "工业机器人运维员",
        Stage.INSPECTING,
        sex=Sex.FEMALE,
        nature=UnitNature.INSTITUTION,
        host_kind=HostKind.SCHOOL,
        points=90,
    ),
    Studio("qiye10", "虚构长江航电设备厂", "SJXJ", "陈某己", "船舶电工", Stage.PUBLICITY),
    Studio("qiye11", "虚构武钢特种钢厂", "SJXJ", "褚某庚", "轧钢工", Stage.APPROVING, points=91),
    Studio(
        "qiye12",
        "虚构江汉纺织集团",
        "SJXJ",
        "卫某辛",
        "纺织机修工",
        Stage.COUNTERSIGNING,
        sex=Sex.FEMALE,
        birth="1978-12",
        points=92,
    ),
    Studio(
        "qiye13",
        "虚构新能源电池有限公司",
        "SJXJ",
        "蒋某壬",
        "电池制造工",
        Stage.AWARDED,
        nature=UnitNature.PRIVATE,
        level=SkillLevel.CHIEF_TECHNICIAN,
        points=95,
    ),
    Studio(
        "qiye14",
        "虚构长江重工集团有限公司",
        "ZX01",
        "沈某癸",
        "起重装卸机械操作工",
        Stage.NOT_SELECTED,
        points=55,
    ),
    Studio(
        "qiye15",
        "虚构长江重工二分厂",
        "ZX01",
        "韩某子",
        "铆工",
        Stage.PANEL,
        birth="1974-02",
    ),
)
# In the closed round of 2024.
STUDIOS_2024 = (
    Studio(
        "qiye16",
        "虚构汉阳造船厂",
        "SJXJ",
        "杨某丑",
        "船体装配工",
        Stage.AWARDED,
        birth="1972-10",
        points=93,
    ),
    Studio(
        "qiye17",
        "虚构青山锅炉厂",
        "SJXJ",
        "朱某寅",
        "锅炉设备装配工",
        Stage.NOT_SELECTED,
        birth="1981-04",
        points=52,
    ),
)

MEMBERS = (
    ("成员某一", SkillLevel.TECHNICIAN),
    ("成员某二", SkillLevel.SENIOR),
    ("成员某三", SkillLevel.SENIOR),
    ("成员某四", SkillLevel.MIDDLE),
)
AWARDS = (
    # level, project, name, authority, grade, ranking, part, years after 2010
    ("PROVINCIAL", "{0}操作法", "湖北省技术能手", "湖北省人力资源和社会保障厅", "", "1", "本人", 4),
    (
        "PROVINCIAL",
        "{0}关键工艺攻关",
        "湖北省科技进步奖",
        "湖北省人民政府",
        "三等奖",
        "2",
        "主要完成人",
        8,
    ),
    ("OTHER", "{0}技能比武", "武汉市职业技能大赛", "武汉市总工会", "一等奖", "1", "选手", 2),
    ("OTHER", "{0}夹具改进", "企业技术革新奖", "虚构集团", "二等奖", "1", "主持", 10),
)

PARAGRAPH = (
    "领办人从事{0}工作二十余年，长期扎根生产一线，先后主持和参与技术攻关四十余项，解决了多项长期"
    "困扰生产的难题，其中“{0}快速定位法”“{0}质量在线检测法”在全公司推广，累计节约成本六百余万元，"
    "相关成果获国家发明专利两项、实用新型专利五项。"
)
NECESSITY = (
    "{0}是我市支柱产业和先进制造业的重要工种，高技能人才供给不足。本单位技能人才比较密集，"
    "设备齐全、制度完善，已有专用场地和专项经费，具备设立工作室的条件。"
)
PLAN = (
    "三年内开展技术攻关不少于十项，形成可推广的操作法三项；培养技师五名、高级工三十名；"
    "每年面向同行业开展技艺交流不少于四次。"
)
TALENT = (
    "现有职工一千二百余人，其中高技能人才四百余人，占技能人才的百分之三十五。建立了首席技师、"
    "技师津贴和师带徒制度，近三年有六十余人晋升技师以上等级。"
)
