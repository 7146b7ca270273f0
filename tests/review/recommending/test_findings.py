"""核验 with what was read: each finding stands at its item, opens its place, decides nothing."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.roles import Role
from applications.recognition import marks
from applications.recognition.display import ShownFinding
from applications.recognition.findings import Agreement, Finding, Place
from applications.recognition.page import Line
from applications.recognition.records import FileText
from applications.rounds import EvidenceCategory
from applications.stages import Stage
from review.recommending.checklist import attach, in_order_of_doubt, work_list
from review.shared.findings import read_findings
from tests.applications.recognition.reading import page_of, read
from tests.factories import make_application

pytestmark = pytest.mark.django_db

BOX = (0.1, 0.2, 0.5, 0.3)


@pytest.fixture
def application(people):
    return make_application(Stage.RECOMMENDING, people)


@pytest.fixture
def recommender(log_in):
    return log_in(Role.RECOMMENDER)


@pytest.fixture
def reading_is_on(settings):
    settings.OCR = True


def url(application):
    return reverse("review:verify", args=[application.pk])


def content_of(response):
    return response.content.decode()


def paper(application, category):
    return application.evidence.get(category=category)


def finding(about, agreement=Agreement.DIFFERS, key="", *places):
    return Finding(key or about, about, "所查", "所填", agreement, "请核对。", tuple(places))


def shown(*findings):
    return [ShownFinding(each, each.sentence, ()) for each in findings]


def certificate_of(application, year=None):
    """Let the award's proof be read: as it is claimed, or with another year."""
    award = application.awards.get()
    page = page_of(
        "荣誉证书",
        f"{application.lead_name}同志：",
        f"你的“{award.project}”荣获",
        Line(f"{award.name}{award.grade}", (0.1, 0.4, 0.5, 0.45)),
        award.authority,
        f"{year or award.year}年12月",
    )
    read(award.evidence, page)
    return award


class TestAttach:
    def keys_of(self, application, *findings):
        items = work_list(application)
        attach(items, shown(*findings))
        return [item.key for item in items if item.findings]

    def test_an_award_has_its_own(self, application):
        award = application.awards.get()
        assert self.keys_of(application, finding(f"award-{award.pk}")) == ["award-1"]

    def test_what_is_about_a_paper_stands_at_its_original_and_its_condition(self, application):
        file = paper(application, EvidenceCategory.CERTIFICATE)
        found = finding("lead_name", Agreement.NOT_FOUND, "CERTIFICATE-lead_name")
        assert self.keys_of(application, found) == ["condition-1", f"original-{file.pk}"]

    def test_what_others_state_stands_at_its_check(self, application):
        found = finding("POLICE", Agreement.NOT_FOUND, "POLICE-result")
        assert self.keys_of(application, found) == ["check-police"]

    @pytest.mark.parametrize("about", ["repeat", "contradiction"])
    def test_the_rest_stands_where_it_is_read(self, application, about):
        file = paper(application, EvidenceCategory.LICENCE)
        found = finding(about, Agreement.DIFFERS, f"{about}-1", Place(file.pk, 1, BOX, "某"))
        assert self.keys_of(application, found) == [f"original-{file.pk}"]

    def test_the_stamped_form_has_its_own(self, application):
        file = paper(application, EvidenceCategory.STAMPED)
        assert self.keys_of(application, finding("stamp")) == [f"original-{file.pk}"]

    def test_what_belongs_nowhere_is_left_out(self, application):
        assert self.keys_of(application, finding("award-0"), finding("unheard-of")) == []

    def test_eyes_go_first_where_they_are_needed(self, application):
        items = work_list(application)
        licence, photos = (
            paper(application, category)
            for category in (EvidenceCategory.LICENCE, EvidenceCategory.PHOTOS)
        )
        attach(
            items,
            shown(
                finding("PHOTOS", Agreement.NOT_LEGIBLE, "PHOTOS-1"),
                finding("unit_name", Agreement.DIFFERS, "LICENCE-unit_name"),
                finding("lead_name", Agreement.FOUND, "ID_CARD-lead_name"),
            ),
        )
        ordered = [item.key for item in in_order_of_doubt(items)]
        assert ordered[:2] == [f"original-{licence.pk}", f"original-{photos.pk}"]
        rest = [item.key for item in items if item.key not in ordered[:2]]
        assert ordered[2:] == rest


