"""Which passwords are refused, and that no answer tells whose address has an account."""

import re
import time

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from tests.accounts.test_registration import answers as typed
from tests.factories import PASSWORD, make_user


@pytest.mark.parametrize(
    "password",
    [
        "woaini1314",
        "woaini5201314",
        "wuhan123456",
        "Wuhan@2024!",
        "hubei88888888",
        "zhangwei1990",
        "zhangwei19900101",
        "liming@123456",
        "W0a1n1@1314",
        "P@ssw0rd2024",
        "admin@12345",
        "1qaz2wsx3edc",
        "qwer1234asdf",
        "jineng2024dashi",
        "aaaaaaaaaa1",
        "mima123456789",
        "1234567890",
        "iloveyou2024",
        "short1!",
    ],
)
def test_what_anybody_would_guess_is_refused(password):
    with pytest.raises(ValidationError):
        validate_password(password, User(email="someone@example.invalid", name="某人"))


@pytest.mark.parametrize(
    "password",
    [
        PASSWORD,
        "another-long-secret",
        "江城夜雨十年灯与一杯酒",
        "tK9#vq2Lm!x",
        "Xk7-Qp4-Zt9",
        "zhuzigantongxue7",
    ],
)
def test_what_is_hard_to_guess_is_taken(password):
    validate_password(password, User(email="someone@example.invalid", name="某人"))


def test_a_password_like_ones_own_address_is_refused():
    with pytest.raises(ValidationError, match="电子邮箱"):
        validate_password("pingweihui7", User(email="pingweihui7@example.invalid"))


@pytest.fixture
def slow_hashes(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]


def seconds(ask):
    """The least of three, in the time of this process alone."""
    taken = []
    for _ in range(3):
        start = time.process_time()
        ask()
        taken.append(time.process_time() - start)
    return min(taken)


@pytest.mark.django_db
def test_login_takes_as_long_and_says_the_same_without_an_account(client, slow_hashes, settings):
    settings.AXES_FAILURE_LIMIT = 100
    user = make_user(Role.OFFICE)
    url = reverse("account_login")
    pages = []

    def ask(email):
        pages.append(client.post(url, {"login": email, "password": "wrong-password"}))

    known = seconds(lambda: ask(user.email))
    unknown = seconds(lambda: ask("nobody@example.invalid"))
    assert 0.5 < known / unknown < 2
    errors = {str(page.context["form"].errors) for page in pages}
    assert len(errors) == 1


@pytest.mark.django_db
def test_reset_says_the_same_without_an_account(client, mailoutbox):
    user = make_user(Role.OFFICE)
    url = reverse("account_reset_password")
    answers = [client.post(url, {"email": each}) for each in (user.email, "x@example.invalid")]
    assert {each.url for each in answers} == {reverse("account_reset_password_done")}
    assert [mail.to for mail in mailoutbox] == [[user.email], ["x@example.invalid"]]


@pytest.mark.django_db
def test_registration_says_the_same_with_an_account(client, mailoutbox, slow_hashes):
    taken = make_user(Role.OFFICE).email
    url = reverse("account_signup")
    start = time.process_time()
    first = client.post(url, typed(email="free@example.invalid"))
    middle = time.process_time()
    second = client.post(url, typed(email=taken))
    end = time.process_time()
    assert first.url == second.url == reverse("account_email_verification_sent")
    assert User.objects.filter(email=taken).count() == 1
    assert 0.3 < (middle - start) / (end - middle) < 3


@pytest.mark.django_db
def test_every_refusal_is_in_chinese():
    user = make_user(Role.OFFICE)
    for password in ("12345", "password12", user.email):
        with pytest.raises(ValidationError) as refused:
            validate_password(password, user)
        assert not re.search("[A-Za-z]", "".join(refused.value.messages))
