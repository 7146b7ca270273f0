"""Telephone numbers are understood however they are written, and kept in one way."""

import pytest
from django.core.exceptions import ValidationError

from accounts.telephones import mobile, readable, telephones, validate_phone


@pytest.mark.parametrize(
    "typed",
    [
        "13800000000",
        "138 0000 0000",
        "138-0000-0000",
        "+86 13800000000",
        "+86-138-0000-0000",
        "（+86）138 0000 0000",
        "8613800000000",
        "86 138 0000 0000",
        "008613800000000",
        "１３８００００００００",
        "\u202a138\u200b0000\u20600000\u202c",
    ],
)
def test_a_mobile_is_kept_as_its_eleven_digits(typed):
    assert mobile(typed) == telephones(typed) == "13800000000"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("400-820-8820", "400-820-8820"),
        ("4008208820", "400-820-8820"),
        ("400 820 8820转1", "400-820-8820转1"),
        ("800-8208-820", "800-820-8820"),
        ("027-83919079", "027-83919079"),
        ("02783919079", "027-83919079"),
        ("（027）8391 9079", "027-83919079"),
        ("027—8391—9079", "027-83919079"),
        ("+86 27 8391 9079", "027-83919079"),
        ("86-27-8391-9079", "027-83919079"),
        ("0719-8123456", "0719-8123456"),
        ("83919079", "83919079"),
        # Local numbers of Wuhan begin with 86, too.
        ("86541234", "86541234"),
        ("86541234-808", "86541234-808"),
        ("027-83919079转8012", "027-83919079转8012"),
        ("027-83919079 转 8012", "027-83919079转8012"),
        ("027-83919079分机8012", "027-83919079转8012"),
        ("027-83919079 ext. 8012", "027-83919079转8012"),
        ("027-87654322-808", "027-87654322-808"),
        ("0719-8123456-8", "0719-8123456-8"),
        ("027-83919079、83919080", "027-83919079、83919080"),
        ("027-83919079/13800000000", "027-83919079、13800000000"),
        (
            "027-83919079，+86 138 0000 0000；400-820-8820",
            "027-83919079、13800000000、400-820-8820",
        ),
        ("027-83919079 13800000000", "027-83919079、13800000000"),
    ],
)
def test_what_people_write_is_understood(typed, kept):
    assert telephones(typed) == kept
    # What is kept reads as itself when it is typed again.
    assert telephones(kept) == kept
    validate_phone(kept)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "无",
        "12",
        "12345",
        "138000000000",
        "23800000000",
        "027-83919079转",
        "027-83919079、无",
        "027-8391907",
        "027-8391907-90799",
        "001-212-5551234",
        "١٣٨٠٠٠٠٠٠٠٠",
    ],
)
def test_what_is_no_number_is_refused_with_examples(typed):
    assert telephones(typed) is None
    with pytest.raises(ValidationError, match="400-820-8820"):
        validate_phone(typed)


def test_mobiles_are_shown_in_groups():
    assert readable("13800000000") == "138 0000 0000"
    assert readable("027-83919079转8012、13800000000") == "027-83919079转8012、138 0000 0000"
    assert readable("") == ""
