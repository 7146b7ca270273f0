"""What leaves with the published results: a letter for each unit, and the list as Excel."""

import io

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from accounts.roles import Role
from applications.models import Application
from applications.stages import Stage
from applications.versions.snapshot import in_groups
from documents import result_letter
from review.results import corrections
from tests import factories as make
from tests.documents.test_receipt import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return make.make_people(make.make_round())


def publish(people, **document):
    return make.publish_results(people.panel.round, people.office, **document)


def letter_url(application):
    return reverse("documents:result_letter", args=[application.pk])


def test_who_was_selected_gets_a_notice_with_number_and_date(client, people):
    application = make.make_application(Stage.AWARDED, people, lead_name="龘某")
    client.force_login(people.applicant)
    overview = reverse("applications:overview", args=[application.pk])
    assert client.get(letter_url(application)).status_code == 404
    assert letter_url(application) not in client.get(overview).content.decode()
    publish(people)
    assert letter_url(application) in client.get(overview).content.decode()
    response = client.get(letter_url(application))
    assert response["Cache-Control"] == "private, no-store"
    (text,) = text_of(response.getvalue())
    for expected in (
        "入选通知书",
        application.unit_name,
        "龘某",
        "武人社发〔2026〕1号",
        application.number,
        "武汉市人力资源和社会保障局",
    ):
        assert expected in text


def test_who_was_not_selected_is_told_no_score_and_no_reason(client, people):
    application = make.make_application(Stage.NOT_SELECTED, people)
    publish(people)
    client.force_login(people.applicant)
    (text,) = text_of(client.get(letter_url(application)).getvalue())
    assert "评选结果告知书" in text
    assert "本次未入选" in text
    assert application.unit_name in text
    for secret in ("意见：", "理由：", str(application.panel_assignment.mean), "发〔"):
        assert secret not in text


@pytest.mark.parametrize("role", list(Role))
def test_a_letter_is_for_its_unit_and_the_office(client, people, role):
    application = make.make_application(Stage.AWARDED, people)
    publish(people)
    client.force_login(people.of(role))
    allowed = {Role.APPLICANT, Role.OFFICE}
    assert client.get(letter_url(application)).status_code == (200 if role in allowed else 404)
    stranger = make.make_people(people.panel.round)
    client.force_login(stranger.applicant)
    assert client.get(letter_url(application)).status_code == 404


def test_the_office_gets_all_letters_at_once_a_page_each(client, people, django_assert_num_queries):
    lost = make.make_application(Stage.NOT_SELECTED, people)
    won = make.make_application(Stage.AWARDED, people)
    url = reverse("documents:result_letters", args=[won.round_id])
    client.force_login(people.office)
    assert client.get(url).status_code == 404
    publish(people)
    first, second = text_of(client.get(url).getvalue())
    assert won.number in first
    assert lost.number in second
    with django_assert_num_queries(2):
        result_letter.render(result_letter.with_letters(Application.objects.all()))


def test_the_list_as_excel_is_what_the_public_reads(client, people, django_assert_num_queries):
    names = ("龘某", "丁某", "=王某")
    for name in names:
        make.make_application(Stage.AWARDED, people, lead_name=name)
    make.make_application(Stage.NOT_SELECTED, people, lead_name="落选某")
    client.force_login(people.office)
    url = reverse("documents:result_list", args=[people.panel.round_id])
    with django_assert_num_queries(7):
        made = client.get(url).getvalue()
    sheet = load_workbook(io.BytesIO(made)).active
    rows = rows_of(made)
    head = next(row for row in rows if row[0] == "序号")
    listed = rows[rows.index(head) + 1 :]
    assert [row[2] for row in listed] == ["=王某", "丁某", "龘某"]
    cell = next(cell for row in sheet.iter_rows() for cell in row if cell.value == "=王某")
    assert cell.data_type == "s"
    assert "平均分" not in head
    assert "尚未公布" in str(rows)
    assert "发文" not in str(rows)


def rows_of(made):
    sheet = load_workbook(io.BytesIO(made)).active
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def test_list_and_letters_read_the_published_list_and_its_one_document(client, people):
    application = make.make_application(Stage.AWARDED, people, lead_name="丁某")
    edition = publish(
        people, document_number="武人社发〔2026〕9号", document_date=timezone.localdate()
    )
    Application.objects.update(lead_name="改名某", unit_name="改名厂")
    client.force_login(people.office)
    url = reverse("documents:result_list", args=[application.round_id])
    rows = rows_of(client.get(url).getvalue())
    said = str(rows)
    assert "丁某" in said
    assert "改名" not in said
    assert said.count("武人社发〔2026〕9号") == 1
    assert in_groups(edition.digest) in said
    (letter,) = text_of(client.get(letter_url(application)).getvalue())
    assert "丁某" in letter
    assert "改名" not in letter
    assert "武人社发〔2026〕9号" in letter


def test_a_correction_changes_list_and_letter_and_says_so(client, people):
    off = make.make_application(Stage.AWARDED, people, lead_name="丁某")
    other = make.make_people(people.panel.round)
    stays = make.make_application(Stage.AWARDED, other, lead_name="王某")
    edition = publish(people)
    correction = corrections.propose_correction(
        edition.round_id,
        people.office,
        "经复核，业绩不实。",
        number=edition.document_number,
        date=edition.document_date,
        removed=[off.pk],
        texts={str(stays.pk): {"unit_name": "更正后的厂"}},
    )
    corrections.consent_to_correction(correction.pk, people.bureau)
    client.force_login(people.office)
    url = reverse("documents:result_list", args=[off.round_id])
    said = str(rows_of(client.get(url).getvalue()))
    assert "第 2 版" in said
    assert "更正理由：经复核，业绩不实。" in said
    assert "丁某" not in said
    (letter,) = text_of(client.get(letter_url(off)).getvalue())
    assert "评选结果告知书" in letter
    assert "经复核，业绩不实。" in letter
    (letter,) = text_of(client.get(letter_url(stays)).getvalue())
    assert "入选通知书" in letter
    assert "更正后的厂" in letter


@pytest.mark.parametrize("name", ["documents:result_list", "documents:result_list_pdf"])
def test_the_bureau_has_the_list_once_it_is_published(client, people, name):
    application = make.make_application(Stage.AWARDED, people)
    url = reverse(name, args=[application.round_id])
    page = reverse("review:results", args=[application.round_id])
    client.force_login(people.bureau)
    assert client.get(url).status_code == 404
    make.publish_results(application.round, people.office)
    assert client.get(url).status_code == 200
    assert url in client.get(page).content.decode()
    client.force_login(people.expert)
    assert client.get(url).status_code == 404
    assert url not in client.get(page).content.decode()
