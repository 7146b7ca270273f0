"""附件2 as six more hands fill it in, written after the rules of reading were settled.

They tell how well forms are read that nobody had in mind (docs/benchmarks.md). As in `hands.py`,
every person, unit and number is made up.
"""

from tests.applications.form.word.hands import NO_COVER, OTHER, PROVINCIAL, Form, number
from tests.applications.form.word.word_files import (
    award_table,
    docx,
    notice_form,
    p,
    ps,
    r,
    tbl,
    tc,
    tr,
)

BEGINS, GOES_ON = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"


def crammed():
    """Whoever has two things writes them into one cell, without a blank between."""
    return Form(
        "crammed",
        docx(
            notice_form(
                {
                    "unit_name": "虚构汉阳造纸厂（武汉）有限公司",
                    "unit_nature": "有限责任公司（民营）",
                    "principal": "钱进（总经理）",
                    "principal_phone": "83312345（办）13500000005",
                    "contact_name": "王芳/15900000006",
                    "contact_phone": "027-83312346转8001",
                    "contact_mobile": "15900000006",
                    "email": "邮箱：wangfang@demo.invalid",
                    "fax": "83312347",
                    "address": "湖北省武汉市汉阳区虚构大街77号（430050）",
                    "postcode": "430050",
                    "bank": "虚构银行汉阳支行42001110022233344455",
                    "lead_name": "秦岭",
                    "lead_sex": "男",
                    "lead_ethnicity": "汉 族",
                    "lead_birth": "1983年02月（43岁）",
                    "lead_work_start": "二〇〇五年七月",
                    "lead_politics": "中共党员（2010.6）",
                    "lead_id_number": number("42010519830215001") + "（身份证）",
                    "lead_position": "虚构汉阳造纸厂（武汉）有限公司，设备部经理",
                    "lead_occupation": "机修钳工",
                    "lead_skill_level": "高级技师/一级",
                    "studio_location": "汉阳区虚构大街77号\n（设备部二楼）",
                    "studio_area": "150平米左右",
                    "studio_facilities": "1.电脑10台；2.机床3台；3.会议桌1套",
                    "members": "组长：何伟 组员：林峰，马丽，黄河",
                },
                cover={
                    "申   报   单   位": "____虚构汉阳造纸厂（武汉）有限公司____",
                    "工作室职业（工种）": "机修钳工",
                    "领  办  人  姓 名": "秦  岭",
                    "领办人职业技能等级": "高级技师",
                },
                provincial=[
                    [
                        "纸机烘缸改造",
                        "省科技进步三等奖",
                        "湖北省人民政府",
                        "三等奖",
                        "第2",
                        "技术负责人",
                        "二〇一九年",
                    ]
                ],
                other=[
                    ["QC小组", "优秀成果", "市质协", "", "", "负责人", "2016、2017"],
                    ["", "劳动模范", "汉阳区政府", "", "", "", "2020年4月28日"],
                ],
                achievements="主要业绩：\n（1）烘缸改造，年节约80万元；\n"
                "（2）发明专利1项（ZL201510000000.1）。",
            )
        ),
        {
            "unit_name": "虚构汉阳造纸厂（武汉）有限公司",
            "unit_nature": "PRIVATE",
            "principal": "钱进",
            "principal_phone": "83312345、13500000005",
            "contact_name": "王芳",
            "contact_phone": "027-83312346转8001",
            "contact_mobile": "15900000006",
            "email": "wangfang@demo.invalid",
            "fax": "83312347",
            "address": "湖北省武汉市汉阳区虚构大街77号",
            "postcode": "430050",
            "bank_name": "虚构银行汉阳支行",
            "bank_account": "42001110022233344455",
            "lead_name": "秦岭",
            "lead_sex": "1",
            "lead_ethnicity": "01",
            "lead_birth": "1983-02",
            "lead_work_start": "2005-07",
            "lead_politics": "01",
            "lead_id_number": number("42010519830215001"),
            "lead_position": "虚构汉阳造纸厂（武汉）有限公司，设备部经理",
            "lead_occupation": "机修钳工",
            "lead_skill_level": "5",
            "studio_occupation": "机修钳工",
            "studio_location": "汉阳区虚构大街77号（设备部二楼）",
            "studio_area": "150",
            "studio_facilities": "1.电脑10台；2.机床3台；3.会议桌1套",
            "achievements": "主要业绩：\n（1）烘缸改造，年节约80万元；\n"
            "（2）发明专利1项（ZL201510000000.1）。",
        },
        {
            PROVINCIAL: [
                [
                    "纸机烘缸改造",
                    "省科技进步三等奖",
                    "湖北省人民政府",
                    "三等奖",
                    "第2",
                    "技术负责人",
                    "2019",
                ]
            ],
            OTHER: [
                ["QC小组", "优秀成果", "市质协", "", "", "负责人", "2016、2017"],
                ["", "劳动模范", "汉阳区政府", "", "", "", "2020"],
            ],
        },
        [["何伟", "", ""], ["林峰", "", ""], ["马丽", "", ""], ["黄河", "", ""]],
    )


