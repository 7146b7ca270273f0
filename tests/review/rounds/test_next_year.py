"""A round copied to the next year: which dates move, and which stay."""

import datetime
from pathlib import Path

import pytest
from django.conf import settings

from review.rounds.next_year import a_year_later, moved


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("请于2024年6月30日前报送", "请于2025年6月30日前报送"),
        ("2024-06-30 至 2025.7.1", "2025-06-30 至 2026.7.1"),
        ("武政规〔2018〕37号，武人社发〔2024〕1号", "武政规〔2018〕37号，武人社发〔2024〕1号"),
        ("2019年以来", "2019年以来"),
        ("电话 027-83919079，编号20241年", "电话 027-83919079，编号20241年"),
    ],
)
def test_years_from_the_rounds_own_on_move_by_one(text, expected):
    assert moved(text, 2024) == expected


def test_the_notice_of_2024_becomes_one_of_2025():
    notice = Path(settings.BASE_DIR, "demo/notice_2024.txt").read_text(encoding="utf-8")
    copy = moved(notice, 2024)
    assert "2024年" not in copy
    assert "2025年6月30日前" in copy
    assert "武政规〔2018〕37号" in copy
    assert len(copy) == len(notice)


def test_the_29th_of_february_has_a_year_later_too():
    leap = datetime.datetime(2028, 2, 29, 17, tzinfo=datetime.UTC)
    assert a_year_later(leap) == datetime.datetime(2029, 2, 28, 17, tzinfo=datetime.UTC)
    assert a_year_later(None) is None
