"""A past list comes in on a phone's screen: uploaded, looked through, confirmed, then told."""

from pathlib import Path

import pytest
from django.urls import reverse

from applications.earlier_years.records import EarlierList
from applications.stages import Stage
from tests.browser import assert_accessible, log_in
from tests.factories import make_application

pytestmark = pytest.mark.django_db
FILES = Path(__file__).parent / "files"


def test_the_office_imports_a_list(page, people):
    application = make_application(Stage.QUALIFYING, people)
    page.set_viewport_size({"width": 390, "height": 844})
    log_in(page, people.office)
    page.goto("/review/earlier/")
    page.get_by_role("link", name="导入往年名单").click()
    page.set_input_files("input[type=file]", FILES / "chosen-2021.xls")
    page.get_by_role("button", name="读取并核对").click()
    page.get_by_role("heading", name="存疑的行").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert_accessible(page)

    page.get_by_role("row").filter(has_text="虚构桥梁公司").get_by_role("checkbox").uncheck()
    page.get_by_role("button", name="确认导入").click()
    page.get_by_text("已导入，共 3 项").wait_for()
    earlier = EarlierList.objects.get()
    assert (earlier.year, earlier.projects.count()) == (2021, 3)

    page.get_by_role("link", name="虚构制药厂").click()
    page.get_by_label("领办人").fill(application.lead_name)
    page.get_by_role("button", name="更正").click()
    page.get_by_text("已更正").first.wait_for()
    page.goto(reverse("review:detail", args=[application.pk]))
    hint = page.locator(".hints")
    hint.scroll_into_view_if_needed()
    assert "2021 年入选" in hint.inner_text()
    assert "领办人同名" in hint.inner_text()
