"""Findings as a page shows them: their places as links, their marks, numbers masked."""

import re
from dataclasses import dataclass, field

from stdnum.cn import ric, uscc

from applications.form.definition import mask
from applications.permissions import Privacy, privacy_for
from applications.recognition import marks as finding_marks
from applications.recognition.findings import Agreement, Finding
from applications.recognition.place_links import address_of
from applications.recognition.records import FindingMark

# The tone of a finding's tag (static/css/site.css): a hint is never red.
TONES = {
    Agreement.DIFFERS: "wait",
    Agreement.NOT_FOUND: "wait",
    Agreement.NOT_LEGIBLE: "plain",
    Agreement.FOUND: "pass",
}
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

    @property
    def label(self):
        return self.finding.label

    @property
    def agreement(self):
        return self.finding.agreement

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
                _links(finding.places, files),
                of_it,
                next((row for row in of_it if row.user_id == user.pk), None),
                finding_marks.token_of(application, finding) if may_mark else "",
            )
        )
    return shown


def _links(places, files):
    pages = {}
    for place in places:
        if place.file in files:
            pages.setdefault((place.file, place.page), []).append(place)
    names = {file for file, _ in pages}
    links = []
    for (file, number), of_page in pages.items():
        words = f"第 {number} 页" if files[file].pages > 1 else "查看"
        if len(names) > 1 or files[file].pages == 1:
            words = (
                f"{files[file].original_name}{f' 第 {number} 页' if files[file].pages > 1 else ''}"
            )
        links.append((words, address_of(*of_page)))
    return tuple(links)


def masked(text):
    """Return a text with its ID and account numbers starred; a unit's credit code is public."""
    return _NUMBER.sub(_starred, text)


def _starred(match):
    number = match[0].replace(" ", "").upper()
    if uscc.is_valid(number) and not ric.is_valid(number):
        return match[0]
    return mask(number)


def count_agreements(shown):
    """Return [(label, how many)] of found, not found or different, not legible; none of none."""
    counted = {Agreement.FOUND: 0, Agreement.NOT_FOUND: 0, Agreement.NOT_LEGIBLE: 0}
    counted |= {Agreement.DIFFERS: 0}
    for each in shown:
        counted[each.agreement] += 1
    return [(agreement.label, number) for agreement, number in counted.items() if number]
