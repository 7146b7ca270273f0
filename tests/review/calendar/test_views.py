"""日历订阅: off until made, one's own deadlines alone, an address that dies when it is renewed."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from accounts.models import User
from accounts.roles import Role
from applications.models import CalendarAddress
from applications.notify.calendar.models import KEPT
from applications.rounds import Round
from applications.stages import Stage
from review.calendar.deadlines import deadlines_of
from review.inspection.models import InspectionPlan
from tests.applications.workflow.test_concurrency import at_once
from tests.factories import (
    make_application,
    make_people,
    make_round,
    make_user,
    take,
    walk_application,
)

pytestmark = pytest.mark.django_db
PAGE = reverse("calendar")


@pytest.fixture
def people():
    return make_people(make_round())


def feed_of(user):
    return reverse("calendar_feed", args=[CalendarAddress.objects.get(user=user).token])


def events(client, url):
    response = client.get(url)
    assert response.status_code == 200
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    return Calendar.from_ical(response.content).walk("VEVENT")


def titles(user):
    return sorted(deadline.title for deadline in deadlines_of(user))


def plan(application, *inspectors):
    visit = InspectionPlan.objects.create(
        application=application,
        visit_at=timezone.now() + datetime.timedelta(days=9),
        place="虚构路 1 号",
        contact="某人 83919079",
        preparation="",
        planned_by=inspectors[0],
    )
    visit.inspectors.set(inspectors)
    return visit


class TestAddress:
    def test_there_is_none_until_it_is_made(self, client, people):
        client.force_login(people.applicant)
        assert "尚未启用" in client.get(PAGE).text
        assert not CalendarAddress.objects.exists()
        content = client.post(PAGE, follow=True).text
        url = feed_of(people.applicant)
        assert url in content
        client.logout()
        assert client.get(url).status_code == 200  # without a login

    def test_a_new_one_ends_the_old_one_and_so_does_removing(self, client, people):
        client.force_login(people.applicant)
        client.post(PAGE)
        old = feed_of(people.applicant)
        client.post(PAGE)
        new = feed_of(people.applicant)
        assert [client.get(url).status_code for url in (old, new)] == [404, 200]
        client.post(reverse("calendar_remove"))
        assert client.get(new).status_code == 404

    @pytest.mark.postgres
    @pytest.mark.django_db(transaction=True)
    def test_a_double_click_makes_one(self, people):
        user = people.applicant
        at_once(*[lambda: CalendarAddress.objects.make(user)] * 2)
        assert CalendarAddress.objects.filter(user=user).count() == 1

    def test_a_closed_account_has_none(self, client, people):
        CalendarAddress.objects.make(people.applicant)
        url = feed_of(people.applicant)
        User.objects.filter(pk=people.applicant.pk).update(is_active=False)
        assert client.get(url).status_code == 404

    @pytest.mark.parametrize("token", ["x", "龘", "a" * 500, "%00", "../../etc"])
    def test_a_guess_finds_nothing(self, client, token):
        assert client.get(f"/calendar/{token}.ics").status_code == 404

    def test_the_database_holds_no_readable_token(self, people):
        from django.db import connection

        address = CalendarAddress.objects.make(people.applicant)
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM applications_calendaraddress")
            assert address.token not in str(cursor.fetchall())

    def test_it_is_for_no_search_engine_and_no_shared_cache(self, client, people):
        CalendarAddress.objects.make(people.applicant)
        response = client.get(feed_of(people.applicant))
        assert response["X-Robots-Tag"] == "noindex, nofollow"
        assert response["Cache-Control"] == "private, no-cache"

    def test_it_is_not_asked_without_end(self, client, people, monkeypatch):
        CalendarAddress.objects.make(people.applicant)
        url = feed_of(people.applicant)
        assert {client.get(url).status_code for _ in range(300)} == {200}
        assert client.get(url).status_code == 429


class TestContent:
    def test_a_draft_then_a_return_then_nothing(self, client, people):
        draft = make_application(Stage.DRAFT, people)
        address = CalendarAddress.objects.make(people.applicant)
        url = feed_of(people.applicant)
        [event] = events(client, url)
        assert event["summary"] == "申报截止，尚未提交"
        assert event["dtstart"].dt == draft.round.closes_at.replace(microsecond=0)
        first = event["uid"]
        application = walk_application(Stage.RETURNED, people)
        take(draft, "discard", people)
        [event] = events(client, url)
        assert application.number in event["summary"]
        assert event["dtstart"].dt == application.return_deadline.replace(microsecond=0)
        assert event["uid"] != first
        assert address.user == people.applicant
        take(application, "submit", people)
        assert events(client, url) == []

    def test_it_names_nobody_and_no_place(self, client, people):
        application = make_application(Stage.INSPECTING, people)
        plan(application, people.office)
        make_application(Stage.RETURNED, people)
        told = ""
        for role in Role:
            CalendarAddress.objects.make(people.of(role))
            told += client.get(feed_of(people.of(role))).text.replace("\r\n ", "")
        assert application.number in told
        secret = [application.lead_name, application.unit_name, people.recommender.unit_name]
        secret += [people.panel.name, people.expert.name, people.office.name, "虚构路", "83919079"]
        assert [words for words in secret if words in told] == []

    def test_each_role_has_what_it_has_to_do(self, people):
        Round.objects.update(review_deadline=timezone.now() + datetime.timedelta(days=60))
        rounds = ["专家评分截止", "推荐单位上报截止", "申报截止"]
        walk_application(Stage.RECOMMENDING, people)
        assert titles(people.recommender) == ["推荐单位上报截止"]
        assert titles(people.applicant) == titles(people.expert) == []
        assert titles(people.office) == titles(people.admin) == sorted(rounds)
        assert titles(people.bureau) == titles(people.finance) == []

    def test_an_expert_has_scores_that_are_due(self, people):
        walk_application(Stage.PANEL, people)
        Round.objects.update(review_deadline=timezone.now() + datetime.timedelta(days=60))
        assert titles(people.expert) == ["专家评分截止"]

    def test_a_visit_is_in_the_calendars_of_those_who_go_and_who_are_visited(self, people):
        application = make_application(Stage.INSPECTING, people)
        other = make_user(Role.OFFICE)
        plan(application, people.office, people.expert)
        visit = f"实地考察（{application.number}）"
        for user in (people.applicant, people.recommender, people.office, people.expert):
            assert visit in titles(user), user
        assert visit not in titles(other)

    def test_what_is_over_is_gone(self, people):
        make_application(Stage.DRAFT, people)
        Round.objects.update(
            opens_at=timezone.now() - datetime.timedelta(days=9),
            closes_at=timezone.now() - datetime.timedelta(days=1),
        )
        assert titles(people.applicant) == []


class TestAskedAgain:
    def test_what_has_not_changed_is_answered_without_a_body(self, client, people):
        make_application(Stage.DRAFT, people)
        CalendarAddress.objects.make(people.applicant)
        url = feed_of(people.applicant)
        first = client.get(url)
        for header in (
            {"If-None-Match": first["ETag"]},
            {"If-Modified-Since": first["Last-Modified"]},
        ):
            again = client.get(url, headers=header)
            assert (again.status_code, again.content) == (304, b"")
            assert again["ETag"] == first["ETag"]

    def test_what_moved_has_a_higher_number_and_is_sent(self, client, people, time_machine):
        application = walk_application(Stage.RETURNED, people)
        CalendarAddress.objects.make(people.applicant)
        url = feed_of(people.applicant)
        first = client.get(url)
        [before] = Calendar.from_ical(first.content).walk("VEVENT")
        time_machine.move_to(timezone.now() + datetime.timedelta(minutes=5))
        later = application.return_deadline + datetime.timedelta(days=2)
        take(application, "extend", people, deadline=later)
        again = client.get(
            url,
            headers={
                "If-None-Match": first["ETag"],
                "If-Modified-Since": first["Last-Modified"],
            },
        )
        assert again.status_code == 200
        [after] = Calendar.from_ical(again.content).walk("VEVENT")
        assert after["uid"] == before["uid"]
        assert (before["sequence"], after["sequence"]) == (0, 1)
        assert after["last-modified"].dt > before["last-modified"].dt
        assert after["dtstart"].dt > before["dtstart"].dt

    def test_what_is_done_is_sent_although_nothing_in_it_is_newer(
        self, client, people, time_machine
    ):
        application = walk_application(Stage.RETURNED, people)
        CalendarAddress.objects.make(people.applicant)
        url = feed_of(people.applicant)
        first = client.get(url)
        time_machine.move_to(timezone.now() + datetime.timedelta(minutes=5))
        take(application, "submit", people)
        again = client.get(url, headers={"If-Modified-Since": first["Last-Modified"]})
        assert again.status_code == 200
        assert b"VEVENT" not in again.content

    def test_what_comes_back_has_a_higher_number_for_some_weeks(self, client, people, time_machine):
        application = walk_application(Stage.RETURNED, people)
        [deadline] = deadlines_of(people.applicant)
        address = CalendarAddress.objects.make(people.applicant)
        now = timezone.now()

        def number_after(pause, *deadlines):
            time_machine.move_to(now + pause)
            told = CalendarAddress.objects.get(pk=address.pk).entries(deadlines)
            return [sequence for _, sequence, _ in told]

        day = datetime.timedelta(days=1)
        assert application.number in deadline.title
        assert number_after(day, deadline) == [0]
        assert number_after(2 * day) == []
        assert number_after(9 * day) == []
        assert number_after(10 * day, deadline) == [1]
        assert number_after(11 * day, deadline) == [1]
        assert number_after(12 * day) == []
        assert number_after(12 * day + KEPT) == []
        assert CalendarAddress.objects.get().told == {}

    def test_when_it_was_read_is_shown_and_written_once_an_hour(self, client, people):
        CalendarAddress.objects.make(people.applicant)
        url = feed_of(people.applicant)
        client.force_login(people.applicant)
        assert "还没有被日历读取过" in client.get(PAGE).text
        client.get(url)
        asked_at = CalendarAddress.objects.get().asked_at
        client.get(url)
        assert CalendarAddress.objects.get().asked_at == asked_at
        assert "最近一次被日历读取" in client.get(PAGE).text


@pytest.mark.parametrize("number", [1, 30])
@pytest.mark.parametrize(
    ("role", "queries"),
    [("applicant", 3), ("recommender", 3), ("expert", 4), ("office", 4)],
)
def test_it_takes_the_same_queries(
    client, people, role, queries, number, django_assert_num_queries
):
    for _ in range(number):
        plan(make_application(Stage.INSPECTING, people), people.office)
    user = getattr(people, role)
    CalendarAddress.objects.make(user)
    url = feed_of(user)
    client.get(url)
    with django_assert_num_queries(queries):
        client.get(url)
