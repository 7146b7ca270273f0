"""附件2 as five hands fill it in, each a Word file with what is true of it.

Every person, unit and number is made up. `Form.cells` are the fields as the portal keeps them,
`awards` and `members` their rows; what the hand left empty is not among them.
"""

from dataclasses import dataclass, field

from stdnum.cn import ric

from applications.models import Award
from tests.applications.form.word.word_files import (
    ACHIEVEMENTS,
    award_table,
    docx,
    notice_form,
    p,
    ps,
    r,
    sdt,
    tbl,
    tc,
    text_box,
    tr,
)

PROVINCIAL, OTHER = Award.Level.PROVINCIAL, Award.Level.OTHER
NO_COVER = dict.fromkeys(
    (
        "申   报   单   位",
        "工作室职业（工种）",
        "领  办  人  姓 名",
        "领办人职业技能等级",
        "填  报  时  间",
    ),
    "",
)
BEGINS, GOES_ON = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"


@dataclass(frozen=True)
class Form:
    """A filled form: the bytes of its file, and what is true of it."""

    name: str
    file: bytes
    cells: dict
    awards: dict
    members: list
    notes: list = field(default_factory=list)  # words that a note has


def number(first_seventeen):
    """A made-up ID number with its check digit."""
    return first_seventeen + ric.calc_check_digit(f"{first_seventeen}0")


def as_asked():
    """张明轩's: every cell as the notice wants it."""
    return Form(
        "as asked",
        docx(notice_form()),
        {
            "unit_name": "虚构长江焊接设备有限公司",
            "unit_nature": "PRIVATE",
            "principal": "李建国",
            "principal_phone": "027-83919079",
            "contact_name": "王小燕",
            "contact_phone": "027-83919075",
            "contact_mobile": "13800000000",
            "email": "wangxy@demo.invalid",
            "fax": "027-83919070",
            "address": "武汉市江岸区虚构大道111号",
            "postcode": "430010",
            "bank_name": "虚构银行武汉江岸支行",
            "bank_account": "42001234567890123456",
            "lead_name": "张明轩",
            "lead_sex": "1",
            "lead_ethnicity": "01",
            "lead_birth": "1980-05",
            "lead_work_start": "2002-07",
            "lead_politics": "01",
            "lead_id_number": "420102198005010017",
            "lead_position": "虚构长江焊接设备有限公司 焊接班班长",
            "lead_occupation": "焊工",
            "lead_skill_level": "5",
            "studio_occupation": "焊工",
            "studio_location": "武汉市江岸区虚构大道111号2号楼",
            "studio_area": "120",
            "studio_facilities": "焊接机器人2台\n培训教室1间",
            "achievements": ACHIEVEMENTS,
        },
        {
            PROVINCIAL: [
                ["高效焊接工法", "湖北省技术能手", "湖北省人社厅", "一等奖", "1", "主持", "2018"],
                [
                    "窄间隙焊接",
                    "湖北省职工技术创新成果",
                    "湖北省总工会",
                    "二等奖",
                    "2",
                    "参与",
                    "2020",
                ],
            ],
            OTHER: [
                [
                    "焊接机器人应用",
                    "武汉市技能大赛",
                    "武汉市人社局",
                    "第一名",
                    "1/5",
                    "主持",
                    "2021",
                ]
            ],
        },
        [["赵一鸣", "焊工", "4"], ["钱多多", "电工", "3"]],
    )


