"""办理档案: the timeline as a PDF."""

from dataclasses import replace

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.roles import Role
from applications.rounds import EvidenceCategory
from applications.stages import Stage
from applications.workflow.events import JUDGE_CONDITIONS, record
from documents import timeline
from tests import factories as make
from tests.documents.test_receipt import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return make.make_people(make.make_round())


def made_for(client, user, application):
    client.force_login(user)
    return client.get(reverse("documents:timeline", args=[application.pk])).getvalue()


def test_the_archive_tells_everything_with_versions_and_page_numbers(client, people):
    application = make.make_application(Stage.AWARDED, people, lead_name="𬱖龘㛃䶮")
    submission = application.submissions.get()
    pages = text_of(made_for(client, people.office, application))
    text = "".join(pages)
    for expected in (
        application.number,
        "𬱖龘㛃䶮",
        "第1版",
        submission.fingerprint,
        "同意推荐推荐单位审核→待上报",
        "意见：approve",
        "发给：",
        "会签同意",
    ):
        assert expected in text
    for number, page in enumerate(pages, start=1):
        assert f"第{number}页共{len(pages)}页" in page
        assert application.number in page


def test_no_short_entry_is_parted_by_the_end_of_a_page(client, people):
    application = make.make_application(Stage.RECOMMENDING, people)
    for number in range(40):
        kind = replace(JUDGE_CONDITIONS, label=f"第{number}次。")
        record(application, people.office, kind, f"完{number}。")
    pages = text_of(made_for(client, people.office, application))
    assert len(pages) > 1
    for number in range(40):
        (page,) = [page for page in pages if f"第{number}次。" in page]
        assert f"完{number}。" in page


def test_an_undone_step_says_so(client, people):
    application = make.make_application(Stage.PANEL, people)
    other = make.make_user(Role.OFFICE)
    people.office = other
    make.take(application, "revert", people)
    text = "".join(text_of(made_for(client, other, application)))
    assert "资格审查通过（已撤销）" in text


def test_the_bureau_gets_it_without_the_messages(client, people):
    application = make.make_application(Stage.APPROVING, people)
    text = "".join(text_of(made_for(client, people.bureau, application)))
    assert "同意推荐" in text
    assert "发给：" not in text


def test_what_is_printed_has_no_control_characters(people):
    application = make.make_application(Stage.RECOMMENDING, people)
    record(application, people.office, JUDGE_CONDITIONS, "甲\u202e乙\x07")
    days = timeline.context_of(people.office, application)["days"]
    texts = [entry["text"] for _, entries in days for entry in entries]
    assert "甲乙" in texts


def test_one_that_is_uploaded_as_evidence_is_refused_with_the_way_on(people):
    application = make.make_application(Stage.RETURNED, people)
    content = timeline.render(people.office, application)
    upload = SimpleUploadedFile("办理档案.pdf", content, "application/pdf")
    with pytest.raises(ValidationError, match=r"平台生成的多数 PDF 带有数据附件.*打印为 PDF"):
        make.evidence_files.add(application, EvidenceCategory.OTHER, upload, people.applicant)
