"""核对标记: whoever looks at a finding leaves a mark for the next reader; it decides nothing."""

import pytest
from django.urls import reverse

from applications.recognition import marks
from applications.recognition.findings import Agreement, Finding, Place
from applications.recognition.records import FindingMark
from applications.stages import Stage
from tests.factories import make_application, make_people, make_round, make_user

pytestmark = pytest.mark.django_db

CHECKED, WRONG = FindingMark.Verdict.CHECKED, FindingMark.Verdict.WRONG
PLACE = Place(1, 1, (0, 0, 0.5, 0.1), "2019年")
YEAR = Finding(
    "award-1-year", "award-1", "年度", "2018", Agreement.DIFFERS, "读到2019年。", (PLACE,)
)
FINE = {"X-Requested-With": "script"}


@pytest.fixture
def people():
    return make_people(make_round())


@pytest.fixture
def application(people):
    return make_application(Stage.RECOMMENDING, people)


def put(client, application, finding=YEAR, verdict="CHECKED", **options):
    data = {"token": marks.token_of(application, finding), "verdict": verdict}
    return client.post(reverse("applications:finding_mark", args=[application.pk]), data, **options)


def verdicts(application, finding=YEAR):
    rows = marks.marks_of(application).get((finding.key, finding.digest), [])
    return [(row.user.role, row.verdict) for row in rows]


class TestMarks:
    def test_one_of_each_reader_the_last_counts(self, application, people):
        marks.mark(application, YEAR, WRONG, people.recommender)
        marks.mark(application, YEAR, CHECKED, people.recommender)
        marks.mark(application, YEAR, WRONG, people.office)
        assert verdicts(application) == [("RECOMMENDER", "CHECKED"), ("OFFICE", "WRONG")]

    def test_it_lapses_when_claim_or_proof_change(self, application, people):
        marks.mark(application, YEAR, CHECKED, people.recommender)
        changed = Finding(YEAR.key, YEAR.about, YEAR.label, "2019", Agreement.FOUND)
        assert verdicts(application, changed) == []
        marks.mark(application, changed, WRONG, people.recommender)
        assert verdicts(application) == []
        assert FindingMark.objects.count() == 1

    def test_it_is_taken_back(self, application, people):
        marks.mark(application, YEAR, CHECKED, people.recommender)
        marks.mark(application, YEAR, "", people.recommender)
        assert verdicts(application) == []

    def test_an_applicant_is_shown_marks_of_the_own_unit_alone(self, application, people):
        for user in (people.applicant, people.recommender, people.office):
            marks.mark(application, YEAR, CHECKED, user)
        ((_, rows),) = marks.marks_of(application).items()
        assert [row.user for row in marks.visible_marks(people.applicant, rows)] == [
            people.applicant
        ]
        assert len(marks.visible_marks(people.office, rows)) == 3


class TestView:
    def test_without_a_script_it_leads_back(self, client, application, people):
        client.force_login(people.recommender)
        token = marks.token_of(application, YEAR)
        address = reverse("applications:finding_mark", args=[application.pk])
        there = f"/review/{application.pk}/verify/?item=award-1"
        data = {"token": token, "verdict": "CHECKED", "next": there}
        assert client.post(address, data).url == there
        assert verdicts(application) == [("RECOMMENDER", "CHECKED")]
        data["next"] = "https://elsewhere.example.org/"
        assert client.post(address, data).url == reverse("review:detail", args=[application.pk])

    def test_a_script_gets_the_marks_as_they_stand(self, client, application, people):
        marks.mark(application, YEAR, CHECKED, people.recommender)
        client.force_login(people.office)
        answer = put(client, application, verdict="WRONG", headers=FINE)
        text = answer.content.decode()
        assert "推荐单位 推荐人" in text
        assert "标记“不对”" in text
        assert "撤销标记" in text
        assert "<html" not in text

    def test_what_was_not_shown_is_not_marked(self, client, application, people):
        other = make_application(Stage.RECOMMENDING, people)
        client.force_login(people.office)
        address = reverse("applications:finding_mark", args=[application.pk])
        for token in ("", "made-up", marks.token_of(other, YEAR)):
            assert client.post(address, {"token": token, "verdict": "CHECKED"}).status_code == 400
        assert put(client, application, verdict="FINE").status_code == 400
        assert not FindingMark.objects.exists()

    @pytest.mark.parametrize(
        ("stage", "role", "is_taken"),
        [
            (Stage.DRAFT, "applicant", True),
            (Stage.RECOMMENDING, "applicant", False),
            (Stage.RECOMMENDING, "recommender", True),
            (Stage.QUALIFYING, "recommender", False),
            (Stage.QUALIFYING, "office", True),
            (Stage.AWARDED, "office", False),
        ],
    )
    def test_each_marks_while_it_is_their_work(self, client, people, stage, role, is_taken):
        application = make_application(stage, people)
        client.force_login(getattr(people, role))
        answer = put(client, application, headers=FINE)
        assert answer.status_code == (200 if is_taken else 409)
        assert FindingMark.objects.exists() == is_taken

    @pytest.mark.parametrize("role", ["expert", "bureau", "finance", "admin"])
    def test_others_have_no_part_in_it(self, client, people, role):
        application = make_application(Stage.PANEL, people)
        client.force_login(getattr(people, role))
        assert put(client, application).status_code == 404

    def test_another_unit_knows_nothing_of_it(self, client, application):
        other = make_people(application.round)
        for user in (other.applicant, other.recommender, make_user("ADMIN")):
            client.force_login(user)
            assert put(client, application).status_code == 404