def hasty():
    """刘䶮's: short words, two numbers in one cell, nothing where nothing is."""
    return Form(
        "hasty",
        docx(
            notice_form(
                {
                    "unit_name": "虚构江城精密模具\n有限责任公司",
                    "unit_nature": "民营",
                    "principal": "陈 刚",
                    "principal_phone": "（027）87654321 转 808",
                    "contact_name": "孙　丽",
                    "contact_phone": "办：87654322 手机：139 0000 0001",
                    "contact_mobile": "",
                    "email": "ＳＵＮＬＩ＠demo.invalid",
                    "fax": "无",
                    "address": "武汉市东湖新技术开发区虚构二路8号 430074",
                    "postcode": "",
                    "bank": "账号：4200 9876 5432 1098 765\n开户行：虚构农商银行光谷支行",
                    "lead_name": "刘 䶮",
                    "lead_sex": "男",
                    "lead_ethnicity": "汉",
                    "lead_birth": "75.3",
                    "lead_work_start": "1995.7",
                    "lead_politics": "群众",
                    "lead_id_number": number("42011119750312001"),
                    "lead_position": "虚构江城精密模具有限责任公司\n模具车间主任",
                    "lead_occupation": "模具工",
                    "lead_skill_level": "高级技师（一级）",
                    "studio_location": "本公司3号厂房",
                    "studio_area": "约200㎡",
                    "studio_facilities": "五轴加工中心1台、三坐标1台",
                    "members": "周　杰、吴 桐、郑秀英\n欧阳小军",
                },
                cover=NO_COVER | {"领  办  人  姓 名": "刘䶮"},
                provincial=[
                    ["微孔模具", "省科技进步奖", "省政府", "三等", "3/7", "参与", "2019年度"]
                ],
                other=[["无", "", "", "", "", "", ""]],
                achievements="见附页",
                after=p("附页：技能大师工作业绩") + p("1.完成微孔模具攻关。") + p("2.带徒12人。"),
            )
        ),
        {
            "unit_name": "虚构江城精密模具有限责任公司",
            "unit_nature": "PRIVATE",
            "principal": "陈刚",
            "principal_phone": "027-87654321转808",
            "contact_name": "孙丽",
            "contact_phone": "87654322",
            "contact_mobile": "13900000001",
            "email": "SUNLI@demo.invalid",
            "address": "武汉市东湖新技术开发区虚构二路8号",
            "postcode": "430074",
            "bank_name": "虚构农商银行光谷支行",
            "bank_account": "4200987654321098765",
            "lead_name": "刘䶮",
            "lead_sex": "1",
            "lead_ethnicity": "01",
            "lead_birth": "1975-03",
            "lead_work_start": "1995-07",
            "lead_politics": "13",
            "lead_id_number": number("42011119750312001"),
            "lead_position": "虚构江城精密模具有限责任公司 模具车间主任",
            "lead_occupation": "模具工",
            "lead_skill_level": "5",
            "studio_location": "本公司3号厂房",
            "studio_area": "200",
            "studio_facilities": "五轴加工中心1台、三坐标1台",
            "achievements": "1.完成微孔模具攻关。\n2.带徒12人。",
        },
        {
            PROVINCIAL: [["微孔模具", "省科技进步奖", "省政府", "三等", "3/7", "参与", "2019"]],
            OTHER: [],
        },
        [["周杰", "", ""], ["吴桐", "", ""], ["郑秀英", "", ""], ["欧阳小军", "", ""]],
    )


