"""建议核对: told to the applicant beside field and page, marked, and never in the way."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from applications.models import Award, FindingMark
from applications.recognition.findings import Finding
from applications.recognition.marks import mark
from applications.recognition.proposals import proposals_of
from applications.recognition.recommended_checks import address_of_field, checks_of
from tests.applications.form.test_rows import posted
from tests.applications.recognition.pages import keep_pages, page_of
from tests.factories import add_checked, make_draft, make_people, make_round, stamp

pytestmark = pytest.mark.django_db
RIGHT = ("荣誉证书", "授予张三丰同志", "高效焊接工法 湖北省技术能手", "2018年10月")
WRONG = ("荣誉证书", "授予李四光同志", "高效焊接工法 湖北省技术能手", "2018年10月")


@pytest.fixture
def people():
    return make_people(make_round())


@pytest.fixture
def draft(people, client):
    client.force_login(people.applicant)
    return make_draft(people.panel.round, people.applicant, lead_name="张三丰")


@pytest.fixture
def read(settings, monkeypatch):
    """Reading is on, wherever the packages are not."""
    settings.OCR = True
    monkeypatch.setattr("applications.recognition.reader.has_packages", lambda: True)


@pytest.fixture
def wrong(draft, read):
    """The draft, the proof of whose award is somebody else's."""
    keep_pages(draft.awards.get().evidence, page_of(*WRONG))
    return draft


def page(client, draft, name="overview", *args):
    return client.get(reverse(f"applications:{name}", args=[draft.pk, *args])).content.decode()


def test_what_differs_is_told_with_its_field_and_its_page(client, wrong):
    award = wrong.awards.get()

    for name in ("overview", "submit"):
        told = page(client, wrong, name)
        assert "建议核对（1 处）" in told
        assert "读到的姓名为“李四光”，没有读到领办人“张三丰”" in told
        assert f"/edit/awards/#award-{award.pk}" in told
        assert f"/evidence/{award.evidence_id}/pages/1/?box=" in told


def test_papers_that_disagree_are_called_so(client, draft, read):
    for category, line in (("ID_CARD", "姓名张三丰"), ("CERTIFICATE", "姓名：张三峰")):
        keep_pages(draft.evidence.get(category=category), page_of(line, "职业名称：焊工"))

    assert '<span class="tag tag--wait">材料不一致</span>' in page(client, draft)


def test_it_keeps_nobody_from_submitting(client, wrong, people):
    stamp(wrong, people.applicant)

    told = page(client, wrong, "submit")

    assert "建议核对" in told
    assert "已检查，无缺项。" in told
    assert '<button class="btn btn-primary" type="submit">提交申报</button>' in told


def test_what_is_to_be_looked_at_on_the_stamped_scan_is_told_before_submitting(
    client, draft, people, read
):
    stamp(draft, people.applicant)
    scan = draft.evidence.get(category="STAMPED", removed_at=None)
    keep_pages(scan, *(page_of("会议记录", number=number) for number in range(1, 5)))

    told = page(client, draft, "submit")

    assert "建议核对（" in told
    assert "/edit/stamp/#category-STAMPED" in told
    assert '<button class="btn btn-primary" type="submit">提交申报</button>' in told


def test_what_agrees_is_not_told(client, draft, read):
    keep_pages(draft.awards.get().evidence, page_of(*RIGHT))

    assert "建议核对" not in page(client, draft)


def test_without_reading_the_pages_are_as_before(client, draft):
    keep_pages(draft.awards.get().evidence, page_of(*WRONG))

    for told in (
        page(client, draft),
        page(client, draft, "submit"),
        page(client, draft, "section", "awards"),
    ):
        assert "李四光" not in told
        assert "建议核对" not in told


def test_where_nothing_was_read_nothing_is_told(client, draft, read):
    assert "建议核对" not in page(client, draft)


def test_what_is_marked_is_told_apart(client, wrong, people):
    (check,) = checks_of(people.applicant, wrong).open
    mark(wrong, check.shown.finding, FindingMark.Verdict.CHECKED, people.applicant)

    told = page(client, wrong)

    assert "已标记 1 处" in told
    assert "都已核对。" in told


def test_a_paper_that_could_not_be_read_is_told_once(draft, people, read):
    keep_pages(draft.evidence.get(category="CERTIFICATE"), page_of("证书"))

    (check,) = checks_of(people.applicant, draft).open

    assert check.shown.sentence.endswith("有页面未能识别，请人工核对。")


