"""Fonts whose letters are drawn as signs: which sign each is, and which stand for a ticked box.

Word keeps such a sign as a letter of its font, or in the private use area (U+F000 and on) with the
letter in the low byte.
"""

TICKED, UNTICKED = "☑", "☐"
UNKNOWN = "\ufffd"

_WINGDINGS = {
    0x6C: "●", 0x6E: "■", 0x6F: UNTICKED, 0x70: UNTICKED, 0x71: UNTICKED, 0x72: UNTICKED,
    0x75: "◆", 0x76: "❖", 0x9F: "•", 0xA8: UNTICKED, 0xD8: "➢", 0xE0: "→", 0xFB: "×",
    0xFC: "√", 0xFD: TICKED, 0xFE: TICKED,
    0x80: "⓪", **{0x81 + at: chr(0x2460 + at) for at in range(10)},
    **{0x8C + at: chr(0x2776 + at) for at in range(10)},
}  # fmt: skip
_WINGDINGS_2 = {
    0x4F: "×", 0x50: "√", 0x51: TICKED, 0x52: TICKED, 0x53: TICKED, 0x54: TICKED, 0xA3: UNTICKED,
    0x30: UNTICKED,
}  # fmt: skip
_WEBDINGS = {0x61: "√", 0x63: UNTICKED, 0x67: "■", 0x72: "×"}
# Adobe's Symbol, the letters and what people write in such forms.
_SYMBOL = dict(
    zip(
        [*range(0x41, 0x5B), *range(0x61, 0x7B)],
        "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖαβχδεφγηιϕκλμνοπθρστυϖωξψζ",
        strict=True,
    )
)
_SYMBOL |= {code: chr(code) for code in [*range(0x20, 0x22), 0x23, 0x25, 0x26, *range(0x28, 0x40)]}
_SYMBOL |= {
    0xA3: "≤", 0xA5: "∞", 0xAB: "↔", 0xAC: "←", 0xAD: "↑", 0xAE: "→", 0xAF: "↓", 0xB0: "°",
    0xB1: "±", 0xB3: "≥", 0xB4: "×", 0xB7: "•", 0xB8: "÷", 0xB9: "≠", 0xBB: "≈", 0xD7: "·",
    0x2D: "−", 0x5B: "[", 0x5D: "]", 0x7B: "{", 0x7C: "|", 0x7D: "}",
}  # fmt: skip
_FONTS = {
    "wingdings": _WINGDINGS,
    "wingdings 2": _WINGDINGS_2,
    "webdings": _WEBDINGS,
    "symbol": _SYMBOL,
}


def is_symbol_font(name):
    """Whether the letters of a font are signs."""
    return (name or "").lower() in _FONTS or (name or "").lower().startswith("wingdings")


def sign_of(font, code):
    """Return the sign that a font draws for a letter's code, `UNKNOWN` where nobody can tell."""
    return _FONTS.get((font or "").lower(), {}).get(code & 0xFF, UNKNOWN)


def in_signs(font, text):
    """Return the text of a run with its font's letters as signs; blanks stay blanks."""
    if not is_symbol_font(font):
        # Without its font a sign of the private use area is nearly always one of Wingdings.
        return "".join(
            sign_of("wingdings", ord(letter)) if 0xF020 <= ord(letter) <= 0xF0FF else letter
            for letter in text
        )
    return "".join(
        letter
        # A Chinese letter is drawn in the run's other font.
        if letter.isspace() or 0xFF < ord(letter) < 0xF000 or ord(letter) > 0xF0FF
        else sign_of(font, ord(letter))
        for letter in text
    )
