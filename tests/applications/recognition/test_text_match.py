"""A claim is found on a page however the reader slipped, and not where something else stands."""

import random

import pytest

from applications.recognition.text_match import (
    Kind,
    _distances,
    find,
    find_every,
    find_year,
    is_legible,
    likeness,
    normal,
    years_of,
)
from tests.applications.recognition.pages import failed_page, page_of


def found(claim, *lines, kind=Kind.TEXT):
    match = find(claim, page_of(*lines), kind=kind)
    return match and match.text


@pytest.mark.parametrize(
    ("claim", "lines"),
    [
        ("湖北省技术能手", ["授予：湖北省技术能手称号"]),
        ("湖北省技术能手", ["湖 北 省 技 术 能 手"]),
        ("高效焊接工法", ["“高效焊接”工法"]),
        ("高效焊接工法（一）", ["高效焊接工法(一)"]),
        ("ＣＮＣ加工法", ["CNC加工法"]),
        # A line that breaks, and one of the reader's slips.
        ("大型构件激光焊接变形控制技术", ["项目：大型构件激光焊", "接变形控制技术"]),
        ("大型构件激光焊接变形控制技术", ["大型构件激光焊接变彤控制技术"]),
        ("大型构件激光焊接变形控制技术", ["大型构件激光焊接形控制技术，"]),
        # Years in words and in figures.
        ("2019年度十大工匠", ["二〇一九年度十大工匠"]),
        ("2019年度十大工匠", ["二○一九年度十大工匠"]),
        ("二零一九年度十大工匠", ["2019年度十大工匠"]),
    ],
)
def test_a_title_is_found_as_it_is_written_or_read(claim, lines):
    assert found(claim, *lines)


@pytest.mark.parametrize(
    ("claim", "lines"),
    [
        ("湖北省技术能手", ["湖北省五一劳动奖章"]),
        ("大型构件激光焊接变形控制技术", ["大型船舶分段吊装技术"]),
        ("", ["湖北省技术能手"]),
        ("能", ["湖北省技术能手"]),
        ("湖北省技术能手", []),
    ],
)
def test_another_title_is_not_taken_for_it(claim, lines):
    assert found(claim, *lines) is None


@pytest.mark.parametrize(
    ("claim", "line"),
    [
        ("第45届世界技能大赛湖北省选拔赛", "在第44届世界技能大赛湖北省选拔赛中"),
        ("武汉市第七届职业技能大赛", "武汉市第八届职业技能大赛"),
        ("武汉市职业技能大赛焊工项目二等奖", "武汉市职业技能大赛焊工项目一等奖"),
        ("全国职业技能大赛焊接项目金奖", "全国职业技能大赛焊接项目银奖"),
        ("湖北省科技进步奖特等奖", "湖北省科技进步奖一等奖"),
        ("2019年度湖北省技术能手", "2018年度湖北省技术能手"),
        ("武汉市第二十一届技能大赛", "武汉市第二十届技能大赛"),
        ("焊接变形控制工法甲型", "焊接变形控制工法乙型"),
    ],
)
def test_another_number_is_never_a_slip_of_the_reader(claim, line):
    assert found(claim, line) is None
    assert likeness(claim, page_of(line)) == 0


def test_of_two_units_that_a_number_tells_apart_the_other_is_not_found():
    unit = "中国虚构集团武汉第一建设工程有限公司"

    assert found(unit, "中国虚构集团武汉第二建设工程有限公司", kind=Kind.UNIT) is None
    assert found("虚构市第一医院", "虚构市第二医院", kind=Kind.ISSUER) is None


@pytest.mark.parametrize(
    ("claim", "line"),
    [
        ("武汉市第四十五届职业技能大赛焊工项目", "武汉市第45届职业技能大赛焊工项目"),
        ("武汉市第十届职业技能大赛焊工项目", "武汉市第10届职业技能大赛焊工项目"),
        ("武汉市第七届职业技能大赛", "武汉市第七届职业技熊大赛"),
        ("湖北五一劳动奖章", "湖北五—劳动奖章"),
        ("2019年度湖北省技术能手", "二O一九年度湖北省技木能手"),
    ],
)
def test_a_number_may_be_written_otherwise_and_the_rest_may_slip(claim, line):
    assert found(claim, line)


def test_a_title_in_the_right_column_is_found_though_the_left_one_stands_between_its_lines():
    page = page_of(
        ("项目名称", (0.1, 0.1, 0.2, 0.13)),
        ("大型构件激光焊", (0.5, 0.1, 0.7, 0.13)),
        ("完成人", (0.1, 0.14, 0.2, 0.17)),
        ("接变形控制技术", (0.5, 0.14, 0.7, 0.17)),
    )

    match = find("大型构件激光焊接变形控制技术", page)

    assert match.quality == 1
    assert match.boxes == ((0.5, 0.1, 0.7, 0.13), (0.5, 0.14, 0.7, 0.17))


