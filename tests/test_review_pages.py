"""Every page of the reviewers and of the public: accessible, and as wide as the screen.

The pages are those of the access sweep, so that none is forgotten; each is looked at as the first
role that reaches it, and the pages that every role has as all of them.
"""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.roles import Role
from applications.stages import Stage
from tests.browser import assert_accessible, log_in
from tests.factories import make_application
from tests.test_access import ANONYMOUS, EXPECTED, World

pytestmark = pytest.mark.django_db

APPS = ("review", "documents", "operations")
OF_EVERY_ROLE = {"review:queue", "review:detail", "review:dashboard", "home"}
# The stages whose work looks different on an application's page.
WORK = {
    Role.RECOMMENDER: (Stage.RECOMMENDING, Stage.RECOMMENDED, Stage.REDIRECTING, Stage.RETURNED),
    Role.OFFICE: (Stage.QUALIFYING, Stage.DISQUALIFIED, Stage.INSPECTING, Stage.PUBLICITY),
    Role.EXPERT: (Stage.PANEL,),
    Role.BUREAU: (Stage.APPROVING,),
    Role.FINANCE: (Stage.COUNTERSIGNING,),
}
ROLES = (*WORK, ANONYMOUS)


def is_of(role, name, rule):
    """Whether a page is looked at as this role."""
    if role not in rule.own or not (name.partition(":")[0] in APPS or ":" not in name):
        return False
    if name in OF_EVERY_ROLE:
        return True
    return role == next(each for each in (ANONYMOUS, *WORK, *rule.own) if each in rule.own)


def addresses(world, role):
    """Yield the addresses of a role that answer with a page."""
    client = Client()
    if role != ANONYMOUS:
        client.force_login(world.user(role))
    for name, rule in EXPECTED.items():
        if is_of(role, name, rule):
            url = reverse(name, args=[*world.argument(rule.argument, False), *rule.extra])
            answer = client.get(url)
            answer.close()  # a file, for instance
            if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
                yield url
    for stage in WORK.get(role, ()):
        # In the later round: the other one has ended.
        application = make_application(stage, world.later_people)
        yield reverse("review:detail", args=[application.pk])


@pytest.mark.parametrize("role", ROLES)
def test_every_page_is_accessible_and_fits(role, page):
    world = World()
    if role != ANONYMOUS:
        log_in(page, world.user(role))
    wrong = []
    page.on("pageerror", lambda error: wrong.append(f"{page.url}: {error}"))
    page.on("console", lambda told: wrong.append(f"{page.url}: {told.text}"))
    visited = 0
    for address in addresses(world, role):
        assert page.goto(address).status == 200, address
        visited += 1
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wrong.append(f"{address} is wider than {width} px")
        # On the narrow screen, where tables become cards and scroll: the markup is the same.
        try:
            assert_accessible(page)
        except AssertionError as error:
            wrong.append(str(error))
    assert visited
    assert not wrong, "\n".join(wrong)
