"""The task list: how far each section is, what comes next, how long there is still time."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from applications.files import evidence as evidence_files
from applications.form.countdown import Countdown
from applications.form.task_list import next_step, progress, with_content
from applications.models import Application
from applications.stages import Stage
from applications.versions.stamped_form import print_form
from tests.browser import assert_accessible, log_in
from tests.factories import (
    make_application,
    make_draft,
    make_people,
    make_round,
    pdf_file,
    stamp,
)

DAY, HOUR, MINUTE = 86400, 3600, 60


@pytest.fixture
def people():
    return make_people(make_round())


@pytest.fixture
def draft(people):
    return make_draft(people.panel.round, people.applicant)


def overview(client, people, draft):
    client.force_login(people.applicant)
    return client.get(reverse("applications:overview", args=[draft.pk]))


@pytest.mark.parametrize(
    ("seconds", "words", "urgent"),
    [
        (20 * DAY + 4 * HOUR, "还有 20 天 4 小时", False),
        (3 * DAY, "还有 3 天 0 小时", False),
        (3 * DAY - 1, "还有 2 天 23 小时", True),
        (5 * HOUR + 12 * MINUTE + 30, "还有 5 小时 12 分钟", True),
        (12 * MINUTE, "还有 12 分钟", True),
        (59, "还有不到 1 分钟", True),
        (0, "已经截止，不能再提交", True),
        (-DAY, "已经截止，不能再提交", True),
    ],
)
def test_the_time_left_in_words(seconds, words, urgent):
    now = timezone.now()
    left = Countdown.between(now, now + datetime.timedelta(seconds=seconds))
    assert (str(left), left.is_urgent) == (words, urgent)


@pytest.mark.django_db
class TestTaskList:
    def test_every_missing_item_links_to_its_very_field(self, client, people, draft):
        Application.objects.filter(pk=draft.pk).update(principal="", postcode="43")
        answer = overview(client, people, draft)
        page = answer.content.decode()
        assert "已完成 7 / 9 部分，还差 3 项" in page
        address = reverse("applications:section", args=[draft.pk, "unit"])
        assert f'<a href="{address}?check=1#id_principal">请填写负责人。</a>' in page
        assert f'<a href="{address}?check=1#id_postcode">邮政编码应为 6 位数字。</a>' in page
        assert answer.context["next_step"] == ("继续填写", f"{address}?check=1#id_principal")

    def test_what_comes_next_when_the_form_is_filled_in(self, client, people, draft):
        def step():
            application = with_content(Application.objects).get(pk=draft.pk)
            return next_step(progress(application))

        stamp_page = reverse("applications:section", args=[draft.pk, "stamp"])
        assert step() == ("打印盖章", stamp_page)
        page = overview(client, people, draft).content.decode()
        assert "前 8 部分已检查，无缺项。下一步：" in page
        stamp(draft, people.applicant)
        assert step() == ("检查并提交", reverse("applications:submit", args=[draft.pk]))
        complete = "已检查，无缺项。下一步：<a"
        assert complete in overview(client, people, draft).content.decode()

    def test_what_comes_next_after_a_return(self, client, people):
        application = make_application(Stage.RETURNED, people=people)
        event = application.events.get(action="return")
        event.remarks.all().delete()
        remark = event.remarks.create(
            application=application, section="lead", field="lead_post", text="请写到班组"
        )

        def step():
            context = overview(client, people, application).context
            return context["next_step"], context["finished"]

        lead = reverse("applications:section", args=[application.pk, "lead"])
        assert step() == (("按要求修改", f"{lead}#id_lead_post"), 8)
        remark.answer = "已改"
        remark.save()
        assert step() == (
            ("检查并提交", reverse("applications:submit", args=[application.pk])),
            9,
        )

    def test_a_printed_draft_has_a_number_but_no_receipt(self, client, people, draft):
        print_form(draft, people.applicant)
        number = Application.objects.get(pk=draft.pk).number
        page = overview(client, people, draft).content.decode()
        assert number in page
        assert reverse("applications:receipt", args=[draft.pk]) not in page

    def test_who_edited_last_and_when(self, client, people, draft):
        at = datetime.datetime(2026, 5, 4, 10, 32, tzinfo=timezone.get_current_timezone())
        Application.objects.filter(pk=draft.pk).update(edited_at=at)
        page = overview(client, people, draft).content.decode()
        assert f"2026-05-04 10:32，{people.applicant.name}" in page

    def test_after_the_deadline_the_time_is_over(self, client, people, draft):
        round_ = draft.round
        round_.closes_at = timezone.now() - datetime.timedelta(minutes=1)
        round_.save()
        assert "已经截止，不能再提交" in overview(client, people, draft).content.decode()

    @pytest.mark.parametrize("rows", [1, 30])
    def test_it_costs_the_same_with_many_rows(
        self, client, people, draft, rows, django_assert_num_queries
    ):
        for number in range(rows - 1):
            draft.members.create(name=f"成员{number}", position=number + 1)
            evidence_files.add(draft, "HONOUR", pdf_file(), people.applicant)
        client.force_login(people.applicant)
        url = reverse("applications:overview", args=[draft.pk])
        # session, user; application, awards, members, evidence, requirements; events
        with django_assert_num_queries(8):
            client.get(url)


@pytest.mark.django_db(transaction=True)
def test_the_browser_ticks_on_in_the_same_words_whatever_its_clock_says(page, people, draft):
    round_ = draft.round
    round_.closes_at = timezone.now() + datetime.timedelta(days=3, hours=1)
    round_.save()
    log_in(page, people.applicant)
    page.set_viewport_size({"width": 390, "height": 800})
    page.clock.install(time="1999-01-01T00:00:00")
    page.goto(reverse("applications:overview", args=[draft.pk]))
    place = page.locator("[data-seconds-left]")
    left = int(place.get_attribute("data-seconds-left"))
    assert left > 3 * DAY
    assert_accessible(page)
    for passed in (2 * HOUR, 3 * DAY - 2 * HOUR, 30 * MINUTE, 31 * MINUTE):
        page.clock.fast_forward(passed * 1000)
        left = max(0, left - passed)
        # The seconds that the test itself takes may turn a minute.
        words = {str(Countdown(max(0, left - seconds))) for seconds in range(120)}
        assert place.text_content() in words
        assert "overdue" in place.get_attribute("class")