def controls():
    """A bureau's form with content controls and boxes; somebody has corrected it with tracking."""
    box = '<w14:checkbox><w14:checked w14:val="{}"/></w14:checkbox>'

    def ticked(*choices):
        return p(
            *(
                part
                for word, is_ticked in choices
                for part in (
                    sdt(r("☒" if is_ticked else "☐"), box.format(int(is_ticked))),
                    r(f"{word}  "),
                )
            )
        )

    def typed(text):
        return p(sdt(r(text), "<w:text/>"))

    def unfilled(prompt):
        return p(sdt(r(prompt), "<w:showingPlcHdr/><w:text/>"))

    deleted = '<w:del w:id="5" w:author="审核"><w:r><w:delText>{}</w:delText></w:r></w:del>'
    inserted = '<w:ins w:id="6" w:author="审核">{}</w:ins>'
    gone = tr(
        *["删去的奖", "某奖", "某单位", "", "", "", "2010"],
        properties='<w:del w:id="7" w:author="审核"/>',
    )
    kept = ["智能产线改造", "湖北工匠", "湖北省总工会", "", "", "主持", "2022"]
    body = notice_form(
        {
            "unit_name": p(
                "虚构", deleted.format("钢铁"), inserted.format(r("特钢")), "集团有限公司"
            ),
            "unit_nature": ticked(("国有企业", True), ("民营企业", False), ("其他", False)),
            "principal": typed("周国强"),
            "principal_phone": typed("027-86860001"),
            "contact_name": typed("冯晓"),
            "contact_phone": typed("027-86860002"),
            "contact_mobile": typed("13700000002"),
            "email": typed("fengxiao@demo.invalid"),
            "fax": unfilled("单击此处输入文字。"),
            "address": typed("武汉市青山区虚构路9号"),
            "postcode": typed("430080"),
            "bank": p(r("开户银行："), sdt(r("虚构银行青山支行"), "<w:text/>"))
            + p(r("账号："), sdt(r("17001234567890"), "<w:text/>")),
            "lead_name": typed("阿卜杜拉•买买提"),
            "lead_sex": ticked(("男", True), ("女", False)),
            "lead_ethnicity": p(sdt(r("维吾尔族"), "<w:dropDownList/>")),
            "lead_birth": p(sdt(r("1978年11月2日"), '<w:date w:fullDate="1978-11-02T00:00:00Z"/>')),
            "lead_work_start": p(sdt(r("2000年8月1日"), "<w:date/>")),
            "lead_politics": p(sdt(r("中共党员"), "<w:dropDownList/>")),
            "lead_id_number": typed(number("65010219781102001")),
            "lead_position": typed("虚构特钢集团有限公司首席操作员"),
            "lead_occupation": typed("炼钢工"),
            "lead_skill_level": ticked(("技师", False), ("高级技师", False), ("特级技师", True)),
            "studio_location": typed("虚构路9号炼钢厂"),
            "studio_area": p(sdt(r("350"), "<w:text/>"), "平方米"),
            "studio_facilities": sdt(ps("仿真实训台4套\n多媒体教室")),
            "members": sdt(p("何勇（炼钢工，高级技师）；罗平（仪表工，技师）")),
        },
        cover={
            "申   报   单   位": "虚构特钢集团有限公司",
            "工作室职业（工种）": "炼钢工",
            "领  办  人  姓 名": "阿卜杜拉·买买提",
            "领办人职业技能等级": "特级技师",
        },
        provincial=[kept],
        other=[],
        achievements="一、产线改造。\n二、专利两项。",
        opinions={"unit": "同意推荐。\n（盖章）2026年3月2日"},
    )
    body = body.replace(tr(*kept), gone + tr(*kept), 1)
    return Form(
        "controls",
        docx(body),
        {
            "unit_name": "虚构特钢集团有限公司",
            "unit_nature": "STATE",
            "principal": "周国强",
            "principal_phone": "027-86860001",
            "contact_name": "冯晓",
            "contact_phone": "027-86860002",
            "contact_mobile": "13700000002",
            "email": "fengxiao@demo.invalid",
            "address": "武汉市青山区虚构路9号",
            "postcode": "430080",
            "bank_name": "虚构银行青山支行",
            "bank_account": "17001234567890",
            "lead_name": "阿卜杜拉·买买提",
            "lead_sex": "1",
            "lead_ethnicity": "05",
            "lead_birth": "1978-11",
            "lead_work_start": "2000-08",
            "lead_politics": "01",
            "lead_id_number": number("65010219781102001"),
            "lead_position": "虚构特钢集团有限公司首席操作员",
            "lead_occupation": "炼钢工",
            "lead_skill_level": "6",
            "studio_occupation": "炼钢工",
            "studio_location": "虚构路9号炼钢厂",
            "studio_area": "350",
            "studio_facilities": "仿真实训台4套\n多媒体教室",
            "achievements": "一、产线改造。\n二、专利两项。",
        },
        {PROVINCIAL: [kept], OTHER: []},
        [["何勇", "炼钢工", "5"], ["罗平", "仪表工", "4"]],
        ["修订", "意见"],
    )