@pytest.mark.usefixtures("reading_is_on")
class TestPage:
    def test_an_award_opens_with_the_line_marked(self, recommender, application):
        award = certificate_of(application)
        page = recommender.get(url(application), {"item": "award-1"})
        assert page.context["proof_src"].startswith(f"/evidence/{award.evidence_id}/pages/1/?box=")
        assert "已读到" in content_of(page)
        assert "待核对" not in content_of(page)

    def test_what_differs_is_told_and_nothing_is_decided(self, recommender, application):
        certificate_of(application, year=2012)
        page = recommender.get(url(application), {"item": "award-1"})
        assert "读到不同内容" in content_of(page)
        assert "清单中有 1 项待核对。" in content_of(page)
        data = {"revision": application.revision, "item": "award-1", "action": "VERIFIED"}
        assert recommender.post(url(application), data).status_code == 302
        assert application.award_checks.get().verdict == "VERIFIED"

    def test_the_order_that_was_chosen_is_kept(self, recommender, application):
        read(paper(application, EvidenceCategory.LICENCE), page_of("营业执照", "名称 另一家公司"))
        assert "获奖情况" in content_of(recommender.get(url(application)))
        page = recommender.get(url(application), {"order": "doubt"})
        assert page.context["item"].subject.category == EvidenceCategory.LICENCE
        page = recommender.get(url(application))
        assert [label for label, _ in page.context["groups"]] == ["需要核对", "其余各项"]
        recommender.get(url(application), {"order": "form"})
        assert "获奖情况" in content_of(recommender.get(url(application)))

    def test_after_a_mark_the_next_in_that_order_opens(self, recommender, application):
        certificate_of(application, year=2012)
        licence = paper(application, EvidenceCategory.LICENCE)
        read(licence, page_of("营业执照", "名称 另一家公司", "统一社会信用代码 不清"))
        recommender.get(url(application), {"order": "doubt"})
        data = {"revision": application.revision, "item": "award-1", "action": "VERIFIED"}
        assert f"original-{licence.pk}" in recommender.post(url(application), data).url

    def test_a_hint_that_somebody_has_looked_at_waits_no_more(
        self, recommender, people, application
    ):
        certificate_of(application, year=2012)
        (found,), _ = read_findings(people.recommender, application)
        marks.mark(application, found.finding, "CHECKED", people.recommender)
        page = content_of(recommender.get(url(application), {"item": "award-1"}))
        assert "标记“已核”" in page
        assert "待核对" not in page

    def test_how_far_the_reading_is_stands_above(self, recommender, application):
        file = paper(application, EvidenceCategory.LICENCE)
        FileText.objects.create(sha256=file.sha256, pages=4, pages_done=1)
        assert "已识别 1/4 页" in content_of(recommender.get(url(application)))

    def test_queries_do_not_grow_with_what_was_read(self, recommender, application):
        counts = []
        for file in [None, *application.current_evidence()[:4]]:
            if file is not None:
                read(file, page_of("一页", "不相干的文字，写得足够长，可以与别的页面相比较。"))
            with CaptureQueriesContext(connection) as queries:
                recommender.get(url(application), {"item": "award-1"})
            counts.append(len(queries))
        assert counts[1] == counts[-1]


def test_nothing_is_said_while_reading_is_off(recommender, application):
    certificate_of(application, year=2012)
    page = content_of(recommender.get(url(application), {"item": "award-1"}))
    assert "材料识别" not in page
    assert "读到不同内容" not in page
    assert "pages/1/" not in page


@pytest.mark.usefixtures("reading_is_on")
def test_others_are_told_nothing(people):
    application = make_application(Stage.PANEL, people)
    certificate_of(application, year=2012)
    for user in (people.expert, people.applicant, people.bureau, people.finance):
        assert read_findings(user, application) == ([], "")
    assert read_findings(people.office, application)[0]
