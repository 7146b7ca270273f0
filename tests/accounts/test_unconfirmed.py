"""A registration that is not confirmed: corrected by whoever made it, void after a day."""

import datetime
import re

import pytest
import time_machine
from allauth.account.models import EmailAddress
from axes.models import AccessAttempt
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.audit import AuditEntry
from accounts.models import ApplyingUnit, User
from accounts.registration import remove_lapsed
from accounts.roles import Role
from tests.accounts.test_registration import answers
from tests.factories import PASSWORD, credit_code, make_applying_unit, make_user

pytestmark = pytest.mark.django_db
WRONG, RIGHT = "untt@example.invalid", "unit@example.invalid"
HOUR = datetime.timedelta(hours=1)


@pytest.fixture
def just_authenticated():
    """These tests log in for real."""


def register(client, **changes):
    return client.post(reverse("account_signup"), answers(**changes))


def correct(client, email=RIGHT, **changes):
    return client.post(reverse("registration_correct"), {"email": email, **changes})


def link(mail):
    return re.search(r"https?://\S+confirm-email\S+", mail.body).group()


def confirm(client, mail):
    return client.post(link(mail))


def log_in(client, email=RIGHT):
    return client.post(reverse("account_login"), {"login": email, "password": PASSWORD})


def test_a_mistyped_address_is_corrected_in_the_same_browser(client, mailoutbox):
    register(client, email=WRONG)
    waiting = client.get(reverse("account_email_verification_sent")).content.decode()
    assert reverse("registration_correct") in waiting
    assert WRONG in client.get(reverse("registration_correct")).content.decode()

    response = correct(client)

    assert response.url == reverse("account_email_verification_sent")
    assert [mail.to for mail in mailoutbox] == [[WRONG], [RIGHT]]
    # Whoever has the wrong mailbox cannot confirm any more.
    confirm(Client(), mailoutbox[0])
    assert not EmailAddress.objects.filter(verified=True).exists()
    confirm(client, mailoutbox[1])
    log_in(client)
    user = User.objects.get()
    assert (user.email, client.session["_auth_user_id"]) == (RIGHT, str(user.pk))


def test_another_browser_shows_code_and_password(client, mailoutbox):
    code = credit_code()
    register(Client(), email=WRONG, uscc=code)
    page = client.get(reverse("registration_correct")).content.decode()
    assert "统一社会信用代码" in page
    assert WRONG not in page

    refused = correct(client, uscc=code, password="another-password")
    assert refused.status_code == 422
    assert "统一社会信用代码或密码不正确" in refused.content.decode()
    assert User.objects.get().email == WRONG

    assert correct(client, uscc=code.lower(), password=PASSWORD).status_code == 302
    assert User.objects.get().email == RIGHT
    assert mailoutbox[-1].to == [RIGHT]


def test_guessing_there_is_counted_as_at_the_login(client):
    known, unknown = make_applying_unit(), credit_code()
    make_user(Role.APPLICANT, applying_unit=known)
    for code in (known.uscc, unknown):
        statuses = [
            correct(client, uscc=code, password="wrong-password").status_code for _ in range(6)
        ]
        assert statuses == [422, 422, 422, 422, 429, 429], code
    assert "wrong-password" not in str(list(AccessAttempt.objects.values()))


def test_a_confirmed_account_keeps_its_address(client, mailoutbox):
    code = credit_code()
    register(client, uscc=code)
    confirm(client, mailoutbox[0])

    page = correct(Client(), "thief@example.invalid", uscc=code, password=PASSWORD)
    assert "已完成验证，请直接登录" in page.content.decode()
    correct(client, "thief@example.invalid")
    assert User.objects.get().email == RIGHT


def test_the_answer_tells_nobody_whether_an_address_has_an_account(mailoutbox):
    """Registering, correcting to and correcting from an address that has one look the same."""
    make_user(Role.OFFICE, email="known@example.invalid")
    pages = {}
    for email in ("known@example.invalid", "new@example.invalid"):
        client = Client()
        said = [register(client, email=email, uscc=credit_code())]
        said.append(client.get(reverse("registration_correct")))
        said.append(correct(client, email))
        other = Client()
        register(other, email=f"first-{email}", uscc=credit_code())
        said.append(correct(other, email))
        said.append(other.get(reverse("registration_correct")))
        pages[email] = [
            (each.status_code, each.get("Location"), _bare(each.content.decode(), email))
            for each in said
        ]
        User.objects.filter(email="new@example.invalid").delete()
    known, new = pages.values()
    assert known == new
    to_known = [mail.subject for mail in mailoutbox if mail.to == ["known@example.invalid"]]
    assert to_known
    assert all(subject.endswith("该电子邮箱已有账号") for subject in to_known)


