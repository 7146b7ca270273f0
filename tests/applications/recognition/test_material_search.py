"""The search inside the material: the page and the line, for whoever may open the file."""

import datetime

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.audit import AuditEntry
from applications.files import evidence as evidence_files
from applications.recognition import material_search, page_terms, reader
from applications.recognition.material_search import hits_across, hits_in, words_asked
from applications.recognition.page_terms import PageTerms, PageTrace
from applications.recognition.records import PageText
from applications.rounds import EvidenceCategory
from applications.stages import Stage
from tests.applications.recognition.reading import page_of, read
from tests.factories import add_checked, id_number, make_application, make_people, make_round

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return make_people(make_round())


@pytest.fixture
def application(people):
    return make_application(Stage.RECOMMENDING, people)


def paper(application, category=EvidenceCategory.HONOUR):
    return application.evidence.filter(category=category).first()


def submitted_paper(application, category):
    """Add a paper to what was submitted."""
    (file,) = add_checked(application, application.edited_by, category)
    application.submissions.update(submitted_at=timezone.now())
    return file


def pages(hits):
    return [(hit.file.pk, hit.page) for hit in hits]


@pytest.mark.postgres
class TestTerms:
    def test_a_page_is_found_by_any_part_of_what_it_says(self, application):
        (row,) = read(
            paper(application), page_of("武汉市职业技能大赛", "证书编号：ＷＨ２０１９－０７")
        )
        for word in ("职业技能", "技能大赛证书", "wh2019", "201907", "大 赛"):
            assert page_terms.holding([word], 10) == [row.pk], word
        for word in ("技能比赛", "wh2020", "省职业技能"):
            assert page_terms.holding([word], 10) == [], word

    def test_all_words_stand_on_one_page(self, application):
        read(paper(application), page_of("武汉市职业技能大赛"))
        assert page_terms.holding(["武汉", "大赛"], 10)
        assert page_terms.holding(["武汉", "能手"], 10) == []

    def test_nothing_of_the_text_stands_in_plain(self, application):
        read(paper(application), page_of("武汉市职业技能大赛", "420102198005120017"))
        terms = PageTerms.objects.get().terms
        assert terms.isascii()
        assert all(len(term) == page_terms.TERM_LENGTH for term in terms.split())
        with connection.cursor() as cursor:
            cursor.execute("SELECT content FROM applications_pagetext")
            assert "武汉" not in cursor.fetchone()[0]

    def test_it_goes_with_the_page(self, application):
        (row,) = read(paper(application), page_of("武汉市职业技能大赛", "一行足够长的文字" * 5))
        assert PageTrace.objects.exists()
        row.file.delete()
        assert not PageTerms.objects.exists()
        assert not PageTrace.objects.exists()
        assert page_terms.holding(["职业技能"], 10) == []

    def test_another_key_finds_what_the_last_one_wrote(self, application, settings):
        (row,) = read(paper(application), page_of("武汉市职业技能大赛"))
        before = PageTerms.objects.get().terms
        settings.ENCRYPTION_KEYS = f"2:{'ab' * 32},1:{settings.ENCRYPTION_KEY}"
        assert page_terms.holding(["职业技能"], 10) == [row.pk]
        page_terms.index(PageText.objects.get())
        assert PageTerms.objects.get().terms != before
        assert page_terms.holding(["职业技能"], 10) == [row.pk]
        settings.ENCRYPTION_KEYS = f"2:{'ab' * 32},1:{'cd' * 32}"
        assert page_terms.holding(["职业技能"], 10) == [row.pk]


