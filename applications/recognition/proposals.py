"""At the rows of awards: the pages that may prove each, best first, and what is to be looked at."""

import re
from dataclasses import dataclass

from applications.recognition.claims import award_findings_of, candidates_of
from applications.recognition.comparison import apply_rules
from applications.recognition.display import ShownFinding, shown_findings
from applications.recognition.findings import Agreement
from applications.recognition.place_links import address_of
from applications.recognition.reader import is_on

# So many pages are proposed for a row; more guide nobody.
MOST = 3
TAKE = re.compile("take-([a-z]+)-([0-9]{1,4})-([0-9]{1,9})-([0-9]{1,5})")


@dataclass(frozen=True)
class ProposedPage:
    """A page that may prove an award: its file (`Evidence`), number, what is read there, where."""

    file: object
    page: int
    words: str
    address: str


@dataclass(frozen=True)
class Proposal:
    """What is said beside the proof of one award: a finding to look at or None, pages to take."""

    check: ShownFinding | None
    pages: list[ProposedPage]


def proposals_of(user, application):
    """Return {key of an award: its `Proposal`} of an application, of those with anything to say.

    An award whose proof agrees with it needs no other.
    """
    (told,) = apply_rules(application, _of_awards) if is_on() else [None]
    if told is None:
        return {}
    findings, candidates = told
    shown = {each.finding.about: each for each in shown_findings(user, application, findings)}
    files = {file.pk: file for file in application.current_evidence()}
    proposals = {}
    for award in application.awards.all():
        check = shown.get(f"award-{award.pk}")
        check = check if check and check.needs_eyes else None
        proposed = []
        if not award.is_proven or check:
            proposed = [
                _proposed(files[each.file], each)
                for each in candidates.get(award.pk, ())
                if not _is_chosen(award, each, files) and (each.is_good or not award.is_proven)
            ][:MOST]
        if check or proposed:
            proposals[award.pk] = Proposal(check, proposed)
    return proposals


def _of_awards(application, pages):
    """Return the findings of awards, and {key of an award: its candidates} of those in doubt."""
    findings = award_findings_of(application, pages)
    agreeing = {each.about for each in findings if each.agreement == Agreement.FOUND}
    candidates = {
        award.pk: candidates_of(award, application, pages)
        for award in application.awards.all()
        if not award.is_proven or f"award-{award.pk}" not in agreeing
    }
    return findings, candidates


def _is_chosen(award, candidate, files):
    is_page = award.evidence_page in (None, candidate.page) or files[candidate.file].pages == 1
    return award.evidence_id == candidate.file and is_page


def _proposed(file, candidate):
    places = [place for at in candidate.parts.values() for place in at]
    return ProposedPage(file, candidate.page, candidate.words, address_of(*places))


def take_proposed(data):
    """Let posted `data`, a changeable copy, name the page that a button of it takes as proof.

    The button says the row, the file and its page; whether the file may be named is for the form.
    """
    if match := TAKE.fullmatch(data.get("action", "")):
        row = f"{match[1]}-{match[2]}"
        data[f"{row}-evidence_id"], data[f"{row}-evidence_page"] = match[3], match[4]
