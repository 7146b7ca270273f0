"""How a page shows findings: places as links, numbers masked, marks of those who looked."""

import datetime
import random
import re
import unicodedata

import pytest
from stdnum.cn import ric, uscc

from applications.recognition import marks
from applications.recognition.display import count_tags, masked, shown_findings
from applications.recognition.findings import Agreement, Finding, Place
from applications.stages import Stage
from tests.factories import credit_code, id_number, make_application, make_people, make_round

# A credit code without letters, the digits of which are nobody's birth date.
DIGITS_ALONE = "914201007483920175"
DIGITS_ALONE = DIGITS_ALONE[:17] + uscc.calc_check_digit(DIGITS_ALONE[:17])
READ_FOR = str.maketrans("OolI", "0011")
LINE = (0.1, 0.1, 0.5, 0.2)


def id_numbers(many):
    """Yield valid ID numbers of districts of Wuhan, of people between 20 and 75."""
    chance = random.Random(2026)
    start = datetime.date(1950, 1, 1)
    for _ in range(many):
        district = chance.choice(range(420102, 420118))
        born = start + datetime.timedelta(days=chance.randrange(365 * 55))
        body = f"{district}{born:%Y%m%d}{chance.randrange(1000):03d}"
        yield body + ric.calc_check_digit(f"{body}0")


def read_as(number):
    """Return an ID number as papers print it, and as it is read of them."""
    wide = "".join(chr(ord(character) + 0xFEE0) for character in number)
    groups = (number[:6], number[6:14], number[14:])
    return [
        number,
        number.lower(),
        wide,
        *(gap.join(groups) for gap in (" ", "-", " - ", "—", "·", "　")),
        number.replace("0", "O").replace("1", "l"),
        number.replace("0", "o").replace("1", "I"),
    ]


def finding(agreement, key="lead_id_number", sentence="", *places):
    return Finding(key, "ID_CARD", "身份证号", "所填", agreement, sentence, tuple(places))


class TestMasked:
    def test_numbers_of_persons_and_accounts_are_starred(self):
        number = id_number()
        assert (
            masked(f"读到{number}，请核对。")
            == f"读到{number[:3]}***********{number[-4:]}，请核对。"
        )
        assert masked("6222020000001234567") == "622************4567"
        assert "*" in masked(f"{number[:6]} {number[6:14]} {number[14:]}")

    def test_codes_of_units_years_and_telephones_are_not(self):
        for text in (
            credit_code(),
            f"统一社会信用代码{DIGITS_ALONE}",
            "91110000600037341L",
            "2019年第12号",
            "2019-03-01至2020-05-06",
            "027-83919079",
            "13800000000",
        ):
            assert masked(text) == text

    def test_no_id_number_of_wuhan_stands_in_full_however_it_is_read(self):
        numbers = list(id_numbers(3000))
        # Of those, some pass the check of a credit code, too.
        assert any(uscc.is_valid(number) for number in numbers)
        for number in numbers:
            for text in read_as(number):
                told = masked(f"公民身份号码{text}（正面）")
                digits = unicodedata.normalize("NFKC", told).translate(READ_FOR)
                assert "*" * 8 in told, text
                assert number[6:14] not in re.sub(r"[^0-9X]", "", digits), text
                assert told.startswith("公民身份号码")
                assert told.endswith("（正面）")


@pytest.mark.django_db
class TestShownFindings:
    @pytest.fixture
    def people(self):
        return make_people(make_round())

    @pytest.fixture
    def application(self, people):
        return make_application(Stage.RECOMMENDING, people)

    def shown(self, user, application, *findings):
        return shown_findings(user, application, findings)

    def test_the_owner_reads_the_number_others_do_not(self, application, people):
        number = id_number()
        read = finding(Agreement.DIFFERS, "lead_id_number", f"身份证上读到{number}。")
        assert number in self.shown(people.applicant, application, read)[0].sentence
        assert number not in self.shown(people.recommender, application, read)[0].sentence

    def test_places_are_links_page_by_page(self, application, people):
        paper = application.evidence.get(category="CERTIFICATE")
        paper.pages = 3
        paper.save()
        places = [Place(paper.pk, page, LINE, "某") for page in (2, 2, 3)]
        gone = Place(10**6, 1, LINE, "某")
        (shown,) = self.shown(
            people.office, application, finding(Agreement.FOUND, "lead_name", "", *places, gone)
        )
        assert [words for words, _ in shown.links] == ["第 2 页", "第 3 页"]
        assert shown.links[0][1].startswith(f"/evidence/{paper.pk}/pages/2/?box=")
        assert shown.links[0][1].count("box=") == 2

    def test_what_needs_eyes_comes_first_and_what_somebody_has_looked_at_later(
        self, application, people
    ):
        findings = [finding(each, f"key-{each}") for each in reversed(Agreement)]
        marks.mark(application, findings[3], "CHECKED", people.recommender)
        shown = sorted(self.shown(people.office, application, *findings), key=lambda row: row.rank)
        assert [row.agreement for row in shown] == [
            Agreement.NOT_FOUND,
            Agreement.NOT_LEGIBLE,
            Agreement.DIFFERS,
            Agreement.FOUND,
        ]
        assert [row.needs_eyes for row in shown] == [True, True, False, False]

    def test_what_the_applicant_says_of_it_is_shown_to_reviewers_and_settles_nothing_of_theirs(
        self, people
    ):
        application = make_application(Stage.RECOMMENDING, people)
        read = finding(Agreement.DIFFERS)
        marks.mark(application, read, "WRONG", people.applicant)
        (own,) = self.shown(people.applicant, application, read)
        assert own.is_settled
        for reviewer in (people.recommender, people.office):
            (shown,) = self.shown(reviewer, application, read)
            assert [row.user for row in shown.marks] == [people.applicant]
            assert shown.needs_eyes
            assert shown.tone == "wait"
        marks.mark(application, read, "CHECKED", people.recommender)
        (shown,) = self.shown(people.office, application, read)
        assert len(shown.marks) == 2
        assert not shown.needs_eyes

    def test_counts_name_what_there_is(self, application, people):
        shown = self.shown(
            people.office,
            application,
            finding(Agreement.FOUND, "a"),
            finding(Agreement.FOUND, "b"),
            finding(Agreement.NOT_LEGIBLE, "c"),
        )
        assert count_tags(shown) == [("已读到", 2), ("未能识别", 1)]

    def test_it_costs_one_query_however_many(self, application, people, django_assert_num_queries):
        findings = [finding(Agreement.FOUND, f"key-{number}") for number in range(5)]
        application.current_evidence()
        list(application.evidence.all())
        for each in findings:
            marks.mark(application, each, "CHECKED", people.office)
        with django_assert_num_queries(2):  # marks, and files where nobody prefetched them
            self.shown(people.office, application, *findings)
