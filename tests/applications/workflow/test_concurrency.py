"""Two people decide at once: exactly one wins, the other is told; on SQLite and PostgreSQL."""

import threading

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from applications.models import Application
from applications.rounds import Round
from applications.stages import Stage
from applications.versions.stamped_form import print_form
from applications.workflow.perform import Refused, perform
from applications.workflow.recommendation_list import report_list
from review.publicity.models import PublicNotice
from tests.factories import (
    data_for,
    let_deadlines_pass,
    make_application,
    make_people,
    make_round,
    make_user,
    prepare,
    second_of,
    stamp_list,
)

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

ROUNDS = 200


def at_once(*calls):
    """Run the calls in threads that start together; return each one's result or exception."""
    barrier = threading.Barrier(len(calls))
    results = [None] * len(calls)

    def run(index, call):
        try:
            barrier.wait()
            results[index] = call()
        except Refused as refused:
            results[index] = refused
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(index, call)) for index, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_of_two_conflicting_decisions_exactly_one_wins():
    people = make_people(make_round())
    application = make_application(Stage.RECOMMENDING, people)
    prepare(application, "recommend", people)
    winners = set()
    for number in range(ROUNDS):
        before = application.events.count()
        Application.objects.filter(pk=application.pk).update(stage=Stage.RECOMMENDING)

        def decide(name):
            return perform(application, name, people.recommender, **data_for(name))

        results = at_once(lambda: decide("recommend"), lambda: decide("decline"))
        won = [each for each in results if isinstance(each, Application)]
        lost = [each for each in results if isinstance(each, Refused)]
        assert (len(won), len(lost)) == (1, 1), (number, results)
        assert "请刷新" in str(lost[0])
        stored = Application.objects.get(pk=application.pk)
        assert stored.stage == won[0].stage
        assert stored.events.count() == before + 1
        winners.add(stored.stage)


def test_numbers_given_at_once_differ():
    people = make_people(make_round())
    drafts = [make_application(Stage.DRAFT, people) for _ in range(4)]
    at_once(*(lambda draft=draft: print_form(draft, people.applicant) for draft in drafts))
    results = [Application.objects.get(pk=draft.pk) for draft in drafts]
    assert sorted(each.number[-4:] for each in results) == ["0001", "0002", "0003", "0004"]


def test_a_withdrawal_and_a_decision_at_once_leave_one_of_them():
    people = make_people(make_round())
    for _ in range(5):
        application = make_application(Stage.RECOMMENDING, people)
        results = at_once(
            lambda application=application: perform(application, "withdraw", people.applicant),
            lambda application=application: perform(
                application, "decline", people.recommender, **data_for("decline")
            ),
        )
        assert sum(isinstance(each, Application) for each in results) == 1


def test_two_conclusions_at_once_do_not_pass_the_quota_together():
    people = make_people(make_round(quota=1))
    rivals = [make_application(Stage.PANEL, people) for _ in range(2)]
    for each in rivals:
        prepare(each, "conclude_for", people)
    for _ in range(10):
        results = at_once(
            *(
                lambda each=each: perform(
                    each, "conclude_for", people.expert, **data_for("conclude_for")
                )
                for each in rivals
            )
        )
        assert sum(isinstance(each, Application) for each in results) == 1, results
        Application.objects.update(stage=Stage.PANEL)


def test_ranking_and_reporting_at_once_never_wait_for_each_other(client):
    people = make_people(make_round())
    listed = [make_application(Stage.RECOMMENDED, people) for _ in range(6)]
    for each in listed:
        prepare(each, "report", people)
    round_ = people.panel.round
    recommendation_list = round_.recommendation_lists.get()
    # Ranked against the order of their keys, so that both go through the rows differently.
    ranks = {f"rank-{each.pk}": number for number, each in enumerate(reversed(listed), start=1)}
    client.force_login(people.recommender)
    address = reverse("review:recommendation_list", args=[round_.pk])
    ranks["reason"] = "按评审结果调整。"
    for _ in range(10):
        assert client.post(address, {"action": "rank", **ranks}).status_code == 302
        stamp_list(recommendation_list, people.recommender)
        _, ranked = at_once(
            lambda: report_list(recommendation_list, people.recommender),
            lambda: client.post(address, {"action": "rank", **ranks}),
        )
        assert ranked.status_code in {302, 409}
        assert {each.stage for each in Application.objects.all()} == {Stage.QUALIFYING}
        Application.objects.update(stage=Stage.RECOMMENDED)


def test_an_undoing_and_the_publication_at_once_leave_no_result_undecided(client):
    people = make_people(make_round())
    application = make_application(Stage.AWARDED, people)
    second = second_of(people.finance)
    client.force_login(people.office)
    let_deadlines_pass(application.round)
    address = reverse("review:publish_results", args=[application.round_id])
    document = {"document_number": "武人社发〔2026〕1号", "document_date": timezone.localdate()}
    for _ in range(10):
        at_once(
            lambda: perform(application, "revert", second, **data_for("revert")),
            lambda: client.post(address, document),
        )
        round_ = Round.objects.get()
        stage = Application.objects.get().stage
        assert (round_.results_published_at is not None) == (stage == Stage.AWARDED)
        Round.objects.update(results_published_at=None)
        if stage != Stage.AWARDED:
            perform(application, "countersign", people.finance, **data_for("countersign"))


def test_an_undoing_and_a_notice_at_once_publish_nothing_that_went_back(client):
    people = make_people(make_round())
    application = make_application(Stage.PUBLICITY, people)
    office = make_user(Role.OFFICE)
    client.force_login(office)
    address = reverse("review:publicity_new", args=[application.round_id])
    typed = {"starts_on": f"{timezone.localdate()}", "ends_on": "", "contact": "83919079"}
    for _ in range(10):
        at_once(
            lambda: perform(application, "revert", office, **data_for("revert")),
            lambda: client.post(address, typed),
        )
        is_listed = application.public_notices.exists()
        assert is_listed == (Application.objects.get().stage == Stage.PUBLICITY)
        PublicNotice.objects.all().delete()
        if not is_listed:
            perform(application, "pass_inspection", people.office)
