"""Telephone numbers as people write them: understood, kept in one way, shown readably.

Kept are 13800000000 for a mobile (手机), 027-83919079 for a landline with its area code,
400-820-8820 for a service number, an extension behind it (转8012 or -8012), and several numbers
joined by 、. Areas 010 and 02x
have three digits before eight, all others four before seven or eight (《电信网编号计划》, 2017).
"""

import re

from django.core.exceptions import ValidationError

from accounts.characters import compact, plain

SENTENCE = (
    "请填写有效的电话号码，例如 027-83919079、027-83919079转8012、400-820-8820 或 13800000000；"
    "多个号码用“、”隔开。"
)
_COUNTRY = r"(?:\+|00)?86"
_MOBILE = re.compile(rf"(?:{_COUNTRY})?(1[3-9]\d{{9}})", re.ASCII)
_SERVICE = re.compile(rf"(?:{_COUNTRY})?([48]00)(\d{{3}})(\d{{4}})", re.ASCII)
_LANDLINES = (
    re.compile(rf"(?:{_COUNTRY})?0(10|2\d)(\d{{8}})", re.ASCII),
    re.compile(rf"(?:{_COUNTRY})?0([3-9]\d\d)(\d{{7,8}})", re.ASCII),
    # Behind the country's code the 0 of the area is not dialled.
    re.compile(rf"{_COUNTRY}(10|2\d)(\d{{8}})", re.ASCII),
    re.compile(rf"{_COUNTRY}([3-9]\d\d)(\d{{7,8}})", re.ASCII),
)
_LOCAL = re.compile(r"[1-9]\d{6,7}", re.ASCII)
_EXTENSION = re.compile(r"\d{1,6}", re.ASCII)
_EXTENSION_WORD = re.compile(
    r"[-,.]?(?:转分机|分机号?|转接|转|ext|extension|x|#)[-:.]*", re.IGNORECASE
)
_BETWEEN = re.compile(r"[、,;/\n]|或")


def mobile(text):
    """Return the 11 digits of one mobile number, or None: +86 138-0000 0000 is 13800000000."""
    match = _MOBILE.fullmatch(re.sub(r"[()-]", "", compact(text)))
    return match[1] if match else None


def telephones(text):
    """Return one typed number or several in the form that is kept; None for anything else."""
    kept = []
    # A blank is no separator inside a number, but one between two.
    for part in filter(str.strip, _BETWEEN.split(plain(text))):
        numbers = [_telephone(part)]
        if None in numbers:
            numbers = [_telephone(piece) for piece in part.split()]
        if None in numbers:
            return None
        kept += numbers
    return "、".join(kept) or None


def validate_phone(value):
    """Raise ValidationError with a sentence unless `value` is one telephone number or several."""
    if telephones(value) is None:
        raise ValidationError(SENTENCE)


def readable(value):
    """Return kept numbers as people read them: a mobile in groups, 138 0000 0000."""
    return "、".join(
        f"{number[:3]} {number[3:7]} {number[7:]}"
        if _MOBILE.fullmatch(number) and len(number) == 11
        else number
        for number in value.split("、")
    )


def _telephone(text):
    """Return one number as it is kept, or None."""
    text = re.sub(r"-{2,}", "-", re.sub(r"[()]", "-", compact(text))).strip("-")
    text = re.sub(rf"^{_COUNTRY}-", "+86", text)
    number, word, extension = text, *_word(text)
    if word:
        number = text[: text.index(word)]
        kept = _landline(number) or _service(number)
        return f"{kept}转{extension}" if kept and _EXTENSION.fullmatch(extension) else None
    if kept := mobile(number) or _service(number):
        return kept
    # 027-87654322-808, but not 027-8765-4322.
    rest, _, last = number.rpartition("-")
    if _EXTENSION.fullmatch(last) and (kept := _landline(rest) or _service(rest)):
        return f"{kept}-{last}"
    return _landline(number)


def _word(text):
    """Return what leads to an extension, as typed, and the extension; two empty texts without."""
    match = _EXTENSION_WORD.search(text)
    return (match[0], text[match.end() :]) if match else ("", "")


def _service(text):
    match = _SERVICE.fullmatch(text.replace("-", ""))
    return "-".join(match.groups()) if match else None


def _landline(text):
    digits = text.replace("-", "")
    for form in _LANDLINES:
        if match := form.fullmatch(digits):
            return f"0{match[1]}-{match[2]}"
    return digits if _LOCAL.fullmatch(digits) else None
