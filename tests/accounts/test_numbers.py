"""Numbers are taken as people type them, and as nothing that only Python reads."""

import importlib
import pkgutil
from decimal import Decimal

import pytest
from django import forms
from django.core.exceptions import ValidationError

from accounts.numbers import (
    DecimalNumberField,
    WholeNumberField,
    decimal_number,
    whole_number,
)
from applications.form.completeness import is_id_number
from applications.form.definition import month_of
from applications.form.forms import MonthField, NumberField, YearField
from applications.form.rows import PageField
from review.scoring import bands
from review.scoring.typed_sheet import points_of

# Each of these is a number to int() or Decimal().
ONLY_TO_PYTHON = ["1_0", "٣", "३", "1٣", "１_０", "𝟛"]
NO_NUMBER = [*ONLY_TO_PYTHON, "1e1", "NaN", "Infinity", "0x1", "1 0", "十", "²", "1,0", "."]


@pytest.mark.parametrize("typed", NO_NUMBER)
def test_what_only_python_reads_is_no_number(typed):
    assert whole_number(typed) is None
    assert decimal_number(typed) is None
    assert points_of(typed, 30, half_points=True) is None
    for field in (WholeNumberField(), DecimalNumberField()):
        with pytest.raises(ValidationError):
            field.clean(typed)


@pytest.mark.parametrize("typed", ONLY_TO_PYTHON)
def test_nor_in_the_fields_of_the_application(typed):
    for field in (NumberField(max_digits=8, decimal_places=2), PageField()):
        with pytest.raises(ValidationError):
            # 𝟛 is a compatibility form, which these put right, as they do ３.
            field.clean(typed if typed != "𝟛" else "٣")
    with pytest.raises(ValidationError):
        YearField().clean("20_20")
    with pytest.raises(ValidationError):
        YearField().clean("٢٠٢٠")


def test_months_and_numbers_kept_as_text_have_plain_digits():
    assert MonthField().clean("１９８０年５月") == "1980-05"
    # Anything else stays as it was typed, and is no month.
    assert MonthField().clean("١٩٨٠-٠٥") == "١٩٨٠-٠٥"
    assert month_of("١٩٨٠-05") is None
    assert is_id_number("420102198005120179")
    assert not is_id_number("٤20102198005120179")


@pytest.mark.parametrize(
    ("typed", "number"),
    [("27", 27), (" 27 ", 27), ("２７", 27), ("26.5", "26.5"), ("２６．５", "26.5")],
)
def test_plain_and_full_width_digits_are(typed, number):
    assert decimal_number(typed) == Decimal(number)
    assert points_of(typed, 30, half_points=True) == Decimal(number)
    assert WholeNumberField().clean("２７.0") == 27


@pytest.mark.parametrize("typed", ["26.5", "26.50", "26.0", "26.", ".5"])
def test_points_are_whole_or_half_and_written_so(typed):
    taken = {"26.5": Decimal("26.5"), "26.0": Decimal(26)}
    assert points_of(typed, 30, half_points=True) == taken.get(typed)


def test_bands_are_written_in_plain_digits():
    assert bands.tidy("２７－３０ 国家级") == "27-30 国家级"
    assert bands.problem("٢٧-٣٠ 国家级", 30)


def test_no_field_of_any_form_reads_numbers_in_another_way():
    for package in ("accounts", "applications", "review", "documents", "operations"):
        for module in pkgutil.walk_packages([package], f"{package}."):
            if module.name.split(".")[1] not in {"migrations", "management"}:
                importlib.import_module(module.name)
    others = [
        f"{form.__module__}.{form.__name__}.{name}"
        for form in _below(forms.BaseForm)
        for name, field in form.base_fields.items()
        if form.__module__.startswith(("accounts.", "applications.", "review.", "documents."))
        and isinstance(field, forms.IntegerField)
        and not isinstance(field, WholeNumberField | DecimalNumberField)
    ]
    assert others == []


def _below(kind):
    for each in kind.__subclasses__():
        if hasattr(each, "base_fields"):
            yield each
        yield from _below(each)
