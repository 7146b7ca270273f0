"""A prepared question answers as the queryset that it was made of, to whoever asks, at any time."""

import datetime

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.prepared import Prepared, PreparedFor
from accounts.roles import Role
from applications.models import Application
from applications.stages import Stage
from review.home import views as home
from review.queue import views as queue
from tests.factories import make_application, make_people, make_round

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
ROLES = [role for role in Role if role != Role.ADMIN]


@pytest.fixture
def people():
    return make_people(make_round())


def by_mail(email):
    return User.objects.filter(email=email)


class TestPrepared:
    def test_answers_with_other_values_by_the_same_sql(self, people):
        question = Prepared(by_mail, str)
        for user in (people.office, people.expert):
            assert question.ask(user.email) == [user]
            assert question.count(user.email) == 1
        assert question.ask("nobody@example.invalid") == []

    def test_a_record_is_as_the_queryset_makes_it(self, people):
        office = people.office
        [asked] = Prepared(by_mail, str).ask(office.email)
        read = User.objects.get(pk=office.pk)
        assert {**vars(asked), "_state": None} == {**vars(read), "_state": None}
        asked.name = "改名"
        asked.save()
        assert User.objects.get(pk=office.pk).name == "改名"

    def test_what_was_not_read_is_read_when_it_is_needed(self, people):
        office = people.office
        question = Prepared(lambda email: User.objects.filter(email=email).only("role"), str)
        [asked] = question.ask(office.email)
        assert asked.get_deferred_fields() >= {"name", "email"}
        assert asked.name == office.name

    def test_compares_times_as_the_database_stores_them(self, people):
        office = people.office
        question = Prepared(
            lambda email, at: User.objects.filter(email=email, date_joined__gt=at),
            str,
            datetime.datetime,
        )
        minute = datetime.timedelta(minutes=1)
        assert question.ask(office.email, office.date_joined - minute) == [office]
        assert question.ask(office.email, office.date_joined + minute) == []

    def test_nothing_is_equal_to_none(self, people):
        assert Prepared(lambda pk: User.objects.filter(applying_unit=pk), int).ask(None) == []

    def test_what_can_select_nothing_answers_nothing(self):
        question = Prepared(lambda pk: User.objects.filter(pk=pk).none(), int)
        assert (question.ask(1), question.count(1)) == ([], 0)

    def test_refuses_to_read_two_tables_records(self):
        question = Prepared(lambda pk: User.objects.select_related("applying_unit"), int)
        with pytest.raises(AssertionError):
            question.ask(1)


class TestPreparedFor:
    @pytest.mark.parametrize("stage", [Stage.RETURNED, Stage.RECOMMENDING, Stage.PANEL])
    def test_every_role_is_shown_what_it_may_see_and_nothing_else(self, people, stage):
        make_application(stage, people)
        make_application(stage, people)
        make_application(Stage.QUALIFYING, people)
        visible = PreparedFor(lambda user: Application.objects.visible_to(user).order_by("pk"))
        for role in Role:
            user = people.of(role)
            assert visible.ask(user) == list(Application.objects.visible_to(user).order_by("pk"))
            assert visible.count(user) == Application.objects.visible_to(user).count()

    def test_another_account_of_the_role_gets_its_own(self, people):
        make_application(Stage.RECOMMENDING, people)
        waiting = queue.FIRST_WAITING
        other = User(role=Role.RECOMMENDER, recommending_unit_id=10**6)
        assert (len(waiting.ask(people.recommender)), waiting.ask(other)) == (1, [])

    def test_a_closed_account_is_answered_nothing(self, people):
        make_application(Stage.QUALIFYING, people)
        assert queue.WAITING.count(people.office) == 1
        people.office.is_active = False
        assert (queue.WAITING.count(people.office), queue.FIRST_WAITING.ask(people.office)) == (
            0,
            [],
        )

    @pytest.mark.parametrize("role", ROLES)
    def test_the_questions_of_the_queue_and_of_home_answer_as_their_querysets(self, people, role):
        for stage in (Stage.RETURNED, Stage.RECOMMENDING, Stage.QUALIFYING, Stage.APPROVING):
            make_application(stage, people)
        user, now = people.of(role), timezone.now()
        asked = [
            (queue.WAITING, ()),
            (queue.FIRST_WAITING, ()),
            (queue.SAVED_FILTERS, ()),
            (home.ROUNDS, ()),
            (home.WAITING_BY_STAGE, ()),
            (home.OLDEST_WAITING, ()),
            (home.RETURNED, (now,)),
            (home.PENDING_OBJECTIONS, ()),
            (home.LATE_LISTS, (now,)),
            (home.RUNNING_NOTICES, (timezone.localdate(),)),
            (home.OWN_EVENTS, ()),
        ]
        for question, values in asked:
            assert question.ask(user, *values) == list(question._build(user, *values))
