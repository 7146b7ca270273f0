"""What the formulas of a workbook say, worked out in Python without a spreadsheet program.

Only what the portal's own workbooks use: + - * / and comparisons over numbers and ranges, SUM,
COUNT, MAX, MIN, IF, AND, ROUND and SUMPRODUCT. Anything else fails.
"""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from openpyxl.formula import Tokenizer
from openpyxl.utils import range_boundaries


class Column(list):
    """The values of a range, of one column or one row; operators work on each value."""

    def _each(self, other, operate):
        others = other if isinstance(other, Column) else [other] * len(self)
        return Column(operate(one, two) for one, two in zip(self, others, strict=True))

    def __gt__(self, other):
        return self._each(other, lambda one, two: Fraction(one > two))

    def __mul__(self, other):
        return self._each(other, lambda one, two: one * two)

    def __eq__(self, other):
        return self._each(other, lambda one, two: Fraction(one == two))

    __hash__ = None


def _numbers(values):
    flat = [each for value in values for each in (value if isinstance(value, list) else [value])]
    return [each for each in flat if isinstance(each, Fraction)]


def _round(value, places):
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return Fraction(exact.quantize(Decimal(1).scaleb(-int(places)), ROUND_HALF_UP))


FUNCTIONS = {
    "SUM": lambda *values: sum(_numbers(values), Fraction(0)),
    "COUNT": lambda *values: Fraction(len(_numbers(values))),
    "MAX": lambda *values: max(_numbers(values)),
    "MIN": lambda *values: min(_numbers(values)),
    "SUMPRODUCT": lambda values: sum(values, Fraction(0)),
    "ROUND": _round,
    "AND": lambda *values: all(values),
    # Only the branch that is chosen is worked out, as a spreadsheet does.
    "IF": lambda test, yes, no: yes() if test else no(),
}


class Calculation:
    """The cells of an openpyxl workbook with the values that their formulas give."""

    def __init__(self, book):
        self.book = book
        self.known = {}

    def value(self, sheet, row, column):
        """The value of one cell: a Fraction, a text, or None."""
        key = sheet, row, column
        if key not in self.known:
            raw = self.book[sheet].cell(row, column)
            if raw.data_type == "f":
                self.known[key] = self._work_out(sheet, raw.value)
            else:
                is_number = isinstance(raw.value, int | float | Decimal)
                self.known[key] = Fraction(str(raw.value)) if is_number else raw.value
        return self.known[key]

    def _range(self, sheet, name):
        if "!" in name:
            sheet, name = name.split("!")
        left, top, right, bottom = range_boundaries(name.replace("$", ""))
        values = [
            self.value(sheet, row, column)
            for row in range(top, bottom + 1)
            for column in range(left, right + 1)
        ]
        return Column(values) if len(values) > 1 or ":" in name else values[0]

    def _work_out(self, sheet, formula):
        source, lazy = [], []  # lazy: whether each open bracket is that of IF
        for token in Tokenizer(formula).items:
            value = token.value
            if token.type == "FUNC" and token.subtype == "OPEN":
                source.append(f"FUNCTIONS[{value[:-1]!r}](")
                lazy.append(value == "IF(")
            elif token.subtype == "CLOSE":
                source.append(")")
                lazy.pop()
            elif token.type == "PAREN":
                source.append("(")
                lazy.append(False)
            elif token.type == "SEP":
                source.append(", lambda: " if lazy[-1] else ", ")
            elif token.subtype == "RANGE":
                source.append(f"cells({value!r})")
            elif token.subtype == "NUMBER":
                source.append(f"Fraction({value!r})")
            elif token.subtype == "TEXT":
                source.append(repr(value[1:-1]))
            else:
                source.append({"=": "==", "<>": "!="}.get(value, value))
        names = {
            "FUNCTIONS": FUNCTIONS,
            "Fraction": Fraction,
            "cells": lambda name: self._range(sheet, name),
        }
        return eval("".join(source), names)  # noqa: S307 - the portal's own formulas
