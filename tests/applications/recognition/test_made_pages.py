"""The made-up pages that reading is measured by are many, various, true to what is said of them."""

import io
from collections import Counter

import pypdfium2
import pytest
from PIL import Image
from stdnum.cn import ric, uscc

from applications.models import Award
from applications.national_codes import SkillLevel
from applications.rounds import PROOFS
from tests.recognition_pages.applications import applications, optics
from tests.recognition_pages.conditions import CONDITIONS
from tests.recognition_pages.rows import save_application

APPLICATIONS = applications()
PAGES = [page for made in APPLICATIONS for page in made.pages]


def test_there_are_enough_pages_of_every_kind_in_every_condition():
    assert len(PAGES) >= 60
    assert len({page.id for page in PAGES}) == len(PAGES)
    conditions = Counter(page.condition for page in PAGES)
    assert {*CONDITIONS} <= {*conditions}
    assert {"id", "skill", "licence", "founding", "police", "veto", "table", "photograph"} <= {
        page.paper for page in PAGES
    }


def test_numbers_are_right_and_of_no_region():
    for made in APPLICATIONS:
        number, code = made.lead.id_number, made.unit.code
        assert number[-1] == ric.calc_check_digit(number)
        assert code[-1] == uscc.calc_check_digit(code[:-1])
        assert number.startswith("420199")
        assert code[2:8] == "420199"


def test_what_is_planted_is_about_something_that_is_claimed():
    planted = [(made, plant) for made in APPLICATIONS for plant in made.planted]
    assert len(planted) >= 20
    for made, plant in planted:
        for about in plant.abouts:
            if about[0] == "award":
                assert made.awards[about[1]].file is not None


def test_a_page_bears_what_it_says_and_is_the_same_each_time():
    one, other = optics(), optics()
    page = next(page for page in one.pages if page.paper == "honour")
    assert page.fields["holder"] == ("贾样本",)
    assert page.content == other.pages[one.pages.index(page)].content
    with Image.open(io.BytesIO(page.content)) as picture:
        assert picture.format == "JPEG"
        assert min(picture.size) > 800


def test_the_same_pages_come_in_other_conditions():
    others = applications(shift=5)
    changed = [
        (page.condition, other.condition)
        for made, again in zip(APPLICATIONS, others, strict=True)
        for page, other in zip(made.pages, again.pages, strict=True)
        if page.condition != "layer"
    ]
    assert all(one != other for one, other in changed)
    assert {other for _, other in changed} == {*CONDITIONS}


def test_what_is_printed_on_purpose_is_on_the_page_and_not_in_the_claim():
    made = optics()
    wrong = next(award for award in made.awards if award.claim.year == 2020)
    assert made.files[wrong.file].pages[wrong.page].fields["year"] == ("2017年",)


def test_pages_of_one_pdf_stand_in_order():
    made = next(made for made in APPLICATIONS if any(len(file.pages) > 1 for file in made.files))
    file = next(file for file in made.files if len(file.pages) > 1)
    document = pypdfium2.PdfDocument(file.content)
    try:
        assert len(document) == len(file.pages)
    finally:
        document.close()


@pytest.mark.django_db
def test_an_application_is_saved_as_it_was_made():
    made = optics()
    application, files, awards = save_application(made)
    assert application.lead_name == made.lead.name
    assert application.lead_skill_level in SkillLevel.values
    assert application.applying_unit.uscc == made.unit.code
    assert {file.category for file in files} <= {*PROOFS}
    assert [award.year for award in awards] == [award.claim.year for award in made.awards]
    assert [*application.awards.order_by("position")] == awards
    assert all(award.level in Award.Level.values for award in awards)
    assert awards[0].evidence == files[made.awards[0].file]