def _bare(page, email):
    page = re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", page)
    return page.replace(email, "ADDRESS")


def test_who_mistyped_somebody_else_s_address_registers_by_correcting_it(client, mailoutbox):
    make_user(Role.OFFICE, email=WRONG)
    code = credit_code()
    register(client, email=WRONG, uscc=code)
    assert not ApplyingUnit.objects.exists()

    correct(client)

    unit = ApplyingUnit.objects.get(uscc=code)
    assert (unit.name, unit.contact_name) == ("虚构精密机械有限公司", "张㛃")
    confirm(client, mailoutbox[-1])
    log_in(client)
    assert client.session["_auth_user_id"] == str(unit.users.get(email=RIGHT).pk)


def test_a_session_alone_holds_no_code(client):
    """Two type an address that has an account; the second registers meanwhile."""
    make_user(Role.OFFICE, email=WRONG)
    code = credit_code()
    register(client, email=WRONG, uscc=code)
    register(Client(), email="faster@example.invalid", uscc=code)

    page = correct(client)

    assert page.status_code == 422
    assert "该统一社会信用代码已注册" in page.content.decode()
    assert not User.objects.filter(email=RIGHT).exists()


def test_within_a_day_the_code_is_held(client):
    code = credit_code()
    register(Client(), email=WRONG, uscc=code)
    with time_machine.travel(timezone.now() + 23 * HOUR):
        assert "该统一社会信用代码已注册" in register(client, uscc=code).content.decode()


def test_after_a_day_the_next_registration_of_the_code_takes_its_place(client, mailoutbox):
    code = credit_code()
    register(Client(), email=WRONG, uscc=code, name="写错的单位")
    with time_machine.travel(timezone.now() + 25 * HOUR):
        assert register(client, uscc=code).status_code == 302
        assert (ApplyingUnit.objects.get().uscc, User.objects.get().email) == (code, RIGHT)
        # The old link opens nothing.
        confirm(Client(), mailoutbox[0])
        assert not EmailAddress.objects.filter(verified=True).exists()
        confirm(client, mailoutbox[-1])
        assert EmailAddress.objects.get(verified=True).email == RIGHT


def test_after_a_day_the_mailbox_is_free_too(client):
    register(Client(), email=RIGHT)
    with time_machine.travel(timezone.now() + 25 * HOUR):
        code = credit_code()
        register(client, email=RIGHT, uscc=code)
        assert ApplyingUnit.objects.get().uscc == code


def test_a_correction_has_a_day_of_its_own(client, mailoutbox):
    now = timezone.now()
    register(client, email=WRONG)
    with time_machine.travel(now + 20 * HOUR):
        correct(client)
    with time_machine.travel(now + 40 * HOUR):
        assert remove_lapsed() == 0
        confirm(client, mailoutbox[-1])
        assert EmailAddress.objects.get().verified


def test_a_lapsed_registration_is_registered_anew_in_the_same_browser(client):
    register(client, email=WRONG)
    with time_machine.travel(timezone.now() + 25 * HOUR):
        page = client.get(reverse("registration_correct")).content.decode()
        assert "注册时设置的密码" in page
        assert client.get(reverse("account_signup")).status_code == 200


def test_the_regular_run_removes_what_nobody_confirmed_and_nothing_else(client, mailoutbox):
    register(Client(), email=WRONG)
    register(client, uscc=credit_code())
    confirm(client, mailoutbox[-1])
    old = make_applying_unit()
    make_user(Role.APPLICANT, applying_unit=old)
    with time_machine.travel(timezone.now() + 25 * HOUR):
        call_command("notify")
    assert set(User.objects.values_list("email", flat=True)) == {RIGHT, old.users.get().email}
    gone = AuditEntry.objects.get(data__action="lapsed")
    assert gone.user is None
    assert gone.subject.startswith("账号 ")


def test_whom_the_administrator_gave_another_address_stays(client, mailoutbox):
    """Registered, confirmed, never logged in; then the mailbox was lost."""
    register(client)
    confirm(client, mailoutbox[0])
    user = User.objects.get()
    admin = Client()
    log_in(admin, make_user(Role.ADMIN).email)
    data = {"name": user.name, "email": "later@example.invalid"}
    assert admin.post(reverse("accounts:staff_edit", args=[user.pk]), data).status_code == 302
    with time_machine.travel(timezone.now() + 48 * HOUR):
        assert remove_lapsed() == 0


def test_the_link_lasts_as_long_as_the_registration(client, mailoutbox):
    register(client)
    assert "24 小时内" in mailoutbox[0].body
    with time_machine.travel(timezone.now() + 25 * HOUR):
        assert "已失效" in client.get(link(mailoutbox[0])).content.decode()
