"""Every list that is published stands in one order, that of 姓氏笔画."""

import io

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from applications.stages import Stage
from documents.publicity_proof import context_of
from tests.factories import make_application, make_people, make_round, publish_results
from tests.review.publicity.test_publicity import make_notice

pytestmark = pytest.mark.django_db

# One character before two, whatever their strokes; 淳于 is a surname.
NAMES = ["丁某", "王一", "王𠮷", "王霜", "王小一", "王小霜", "淳子平", "淳于明"]


@pytest.fixture
def people():
    return make_people(make_round())


def make_listed(stage, people):
    """Make an application of each name, in another order than that of the strokes."""
    return [make_application(stage, people, lead_name=name) for name in reversed(NAMES)]


def order_in(text):
    """Return the names in the order in which a page first has them."""
    return sorted(NAMES, key=text.index)


def test_the_notice_the_choice_of_its_objection_and_its_proof(client, people):
    listed = make_listed(Stage.PUBLICITY, people)
    notice = make_notice(people, *listed)
    for page in (
        reverse("publicity"),
        reverse("publicity_notice", args=[notice.pk]),
        reverse("object_to", args=[notice.pk]),
    ):
        assert order_in(client.get(page).content.decode()) == NAMES, page
    assert [row["lead"] for row in context_of(notice)["rows"]] == NAMES


def test_the_results_and_their_excel(client, people):
    make_listed(Stage.AWARDED, people)
    publish_results(people.panel.round, people.office)
    round_pk = people.panel.round_id
    assert order_in(client.get(reverse("results", args=[round_pk])).content.decode()) == NAMES
    client.force_login(people.office)
    own_page = client.get(reverse("review:results", args=[round_pk])).content.decode()
    assert order_in(own_page) == NAMES
    made = client.get(reverse("documents:result_list", args=[round_pk])).getvalue()
    cells = [cell.value for row in load_workbook(io.BytesIO(made)).active for cell in row]
    assert [value for value in cells if value in NAMES] == NAMES