def test_a_match_is_the_part_of_the_line_where_it_stands():
    page = page_of(("授予张某某同志", (0.2, 0.1, 0.9, 0.2)))

    (box,) = find("张某某", page, kind=Kind.PERSON).boxes

    assert box == pytest.approx((0.4, 0.1, 0.7, 0.2))


def test_fewer_slips_are_a_better_match():
    exact = find("激光焊接变形控制", page_of("激光焊接变形控制"))
    slip = find("激光焊接变形控制", page_of("激光焊接变彤控制"))

    assert (exact.quality, slip.quality) == (1, 0.875)


@pytest.mark.parametrize(
    ("claim", "text", "is_found", "is_approximate"),
    [
        ("张伟", "授予 张 伟 同志", True, False),
        ("张伟", "授予张玮同志", False, None),
        ("张小伟", "张小玮", False, None),
        ("阿卜杜拉·买买提", "阿卜杜拉•买买提", True, False),
        ("王己", "王已同志", True, True),
        ("李戊成", "李戌成", True, True),
        ("龘某", "龘某", True, False),
        # What the reader does not know is open; the rest must agree.
        ("𬱖小明", "授予頔小明同志", True, True),
        ("𬱖小明", "授予頔小朋同志", False, None),
        ("王㛃", "王洁", True, True),
        ("王䶮", "王龚", True, True),
        ("王䶮", "王奕", False, None),
        ("某", "某", False, None),
    ],
)
def test_a_persons_name_may_differ_only_where_it_cannot_be_read(
    claim, text, is_found, is_approximate
):
    match = find(claim, page_of(text), kind=Kind.PERSON)

    assert (match is not None) == is_found
    assert not is_found or match.is_approximate == is_approximate


@pytest.mark.parametrize(
    ("claim", "lines", "is_found"),
    [
        ("张三", ["授予张三丰同志"], False),
        ("张三", ["本公司职工张三丰同志"], False),
        ("王伟", ["获奖者：王伟民"], False),
        ("王伟", ["姓 名", "王 伟 民"], False),
        ("王伟", ["序号 姓名", "1 王伟民 焊工"], False),
        ("王伟", ["王伟民、李四光"], False),
        ("欧阳明", ["欧阳明华同志"], False),
        # What goes on is no part of the name.
        ("张三", ["张三、李四"], True),
        ("张三", ["张三主持完成"], True),
        ("张三", ["张三 男 汉族"], True),
        ("张三", ["姓名：张三 男"], True),
        ("张三", ["姓名张三性别男"], True),
        ("张三", ["授予张三等同志"], True),
        ("张三", ["授予张三同志"], True),
        ("张三", ["授予张三李四同志"], True),
        ("张三", ["张三（虚构重工有限公司）"], True),
        ("张三", ["张三丰", "张三"], True),
        ("张三丰", ["获奖者：张三丰李", "四光"], True),
    ],
)
def test_a_name_is_not_found_in_a_longer_one(claim, lines, is_found):
    assert (find(claim, page_of(*lines), kind=Kind.PERSON) is not None) == is_found


def test_a_persons_name_stands_in_one_row():
    apart = page_of(("姓名：张", (0.1, 0.1, 0.3, 0.13)), ("伟大的祖国", (0.1, 0.14, 0.4, 0.17)))
    row = page_of(("张", (0.1, 0.1, 0.13, 0.13)), ("伟", (0.2, 0.1, 0.23, 0.13)))

    assert find("张伟", apart, kind=Kind.PERSON) is None
    assert len(find("张伟", row, kind=Kind.PERSON).boxes) == 2


