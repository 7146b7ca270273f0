"""姓氏笔画: the order of names on official lists."""

import pytest

from review.stroke_order import stroke_key, surname_of


def in_order(*names):
    return sorted(names, key=stroke_key) == list(names)


def test_fewer_strokes_stand_first():
    # 2, 3, 4, 5, 6, 7, 8, 11, 12 and 17 strokes
    assert in_order("丁某", "万某", "王某", "卢某", "朱某", "李某", "林某", "黄某", "程某", "戴某")


def test_equal_surnames_go_by_the_given_name():
    assert in_order("王一", "王一丁", "王二", "王三", "王强", "张一")


@pytest.mark.parametrize(
    ("name", "surname"),
    [
        ("司马光", "司马"),
        ("欧阳某某", "欧阳"),
        ("爱新觉罗某", "爱新觉罗"),
        ("司某", "司"),
        ("张欧阳", "张"),
        ("欧阳", "欧"),  # a surname alone is no name
        ("王", "王"),
        ("", ""),
    ],
)
def test_a_compound_surname_is_known(name, surname):
    assert surname_of(name) == surname


def test_a_compound_surname_goes_by_its_first_character_after_the_single_one():
    # 上 3, 司 5, 欧 8, 皇 9, 诸 10 strokes
    assert in_order("上官某", "王某", "司某", "司马一", "李某", "欧阳某", "皇甫某", "诸葛某")


def test_characters_count_as_they_are_written_in_china():
    # 阝 has two strokes and 艹 three, where Unicode's order has three and four.
    for name, strokes in (("陈", 7), ("黄", 11), ("郭", 10), ("苏", 7), ("蒋", 12), ("魏", 17)):
        ((number, *_),), *_ = stroke_key(f"{name}某")
        assert number == strokes


def test_of_equal_strokes_the_kind_of_the_strokes_decides():
    # 丁 横竖, 十 横竖, 七 横折, 卜 竖点, 人 撇捺, 刀 折撇
    assert in_order("十某", "七某", "卜某", "人某", "刀某")
    # 于 横横竖, 万 横折撇, 上 竖横横; 王 横横竖横, 毛 撇横横折, 方 点横折撇, 孔 折竖横折
    assert in_order("于某", "万某", "上某", "王某", "毛某", "方某", "孔某")


def test_rare_characters_stand_after_the_others_of_their_number():
    # 䶮 9 (龙 with 天 above), 𬱖 11 or 12, 龘 48 strokes; 胡 9, 戴 17
    assert in_order("丁某", "胡某", "䶮某", "𬱖某", "戴某", "龘某")


def test_what_is_no_chinese_name_comes_first_and_breaks_nothing():
    assert in_order("", "Aa", "丁某")
    assert stroke_key("·") < stroke_key("丁")


def test_spaces_in_a_name_do_not_count():
    assert stroke_key("王　一") == stroke_key("王一")
    assert in_order("丁 某", "王某")
