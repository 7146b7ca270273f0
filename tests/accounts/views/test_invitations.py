"""Accounts by invitation: the link runs out, works once, and is replaced by the next one."""

import datetime
import re

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from accounts.audit import AuditEntry
from accounts.models import User
from accounts.roles import Role
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db
NEW = "another-long-secret"


@pytest.fixture
def admin_client(client):
    client.force_login(make_user(Role.ADMIN))
    return client


@pytest.fixture
def invited(admin_client):
    data = {"role": Role.OFFICE, "name": "新人", "email": "new@example.invalid"}
    admin_client.post(reverse("accounts:staff_new"), data)
    return User.objects.get(email=data["email"])


def link(mail):
    return re.search(r"https?://testserver(\S+)", mail.body).group(1)


def set_password(client, url):
    form = client.get(url, follow=True)
    data = {"password1": NEW, "password2": NEW}
    return client.post(form.request["PATH_INFO"], data)


def later(**ago):
    return time_machine.travel(timezone.localtime() + datetime.timedelta(**ago))


def test_the_link_sets_the_password_within_seven_days_and_once(client, invited, mailoutbox):
    client.logout()
    with later(days=6, hours=23):
        assert set_password(client, link(mailoutbox[0])).status_code == 302
        page = client.get(link(mailoutbox[0]), follow=True).content.decode()
    assert "该链接已失效或已使用过" in page
    assert User.objects.get(pk=invited.pk).check_password(NEW)
    assert AuditEntry.objects.get(kind="PASSWORD").subject == f"账号 {invited.pk}"


def test_after_seven_days_the_page_says_what_to_do(client, invited, mailoutbox):
    client.logout()
    with later(days=7, minutes=1):
        page = client.get(link(mailoutbox[0]), follow=True).content.decode()
    assert "邀请链接已失效" in page
    assert "再次发送邀请" in page


def test_the_administrator_sees_that_an_invitation_ran_out(admin_client, invited):
    url = reverse("accounts:staff_edit", args=[invited.pk])
    assert "邀请中" in admin_client.get(url).content.decode()
    with later(days=7, minutes=1):
        assert "邀请已过期" in admin_client.get(url).content.decode()


def test_whoever_is_only_invited_cannot_prolong_it_by_a_reset(client, invited, mailoutbox):
    client.logout()
    client.post(reverse("account_reset_password"), {"email": invited.email})
    assert "/password/reset/key/" not in mailoutbox[-1].body


def test_inviting_again_makes_a_new_link_and_ends_the_old_one(admin_client, invited, mailoutbox):
    page = admin_client.get(reverse("accounts:staff_edit", args=[invited.pk])).content.decode()
    assert "尚未启用" in page
    with later(minutes=1):
        admin_client.post(reverse("accounts:staff_invite", args=[invited.pk]))
    first, second = mailoutbox
    admin_client.logout()
    assert "邀请链接已失效" in admin_client.get(link(first), follow=True).content.decode()
    assert set_password(admin_client, link(second)).status_code == 302
    actions = [each.data["action"] for each in AuditEntry.objects.filter(kind="ACCOUNT")]
    assert sorted(actions) == ["created", "invited again"]


def test_an_account_in_use_is_not_invited(admin_client, mailoutbox):
    user = make_user(Role.EXPERT)
    admin_client.post(reverse("accounts:staff_invite", args=[user.pk]))
    assert not mailoutbox
    assert User.objects.get(pk=user.pk).check_password(PASSWORD)


def test_a_forgotten_passwords_link_lasts_a_day(client, mailoutbox):
    user = make_user(Role.OFFICE)
    client.post(reverse("account_reset_password"), {"email": user.email})
    with later(hours=25):
        page = client.get(link(mailoutbox[0]), follow=True).content.decode()
    assert "该链接已失效或已使用过" in page
    with later(hours=23):
        assert set_password(client, link(mailoutbox[0])).status_code == 302


def test_changes_of_accounts_are_logged(admin_client):
    user = make_user(Role.OFFICE, name="旧名")
    url = reverse("accounts:staff_edit", args=[user.pk])
    admin_client.post(url, {"role": user.role, "name": "新名", "email": user.email})
    admin_client.post(reverse("accounts:staff_active", args=[user.pk]), {"active": "no"})
    found = AuditEntry.objects.filter(kind="ACCOUNT").order_by("pk")
    assert [(each.data["action"], each.data.get("fields")) for each in found] == [
        ("changed", ["name"]),
        ("deactivated", None),
    ]
