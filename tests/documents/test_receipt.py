"""回执: what one submission holds, for its unit and for those who check its papers."""

import re

import pypdfium2
import pytest
from django.urls import reverse

from accounts.roles import Role
from applications.rounds import EvidenceCategory
from applications.stages import Stage
from documents import receipt
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return make.make_people(make.make_round())


def url(submission):
    return reverse("documents:receipt", args=[submission.pk])


def text_of(made):
    pdf = pypdfium2.PdfDocument(made)
    try:
        found = []
        for page in pdf:
            text = page.get_textpage()
            found.append(re.sub(r"\s", "", text.get_text_range()))
            text.close()
            page.close()
        return found
    finally:
        pdf.close()


def test_the_receipt_says_what_was_submitted_when_and_by_whom(client, people):
    application = make.make_application(Stage.RECOMMENDING, people, lead_name="𬱖龘㛃䶮")
    submission = application.submissions.get()
    client.force_login(people.applicant)
    response = client.get(url(submission))
    text = "".join(text_of(response.getvalue()))

    assert response["Content-Type"] == "application/pdf"
    assert response["Cache-Control"] == "private, no-store"
    for expected in (
        application.number,
        "第1版",
        "申报人",
        application.unit_name,
        "𬱖龘㛃䶮",
        application.recommending_unit.name,
        submission.fingerprint,
        f"共{len(submission.content['evidence'])}份",
    ):
        assert expected in text
    for row in submission.content["evidence"]:
        assert row["sha256"] in text
        assert row["original_name"] in text


def test_files_stand_in_the_order_of_the_notice(people):
    application = make.make_application(Stage.RECOMMENDING, people)
    files = receipt.context_of(application.submissions.get())["files"]
    labels = [category.label for category in EvidenceCategory]
    order = [labels.index(row["category"]) for row in files]
    assert order == sorted(order)


def test_a_long_list_repeats_its_head_on_every_page(people):
    application = make.make_application(Stage.RECOMMENDING, people)
    submission = application.submissions.get()
    row = submission.content["evidence"][0]
    submission.content["evidence"] = [{**row, "original_name": "长" * 60 + ".pdf"}] * 40
    pages = text_of(receipt.render(submission))
    assert len(pages) > 2
    assert all("SHA-256摘要" in page for page in pages)


def test_every_version_has_a_receipt_of_its_own(client, people):
    application = make.make_application(Stage.RETURNED, people)
    application = make.take(application, "submit", people)
    client.force_login(people.applicant)
    for submission in application.submissions.all():
        text = "".join(text_of(client.get(url(submission)).getvalue()))
        assert f"第{submission.version}版" in text


@pytest.mark.parametrize("role", list(Role))
def test_who_gets_the_receipt(client, people, role):
    application = make.make_application(Stage.AWARDED, people)
    client.force_login(people.of(role))
    status = client.get(url(application.submissions.get())).status_code
    allowed = {Role.APPLICANT, Role.RECOMMENDER, Role.OFFICE}
    assert status == (200 if role in allowed else 404)
