"""Numbers as people type them: plain or full-width digits, and nothing that only Python reads.

`int()` and `Decimal()` take 1_0, ٣, 1e2 and NaN as well. Whatever is typed or sent comes here.
"""

import re
from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError

from accounts import characters

WHOLE = re.compile(r"[+-]?[0-9]+(?:\.0*)?")
DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
# What a Chinese keyboard gives.
PLAIN = str.maketrans("０１２３４５６７８９．－＋", "0123456789.-+")


def plain(typed):
    """Return typed text without blanks around it, its full-width digits and signs put right.

    What nobody sees goes (`characters.visible`).
    """
    return characters.visible(str(typed)).strip().translate(PLAIN)


def whole_number(typed):
    """Return what was typed or sent as a number of at most 18 digits, or None."""
    text = plain(typed)
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None


def decimal_number(typed):
    """Return what was typed as a Decimal, or None when it is no plain number."""
    text = plain(typed)
    return Decimal(text) if DECIMAL.fullmatch(text) else None


class WholeNumberField(forms.IntegerField):
    """A whole number, typed in plain digits."""

    default_error_messages = {"invalid": "请填写整数。"}

    def to_python(self, value):
        if value not in self.empty_values:
            value = plain(value)
            if not WHOLE.fullmatch(value):
                raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


class DecimalNumberField(forms.DecimalField):
    """A decimal number, typed in plain digits."""

    default_error_messages = {"invalid": "请填写数字。"}

    def to_python(self, value):
        if value not in self.empty_values:
            value = plain(value)
            if not DECIMAL.fullmatch(value):
                raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)
