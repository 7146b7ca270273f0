"""Passkeys in Chromium, with a virtual authenticator in the place of a finger."""

import os

import pytest
from django.urls import reverse

from accounts import factors
from accounts.audit import AuditEntry
from applications.models import Application
from applications.stages import Stage
from tests.browser import assert_accessible
from tests.factories import PASSWORD, make_application, make_people, make_round

SHOTS = os.environ.get("SHOTS")


@pytest.fixture
def just_authenticated():
    """These tests log in for real."""


@pytest.fixture
def authenticator(page):
    """A device with a fingerprint reader that is always touched by the right finger."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    return devtools


def shoot(page, name):
    """Keep a picture for the eye, on a desk and on a telephone, when one is asked for."""
    if SHOTS:
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(path=f"{SHOTS}/{name}-{width}.png", full_page=True)
        page.set_viewport_size({"width": 1280, "height": 900})


def type_password(page, user):
    page.goto(reverse("account_login"))
    page.get_by_label("电子邮箱").fill(user.email)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()


def log_out(page):
    page.goto(reverse("account_logout"))
    page.locator("main").get_by_role("button", name="退出登录").click()


def test_a_passkey_is_set_up_and_opens_the_account(page, authenticator, settings, transactional_db):
    settings.MFA_REQUIRED = True
    people = make_people(make_round())
    application = make_application(Stage.APPROVING, people)
    user = people.bureau
    errors = []
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)

    # Set up before anything else.
    type_password(page, user)
    page.get_by_role("link", name="添加通行密钥").wait_for()
    assert_accessible(page)
    shoot(page, "second-factor")
    page.get_by_role("link", name="添加通行密钥").click()
    page.get_by_label("名称").fill("办公室电脑")
    assert_accessible(page)
    shoot(page, "passkey-add")
    page.get_by_role("button", name="添加").click()
    page.get_by_role("heading", name="恢复码").wait_for()
    assert_accessible(page)
    shoot(page, "recovery-codes")
    page.get_by_role("link", name="已保存，返回").click()
    page.locator("strong", has_text="办公室电脑").wait_for()
    assert_accessible(page)
    shoot(page, "security")
    # The last one stays.
    page.locator("summary", has_text="删除").click()
    assert page.get_by_role("button", name="确认删除").is_disabled()

    # As a second step after the password.
    log_out(page)
    type_password(page, user)
    page.get_by_role("button", name="使用通行密钥").wait_for()
    assert_accessible(page)
    shoot(page, "authenticate")
    page.get_by_role("button", name="使用通行密钥").click()
    page.locator(".account-menu").wait_for()

    # By itself, without a password.
    log_out(page)
    page.goto(reverse("account_login"))
    assert_accessible(page)
    shoot(page, "login")
    page.get_by_role("button", name="使用通行密钥").click()
    page.locator(".account-menu").wait_for()
    page.goto(reverse("mfa_index"))
    page.get_by_text("最近使用").wait_for()

    # In the place of the password before an approval; what was typed is carried on.
    page.goto(f"{reverse('review:detail', args=[application.pk])}?decide=approve#decision")
    decision = page.locator("form[action*='/approve/']")
    decision.locator("[name=text]").fill("同意入选。")
    decision.locator("[name=signatory]").fill("局领导")
    settings.REAUTHENTICATION_MINUTES = -1
    decision.locator("button[type=submit]").first.click()
    page.get_by_role("heading", name="请再次确认身份").wait_for()
    assert_accessible(page)
    shoot(page, "reauthenticate")
    assert Application.objects.get(pk=application.pk).stage == Stage.APPROVING
    page.get_by_role("button", name="使用通行密钥").click()
    page.get_by_text("已办理").wait_for()
    assert Application.objects.get(pk=application.pk).stage == Stage.COUNTERSIGNING
    assert application.opinions.get(transition="approve").text == "同意入选。"

    assert factors.of_user(user).get().wrap().name == "办公室电脑"
    kinds = AuditEntry.objects.filter(kind="LOGIN", user=user).order_by("pk")
    assert [each.data["methods"] for each in kinds] == [
        ["password"],
        ["password", "mfa"],
        ["mfa"],
    ]
    # A page that refuses on purpose (401) is all that the console may hold.
    assert [line for line in errors if "401" not in line] == []
