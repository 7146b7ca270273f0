"""Names of units and people as they are compared with those of earlier years.

Lists of other years were typed by other hands: full width or half, with blanks or without, 有限公司
for 有限责任公司, 市人社局 for 市人力资源和社会保障局. What is compared is kept beside the name, so
that a database can look it up.
"""

import re

from accounts.characters import person
from applications.recognition.text_match import SHORT_FORMS, compared

KEY_LENGTH = 100
_BRACKETS = re.compile(r"[（(【\[].*?[)）】\]]")
_LONG = re.compile("|".join(sorted(map(re.escape, SHORT_FORMS), key=len, reverse=True)))
# 武汉市某厂 calls itself 武汉某厂 as well, 武汉市经信局 市经信局.
_CITY = re.compile("^(?:湖北省?)?(?:武汉市?|市)")


def unit_key(name):
    """Return what is compared of a unit's name: without city, blanks, signs and company form.

    Two units can have the same: whoever is told of it looks at the names (`is_same_name`).
    """
    plain = _LONG.sub(lambda match: SHORT_FORMS[match[0]], compared(name))
    return (_CITY.sub("", plain) or plain)[:KEY_LENGTH]


def lead_key(name):
    """Return what is compared of a person's name: without what stands in brackets behind it."""
    return compared(_BRACKETS.sub("", person(name)))[:KEY_LENGTH]


def is_same_name(one, other):
    """Whether two names of units are the same but for blanks, signs and width."""
    return compared(one) == compared(other)
