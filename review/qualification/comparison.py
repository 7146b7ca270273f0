"""材料与填报对照: what was read of the material beside the form, for the office to judge."""

from dataclasses import dataclass

from applications.recognition.display import ShownFinding, count_tags
from applications.recognition.findings import CONTRADICTION, REPEAT
from applications.recognition.place_links import address_of
from review.shared.findings import read_findings

# So many places of a page are marked where a file is opened for a condition.
MOST_PLACES = 8


@dataclass(frozen=True)
class Comparison:
    """The findings of an application in the order in which eyes are needed.

    `doubts` are those that are not found as claimed, those that nobody has looked at first; `found`
    the others. `counted` are (agreement in words, how many), `progress` how far the reading is.
    """

    doubts: list[ShownFinding]
    found: list[ShownFinding]
    progress: str = ""

    @property
    def counted(self):
        return count_tags([*self.doubts, *self.found])

    @property
    def open(self):
        """How many of the doubts nobody has looked at yet."""
        return sum(shown.needs_eyes for shown in self.doubts)


def comparison_of(user, application):
    """Return the `Comparison` of an application as a user reads it; None where nothing is read."""
    findings, progress = read_findings(user, application)
    if not findings and not progress:
        return None
    ordered = sorted(findings, key=lambda shown: shown.rank)
    return Comparison(
        [shown for shown in ordered if not shown.is_found],
        [shown for shown in ordered if shown.is_found],
        progress,
    )


def open_at_places(files, comparison):
    """Set `marked` on each of the files: its first page on which a claim was read, or ""."""
    places = {}
    for shown in (*comparison.doubts, *comparison.found):
        if shown.finding.about not in {REPEAT, CONTRADICTION}:
            for place in shown.finding.places:
                places.setdefault(place.file, []).append(place)
    for file in files:
        of_file = sorted(places.get(file.pk, ()), key=lambda place: place.page)
        file.marked = address_of(*of_file[:MOST_PLACES]) if of_file else ""
