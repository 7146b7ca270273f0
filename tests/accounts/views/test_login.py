"""Login, logout, change and reset of a password, in Chinese."""

import re

import pytest
from django.urls import reverse

from accounts.roles import Role
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db

NEW = "another-long-secret"


@pytest.fixture
def user():
    return make_user(Role.OFFICE, email="office@example.invalid")


def log_in(client, password=PASSWORD):
    data = {"login": "office@example.invalid", "password": password}
    return client.post(reverse("account_login"), data)


def test_login_leads_home(client, user):
    assert log_in(client).url == reverse("home")


def test_a_wrong_password_is_told_and_the_address_kept(client, user):
    page = log_in(client, "wrong-password").content.decode()
    assert "电子邮箱或密码不正确，请核对后重新输入。" in page
    assert 'value="office@example.invalid"' in page


def test_half_an_address_is_refused_in_chinese(client):
    page = client.post(reverse("account_login"), {"login": "office", "password": "x"})
    assert "请填写正确的电子邮箱" in page.content.decode()


def test_a_deactivated_account_is_out_at_once_and_cannot_log_in(client, user):
    client.force_login(user)
    user.is_active = False
    user.save()
    response = client.get(reverse("account_change_password"))
    assert response.url.startswith(reverse("account_login"))
    client.logout()
    assert log_in(client).url == reverse("account_inactive")
    assert "_auth_user_id" not in client.session


def test_logout_is_a_post(client, user):
    client.force_login(user)
    assert "退出后须重新登录" in client.get(reverse("account_logout")).content.decode()
    assert client.post(reverse("account_logout")).url == reverse("home")
    assert "_auth_user_id" not in client.session


def test_the_password_is_changed_and_the_owner_told(client, user, mailoutbox):
    client.force_login(user)
    data = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert client.post(reverse("account_change_password"), data).url == reverse("home")
    user.refresh_from_db()
    assert user.check_password(NEW)
    assert mailoutbox[0].subject.endswith("密码已修改")


def test_the_password_is_not_changed_without_the_present_one(client, user):
    client.force_login(user)
    data = {"oldpassword": "wrong-password", "password1": NEW, "password2": NEW}
    page = client.post(reverse("account_change_password"), data).content.decode()
    assert "当前密码不正确，请重新输入。" in page


def test_a_forgotten_password_is_reset_by_mail_and_its_link_works_once(client, user, mailoutbox):
    response = client.post(reverse("account_reset_password"), {"email": user.email})
    assert response.url == reverse("account_reset_password_done")
    link = re.search(r"https?://\S+", mailoutbox[0].body).group()

    form = client.get(link, follow=True)
    client.post(form.redirect_chain[-1][0], {"password1": NEW, "password2": NEW})
    user.refresh_from_db()
    assert user.check_password(NEW)
    assert "该链接已失效或已使用过" in client.get(link, follow=True).content.decode()


def test_an_unknown_address_is_told_by_mail_only(client, mailoutbox):
    data = {"email": "nobody@example.invalid"}
    assert client.post(reverse("account_reset_password"), data).url == reverse(
        "account_reset_password_done"
    )
    assert mailoutbox[0].subject.endswith("该电子邮箱没有账号")


def test_a_silent_mail_server_costs_the_mail_not_the_page(client, user, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    data = {"email": user.email}
    page = client.post(reverse("account_reset_password"), data, follow=True).content.decode()
    assert "邮件未能发出，请稍后再试" in page


@pytest.mark.parametrize(
    "name",
    [
        "account_login",
        "account_signup",
        "account_reset_password",
        "account_reset_password_done",
        "account_reset_password_from_key_done",
        "account_email_verification_sent",
        "account_inactive",
        "account_logout",
    ],
)
def test_pages_before_login_need_none(client, name):
    response = client.get(reverse(name))
    assert not getattr(response, "url", "").startswith(reverse("account_login"))


def test_a_stale_confirmation_link_says_so(client):
    page = client.get(reverse("account_confirm_email", args=["stale"])).content.decode()
    assert "该验证链接已失效或已使用过。" in page
