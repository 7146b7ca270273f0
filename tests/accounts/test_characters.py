"""What keyboards, input methods and copied text bring along is put right."""

import pytest

from accounts.characters import MOST_MARKS, compact, normalized, person, plain


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("诸葛　明轩", "诸葛明轩"),
        ("李  娜", "李娜"),
        ("王 𠮷 野", "王𠮷野"),
        ("张\u200b\u202a三\ufeff", "张三"),
        ("阿卜杜拉·买买提", "阿卜杜拉·买买提"),
        ("阿卜杜拉•买买提", "阿卜杜拉·买买提"),
        ("阿卜杜拉‧买买提", "阿卜杜拉·买买提"),
        ("阿卜杜拉・买买提", "阿卜杜拉·买买提"),
        ("阿卜杜拉 · 买买提", "阿卜杜拉·买买提"),
        ("阿卜杜拉．买买提", "阿卜杜拉·买买提"),
        ("John   Smith", "John Smith"),
        ("John A. Smith", "John A. Smith"),
        ("", ""),
    ],
)
def test_blanks_in_chinese_names_go_and_their_dot_is_one(typed, kept):
    assert person(typed) == kept
    assert person(kept) == kept


@pytest.mark.parametrize(
    "mark",
    [
        *"\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff",
        *"\u00ad\u200c\u200d\u2060 \u3000\t\n",
    ],
)
def test_nothing_that_nobody_sees_stays_in_a_number(mark):
    assert compact(f"{mark}12{mark}34{mark}") == "1234"


@pytest.mark.parametrize("mark", ["\u0301", "\u05b0", "\u0e38", "\u3099"])
def test_a_heap_of_marks_costs_no_more_than_its_length(mark):
    """Normalising takes the square of marks in a row: a million of them would not end."""
    heap = f"某{mark * 1_000_000}厂"
    assert normalized(heap) == f"某{mark * MOST_MARKS}厂"
    assert len(plain(heap)) == MOST_MARKS + 2


def test_full_width_characters_become_half_width():
    assert normalized("ＡＢ１２（ｶﾞ）") == "AB12(ガ)"
