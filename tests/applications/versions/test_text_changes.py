"""Two texts beside each other: what was taken out and what was put in."""

import time

import pytest

from applications.versions.text_changes import GAP, IN, OUT, SAME, pieces, sides

LONG = "领办人从事焊接工作二十余年，主持攻克技术难题三十余项。"


def joined(side):
    return "".join(text for _, text in side)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (LONG, LONG.replace("三十", "五十")),
        (LONG, LONG + "获发明专利2项。"),
        (LONG + "\n第二段。", LONG),
        ("一。二。三。", "三。二。一。"),
        ("龘某，𬱖某。", "龘某，㛃某。"),
        ("", LONG),
        ("完全不同的一句话，没有共同之处", "ABCDEF 12345 ?"),
    ],
)
def test_the_pieces_make_up_both_texts(before, after):
    found = pieces(before, after)
    assert "".join(text for mark, text in found if mark != IN) == before
    assert "".join(text for mark, text in found if mark != OUT) == after


def test_only_what_differs_is_marked():
    before, after = sides(LONG, LONG.replace("三十", "五十"))
    assert [text for mark, text in before if mark == OUT] == ["三"]
    assert [text for mark, text in after if mark == IN] == ["五"]


def test_a_number_changes_as_a_whole():
    before, after = sides(f"{LONG}创效500万元。", f"{LONG}创效560万元。")
    assert (OUT, "500") in before
    assert (IN, "560") in after


def test_what_is_far_from_a_change_is_left_out_and_counted():
    text = "".join(f"第{n}句没有改动。" for n in range(100))
    before, after = sides(text + "旧结尾。", text + "新结尾。")
    gap = next(shown for mark, shown in after if mark == GAP)
    assert f"{len(text) - 24} 字未改" in gap
    assert len(joined(after)) < 60
    assert joined(before).endswith("旧结尾。")
    # Around an insertion, the side without it shows where it belongs.
    before, _ = sides(text, text + "新增一句。")
    assert joined(before).endswith("没有改动。")


def test_sentences_with_little_in_common_are_replaced_as_a_whole():
    before, after = sides(f"{LONG}甲乙丙丁戊己庚辛。", f"{LONG}子丑寅卯辰巳午未。")
    assert (OUT, "甲乙丙丁戊己庚辛。") in before
    assert (IN, "子丑寅卯辰巳午未。") in after


def test_short_texts_are_shown_as_they_are():
    assert sides("焊接班长", "焊接一班班长") == ([(SAME, "焊接班长")], [(SAME, "焊接一班班长")])
    assert sides("", "新内容") == ([], [(SAME, "新内容")])


def test_a_changed_line_break_is_seen():
    before, after = sides(f"{LONG}{LONG}", f"{LONG}\n{LONG}")
    assert (IN, "（换行）") in after
    assert not any(mark == OUT for mark, _ in before)


@pytest.mark.parametrize("sign", ["。", "a", "一", "\n", "。\n"])
def test_hostile_texts_are_compared_in_time(sign):
    start = time.process_time()
    sides(sign * 5000, sign * 4000 + "改" + sign * 900)
    assert time.process_time() - start < 2