def school():
    """A school's: boxes behind their words, merged awards, members with their titles."""
    begins, goes_on = (lambda text: tc(text, properties=BEGINS)), tc("", properties=GOES_ON)
    return Form(
        "school",
        docx(
            notice_form(
                {
                    "unit_name": "虚构武汉职业技术学校",
                    "unit_nature": "国有企业□ 民营企业□ 事业单位☑ 其他□",
                    "principal": "邓校长",
                    "principal_phone": "027-8888 1234 / 8888 1235",
                    "contact_name": "姚 远",
                    "contact_phone": "027—88881236",
                    "contact_mobile": "１３３００００００７７",
                    "email": "yaoyuan@demo.invalid",
                    "fax": "/",
                    "address": "武汉市洪山区虚构路100号",
                    "postcode": "4 3 0 0 7 0",
                    "bank": "开户名称：虚构武汉职业技术学校\n"
                    "开户银行：虚构银行洪山支行\n账    号：1234 5678 9012 345",
                    "lead_name": "司马青云",
                    "lead_sex": "男□ 女☑",
                    "lead_ethnicity": "回",
                    "lead_birth": "1981/05",
                    "lead_work_start": "2003年",
                    "lead_politics": "无党派人士",
                    "lead_id_number": number("420111198105202002"[:17]).lower(),
                    "lead_position": "虚构武汉职业技术学校教师",
                    "lead_occupation": "茶艺师",
                    "lead_skill_level": "技师（二级）",
                    "studio_location": "洪山校区实训楼301",
                    "studio_area": "实训室3间，共360㎡",
                    "studio_facilities": "茶席20套\n直播设备1套",
                    "members": "黎明（茶艺师、二级/技师）\n"
                    "白露（评茶员、三级/高级工）\n石磊（讲师）",
                },
                cover=NO_COVER,
                provincial=[
                    [
                        begins("茶艺课程开发"),
                        "省教学成果奖",
                        "省教育厅",
                        "二等奖",
                        "2/8",
                        "主讲",
                        "2018",
                    ],
                    [goes_on, "全国职业院校技能大赛", "教育部", "一等奖", "指导教师", "", "2019"],
                ],
                other=[["——"] * 7],
                achievements=p("一、课程建设", properties="")
                + p("开发茶艺课程6门。")
                + p("二、带徒传技")
                + p("培养技师15名。"),
            )
        ),
        {
            "unit_name": "虚构武汉职业技术学校",
            "unit_nature": "INSTITUTION",
            "principal": "邓校长",
            "principal_phone": "027-88881234、88881235",
            "contact_name": "姚远",
            "contact_phone": "027-88881236",
            "contact_mobile": "13300000077",
            "email": "yaoyuan@demo.invalid",
            "address": "武汉市洪山区虚构路100号",
            "postcode": "430070",
            "bank_name": "虚构银行洪山支行",
            "bank_account": "123456789012345",
            "lead_name": "司马青云",
            "lead_sex": "2",
            "lead_ethnicity": "03",
            "lead_birth": "1981-05",
            "lead_work_start": "2003年",
            "lead_politics": "12",
            "lead_id_number": number("42011119810520200"),
            "lead_position": "虚构武汉职业技术学校教师",
            "lead_occupation": "茶艺师",
            "lead_skill_level": "4",
            "studio_location": "洪山校区实训楼301",
            "studio_area": "360",
            "studio_facilities": "茶席20套\n直播设备1套",
            "achievements": "一、课程建设\n开发茶艺课程6门。\n二、带徒传技\n培养技师15名。",
        },
        {
            PROVINCIAL: [
                ["茶艺课程开发", "省教学成果奖", "省教育厅", "二等奖", "2/8", "主讲", "2018"],
                [
                    "茶艺课程开发",
                    "全国职业院校技能大赛",
                    "教育部",
                    "一等奖",
                    "指导教师",
                    "",
                    "2019",
                ],
            ],
            OTHER: [],
        },
        [["黎明", "茶艺师", "4"], ["白露", "评茶员", "3"], ["石磊", "讲师", ""]],
    )