@pytest.mark.parametrize(
    ("about", "address"),
    [
        ("lead_name", "/edit/lead/#id_lead_name"),
        ("award-7", "/edit/awards/#award-7"),
        ("POLICE", "/edit/evidence/#category-POLICE"),
        ("STAMPED", "/edit/stamp/#category-STAMPED"),
        ("stamp", "/edit/stamp/#category-STAMPED"),
        ("contradiction", ""),
        ("uscc", ""),
    ],
)
def test_each_leads_to_what_it_is_about(draft, about, address):
    found = address_of_field(draft, Finding("key", about, "", "", "FOUND"))

    assert found.endswith(address)
    assert bool(found) == bool(address)


def test_queries_do_not_grow_with_awards_and_files(client, wrong, people):
    def count():
        with CaptureQueriesContext(connection) as captured:
            page(client, wrong)
            page(client, wrong, "section", "awards")
        return len(captured)

    one = count()
    for position, file in enumerate(add_checked(wrong, people.applicant, *["HONOUR"] * 4)):
        keep_pages(file, page_of(*WRONG, str(position)))
        Award.objects.create(
            application=wrong,
            level=Award.Level.OTHER,
            position=position,
            project=f"工法{position}",
            name="湖北省技术能手",
            evidence=file if position % 2 else None,
        )
    assert count() == one


# --- At the rows of awards ---------------------------------------------------------------------


@pytest.fixture
def unproven(draft, people, read):
    """The draft, whose award has no proof, and a file whose second page proves it."""
    draft.awards.update(evidence=None)
    (file,) = add_checked(draft, people.applicant, "ACHIEVEMENT")
    keep_pages(file, page_of("目录"), page_of(*RIGHT, number=2))
    return draft, file


def test_pages_that_prove_a_row_are_proposed_at_it(client, unproven):
    draft, file = unproven

    told = page(client, draft, "section", "awards")

    assert "建议的佐证" in told
    assert f'value="take-provincial-0-{file.pk}-2"' in told
    assert "读到获奖项目名称、奖励名称、年度、领办人姓名" in told


def test_several_rows_lead_to_where_all_are_taken_at_once(client, unproven, people):
    draft, _ = unproven
    sorting = reverse("applications:sorting", args=[draft.pk])
    assert sorting not in page(client, draft, "section", "awards")
    other = Award(application=draft, level=Award.Level.OTHER, project="高效焊接工法", year=2018)
    other.save()

    told = page(client, draft, "section", "awards")

    assert "找到 2 个奖项可能的佐证" in told
    assert sorting in told


def test_one_is_taken_with_one_click_without_scripts(client, unproven):
    draft, file = unproven
    award = draft.awards.get()
    address = reverse("applications:section", args=[draft.pk, "awards"])
    data = posted(client.get(address)) | {"action": f"take-provincial-0-{file.pk}-2"}

    answer = client.post(address, {name: value for name, value in data.items() if value != ""})

    assert answer.url == f"{address}#award-{award.pk}"
    award.refresh_from_db()
    assert (award.evidence, award.evidence_page) == (file, 2)


def test_a_row_whose_proof_agrees_needs_no_other(draft, people, read):
    keep_pages(draft.awards.get().evidence, page_of(*RIGHT))

    assert proposals_of(people.applicant, draft) == {}


def test_a_row_whose_proof_is_anothers_is_told_so_and_offered_the_right_one(wrong, people):
    (file,) = add_checked(wrong, people.applicant, "HONOUR")
    keep_pages(file, page_of(*RIGHT))

    (proposal,) = proposals_of(people.applicant, type(wrong).objects.get(pk=wrong.pk)).values()

    assert "李四光" in proposal.check.sentence
    assert [each.file for each in proposal.pages] == [file]


def test_the_script_asks_for_what_stands_beside_the_rows_now(client, unproven, people):
    draft, file = unproven
    award = draft.awards.get()
    address = reverse("applications:award_proposals", args=[draft.pk])

    told = client.get(address).json()

    assert f'data-take="{file.pk}"' in told[str(award.pk)]
    draft.awards.update(evidence=file, evidence_page=2)
    assert client.get(address).json() == {str(award.pk): ""}
