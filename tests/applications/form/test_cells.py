"""What people and Excel put into the cells of a table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applications.form.cells import date_doubt, stated, year_of


@pytest.mark.parametrize(
    "text",
    ["无", "没有", "暂无", "无等级", "未评等级", "不分等级", "/", "／", "-", "—", "——", "－", ""],
)
def test_a_word_for_nothing_says_nothing(text):
    assert stated(text) == ""
    assert stated(f" {text} ") == ""


@pytest.mark.parametrize(
    "text", ["一等奖", "无损检测奖", "无锡市", "1/5", "第一", "不锈钢", "没骨画"]
)
def test_what_only_begins_like_nothing_is_kept(text):
    assert stated(text) == text


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("1月5日", "1/5"),
        ("1月5号", "1/5"),
        ("１月５日", "1/5"),
        ("2024年1月5日", "1/5"),
        ("2024/1/5", "1/5"),
        ("2024-01-05", "1/5"),
        ("2024-01-05 00:00:00", "1/5"),
        ("1/5/2024", "1/5"),
        ("5-Jan", "1/5"),
        ("Jan-05", "1/5"),
        ("45296", "1/5"),
        ("43864", "2/3"),
    ],
)
def test_a_date_is_asked_about_with_what_was_probably_typed(text, meant):
    assert date_doubt(text) == f"“{text}”像是 Excel 把“{meant}”变成的日期，请按证书填写。"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "1/5",
        "1-5",
        "第1/5",
        "1/5名",
        "第一",
        "3/12",
        "13/20",
        "主持",
        "一等奖",
        "2018",
        "13月",
    ],
)
def test_a_rank_is_no_date(text):
    assert date_doubt(text) is None


def test_a_month_alone_is_asked_about():
    assert date_doubt("2024年1月") == "“2024年1月”像是 Excel 把别的内容变成的日期，请按证书填写。"


@given(st.text())
def test_no_text_breaks_it(text):
    assert stated(text) in {"", text}
    assert year_of(text) is None or 0 <= year_of(text) <= 9999
    date_doubt(text)