def own_layout():
    """A unit's own form: labels above their texts, labels that the notice does not have."""
    body = (
        p("武汉市技能大师工作室申报表")
        + tbl(
            tr("申报单位", "单位类型", "职工人数", "统一社会信用代码"),
            tr("虚构江汉印务股份公司", "国有控股", "320人", "91420100MA0000000X"),
            tr("单位负责人", "电话", "联系人及职务", "联系电话"),
            tr("龙飞", "027-85550001", "凤霞 行政主管", "13200000008"),
            tr(
                tc("详细地址：武汉市江汉区虚构里12号", 2),
                tc("电子邮件：fengxia@demo.invalid", 2),
            ),
            tr("大师姓名", "韦一笑", "性  别", "男"),
            tr("民  族", "壮族", "出生年月", "1976年12月"),
            tr("参加工作时间", "1996.08", "政治面貌", "中共党员"),
            tr("身份证号码", tc(number("45010319761203101"), 3)),
            tr("工作单位及职务", tc("虚构江汉印务股份公司印刷部主管", 3)),
            tr("职业（工种）", "平版印刷员", "职业资格等级", "一级/高级技师"),
            tr("开户银行", "虚构银行江汉支行", "银行账号", "6222 0000 1111 2222 333"),
            tr("工作室地址", "江汉区虚构里12号4楼", "使用面积", "95.5"),
            tr("主要设施", tc("印刷实验机1台", 3)),
            tr("团队成员", tc("岳不群 平版印刷员 技师\n宁中则 装订工 高级工", 3)),
        )
        + p("一、省部级以上奖励情况")
        + tbl(
            tr("序号", "奖励名称", "授奖单位", "年度", "级别"),
            tr("1", "湖北工匠", "湖北省总工会", "2020", "省级"),
        )
        + p("二、其他奖励情况")
        + tbl(
            tr("序号", "奖励名称", "授奖单位", "年度", "级别"),
            tr("1", "印刷技能竞赛冠军", "市印刷协会", "2013年", "市级"),
            tr("2", "技术能手", "江汉区总工会", "2014年", "区级"),
        )
        + p("三、工作业绩")
        + tbl(tr("技能大师工作业绩（可另附页）"), tr("创新色彩管理方法。\n带徒8人。"))
        + p("")
    )
    return Form(
        "own layout",
        docx(body),
        {
            "unit_name": "虚构江汉印务股份公司",
            "unit_nature": "STATE",
            "principal": "龙飞",
            "principal_phone": "027-85550001",
            "contact_name": "凤霞",
            "contact_phone": "13200000008",
            "contact_mobile": "13200000008",
            "email": "fengxia@demo.invalid",
            "address": "武汉市江汉区虚构里12号",
            "bank_name": "虚构银行江汉支行",
            "bank_account": "6222000011112222333",
            "lead_name": "韦一笑",
            "lead_sex": "1",
            "lead_ethnicity": "08",
            "lead_birth": "1976-12",
            "lead_work_start": "1996-08",
            "lead_politics": "01",
            "lead_id_number": number("45010319761203101"),
            "lead_position": "虚构江汉印务股份公司印刷部主管",
            "lead_occupation": "平版印刷员",
            "lead_skill_level": "5",
            "studio_location": "江汉区虚构里12号4楼",
            "studio_area": "95.5",
            "studio_facilities": "印刷实验机1台",
            "achievements": "创新色彩管理方法。\n带徒8人。",
        },
        {
            PROVINCIAL: [["", "湖北工匠", "湖北省总工会", "省级", "", "", "2020"]],
            OTHER: [
                ["", "印刷技能竞赛冠军", "市印刷协会", "市级", "", "", "2013"],
                ["", "技术能手", "江汉区总工会", "区级", "", "", "2014"],
            ],
        },
        [["岳不群", "平版印刷员", "4"], ["宁中则", "装订工", "3"]],
    )


