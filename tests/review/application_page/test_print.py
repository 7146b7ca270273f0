"""Review pages on paper: the content without navigation, forms and buttons."""

import pytest
from django.urls import reverse

from applications.stages import Stage
from tests.browser import log_in
from tests.factories import make_application, make_people, make_round

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_review_page_prints_without_navigation_and_forms(page):
    people = make_people(make_round())
    application = make_application(Stage.QUALIFYING, people)
    log_in(page, people.office)
    page.goto(reverse("review:detail", args=[application.pk]))
    page.emulate_media(media="print")

    shown = page.locator(":is(.topbar__name, h1, .reading)")
    assert [each.is_visible() for each in shown.all()] == [True] * 3
    hidden = page.locator(":is(.topbar__nav, .account-menu, .footer, .decision, button, select)")
    assert hidden.count() > 5
    assert not any(each.is_visible() for each in hidden.all())
    # Nothing is wider than the page, which would be printed smaller.
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
