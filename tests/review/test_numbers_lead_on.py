"""A number on a page leads to the list of exactly what it counts."""

import re

import pytest

from accounts.roles import Role
from applications.models import Application
from applications.stages import Stage
from tests.factories import make_application, make_recommending_unit

pytestmark = pytest.mark.django_db
QUEUE = "/review/"
LINK = re.compile(r'<a [^>]*href="(/review/\?[^"]+)"[^>]*>(.*?)</a>', re.DOTALL)
STAGES = (
    Stage.RECOMMENDING,
    Stage.RECOMMENDED,
    Stage.RETURNED,
    Stage.QUALIFYING,
    Stage.QUALIFYING,
    Stage.PANEL,
    Stage.PUBLICITY,
    Stage.APPROVING,
    Stage.COUNTERSIGNING,
    Stage.AWARDED,
)
PAGES = {
    Role.OFFICE: (
        "",
        "publicity/",
        "lists/reported/",
        "panels/",
        "panels/{panel}/",
        "rounds/{round}/ranking/",
    ),
    Role.BUREAU: ("", "approval/", "rounds/{round}/ranking/"),
    Role.FINANCE: ("", "approval/"),
    Role.RECOMMENDER: ("",),
    Role.EXPERT: ("",),
}


def counting_links(content):
    """Return (address, number) of every link into the queue whose text holds a number."""
    links = []
    for address, inner in LINK.findall(content):
        # Last, behind the name of whose number it is.
        if numbers := re.findall(r"\d+", re.sub("<[^>]+>", "", inner)):
            links.append((address.replace("&amp;", "&"), int(numbers[-1])))
    return links


def test_every_number_leads_to_what_it_counts(log_in, people):
    applications = [make_application(stage, people) for stage in STAGES]
    # Another unit, so that a filter by unit has something to leave out.
    Application.objects.filter(pk=applications[3].pk).update(
        recommending_unit=make_recommending_unit()
    )
    followed = set()
    for role, pages in PAGES.items():
        client = log_in(role)
        for page in pages:
            path = page.format(panel=people.panel.pk, round=people.panel.round_id)
            response = client.get(QUEUE + path if path else "/")
            assert response.status_code == 200, path
            for address, number in counting_links(response.content.decode()):
                listed = client.get(address).context["page_obj"].paginator.count
                assert listed == number, (role, path, address)
                followed.add(address.split("round=")[0].split("unit=")[0])
    assert {"stage=undecided", "stage=reported", "stage=approved", "stage=all", "stage=PANEL"} <= {
        part for address in followed for part in re.split("[?&]", address)
    }