def torn():
    """The notice's form torn in three by the page, digits in boxes, long text over the break."""
    digits = number("42010219790909101")
    body = (
        p("附件2")
        + p("申报单位：虚构阳逻港机公司")
        + p("工作室职业（工种）：起重装卸机械操作工")
        + p("领办人姓名：卫青")
        + tbl(
            tr("申报单位名称", "虚构阳逻港机公司", "单位性质", "外资"),
            tr("负责人", "霍光", "办公电话", "89990001"),
            tr("联系人", "张骞", "办公电话", "89990002", "手机", "18900000009"),
            tr("E-mail", "zhangqian@demo.invalid", "传真", "89990003"),
            tr("通信地址", "武汉市新洲区虚构港路1号", "邮政编码", *"430415"),
            tr("开户银行及资金账号", "虚构外资银行武汉分行，账号 0000123456789012"),
            tr(
                "技能大师姓名",
                "卫青",
                "性别",
                "男",
                "民族",
                "汉",
                "出生年月",
                "1979",
                "年",
                "9",
                "月",
            ),
        )
        + p("")
        + tbl(
            tr("参加工作时间", "1999年8月", "政治面貌", "九三学社社员"),
            tr("身份证号", *digits),
            tr("工作单位及职务", "虚构阳逻港机公司操作队队长"),
            tr("从事职业（工种）", "起重装卸机械操作工", "职业技能等级", "首席技师"),
            tr("工作室地点", "港区综合楼", "工作室面积", "1 000 平方米"),
            tr("工作室基本设施", "模拟器2台", "工作室成员", "李广（起重工，高级技师）"),
        )
        + p("")
        + tbl(tr("工作室基本设施（续）", "教室3间", "工作室成员（续）", "苏武（电工，技师）"))
        + p("省部级获奖情况：无")
        + award_table([])
        + p("其它获奖情况（可加行）：")
        + award_table([["桥吊提速", "职工创新奖", "市总工会", "特等奖", "1", "主创", "2022年度"]])
        + tbl(
            tr(
                "技能大师工作业绩、获省部级以上奖励或国家专利情况、主要创新发明等情况（可另附页）",
                "一、提速。",
            )
        )
        + p("")
        + tbl(tr("", "二、节能。"), tr("申报单位意见", "同意。张三 2026年3月"))
        + p("")
    )
    return Form(
        "torn",
        docx(body),
        {
            "unit_name": "虚构阳逻港机公司",
            "unit_nature": "FOREIGN",
            "principal": "霍光",
            "principal_phone": "89990001",
            "contact_name": "张骞",
            "contact_phone": "89990002",
            "contact_mobile": "18900000009",
            "email": "zhangqian@demo.invalid",
            "fax": "89990003",
            "address": "武汉市新洲区虚构港路1号",
            "postcode": "430415",
            "bank_name": "虚构外资银行武汉分行",
            "bank_account": "0000123456789012",
            "lead_name": "卫青",
            "lead_sex": "1",
            "lead_ethnicity": "01",
            "lead_birth": "1979-09",
            "lead_work_start": "1999-08",
            "lead_politics": "10",
            "lead_id_number": digits,
            "lead_position": "虚构阳逻港机公司操作队队长",
            "lead_occupation": "起重装卸机械操作工",
            "lead_skill_level": "7",
            "studio_occupation": "起重装卸机械操作工",
            "studio_location": "港区综合楼",
            "studio_area": "1000",
            "studio_facilities": "模拟器2台\n教室3间",
            "achievements": "一、提速。\n二、节能。",
        },
        {
            PROVINCIAL: [],
            OTHER: [["桥吊提速", "职工创新奖", "市总工会", "特等奖", "1", "主创", "2022"]],
        },
        [["李广", "起重工", "5"], ["苏武", "电工", "4"]],
    )


