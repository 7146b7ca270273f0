"""The papers that applications bring as proof, drawn with made-up people, units and numbers.

Each function returns a `Sheet`. `stamped` lays the seal across what matters instead of beside it.
"""

import random

from PIL import Image, ImageDraw, ImageFilter

from tests.recognition_pages.sheet import BLACK, GOLD, RED, Sheet, dots

CREAM, PINK = (252, 247, 232), (253, 240, 238)
_DIGITS = "〇一二三四五六七八九"


def in_chinese(number):
    """Return a number up to 31 in Chinese digits."""
    tens, ones = divmod(number, 10)
    if not tens:
        return _DIGITS[ones]
    return f"{'' if tens == 1 else _DIGITS[tens]}十{_DIGITS[ones] if ones else ''}"


def chinese_date(year, month, day=0):
    """Return a date as certificates spell it: 二〇一九年十二月."""
    spelt = "".join(_DIGITS[int(digit)] for digit in str(year))
    return f"{spelt}年{in_chinese(month)}月{in_chinese(day) + '日' if day else ''}"


def _issued(sheet, x, y, authority, date, size=16, stamped=False):
    """Draw issuer and date, the seal over them."""
    sheet.text(x, y, authority, size, name="authority", anchor="m")
    sheet.text(x, y + size * 0.7, date, size, name="date", anchor="m")
    if not stamped:
        sheet.seal(x + 3, y + 4, 40)


def honour(project, name, authority, year, holder, unit, *, month=12, stamped=False):
    """荣誉证书, lying: a person, or a unit, is given a title."""
    sheet = Sheet(297, 210, CREAM)
    sheet.frame(9, GOLD)
    sheet.text(148, 26, "荣誉证书", 46, face="serif", fill=RED, anchor="m", gap=14, bold=2)
    sheet.text(36, 66, f"{holder}：" if holder == unit else f"{holder} 同志：", 24)
    sheet.note("holder", holder)
    end = sheet.paragraph(
        36,
        86,
        225,
        [
            "在",
            ("year", f"{year}"),
            "年度",
            ("project", project),
            "工作中成绩显著，被授予“",
            ("name", name),
            "”荣誉称号。",
        ],
        22,
    )
    sheet.text(54, end + 4, "特发此证，以资鼓励。", 22)
    _issued(sheet, 205, 158, authority, chinese_date(year, month), 18, stamped)
    if stamped:
        sheet.seal(80, 72, 42, turn=20)
        sheet.seal(150, 96, 42, turn=-15)
    return sheet


def prize(project, name, authority, year, holder, unit, *, grade="二等奖", month=12, stamped=False):
    """获奖证书, standing: a project, its grade, who has a part in it."""
    sheet = Sheet(210, 297, CREAM)
    sheet.frame(8, GOLD, 14)
    sheet.text(105, 34, name, 30, name="name", fill=RED, anchor="m", bold=1)
    sheet.text(105, 52, "证 书", 34, fill=RED, anchor="m", bold=1)
    sheet.paragraph(
        30, 78, 150, ["为表彰在推动技术进步、促进经济发展中作出贡献者，特颁发此证书。"], 17
    )
    y = 112
    for label, key, value in (
        ("项目名称：", "project", project),
        ("奖励等级：", "grade", grade),
        ("获 奖 者：", "holder", holder),
        ("所在单位：", "unit", unit),
        ("获奖年度：", "year", f"{year}年"),
    ):
        end = sheet.text(30, y, label, 18)
        y = sheet.paragraph(end, y, 180 - end, [(key, value)], 18, indent=0, leading=1.5) + 4
    sheet.text(30, 262, f"证书号：{year}-J-{grade[0]}-045-R03", 13)
    _issued(sheet, 140, 226, authority, f"{year}年{month}月20日", 16, stamped)
    if stamped:
        sheet.seal(70, 118, 42, turn=10)
        sheet.seal(96, 150, 42, turn=-25)
    return sheet


