"""姓氏笔画: the order of names on official lists."""

import pytest

from review.shared.stroke_order import COMPOUND, numbered_key, stroke_key, surname_of


def in_order(*names):
    return sorted(names, key=stroke_key) == list(names)


def test_fewer_strokes_stand_first():
    # 2, 3, 4, 5, 6, 7, 8, 11, 12 and 17 strokes
    assert in_order("丁某", "万某", "王某", "卢某", "朱某", "李某", "林某", "黄某", "程某", "戴某")


def test_among_equal_surnames_one_character_stands_before_two_whatever_their_strokes():
    # 霜 has 17 strokes, 小 three and 一 one
    assert in_order("王霜", "王小某", "张龘", "张一一")
    assert in_order("王一", "王二", "王三", "王强", "王霜", "王一丁", "王一霜", "王二丁")


def test_of_equal_length_the_strokes_decide_and_with_equal_first_characters_those_of_the_second():
    assert in_order("王一", "王丁", "王山", "王林", "王霜")
    assert in_order("李小一", "李小林", "李小霜", "李文一", "李林一")


def test_a_compound_surname_is_one_surname_with_given_names_of_its_own():
    assert in_order("欧某", "欧一某", "欧阳霜", "欧阳一某")
    assert in_order("司霜", "司一一", "司马霜", "司马一一", "司徒霜", "司徒一一")


def test_three_characters_before_two_when_the_surname_is_compound():
    # 淳子平 has the surname 淳, 淳于明 淳于
    assert in_order("淳霜", "淳子平", "淳于明", "淳于一一")
    assert in_order("贺霜", "贺一一", "贺兰明", "贺兰一一")


def test_a_given_name_of_a_minority_has_as_many_characters_as_it_shows():
    assert in_order("阿某", "阿一一", "阿一·一一", "阿一一一一")
    assert stroke_key("阿一·某") == stroke_key("阿一某")


@pytest.mark.parametrize(
    ("name", "surname"),
    [
        ("司马光", "司马"),
        ("欧阳某某", "欧阳"),
        ("淳于某", "淳于"),
        ("贺兰某", "贺兰"),
        ("单于某某", "单于"),
        ("爱新觉罗某", "爱新觉罗"),
        ("司某", "司"),
        ("张欧阳", "张"),
        ("聂晁某", "聂"),  # 聂 and 晁 are two surnames
        ("王孙某", "王"),  # far more often 王 than the old 王孙
        ("欧阳", "欧"),  # a surname alone is no name
        ("贺兰", "贺"),
        ("王", "王"),
        ("", ""),
    ],
)
def test_a_compound_surname_is_known(name, surname):
    assert surname_of(name) == surname


def test_every_compound_surname_that_the_ministry_counts_is_known():
    # 公安部《二〇二〇年全国姓名报告》
    counted = "欧阳 上官 皇甫 令狐 诸葛 司徒 司马 申屠 夏侯 贺兰 完颜 慕容 尉迟 长孙"
    assert set(counted.split()) <= COMPOUND


def test_a_compound_surname_goes_by_its_first_character_after_the_single_one():
    # 上 3, 司 5, 欧 8, 皇 9, 诸 10 strokes
    assert in_order("上官某", "王某", "司某", "司马一", "李某", "欧阳某", "皇甫某", "诸葛某")


@pytest.mark.parametrize(
    ("characters", "number"),
    [
        # 阝 has two strokes, 艹 three, 讠 two, where Unicode's order has three, four and seven
        ("陈苏", 7),
        ("郭", 10),
        ("黄", 11),
        ("蒋", 12),
        ("魏", 17),
        ("䜣𠮷", 6),
        ("㛃䶮", 9),
        ("𬱖", 11),
        ("龘", 48),
    ],
)
def test_characters_count_as_they_are_written_in_china(characters, number):
    for character in characters:
        ((counted, *_),), *_ = stroke_key(f"{character}某")
        assert counted == number


def test_rare_characters_stand_where_their_strokes_put_them():
    # 一 1, 𠮷 6, 林 8; 䶮 (龙 above 天) begins 横撇折, 㛃 横横横, 胡 横竖竖
    assert in_order("王一", "王𠮷", "王林")
    assert in_order("王㛃", "王胡", "王䶮")
    assert in_order("丁某", "𠮷某", "胡某", "䶮某", "𬱖某", "戴某", "龘某")


def test_of_equal_strokes_the_kind_of_the_strokes_decides():
    # 丁 横竖, 十 横竖, 七 横折, 卜 竖点, 人 撇捺, 刀 折撇
    assert in_order("十某", "七某", "卜某", "人某", "刀某")
    # 于 横横竖, 万 横折撇, 上 竖横横; 王 横横竖横, 毛 撇横横折, 方 点横折撇, 孔 折竖横折
    assert in_order("于某", "万某", "上某", "王某", "毛某", "方某", "孔某")


def test_of_equal_kinds_the_general_list_of_characters_decides():
    # As they stand in part one of the 通用规范汉字表.
    for pair in ("十丁", "干于", "开井", "气毛", "父从", "巴孔", "石右", "叶甲申", "名各"):
        assert in_order(*(f"{each}某" for each in pair))


def test_what_is_no_chinese_name_comes_first_and_breaks_nothing():
    assert in_order("", "Aa", "丁某")
    assert stroke_key("Ab") > stroke_key("Aa")
    assert stroke_key("\ud800") < stroke_key("丁")


def test_spaces_in_a_name_do_not_count():
    assert stroke_key("王　一") == stroke_key("王一")
    assert in_order("丁 某", "王某")


def test_what_counts_in_a_name_counts_as_a_number():
    names = ["第一组", "第二组", "第三组", "第十组", "第十二组", "第二十组", "第一百零三组"]
    assert sorted(names, key=numbered_key) == names
    assert sorted(["10组", "9组", "第１组"], key=numbered_key) == ["9组", "10组", "第１组"]
    assert sorted(["机械组", "电气组"], key=numbered_key) == ["电气组", "机械组"]
