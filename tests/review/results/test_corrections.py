"""A published list is corrected: proposed, agreed to by the bureaus, published as an edition."""

import pytest

from accounts.roles import Role
from applications.stages import Stage
from applications.workflow.perform import Refused
from review.results import corrections
from review.results.models import ResultEdition
from tests.factories import make_application, make_people, publish_results
from tests.review.results.test_publication import NUMBER, again, awarded

pytestmark = pytest.mark.django_db
REASON = "经复核。"


class TestACorrection:
    @pytest.fixture
    def published(self, people, round_):
        self.ding, self.wang = awarded(people, "丁某"), awarded(people, "王某")
        self.lost = make_application(
            Stage.NOT_SELECTED, make_people(round_), lead_name="一某", unit_name="增补厂"
        )
        return publish_results(round_, people.office)

    def propose(self, edition, people, **changes):
        document = {"number": edition.document_number, "date": edition.document_date, **changes}
        return corrections.propose_correction(edition.round_id, people.office, REASON, **document)

    def test_of_a_text_is_public_with_the_bureaus_consent(self, people, published):
        texts = {str(self.ding.pk): {"lead_occupation": "电工"}}
        correction = self.propose(published, people, texts=texts)
        assert ResultEdition.objects.count() == 1
        corrections.consent_to_correction(correction.pk, people.bureau)
        second = ResultEdition.objects.last()
        assert (second.sequence, second.previous) == (2, published.digest)
        assert second.rows[0]["lead_occupation"] == "电工"
        assert second.rows[1] == published.rows[1]
        (change,) = second.changes
        assert change["kind"] == "CORRECTED"
        assert change["texts"] == [("领办人工种", "焊工", "电工")]
        assert second.reason == REASON
        assert "焊工 → 电工" in self.ding.events.last().note
        assert again(self.ding).lead_occupation == "焊工"  # what was submitted stands
        self.wang.round.refresh_from_db()
        assert self.wang.round.results_published_at == published.at

    def test_removes_and_the_unit_is_told_why(self, people, published):
        correction = self.propose(published, people, removed=[self.ding.pk])
        assert again(self.ding).stage == Stage.AWARDED
        corrections.consent_to_correction(correction.pk, people.bureau)
        assert again(self.ding).stage == Stage.NOT_SELECTED
        second = ResultEdition.objects.last()
        assert [row["lead_name"] for row in second.rows] == ["王某"]
        assert [each["kind"] for each in second.changes] == ["REMOVED"]
        message = self.ding.messages.latest("pk")
        assert message.subject.endswith("公布的名单已更正：未入选")
        assert REASON in message.text

    def test_adds_with_the_consent_of_both_bureaus(self, people, published):
        correction = self.propose(published, people, added=[self.lost])
        with pytest.raises(Refused, match="待市人社局审定"):
            corrections.consent_to_correction(correction.pk, people.finance)
        correction = corrections.consent_to_correction(correction.pk, people.bureau)
        assert correction.waits_for == Role.FINANCE
        assert again(self.lost).stage == Stage.NOT_SELECTED
        assert ResultEdition.objects.count() == 1
        corrections.consent_to_correction(correction.pk, people.finance)
        assert again(self.lost).stage == Stage.AWARDED
        second = ResultEdition.objects.last()
        assert [row["lead_name"] for row in second.rows] == ["一某", "丁某", "王某"]
        assert second.changes[0]["row"]["unit_name"] == "增补厂"
        assert "入选" in self.lost.messages.latest("pk").subject

    def test_of_the_document_says_what_it_was(self, people, published):
        correction = self.propose(published, people, number="武人社发〔2026〕2号")
        corrections.consent_to_correction(correction.pk, people.bureau)
        second = ResultEdition.objects.last()
        assert second.document_number == "武人社发〔2026〕2号"
        assert second.changes[0]["texts"] == [("发文文号", NUMBER, "武人社发〔2026〕2号")]

    def test_that_changes_nothing_is_refused(self, people, published):
        with pytest.raises(Refused, match="没有任何更正"):
            self.propose(published, people)
        same = {str(self.ding.pk): {"lead_name": "丁某"}}
        with pytest.raises(Refused, match="没有任何更正"):
            self.propose(published, people, texts=same)

    def test_waits_for_the_one_before(self, people, published):
        first = self.propose(published, people, removed=[self.ding.pk])
        with pytest.raises(Refused, match="正在办理"):
            self.propose(published, people, removed=[self.wang.pk])
        corrections.end_correction(first.pk, people.bureau, "依据不足。")
        assert ResultEdition.objects.count() == 1
        with pytest.raises(Refused, match="已终止"):
            corrections.consent_to_correction(first.pk, people.bureau)
        self.propose(published, people, removed=[self.wang.pk])

    def test_judges_what_it_changes(self, people, published):
        with pytest.raises(Refused, match="不是本批次未入选"):
            self.propose(published, people, added=[self.ding])
        with pytest.raises(Refused, match="不在公布的名单上"):
            self.propose(published, people, removed=[self.lost.pk])

    def test_not_before_the_publication(self, people, round_):
        with pytest.raises(Refused, match="尚未公布"):
            corrections.propose_correction(round_.pk, people.office, "误", number="", date=None)
