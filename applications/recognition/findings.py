"""Findings: what comparing the claims of an application with what was read of its proof shows.

A finding never decides and never blocks: it shows the place and says how sure it is. Whoever looked
leaves a mark, which holds as long as claim and proof are the same (`Finding.digest`).
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from applications.recognition.page import Box

# What findings are about that are of no single claim.
CONTRADICTION, REPEAT = "contradiction", "repeat"


class Agreement(StrEnum):
    """How a claim and its proof agree, the worst first: eyes go first where they are needed."""

    DIFFERS = "DIFFERS"  # something else is read where the claim should stand
    NOT_FOUND = "NOT_FOUND"  # the proof was read, and the claim is not on it
    NOT_LEGIBLE = "NOT_LEGIBLE"  # the proof, or the place, could not be read
    FOUND = "FOUND"

    @property
    def label(self):
        """How pages call it."""
        return AGREEMENTS[self]


AGREEMENTS = {
    Agreement.DIFFERS: "读到不同内容",
    Agreement.NOT_FOUND: "未读到",
    Agreement.NOT_LEGIBLE: "未能识别",
    Agreement.FOUND: "已读到",
}


@dataclass(frozen=True)
class Place:
    """Where something was read: key of the `Evidence`, page from 1, box, the text, how sure."""

    file: int
    page: int
    box: Box
    text: str
    score: float = 1.0


@dataclass(frozen=True)
class Finding:
    """One claim beside its proof.

    `key` names the claim for good ("award-12-name", "lead_id_number"); `about` says what it belongs
    to: a field's name, "award-<key>", an `EvidenceCategory`, or "contradiction", "repeat", "stamp".
    `label` is what the claim is called, `claim` what the form says, `sentence` what is to be looked
    at ("" where both agree). `places` are the best first. Of a personal number claim and texts are
    masked; `basis` is what changes with it, a keyed digest that is never shown.
    """

    key: str
    about: str
    label: str
    claim: str
    agreement: Agreement
    sentence: str = ""
    places: tuple[Place, ...] = ()
    basis: str = ""

    @property
    def digest(self):
        """16 hexadecimal digits that change with the claim or with what was found of it."""
        seen = [(place.file, place.page, place.text) for place in self.places]
        whole = repr((self.key, self.claim, str(self.agreement), seen, self.basis))
        return hashlib.sha256(whole.encode()).hexdigest()[:16]
