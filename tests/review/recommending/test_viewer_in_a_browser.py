"""What the viewer beside the work list shows of a file, at a browser."""

import pytest
from django.urls import reverse

from applications.files.evidence import add
from applications.rounds import EvidenceCategory
from tests.browser import log_in
from tests.factories import image_file, make_draft, make_people, make_round, stamp, take

pytestmark = pytest.mark.django_db(transaction=True)

MEASURE = """async (img) => {
  await img.decode();
  const box = img.getBoundingClientRect();
  return [box.width, box.height];
}"""


@pytest.mark.parametrize("size", [(3000, 2000), (1200, 4000)])
def test_a_picture_is_shown_whole(page, size):
    """Browsers fit a picture to a window of its own, but to no frame."""
    people = make_people(make_round())
    draft = make_draft(people.panel.round, people.applicant)
    photo = add(draft, EvidenceCategory.PHOTOS, image_file(size=size), people.applicant)
    stamp(draft, people.applicant)
    application = take(draft, "submit", people)
    page.set_viewport_size({"width": 1280, "height": 800})
    log_in(page, people.recommender)
    page.goto(reverse("review:verify", args=[application.pk]))
    page.locator(f"[data-item='original-{photo.pk}']").click()
    picture = page.frame_locator(f"iframe[src^='{photo.get_absolute_url()}']").locator("img")
    picture.wait_for()
    width, height = picture.evaluate(MEASURE)
    room = page.locator("iframe[name='proof']").bounding_box()
    assert 0 < width <= room["width"]
    assert 0 < height <= room["height"]
    assert width / height == pytest.approx(size[0] / size[1], rel=0.01)


def test_the_item_that_an_address_names_is_in_view(page):
    people = make_people(make_round())
    draft = make_draft(people.panel.round, people.applicant)
    photos = [
        add(draft, EvidenceCategory.PHOTOS, image_file(size=(60 + number, 40)), people.applicant)
        for number in range(4)
    ]
    stamp(draft, people.applicant)
    application = take(draft, "submit", people)
    log_in(page, people.recommender)
    address = reverse("review:verify", args=[application.pk])
    for width, height in ((1280, 500), (390, 500)):
        page.set_viewport_size({"width": width, "height": height})
        page.goto("about:blank")
        page.goto(f"{address}?item=original-{photos[-1].pk}#work")
        page.wait_for_function("document.readyState === 'complete'")
        page.wait_for_timeout(300)
        item = page.locator("#work .is-open")
        top = item.evaluate("(item) => item.getBoundingClientRect().top")
        pane = page.locator("#work").bounding_box()
        assert max(0, pane["y"]) - 1 <= top < min(height, pane["y"] + pane["height"])