class TestInside:
    def test_a_hit_names_the_page_and_marks_the_line(self, people, application):
        file = paper(application)
        read(file, page_of("目录"), page_of("二等奖", "获武汉市职业技能大赛一等奖", number=2))
        (hit,) = hits_in(people.office, application, "技能 大赛")
        assert (hit.file.pk, hit.page) == (file.pk, 2)
        assert hit.parts[0] == ("获武汉市职业", "技能", "大赛一等奖")
        assert hit.address.startswith(f"/evidence/{file.pk}/pages/2/?box=")

    def test_what_breaks_over_two_lines_is_found(self, people, application):
        read(paper(application), page_of("荣获武汉市职业", "技能大赛一等奖"))
        assert len(hits_in(people.office, application, "职业技能大赛")) == 1

    def test_one_character_is_too_little(self, people, application):
        read(paper(application), page_of("奖"))
        assert words_asked("奖") == []
        assert hits_in(people.office, application, "奖") == []

    def test_others_see_the_numbers_of_persons_starred(self, people, application):
        number = id_number()
        read(paper(application), page_of(f"公民身份号码{number}"))
        (own,) = hits_in(people.applicant, application, "身份号码")
        (others,) = hits_in(people.office, application, "身份号码")
        assert number in "".join(own.parts[0])
        assert number not in "".join(others.parts[0])

    @pytest.mark.parametrize(
        "category",
        [
            EvidenceCategory.ID_CARD,
            EvidenceCategory.POLICE,
            EvidenceCategory.VETO,
            EvidenceCategory.STAMPED,
        ],
    )
    def test_of_papers_about_a_person_others_see_which_page_and_open_it(
        self, people, application, category
    ):
        file = paper(application, category) or submitted_paper(application, category)
        read(file, page_of("住址武汉市江岸区某路一号"))
        (own,) = hits_in(people.applicant, application, "江岸区")
        assert own.parts
        for hits in (
            hits_in(people.office, application, "江岸区"),
            hits_across(people.office, "江岸区"),
        ):
            (others,) = hits
            assert others.parts == ()
            assert others.address.startswith(f"/evidence/{file.pk}/pages/1/")

    def test_experts_find_nothing(self, people):
        application = make_application(Stage.PANEL, people)
        read(paper(application), page_of("武汉市职业技能大赛"))
        assert hits_in(people.expert, application, "职业技能") == []


@pytest.mark.postgres
class TestAcross:
    def test_each_finds_in_what_they_may_see(self, people, application):
        others = make_people(application.round)
        other = make_application(Stage.QUALIFYING, others)
        for each in (application, other):
            read(paper(each), page_of("武汉市职业技能大赛", each.unit_name))
        both = [(paper(other).pk, 1), (paper(application).pk, 1)]
        assert sorted(pages(hits_across(people.office, "职业技能"))) == sorted(both)
        assert pages(hits_across(people.recommender, "职业技能")) == both[1:]
        for user in (people.applicant, people.expert, people.bureau, people.finance, people.admin):
            assert hits_across(user, "职业技能") == []

    def test_drafts_and_what_was_not_submitted_are_the_units_own(self, people, application):
        draft = make_application(Stage.DRAFT, make_people(application.round))
        read(paper(draft), page_of("武汉市职业技能大赛"))
        assert hits_across(people.office, "职业技能") == []
        file = paper(application)
        read(file, page_of("武汉市职业技能大赛"))
        assert len(hits_across(people.office, "职业技能")) == 1
        later = timezone.now() + datetime.timedelta(days=1)
        type(file).objects.filter(pk=file.pk).update(uploaded_at=later)
        assert hits_across(people.office, "职业技能") == []

    def test_of_a_returned_application_it_finds_what_was_submitted(self, people):
        application = make_application(Stage.RETURNED, people)
        removed, renamed = (
            paper(application, category)
            for category in (EvidenceCategory.HONOUR, EvidenceCategory.LICENCE)
        )
        for file in (removed, renamed):
            read(file, page_of("武汉市职业技能大赛", str(file)))
        before = [(hit.file.pk, str(hit.file)) for hit in hits_across(people.office, "职业技能")]
        assert len(before) == 2
        evidence_files.remove(removed, people.applicant)
        evidence_files.rename(renamed, "改过的名称", people.applicant)
        assert reader.forget_unused() == 0
        hits = hits_across(people.office, "职业技能")
        assert [(hit.file.pk, str(hit.file)) for hit in hits] == before

    def test_what_may_not_be_seen_takes_nobodys_place(self, people, application, monkeypatch):
        read(paper(application), page_of("武汉市职业技能大赛"))
        draft = make_application(Stage.DRAFT, make_people(application.round))
        read(paper(draft), page_of("武汉市职业技能大赛"))
        monkeypatch.setattr(material_search, "MOST_CANDIDATES", 1)
        assert pages(hits_across(people.office, "职业技能")) == [(paper(application).pk, 1)]

    def test_queries_do_not_grow_with_hits(self, people, application, django_assert_num_queries):
        for category in (EvidenceCategory.HONOUR, EvidenceCategory.ACHIEVEMENT):
            if paper(application, category):
                read(paper(application, category), page_of("武汉市职业技能大赛", str(category)))
            with django_assert_num_queries(4):
                assert hits_across(people.office, "职业技能")


