"""Double-click and browser retry of every decision form: done once, and the second is told.

The same POST twice at once and then again, for every way through the workflow's table.
"""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from applications.models import Event
from applications.stages import Stage
from applications.workflow.table import TABLE
from review.publicity.objections.models import Objection
from review.results import corrections
from review.results.publication import ENDED_BY_OFFICE
from tests.factories import (
    actor_of,
    data_for,
    let_deadlines_pass,
    make_application,
    make_people,
    make_round,
    prepare,
    publish_results,
    second_of,
    take,
)
from tests.faults.sending import assert_told, chosen, messages_of, sent

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

# Every way through the table; of the way back, and the consent to it, only one: they are rows with
# the same guards everywhere. What is done to the whole round is sent from pages of its own.
WAYS = [
    (rule.name, stage)
    for rule in TABLE
    for stage in rule.sources
    if (rule.target or stage == Stage.RECOMMENDED) and not rule.of_round
]
OF_ROUND = [(rule.name, stage) for rule in TABLE if rule.of_round for stage in rule.sources]


def test_every_row_of_the_table_is_tried():
    assert {name for name, _ in WAYS + OF_ROUND} == {rule.name for rule in TABLE}


def typed(name, application):
    """What a browser sends for `data_for`."""
    data = {key: value for key, value in data_for(name).items() if value is not None}
    deadline = timezone.localtime(data["deadline"] + datetime.timedelta(days=1))
    data["deadline"] = f"{deadline:%Y-%m-%dT%H:%M}"
    if "to_unit" in data:
        data["to_unit"] = data["to_unit"].pk
    forms = {"remarks-TOTAL_FORMS": 0, "remarks-INITIAL_FORMS": 0}
    return {**data, **forms, "revision": application.revision}


def address_of(name, application, saved):
    if name in {"submit", "withdraw", "discard"}:
        return reverse(f"applications:{name}", args=[application.pk])
    if name == "report":
        return reverse("review:list_report", args=[application.round_id])
    if name == "send_list_back":
        return reverse("review:list_send_back", args=[saved.pk])
    return reverse("review:decide", args=[application.pk, name])


@pytest.mark.parametrize(("name", "stage"), chosen(WAYS))
def test_a_transition_sent_twice_is_taken_once(name, stage):
    people = make_people(make_round())
    if name == "extend_by_office":
        application = make_application(Stage.QUALIFYING, people)
        application = take(application, "return", people)
    else:
        application = make_application(stage, people)
    prepare(application, "clear" if name == "uphold" else name, people)
    if name == "uphold":
        Objection.objects.create(
            application=application,
            text="异议",
            outcome=Objection.Outcome.UPHELD,
            answer="成立",
            resolved_at=timezone.now(),
            resolved_by=people.office,
        )
    application.refresh_from_db()
    user = actor_of(application, name, people)
    if name == "revert":
        user = second_of(people.recommender)
    saved = application.round.recommendation_lists.first()
    before = Event.objects.count()
    pages = sent(user, address_of(name, application, saved), typed(name, application))
    assert Event.objects.count() == before + 1, [messages_of(page) for page in pages]
    assert Event.objects.latest("pk").action == name
    assert_told(pages)


def end_of_round(application, people):
    """Return who sends what where to end a round with this application under way."""
    let_deadlines_pass(application.round)
    data = {"end-reason": "申报已截止。", "end-confirmed": "on"}
    if application.stage in ENDED_BY_OFFICE:
        data["end-ended"] = application.pk
    return people.office, reverse("review:end_round", args=[application.round_id]), data


def last_consent(application, people, name):
    """Return who sends what where to agree to a correction as the last whom it waits for."""
    edition = publish_results(application.round, people.office)
    changed = {"removed" if name == "strike" else "added": [application]}
    correction = corrections.propose_correction(
        application.round_id,
        people.office,
        "名单有误。",
        number=edition.document_number,
        date=edition.document_date,
        **changed,
    )
    if name == "add":
        corrections.consent_to_correction(correction.pk, people.bureau)
    user = people.finance if name == "add" else people.bureau
    address = reverse("review:result_correction", args=[correction.pk])
    return user, address, {"action": "consent"}


@pytest.mark.parametrize(("name", "stage"), chosen(OF_ROUND))
def test_a_step_of_the_round_sent_twice_is_taken_once(name, stage):
    people = make_people(make_round())
    application = make_application(stage, people)
    if name in {"lapse", "close"}:
        user, address, data = end_of_round(application, people)
    else:
        user, address, data = last_consent(application, people, name)
    before = Event.objects.count()
    pages = sent(user, address, data)
    assert Event.objects.count() == before + 1, [messages_of(page) for page in pages]
    assert Event.objects.latest("pk").action == name
    assert_told(pages)
