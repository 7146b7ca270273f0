"""ID and bank numbers at rest: what the database holds, and what it takes to read it."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from accounts.chains import sm3
from applications.models import Application
from applications.trust.encryption import blind_index, decrypt, encrypt
from tests.factories import id_number, make_application


@given(st.text())
def test_any_text_comes_back(text):
    assert decrypt(encrypt(text, "a"), "a") == text


def test_equal_texts_do_not_look_equal():
    assert encrypt("420102", "a") != encrypt("420102", "a")


@pytest.mark.parametrize(
    "change", [lambda token: token[:-2] + "AA", lambda token: "sm4:AAAA", lambda token: "420102"]
)
def test_a_changed_token_is_refused(change):
    with pytest.raises(ValueError, match=r".+"):
        decrypt(change(encrypt("420102", "a")), "a")


def test_a_token_of_another_column_is_refused():
    with pytest.raises(ValueError, match="changed"):
        decrypt(encrypt("420102", "bank_account"), "lead_id_number")


def test_another_key_reads_nothing(settings):
    token, index = encrypt("420102", "a"), blind_index("420102")
    settings.ENCRYPTION_KEY = "ab" * 32
    with pytest.raises(ValueError, match="ENCRYPTION_KEY"):
        decrypt(token, "a")
    assert blind_index("420102") != index


@pytest.mark.parametrize("key", ["", "zz", "ab" * 16])
def test_a_key_of_the_wrong_form_is_refused_with_a_hint(settings, key):
    settings.ENCRYPTION_KEY = key
    with pytest.raises(ImproperlyConfigured, match="64 hexadecimal digits"):
        encrypt("1", "a")


def test_the_index_finds_equal_numbers_and_hides_them():
    assert blind_index(" 42010219800512003x ") == blind_index("42010219800512003X")
    assert blind_index("1") != blind_index("2")
    assert blind_index("") == ""
    assert "420102" not in blind_index("420102")


def test_sm3_is_the_standard_one():
    # GB/T 32905-2016, appendix A.1
    assert sm3(b"abc") == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


@pytest.mark.django_db
def test_the_database_holds_no_readable_number():
    application = make_application()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT lead_id_number, bank_account FROM applications_application WHERE id = %s",
            [application.pk],
        )
        stored = cursor.fetchone()
    assert all(value.startswith("sm4:") for value in stored)
    fresh = Application.objects.get(pk=application.pk)
    assert (fresh.lead_id_number, fresh.bank_account) == (id_number(), "6222020000001234567")
    assert fresh.lead_id_index == blind_index(id_number())
    content = str(make_application("RECOMMENDING").submissions.get().content)
    assert id_number() not in content
    assert "6222020000001234567" not in content
