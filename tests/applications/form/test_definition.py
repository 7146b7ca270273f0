"""What people read of a field."""

import pytest

from applications.form.definition import display, month_of
from applications.models import Application


@pytest.mark.parametrize(
    ("kept", "read"),
    [
        ("1978-05", "1978年5月"),
        ("2002-12", "2002年12月"),
        ("", ""),
        # Of a draft, that is never checked: as it was typed.
        ("八〇年", "八〇年"),
        ("1978-13", "1978-13"),
    ],
)
def test_a_month_is_read_without_zeros(kept, read):
    for name in ("lead_birth", "lead_work_start"):
        assert display(Application(**{name: kept}), name) == read


def test_a_month_is_a_year_and_a_month_of_it():
    assert month_of("1978-05") == (1978, 5)
    assert month_of("1978-13") is None
    assert month_of("") is None