@pytest.mark.parametrize(
    ("claim", "text", "is_found"),
    [
        ("42010219800512017X", "公民身份号码 42010219800512017X", True),
        ("42010219800512017X", "420102 1980 0512 017x", True),
        ("91420100MA0000001X", "9142O1OOMA0000001X", True),
        ("42010219800512017X", "420102198005120171", False),
        ("420102198005120172", "14201021980051201725", False),
    ],
)
def test_a_number_agrees_in_every_figure(claim, text, is_found):
    assert (find(claim, page_of(text), kind=Kind.NUMBER) is not None) == is_found


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("省人社厅", "湖北省人力资源和社会保障厅"),
        ("湖北省人力资源社会保障厅", "湖北省人力资源和社会保障厅"),
        ("湖北省人社厅", "湖北省人力资源和社会保障厅"),
        ("湖北省人力资源和社会保障厅", "省人社厅"),
        ("市总工会", "武汉市总工会"),
        ("团省委", "共青团湖北省委员会"),
        ("湖北省人社厅、湖北省总工会", "湖北省总工会"),
        ("虚构重工公司", "虚构重工有限责任公司"),
        ("武钢集团公司", "武汉钢铁集团公司"),
    ],
)
def test_an_issuer_is_found_in_its_short_form(claim, text):
    assert found(claim, f"特发此证 {text} 二〇一九年十月", kind=Kind.ISSUER) or found(
        claim, text, kind=Kind.ISSUER
    )


def test_another_issuer_is_not_taken_for_it():
    assert found("湖北省人社厅", "武汉市人力资源和社会保障局", kind=Kind.ISSUER) is None


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("二〇一九年十月", [(2019, True)]),
        ("二零一九年度", [(2019, False)]),
        ("2019 年 10 月 8 日", [(2019, True)]),
        ("２０１９．１０", [(2019, True)]),
        ("一九九八年五月一日", [(1998, True)]),
        ("2018年度 2019年1月", [(2018, False), (2019, True)]),
        ("编号 20190123456", []),
        ("电话 83919079", []),
        # The end of a time is no year of the paper.
        ("有效期至2021年12月", []),
        ("有效期：2018年1月1日至2021年1月1日", []),
        ("有效期三年 2018年1月", [(2018, True)]),
        ("2018年1月至2020年12月", [(2018, True)]),
    ],
)
def test_years_are_read_in_words_and_figures(text, years):
    assert [(year, is_date) for year, is_date, _ in years_of(page_of(text))] == years


def test_a_year_is_found_in_a_date_before_anywhere_else():
    page = page_of("编号：2019-17", "二〇一九年十月")

    assert find_year(2019, page).text == "二〇一九"
    assert find_year(2018, page) is None


def test_the_end_of_a_time_may_stand_on_the_next_line():
    assert find_year(2021, page_of("技术能手证书 有效期至", "2021年5月")) is None


@pytest.mark.parametrize(
    "text",
    ["2018—2020年度", "2018-2020年", "2018年1月至2020年12月", "2018.01—2020.12", "2018一2020年"],
)
def test_a_year_is_found_in_a_span_of_years(text):
    page = page_of(f"{text}先进工作者", "2021年3月")

    assert find_year(2019, page).text in text
    assert find_year(2020, page)
    assert find_year(2017, page) is None
    assert find_year(2021, page).text == "2021"


def test_every_place_of_a_searched_text_is_told():
    page = page_of("焊工张某，焊工李某", "电焊 工王某")

    assert [match.text for match in find_every("焊工", page)] == ["焊工", "焊工", "焊 工"]
    assert find_every(" ", page) == []


def test_a_page_with_too_little_on_it_is_not_legible():
    assert is_legible(page_of("湖北省技术能手荣誉证书"))
    assert not is_legible(page_of("证书"))
    assert not is_legible(page_of())
    assert not is_legible(failed_page())


def test_what_is_searched_for_is_made_plain():
    assert normal("Ａ Ｂ　二〇一九") == "ab二〇一九"


def titled(number):
    """Return a title of twelve characters, another one for each number."""
    draw = random.Random(number)
    return "".join(chr(draw.randrange(0x4E00, 0x9000)) for _ in range(12))


def test_each_award_is_found_on_its_own_page_of_many():
    lines = [f"第{row}条说明工作室带徒传技和技术革新的情况及其成果" for row in range(25)]
    pages = [page_of(*lines, titled(number), number=number) for number in range(60)]

    for number in range(12):
        found = [page.number for page in pages if find(f"{titled(number)}奖", page)]
        assert found == [number]


def test_the_distance_of_texts_is_what_a_table_of_all_steps_says():
    draw = random.Random(14)
    for _ in range(200):
        one = "".join(draw.choices("甲乙丙", k=draw.randint(1, 8)))
        other = "".join(draw.choices("甲乙丙", k=draw.randint(0, 8)))
        row = list(range(len(one) + 1))
        ends = [len(one)]
        for at, character in enumerate(other, start=1):
            steps = [at]
            for number, wanted in enumerate(one, start=1):
                steps.append(
                    min(row[number] + 1, steps[-1] + 1, row[number - 1] + (wanted != character))
                )
            row = steps
            ends.append(row[-1])
        assert _distances(one, other, is_free=False) == ends