def reviewed():
    """A form that somebody has gone over: moved rows, comments, words struck out and hidden."""
    moved = ["桥梁检测", "省优质工程奖", "省住建厅", "", "2", "参与", "2019"]
    from_row = tr(*moved, properties='<w:del w:id="11" w:author="x"/>')
    to_row = tr(*moved, properties='<w:ins w:id="12" w:author="x"/>')
    first = ["隧道盾构", "全国五一劳动奖章", "全国总工会", "", "", "", "2021"]
    comment = '<w:commentRangeStart w:id="0"/>{}<w:commentRangeEnd w:id="0"/>'
    body = notice_form(
        {
            "unit_name": p(
                comment.format(r("虚构中南隧道工程局")),
                '<w:ins w:id="1" w:author="x">' + r("有限公司") + "</w:ins>",
            ),
            "unit_nature": p(r("民营企业", "<w:strike/>"), r("国有企业")),
            "lead_name": p(r("祖冲之")),
            "lead_position": ps("虚构中南隧道工程局有限公司\n盾构队 队长"),
            "lead_id_number": number("42010219800501001"),
            "lead_occupation": p(
                r("盾构机"), '<w:hyperlink w:anchor="here">' + r("操作工") + "</w:hyperlink>"
            ),
            "studio_location": p(r("（填写详细地址）", "<w:vanish/>"), r("东西湖区虚构基地")),
            "studio_area": p(
                r("500"),
                '<w:del w:id="2" w:author="x"><w:r><w:delText>0</w:delText></w:r></w:del>',
                r("㎡"),
            ),
            "members": p(r("祖冲之（负责人）、"))
            + p(
                r("张衡（盾构机操作工 技师）、"),
                '<w:ins w:id="3" w:author="x">' + r("蔡伦（测量工 高级工）") + "</w:ins>",
            ),
        },
        cover={
            "申   报   单   位": "虚构中南隧道工程局有限公司",
            "工作室职业（工种）": "盾构机操作工",
            "领  办  人  姓 名": "祖冲之",
        },
        provincial=[first],
        other=[],
    )
    body = body.replace(tr(*first), from_row + tr(*first) + to_row, 1)
    return Form(
        "reviewed",
        docx(body),
        {
            "unit_name": "虚构中南隧道工程局有限公司",
            "unit_nature": "STATE",
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
            "lead_name": "祖冲之",
            "lead_sex": "1",
            "lead_ethnicity": "01",
            "lead_birth": "1980-05",
            "lead_work_start": "2002-07",
            "lead_politics": "01",
            "lead_id_number": number("42010219800501001"),
            "lead_position": "虚构中南隧道工程局有限公司 盾构队 队长",
            "lead_occupation": "盾构机操作工",
            "lead_skill_level": "5",
            "studio_occupation": "盾构机操作工",
            "studio_location": "东西湖区虚构基地",
            "studio_area": "500",
            "studio_facilities": "焊接机器人2台\n培训教室1间",
            "achievements": "一、主持完成技术攻关5项。\n二、获国家专利3项，其中发明专利1项。",
        },
        {PROVINCIAL: [first, moved], OTHER: []},
        [["张衡", "盾构机操作工", "4"], ["蔡伦", "测量工", "3"]],
    )


def forms():
    """All of them."""
    return [crammed(), school(), own_layout(), torn(), reviewed()]
