"""What was read of an application's material beside what its form says, for whoever verifies it."""

from django.conf import settings

from accounts.roles import Role
from applications.recognition.claims import findings_of
from applications.recognition.contradictions import contradictions_of
from applications.recognition.display import shown_findings
from applications.recognition.repeats import repeats_of
from applications.recognition.stamped_scan import check_of
from applications.recognition.texts import pages_of, progress_of

# Who is shown any: whoever holds claims against papers.
READERS = (Role.RECOMMENDER, Role.OFFICE)


def read_findings(user, application):
    """Return (`ShownFinding`s of an application as it is read, how far the reading is in words).

    ([], "") where nothing is read, and for others than `READERS`. Reads `evidence` and `awards`; a
    constant number of queries. Proof that is used twice comes first, then the stamped form, papers
    that disagree, claims.
    """
    if not settings.OCR or user.role not in READERS:
        return [], ""
    files = [file for file in application.current_evidence() if not file.erased_at]
    pages = pages_of(files)
    findings = repeats_of(application, user)
    if any(pages.values()):
        findings += [
            *check_of(application, pages),
            *contradictions_of(application, pages),
            *findings_of(application, pages),
        ]
    if not findings:
        return [], progress_of(files).sentence
    return shown_findings(user, application, findings), progress_of(files).sentence
