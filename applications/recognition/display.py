"""Findings as a page shows them: their places as links, their marks, numbers masked."""

import re
from collections import Counter
from dataclasses import dataclass, field

from stdnum.cn import ric, uscc

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
# ID and account numbers, as far as a sentence or a line holds any.
_NUMBER = re.compile(r"(?<![0-9])[0-9][0-9 ]{13,22}[0-9Xx](?![0-9])")
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
    def is_settled(self):
        """Whether somebody who looked has left a mark: eyes are needed less."""
        return bool(self.marks)

    @property
    def needs_eyes(self):
        """Whether nobody has looked at it yet, and there is something to look at."""
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
    """Return a text with its ID and account numbers starred; a unit's credit code is public."""
    return _NUMBER.sub(_starred, text)


def _starred(match):
    number = match[0].replace(" ", "").upper()
    if uscc.is_valid(number) and not ric.is_valid(number):
        return match[0]
    return mask(number)


def count_tags(shown):
    """Return [(tag, how many)] of findings: what is found first, then the worst first."""
    ordered = sorted(shown, key=lambda each: (not each.is_found, ORDER.index(each.agreement)))
    return list(Counter(each.tag for each in ordered).items())
