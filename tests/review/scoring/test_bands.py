"""分档: what may be typed, and what is read from it."""

import pytest

from review.scoring import bands
from review.scoring.models import Criterion


def test_bands_are_read_line_by_line():
    criterion = Criterion(bands="27-30 国家级 称号\n\n0-26 其他")
    assert criterion.band_rows() == [("27-30", "国家级 称号"), ("0-26", "其他")]
    assert [tuple(map(int, band.limits)) for band in criterion.band_rows()] == [(27, 30), (0, 26)]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("27—30 国家级", "27-30 国家级"),
        ("２７～３０分：国家级，全国", "27-30 国家级，全国"),
        ("27 至 30国家级", "27-30 国家级"),
        ("24-26.5 省级", "24-26.5 省级"),
        ("30分 满分", "30 满分"),
        ("没有分数", "没有分数"),
        ("  \n 0-9 其他 ", "0-9 其他"),
    ],
)
def test_dashes_and_full_width_digits_are_put_right(typed, kept):
    assert bands.tidy(typed) == kept


@pytest.mark.parametrize("text", ["", "27-30 甲\n20-26.5 乙\n0-19 丙", "30 满分\n0-29 其他"])
def test_bands_that_go_down_without_overlap_are_taken(text):
    assert bands.problem(text, 30) is None


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("27-31 甲", "超过了满分 30 分"),
        ("30-27 甲", "请把低分写在前面，例如 27-30"),
        ("27-30 甲\n26-27 乙", "不与“27-30”重叠"),
        ("0-26 甲\n27-30 乙", "“27-30”须排在更低的分数段"),
        ("27-30", "分数在前，空一格写说明"),
        ("优秀 甲", "分数在前，空一格写说明"),
    ],
)
def test_others_are_refused_with_what_to_do(text, sentence):
    assert sentence in bands.problem(text, 30)