def wps():
    """A WPS file: numbers and signs that the program writes, tables torn by the page, a box."""
    symbols = '<w:rFonts w:ascii="Wingdings 2" w:hAnsi="Wingdings 2"/>'
    numbering = (
        '<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt w:val="chineseCounting"/>'
        '<w:lvlText w:val="（%1）"/></w:lvl></w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
    )
    listed = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'
    ruby = f"<w:r><w:ruby><w:rt>{r('chè')}</w:rt><w:rubyBase>{r('喆')}</w:rubyBase></w:ruby></w:r>"
    first = ["数控加工", "全国技术能手", "人社部", "", "", "主持", "2017"]
    second = ["刀具改进", "湖北省首席技师", "湖北省人社厅", "", "", "", "2019"]
    third = ["叶片加工", "省职工创新奖", "省总工会", "二等奖", "1/3", "主持", "2021"]
    body = notice_form(
        {
            "unit_name": p(text_box("虚构光谷航空零部件有限公司")),
            "unit_nature": p(
                r("£", symbols), "国有企业 ", r("R", symbols), "民营企业 ", r("£", symbols), "其他"
            ),
            "lead_name": p("吴", ruby),
            "lead_sex": p(
                '<w:r><w:sym w:font="Wingdings" w:char="F0A8"/></w:r>',
                "男",
                '<w:r><w:sym w:font="Wingdings" w:char="F0FE"/></w:r>',
                "女",
            ),
            "lead_birth": "一九八五年十月",
            "lead_work_start": "2006-07-01",
            "lead_politics": "中国共产党党员",
            "lead_id_number": number("42010619851016102"),
            "lead_occupation": "数控铣工",
            "lead_skill_level": "高级\n技师",
            "lead_position": "虚构光谷航空零部件有限公司技术员",
            "studio_area": "260.5平米",
            "studio_facilities": ps("五轴机床\n测量室"),
            "members": "1、韩梅（数控铣工/技师）\n2、李雷（钳工/高级工）\n3、林涛",
        },
        labels={
            "unit_name": "申报\n单位名称",
            "lead_sex": "性\n别",
            "bank": "开户银行及\n资金账号",
        },
        cover={
            "申   报   单   位": "虚构光谷航空零部件有限公司",
            "工作室职业（工种）": "数控铣工",
            "领  办  人  姓 名": "吴喆",
        },
        provincial=[first],
        other=[["青工比武", "岗位能手", "本公司", "", "第1名", "", "2015.6"]],
        achievements=p("刀具改进，节约成本30万元。", properties=listed)
        + p("叶片加工攻关。", properties=listed),
    )
    torn = (
        award_table([first], 0) + p("") + tbl(tr(*second)) + p("（续表）") + award_table([third], 2)
    )
    body = body.replace(award_table([first]), torn, 1)
    texts = as_asked().cells
    return Form(
        "wps",
        docx(body, numbering=numbering),
        texts
        | {
            "unit_name": "虚构光谷航空零部件有限公司",
            "lead_name": "吴喆",
            "lead_sex": "2",
            "lead_birth": "1985-10",
            "lead_work_start": "2006-07",
            "lead_id_number": number("42010619851016102"),
            "lead_occupation": "数控铣工",
            "studio_occupation": "数控铣工",
            "lead_position": "虚构光谷航空零部件有限公司技术员",
            "studio_area": "260.5",
            "studio_facilities": "五轴机床\n测量室",
            "achievements": "（一）刀具改进，节约成本30万元。\n（二）叶片加工攻关。",
        },
        {
            PROVINCIAL: [first, second, third],
            OTHER: [["青工比武", "岗位能手", "本公司", "", "第1名", "", "2015"]],
        },
        [["韩梅", "数控铣工", "4"], ["李雷", "钳工", "3"], ["林涛", "", ""]],
        ["文本框"],
    )