class TestPages:
    @pytest.fixture(autouse=True)
    def reading_is_on(self, settings):
        settings.OCR = True

    def test_the_files_of_an_application_have_a_box(self, client, people, application):
        file = paper(application)
        address = reverse("review:files", args=[application.pk])
        client.force_login(people.recommender)
        assert "在材料中查找" not in client.get(address).content.decode()
        read(file, page_of("获武汉市职业技能大赛一等奖"))
        page = client.get(address, {"find": "技能大赛"}).content.decode()
        assert "<mark>技能大赛</mark>" in page
        assert f"/evidence/{file.pk}/pages/1/?box=" in page
        assert "没有读到" in client.get(address, {"find": "不存在的奖"}).content.decode()

    def test_the_applicant_searches_the_own_files(self, client, people):
        draft = make_application(Stage.DRAFT, people)
        read(paper(draft), page_of("获武汉市职业技能大赛一等奖"))
        client.force_login(people.applicant)
        address = reverse("applications:evidence_section", args=[draft.pk])
        page = client.get(address, {"find": "技能大赛"}).content.decode()
        assert "<mark>技能大赛</mark>" in page
        assert "在全部申报的材料中查找" not in page

    def test_one_page_searches_all(self, client, people, application):
        read(paper(application), page_of("获武汉市职业技能大赛一等奖"))
        client.force_login(people.office)
        page = client.get(reverse("review:material"), {"q": "技能大赛"}).content.decode()
        assert application.studio_title in page
        assert "<mark>技能大赛</mark>" in page
        assert (
            "请输入两个以上的字"
            in client.get(reverse("review:material"), {"q": "奖"}).content.decode()
        )
        jump = client.get(reverse("jump"), {"q": "没有这样的申报"}).content.decode()
        assert "在材料的文字中查找" in jump

    def test_a_search_of_a_reviewer_goes_on_record_without_a_word_of_it(
        self, client, people, application
    ):
        file = paper(application)
        read(file, page_of("获武汉市职业技能大赛一等奖"))
        client.force_login(people.office)
        inside = reverse("review:files", args=[application.pk])
        before = AuditEntry.objects.count()
        client.get(inside, {"find": "技能大赛"})
        client.get(reverse("review:material"), {"q": "技能大赛"})
        lines = AuditEntry.objects.order_by("pk")[before:]
        assert [(line.subject, line.data) for line in lines] == [
            (f"{application.number} 在材料中查找", {"files": [file.pk]}),
            ("在材料中查找", {"files": [file.pk]}),
        ]
        client.get(inside)
        client.get(inside, {"find": "奖"})
        assert AuditEntry.objects.count() == before + 2

    def test_an_applicants_search_of_the_own_files_does_not(self, client, people):
        draft = make_application(Stage.DRAFT, people)
        read(paper(draft), page_of("获武汉市职业技能大赛一等奖"))
        client.force_login(people.applicant)
        before = AuditEntry.objects.count()
        client.get(reverse("applications:evidence_section", args=[draft.pk]), {"find": "技能大赛"})
        assert AuditEntry.objects.count() == before

    def test_without_reading_there_is_no_such_page(self, client, people, settings):
        settings.OCR = False
        client.force_login(people.office)
        assert client.get(reverse("review:material"), {"q": "技能"}).status_code == 404
        jump = client.get(reverse("jump"), {"q": "没有这样的申报"}).content.decode()
        assert "在材料的文字中查找" not in jump
