"""核验 at a browser: the item opens with its line marked, a mark is put in place, eyes go first."""

import pytest
from django.core.files.base import ContentFile

from applications.files import evidence as evidence_files
from applications.recognition.page import Line
from applications.recognition.records import FindingMark
from applications.rounds import EvidenceCategory
from applications.stages import Stage
from tests.applications.recognition.papers import drawn, scan
from tests.applications.recognition.reading import page_of, read
from tests.browser import assert_accessible, log_in, wait_until
from tests.factories import make_application, make_people, make_round

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def application(settings):
    """An application whose second award page names another year; what was read stands drawn."""
    settings.OCR = True
    people = make_people(make_round())
    made = make_application(Stage.RECOMMENDING, people)
    made.people = people
    award = made.awards.get()
    texts = [
        "荣誉证书",
        f"{made.lead_name}同志：",
        f"“{award.project}”荣获{award.name}{award.grade}",
        award.authority,
        "2012年12月",
    ]
    show(award.evidence, ["目录"], texts)
    type(award).objects.filter(pk=award.pk).update(evidence_page=2)
    made.refresh_from_db()
    return made


def show(file, *pages):
    """Let a file be a scan of pages with these lines, and let them be read where they stand."""
    evidence_files.keep(
        file.file, "file.pdf", ContentFile(scan(*(drawn(*lines) for lines in pages)))
    )
    file.pages = len(pages)
    file.save()
    read(
        file,
        *(
            page_of(
                *(
                    Line(text, (0.09, (118 + 90 * row) / 877, 0.6, (166 + 90 * row) / 877))
                    for row, text in enumerate(lines)
                ),
                number=number,
                width=1240,
                height=877,
            )
            for number, lines in enumerate(pages, start=1)
        ),
    )


def test_the_line_is_marked_beside_the_claim(page, application):
    log_in(page, application.people.recommender)
    page.goto(f"/review/{application.pk}/verify/")
    page.locator("[data-item='award-1']").click()
    # The page of the proof, not the file; the year is marked where it stands.
    viewer = page.frame_locator("iframe[name='proof']")
    viewer.locator("#place").wait_for()
    wait_until(
        page, "document.querySelector('iframe[name=proof]').contentDocument.images[0]?.complete"
    )
    below = viewer.locator("#place").evaluate(
        """(place) => {
          const picture = document.images[0].getBoundingClientRect();
          return (place.getBoundingClientRect().top - picture.top) / picture.height;
        }"""
    )
    assert 0.5 < below < 0.6
    assert (
        page.locator("[data-proof-note]")
        .text_content()
        .startswith("所获荣誉或奖项的复印件或旁证材料　第 2 页，共 2 页")
    )
    assert_accessible(page)
    # A page turned inside the viewer is named above it, and the item leads back to its own.
    viewer.get_by_role("link", name="上一页").click()
    page.get_by_text("第 1 页，共 2 页").first.wait_for()
    page.locator(".finding").get_by_role("link", name="第 2 页").first.click()
    viewer.locator("#place").wait_for()
    # The hint is put away where it stands, and nothing is decided by it.
    page.get_by_role("button", name="已核：").first.click()
    page.get_by_text("标记“已核”").wait_for()
    assert page.locator(".is-open .work__doubt").is_hidden()
    assert FindingMark.objects.get().user == application.people.recommender
    assert not application.award_checks.exists()
    page.get_by_role("button", name="撤销标记").click()
    page.get_by_role("button", name="不对：").first.wait_for()
    assert not FindingMark.objects.exists()


def test_eyes_go_first_where_they_are_needed(page, application):
    licence = application.evidence.get(category=EvidenceCategory.LICENCE)
    show(licence, ["营业执照", "名称 武汉另一家机械有限公司"])
    log_in(page, application.people.recommender)
    page.goto(f"/review/{application.pk}/verify/#work")
    page.get_by_role("link", name="需核对的在前").click()
    page.get_by_role("heading", name="其余各项").wait_for()
    items = page.locator(".work__list").first.locator("[data-item]")
    assert items.count() == 2
    page.get_by_role("button", name="属实").or_(
        page.get_by_role("button", name="原件已核", exact=True)
    ).click()
    page.get_by_text("已核 1 /").first.wait_for()
    assert page.locator("[data-item][aria-current]").get_attribute("data-item") == items.nth(
        1
    ).get_attribute("data-item")
    assert_accessible(page)


def test_the_page_alone_is_readable_by_everybody(page, application):
    award = application.awards.get()
    log_in(page, application.people.recommender)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"/evidence/{award.evidence_id}/pages/2/?box=0.09,0.5,0.6,0.6#place")
    page.get_by_text("本页识别出的文字").click()
    page.get_by_text("2012年12月").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert_accessible(page)
    page.get_by_role("link", name="放大").click()
    page.get_by_role("link", name="适合宽度").wait_for()
    assert page.locator("#place").count() == 1
