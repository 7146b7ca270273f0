"""How text goes on paper: what is left out, where lines break, how many there are, where to cut."""

import pytest

from documents.typesetting import breakable, clean, cut, line_count, width


def test_clean_keeps_what_can_be_printed():
    assert clean("一\r\n二\r三\x00\x0b\u202e四\ufeff") == "一\n二\n三四"
    assert clean("𬱖\t龘") == "𬱖\t龘"


def test_width_and_lines():
    assert width("焊工") == 2
    assert width("abcd") == pytest.approx(2.2)
    assert width("ABCD") == pytest.approx(2.8)
    assert line_count("", 10) == 1
    assert line_count("一" * 21, 10) == 3
    assert line_count("一\n\n二", 10) == 3


def test_lines_are_counted_as_they_break():
    assert line_count("一二三四五六七八九，十", 9) == 2
    assert line_count("一二三四五，六", 5) == 2  # the comma takes 五 to the second line
    assert line_count("一二三四“五六”", 5) == 2  # the opening mark goes with 五
    assert line_count("一二三CNC5000", 5) == 2  # a word is not parted
    assert line_count("A" * 100, 10) == 8  # unless no line has room for it: 14 letters in each
    assert line_count("一" * 9, 9, indent=2) == 2


@pytest.mark.parametrize(
    ("text", "with_breaks"),
    [
        ("获“武汉工匠”（市级）称号", "获|“武汉工匠”|（市级）称号"),
        ("“甲”“乙”、‘丙’《丁》", "“甲”|“乙”、|‘丙’|《丁》"),
        ("机器人“CNC”系统“PLC”2台", "机器人|“CNC”|系统|“PLC”2台"),
        ("完成“攻关”30项和K3“样机”", "完成|“攻关”|30项和K3|“样机”"),
        ("《“一法”汇编》（“二法”）。”", "《“一法”|汇编》（“二法”）。”"),
        ("don’t “stop” James’s", "don’t “stop” James’s"),
        ("“甲”——“乙”……", "“甲”——“乙”……"),
        ('<p class="text">“甲”</p>', '<p class="text">“甲”</p>'),
    ],
)
def test_lines_may_break_beside_quotation_marks(text, with_breaks):
    assert breakable(text).replace("\u200b", "|") == with_breaks


def test_a_text_is_cut_where_a_reader_pauses():
    assert cut("一二三。四五六", 10, 2) == ("一二三。四五六", "")
    assert cut("一二三四五六七。八九十一", 5, 2) == ("一二三四五六七。", "八九十一")
    assert cut("甲乙丙（焊工）、丁戊己（钳工）、庚辛", 9, 1)[0] == "甲乙丙（焊工）、"
    assert cut("一二三\n四五六\n七八九", 5, 2) == ("一二三\n四五六", "\n七八九")
    assert cut("一" * 30, 10, 2) == ("一" * 20, "一" * 10)
    assert cut("他说：“一二三。”四五六七八九", 9, 1) == ("他说：“一二三。”", "四五六七八九")


def test_a_cut_loses_nothing_and_always_goes_on():
    text = "“一”（二），\n\n三ABCDEFGHIJKLMNOP。" * 9
    left, parts = text, []
    while left:
        part, left = cut(left, 3, 1)
        assert part
        parts.append(part)
    assert "".join(parts) == text
