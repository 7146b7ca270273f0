"""The panel leader's day in a browser: board, reminder, ranks, conclusion, papers for signature."""

import io

import openpyxl
import pytest
from django.test import Client

from applications.notify.inbox import Message
from applications.stages import Stage
from review.scoring.models import ScoreSheet
from tests.browser import assert_accessible, log_in
from tests.factories import make_application, make_people, make_round, score_by

pytestmark = pytest.mark.django_db(transaction=True)

CARDS = (
    ("28", "22", "18", "13", "8"),
    ("25", "20.5", "17", "12", "8"),
    ("25", "20", "18", "13", "9.5"),
    ("30", "25", "20", "15", "10"),
    ("20", "20", "16", "12", "8"),
)


def test_the_leaders_day(page, live_server):
    people = make_people(make_round(), experts=5)
    application = make_application(Stage.PANEL, people)
    experts = people.panel.seated()
    for expert, card in list(zip(experts, CARDS, strict=True))[:4]:
        score_by(application, expert, *card)
    ScoreSheet.objects.create(application=application, expert=experts[4])

    log_in(page, people.expert)
    page.goto("/review/")
    page.get_by_role("link", name=f"{people.panel.name}评审进度").click()
    page.get_by_text("草稿").wait_for()
    assert page.get_by_text("平均分").count() == 0
    assert_accessible(page)
    page.get_by_role("button", name="提醒未提交的专家").click()
    page.get_by_text(f"已提醒{experts[4].name}（1 项）").wait_for()
    assert page.get_by_role("button", name="提醒未提交的专家").is_disabled()
    assert Message.objects.filter(recipient=experts[4], kind=Message.Kind.REMINDER).exists()

    # The last expert submits meanwhile.
    ScoreSheet.objects.filter(expert=experts[4]).delete()
    score_by(application, experts[4], *CARDS[4])
    page.reload()
    page.get_by_role("heading", name="名次").wait_for()
    assert_accessible(page)
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": 1280, "height": 900})
    with page.expect_download() as download:
        page.get_by_role("link", name="Excel").click()
    book = openpyxl.load_workbook(io.BytesIO(download.value.path().read_bytes()))
    assert book.sheetnames == ["汇总", "评分明细"]

    page.get_by_role("link", name="写评审意见").click()

    text = page.locator("#id_text").input_value()
    assert "去掉一个最高分和一个最低分，该项目平均得分 85.67 分" in text

    assert_accessible(page)
    page.locator("#id_text").fill(f"{text}请办公室考察时核实经济效益。")
    page.get_by_role("button", name="建议入选", exact=True).click()
    page.get_by_text("已办理“建议入选”").wait_for()

    # Afterwards the office has the same list and the paper with the conclusion.
    office = Client()
    office.force_login(people.office)
    answer = office.get(f"/documents/scores/{application.pk}.pdf")
    assert answer["Content-Type"] == "application/pdf"
    log_in(page, people.office)
    page.goto(f"/review/rounds/{people.panel.round_id}/ranking/")
    page.get_by_text("85.67").wait_for()
    assert_accessible(page)
    page.get_by_role("link", name="龘某技能大师工作室").click()
    page.get_by_text("请办公室考察时核实经济效益。").first.wait_for()
