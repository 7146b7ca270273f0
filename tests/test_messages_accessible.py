"""Messages and a unit's accounts in a browser: axe-core finds nothing, the keyboard suffices."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from applications.models import AllowedHost, CalendarAddress, Channel
from applications.notify.inbox import Message
from applications.stages import Stage
from tests.browser import assert_accessible, log_in
from tests.factories import make_people, make_round, make_user, take, walk_application

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("width", [1280, 390])
def test_the_pages_of_messages_and_accounts(page, width):
    people = make_people(make_round())
    application = walk_application(Stage.RECOMMENDING, people)
    take(application, "return", people, remarks=[{"section": "lead", "text": "请补充。"}])
    invited = make_user(Role.APPLICANT, applying_unit=people.applicant.applying_unit)
    User.objects.filter(pk=invited.pk).update(password="!")
    Message.objects.filter(recipient=people.recommender).update(mailed_at=None)
    allowed = {"host": "robot.example.invalid", "allowed_by": people.admin}
    AllowedHost.objects.create(service="WECOM", **allowed)
    channel = Channel.objects.create(
        owner=people.applicant,
        service="WECOM",
        name="科室工作群",
        access={"url": "https://robot.example.invalid/send?key=a-long-key-of-a-robot"},
        kinds=["SUBMITTED", "RETURNED", "RESULT", "REMINDER", "PROGRESS", "QUALIFICATION"],
    )
    told = people.applicant.messages.first()
    for number, fields in enumerate(({"sent_at": timezone.now()}, {"last_error": "对方拒收。"})):
        channel.deliveries.create(key=f"event:{number}", message=told, attempts=1, **fields)
    CalendarAddress.objects.make(people.applicant)
    page.set_viewport_size({"width": width, "height": 800})
    for user, name in (
        (people.applicant, "applications:messages"),
        (people.applicant, "applications:channels"),
        (people.applicant, "calendar"),
        (people.applicant, "accounts:colleagues"),
        (people.office, "applications:messages_sent"),
        (people.office, "/channels/new/WECOM/"),
        (people.admin, "applications:channel_services"),
        (people.admin, "/accounts-admin/channels/new/SMS/"),
    ):
        log_in(page, user)
        page.goto(name if name.startswith("/") else reverse(name))
        for details in page.locator("main details").all():
            details.locator("summary").click()
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_message_is_opened_and_a_colleague_removed_with_the_keyboard(page):
    people = make_people(make_round())
    application = walk_application(Stage.RECOMMENDING, people)
    colleague = make_user(Role.APPLICANT, "同事某", applying_unit=people.applicant.applying_unit)
    log_in(page, people.applicant)
    page.goto("/")
    page.get_by_role("link", name=re.compile("1 条未读消息")).press("Enter")
    page.get_by_role("button", name="已提交").press("Enter")
    page.wait_for_url(f"**{reverse('applications:receipt', args=[application.pk])}")
    assert page.get_by_role("link", name="消息", exact=True).is_visible()

    page.locator(".account-menu summary").press("Enter")
    page.get_by_role("link", name="本单位账号").press("Enter")
    page.locator("summary", has_text="移除同事某").press("Enter")
    page.get_by_role("button", name="确认移除同事某").press("Enter")
    page.get_by_text("已移除同事某").wait_for()
    assert not User.objects.get(pk=colleague.pk).is_active
