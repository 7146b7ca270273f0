"""The key / leads to the box in the top bar, unless somebody types or has switched it off."""

import pytest

from applications.stages import Stage
from tests.browser import assert_accessible, log_in
from tests.factories import make_application, make_people, make_round

pytestmark = pytest.mark.django_db(transaction=True)
FOCUSED = "document.activeElement.closest('.jump') !== null"


def test_the_key_leads_to_the_box_and_the_box_to_the_application(page):
    people = make_people(make_round())
    application = make_application(Stage.QUALIFYING, people)
    log_in(page, people.office)
    page.goto("/review/")
    page.focus("#id_q")
    page.keyboard.type("a/b")
    assert page.input_value("#id_q") == "a/b"
    page.focus("h1 >> xpath=ancestor::main")
    page.keyboard.press("/")
    assert page.evaluate(FOCUSED)
    page.keyboard.type(application.number.lower())
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/review/{application.pk}/")

    page.set_viewport_size({"width": 390, "height": 800})
    page.keyboard.press("/")
    page.wait_for_url("**/jump/")
    assert_accessible(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.click(".account-menu summary")
    page.get_by_role("button", name="快捷键：开").click()
    page.goto("/")
    page.keyboard.press("/")
    assert not page.evaluate(FOCUSED)
