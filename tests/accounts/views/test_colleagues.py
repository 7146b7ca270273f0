"""An applying unit's own accounts: invited and removed by its first one."""

import datetime
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import ApplyingUnit, User
from accounts.roles import Role
from accounts.views.colleagues import INVITATIONS_A_DAY
from tests.factories import PASSWORD, make_application, make_applying_unit, make_user

pytestmark = pytest.mark.django_db

URL = "/accounts/colleagues/"
INVITED = {"name": "同事䶮", "email": "Colleague@example.invalid"}


@pytest.fixture
def unit():
    return make_applying_unit()


@pytest.fixture
def first(client, unit):
    """The unit's first account, logged in."""
    user = make_user(Role.APPLICANT, "首位", applying_unit=unit)
    client.force_login(user)
    return user


def invite(client, **changes):
    return client.post(URL, {**INVITED, **changes})


def colleague_of(unit, name="同事", **fields):
    return make_user(Role.APPLICANT, name, applying_unit=unit, **fields)


def test_an_invited_colleague_sets_a_password_and_works_on_the_units_applications(
    client, first, unit, mailoutbox
):
    application = make_application()
    application.applying_unit = unit
    application.save(update_fields=["applying_unit"])
    assert invite(client).url == URL
    colleague = User.objects.get(email="colleague@example.invalid")
    assert (colleague.role, colleague.applying_unit) == (Role.APPLICANT, unit)
    assert "邀请中" in client.get(URL).content.decode()
    letter = mailoutbox[-1]
    assert letter.to == [colleague.email]
    assert f"{unit}的首位邀请您" in letter.body

    visitor = Client()
    form = visitor.get(re.search(r"https?://\S+", letter.body).group(), follow=True)
    typed = {"password1": PASSWORD, "password2": PASSWORD}
    visitor.post(form.redirect_chain[-1][0], typed)
    login = {"login": colleague.email, "password": PASSWORD}
    assert visitor.post(reverse("account_login"), login).url == reverse("applications:landing")
    page = visitor.get(reverse("applications:overview", args=[application.pk]))
    assert page.status_code == 200
    assert "邀请中" not in client.get(URL).content.decode()


def test_colleagues_see_the_list_but_do_not_change_it(client, first, unit, mailoutbox):
    colleague = colleague_of(unit)
    waiting = colleague_of(unit, "待启用")
    User.objects.filter(pk=waiting.pk).update(password="!")
    client.force_login(colleague)
    page = client.get(URL).content.decode()
    assert first.email in page
    assert "由最早的账号（首位）办理" in page
    assert "<form" not in page.split('id="main"')[1]

    assert "只有本单位最早的账号" in invite(client).content.decode()
    for name in ("colleague_invite", "colleague_remove"):
        client.post(reverse(f"accounts:{name}", args=[waiting.pk]))
    assert not User.objects.filter(email__iexact=INVITED["email"]).exists()
    assert User.objects.get(pk=waiting.pk).is_active
    assert mailoutbox == []


def test_a_removed_colleague_is_logged_out_and_keeps_the_name_in_the_history(client, first, unit):
    colleague = colleague_of(unit)
    theirs = Client()
    theirs.force_login(colleague)
    assert theirs.get(URL).status_code == 200
    client.post(reverse("accounts:colleague_remove", args=[colleague.pk]))
    assert theirs.get(URL).url.startswith(reverse("account_login"))
    assert User.objects.get(pk=colleague.pk).name == "同事"
    assert colleague.email not in client.get(URL).content.decode()


def test_when_the_administrator_deactivates_the_first_account_the_next_is_first(
    client, first, unit
):
    invited = colleague_of(unit, "受邀未启用")
    User.objects.filter(pk=invited.pk).update(password="!")
    second = colleague_of(unit, "第二位")
    assert unit.first_account == first
    User.objects.filter(pk=first.pk).update(is_active=False)
    assert unit.first_account == second
    client.force_login(second)
    invite(client)
    assert unit.users.filter(email="colleague@example.invalid").exists()


def test_nobody_removes_themselves(client, first):
    page = client.post(reverse("accounts:colleague_remove", args=[first.pk]), follow=True)
    assert "不能移除自己的账号。" in page.content.decode()
    assert User.objects.get(pk=first.pk).is_active


def test_other_units_accounts_do_not_exist(client, first):
    foreign = make_user(Role.APPLICANT, "外人", applying_unit=make_applying_unit())
    for name in ("colleague_invite", "colleague_remove"):
        assert client.post(reverse(f"accounts:{name}", args=[foreign.pk])).status_code == 404
    assert foreign.email not in client.get(URL).content.decode()


def test_an_address_with_an_account_is_refused_without_saying_whose(client, first):
    foreign = make_user(Role.OFFICE, "办公室某", email="colleague@example.invalid")
    response = invite(client)
    page = response.content.decode()
    assert response.status_code == 422
    assert "该电子邮箱已有账号，请换一个。" in page
    assert "同事䶮" in page
    assert foreign.name not in page
    assert User.objects.filter(email=foreign.email).count() == 1


def test_a_unit_has_ten_accounts_at_most(client, first, unit, mailoutbox):
    for _ in range(ApplyingUnit.ACCOUNT_LIMIT - 1):
        colleague_of(unit)
    assert "账号已满 10 个" in client.get(URL).content.decode()
    assert "本单位已有 10 个账号" in invite(client).content.decode()
    assert unit.users.count() == ApplyingUnit.ACCOUNT_LIMIT
    assert mailoutbox == []


def test_inviting_and_removing_a_hundred_people_ends_at_the_days_limit(
    client, first, unit, mailoutbox
):
    User.objects.filter(pk=first.pk).update(date_joined=timezone.now() - datetime.timedelta(days=2))
    for number in range(INVITATIONS_A_DAY + 3):
        response = invite(client, email=f"c{number}@example.invalid")
        unit.users.exclude(pk=first.pk).update(is_active=False)
    assert "今天邀请的人数较多" in response.content.decode()
    assert len(mailoutbox) == INVITATIONS_A_DAY


def test_an_invitation_is_sent_again_but_not_at_once(client, first, unit, mailoutbox, time_machine):
    time_machine.move_to("2026-09-01 09:00+08:00", tick=False)
    client.force_login(first)
    invite(client)
    again = reverse(
        "accounts:colleague_invite", args=[User.objects.get(email="colleague@example.invalid").pk]
    )
    assert "请 5 分钟后再重发" in client.post(again, follow=True).content.decode()
    time_machine.move_to("2026-09-01 09:06+08:00", tick=False)
    assert "已再次邀请" in client.post(again, follow=True).content.decode()
    assert len(mailoutbox) == 2


def test_a_colleague_in_use_is_not_invited_again(client, first, unit, mailoutbox):
    again = reverse("accounts:colleague_invite", args=[colleague_of(unit).pk])
    assert "账号已启用" in client.post(again, follow=True).content.decode()
    assert mailoutbox == []


@pytest.mark.parametrize("number", [1, 9])
def test_the_list_takes_five_queries(client, first, unit, number, django_assert_num_queries):
    for _ in range(number):
        colleague_of(unit)
    with django_assert_num_queries(5):  # session, user, unit, accounts, first account
        client.get(URL)


def test_saving_a_user_read_before_leaves_the_number_of_unread_messages():
    user = make_user(Role.OFFICE)
    User.objects.filter(pk=user.pk).update(unread_messages=3)
    user.name = "改名"
    user.save()
    user.refresh_from_db()
    assert (user.name, user.unread_messages) == ("改名", 3)
