"""建议核对: what its applicant may look at before submitting, each with its field and its page.

Never a must: nothing here keeps anybody from submitting. Where nothing was read there is nothing.
"""

from dataclasses import dataclass

from django.urls import reverse

from applications.form.completeness import STAMP_ANCHOR
from applications.form.definition import SECTION_OF
from applications.recognition.claims import findings_of
from applications.recognition.comparison import apply_rules
from applications.recognition.contradictions import contradictions_of
from applications.recognition.display import ShownFinding, shown_findings
from applications.recognition.reader import is_on
from applications.recognition.sorting import misplaced
from applications.recognition.stamped_scan import check_of
from applications.rounds import EvidenceCategory

# What each returns of an application and its pages, in the order of the list.
SOURCES = (misplaced, contradictions_of, findings_of, check_of)


@dataclass(frozen=True)
class Check:
    """One thing to look at: the finding as it is shown, and the address of its field, or ""."""

    shown: ShownFinding
    url: str


@dataclass(frozen=True)
class Checks:
    """What needs eyes (`open`), and what somebody of the unit has marked (`settled`)."""

    open: list[Check]
    settled: list[Check]


def checks_of(user, application):
    """Return the `Checks` of an application, as `user` reads them; None where nothing was read.

    What says the same twice, as of a paper that could not be read, is said once.
    """
    told = apply_rules(application, *SOURCES) if is_on() else [None]
    if None in told:
        return None
    findings = {}
    for of_source in told:
        for finding in of_source:
            if finding.sentence:
                findings.setdefault(finding.sentence, finding)
    shown = shown_findings(user, application, findings.values())
    shown.sort(key=lambda each: each.rank)
    checks = [Check(each, address_of_field(application, each.finding)) for each in shown]
    return Checks(
        [check for check in checks if check.shown.needs_eyes],
        [check for check in checks if check.shown.is_settled],
    )


def address_of_field(application, finding):
    """Return the address of what a finding is about on the pages of the form, or ""."""
    about = finding.about
    if about in SECTION_OF:
        section, anchor = SECTION_OF[about], f"id_{about}"
    elif about.startswith("award-"):
        section, anchor = "awards", about
    elif about in EvidenceCategory:
        is_stamp = about == EvidenceCategory.STAMPED
        section, anchor = "stamp" if is_stamp else "evidence", f"category-{about}"
    elif about == "stamp":
        section, anchor = "stamp", STAMP_ANCHOR
    else:
        return ""
    page = reverse("applications:section", args=[application.pk, section])
    return f"{page}#{anchor}"
