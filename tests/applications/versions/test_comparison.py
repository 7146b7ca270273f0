"""What differs between two states of an application: fields, rows and files."""

import pytest

from applications.files import evidence as evidence_files
from applications.form.definition import NUMBERS
from applications.form.task_list import with_content
from applications.models import Application, Award, Evidence, StudioMember
from applications.permissions import Privacy
from applications.rounds import HIDDEN_FROM_EXPERTS, EvidenceCategory
from applications.stages import Stage
from applications.versions.comparison import (
    ADDED,
    CHANGED,
    MOVED,
    REMOVED,
    RENAMED,
    REPLACED,
    changes,
    form_changes,
)
from applications.versions.snapshot import as_submitted, content_of, fingerprint
from tests.factories import (
    id_number,
    make_application,
    make_people,
    make_round,
    pdf_file,
    stamp,
    take,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return make_people(make_round())


@pytest.fixture
def application(people):
    """A returned application, of which the first version can be compared with what is there now."""
    application = make_application(Stage.RECOMMENDING, people)
    proof = application.evidence.get(category=EvidenceCategory.HONOUR)
    for name in ("甲奖", "乙奖", "丙奖"):
        add_award(application, name, evidence=proof)
    application = take(take(application, "withdraw", people), "submit", people)
    return take(application, "return", people)


def add_award(application, name, **fields):
    values = {"project": f"{name}项目", "authority": "某局", "year": 2020, **fields}
    return Award.objects.create(application=application, level="OTHER", name=name, **values)


def found(application, privacy=Privacy.FULL):
    """What changed since the last submission."""
    now = with_content(Application.objects).get(pk=application.pk)
    return changes(as_submitted(now, now.submissions.last()), now, privacy)


def lines(application, privacy=Privacy.FULL):
    return [
        (each.label, each.kind, str(each.before or ""), str(each.after or ""))
        for each in found(application, privacy)
    ]


def update(application, **values):
    Application.objects.filter(pk=application.pk).update(**values)


def reorder(rows):
    for position, row in enumerate(rows):
        row.position = position
        row.save()


class TestFields:
    def test_nothing_differs_from_what_was_just_submitted(self, application):
        assert found(application) == []

    def test_a_field_is_told_before_and_after(self, application):
        update(application, lead_post="首席焊工", fax="027-83919070", lead_position="")
        assert lines(application) == [
            ("传真", ADDED, "", "027-83919070"),
            ("工作单位及职务", REMOVED, f"{application.unit_name} 首席焊工", ""),
            ("岗位", CHANGED, "焊接班长", "首席焊工"),
        ]

    def test_numbers_are_compared_decrypted(self, application):
        assert "420102" not in str(application.submissions.last().content)
        number = id_number(order="019")
        Application.objects.filter(pk=application.pk).update(lead_id_number=number)
        assert lines(application) == [
            ("身份证号", CHANGED, application.lead_id_number, number),
        ]

    def test_a_masked_number_tells_that_it_changed_but_not_how(self, application):
        update(application, bank_account="6222020999001234567")
        change = found(application, Privacy.MASKED)[0]
        assert change.before == change.after == "622************4567"
        assert change.looks_the_same

    def test_experts_learn_nothing_of_hidden_fields(self, application):
        update(
            application,
            lead_id_number=id_number(order="019"),
            bank_account="6222020999001234567",
            contact_mobile="13911111111",
            email="neu@example.invalid",
            fax="027-83919070",
            lead_post="首席焊工",
        )
        assert [each.name for each in found(application, Privacy.HIDDEN)] == ["lead_post"]

    @pytest.mark.parametrize("name", NUMBERS)
    def test_nothing_is_hidden_from_the_owner(self, application, name):
        update(application, **{name: "1234567890"})
        assert found(application)[0].after == "1234567890"


class TestRows:
    def test_a_changed_row_is_told_before_and_after(self, application):
        application.awards.filter(name="乙奖").update(year=2021)
        assert lines(application) == [
            ("其它获奖情况第 2 行", CHANGED, "乙奖项目 乙奖 某局 2020", "乙奖项目 乙奖 某局 2021"),
        ]

    def test_a_text_moved_to_another_column_is_told(self, application):
        """The row reads the same, but the stamped paper says it in another place."""
        award = application.awards.get(name="乙奖")
        award.part = "主持"
        award.save()
        now = with_content(Application.objects).get(pk=application.pk)
        award.part, award.grade = "", "主持"
        award.save()
        then = with_content(Application.objects).get(pk=application.pk)
        assert fingerprint(content_of(now)) != fingerprint(content_of(then))
        (change,) = form_changes(now, then)
        assert (change.label, change.kind) == ("其它获奖情况第 2 行", CHANGED)
        assert "角色：主持" in change.before
        assert "等级：主持" in change.after

    def test_a_new_and_a_gone_row(self, application):
        application.awards.get(name="甲奖").delete()
        add_award(application, "丁奖", year=2023)
        assert lines(application) == [
            ("其它获奖情况第 3 行", ADDED, "", "丁奖项目 丁奖 某局 2023"),
            ("其它获奖情况原第 1 行", REMOVED, "甲奖项目 甲奖 某局 2020", ""),
        ]

    def test_a_moved_row_is_one_line(self, application):
        first, second, third = application.awards.filter(level="OTHER").order_by("pk")
        reorder([third, first, second])
        assert lines(application) == [
            (
                "其它获奖情况第 1 行",
                MOVED,
                "第 3 行：丙奖项目 丙奖 某局 2020",
                "第 1 行：丙奖项目 丙奖 某局 2020",
            ),
        ]

    def test_a_row_put_before_others_does_not_move_them(self, application):
        rows = list(application.awards.filter(level="OTHER").order_by("pk"))
        new = add_award(application, "丁奖", year=2010)
        reorder([new, *rows])
        assert lines(application) == [("其它获奖情况第 1 行", ADDED, "", "丁奖项目 丁奖 某局 2010")]

    def test_rows_that_read_the_same_are_kept_apart(self, application):
        for _ in range(2):
            add_award(application, "丙奖")
        assert [each.kind for each in found(application)] == [ADDED, ADDED]

    def test_members(self, application):
        application.members.update(skill_level="1")
        StudioMember.objects.create(application=application, name="新成员", position=9)
        assert [line[:2] for line in lines(application)] == [
            ("工作室成员第 1 行", CHANGED),
            ("工作室成员第 2 行", ADDED),
        ]

    def test_whatever_changes_the_fingerprint_is_told(self, application):
        """Submission is refused with these lines when the stamped paper no longer agrees."""
        before = fingerprint(content_of(with_content(Application.objects).get(pk=application.pk)))
        first, *others = application.awards.filter(level="OTHER").order_by("pk")
        reorder([*others, first])
        now = with_content(Application.objects).get(pk=application.pk)
        assert fingerprint(content_of(now)) != before
        assert form_changes(as_submitted(now, now.submissions.last()), now)

    def test_an_awards_new_proof_is_told_though_nothing_is_typed(self, application, people):
        award = application.awards.get(level="PROVINCIAL")
        old = award.evidence
        award.evidence = evidence_files.add(
            application, EvidenceCategory.OTHER, pdf_file("奖状.pdf", pages=2), people.applicant
        )
        award.evidence_page = 2
        award.save()
        assert ("省部级获奖情况第 1 行的佐证", CHANGED, old.original_name, "奖状.pdf，第 2 页") in (
            lines(application)
        )
        now = with_content(Application.objects).get(pk=application.pk)
        assert form_changes(as_submitted(now, now.submissions.last()), now) == []

    def test_an_award_that_loses_its_proof(self, application, people):
        award = application.awards.get(level="PROVINCIAL")
        evidence_files.remove(award.evidence, people.applicant)
        kinds = {each.label: each.kind for each in found(application)}
        assert kinds["省部级获奖情况第 1 行的佐证"] == REMOVED


class TestFiles:
    def file(self, application, category=EvidenceCategory.LICENCE):
        return application.evidence.get(category=category, removed_at=None)

    def test_added_removed_and_renamed(self, application, people):
        evidence_files.remove(self.file(application), people.applicant)
        evidence_files.add(
            application, EvidenceCategory.OTHER, pdf_file("补充.pdf"), people.applicant
        )
        paper = self.file(application, EvidenceCategory.FOUNDING)
        evidence_files.rename(paper, "成立文件.pdf", people.applicant)
        assert lines(application) == [
            ("设立工作室的行政文件", RENAMED, "设立工作室的行政文件.pdf", "成立文件.pdf"),
            ("企业执照（法人证书）", REMOVED, "企业执照（法人证书）.pdf", ""),
            ("其他佐证材料", ADDED, "", "补充.pdf"),
        ]

    def test_replaced_even_twice(self, application, people):
        second = evidence_files.replace(
            self.file(application), pdf_file("第二稿.pdf"), people.applicant
        )
        evidence_files.replace(second, pdf_file("第三稿.pdf"), people.applicant)
        assert lines(application) == [
            ("企业执照（法人证书）", REPLACED, "企业执照（法人证书）.pdf", "第三稿.pdf"),
        ]

    def test_an_award_follows_its_replaced_proof_without_a_word(self, application, people):
        proof = self.file(application, EvidenceCategory.HONOUR)
        evidence_files.replace(proof, pdf_file("奖状.pdf"), people.applicant)
        assert [each.kind for each in found(application)] == [REPLACED]

    def test_the_same_bytes_uploaded_again_are_the_same_file(self, application, people):
        paper = self.file(application)
        evidence_files.remove(paper, people.applicant)
        Evidence.objects.create(
            application=application,
            category=paper.category,
            file=paper.file.name,
            original_name=paper.original_name,
            content_type=paper.content_type,
            size=paper.size,
            sha256=paper.sha256,
            uploaded_by=people.applicant,
        )
        assert found(application) == []

    def test_another_order_is_told(self, application, people):
        for name in ("甲.pdf", "乙.pdf"):
            evidence_files.add(
                application, EvidenceCategory.OTHER, pdf_file(name), people.applicant
            )
        application = take(take(application, "submit", people), "return", people)
        reorder(application.evidence.filter(category=EvidenceCategory.OTHER).order_by("-pk"))
        assert [(each.kind, each.after) for each in found(application)] == [
            (MOVED, "第 1 份：乙.pdf")
        ]

    def test_a_new_scan_takes_the_last_ones_place_in_its_own_section(self, application, people):
        update(application, lead_post="首席焊工")
        stamp(application, people.applicant)
        assert [(each.section, each.kind) for each in found(application)] == [
            ("lead", CHANGED),
            ("stamp", REPLACED),
        ]

    @pytest.mark.parametrize("category", HIDDEN_FROM_EXPERTS)
    def test_experts_learn_nothing_of_hidden_files(self, application, people, category):
        if category == EvidenceCategory.STAMPED:
            update(application, lead_post="首席焊工")
            stamp(application, people.applicant)
        else:
            evidence_files.add(application, category, pdf_file("机密.pdf"), people.applicant)
        shown = found(application, Privacy.HIDDEN)
        assert [each.name for each in shown if each.name != "lead_post"] == []
        assert found(application, Privacy.MASKED) != shown

    @pytest.mark.parametrize("count", [1, 12])
    def test_asks_once_which_file_took_anothers_place(
        self, application, people, count, django_assert_num_queries
    ):
        papers = list(application.evidence.filter(removed_at=None))[:count]
        for paper in papers:
            if paper.category != EvidenceCategory.STAMPED:
                evidence_files.replace(paper, pdf_file(), people.applicant)
        now = with_content(Application.objects).get(pk=application.pk)
        before = as_submitted(now, now.submissions.last())
        with django_assert_num_queries(1):
            assert changes(before, now)
