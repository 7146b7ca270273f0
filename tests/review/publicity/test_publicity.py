"""公示: the shortlist, how long it runs, what becomes of it, and what everybody may read of it."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from applications.models import Application
from applications.stages import Stage
from applications.workflow.perform import refusal
from review.publicity.forms import END_UNCHECKED
from review.publicity.models import NoticeChange, PublicNotice
from review.publicity.objections.models import Objection
from tests.factories import make_application, make_user
from tests.review.queue.test_queue import copies

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


def office_page(notice):
    return reverse("review:notice", args=[notice.pk])


def make_notice(people, *applications, days=5, **fields):
    """Save a notice of these applications that runs since yesterday, `days` more days."""
    today = timezone.localdate()
    fields = {
        "round": people.panel.round,
        "starts_on": today - DAY,
        "ends_on": today + days * DAY,
        "contact": "83919079",
        "published_by": people.office,
        **fields,
    }
    notice = PublicNotice.objects.create(**fields)
    notice.applications.set(applications)
    return notice


class TestPublicity:
    @pytest.fixture(autouse=True)
    def monday(self, time_machine, people):
        # Everything before was made now; the notice is published on a Monday that is known.
        self.application = make_application(Stage.PUBLICITY, people)
        time_machine.move_to(datetime.datetime(2026, 11, 23, 4, tzinfo=datetime.UTC), tick=False)

    def publish(self, client, **typed):
        typed = {"starts_on": "2026-11-23", "ends_on": "", "contact": "83919079", **typed}
        return client.post(reverse("review:publicity_new", args=[self.application.round_id]), typed)

    def test_the_end_is_worked_out_in_working_days(self, log_in):
        office = log_in(Role.OFFICE)
        assert self.publish(office).status_code == 302
        notice = PublicNotice.objects.get()
        assert notice.ends_on == datetime.date(2026, 11, 27)
        assert notice.end_confirmed_by is None  # the calendar knows
        assert list(notice.applications.all()) == [self.application]
        assert self.publish(office).status_code == 422  # nothing is left to publish

    def test_a_shorter_period_is_refused(self, log_in):
        response = self.publish(log_in(Role.OFFICE), ends_on="2026-11-24")
        assert response.status_code == 422
        assert "公示不得少于 5 个工作日，最早到 2026-11-27 结束" in response.content.decode()

    def test_an_unknown_year_asks_the_office_to_vouch_for_the_end(
        self, log_in, people, time_machine
    ):
        time_machine.move_to(datetime.datetime(2090, 1, 2, 4, tzinfo=datetime.UTC), tick=False)
        office = log_in(Role.OFFICE)
        response = self.publish(office, starts_on="2090-01-03")
        assert response.status_code == 422
        assert "2090 年的节假日安排" in response.content.decode()
        response = self.publish(office, starts_on="2090-01-03", ends_on="2090-01-06")
        assert "公示不得少于 5 个工作日。" in response.content.decode()
        typed = {"starts_on": "2090-01-03", "ends_on": "2090-01-10"}
        response = self.publish(office, **typed)
        assert END_UNCHECKED in response.content.decode()
        self.publish(office, **typed, end_note="已对照放假通知核对。")
        notice = PublicNotice.objects.get()
        assert notice.ends_on == datetime.date(2090, 1, 10)
        assert notice.end_confirmed_by == people.office
        assert "已对照放假通知核对。" in office.get(office_page(notice)).content.decode()

    def test_a_start_in_the_past_is_refused(self, log_in):
        response = self.publish(log_in(Role.OFFICE), starts_on="2026-11-01")
        assert "公示开始日期不得早于今天" in response.content.decode()

    def test_the_public_page_shows_the_running_notice_and_nothing_private(
        self, log_in, client, time_machine
    ):
        self.publish(log_in(Role.OFFICE))
        client.logout()
        content = client.get(reverse("publicity")).content.decode()
        for name in ("unit_name", "lead_name", "lead_occupation", "studio_occupation"):
            assert getattr(self.application, name) in content
        assert self.application.recommending_unit.name in content
        for private in (
            self.application.lead_id_number,
            self.application.lead_birth,
            self.application.bank_account,
            self.application.contact_mobile,
            self.application.principal_phone,
            self.application.email,
            self.application.number,
        ):
            assert private not in content
        time_machine.move_to(datetime.datetime(2026, 11, 28, 4, tzinfo=datetime.UTC), tick=False)
        assert "目前没有公示" in client.get(reverse("publicity")).content.decode()


class TestANoticesPage:
    def test_says_what_is_left_of_the_period_and_how_to_object(self, client, people, time_machine):
        application = make_application(Stage.PUBLICITY, people)
        time_machine.move_to(datetime.datetime(2026, 9, 30, 4, tzinfo=datetime.UTC), tick=False)
        # 国庆 from 1 to 7 October; the Saturday after it is worked.
        ends_on = datetime.date(2026, 10, 10)
        notice = make_notice(people, application, ends_on=ends_on)
        content = client.get(notice.get_absolute_url()).content.decode()
        assert f"还剩 {notice.working_days_left} 个工作日" in content
        assert notice.working_days_left == 4  # today, 8, 9 and 10 October
        assert notice.number in content
        assert "83919079" in content
        assert reverse("object_to", args=[notice.pk]) in content

    def test_keeps_its_list_after_the_end_but_takes_no_objection(self, client, people):
        application = make_application(Stage.APPROVING, people)
        notice = application.public_notices.get()
        content = client.get(notice.get_absolute_url()).content.decode()
        assert "公示已结束" in content
        assert application.unit_name in content
        assert reverse("object_to", args=[notice.pk]) not in content
        assert notice.get_absolute_url() in client.get(reverse("publicity")).content.decode()

    def test_is_not_there_before_the_first_day(self, client, people):
        notice = make_notice(people, starts_on=timezone.localdate() + DAY)
        assert client.get(notice.get_absolute_url()).status_code == 404
        assert client.get(reverse("object_to", args=[notice.pk])).status_code == 404

    def test_leaves_out_whom_an_objection_was_upheld_against(self, client, people):
        kept, gone = (make_application(Stage.PUBLICITY, people, lead_name=n) for n in ("甲", "乙"))
        notice = make_notice(people, kept, gone)
        gone.objections.create(
            contact="13800000001",
            text="不实。",
            outcome=Objection.Outcome.UPHELD,
            answer="属实。",
            resolved_at=timezone.now(),
        )
        for url in (reverse("publicity"), notice.get_absolute_url()):
            content = client.get(url).content.decode()
            assert ">甲<" in content
            assert ">乙<" not in content
            assert "名单发布时为 2 项" in content

    @pytest.mark.parametrize("copied", [0, 29])
    def test_costs_the_same_with_1_and_30_rows(
        self, client, people, copied, django_assert_num_queries
    ):
        application = make_application(Stage.PUBLICITY, people)
        notice = make_notice(people, application, *copies(application, copied))
        with django_assert_num_queries(3):
            content = client.get(notice.get_absolute_url()).content.decode()
        assert content.count("<tr>") == copied + 2
        with django_assert_num_queries(4):
            client.get(reverse("publicity"))

    @pytest.mark.parametrize("copied", [0, 29])
    def test_the_offices_page_costs_the_same_with_1_and_30_rows(
        self, log_in, people, copied, django_assert_num_queries
    ):
        application = make_application(Stage.PUBLICITY, people)
        notice = make_notice(people, application, *copies(application, copied))
        for each in notice.applications.all():
            each.objections.create(contact="13800000001", text="不实。")
        office = log_in(Role.OFFICE)
        with django_assert_num_queries(6):
            content = office.get(office_page(notice)).content.decode()
        assert content.count("待处理 1 件") == copied + 1
        with django_assert_num_queries(5):
            office.get(reverse("review:publicity_notices"))


class TestChanges:
    def test_an_extension_needs_a_later_day_and_a_reason_that_the_public_reads(
        self, log_in, people
    ):
        application = make_application(Stage.PUBLICITY, people)
        notice = make_notice(people, application)
        ended_on, later = notice.ends_on, notice.ends_on + 2 * DAY
        office, url = log_in(Role.OFFICE), reverse("review:notice_extend", args=[notice.pk])
        refused = office.post(url, {"ends_on": ended_on, "reason": "材料待核。"})
        assert refused.status_code == 422
        assert "新的结束日期须晚于原结束日期" in refused.content.decode()
        assert "材料待核。" in refused.content.decode()
        office.post(url, {"ends_on": later, "reason": "材料待核。"})
        notice.refresh_from_db()
        assert notice.ends_on == later
        change = notice.changes.get()
        assert (change.kind, change.ended_on, change.changed_by) == (
            NoticeChange.Kind.EXTENDED,
            ended_on,
            people.office,
        )
        assert "材料待核。" in office.get(notice.get_absolute_url()).content.decode()
        assert application.events.last().label == "延长公示"

    def test_an_extension_into_an_unknown_year_is_vouched_for(self, log_in, people, time_machine):
        application = make_application(Stage.PUBLICITY, people)
        time_machine.move_to(datetime.datetime(2090, 1, 2, 4, tzinfo=datetime.UTC), tick=False)
        notice = make_notice(people, application, ends_on=datetime.date(2090, 1, 5))
        office, url = log_in(Role.OFFICE), reverse("review:notice_extend", args=[notice.pk])
        typed = {"ends_on": "2090-01-10", "reason": "材料待核。"}
        assert END_UNCHECKED in office.post(url, typed).content.decode()
        office.post(url, {**typed, "end_note": "已对照放假通知核对。"})
        notice.refresh_from_db()
        assert notice.end_confirmed_by == people.office
        # How much is left cannot be said; the page does without.
        assert "还剩" not in office.get(notice.get_absolute_url()).content.decode()

    def test_what_was_withdrawn_is_published_again(self, log_in, people):
        application = make_application(Stage.PUBLICITY, people)
        notice = make_notice(people, application)
        office, url = log_in(Role.OFFICE), reverse("review:notice_withdraw", args=[notice.pk])
        assert office.post(url, {"reason": ""}).status_code == 422
        office.post(url, {"reason": "名单有误。"})
        content = office.get(notice.get_absolute_url()).content.decode()
        assert "名单有误。" in content
        assert application.unit_name not in content
        assert "目前没有公示" in office.get(reverse("publicity")).content.decode()
        fresh = Application.objects.get(pk=application.pk)
        assert refusal(fresh, "clear", people.office) == "尚未公示，请先发布公示。"
        # Nobody relies on it any more: a colleague may also take the inspection's result back.
        assert refusal(fresh, "revert", make_user(Role.OFFICE)) is None
        assert office.post(url, {"reason": "再撤。"}).status_code == 409
        new = reverse("review:publicity_new", args=[application.round_id])
        assert application.studio_title in office.get(new).content.decode()

    def test_an_ended_notice_stays_as_it_is(self, log_in, people):
        notice = make_application(Stage.APPROVING, people).public_notices.get()
        office = log_in(Role.OFFICE)
        for name in ("notice_extend", "notice_withdraw"):
            url = reverse(f"review:{name}", args=[notice.pk])
            typed = {"ends_on": timezone.localdate() + DAY, "reason": "理由。"}
            assert office.post(url, typed).status_code == 409
        assert not NoticeChange.objects.exists()