def diploma(project, name, authority, year, holder, unit, *, month=5, stamped=False):
    """奖状, standing, a red frame: large letters."""
    sheet = Sheet(210, 297, PINK)
    sheet.frame(10, RED, 22)
    sheet.text(105, 38, "奖状", 64, fill=RED, anchor="m", gap=40, bold=2)
    sheet.text(30, 86, holder, 26, name="holder", bold=1)
    sheet.text(30, 100, f"（{unit}）", 17)
    sheet.note("unit", unit)
    end = sheet.paragraph(
        30,
        118,
        150,
        [
            "在",
            ("project", project or "生产工作"),
            "中表现突出，荣获",
            ("year", f"{year}"),
            "年",
            ("name", name),
            "。",
        ],
        24,
    )
    sheet.text(30, end + 6, "特颁此状，以资鼓励。", 24)
    _issued(sheet, 135, 232, authority, f"{year}年{month}月", 17, stamped)
    if stamped:
        sheet.seal(50, 92, 42, turn=-10)
        sheet.seal(100, 134, 42, turn=30)
    return sheet


def scroll(project, name, authority, year, holder, unit, *, month=10, stamped=False):
    """A certificate in columns from right to left, as guilds of old crafts give them."""
    sheet = Sheet(297, 210, CREAM)
    sheet.frame(9, RED, 8)
    sheet.column(262, 34, "荣誉证书", 40, fill=RED)
    sheet.column(226, 30, f"{holder}同志", 26)
    sheet.note("holder", holder)
    sheet.column(196, 30, f"参加{project}", 24)
    sheet.note("project", project)
    sheet.column(170, 30, f"荣获{name}", 24)
    sheet.note("name", name)
    sheet.column(140, 40, "特发此证以资鼓励", 24)
    sheet.column(100, 30, authority, 22, name="authority")
    sheet.column(66, 60, chinese_date(year, month), 22, name="date")
    sheet.seal(84, 140, 40)
    return sheet


def patent(project, name, authority, year, holder, unit, *, month=6, stamped=False):
    """发明专利证书: the invention, its inventors, number, owner and day."""
    sheet = Sheet(210, 297)
    sheet.text(148, 22, f"证书号第{4_000_000 + year * 37}号", 12)
    sheet.text(105, 50, name, 40, name="name", fill=RED, anchor="m", gap=8, bold=1)
    y = 92
    for label, key, value in (
        ("发明名称：", "project", project),
        ("发 明 人：", "holder", f"{holder};甄无名;贾无姓"),
        ("专 利 号：", "number", f"ZL {year - 2} 1 0123456.7"),
        ("专利申请日：", "", f"{year - 2}年03月11日"),
        ("专 利 权 人：", "unit", unit),
        ("授权公告日：", "date", f"{year}年{month:02}月18日"),
        ("授权公告号：", "", f"CN 1{year}765 B"),
    ):
        end = sheet.text(26, y, label, 14)
        y = sheet.paragraph(end, y, 186 - end, [(key, value)], 14, indent=0, leading=1.4) + 5
    sheet.note("year", f"{year}年")
    sheet.paragraph(
        26,
        y + 4,
        160,
        [
            "本发明经过本局依照中华人民共和国专利法进行审查，决定授予专利权，颁发本证书并在专利登记簿上"
            "予以登记。专利权自授权公告之日起生效。专利权期限为二十年，自申请日起算。"
        ],
        13,
    )
    _issued(sheet, 150, 252, authority, f"{year}年{month:02}月18日", 14, stamped)
    if stamped:
        sheet.seal(86, 100, 42)
    return sheet


