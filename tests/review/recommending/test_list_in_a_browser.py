"""The recommending unit at its list: order by key and by hand, stamp, report, locked."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from applications.models import Application
from applications.stages import Stage
from review.recommending.unit_list import UNEXPLAINED
from tests.browser import assert_accessible, log_in
from tests.factories import make_application, make_people, make_round, pdf_file

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def people():
    return make_people(make_round())


@pytest.fixture
def listed(people):
    """Four that wait to be reported: 甲, 乙, 丙, 丁."""
    return [make_application(Stage.RECOMMENDED, people, lead_name=name) for name in "甲乙丙丁"]


def names_on(page):
    """The names in the list of ranks, as they stand on the page."""
    labels = page.locator(".rank-list label").all_inner_texts()
    return "".join(re.search("[甲乙丙丁]", label)[0] for label in labels)


def names_in_preview(page):
    """The names in the preview of 附件1, which must be numbered from 1."""
    rows = [row.locator("td").all_inner_texts() for row in page.locator("[data-preview] tr").all()]
    assert [row[0] for row in rows] == [str(number) for number in range(1, len(rows) + 1)]
    return "".join(row[2] for row in rows)


def saved():
    return "".join(Application.objects.order_by("rank").values_list("lead_name", flat=True))


def row(page, name):
    return page.locator(".rank-list li").nth(names_on(page).index(name))


def save(page, answer):
    page.get_by_role("button", name="保存排序").click()
    page.get_by_text(answer).wait_for()


def test_order_by_key_and_by_hand_then_stamp_report_and_locked(page, people, listed):
    log_in(page, people.recommender)
    page.goto(reverse("review:recommendation_list", args=[listed[0].round_id]))
    status = page.locator("[data-rank-status]")

    # By keyboard: the focus goes along, and the preview follows.
    row(page, "丙").get_by_role("button", name="上移").focus()
    page.keyboard.press("Enter")
    expect(status).to_have_text("已移到第 2 位")
    page.keyboard.press("Space")
    expect(status).to_have_text("已移到第 1 位")
    expect(row(page, "丙").get_by_role("button", name="下移")).to_be_focused()
    assert names_on(page) == names_in_preview(page) == "丙甲乙丁"
    # By a typed number.
    row(page, "丁").get_by_role("textbox").fill("2")
    page.keyboard.press("Enter")
    assert names_on(page) == names_in_preview(page) == "丙丁甲乙"
    assert_accessible(page)
    save(page, "排序已保存。")
    assert saved() == "丙丁甲乙"

    # By hand; the order had been saved, so a reason is asked for, and the new order kept.
    handle = row(page, "乙").locator(".row-handle").bounding_box()
    target = row(page, "丙").bounding_box()
    page.mouse.move(handle["x"] + 8, handle["y"] + 20)
    page.mouse.down()
    page.mouse.move(target["x"] + 8, target["y"] + 4, steps=6)
    page.mouse.up()
    assert names_on(page) == names_in_preview(page) == "乙丙丁甲"
    expect(page.get_by_text("顺序尚未保存")).to_be_visible()
    save(page, UNEXPLAINED)
    assert names_on(page) == names_in_preview(page) == "乙丙丁甲"
    assert saved() == "丙丁甲乙"
    page.get_by_label("调整排序的理由").fill("乙的成果更突出。")
    save(page, "排序已保存。")
    assert saved() == "乙丙丁甲"
    expect(page.get_by_text("理由：乙的成果更突出。")).to_be_visible()

    page.fill("#id_reporter", "填报某")
    page.fill("#id_office_phone", "027-83919079")
    page.fill("#id_mobile", "13900000000")
    page.get_by_role("button", name="保存填报信息").click()
    page.get_by_text("填报信息已保存。").wait_for()
    scan = pdf_file("盖章附件1.pdf")
    page.set_input_files(
        "#id_scan", {"name": scan.name, "mimeType": "application/pdf", "buffer": scan.read()}
    )
    page.get_by_role("button", name="上传扫描件").click()
    page.get_by_text("上传后附件1未改动").wait_for()
    assert_accessible(page)
    page.get_by_role("link", name="上报…").click()
    assert_accessible(page)
    page.get_by_role("button", name="确认上报 4 项").click()
    page.get_by_text("已上报，不能再修改").wait_for()
    assert_accessible(page)
    expect(page.locator("main form")).to_have_count(0)
    assert names_in_preview(page) == "乙丙丁甲"
    assert {each.stage for each in Application.objects.all()} == {Stage.QUALIFYING}
