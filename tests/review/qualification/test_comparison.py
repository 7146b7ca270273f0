"""材料与填报对照: the office sees what was read beside the form, and who has looked already."""

import pytest
from django.urls import reverse

from accounts.roles import Role
from applications.recognition import marks, reader
from applications.rounds import EvidenceCategory
from applications.stages import Stage
from review.qualification.comparison import comparison_of
from review.shared.findings import read_findings
from tests.applications.recognition.reading import page_of, read
from tests.factories import add_checked, make_application

pytestmark = pytest.mark.django_db


@pytest.fixture
def reading_is_on(settings):
    settings.OCR = True


@pytest.fixture
def application(people):
    """An application whose licence names another unit, and whose certificate is as claimed."""
    made = make_application(Stage.QUALIFYING, people)
    licence = made.evidence.get(category=EvidenceCategory.LICENCE)
    read(licence, page_of("营业执照", "名称 武汉另一家机械有限公司", made.applying_unit.uscc))
    certificate = made.evidence.get(category=EvidenceCategory.CERTIFICATE)
    read(
        certificate,
        page_of("职业技能等级证书", f"姓名 {made.lead_name}", "职业 焊工", "等级 一级/高级技师"),
    )
    return made


def page_for(client, application, tab="detail"):
    return client.get(reverse(f"review:{tab}", args=[application.pk])).content.decode()


@pytest.mark.usefixtures("reading_is_on")
class TestComparison:
    def test_the_office_sees_how_many_agree_and_what_does_not(self, log_in, application):
        page = page_for(log_in(Role.OFFICE), application)
        assert "材料与填报对照" in page
        assert "已读到 4 项，读到不同内容 1 项" in page
        assert "1 项尚无人核对" in page
        assert "武汉另一家机械有限公司" in page
        assert "与填报一致（4 项）" in page

    def test_who_has_looked_stands_beside_it(self, log_in, people, application):
        for shown in comparison_of(people.office, application).doubts:
            marks.mark(application, shown.finding, "CHECKED", people.recommender)
        page = page_for(log_in(Role.OFFICE), application)
        assert "均已有人核对" in page
        assert "推荐单位 推荐人" in page

    def test_the_paper_of_a_condition_opens_where_the_claim_is_read(self, log_in, application):
        certificate = application.evidence.get(category=EvidenceCategory.CERTIFICATE)
        page = page_for(log_in(Role.OFFICE), application)
        sheet = page[page.index('id="sheet"') : page.index('id="other-files"')]
        assert f'href="/evidence/{certificate.pk}/pages/1/?box=' in sheet
        photos = application.evidence.get(category=EvidenceCategory.PHOTOS)
        assert f'href="/evidence/{photos.pk}/#navpanes=0"' in sheet

    def test_later_it_stands_in_the_record(self, log_in, people):
        application = make_application(Stage.INSPECTING, people)
        licence = application.evidence.get(category=EvidenceCategory.LICENCE)
        read(licence, page_of("营业执照", "名称 武汉另一家机械有限公司"))
        assert "材料与填报对照" in page_for(log_in(Role.OFFICE), application, "record")
        for role in (Role.RECOMMENDER, Role.BUREAU, Role.EXPERT, Role.FINANCE):
            assert "材料与填报对照" not in page_for(log_in(role), application, "record")

    def test_each_finding_stands_in_it_once(self, people, application):
        findings, _ = read_findings(people.office, application)
        comparison = comparison_of(people.office, application)
        assert len(findings) == len(comparison.doubts) + len(comparison.found)


def test_the_page_is_as_before_while_reading_is_off(log_in, application):
    page = page_for(log_in(Role.OFFICE), application)
    assert "材料与填报对照" not in page
    assert "findings.js" not in page
    assert "/pages/1/" not in page


@pytest.mark.usefixtures("reading_is_on")
def test_nor_is_anything_shown_without_the_packages(log_in, application, monkeypatch):
    monkeypatch.setattr(reader, "has_packages", lambda: False)
    client = log_in(Role.OFFICE)
    page = page_for(client, application)
    assert "材料与填报对照" not in page
    assert "/pages/1/" not in page
    assert "在材料中查找" not in page_for(client, application, "files")
    assert client.get(reverse("review:material"), {"q": "营业执照"}).status_code == 404
    jump = client.get(reverse("jump"), {"q": "没有这样的申报"}).content.decode()
    assert "在材料的文字中查找" not in jump


@pytest.mark.usefixtures("reading_is_on")
@pytest.mark.parametrize("more", [0, 3])
def test_queries_do_not_grow_with_awards_and_pages(
    log_in, people, application, django_assert_num_queries, more
):
    award = application.awards.get()
    for number in range(more):
        page = page_of("荣誉证书", f"第{number}份，写得足够长的一页文字，可以与别的页面相比较。")
        (file,) = add_checked(application, people.applicant, EvidenceCategory.HONOUR)
        read(file, page)
        award.pk, award.evidence, award.position = None, file, number + 1
        award.save()
    client = log_in(Role.OFFICE)
    page_for(client, application)
    with django_assert_num_queries(17):
        page_for(client, application)
