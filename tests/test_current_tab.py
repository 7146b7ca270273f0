"""The top bar says where one is: on every page of every role one item is marked, its own."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.roles import Role
from tests.test_access import ANONYMOUS, EXPECTED, World
from wsgsite.context import NAVIGATION

pytestmark = pytest.mark.django_db

BAR = re.compile(r'<header class="topbar">.*?</header>', re.DOTALL)
CURRENT = re.compile(r'<a[^>]*href="([^"]*)"[^>]*aria-current')
BREADCRUMB = re.compile(r'<nav class="breadcrumbs"[^>]*>\s*<a href="([^"?#]*)')
# Of the account itself, or of nothing in particular.
NOWHERE = (
    *("account_", "mfa_", "accounts:", "registration_correct", "privacy", "applications:my_"),
    *("guide", "jump"),
)


def pages(world, role):
    """Yield (URL name, HTML) of every page that a role reaches."""
    client = Client()
    if role != ANONYMOUS:
        client.force_login(world.user(role))
    for name, rule in EXPECTED.items():
        if role in rule.own:
            url = reverse(name, args=[*world.argument(rule.argument, False), *rule.extra])
            answer = client.get(url)
            if answer.streaming:
                list(answer.streaming_content)  # to its end, which closes the file
            elif answer.status_code == 200 and b"topbar" in answer.content:
                yield name, answer.content.decode()


@pytest.mark.parametrize("role", [ANONYMOUS, *Role])
def test_every_page_marks_the_item_that_it_belongs_to(role):
    tabs = {reverse(name) for _, name, *_ in NAVIGATION[None if role == ANONYMOUS else role]}
    wrong, visited = [], 0
    for name, html in pages(World(), role):
        visited += 1
        current = CURRENT.findall(BAR.search(html)[0])
        above = BREADCRUMB.search(html)
        if name.startswith(NOWHERE) and not current:
            continue
        if len(current) != 1:
            wrong.append(f"{name}: {current}")
        elif above and above[1] in tabs and current != [above[1]]:
            wrong.append(f"{name} stands below {above[1]}, but marks {current[0]}")
    assert visited > 5
    assert not wrong, "\n".join(wrong)
