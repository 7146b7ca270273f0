"""What a resubmission changed, marked as asked or not; and with which version it is compared."""

import datetime

import pytest
from django.utils import timezone

from applications.files import evidence as evidence_files
from applications.form.task_list import with_content
from applications.models import Application, Event, Remark, Submission
from applications.permissions import Privacy
from applications.rounds import EvidenceCategory
from applications.stages import Stage
from applications.versions.corrections import latest_correction, returns_of, starting_version
from tests.factories import make_application, make_people, make_round, pdf_file, stamp, take

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return make_people(make_round())


def remark(section, field=""):
    return {"section": section, "field": field, "text": f"请修改{field or section}。"}


def returned(people, *remarks):
    application = make_application(Stage.RECOMMENDING, people)
    return take(application, "return", people, remarks=list(remarks))


def update(application, **values):
    Application.objects.filter(pk=application.pk).update(**values)


def replace_file(application, category, user):
    paper = application.evidence.get(category=category, removed_at=None)
    return evidence_files.replace(paper, pdf_file("新.pdf"), user)


def corrected(application, privacy=Privacy.FULL):
    """The correction of what is there now, not submitted yet."""
    now = with_content(Application.objects).get(pk=application.pk)
    return latest_correction(now, now, returns_of(now), privacy=privacy)


def marks(application, privacy=Privacy.FULL):
    found = corrected(application, privacy).changes
    return {each.name or each.label: each.is_asked for each in found}


class TestMarks:
    def test_a_field_that_a_remark_names(self, people):
        application = returned(people, remark("lead", "lead_post"))
        update(application, lead_post="首席焊工", lead_position="车间主任")
        assert marks(application) == {"lead_position": False, "lead_post": True}
        assert corrected(application).unasked == 1

    def test_a_section_as_a_whole(self, people):
        application = returned(people, remark("lead"), remark("awards"))
        update(application, lead_post="首席焊工", postcode="430015")
        application.awards.update(year=2019)
        assert marks(application) == {
            "postcode": False,
            "lead_post": True,
            "省部级获奖情况第 1 行": True,
        }

    def test_a_field_does_not_stand_for_the_rows_beside_it(self, people):
        application = returned(people, remark("studio", "studio_status"))
        application.members.update(skill_level="1")
        assert marks(application) == {"工作室成员第 1 行": False}

    def test_a_category_of_evidence(self, people):
        application = returned(people, remark("evidence", EvidenceCategory.PHOTOS))
        for category in (EvidenceCategory.PHOTOS, EvidenceCategory.LICENCE):
            replace_file(application, category, people.applicant)
        assert marks(application) == {"PHOTOS": True, "LICENCE": False}

    def test_proof_asked_for_may_be_linked_to_its_award(self, people):
        application = returned(people, remark("evidence", EvidenceCategory.OTHER))
        proof = evidence_files.add(
            application, EvidenceCategory.OTHER, pdf_file("奖状.pdf"), people.applicant
        )
        application.awards.update(evidence=proof)
        assert marks(application) == {"省部级获奖情况第 1 行的佐证": True, "OTHER": True}

    def test_a_new_stamp_needs_no_asking_when_the_form_changed(self, people):
        application = returned(people, remark("lead", "lead_post"))
        update(application, lead_post="首席焊工")
        stamp(application, people.applicant)
        assert marks(application)["STAMPED"] is None

    def test_a_scan_changed_for_no_reason_is_marked(self, people):
        application = returned(people, remark("lead", "lead_post"))
        replace_file(application, EvidenceCategory.STAMPED, people.applicant)
        assert marks(application) == {"STAMPED": False}

    def test_a_return_without_remarks_leaves_no_mark(self, people):
        application = returned(people)
        update(application, lead_post="首席焊工")
        assert marks(application) == {"lead_post": None}
        assert corrected(application).returns[0].note == "意见：return"

    def test_what_the_unit_took_back_itself_bears_no_mark(self, people):
        application = take(make_application(Stage.RECOMMENDING, people), "withdraw", people)
        update(application, lead_post="首席焊工")
        assert marks(application) == {"lead_post": None}
        assert corrected(application).returns == []

    def test_experts_get_no_remark_about_what_is_hidden(self, people):
        application = returned(
            people,
            remark("lead", "lead_id_number"),
            remark("evidence", EvidenceCategory.ID_CARD),
            remark("lead", "lead_post"),
        )
        told = corrected(application, Privacy.HIDDEN).remarks
        assert [each.field for each in told] == ["lead_post"]


class TestStartingVersion:
    """Compared is with what was last returned; nothing that changed since escapes."""

    def history(self, *steps):
        """Return (submissions, returns) of steps "s" and "r", an hour apart."""
        start = timezone.now()
        times = [start + datetime.timedelta(hours=n) for n in range(len(steps))]
        submissions = [
            Submission(version=n, submitted_at=at)
            for n, at in enumerate(
                (at for at, step in zip(times, steps, strict=True) if step == "s"), start=1
            )
        ]
        returns = [
            Event(at=at, action="return")
            for at, step in zip(times, steps, strict=True)
            if step == "r"
        ]
        return submissions, returns

    @pytest.mark.parametrize(
        ("steps", "version"),
        [
            ("", None),
            ("s", 1),
            ("sr", 1),
            ("ss", 2),  # taken back, not returned
            ("srs", 1),  # resubmitted and taken back: still what was returned
            ("srsr", 2),
            ("srsrss", 2),
        ],
    )
    def test_of_what_is_not_submitted_yet(self, steps, version):
        found = starting_version(*self.history(*steps))
        assert (found and found.version) == version

    @pytest.mark.parametrize(
        ("steps", "version"),
        [("s", None), ("ss", 1), ("srs", 1), ("srss", 1), ("srsr", 1), ("srsrs", 2)],
    )
    def test_of_the_latest_submission(self, steps, version):
        submissions, returns = self.history(*steps)
        found = starting_version(submissions, returns, submissions[-1])
        assert (found and found.version) == version


def test_answers_come_with_their_remarks(people):
    application = returned(people, remark("lead", "lead_post"))
    Remark.objects.update(answer="已改。")
    update(application, lead_post="首席焊工")
    found = corrected(take(application, "submit", people))
    assert [(each.where, each.answer) for each in found.remarks] == [
        ("领办人（技能大师），岗位", "已改。")
    ]
