"""实地考察记录 as a PDF, for the signatures of both parties."""

import uuid

import pypdfium2
import pytest
from django.urls import reverse

from accounts.roles import Role
from applications.stages import Stage
from review.inspection.models import Inspection, InspectionItem, Item
from review.inspection.photos import developed
from review.inspection.record import add_photo, remove_photo
from tests import factories as make
from tests.documents.pages import rules
from tests.documents.test_receipt import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return make.make_people(make.make_round())


@pytest.fixture
def application(people):
    application = make.make_application(Stage.INSPECTING, people, lead_name="𬱖龘㛃䶮")
    make.prepare(application, "pass_inspection", people)
    return application


def url(application):
    return reverse("documents:inspection", args=[application.pk])


def pictures(made):
    pdf = pypdfium2.PdfDocument(made)
    try:
        number = 0
        for page in pdf:
            number += sum(1 for _ in page.get_objects([pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]))
            page.close()
        return number
    finally:
        pdf.close()


def test_the_record_says_what_was_found_by_whom_and_leaves_room_to_sign(
    client, people, application
):
    InspectionItem.objects.create(
        inspection=application.inspection, code=Item.FIELD, result="MOSTLY", finding="通道窄。"
    )
    photos = [
        add_photo(
            application, people.office, uuid.uuid4(), Item.OFFICE, developed(make.image_file())
        )
        for _ in range(3)
    ]
    remove_photo(application, people.office, photos[0].pk)
    client.force_login(people.office)
    response = client.get(url(application))
    made = response.getvalue()
    text = "".join(text_of(made))

    assert response["Cache-Control"] == "private, no-store"
    for expected in (
        application.number,
        "𬱖龘㛃䶮",
        "考察某、考察另某",
        "办公室（工作室）",
        "基本符合",
        "通道窄。",
        "三室一场齐备。",
        "考察结论合格",
        "考察人员（签字）",
        "参加人员（签字）",
        "第1页",
    ):
        assert expected in text
    assert pictures(made) == 2


def test_a_long_finding_begins_where_there_is_room_and_is_closed_on_every_page(
    client, people, application
):
    type(application.inspection).objects.update(findings="现场“三室一场”（齐备）。" * 150)
    client.force_login(people.office)
    made = client.get(url(application)).getvalue()
    texts = text_of(made)
    assert "经费与支持" in texts[0]
    assert "三室一场" in texts[0]
    assert "三室一场" in texts[1]
    pdf = pypdfium2.PdfDocument(made)
    try:
        for page in pdf:
            first, *_, last = rules(page)
            read = page.get_textpage()
            height = page.get_height()
            outside = read.get_text_bounded(0, height - first, 595, height)
            outside += read.get_text_bounded(0, 0, 595, height - last)
            assert "三室一场" not in outside
            read.close()
            page.close()
    finally:
        pdf.close()


def test_what_was_typed_is_text_and_fetches_nothing(client, people, application):
    typed = '<img src="photo:1"><img src="file:///etc/passwd">'
    type(application.inspection).objects.update(findings=typed)
    client.force_login(people.bureau)
    made = client.get(url(application)).getvalue()
    assert "file:///etc/passwd" in "".join(text_of(made))
    assert pictures(made) == 0


def test_a_photo_that_storage_has_lost_does_not_stop_the_rest(client, people, application):
    photo = add_photo(
        application, people.office, uuid.uuid4(), Item.OFFICE, developed(make.image_file())
    )
    photo.thumbnail.storage.delete(photo.thumbnail.name)
    client.force_login(people.office)
    assert "办公室（工作室）" in "".join(text_of(client.get(url(application)).getvalue()))


def test_an_unfinished_record_is_not_printed(client, people, application):
    type(application.inspection).objects.update(passed=None)
    client.force_login(people.office)
    assert client.get(url(application)).status_code == 404


@pytest.mark.parametrize("role", [Role.APPLICANT, Role.RECOMMENDER, Role.EXPERT])
def test_it_is_the_citys_alone(client, people, application, role):
    client.force_login(people.of(role))
    assert client.get(url(application)).status_code == 404


def test_a_visit_before_its_time_is_printed_with_its_reason(client, people, application):
    Inspection.objects.update(early_reason="单位搬迁，商定提前。")
    client.force_login(people.office)
    text = "".join(text_of(client.get(url(application)).getvalue()))
    assert "早于安排时间考察的理由" in text
    assert "单位搬迁，商定提前。" in text
