"""Any two versions beside each other, for whoever may read them."""

import pytest
from django.urls import reverse

from accounts.roles import Role
from applications.files import evidence as evidence_files
from applications.models import Application, Award
from applications.rounds import EvidenceCategory
from applications.stages import Stage
from tests.factories import (
    id_number,
    make_application,
    make_people,
    make_round,
    make_user,
    pdf_file,
    take,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return make_people(make_round())


@pytest.fixture
def application(people):
    """Returned once and resubmitted: two versions."""
    application = make_application(Stage.RECOMMENDING, people)
    remarks = [{"section": "lead", "field": "lead_post", "text": "岗位请写到班组。"}]
    application = take(application, "return", people, remarks=remarks)
    change(application, lead_post="一班班长", lead_id_number=id_number(order="019"))
    photo = application.evidence.get(category=EvidenceCategory.PHOTOS)
    evidence_files.replace(photo, pdf_file("重拍.pdf"), people.applicant)
    card = application.evidence.get(category=EvidenceCategory.ID_CARD)
    evidence_files.replace(card, pdf_file("新身份证.pdf"), people.applicant)
    return take(application, "submit", people)


def change(application, **values):
    Application.objects.filter(pk=application.pk).update(**values)


def page_of(application, **query):
    return reverse("applications:compare", args=[application.pk], query=query)


def content_of(response):
    assert response.status_code == 200
    return response.content.decode()


def can_open(client, file):
    response = client.get(file.get_absolute_url())
    if response.streaming:
        list(response.streaming_content)  # to its end, which closes the file
    return response.status_code == 200


def to_the_panel(application, people):
    for name in ("recommend", "report", "qualify"):
        application = take(application, name, people)
    return application


def test_the_last_two_versions_are_compared_first(client, application, people):
    client.force_login(people.applicant)
    response = client.get(page_of(application))
    assert response.context["chosen"] == ["1", "2"]
    page = content_of(response)
    assert "从第 1 版到第 2 版" in page
    assert "按要求修改" in page
    assert "未要求的改动" in page
    assert application.lead_id_number[-4:] in page
    for submission in application.submissions.all():
        assert submission.fingerprint[:8] in page


def test_any_two_versions_in_either_order(client, application, people):
    application = take(application, "return", people)
    change(application, lead_post="二班班长")
    application = take(application, "submit", people)
    client.force_login(people.office)
    page = content_of(client.get(page_of(application, **{"from": 3, "to": 1})))
    assert "从第 1 版到第 3 版" in page
    assert "二班班长" in page
    page = content_of(client.get(page_of(application, **{"from": 2, "to": 3})))
    assert "一班班长" in page
    assert "重拍.pdf" not in page
    assert "请选择两个不同的版本" in content_of(
        client.get(page_of(application, **{"from": 2, "to": 2}))
    )


def test_the_owner_compares_the_draft_with_the_last_version(client, application, people):
    application = take(application, "return", people)
    change(application, lead_post="改了一半", lead_name="换了一半")
    client.force_login(people.applicant)
    page = content_of(client.get(page_of(application)))
    assert "从第 2 版到现在的内容" in page
    assert "改了一半" in page
    for role in (Role.RECOMMENDER, Role.OFFICE):
        client.force_login(people.of(role))
        response = client.get(page_of(application))
        assert response.context["chosen"] == ["1", "2"]
        assert "了一半" not in content_of(response)
        assert client.get(page_of(application, to="draft")).status_code == 404


@pytest.mark.parametrize(
    "query", [{"from": 9}, {"to": "x"}, {"from": "1' --"}, {"from": "draft"}, {"to": ""}]
)
def test_a_version_that_does_not_exist(client, application, people, query):
    client.force_login(people.office)
    assert client.get(page_of(application, **query)).status_code == 404


def test_one_version_has_nothing_to_be_compared_with(client, people):
    application = make_application(Stage.RECOMMENDING, people)
    client.force_login(people.recommender)
    assert "只提交过一版" in content_of(client.get(page_of(application)))


def test_a_draft_that_was_never_submitted_has_no_versions(client, people):
    client.force_login(people.applicant)
    assert client.get(page_of(make_application(Stage.DRAFT, people))).status_code == 404


def test_others_are_told_nothing(client, application, people):
    others = make_people(people.panel.round)
    for user in (others.applicant, others.recommender, people.expert, people.admin):
        client.force_login(user)
        assert client.get(page_of(application)).status_code == 404
    draft = take(application, "withdraw", people)
    for role in (Role.RECOMMENDER, Role.OFFICE, Role.BUREAU):
        client.force_login(people.of(role))
        assert client.get(page_of(draft)).status_code == 404


def test_staff_see_numbers_masked(client, application, people):
    client.force_login(people.office)
    page = content_of(client.get(page_of(application)))
    assert "身份证号" in page
    assert application.lead_id_number not in page


def test_experts_see_nothing_of_what_is_hidden(client, application, people):
    application = to_the_panel(application, people)
    client.force_login(people.expert)
    page = content_of(client.get(page_of(application)))
    assert "一班班长" in page
    assert "重拍.pdf" in page
    for hidden in ("身份证", "盖章申报表.pdf", application.lead_id_number[:3] + "***"):
        assert hidden not in page


def test_files_are_linked_where_they_can_be_opened(client, application, people):
    photos = application.evidence.filter(category=EvidenceCategory.PHOTOS).order_by("pk")
    links = [f'href="{photo.get_absolute_url()}"' for photo in photos]
    for role, expected in (
        (Role.APPLICANT, [True, True]),
        (Role.OFFICE, [True, True]),
        (Role.RECOMMENDER, [False, True]),
    ):
        client.force_login(people.of(role))
        page = content_of(client.get(page_of(application)))
        assert [link in page for link in links] == expected
        assert [can_open(client, photo) for photo in photos] == expected


def test_what_is_typed_runs_nothing(client, people):
    application = make_application(Stage.RETURNED, people)
    change(application, lead_post="<script>alert(1)</script>", achievements="<b>粗</b>" * 30)
    client.force_login(people.applicant)
    page = content_of(client.get(page_of(application)))
    assert "<script>alert" not in page
    assert "<b>粗" not in page


@pytest.mark.parametrize("count", [1, 30])
@pytest.mark.parametrize(("role", "queries"), [(Role.APPLICANT, 8), (Role.RECOMMENDER, 9)])
def test_costs_the_same_however_much_changed(
    client, application, people, count, role, queries, django_assert_num_queries
):
    application = take(application, "return", people)
    proof = application.evidence.filter(category=EvidenceCategory.HONOUR).last()
    Award.objects.bulk_create(
        Award(
            application=application,
            level="OTHER",
            project=f"项目{n}",
            name=f"奖项{n}",
            authority="某局",
            year=2020,
            evidence=proof,
        )
        for n in range(count)
    )
    application = take(application, "submit", people)
    client.force_login(
        make_user(Role.APPLICANT, applying_unit=people.applicant.applying_unit)
        if role == Role.APPLICANT
        else people.of(role)
    )
    with django_assert_num_queries(queries):
        response = client.get(page_of(application))
    assert len(response.context["correction"].changes) >= count
