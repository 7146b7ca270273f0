"""An award that the recommending unit struck out reaches no 附件1: Excel, preview, dossier."""

import io

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from accounts.roles import Role
from applications.models import Application, Award
from applications.stages import Stage
from documents import annex1, annex2
from documents.dossier.material import Material
from review.recommending.models import AwardCheck
from tests import factories as make

pytestmark = pytest.mark.django_db
STRUCK, KEPT = "虚构金奖", "湖北省技术能手"


@pytest.fixture
def people():
    return make.make_people(make.make_round())


@pytest.fixture
def application(people):
    """A recommended application with one award verified and another one struck out."""
    application = make.make_draft(people.panel.round, people.applicant)
    proof = application.awards.get().evidence
    Award.objects.create(
        application=application,
        level=Award.Level.OTHER,
        project="某项目",
        name=STRUCK,
        authority="某协会",
        year=2016,
        evidence=proof,
        evidence_page=1,
    )
    application = make.take(application, "submit", people)
    struck = application.awards.get(name=STRUCK)
    make.prepare(application, "recommend", people)
    AwardCheck(
        application=application,
        claim=struck.claim,
        verdict="STRUCK",
        reason="查无此奖。",
        by=people.recommender,
    ).save()
    data = make.data_for("recommend")
    return make.perform(application, "recommend", people.recommender, **data)


def test_it_is_not_in_the_excel(people, application):
    unit = people.recommender.recommending_unit
    content = annex1.Annex1(application.round, Application.objects.all(), unit).content()
    sheet = load_workbook(io.BytesIO(content)).worksheets[0]
    text = "".join(str(cell.value) for row in sheet.iter_rows() for cell in row)
    assert KEPT in text
    assert STRUCK not in text


def test_it_is_not_in_the_preview(client, people, application):
    client.force_login(people.recommender)
    page = client.get(reverse("review:recommendation_list", args=[application.round_id]))
    assert KEPT in page.content.decode()
    assert STRUCK not in page.content.decode()


@pytest.mark.parametrize("role", [Role.APPLICANT, Role.OFFICE])
def test_it_is_not_in_the_dossiers_extract_but_stays_on_the_form(people, application, role):
    visible = Application.objects.select_related("recommending_unit")
    material = Material(people.of(role), annex2.prepared(visible).get(pk=application.pk))
    honours = "".join(cell["text"] for cell in material.annex1_row["cells"])
    assert KEPT in honours
    assert STRUCK not in honours
    awards = material.content.awards.all()
    assert STRUCK in {award.name for award in awards}


def test_the_extract_asks_no_more_queries_than_without_verdicts(
    people, application, django_assert_num_queries
):
    visible = Application.objects.select_related("recommending_unit")
    prepared = annex2.prepared(visible).get(pk=application.pk)
    material = Material(people.office, prepared)
    with django_assert_num_queries(0):
        assert material.annex1_row


def test_what_is_being_redirected_is_on_nobodys_list(people):
    application = make.make_application(Stage.REDIRECTING, people)
    assert not annex1.listed(Application.objects.filter(pk=application.pk))
