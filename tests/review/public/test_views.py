"""Pages for everybody."""

import pytest
from django.urls import reverse

from applications.stages import STEPS
from review.rounds.call import notice_lines
from tests.factories import make_round

pytestmark = pytest.mark.django_db
NOTICE = """各有关企业：
现就有关事项通知如下：
一、评选范围和条件
工作室项目申报应符合条件。

武汉市人力资源和社会保障局
2024年4月7日"""


def test_home_shows_the_open_round_the_notice_and_the_seven_steps(client):
    make_round(title="试验批次", notice=NOTICE)
    content = client.get("/").content.decode()
    assert "试验批次" in content
    assert "工作室项目申报应符合条件。" in content
    for label, _ in STEPS:
        assert label in content
    for name in ("publicity", "account_login", "account_signup"):
        assert reverse(name) in content


def test_home_without_a_round_says_so(client):
    assert "目前没有开放申报的批次" in client.get("/").content.decode()


def test_a_notice_is_set_as_official_documents_are():
    assert notice_lines(NOTICE) == [
        ("opening", "各有关企业："),
        ("", "现就有关事项通知如下："),
        ("heading", "一、评选范围和条件"),
        ("", "工作室项目申报应符合条件。"),
        ("closing", "武汉市人力资源和社会保障局"),
        ("closing", "2024年4月7日"),
    ]
    assert notice_lines("") == []


def test_a_notice_is_text_not_markup(client):
    round_ = make_round(notice="<script>alert(1)</script>")
    content = client.get(round_.get_absolute_url()).content.decode()
    assert "<script>alert" not in content
    assert "&lt;script&gt;alert" in content


def test_a_rounds_page_lists_the_evidence_that_it_requires(client):
    content = client.get(make_round().get_absolute_url()).content.decode()
    assert "领办人身份证复印件" in content
    assert "其他佐证材料" not in content


def test_unknown_rounds_do_not_exist(client):
    assert client.get(reverse("round", args=[999])).status_code == 404
    assert client.get(reverse("results", args=[999])).status_code == 404


def test_whoever_asks_for_the_head_alone_gets_it(client):
    assert client.head("/").status_code == 200
