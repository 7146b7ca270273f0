"""What an applicant may know of where the application stands."""

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from applications.models import Application
from applications.rounds import Round
from applications.stages import Stage, public_stage
from applications.tasks import tell_results
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


@pytest.mark.django_db(transaction=True)
def test_a_result_after_the_publication_is_told_at_once(people):
    application = make_application(Stage.COUNTERSIGNING, people)
    Round.objects.update(results_published_at=timezone.now())
    mail.outbox.clear()
    take(application, "countersign", people)
    assert [letter.subject.split("：")[-1] for letter in mail.outbox] == ["入选"]
