"""The inbox of every role, and the office's list of what was sent to whom."""

import re

import pytest
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from applications.notify.inbox import Message
from applications.notify.retries import TRIES
from applications.stages import Stage
from tests.applications.notify.test_mailing import message_for
from tests.factories import make_draft, make_people, make_round, make_user, take, walk_application

pytestmark = pytest.mark.django_db

INBOX, SENT = "/messages/", "/messages/sent/"


@pytest.fixture
def people():
    return make_people(make_round())


@pytest.fixture
def log_in(client):
    def log_in(user):
        client.force_login(user)
        return client

    return log_in


def page(client, url=INBOX, **asked):
    return client.get(url, asked).content.decode()


def open_url(message):
    return reverse("applications:message_open", args=[message.pk])


class TestInbox:
    @pytest.mark.parametrize("role", Role)
    def test_everybody_has_one(self, log_in, people, role):
        assert "还没有消息" in page(log_in(people.of(role)))

    def test_opening_marks_as_read_and_leads_to_the_application(self, log_in, people):
        application = walk_application(Stage.RECOMMENDING, people)
        message = Message.objects.get(recipient=people.recommender)
        client = log_in(people.recommender)
        content = page(client)
        assert ">未读</span>" in content
        assert "1 条未读消息" in content
        target = client.post(open_url(message)).url
        assert target == reverse("review:detail", args=[application.pk])
        content = page(client)
        assert "未读" not in content

    def test_a_browser_that_loads_links_ahead_reads_nothing(self, log_in, people):
        message = message_for(people.office)
        client = log_in(people.office)
        assert client.get(open_url(message)).status_code == 405
        page(client)
        message.refresh_from_db()
        assert message.read_at is None

    def test_another_users_message_does_not_exist(self, log_in, people):
        message = message_for(people.office, subject="仅办公室可见")
        assert log_in(people.bureau).post(open_url(message)).status_code == 404
        assert message.subject not in page(log_in(people.bureau))
        assert User.objects.get(pk=people.office.pk).unread_messages == 1

    def test_what_was_withdrawn_since_says_so(self, log_in, people):
        application = walk_application(Stage.RECOMMENDING, people)
        message = Message.objects.get(recipient=people.recommender)
        take(application, "withdraw", people)
        response = log_in(people.recommender).post(open_url(message), follow=True)
        assert "该申报目前不能查看" in response.content.decode()
        message.refresh_from_db()
        assert message.read_at

    def test_all_are_marked_as_read_at_once_and_nobody_elses(self, log_in, people):
        for number in range(3):
            message_for(people.office, key=f"event:{number}")
        message_for(people.bureau)
        client = log_in(people.office)
        assert "3 条未读消息" in page(client)
        client.post(reverse("applications:messages_read"))
        content = page(client)
        assert "条未读消息" not in content
        assert reverse("applications:messages_read") not in content
        assert User.objects.get(pk=people.bureau.pk).unread_messages == 1

    def test_the_top_bar_shows_99_at_most(self, log_in, people):
        User.objects.filter(pk=people.office.pk).update(unread_messages=120)
        content = page(log_in(people.office))
        assert ">99+</span>" in content
        assert "120 条未读消息" in content

    def test_text_is_shown_as_text(self, log_in, people):
        message_for(people.office, subject="<b>粗</b>", text="<script>alert(1)</script>")
        content = page(log_in(people.office))
        assert "<script>alert" not in content
        assert "<b>粗" not in content

    def test_a_remark_leads_to_its_field(self, log_in, people):
        application = walk_application(Stage.RECOMMENDING, people)
        remarks = [{"section": "lead", "field": "lead_name", "text": "请填写全名。"}]
        take(application, "return", people, remarks=remarks)
        field = reverse("applications:section", args=[application.pk, "lead"]) + "#id_lead_name"
        content = page(log_in(people.applicant))
        assert re.search(f'<a href="{re.escape(field)}">1. [^<]+：请填写全名。</a>', content)

    @pytest.mark.parametrize("path", ["//example.invalid/", "/\\\\example.invalid/"])
    def test_no_typed_address_leads_out_of_the_portal(self, log_in, people, path, settings):
        """A reason may have lines of its own; "//host" is another host's address."""
        message_for(people.applicant, text=f"退回理由：请看\n{settings.SITE_URL}{path}")
        content = page(log_in(people.applicant))
        assert f'href="{path}' not in content
        assert "example.invalid" in content

    @pytest.mark.parametrize("number", [1, 30])
    def test_it_takes_five_queries(self, log_in, people, number, django_assert_num_queries):
        for count in range(number):
            message_for(people.office, key=f"event:{count}")
        client = log_in(people.office)
        with django_assert_num_queries(5):  # session, user, count, page, whether there are channels
            client.get(INBOX)


class TestSent:
    def test_the_office_sees_what_was_sent_to_whom(self, log_in, people):
        application = walk_application(Stage.RECOMMENDING, people)
        content = page(log_in(people.office), SENT)
        for user in (people.applicant, people.recommender):
            assert user.email in content
            assert user.unit_name in content
        assert reverse("review:detail", args=[application.pk]) in content
        assert "已发送" in content

    def test_a_draft_stays_its_units_own(self, log_in, people):
        draft = make_draft(people.panel.round, people.applicant)
        message_for(people.applicant, application=draft, subject="申报将截止", text="领办人：2 项")
        content = page(log_in(people.office), SENT)
        assert "申报将截止" in content
        assert "领办人：2 项" not in content
        assert draft.studio_title not in content

    def test_filters_find_by_number_unit_and_state(self, log_in, people):
        one = walk_application(Stage.RECOMMENDING, people)
        other = make_people(people.panel.round)
        walk_application(Stage.RECOMMENDING, other)
        client = log_in(people.office)

        def found(**asked):
            content = page(client, SENT, **asked)
            everybody = (people.applicant, people.recommender, other.applicant, other.recommender)
            return [user for user in everybody if user.email in content]

        assert len(found()) == 4
        assert found(number=one.number) == [people.applicant, people.recommender]
        assert found(unit=other.applicant.unit_name) == [other.applicant]
        assert found(unit=other.recommender.unit_name) == [other.recommender]
        assert found(state="failed") == []
        failed = Message.objects.filter(recipient=other.applicant)
        failed.update(mailed_at=None, attempts=TRIES, next_attempt_at=None)
        assert found(state="failed") == [other.applicant]
        assert "已试 6 次，不再重试" in page(client, SENT, state="failed")
        Message.objects.mark_read(people.applicant)
        assert people.applicant not in found(state="unread")
        assert "没有符合条件的消息" in page(client, SENT, number="无此编号")
        assert client.get(SENT, {"state": "nonsense", "number": "\0"}).status_code == 200

    def test_an_applications_page_leads_there(self, log_in, people):
        application = walk_application(Stage.RECOMMENDING, people)
        url = reverse("review:messages", args=[application.pk])
        assert f"{SENT}?number={application.number}" in page(log_in(people.office), url)

    @pytest.mark.parametrize("number", [1, 30])
    def test_it_takes_six_queries(self, log_in, people, number, django_assert_num_queries):
        application = walk_application(Stage.RECOMMENDING, people)
        for _ in range(number):
            user = make_user(
                Role.RECOMMENDER, recommending_unit=people.recommender.recommending_unit
            )
            message_for(user, application=application)
        client = log_in(people.office)
        with django_assert_num_queries(6):  # session, user, count, page, deliveries, applications
            client.get(SENT)
