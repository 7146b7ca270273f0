"""What an applicant may know of where the application stands."""

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from applications.models import Application
from applications.notify.tasks import tell_results
from applications.rounds import Round
from applications.stages import Stage, public_stage
from applications.versions.applicant_view import last_return, public_history
from tests.factories import make_application, make_people, make_round, take

pytestmark = pytest.mark.django_db

RESULT_WORDS = ("未入选", "入选")


@pytest.fixture
def people():
    return make_people(make_round())


@pytest.mark.parametrize("stage", [Stage.AWARDED, Stage.NOT_SELECTED])
def test_a_result_is_told_only_once_it_is_published(client, people, stage):
    application = make_application(stage, people)
    client.force_login(people.applicant)
    pages = [
        reverse("home"),
        reverse("applications:mine"),
        *(
            reverse(f"applications:{name}", args=[application.pk])
            for name in ("overview", "read", "receipt")
        ),
        reverse("applications:verify", args=[application.submissions.get().fingerprint]),
    ]
    for page in pages:
        content = client.get(page).content.decode()
        assert not any(word in content for word in RESULT_WORDS), page
        assert stage not in content, page
    Round.objects.update(results_published_at=timezone.now())
    for page in pages[1:]:
        assert stage.public_label in client.get(page).content.decode(), page


def test_stages_of_one_public_name_are_one():
    assert public_stage(Stage.INSPECTING, False) is Stage.PANEL
    assert public_stage(Stage.COUNTERSIGNING, False) is Stage.APPROVING
    assert public_stage(Stage.AWARDED, True) is Stage.AWARDED


def test_publishing_tells_every_unit_its_result(people):
    awarded = make_application(Stage.AWARDED, people)
    other = make_people(people.panel.round)
    make_application(Stage.NOT_SELECTED, other)
    make_application(Stage.DISQUALIFIED, make_people(people.panel.round))
    Round.objects.update(results_published_at=timezone.now())
    mail.outbox.clear()
    tell_results.enqueue(people.panel.round_id)
    told = {letter.to[0]: letter.subject.split("：")[-1] for letter in mail.outbox}
    assert told == {people.applicant.email: "入选", other.applicant.email: "未入选"}
    assert Application.objects.get(pk=awarded.pk).public_stage is Stage.AWARDED


class TestHistory:
    """办理记录: the unit's own doings, and what others decided as far as it is told."""

    def lines(self, application):
        application = Application.objects.select_related("round").get(pk=application.pk)
        return [
            (line["what"], bool(line["who"]), line["note"])
            for line in public_history(application, list(application.events.all()))
        ]

    def test_a_return_with_its_reason_and_the_resubmission(self, people):
        application = make_application(Stage.RETURNED, people)
        take(application, "submit", people)
        assert [line[:2] for line in self.lines(application)] == [
            ("重新提交（第 2 版）", True),
            ("退回修改", False),
            ("提交（第 1 版）", True),
            ("打印盖章稿", True),
        ]
        assert self.lines(application)[1][2] == "意见：return"
        assert self.lines(application)[3][2].startswith("第 1 版，指纹")

    def test_withdrawing_and_discarding(self, people):
        application = make_application(Stage.RECOMMENDING, people)
        application = take(application, "withdraw", people)
        take(application, "discard", people)
        assert [line[0] for line in self.lines(application)] == [
            "放弃申报",
            "撤回",
            "提交（第 1 版）",
            "打印盖章稿",
        ]

    def test_others_decisions_without_a_name(self, people):
        application = make_application(Stage.INSPECTING, people)
        assert [line for line in self.lines(application) if not line[1]] == [
            ("评审中", False, ""),
            ("资格审查", False, ""),
            ("已同意推荐，待上报", False, ""),
        ]


def test_what_a_return_asks_still_stands_after_taking_the_resubmission_back(people):
    application = make_application(Stage.RETURNED, people)
    events = application.events.all
    assert last_return(application, list(events())).action == "return"
    application = take(application, "submit", people)
    assert last_return(application, list(events())) is None
    application = take(application, "withdraw", people)
    assert last_return(application, list(events())).action == "return"
