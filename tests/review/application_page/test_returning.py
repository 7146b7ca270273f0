"""A return: remarks on fields and files, more rows of them, and what the applicant sees of it."""

import pytest
from django.urls import reverse

from accounts.roles import Role
from applications.files import evidence
from applications.models import Application, Evidence
from applications.stages import Stage
from applications.versions.corrections import latest_correction, returns_of
from tests.factories import data_for, make_application, pdf_file, prepare, take, unexamined
from tests.tabs import tab_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def application(people):
    return make_application(Stage.RECOMMENDING, people)


@pytest.fixture
def licence(application):
    return application.evidence.get(category="LICENCE")


def page_of(application, **asked):
    return reverse("review:detail", args=[application.pk]) + (
        "?" + "&".join(f"{key}={value}" for key, value in asked.items()) if asked else ""
    )


def send(client, application, *remarks, **typed):
    """Send the form of a return with its remarks, pairs of target and text."""
    data = {
        "revision": application.revision,
        "reason": "请按要求修改。",
        "deadline": f"{data_for('return')['deadline']:%Y-%m-%dT%H:%M}",
        "remarks-TOTAL_FORMS": len(remarks),
        "remarks-INITIAL_FORMS": 0,
        **typed,
    }
    for number, (about, text) in enumerate(remarks):
        data |= {f"remarks-{number}-about": about, f"remarks-{number}-text": text}
    return client.post(reverse("review:decide", args=[application.pk, "return"]), data)


def content_of(response):
    return response.content.decode()


def test_a_remark_on_a_file_is_beside_that_file_and_names_it(
    client, log_in, people, application, licence
):
    send(
        log_in(Role.RECOMMENDER),
        application,
        (f"evidence:file-{licence.pk}", "年检页缺失。"),
        ("lead:lead_post", "写到班组。"),
    )
    application.refresh_from_db()
    assert application.stage == Stage.RETURNED
    remark = application.remarks.get(evidence=licence)
    assert (remark.section, remark.field) == ("evidence", "LICENCE")
    client.force_login(people.applicant)
    address = reverse("applications:evidence_section", args=[application.pk])
    content = content_of(client.get(address))
    row = content.split(f'id="file-{licence.pk}"')[1].split("</li>")[0]
    assert "退回要求：年检页缺失。" in row
    assert content.count("退回要求：年检页缺失。") == 1
    overview = content_of(client.get(reverse("applications:overview", args=[application.pk])))
    assert f"企业执照（法人证书）“{licence.original_name}”" in overview
    assert f"#file-{licence.pk}" in overview


def test_the_remark_stays_beside_what_replaces_the_file(client, people, application, licence):
    remark = {"section": "evidence", "field": "LICENCE", "text": "不清楚。", "evidence": licence}
    take(application, "return", people, remarks=[remark])
    with unexamined():
        new = evidence.replace(licence, pdf_file("新执照.pdf"), people.applicant)
    client.force_login(people.applicant)
    address = reverse("applications:evidence_section", args=[application.pk])
    row = content_of(client.get(address)).split(f'id="file-{new.pk}"')[1]
    assert "退回要求：不清楚。" in row.split('class="file-row__move"')[0]


def test_a_remark_on_a_file_asks_for_that_file_alone(people, application, licence):
    with unexamined():
        application = take(application, "return", people)
        other = evidence.add(application, "LICENCE", pdf_file("另一执照.pdf"), people.applicant)
        application = take(application, "submit", people)
        remark = {
            "section": "evidence",
            "field": "LICENCE",
            "text": "不清楚。",
            "evidence": licence,
        }
        application = take(application, "return", people, remarks=[remark])
        for row in (licence, other):
            evidence.replace(Evidence.objects.get(pk=row.pk), pdf_file("换.pdf"), people.applicant)
        evidence.add(application, "LICENCE", pdf_file("补充页.pdf"), people.applicant)
    application = Application.objects.get(pk=application.pk)
    found = latest_correction(application, application, returns_of(application))
    asked = {
        (each.before or each.after).original_name: each.is_asked
        for each in found.changes
        if each.name == "LICENCE"
    }
    assert asked[licence.original_name] is True
    assert asked["另一执照.pdf"] is False
    assert asked["补充页.pdf"] is True


def test_the_reviewer_reads_which_file_was_meant(log_in, people, application, licence):
    remark = {"section": "evidence", "field": "LICENCE", "text": "不清楚。", "evidence": licence}
    take(application, "return", people, remarks=[remark])
    content = content_of(log_in(Role.RECOMMENDER).get(tab_of(application, "history")))
    assert f"“{licence.original_name}”：不清楚。" in content


def test_another_row_keeps_everything_typed_and_judges_nothing(log_in, application):
    rows = [("lead:lead_post", "写到班组。"), ("", "还没有选栏目"), ("", ""), ("", "")]
    client = log_in(Role.RECOMMENDER)
    response = send(client, application, *rows, more="1", reason="", deadline="")
    assert response.status_code == 200
    content = content_of(response)
    assert "写到班组。" in content
    assert "还没有选栏目" in content
    assert "请选择栏目" not in content
    assert "请填写理由" not in content
    assert 'name="remarks-4-text"' in content
    assert 'name="remarks-5-text"' not in content


def test_up_to_twenty_remarks_are_taken(log_in, application):
    client = log_in(Role.RECOMMENDER)
    rows = [("lead:lead_post", f"第 {number} 条") for number in range(20)]
    full = content_of(send(client, application, *rows[:19], more="1"))
    assert "再加一行" not in full
    assert send(client, application, *rows, **{"remarks-INITIAL_FORMS": 19}).status_code == 302
    assert application.remarks.count() == 20


def test_a_remark_may_begin_at_an_item_of_the_work_list(log_in, people, application, licence):
    client = log_in(Role.RECOMMENDER)
    item = f"original-{licence.pk}"
    verify = client.get(reverse("review:verify", args=[application.pk]), {"item": item})
    assert verify.context["return_url"] in content_of(verify).replace("&amp;", "&")
    content = content_of(client.get(verify.context["return_url"]))
    assert f'value="evidence:file-{licence.pk}" selected' in content


def test_a_file_of_another_application_cannot_be_meant(log_in, application):
    foreign = make_application(Stage.RECOMMENDING).evidence.first()
    remark = (f"evidence:file-{foreign.pk}", "不清楚。")
    assert send(log_in(Role.RECOMMENDER), application, remark).status_code == 422


def test_the_office_returns_with_remarks_on_files_too(log_in, people):
    application = make_application(Stage.QUALIFYING, people)
    prepare(application, "qualify", people)
    file = application.evidence.get(category="CERTIFICATE")
    remark = (f"evidence:file-{file.pk}", "缺工种页。")
    assert send(log_in(Role.OFFICE), application, remark).status_code == 302
    assert application.remarks.get().evidence == file
