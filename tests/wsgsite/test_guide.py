"""使用说明: every role's 帮助 opens its page, and the page has its paragraphs and pictures."""

import re

import pytest
from django.conf import settings
from django.urls import reverse
from PIL import Image

from accounts.roles import Role
from tests.browser import assert_accessible
from tests.factories import make_people, make_round
from wsgsite.guide import GUIDES, OF_ROLE, PICTURES, pictures

TEMPLATES = settings.BASE_DIR / "templates"
LARGEST, LARGEST_TOGETHER = 80_000, 1_600_000  # bytes


@pytest.mark.parametrize("role", [None, *Role])
def test_help_opens_the_guide_of_ones_role(client, db, role):
    if role:
        client.force_login(make_people(make_round()).of(role))
    front = client.get(reverse("privacy"))
    address = re.search(r'href="([^"]+)"[^>]*>帮助</a>', front.content.decode())[1]
    page = client.get(address)
    assert page.status_code == 200
    assert f"<h1>{GUIDES[OF_ROLE[role]].title}</h1>" in re.sub(
        r"\s*\n\s*", "", page.content.decode()
    )


@pytest.mark.parametrize("name", GUIDES)
def test_a_guide_has_every_paragraph_in_the_order_of_its_list(client, db, name):
    html = client.get(reverse("guide", args=[name])).content.decode()
    assert re.findall(r'<section class="panel" id="(\w+)"', html) == list(GUIDES[name].sections)
    for anchor, title in GUIDES[name].sections.items():
        assert f'<a href="#{anchor}">{title}</a>' in html
        assert f'<h2 id="title-{anchor}">{title}</h2>' in html


def test_an_unknown_guide_is_not_there(client, db):
    assert client.get(reverse("guide", args=["nobody"])).status_code == 404


def test_help_beside_a_task_leads_to_a_paragraph():
    anchors = {anchor for guide in GUIDES.values() for anchor in guide.sections}
    asked = [
        anchor
        for template in TEMPLATES.rglob("*.html")
        for anchor in re.findall(
            r'components/help.html" with at="(\w*)"', template.read_text(encoding="utf-8")
        )
    ]
    assert set(asked) <= anchors


def test_every_picture_is_shown_and_small():
    named = [
        name
        for template in (TEMPLATES / "guide").glob("*.html")
        for name in re.findall(r"picture=pictures\.(\w+)", template.read_text(encoding="utf-8"))
    ]
    sizes = {file.stem: file.stat().st_size for file in PICTURES.glob("*.webp")}
    assert sorted(named) == sorted(sizes) == sorted(pictures())
    for name, shown in pictures().items():
        with Image.open(PICTURES / f"{name}.webp") as image:
            assert image.size == (shown["width"], shown["height"])
    assert max(sizes.values()) <= LARGEST
    assert sum(sizes.values()) <= LARGEST_TOGETHER


@pytest.mark.parametrize("width", [1280, 390])
def test_guides_are_accessible(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    for address in ("guides", *GUIDES):
        page.goto(reverse("guides") if address == "guides" else reverse("guide", args=[address]))
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
