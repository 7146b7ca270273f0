"""Findings as a page shows them: their places as links, their marks, numbers masked."""

import datetime
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field

from django.utils import timezone
from stdnum.cn import uscc

from applications.form.definition import mask
from applications.permissions import Privacy, privacy_for
from applications.recognition import marks as finding_marks
from applications.recognition.findings import CONTRADICTION, REPEAT, Agreement, Finding
from applications.recognition.place_links import address_of, cutting_of
from applications.recognition.records import FindingMark
from applications.recognition.stamped_paper import CUTTING_KEYS

# The tone of a finding's tag (static/css/site.css): a hint is never red.
TONES = {
    Agreement.DIFFERS: "wait",
    Agreement.NOT_FOUND: "wait",
    Agreement.NOT_LEGIBLE: "plain",
    Agreement.FOUND: "pass",
}
# Proof used twice: by another, or by the same unit again.
REPEATED = {False: "材料重复", True: "沿用材料"}
# What stands between the groups of a number, as it is printed or read.
_GAP = r"[ .·_-]{0,3}"
# An ID number, account numbers (cards in groups of four), and what has the form of a credit code.
_ID_NUMBER = re.compile(rf"(?<![0-9])(?:[0-9]{_GAP}){{17}}[0-9X](?![0-9])")
_ACCOUNT = re.compile(
    r"(?<![0-9])(?:[0-9][0-9 ]{13,22}[0-9X]"
    r"|[0-9]{4}(?:[ .-][0-9]{4}){3}(?:[ .-][0-9]{1,4})?)(?![0-9])"
)
_CREDIT_CODE = re.compile(r"(?<![0-9A-Z])[0-9A-Z]{18}(?![0-9A-Z])", re.ASCII | re.IGNORECASE)
# Letters that are read where digits stand, and the dashes there are.
_SLIPS = str.maketrans("OolI|x×", "00111XX")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−﹣", "-"))
OLDEST = 1900
ORDER = list(Agreement)


@dataclass(frozen=True)
class ShownFinding:
    """A finding on a page: `links` are (page in words, address) of its places, page by page.

    `marks` are those that the reader may know of, `own` is the reader's among them, or None;
    `token` is "" where the reader marks nothing.
    """

    finding: Finding
    sentence: str
    links: tuple[tuple[str, str], ...]
    marks: list[FindingMark] = field(default_factory=list)
    own: FindingMark | None = None
    token: str = ""
    # Whether a mark settles it for this reader (`marks.SETTLED_BY`): eyes are needed less.
    is_settled: bool = False
    cutting: str = ""  # the address of a picture of the place, of a stamped paper's seal and hand

    @property
    def label(self):
        return self.finding.label

    @property
    def agreement(self):
        return self.finding.agreement

    @property
    def tag(self):
        """How its tag calls the agreement."""
        if self.finding.about == REPEAT:
            return REPEATED[self.is_found]
        if self.finding.about == CONTRADICTION:
            return "材料不一致"
        return self.agreement.label

    @property
    def tone(self):
        """The colour of its tag."""
        return "plain" if self.is_settled else TONES[self.agreement]

    @property
    def is_found(self):
        """Whether claim and proof agree."""
        return self.agreement == Agreement.FOUND

    @property
    def needs_eyes(self):
        """Whether nobody has settled it yet, and there is something to look at."""
        return not (self.is_found or self.is_settled)

    @property
    def rank(self):
        """Where it stands among others: what needs eyes first, the worst of it first."""
        return (not self.needs_eyes, ORDER.index(self.agreement))


def shown_findings(user, application, findings, marks=None):
    """Return `ShownFinding`s in the order of the findings, as `user` reads them.

    `marks` is what `marks.marks_of` returns; asked for when it is not given.
    """
    if marks is None:
        marks = finding_marks.marks_of(application)
    files = {file.pk: file for file in application.current_evidence()}
    is_masked = privacy_for(user, application) is not Privacy.FULL
    may_mark = finding_marks.may_mark(user, application)
    shown = []
    for finding in findings:
        of_it = finding_marks.visible_marks(user, marks.get((finding.key, finding.digest), ()))
        shown.append(
            ShownFinding(
                finding,
                masked(finding.sentence) if is_masked else finding.sentence,
                _links(finding, files),
                of_it,
                next((row for row in of_it if row.user_id == user.pk), None),
                finding_marks.token_of(application, finding) if may_mark else "",
                finding_marks.settles(user, of_it),
                _cutting(finding, files),
            )
        )
    return shown


def _cutting(finding, files):
    is_shown = finding.key in CUTTING_KEYS and finding.places and finding.places[0].file in files
    return cutting_of(finding.places[0]) if is_shown else ""


def _links(finding, files):
    pages = {}
    for place in finding.places:
        # The other page of a proof that is used twice is another application's.
        if place.file in files or finding.about == REPEAT:
            pages.setdefault((place.file, place.page), []).append(place)
    is_one_file = len({file for file, _ in pages}) == 1
    return tuple(
        (_words(files.get(file), number, is_one_file), address_of(*of_page))
        for (file, number), of_page in pages.items()
    )


def _words(file, number, is_one_file):
    """Return how a link calls a page: by its number alone where all are of one file."""
    if file is None:
        return f"另一份申报的第 {number} 页"
    if file.pages == 1:
        return file.original_name
    return f"第 {number} 页" if is_one_file else f"{file.original_name} 第 {number} 页"


def masked(text):
    """Return a text with its ID and account numbers starred; a unit's credit code is public.

    Numbers are known in whatever width, with gaps, and with O, l and I read for 0 and 1.
    """
    plain = "".join(_plain(character) for character in text).translate(_DASHES)
    folded = plain.translate(_SLIPS)
    public = [
        match.span() for match in _CREDIT_CODE.finditer(plain) if _is_credit_code(match[0].upper())
    ]
    starred = list(text)
    for pattern in (_ID_NUMBER, _ACCOUNT):
        for match in pattern.finditer(folded):
            start, end = match.span()
            if pattern is _ID_NUMBER and not _has_birth_date(_compact(match[0])):
                continue
            if _is_credit_code(_compact(plain[start:end])):
                continue
            if any(first <= start and end <= last for first, last in public):
                continue
            starred[start:end] = [mask(_compact(plain[start:end])), *[""] * (end - start - 1)]
            # What is starred is no part of another number.
            folded = folded[:start] + "*" * (end - start) + folded[end:]
    return "".join(starred)


def _plain(character):
    """Return a character in its plain width, one for one, so that places in a text stay."""
    plain = unicodedata.normalize("NFKC", character)
    return plain if len(plain) == 1 else character


def _compact(number):
    return re.sub(r"[ .·_-]", "", number).upper()


def _is_credit_code(number):
    """Whether 18 characters are a 统一社会信用代码, and cannot be somebody's ID number.

    One ID number of 31 passes the check of a credit code; its birth date tells them apart.
    """
    return uscc.is_valid(number) and not _has_birth_date(number)


def _has_birth_date(number):
    """Whether digits 7 to 14 of 18 are a date on which somebody living was born."""
    digits = number[6:14]
    if len(number) != 18 or not (digits.isascii() and digits.isdigit()):
        return False
    try:
        born = datetime.date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return OLDEST <= born.year <= timezone.localdate().year


def count_tags(shown):
    """Return [(tag, how many)] of findings: what is found first, then the worst first."""
    ordered = sorted(shown, key=lambda each: (not each.is_found, ORDER.index(each.agreement)))
    return list(Counter(each.tag for each in ordered).items())