def another_year():
    """A form of another year: other labels, cells in other places, all of it one table."""

    def side(title, head, rows):
        first = tr(tc(title, properties=BEGINS), *head)
        return (first, *(tr(tc("", properties=GOES_ON), *row) for row in rows))

    head = ["时间", "奖项名称", "获奖项目名称", "颁奖单位", "获奖等级"]
    head[0] = "获奖时间"
    body = (
        p("武汉市技能大师工作室申报表（2022年度）")
        + tbl(
            tr("单位名称", tc("虚构武昌技师学院", 3), "邮编", "430060"),
            tr("单位地址", tc("武汉市武昌区虚构街5号", 3), "单位性质", "全额事业单位"),
            tr("法定代表人", "郭海", "联系电话", "027-88880001", "移动电话", "13600000003"),
            tr("单位联系人", "何敏", "联系电话", "027-88880003", "手机号码", "13600000004"),
            tr("电子邮箱", tc("hemin@demo.invalid", 5)),
            tr("开户行", tc("虚构银行武昌支行", 2), "账 号", tc("42005555666677778888", 2)),
            tr("领办人姓名", "唐静", "性别", "女", "出生日期", "1979/12/08"),
            tr("民 族", "土家", "政治面貌", "民盟", "参加工作时间", "2001/9"),
            tr("身份证号码", tc(number("42282519791208204"), 5)),
            tr("工作单位", tc("虚构武昌技师学院", 2), "职务", tc("烹饪系主任", 2)),
            tr("工种", tc("中式烹调师", 2), "技能等级", tc("国家职业资格一级", 2)),
            tr(
                "工作室地址", tc("武昌区虚构街5号实训楼", 2), "场地面积", tc("建筑面积180平方米", 2)
            ),
            tr("设施设备", tc("灶台12个\n展示厅1间", 5)),
            tr(tc("工作室主要成员", properties=BEGINS), "姓名", "职业（工种）", "技能等级", "备注"),
            tr(tc("", properties=GOES_ON), "段然", "中式面点师", "技师", ""),
            tr(tc("", properties=GOES_ON), "高洁", "西式烹调师", "二级", ""),
            *side(
                "省部级\n以上\n获奖情况",
                head,
                [
                    ["2015年5月", "湖北省五一劳动奖章", "", "湖北省总工会", ""],
                    ["2019.10", "全国技术能手", "中式烹调", "人力资源社会保障部", ""],
                ],
            ),
            *side("其他\n获奖\n情况", head, [["2018", "武汉工匠", "", "武汉市政府", ""]]),
            tr(tc("主要工作业绩", 6)),
            tr(tc("从业20余年。\n编写教材3部。", 6)),
            tr("申报单位意见", tc("（盖章）\n年  月  日", 5)),
        )
        + p("")
    )
    return Form(
        "another year",
        docx(body),
        {
            "unit_name": "虚构武昌技师学院",
            "unit_nature": "INSTITUTION",
            "principal": "郭海",
            "principal_phone": "027-88880001",
            "contact_name": "何敏",
            "contact_phone": "027-88880003",
            "contact_mobile": "13600000004",
            "email": "hemin@demo.invalid",
            "address": "武汉市武昌区虚构街5号",
            "postcode": "430060",
            "bank_name": "虚构银行武昌支行",
            "bank_account": "42005555666677778888",
            "lead_name": "唐静",
            "lead_sex": "2",
            "lead_ethnicity": "15",
            "lead_birth": "1979-12",
            "lead_work_start": "2001-09",
            "lead_politics": "05",
            "lead_id_number": number("42282519791208204"),
            "lead_position": "虚构武昌技师学院 烹饪系主任",
            "lead_occupation": "中式烹调师",
            "lead_skill_level": "5",
            "studio_location": "武昌区虚构街5号实训楼",
            "studio_area": "180",
            "studio_facilities": "灶台12个\n展示厅1间",
            "achievements": "从业20余年。\n编写教材3部。",
        },
        {
            PROVINCIAL: [
                ["", "湖北省五一劳动奖章", "湖北省总工会", "", "", "", "2015"],
                ["中式烹调", "全国技术能手", "人力资源社会保障部", "", "", "", "2019"],
            ],
            OTHER: [["", "武汉工匠", "武汉市政府", "", "", "", "2018"]],
        },
        [["段然", "中式面点师", "4"], ["高洁", "西式烹调师", "4"]],
    )


def forms():
    """All five."""
    return [as_asked(), hasty(), controls(), wps(), another_year()]