def decision(project, name, authority, year, holder, unit, *, month=3, stamped=False):
    """关于表彰……的决定: a page of names, the holder's among them."""
    random_ = random.Random(f"{authority}{name}{year}")
    sheet = Sheet()
    sheet.text(105, 30, f"{authority}文件", 34, fill=RED, anchor="m", bold=1)
    sheet.text(105, 54, f"样表彰〔{year}〕{random_.randint(3, 60)}号", 15, anchor="m")
    sheet.rule(26, 64, 184, RED, 5)
    sheet.text(105, 76, f"关于授予{year}年度“{name}”称号的决定", 20, anchor="m", bold=1)
    sheet.note("name", name)
    sheet.note("year", f"{year}")
    end = sheet.paragraph(
        28,
        92,
        156,
        [
            "为激励广大技能劳动者立足岗位、创新创造，经各单位推荐、专家评审和公示，决定授予甄无名等"
            "三十五名同志“",
            name,
            "”称号。希望受到表彰的同志珍惜荣誉，再创佳绩。现将名单公布如下：",
        ],
        15,
    )
    surnames, given = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨", "建国志强海燕文博晓明思远子涵立新"
    names = [random_.choice(surnames) + "".join(random_.sample(given, 2)) for _ in range(34)]
    names.insert(random_.randint(6, 28), holder)
    for number, one in enumerate(names):
        x, y = 30 + 31 * (number % 5), end + 4 + 10 * (number // 5)
        sheet.text(x, y, one, 15, name="holder" if one == holder else "")
    y = end + 84
    sheet.text(150, y, authority, 15, name="authority", anchor="m")
    sheet.text(150, y + 10, f"{year}年{month}月8日", 15, name="date", anchor="m")
    sheet.seal(152, y + 5, 42)
    if stamped:
        sheet.seal(100, end + 30, 42, turn=15)
    return sheet


def skill_certificate(person, occupation, level, number, authority, date, *, stamped=False):
    """职业技能等级证书: photograph and name on the left, trade and level on the right."""
    sheet = Sheet(297, 210, (246, 250, 253))
    sheet.frame(8, (70, 110, 160), 6)
    sheet.text(148, 20, "职业技能等级证书", 34, face="sans", fill=RED, anchor="m", gap=6)
    sheet.text(148, 40, "Certificate of Occupational Skill Level", 13, face="sans", anchor="m")
    _portrait(sheet, 66, 62, 36, 48)
    y = 120
    for label, key, value in (
        ("姓    名", "name", person.name),
        ("证件类型", "", "居民身份证"),
        ("证件号码", "id_number", person.id_number),
    ):
        sheet.text(26, y, label, 13, face="sans")
        sheet.text(56, y, value, 14, name=key, face="sans")
        y += 14
    y = 66
    for label, key, value in (
        ("职业名称", "occupation", occupation),
        ("工    种", "", "————"),
        ("职业技能等级", "level", level),
        ("证书编号", "number", number),
        ("发证机构", "authority", authority),
        ("发证日期", "date", date),
    ):
        sheet.text(152, y, label, 13, face="sans")
        sheet.text(188, y, value, 14, name=key, face="sans")
        y += 15
    sheet.seal(230, 158, 42)
    if stamped:
        sheet.seal(80, 134, 42, turn=25)
        sheet.seal(206, 92, 42, turn=-20)
    return sheet


def _portrait(sheet, x, y, wide, high):
    """Draw a head in a frame: a portrait of nobody."""
    box = [dots(x), dots(y), dots(x + wide), dots(y + high)]
    sheet.draw.rectangle(box, fill=(120, 160, 210))
    middle = (box[0] + box[2]) // 2
    sheet.draw.ellipse(
        [
            middle - dots(wide / 2.6),
            box[1] + dots(high * 0.62),
            middle + dots(wide / 2.6),
            box[3] * 2 - box[1] - dots(high * 0.62),
        ],
        fill=(60, 66, 84),
    )
    sheet.draw.rectangle(
        [box[0], box[3] + 1, box[2], box[3] + dots(high * 0.5)],
        fill=sheet.image.getpixel((dots(x) - 4, box[3] + 8)),
    )
    sheet.draw.ellipse(
        [
            middle - dots(wide / 4.2),
            box[1] + dots(high * 0.14),
            middle + dots(wide / 4.2),
            box[1] + dots(high * 0.66),
        ],
        fill=(226, 188, 160),
    )


def id_card(person, sides="both", *, watermark=True, stamped=False):
    """身份证复印件: one side or both on a sheet of A4, larger than life as copies are."""
    sheet = Sheet()
    if sides in {"both", "front"}:
        _id_front(sheet, person, 30, 40)
    if sides in {"both", "back"}:
        _id_back(sheet, person, 30, 160 if sides == "both" else 40)
    if watermark:
        y = 44 if sides != "both" else 92
        sheet.text(
            105,
            y + 47,
            "仅供申报武汉市技能大师工作室使用",
            14,
            face="sans",
            fill=(150, 150, 150),
            anchor="m",
        )
    if stamped:
        sheet.seal(92, 96, 42)
    return sheet


def _id_front(sheet, person, x, y):
    wide, high = 146, 92
    box = [dots(x), dots(y), dots(x + wide), dots(y + high)]
    sheet.draw.rounded_rectangle(box, 40, fill=(228, 238, 246), outline=(150, 160, 170), width=3)
    _portrait(sheet, x + 98, y + 16, 36, 46)
    pale = (70, 110, 170)

    def line(top, label, value, key, left=8, size=15):
        end = sheet.text(x + left, y + top, label, 12, face="sans", fill=pale)
        sheet.text(end + 3, y + top - 0.6, value, size, name=key, face="sans")

    line(12, "姓 名", person.name, "name", size=17)
    line(24, "性 别", "男" if person.is_male else "女", "sex")
    line(24, "民 族", "汉", "ethnicity", left=38)
    birth = person.id_number[6:14]
    line(36, "出 生", f"{birth[:4]} 年 {int(birth[4:6])} 月 {int(birth[6:])} 日", "birth")
    end = sheet.text(x + 8, y + 48, "住 址", 12, face="sans", fill=pale)
    sheet.paragraph(
        end + 3,
        y + 47.4,
        66,
        [("address", person.address)],
        14,
        face="sans",
        indent=0,
        leading=1.35,
    )
    end = sheet.text(x + 8, y + 76, "公民身份号码", 12, face="sans", fill=pale)
    sheet.text(end + 6, y + 75, person.id_number, 17, name="id_number", face="sans", gap=1.4)


def _id_back(sheet, person, x, y):
    wide, high = 146, 92
    box = [dots(x), dots(y), dots(x + wide), dots(y + high)]
    sheet.draw.rounded_rectangle(box, 40, fill=(238, 236, 238), outline=(150, 160, 170), width=3)
    sheet.draw.ellipse(
        [dots(x + 10), dots(y + 12), dots(x + 34), dots(y + 36)], outline=RED, width=8
    )
    sheet.text(x + 90, y + 14, "中华人民共和国", 22, face="serif", anchor="m", gap=3)
    sheet.text(x + 90, y + 30, "居民身份证", 30, face="serif", anchor="m", gap=5)
    end = sheet.text(x + 22, y + 62, "签发机关", 12, face="sans")
    sheet.text(end + 6, y + 61.4, person.police, 14, name="police", face="sans")
    end = sheet.text(x + 22, y + 75, "有效期限", 12, face="sans")
    sheet.text(end + 6, y + 74.4, "2016.03.11-2036.03.11", 14, name="validity", face="sans")


def licence(unit, *, stamped=False):
    """营业执照（副本）, lying; of a school 事业单位法人证书."""
    is_school = unit.is_school
    sheet = Sheet(297, 210, (253, 252, 246))
    sheet.frame(7, GOLD, 16)
    sheet.text(28, 16, "统一社会信用代码", 13, face="sans")
    sheet.text(28, 22, unit.code, 16, name="code", face="sans")
    title = "事业单位法人证书" if is_school else "营业执照"
    sheet.text(148, 30, title, 44, anchor="m", gap=6 if is_school else 22, bold=1)
    sheet.text(148, 54, "（副  本）", 18, anchor="m")
    y = 72
    left = (
        ("名    称", "name", unit.name),
        ("类    型", "", "事业单位" if is_school else "有限责任公司（国有控股）"),
        ("法定代表人", "principal", unit.principal),
        ("宗旨和业务范围" if is_school else "经营范围", "", unit.business),
    )
    for label, key, value in left:
        sheet.text(26, y, label, 13, face="sans")
        y = sheet.paragraph(62, y, 92, [(key, value)], 13, indent=0, leading=1.5) + 4
    y = 72
    for label, key, value in (
        ("开办资金" if is_school else "注册资本", "", unit.capital),
        ("成立日期", "founded", unit.founded),
        ("住    所", "address", unit.address),
    ):
        sheet.text(168, y, label, 13, face="sans")
        y = sheet.paragraph(198, y, 74, [(key, value)], 13, indent=0, leading=1.5) + 4
    sheet.text(206, 158, "登记机关", 15, anchor="m")
    sheet.text(224, 174, "2022 年 07 月 01 日", 14, name="date", anchor="m")
    sheet.seal(230, 162, 42, "样张登记专用章仅供测试")
    if stamped:
        sheet.seal(92, 76, 42, turn=12)
        sheet.seal(56, 36, 40, turn=-30)
    return sheet


def founding(unit, number, title, year, month, day, body, *, stamped=False):
    """设立工作室的行政文件: a red head, number, title, body, day."""
    sheet = Sheet()
    sheet.text(
        105, 32, f"{unit.name}文件", 28 if len(unit.name) < 15 else 23, fill=RED, anchor="m", bold=1
    )
    sheet.text(105, 56, number, 15, name="number", anchor="m")
    sheet.rule(26, 66, 184, RED, 5)
    y = 82
    for piece in [title[i : i + 20] for i in range(0, len(title), 20)]:
        sheet.text(105, y, piece, 20, name="title", anchor="m", bold=1)
        y += 11
    y = sheet.paragraph(28, y + 6, 156, ["各部门、各车间："], 15, indent=0)
    for text in body:
        y = sheet.paragraph(28, y, 156, [text], 15)
    sheet.text(146, y + 16, unit.name, 15, name="unit", anchor="m")
    sheet.text(146, y + 26, f"{year}年{month}月{day}日", 15, name="date", anchor="m")
    sheet.seal(148, y + 22, 42)
    if stamped:
        sheet.seal(106, 58, 42, turn=18)
        sheet.seal(90, 90, 42, turn=-18)
    return sheet


def police(person, unit, office, date, result="无违法犯罪记录", *, stamped=False):
    """征求公安部门意见: the question, and the police's answer below it."""
    sheet = Sheet()
    sheet.text(105, 30, "征求公安部门意见表", 24, anchor="m", bold=1)
    rows = (
        ("姓  名", ("name", person.name), "性  别", "男" if person.is_male else "女"),
        ("身份证号", ("id_number", person.id_number), "民  族", "汉族"),
    )
    y = 50
    for one, two, three, four in rows:
        for box, what in (
            ((24, y, 52, y + 14), one),
            ((52, y, 118, y + 14), two),
            ((118, y, 144, y + 14), three),
            ((144, y, 186, y + 14), four),
        ):
            sheet.cell(box, what, 13)
        y += 14
    sheet.cell((24, y, 52, y + 14), "工作单位", 13)
    sheet.cell((52, y, 186, y + 14), ("unit", unit.name), 13)
    y += 14
    sheet.cell((24, y, 52, y + 50), "推荐事由", 13)
    sheet.cell((52, y, 186, y + 50), "", 13)
    sheet.paragraph(
        56,
        y + 6,
        126,
        ["该同志拟申报武汉市技能大师工作室领办人，按照评选通知要求，特征求贵单位意见。"],
        14,
    )
    y += 50
    sheet.cell((24, y, 52, y + 110), "公安部门意见", 13)
    sheet.draw.rectangle([dots(v) for v in (52, y, 186, y + 110)], outline=BLACK, width=2)
    sheet.paragraph(
        56, y + 14, 126, ["经查询，截至目前，", person.name, "同志", ("result", result), "。"], 15
    )
    sheet.text(140, y + 76, office, 15, name="police", anchor="m")
    sheet.text(140, y + 88, date, 15, name="date", anchor="m")
    sheet.seal(142, y + 84, 42)
    if stamped:
        sheet.seal(84, 58, 42, turn=14)
        sheet.seal(100, y + 22, 42, turn=-10)
    return sheet


def veto(person, unit, date, *, stamped=False):
    """党风廉政建设等“一票否决”情况说明."""
    sheet = Sheet()
    sheet.text(105, 36, "关于党风廉政建设等“一票否决”", 22, anchor="m", bold=1)
    sheet.text(105, 48, "情况的说明", 22, anchor="m", bold=1)
    end = sheet.paragraph(
        28,
        72,
        156,
        [
            ("name", person.name),
            "同志，",
            "男" if person.is_male else "女",
            "，身份证号",
            ("id_number", person.id_number),
            "，现在我单位工作。经核查，该同志在党风廉政建设、安全生产、社会治安综合治理等方面",
            ("result", "不存在“一票否决”情形"),
            "，未受过党纪政务处分。",
        ],
        16,
    )
    end = sheet.paragraph(28, end, 156, ["特此说明。"], 16)
    sheet.text(140, end + 40, unit.name, 16, name="unit", anchor="m")
    sheet.text(140, end + 52, date, 16, name="date", anchor="m")
    sheet.seal(142, end + 48, 42)
    if stamped:
        sheet.seal(60, 80, 42, turn=22)
    return sheet


def dense_table(title, unit, year, projects):
    """A page of a table: 24 rows of projects, what they saved, who led them."""
    random_ = random.Random(f"{title}{year}")
    sheet = Sheet()
    sheet.text(105, 18, title, 18, name="title", anchor="m", bold=1)
    sheet.text(18, 29, f"填报单位：{unit.name}", 10.5)
    columns = (
        ("序号", 14),
        ("项目名称", 74),
        ("完成时间", 26),
        ("节约金额（万元）", 30),
        ("负责人", 30),
    )
    subjects = ["主轴", "轴承座", "船体分段", "光纤端面", "叶片", "电控柜", "模具", "管路"]
    doings = ["焊接变形控制", "精密磨削", "装配工艺改进", "在线检测", "节能改造", "夹具设计"]
    names = ["甄无名", "贾无姓", "任某某", "卜知道"]
    x, y = 18, 36
    for label, wide in columns:
        sheet.cell((x, y, x + wide, y + 9), label, 10.5, face="sans")
        x += wide
    y += 9
    for number in range(1, 25):
        mine = projects[number // 6] if number % 6 == 3 and number // 6 < len(projects) else None
        project = mine or f"{random_.choice(subjects)}{random_.choice(doings)}"
        values = (
            str(number),
            (f"project-{number}", project),
            f"{year}年{random_.randint(1, 12)}月",
            (f"amount-{number}", f"{random_.randint(8, 420)}.{random_.randint(0, 9)}"),
            random_.choice(names),
        )
        x = 18
        for (_, wide), value in zip(columns, values, strict=True):
            sheet.cell((x, y, x + wide, y + 9.4), value, 10.5)
            x += wide
        y += 9.4
    sheet.text(130, y + 6, "（盖章）", 11)
    sheet.seal(150, y + 2, 36)
    return sheet


def photograph(seed):
    """A workshop, more or less: no text."""
    random_ = random.Random(seed)
    wide, high = 1600, 1200
    image = Image.new("RGB", (wide, high), (168, 172, 170))
    draw = ImageDraw.Draw(image)
    draw.polygon([(0, 700), (wide, 640), (wide, high), (0, high)], fill=(120, 112, 104))
    for _ in range(9):
        x, y = random_.randrange(wide), random_.randint(420, 900)
        w, h = random_.randint(140, 320), random_.randint(120, 340)
        shade = [random_.randint(40, 190) for _ in range(3)]
        draw.rectangle([x, y - h, x + w, y], fill=tuple(shade))
        draw.rectangle([x, y - h, x + w, y - h + 30], fill=tuple(s // 2 for s in shade))
        draw.ellipse([x + 20, y - 60, x + 80, y], fill=(30, 30, 34))
    for x in range(0, wide, 320):
        draw.polygon([(x, 0), (x + 180, 0), (x + 140, 60), (x + 40, 60)], fill=(240, 240, 230))
    image = image.filter(ImageFilter.GaussianBlur(2))
    sheet = Sheet(203.2, 152.4)
    sheet.image = image
    return sheet


def blank_back(seed):
    """The empty back of a certificate: a frame, a little dust."""
    random_ = random.Random(seed)
    sheet = Sheet(297, 210, (247, 245, 238))
    for _ in range(60):
        x, y = random_.randrange(sheet.image.width - 3), random_.randrange(sheet.image.height - 3)
        sheet.image.paste((205, 200, 190), (x, y, x + 2, y + 2))
    return sheet
