"""axe-core finds nothing on the pages on which an application is filled in."""

import pytest
from django.urls import reverse

from tests.browser import assert_accessible, log_in
from tests.factories import make_draft, make_people, make_round

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("width", [1280, 390])
def test_the_task_list_and_the_sections(page, width):
    people = make_people(make_round())
    draft = make_draft(people.panel.round, people.applicant, postcode="43", principal="")
    log_in(page, people.applicant)
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(reverse("applications:overview", args=[draft.pk]))
    assert_accessible(page)
    for key in ("unit", "lead", "studio", "awards", "report"):
        page.goto(reverse("applications:section", args=[draft.pk, key]) + "?check=1")
        assert_accessible(page)
