"""axe-core finds nothing on the pages on which an application is filled in."""

import pytest
from django.urls import reverse

from tests.browser import assert_accessible, log_in
from tests.factories import make_draft, make_people, make_round

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("width", [1280, 390])
def test_the_sections_of_the_form(page, width):
    people = make_people(make_round())
    draft = make_draft(people.panel.round, people.applicant, lead_birth="八〇年", lead_post="")
    log_in(page, people.applicant)
    page.set_viewport_size({"width": width, "height": 800})
    for key in ("lead", "studio", "awards"):
        page.goto(reverse("applications:section", args=[draft.pk, key]) + "?check=1")
        assert_accessible(page)
